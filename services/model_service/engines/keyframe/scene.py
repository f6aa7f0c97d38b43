"""Reading a request: what the picture shows, as data, before anything is painted."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.core.model import BibleEntry
from services.core.requests import KeyframeRequest
from services.core.vocabulary import Framing, Mood, Style
from services.model_service.engines.keyframe import lexicon
from services.model_service.engines.keyframe.casting import PEOPLE, Figure, deed, figures_of, is_ancient
from services.model_service.engines.keyframe.lit import unlit
from services.model_service.engines.keyframe.places import is_kind_of, settled
from services.model_service.engines.keyframe.relations import (
    Bond,
    bonds_of,
    crosses_bridge,
    in_the_water,
    opened,
    postures_of,
    seat_of,
    with_eyes_shut,
)
from services.model_service.engines.keyframe.telling import seen
from services.model_service.engines.keyframe.things import Thing, named_things

__all__ = ["PEOPLE", "Figure", "Scene", "read_scene"]
_DEFAULT_PLACE: Mapping[Mood, tuple[str, str]] = {
    Mood.CALM: ("meadow", "morning"),
    Mood.TENSE: ("mountains", "dusk"),
    Mood.LONELY: ("mountains", "dusk"),
    Mood.DESPAIR: ("mountains", "night"),
    Mood.HOPE: ("mountains", "dawn"),
    Mood.WARM: ("meadow", "dusk"),
    Mood.JOY: ("meadow", "day"),
    Mood.WONDER: ("mountains", "night"),
    Mood.EPIC: ("mountains", "dawn"),
}
_TIME_OF_PLACE: Mapping[str, str] = {
    "meadow": "day",
    "desert": "day",
    "garden": "day",
    "beach": "day",
    "space": "night",
    "snow peaks": "day",
}

_WET = ("sea", "river", "lake", "beach", "lighthouse")
SWIMMING = "swimming"
"""The deed of whoever is in the water."""
_HUGE = re.compile(r"(?:\b(?:huge|giant|enormous|gigantic|colossal)\s(?:\w+\s)?|巨大的?|庞大的?)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Scene:
    """What the picture shows. `places` has the setting first; `guessed` when no word of the prompt named one.

    `things` are the props in order of mention, with their colours; `opened` are those that stand open.
    `bonds` join figures that are drawn as one; `seat` is what is sat on.
    """

    places: tuple[str, ...]
    time: str
    weather: frozenset[str]
    figures: tuple[Figure, ...]
    props: frozenset[str]
    action: str
    framing: Framing
    mood: Mood
    style: Style
    guessed: bool
    things: tuple[Thing, ...] = ()
    ancient: bool = False
    feeling: str = ""
    bonds: tuple[Bond, ...] = ()
    opened: frozenset[str] = frozenset()
    seat: str = ""
    huge: frozenset[str] = frozenset()
    """Tags of animals and the like that the text calls huge."""
    unlit: frozenset[str] = frozenset()
    """Lights that do not burn: tags of props, and "lighthouse" for its lamp."""
    on_bridge: bool = False

    def has(self, *places: str) -> bool:
        """Whether it is set in one of these places, or in a kind of one."""
        return any(is_kind_of(own, place) for own in self.places for place in places)

    def facts(self) -> dict[str, Any]:
        """What was understood, as JSON-like data for the result's `meta`."""
        return {
            "places": list(self.places),
            "time": self.time,
            "weather": sorted(self.weather),
            "figures": [figure.tag for figure in self.figures],
            "props": sorted(self.props),
            "action": self.action,
            "framing": self.framing.value,
            "mood": self.mood.value,
            "style": self.style.value,
            "guessed": self.guessed,
        }


