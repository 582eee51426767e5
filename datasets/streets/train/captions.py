"""What a picture shows, what a sentence says, and whether the one satisfies the other.

A picture is a row of features, each 1 (shown), 0 (not shown) or 0.5 (too small or hidden to say).
A sentence is a `Meaning`: a mask over those features for each thing it names, and the conditions it
allows. Truth of every sentence for every picture is then two matrix products, which gives the
contrastive loss exact targets instead of "only the pair is right".
"""
from dataclasses import dataclass

import numpy as np

CLASSES = ["car", "van", "truck", "bus", "motorcycle", "bicycle", "pedestrian", "dog", "traffic light", "stop sign", "cone"]
COLOURS = ["red", "blue", "green", "yellow", "white", "black", "silver", "orange", "brown"]
TIMES = ["day", "dusk", "night"]
WEATHERS = ["clear", "rain", "snow", "fog"]
PLACES = ["downtown", "suburb", "highway", "park", "village", "industrial"]

PAIR_COUNT = len(CLASSES) * len(COLOURS)
SEVERAL_BASE = PAIR_COUNT                       # then one column a class: three or more of it
EMPTY_COLUMN = SEVERAL_BASE + len(CLASSES)      # no car, walker or animal at all
FEATURE_COUNT = EMPTY_COLUMN + 1
CONDITION_COUNT = len(TIMES) + len(WEATHERS) + len(PLACES)

NOUNS = {
    0: ["car/cars", "car/cars", "car/cars", "automobile/automobiles", "sedan/sedans", "auto/autos", "passenger car/passenger cars"],
    1: ["van/vans", "van/vans", "minivan/minivans", "delivery van/delivery vans", "minibus/minibuses"],
    2: ["truck/trucks", "truck/trucks", "lorry/lorries", "heavy truck/heavy trucks", "goods vehicle/goods vehicles"],
    3: ["bus/buses", "bus/buses", "coach/coaches", "city bus/city buses", "public bus/public buses"],
    4: ["motorcycle/motorcycles", "motorcycle/motorcycles", "motorbike/motorbikes", "motorcyclist/motorcyclists", "scooter/scooters"],
    5: ["bicycle/bicycles", "bicycle/bicycles", "bike/bikes", "cyclist/cyclists", "cycle/cycles", "push bike/push bikes"],
    6: ["pedestrian/pedestrians", "pedestrian/pedestrians", "person/people", "person/persons", "walker/walkers",
        "man/men", "woman/women", "passer-by/passers-by", "human/humans"],
    7: ["dog/dogs", "dog/dogs", "puppy/puppies", "hound/hounds", "pet dog/pet dogs"],
    8: ["traffic light/traffic lights", "traffic light/traffic lights", "traffic signal/traffic signals", "stoplight/stoplights",
        "signal light/signal lights"],
    9: ["stop sign/stop signs", "stop sign/stop signs", "stop traffic sign/stop traffic signs", "octagonal stop sign/stop signs"],
    10: ["cone/cones", "traffic cone/traffic cones", "road cone/road cones", "safety cone/safety cones", "pylon/pylons"],
}
GROUPS = {
    (0, 1, 2, 3, 4): ["vehicle/vehicles", "motor vehicle/motor vehicles"],
    (4, 5): ["two-wheeler/two-wheelers"],
    (2, 3): ["large vehicle/large vehicles"],
}
SHADES = {"red": ["crimson", "scarlet"], "blue": ["navy"], "silver": ["grey", "gray", "grey", "gray", "silvery"], "black": ["dark"]}
TIME_PHRASES = [
    ["by day", "in daylight", "during the day", "in the daytime", "at daytime", "in broad daylight"],
    ["at dusk", "at sunset", "in the evening", "at twilight", "at sundown", "during dusk"],
    ["at night", "at night", "by night", "after dark", "in the dark", "during the night", "at nighttime", "late at night"],
]
TIME_ADJECTIVES = [["daytime", "daylight"], ["dusk", "evening", "twilight"], ["night", "nighttime", "dark"]]
TIME_NOUNS = [["day"], ["evening", "dusk"], ["night"]]
WEATHER_PHRASES = [
    ["in clear weather", "in dry weather", "in fine weather", "in good weather", "under a clear sky", "on a dry road"],
    ["in the rain", "in the rain", "in rain", "while it rains", "while raining", "in rainy weather", "in wet weather", "on a wet road"],
    ["in the snow", "in the snow", "in snow", "while it snows", "while snowing", "in snowy weather", "in winter", "on a snowy road"],
    ["in the fog", "in the fog", "in fog", "in foggy weather", "in the mist", "in mist", "in thick fog"],
]
WEATHER_ADJECTIVES = [["clear", "dry", "fine"], ["rainy", "wet", "raining"], ["snowy", "wintry", "snow-covered"], ["foggy", "misty", "hazy"]]
WEATHER_NOUNS = [["clear weather", "clear sky"], ["rain", "rainfall"], ["snow", "snowfall", "winter"], ["fog", "mist"]]
PLACE_PHRASES = [
    ["downtown", "in the city", "in the city centre", "in the city center", "between tall buildings", "on a city street"],
    ["in a suburb", "in the suburbs", "on a suburban street", "in a residential area", "on a residential street"],
    ["on a highway", "on the highway", "on a motorway", "on the freeway"],
    ["in a park", "by a park", "at the park", "on a road through a park", "among the trees of a park"],
    ["in a village", "in a small village", "in the village", "on a village road"],
    ["in an industrial area", "near warehouses", "near factories", "in an industrial zone", "in an industrial district"],
]
OPENINGS = ["a photo of", "a picture of", "an image of", "photo of", "show me", "find", "there is", "a street with", "a scene with", "a view of",
            "video frame of", "a road with", "street scene with", "pictures of", "looking for", "we see", "dashcam photo of"]
