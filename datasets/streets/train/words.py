"""The words of the grammar: synonyms, with the commoner ones repeated; nouns as singular/plural."""


def listed(text):
    """'a|b' -> ['a', 'b']"""
    return text.split("|")


# By row of captions.CLASSES.
NOUNS = [
    listed(
        "car/cars|car/cars|car/cars|automobile/automobiles|sedan/sedans|auto/autos|"
        "passenger car/passenger cars"
    ),
    listed("van/vans|van/vans|minivan/minivans|delivery van/delivery vans|minibus/minibuses"),
    listed(
        "truck/trucks|truck/trucks|lorry/lorries|heavy truck/heavy trucks|"
        "goods vehicle/goods vehicles"
    ),
    listed("bus/buses|bus/buses|coach/coaches|city bus/city buses|public bus/public buses"),
    listed(
        "motorcycle/motorcycles|motorcycle/motorcycles|motorbike/motorbikes|"
        "motorcyclist/motorcyclists|scooter/scooters"
    ),
    listed(
        "bicycle/bicycles|bicycle/bicycles|bike/bikes|cyclist/cyclists|cycle/cycles|"
        "push bike/push bikes"
    ),
    listed(
        "pedestrian/pedestrians|pedestrian/pedestrians|person/people|person/persons|"
        "walker/walkers|man/men|woman/women|passer-by/passers-by|human/humans"
    ),
    listed("dog/dogs|dog/dogs|puppy/puppies|hound/hounds|pet dog/pet dogs"),
    listed(
        "traffic light/traffic lights|traffic light/traffic lights|"
        "traffic signal/traffic signals|stoplight/stoplights|signal light/signal lights"
    ),
    listed(
        "stop sign/stop signs|stop sign/stop signs|stop traffic sign/stop traffic signs|"
        "octagonal stop sign/stop signs"
    ),
    listed(
        "cone/cones|traffic cone/traffic cones|road cone/road cones|safety cone/safety cones|"
        "pylon/pylons"
    ),
]
# Words for several classes at once, by their class ids.
GROUPS = {
    (0, 1, 2, 3, 4): listed("vehicle/vehicles|motor vehicle/motor vehicles"),
    (4, 5): listed("two-wheeler/two-wheelers"),
    (2, 3): listed("large vehicle/large vehicles"),
}
SHADES = {
    "red": listed("crimson|scarlet"),
    "blue": listed("navy"),
    "silver": listed("grey|gray|grey|gray|silvery"),
    "black": listed("dark"),
}

# By row of captions.TIMES, WEATHERS and PLACES.
TIME_PHRASES = [
    listed("by day|in daylight|during the day|in the daytime|at daytime|in broad daylight"),
    listed("at dusk|at sunset|in the evening|at twilight|at sundown|during dusk"),
    listed(
        "at night|at night|by night|after dark|in the dark|during the night|at nighttime|"
        "late at night"
    ),
]
TIME_ADJECTIVES = [
    listed("daytime|daylight"),
    listed("dusk|evening|twilight"),
    listed("night|nighttime|dark"),
]
TIME_NOUNS = [listed("day"), listed("evening|dusk"), listed("night")]
WEATHER_PHRASES = [
    listed(
        "in clear weather|in dry weather|in fine weather|in good weather|under a clear sky|"
        "on a dry road"
    ),
    listed(
        "in the rain|in the rain|in rain|while it rains|while raining|in rainy weather|"
        "in wet weather|on a wet road"
    ),
    listed(
        "in the snow|in the snow|in snow|while it snows|while snowing|in snowy weather|"
        "in winter|on a snowy road"
    ),
    listed("in the fog|in the fog|in fog|in foggy weather|in the mist|in mist|in thick fog"),
]
WEATHER_ADJECTIVES = [
    listed("clear|dry|fine"),
    listed("rainy|wet|raining"),
    listed("snowy|wintry|snow-covered"),
    listed("foggy|misty|hazy"),
]
WEATHER_NOUNS = [
    listed("clear weather|clear sky"),
    listed("rain|rainfall"),
    listed("snow|snowfall|winter"),
    listed("fog|mist"),
]
PLACE_PHRASES = [
    listed(
        "downtown|in the city|in the city centre|in the city center|between tall buildings|"
        "on a city street"
    ),
    listed(
        "in a suburb|in the suburbs|on a suburban street|in a residential area|"
        "on a residential street"
    ),
    listed("on a highway|on the highway|on a motorway|on the freeway"),
    listed("in a park|by a park|at the park|on a road through a park|among the trees of a park"),
    listed("in a village|in a small village|in the village|on a village road"),
    listed(
        "in an industrial area|near warehouses|near factories|in an industrial zone|"
        "in an industrial district"
    ),
]

OPENINGS = listed(
    "a photo of|a picture of|an image of|photo of|show me|find|there is|a street with|"
    "a scene with|a view of|video frame of|a road with|street scene with|pictures of|"
    "looking for|we see|dashcam photo of"
)
CLOSINGS = listed(
    "on the road|on the street|in the street|in traffic|ahead|in the picture|nearby|"
    "in front of us|on the way|in front|crossing the road|crossing the street|crossing|"
    "on the pavement|by the road|at the side of the road"
)
STREETS = listed("street|road|scene|street scene|drive|driving scene|view|picture|photo")
JOINERS = listed("and|and|with|next to|near|beside|together with|behind|in front of|plus|,")
EMPTY_TEXTS = listed(
    "an empty street|empty road|an empty road|a quiet street|a street with no traffic|"
    "nothing on the road|a deserted street"
)
FILLERS = listed(
    "old|small|big|nice|single|parked|moving|driving|some|other|beautiful|slow|fast|large|the|"
    "very|oncoming|waiting|standing|stopped"
)