def read_scene(request: KeyframeRequest) -> Scene:
    """The scene of a request: the first line that names somebody, a place or a thing leads.

    Figures, things and deeds come from that line alone; later ones fill in the place, the hour, the weather and the feeling
    where it names none.
    """
    mood = Mood.recognise(request.mood) or Mood.CALM
    framing = Framing.recognise(request.framing) or Framing.recognise(request.prompt.split("\n", 1)[0]) or Framing.WIDE
    unwanted = {(found.group, found.tag) for found in lexicon.find(request.negative_prompt)}
    lead, rest = _parted(request.prompt, request.bible)
    bible = _by_mention(request.prompt, request.bible)
    words = {group: _tags(group, lead, unwanted) or _tags(group, rest, unwanted) for group in ("time", "feeling")}
    weather = set(_tags("weather", lead, unwanted))
    if not weather and not _tags("time", lead, unwanted):
        weather = set(_tags("weather", rest, unwanted))
    props = set(_tags("prop", lead, unwanted))
    named = settled(_tags("place", lead, unwanted), _tags("place", rest, unwanted))
    places = _places(named, props, unwanted)
    guessed = not places
    default_place, default_time = _DEFAULT_PLACE[mood]
    if guessed:
        places = (default_place,)
    time = next(iter(words["time"]), "") or _implied_time(places, weather, props, "" if not guessed else default_time, mood)
    figures = _as_told(figures_of(lead, "", bible, unwanted, story=rest), f"{lead}\n{rest}")
    if any(is_kind_of(place, wet) for place in places for wet in _WET):
        swimmers = in_the_water(rest or lead, figures)
        figures = tuple(replace(f, deed=SWIMMING) if number in swimmers else f for number, f in enumerate(figures))
    people = [figure.tag for figure in figures if figure.tag in PEOPLE]
    return Scene(
        places=places,
        time=time,
        weather=frozenset(weather - {"clear"}),
        figures=figures,
        props=frozenset(props),
        action=deed(lead, unwanted) or "standing",
        feeling=next(iter(words["feeling"]), ""),
        framing=framing,
        mood=mood,
        style=Style.recognise(request.style) or Style.MOVIE,
        guessed=guessed,
        bonds=bonds_of(lead, rest, figures),
        opened=opened(f"{lead}\n{rest}", props),
        seat=seat_of(f"{lead}\n{rest}"),
        on_bridge="bridge" in props and crosses_bridge(f"{lead}\n{rest}"),
        unlit=unlit(f"{lead}\n{rest}", props, places),
        things=named_things(lead, unwanted, bible=request.bible, places=places, people=people, story=rest),
        ancient=is_ancient(request.prompt),
        huge=frozenset(f.tag for f in lexicon.find(lead) if f.group == "figure" and _HUGE.search(lead[: f.start])),
    )


def _as_told(figures: tuple[Figure, ...], told: str) -> tuple[Figure, ...]:
    """The figures as each is said to be: seated or kneeling whatever the others do, with shut eyes."""
    postures, shut = postures_of(told, figures), with_eyes_shut(told, figures)
    return tuple(
        replace(figure, deed=figure.deed or postures.get(number, ""), shut=number == shut) for number, figure in enumerate(figures)
    )


def _by_mention(prompt: str, bible: Sequence[BibleEntry]) -> tuple[BibleEntry, ...]:
    """The bible with whoever the prompt names first: of two girls, the one that a later line means."""
    told = prompt.lower()
    places = {id(entry): told.find(entry.name.lower()) if entry.name else -1 for entry in bible}
    return tuple(sorted(bible, key=lambda entry: places[id(entry)] if places[id(entry)] >= 0 else len(told)))


def _parted(prompt: str, bible: Sequence[BibleEntry]) -> tuple[str, str]:
    """The leading line and the others, without what they only compare to, miss or say of the filming."""
    lines = [line for line in seen(prompt).splitlines() if line.strip()] or [""]
    names = [entry.name.lower() for entry in bible if entry.kind == "character" and entry.name]
    shown = {"place", "figure", "prop"}
    at = next(
        (
            number
            for number, line in enumerate(lines)
            if any(found.group in shown for found in lexicon.find(line)) or any(name in line.lower() for name in names)
        ),
        0,
    )
    return lines[at], "\n".join(lines[:at] + lines[at + 1 :])


def _tags(group: str, text: str, unwanted: set[tuple[str, str]]) -> tuple[str, ...]:
    """The group's tags in order of mention, once each."""
    return tuple(dict.fromkeys(f.tag for f in lexicon.find(text) if f.group == group and (group, f.tag) not in unwanted))


def _places(named: Sequence[str], props: set[str], unwanted: set[tuple[str, str]]) -> tuple[str, ...]:
    """The named places, or the one that a named thing lets expect."""
    if named:
        return tuple(named)
    for prop, place in (("neon", "city"), ("house", "village"), ("flower", "meadow"), ("tree", "meadow"), ("tent", "mountains")):
        if prop in props and ("place", place) not in unwanted:
            return (place,)
    return ()


def _implied_time(places: Sequence[str], weather: set[str], props: set[str], default: str, mood: Mood) -> str:
    if weather & {"stars", "aurora"} or props & {"fireflies", "neon", "campfire"}:
        return "night"
    if default:
        return default
    if mood in {Mood.LONELY, Mood.DESPAIR}:
        return "dusk"
    return _TIME_OF_PLACE.get(places[0], "day")
