"""Puts a `Meaning` into words: synonyms, plurals, articles, word order, misspellings."""
from captions import CLASSES, COLOURS, PLACES, TIMES, WEATHERS, Meaning
from words import (
    CLOSINGS,
    EMPTY_TEXTS,
    FILLERS,
    GROUPS,
    JOINERS,
    NOUNS,
    OPENINGS,
    PLACE_PHRASES,
    SHADES,
    STREETS,
    TIME_ADJECTIVES,
    TIME_NOUNS,
    TIME_PHRASES,
    WEATHER_ADJECTIVES,
    WEATHER_NOUNS,
    WEATHER_PHRASES,
)

LETTERS = "abcdefghijklmnopqrstuvwxyz"
PERSON, LIGHT = CLASSES.index("pedestrian"), CLASSES.index("traffic light")


def pick(rng, items):
    return items[int(rng.integers(len(items)))]


def with_article(rng, words):
    kind = rng.random()
    if kind < 0.45:
        return ("an " if words[0] in "aeiou" else "a ") + words
    return words if kind < 0.85 else pick(rng, ["the ", "one ", "any "]) + words


def noun_phrase(rng, term):
    classes, colour, several = term
    nouns = NOUNS[classes[0]] if len(classes) == 1 else GROUPS[classes]
    one, many = pick(rng, nouns).split("/")
    shade = ""
    if colour >= 0:
        name = COLOURS[colour]
        shade = (
            pick(rng, SHADES[name])
            if name in SHADES and rng.random() < (0.4 if name == "silver" else 0.06)
            else name
        )
    if several:
        return (
            pick(
                rng,
                [
                    "several ",
                    "many ",
                    "lots of ",
                    "three ",
                    "a group of ",
                    "a lot of ",
                    "a row of ",
                ],
            )
            + many
        )
    plural = rng.random() < 0.22
    noun = many if plural else one
    if rng.random() < 0.06:
        shade = f"{pick(rng, FILLERS)} {shade}".strip()
    if not shade:
        return noun if plural else with_article(rng, noun)
    kind = rng.random()
    if classes == (LIGHT,) and kind < 0.25:
        lights = noun if plural else with_article(rng, noun)
        return f"{lights} {pick(rng, ['showing', 'that shows', 'on', 'turned'])} {shade}"
    if classes == (PERSON,) and kind < 0.35:
        wear = pick(
            rng,
            [
                "in {}",
                "wearing {}",
                "in a {} coat",
                "in a {} jacket",
                "wearing a {} coat",
                "dressed in {}",
                "in {} clothes",
            ],
        )
        return f"{noun if plural else with_article(rng, noun)} {wear.format(shade)}"
    if kind < 0.08:
        return f"{noun} that {'are' if plural else 'is'} {shade}"
    if kind < 0.14:
        return f"{noun} {shade}"
    if kind < 0.18:
        return f"{shade} coloured {noun}"
    return f"{shade} {noun}" if plural else with_article(rng, f"{shade} {noun}")


def scene_words(rng, meaning):
    """A sentence for conditions alone."""
    time, weather, place = meaning.time, meaning.weather, meaning.place
    words = []
    if place < 0 and rng.random() < 0.35:
        if weather >= 0 and time >= 0:
            words = [pick(rng, WEATHER_ADJECTIVES[weather]), pick(rng, TIME_NOUNS[time])]
            return pick(rng, ["", "a ", "on a ", "driving on a "]) + " ".join(words)
        return pick(
            rng,
            WEATHER_NOUNS[weather] if weather >= 0 else TIME_NOUNS[time] + TIME_ADJECTIVES[time],
        )
    if weather >= 0 and rng.random() < 0.5:
        words.append(pick(rng, WEATHER_ADJECTIVES[weather]))
        weather = -1
    if time >= 0 and rng.random() < 0.4:
        words.append(pick(rng, TIME_ADJECTIVES[time]))
        time = -1
    phrases = condition_phrases(rng, time, weather, place)
    if not words and rng.random() < 0.4:
        return " ".join(phrases)
    head = with_article(rng, " ".join(words + [pick(rng, STREETS)]))
    return " ".join([head] + phrases)


def condition_phrases(rng, time, weather, place):
    phrases = []
    if time >= 0 and weather >= 0 and rng.random() < 0.4:
        phrases.append(
            f"on a {pick(rng, WEATHER_ADJECTIVES[weather])} {pick(rng, TIME_NOUNS[time])}"
        )
        time = weather = -1
    for chosen, table in ((time, TIME_PHRASES), (weather, WEATHER_PHRASES), (place, PLACE_PHRASES)):
        if chosen >= 0:
            phrases.append(pick(rng, table[chosen]))
    rng.shuffle(phrases)
    return phrases


