"""Reading a request: what the picture shows, as data, before anything is painted."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.core.model import BibleEntry
from services.core.requests import KeyframeRequest
from services.core.vocabulary import Framing, Mood, Style
from services.model_service.engines.keyframe import lexicon
from services.model_service.engines.keyframe.lexicon import Found
from services.model_service.engines.keyframe.things import Thing, colour_beside, named_things
from services.model_service.engines.keyframe.words_creatures import CREATURES

PEOPLE = frozenset({"traveller", "child", "boy", "girl", "old man", "old woman", "woman", "man", "warrior"})
"""Figures drawn as one person each."""
PRONOUNS = frozenset(
    {"he", "him", "his", "she", "her", "他", "她", "they", "他们", "人们", "大家", "people", "person", "figure", "身影"}
)
"""Words that stand for somebody already named; they count only when nobody else is."""
MAX_FIGURES = 5

_COUNT = re.compile(
    r"(?:(?P<two>\btwo|\b2|\bpair of|两|二|一对|俩)|(?P<three>\bthree|\b3|三)"
    r"|(?P<many>\bfour|\bfive|\bsix|\bmany|四|五|六|几|一群|许多))"
    r"\s*(?:[a-z]+\s+){0,2}[个位名只条头匹艘群]?[年小大轻的]*$",
    re.IGNORECASE,
)
_HAIR = re.compile(r"^[\s-]*(?:hair|haired|头发|长发|短发|发|胡)", re.IGNORECASE)
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


@dataclass(frozen=True, slots=True)
class Figure:
    """Somebody or something in the picture. Colours are codes such as `#b8332f`, empty where the text says none."""

    tag: str
    outer: str = ""
    accent: str = ""
    hair: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """What the picture shows. `places` has the setting first; `guessed` when no word of the prompt named one."""

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

    def has(self, *places: str) -> bool:
        return any(place in self.places for place in places)

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
    """The scene of a request: its first line leads, later lines fill in what that leaves open."""
    lines = [line for line in request.prompt.splitlines() if line.strip()] or [""]
    mood = Mood.recognise(request.mood) or Mood.CALM
    framing = Framing.recognise(request.framing) or Framing.recognise(lines[0]) or Framing.WIDE
    unwanted = {(found.group, found.tag) for found in lexicon.find(request.negative_prompt)}
    lead, rest = lines[0], "\n".join(lines[1:])
    words = {group: _tags(group, lead, unwanted) or _tags(group, rest, unwanted) for group in ("place", "time", "action")}
    weather = {*_tags("weather", lead, unwanted), *_tags("weather", rest, unwanted)}
    props = {*_tags("prop", lead, unwanted), *_tags("prop", rest, unwanted)}
    places = _places(words["place"], props, unwanted)
    guessed = not places
    default_place, default_time = _DEFAULT_PLACE[mood]
    if guessed:
        places = (default_place,)
    time = next(iter(words["time"]), "") or _implied_time(places, weather, props, "" if not guessed else default_time, mood)
    figures = _figures(lead, rest, request.bible, unwanted)
    return Scene(
        places=places,
        time=time,
        weather=frozenset(weather - {"clear"}),
        figures=figures,
        props=frozenset(props),
        action=next(iter(words["action"]), "standing"),
        framing=framing,
        mood=mood,
        style=Style.recognise(request.style) or Style.MOVIE,
        guessed=guessed,
        things=named_things((lead, rest), unwanted),
    )


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


def _figures(lead: str, rest: str, bible: Sequence[BibleEntry], unwanted: set[tuple[str, str]]) -> tuple[Figure, ...]:
    cast = _cast(lead, unwanted) or _cast(rest, unwanted)
    named = [
        entry for entry in bible if entry.kind == "character" and entry.name and entry.name.lower() in f"{lead}\n{rest}".lower()
    ]
    if not cast or (named and all(tag in {"man", "woman", "crowd"} for tag in cast)):
        of_names = [tag for entry in named for tag in _cast(f"{entry.name}, {entry.look}", unwanted)[:1] or ["man"]]
        cast = of_names or cast
    looks = [*named, *(entry for entry in bible if entry.kind == "character" and entry not in named)]
    figures: list[Figure] = []
    free = list(looks)
    for tag in cast[:MAX_FIGURES]:
        own = next((entry for entry in free if tag in _cast(f"{entry.name}, {entry.look}", set())), None)
        if own is not None and _cast(own.name, set()).count(tag) < 2:  # one entry may dress a pair
            free.remove(own)
        if own is None and tag in CREATURES:
            figures.append(Figure(tag, outer=_coat(tag, f"{lead}\n{rest}")))
        else:
            figures.append(_dressed(tag, own.look if own else _around(tag, f"{lead}\n{rest}")))
    return tuple(figures)


def _cast(text: str, unwanted: set[tuple[str, str]]) -> list[str]:
    """One tag a figure: counts are spelled out, people named only by a pronoun give way to those that are named."""
    counts: dict[str, int] = {}
    pronouns: dict[str, int] = {}
    for found in lexicon.find(text):
        if found.group != "figure" or ("figure", found.tag) in unwanted:
            continue
        spelling = text[found.start : found.end].lower()
        into = pronouns if spelling in PRONOUNS else counts
        into[found.tag] = max(into.get(found.tag, 0), _count(text, found))
    if not any(tag in PEOPLE or tag in {"crowd", "couple"} for tag in counts) and not counts:
        counts = dict(list(pronouns.items())[:1])
    tags: list[str] = []
    for tag, count in counts.items():
        tags += ["man", "woman"] if tag == "couple" else [tag] * count
    return tags


def _count(text: str, found: Found) -> int:
    before = _COUNT.search(text[max(0, found.start - 24) : found.start])
    if before is None:
        return (
            2 if text[found.start : found.end].lower() in {"children", "kids", "孩子们", "women", "men", "wolves", "puppies"} else 1
        )
    return 2 if before["two"] else 3 if before["three"] else 4


def _coat(tag: str, text: str) -> str:
    """The colour right beside the animal's word, so that it does not borrow somebody's coat."""
    beside = (colour_beside(text, found.start, found.end) for found in lexicon.find(text) if found.tag == tag)
    return next((colour for colour in beside if colour), "")


def _around(tag: str, text: str) -> str:
    """The words about the figure: the sentence part that names it."""
    for part in re.split(r"[,.;，。；、\n]", text):
        if any(found.tag == tag for found in lexicon.find(part)):
            return part
    return ""


def _dressed(tag: str, look: str) -> Figure:
    """A figure with the colours of its look: of hair where hair follows, else of the outer garment (or fur), then an accent."""
    figure = Figure(tag)
    for found in lexicon.find_colours(look):
        if _HAIR.match(look[found.end : found.end + 16]):
            figure = replace(figure, hair=figure.hair or found.tag)
        elif not figure.outer:
            figure = replace(figure, outer=found.tag)
        elif not figure.accent and found.tag != figure.outer:
            figure = replace(figure, accent=found.tag)
    return figure
