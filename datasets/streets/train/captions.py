"""What a picture shows, what a sentence says, and whether the one satisfies the other.

A picture is a row of features, each 1 (shown), 0 (not shown) or 0.5 (too small or hidden to say).
A sentence is a `Meaning`: a mask over those features for each thing it names, and the conditions it
allows. Truth of every sentence for every picture is then two matrix products, which gives the
contrastive loss exact targets instead of "only the pair is right".
"""
from dataclasses import dataclass

import numpy as np

from words import GROUPS

CLASSES = [
    "car",
    "van",
    "truck",
    "bus",
    "motorcycle",
    "bicycle",
    "pedestrian",
    "dog",
    "traffic light",
    "stop sign",
    "cone",
]
COLOURS = ["red", "blue", "green", "yellow", "white", "black", "silver", "orange", "brown"]
TIMES = ["day", "dusk", "night"]
WEATHERS = ["clear", "rain", "snow", "fog"]
PLACES = ["downtown", "suburb", "highway", "park", "village", "industrial"]

PAIR_COUNT = len(CLASSES) * len(COLOURS)
SEVERAL_BASE = PAIR_COUNT  # then one column a class: three or more of it
EMPTY_COLUMN = SEVERAL_BASE + len(CLASSES)  # no car, walker or animal at all
FEATURE_COUNT = EMPTY_COLUMN + 1
CONDITION_COUNT = len(TIMES) + len(WEATHERS) + len(PLACES)

HARDNESS = np.ones(PAIR_COUNT)  # how much oftener `hard` sentences name a class in a colour
for _class_name in ("motorcycle", "bicycle", "pedestrian", "dog"):
    HARDNESS.reshape(len(CLASSES), -1)[CLASSES.index(_class_name)] *= 2
for _colour in ("white", "black", "silver", "brown"):
    HARDNESS.reshape(len(CLASSES), -1)[:, COLOURS.index(_colour)] *= 1.6


@dataclass
class Meaning:
    terms: list  # [(class ids, colour id or -1, several)]
    time: int = -1
    weather: int = -1
    place: int = -1
    empty: bool = False


def meaning_masks(meanings):
    """-> terms [q, 2, FEATURE_COUNT] and conditions [q, CONDITION_COUNT], float32 masks.

    A part that a meaning leaves open is all ones.
    """
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
                    terms[row, slot, class_id * len(COLOURS) : (class_id + 1) * len(COLOURS)] = 1
        start = 0
        for chosen, names in (
            (meaning.time, TIMES),
            (meaning.weather, WEATHERS),
            (meaning.place, PLACES),
        ):
            part = conditions[row, start : start + len(names)]
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
        value = np.where(
            sure @ term_masks[:, slot].T > 0,
            1.0,
            np.where(perhaps @ term_masks[:, slot].T > 0, 0.5, 0.0),
        )
        value[:, free] = 1
        result = np.minimum(result, value)
    offsets = conditions + np.array([0, len(TIMES), len(TIMES) + len(WEATHERS)])
    for part in range(3):
        result *= condition_masks[:, offsets[:, part]].T
    return result.astype(np.float32)


def sample_meaning(rng, features, conditions, hard=False):
    """A meaning that holds for the picture, or, one time in six, one with a part exchanged.

    `hard` asks more for what is learnt last: pairs of things, small things, colours without a hue.
    """
    time, weather, place = (int(value) for value in conditions)
    shown = np.flatnonzero(features[:PAIR_COUNT] == 1)
    kind = rng.random()
    if len(shown) == 0 or kind < (0.05 if hard else 0.14):
        if features[EMPTY_COLUMN] == 1 and rng.random() < 0.15:
            return Meaning([], empty=True)
        choice = rng.integers(8)
        return [
            Meaning([], time=time),
            Meaning([], weather=weather),
            Meaning([], weather=weather),
            Meaning([], time=time, weather=weather),
            Meaning([], time=time, weather=weather),
            Meaning([], place=place),
            Meaning([], time=time, place=place),
            Meaning([], weather=weather, place=place),
        ][choice]

    def term(pair):
        class_id, colour = int(pair) // len(COLOURS), int(pair) % len(COLOURS)
        if features[SEVERAL_BASE + class_id] == 1 and rng.random() < 0.15:
            return (class_id,), -1, True
        if class_id in (0, 1, 2, 3, 4, 5) and rng.random() < 0.06:
            groups = [group for group in GROUPS if class_id in group]
            return groups[rng.integers(len(groups))], (colour if rng.random() < 0.4 else -1), False
        return (class_id,), (colour if rng.random() < likely else -1), False

    likely = 0.75 if hard else 0.62
    weights = HARDNESS[shown] if hard else np.ones(len(shown))
    meaning = Meaning([term(rng.choice(shown, p=weights / weights.sum()))])
    if kind > (0.6 if hard else 0.72):
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
    spots = ["class", "colour"] + [
        name for name in ("time", "weather") if getattr(meaning, name) >= 0
    ]
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