CLOSINGS = ["on the road", "on the street", "in the street", "in traffic", "ahead", "in the picture", "nearby", "in front of us", "on the way", "in front",
            "crossing the road", "crossing the street", "crossing", "on the pavement", "by the road", "at the side of the road"]
STREETS = ["street", "road", "scene", "street scene", "drive", "driving scene", "view", "picture", "photo"]
JOINERS = ["and", "and", "with", "next to", "near", "beside", "together with", "behind", "in front of", "plus", ","]
EMPTY_TEXTS = ["an empty street", "empty road", "an empty road", "a quiet street", "a street with no traffic", "nothing on the road", "a deserted street"]
FILLERS = ["old", "small", "big", "nice", "single", "parked", "moving", "driving", "some", "other", "beautiful", "slow", "fast", "large", "the", "very", "oncoming", "waiting", "standing", "stopped"]


@dataclass
class Meaning:
    terms: list                 # [(class ids, colour id or -1, several)]
    time: int = -1
    weather: int = -1
    place: int = -1
    empty: bool = False


def meaning_masks(meanings):
    """-> terms [q, 2, FEATURE_COUNT] and conditions [q, CONDITION_COUNT], float32 masks; a missing part is all ones."""
    terms = np.zeros((len(meanings), 2, FEATURE_COUNT), np.float32)
    conditions = np.zeros((len(meanings), CONDITION_COUNT), np.float32)
    for row, meaning in enumerate(meanings):
        for slot in range(2):
            if slot >= len(meaning.terms):
                terms[row, slot, :] = 1
                if meaning.empty:
                    terms[row, slot, :EMPTY_COLUMN] = 0
                continue
            classes, colour, several = meaning.terms[slot]
            for class_id in classes:
                if several:
                    terms[row, slot, SEVERAL_BASE + class_id] = 1
                elif colour >= 0:
                    terms[row, slot, class_id * len(COLOURS) + colour] = 1
                else:
                    terms[row, slot, class_id * len(COLOURS):(class_id + 1) * len(COLOURS)] = 1
        start = 0
        for chosen, names in ((meaning.time, TIMES), (meaning.weather, WEATHERS), (meaning.place, PLACES)):
            part = conditions[row, start:start + len(names)]
            part[:] = chosen < 0
            if chosen >= 0:
                part[chosen] = 1
            start += len(names)
    return terms, conditions