def sentence(rng, meaning, misspell=0.1):
    """-> lower-case text; a share of `misspell` has a misspelt word, half as many a stray one."""
    if meaning.empty:
        text = pick(rng, EMPTY_TEXTS)
    elif not meaning.terms:
        text = scene_words(rng, meaning)
    else:
        nouns = [noun_phrase(rng, term) for term in meaning.terms]
        rng.shuffle(nouns)
        text = (
            nouns[0]
            if len(nouns) == 1
            else f" {pick(rng, JOINERS)} ".join(nouns).replace(" , ", ", ")
        )
        if rng.random() < 0.15:
            text += " " + pick(rng, CLOSINGS)
        time, weather, place = meaning.time, meaning.weather, meaning.place
        lead = ""
        if place < 0 and rng.random() < 0.25 and (time >= 0 or weather >= 0):
            words = [pick(rng, WEATHER_ADJECTIVES[weather])] if weather >= 0 else []
            words += [pick(rng, TIME_NOUNS[time])] if time >= 0 else [pick(rng, STREETS)]
            lead, time, weather = " ".join(words), -1, -1
        phrases = condition_phrases(rng, time, weather, place)
        if lead:
            text = pick(
                rng,
                [
                    f"{lead} with {text}",
                    f"{lead}, {text}",
                    f"{lead} {text}",
                    f"{text}, {lead}",
                    f"{text} {lead}",
                ],
            )
        elif phrases and rng.random() < 0.2:
            text = f"{' '.join(phrases)}{pick(rng, [' ', ', '])}{text}"
        else:
            text = " ".join([text] + phrases)
    if rng.random() < 0.25:
        text = pick(rng, OPENINGS) + " " + text
    if rng.random() < misspell:
        text = misspelt(rng, text)
    if rng.random() < misspell / 2:
        text = with_stray_word(rng, text)
    return text + ("." if rng.random() < 0.08 else "")


def misspelt(rng, text):
    """One letter of one longer word dropped, doubled, swapped or replaced."""
    words = text.split(" ")
    long = [i for i, word in enumerate(words) if len(word) >= 4]
    if not long:
        return text
    row = pick(rng, long)
    word, at, kind = words[row], int(rng.integers(1, len(words[row]) - 1)), rng.integers(4)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    words[row] = [
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        swapped,
        word[:at] + pick(rng, LETTERS) + word[at + 1 :],
    ][kind]
    return " ".join(words)


def with_stray_word(rng, text):
    """Adds a made-up word: words that mean nothing here should not disturb the others."""
    words = text.split(" ")
    words.insert(
        int(rng.integers(len(words) + 1)),
        "".join(pick(rng, LETTERS) for _ in range(rng.integers(3, 9))),
    )
    return " ".join(words)


def corpus(rng, count):
    """Sentences for the tokenizer: every word of the grammar, none misspelt."""
    texts = []
    for _ in range(count):

        def chance(names):
            return int(rng.integers(len(names))) if rng.random() < 0.3 else -1

        terms = [
            (
                (int(rng.integers(len(CLASSES))),),
                int(rng.integers(-1, len(COLOURS))),
                rng.random() < 0.1,
            )
            for _ in range(rng.integers(1, 3))
        ]
        texts.append(
            sentence(rng, Meaning(terms, chance(TIMES), chance(WEATHERS), chance(PLACES)), 0)
        )
        texts.append(
            sentence(
                rng,
                Meaning(
                    [],
                    int(rng.integers(len(TIMES))),
                    int(rng.integers(len(WEATHERS))),
                    chance(PLACES),
                ),
                0,
            )
        )
    tables = [
        TIME_PHRASES,
        TIME_ADJECTIVES,
        TIME_NOUNS,
        WEATHER_PHRASES,
        WEATHER_ADJECTIVES,
        WEATHER_NOUNS,
        PLACE_PHRASES,
        [OPENINGS],
        [CLOSINGS],
        [STREETS],
        [JOINERS],
        [EMPTY_TEXTS],
        [FILLERS],
        SHADES.values(),
        NOUNS,
        GROUPS.values(),
    ]
    texts += [text.replace("/", " ") for table in tables for row in table for text in row] * 20
    return texts