def truth(features, conditions, meanings):
    """Which sentence holds for which picture.

    features [n, FEATURE_COUNT] in {0, 0.5, 1}; conditions [n, 3] int: time, weather, place.
    -> [n, q] float32 in {0, 0.5, 1}; 0.5 is "cannot be said".
    """
    term_masks, condition_masks = meaning_masks(meanings)
    sure, perhaps = (features == 1).astype(np.float32), (features >= 0.5).astype(np.float32)
    result = np.ones((len(features), len(meanings)), np.float32)
    for slot in range(2):
        free = term_masks[:, slot].min(1) > 0
        value = np.where(sure @ term_masks[:, slot].T > 0, 1.0, np.where(perhaps @ term_masks[:, slot].T > 0, 0.5, 0.0))
        value[:, free] = 1
        result = np.minimum(result, value)
    offsets = conditions + np.array([0, len(TIMES), len(TIMES) + len(WEATHERS)])
    for part in range(3):
        result *= condition_masks[:, offsets[:, part]].T
    return result.astype(np.float32)


def sample_meaning(rng, features, conditions):
    """A meaning that holds for the picture, or, one time in six, one with a part exchanged."""
    time, weather, place = (int(value) for value in conditions)
    shown = np.flatnonzero(features[:PAIR_COUNT] == 1)
    kind = rng.random()
    if len(shown) == 0 or kind < 0.14:
        if features[EMPTY_COLUMN] == 1 and rng.random() < 0.15:
            return Meaning([], empty=True)
        choice = rng.integers(8)
        return [Meaning([], time=time), Meaning([], weather=weather), Meaning([], weather=weather), Meaning([], time=time, weather=weather),
                Meaning([], time=time, weather=weather), Meaning([], place=place), Meaning([], time=time, place=place),
                Meaning([], weather=weather, place=place)][choice]

    def term(pair):
        class_id, colour = int(pair) // len(COLOURS), int(pair) % len(COLOURS)
        if features[SEVERAL_BASE + class_id] == 1 and rng.random() < 0.15:
            return (class_id,), -1, True
        if class_id in (0, 1, 2, 3, 4, 5) and rng.random() < 0.06:
            groups = [group for group in GROUPS if class_id in group]
            return groups[rng.integers(len(groups))], (colour if rng.random() < 0.4 else -1), False
        return (class_id,), (colour if rng.random() < 0.62 else -1), False

    meaning = Meaning([term(rng.choice(shown))])
    if kind > 0.72:
        others = [pair for pair in shown if pair // len(COLOURS) not in meaning.terms[0][0]]
        if others:
            meaning.terms.append(term(rng.choice(others)))
    if rng.random() < 0.45:
        part = rng.integers(6)
        meaning.time = time if part in (0, 1, 4) else -1
        meaning.weather = weather if part in (2, 3, 4) else -1
        meaning.place = place if part == 5 else -1
    if rng.random() < 1 / 6:
        exchange(meaning, rng)
    return meaning


def exchange(meaning, rng):
    """Changes one part of the meaning, to make a near miss."""
    spots = ["class", "colour"] + [name for name in ("time", "weather") if getattr(meaning, name) >= 0]
    spot = spots[rng.integers(len(spots))]
    if spot in ("time", "weather"):
        setattr(meaning, spot, int(rng.integers(len(TIMES if spot == "time" else WEATHERS))))
        return
    slot = int(rng.integers(len(meaning.terms)))
    classes, colour, several = meaning.terms[slot]
    if spot == "class":
        classes = (int(rng.integers(len(CLASSES))),)
    else:
        colour, several = int(rng.integers(len(COLOURS))), False
    meaning.terms[slot] = (classes, colour, several)
