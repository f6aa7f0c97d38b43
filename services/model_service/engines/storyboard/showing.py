"""What a shot's picture shows of what it tells: its people in the order in which they act, its things, and, at sea, from where.

A painter shows one moment from one spot; a line may tell more. At sea people are seen on deck, a ship under way from outside.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.core.model import Language
from services.model_service.engines.storyboard.adjectives import described
from services.model_service.engines.storyboard.lexicon import Concept, Hit, Lexicon
from services.model_service.engines.storyboard.members import Member
from services.model_service.engines.storyboard.reading import Moment, Scene
from services.model_service.engines.storyboard.states import lamp_burns

_MOST_PEOPLE, _MOST_THINGS = 4, 3
_MOST_BESIDE_A_DETAIL = 1
_VESSELS = ("ship", "boat", "rowing boat")
_AT_SEA = ("sea", "ship's deck")
_LIGHTHOUSE = "lighthouse"
_BIG = frozenset(
    {
        *("boat", "ship", "rowing boat", "train", "car", "bicycle", "tree", "house", "tent", "windmill", "bridge", "well", "rock"),
        *(
            "door",
            "window",
            "neon",
            "water well",
            "fountain",
            "statue",
            "fireflies",
            "table",
            "ladder",
            "wheel",
            "piano",
            "campfire",
            "tiller",
            "glowing eyes",
        ),
        *("log", "cart", "sled", "swing", "tower", "ferris wheel", "palm tree", "christmas tree", "headstone", "flag", "flower"),
    }
)
"""Things that no hand holds, so that no detail is made of them where somebody else acts."""
_FAR_OFF = frozenset(
    {"boat", "ship", "rowing boat", "house", "tree", "bridge", "windmill", "neon", "fireflies", "car", "train", "glowing eyes"}
)
"""Things that are a landscape's, never its detail."""
_FIXED = frozenset({"tree", "house", "windmill", "bridge", "well", "water well", "statue", "fountain", "tent", "signpost", "tower"})
"""Things that stay where they are."""
_FAINT = frozenset({"looking", "talking", "standing", "smiling"})
"""Deeds that are hardly seen."""
_IMAGINED = re.compile(r"仿佛|好像|如同|梦见|\bas if\b|\bas though\b|\bdream(?:ed|t) of\b")
_OVERBOARD = {
    Language.ZH: re.compile(r"(?:跳|扑|掉|落)[进入下到]了?[^，。！？]{0,3}[水河江海湖]"),
    Language.EN: re.compile(
        r"\b(?:jump|leap|leapt|dive|dove|fell|fall)\w*\b[^.,;]{0,14}\b(?:into the (?:water|river|lake)|overboard)\b"
    ),
}
_STAYS_IN_THE_AIR = "flying"


@dataclass(frozen=True, slots=True)
class Shown:
    """What is in the picture. `acting` comes first in `cast`."""

    scene: Scene
    cast: tuple[Member, ...]
    props: tuple[Concept, ...]
    actions: tuple[Concept, ...]
    worn: frozenset[str] = frozenset()
    unlit: bool = False
    """Whether it is at a lighthouse whose lamp is out."""

    @property
    def has_detail(self) -> bool:
        """Whether a thing in it may fill the frame: something small that is not on somebody, where not several are to be seen."""
        if len(self.cast) > _MOST_BESIDE_A_DETAIL:
            return False
        loose = [prop for prop in self.props if prop.slug not in self.worn]
        return any(prop.slug not in (_BIG if self.cast else _FAR_OFF) for prop in loose)


class Showing:
    """The pictures of one film, in order: whether the story is at sea, and in what, is remembered from shot to shot."""

    def __init__(self, lexicon: Lexicon, moments: Sequence[Moment], language: Language) -> None:
        self._lexicon, self._language = lexicon, language
        told = {hit.concept.slug for m in moments for hit in m.hits if hit.concept.kind in ("prop", "place")}
        self._has_skiff = "rowing boat" in told and "ship" not in told
        self._lighthouse = any(hit.concept.slug == "lighthouse" for m in moments for hit in m.hits)
        decked = "ship" in told or any(m.scene.place and m.scene.place.slug == "ship's deck" for m in moments)
        self._vessel = "ship" if decked else "boat" if {"boat", "rowing boat"} & told else ""
        self._in_boat = False
        self._crew: tuple[Member, ...] = ()
        self._rowed = False
        self._standing: dict[Concept, list[Concept]] = {}
        self._lamp_burns = True

    def show(self, scene: Scene, told: Sequence[Moment], cast: Sequence[Member]) -> Shown:
        """The picture of a shot that tells `told` in `scene`; `cast` is whoever is there."""
        for moment in told:
            if (moment.scene.place and moment.scene.place.slug == _LIGHTHOUSE) or moment.scene.afar:
                said = lamp_burns(moment.text, self._language)
                self._lamp_burns = self._lamp_burns if said is None else said
        shown = self._shown(scene, told, cast)
        there = any(place is not None and place.slug == _LIGHTHOUSE for place in (shown.scene.place, shown.scene.afar))
        return replace(shown, unlit=there and not self._lamp_burns)

    def _shown(self, scene: Scene, told: Sequence[Moment], cast: Sequence[Member]) -> Shown:
        props = tuple(dict.fromkeys(c for c in (*_acting(told), *(c for m in told for c in m.shown("prop")))))[:_MOST_THINGS]
        actions = self._deeds(scene, told)
        if self._has_skiff:
            skiff = self._lexicon.get("prop", "rowing boat")
            props = tuple(dict.fromkeys(skiff if prop.slug == "boat" else prop for prop in props))
        shown = Shown(scene, in_order(told, cast), props, actions, self._worn(props, told))
        if scene.place is None or scene.place.slug not in _AT_SEA or not self._vessel:
            self._in_boat = False
            return self._furnished(self._crewed(shown, told))
        return self._at_sea(shown, told)

    def _crewed(self, shown: Shown, told: Sequence[Moment]) -> Shown:
        """On a river, whoever has got on the water goes on in the boat that is told of alone."""
        place = shown.scene.place
        if place is None or "river" not in (place.slug, place.family):
            self._crew = ()
            return shown
        aboard = any(hit.concept.slug == "ship's deck" for m in told for hit in m.hits)
        aboard = aboard or (self._rowed and any(_OVERBOARD[self._language].search(m.text) for m in told))
        if aboard and not any(prop.slug in _VESSELS for prop in shown.props):
            shown = replace(shown, props=(self._lexicon.get("prop", "boat"), *shown.props)[:_MOST_THINGS])
        people = tuple(m for m in shown.cast if m.is_human)
        self._rowed = self._rowed or any(action.slug == "rowing" for action in shown.actions)
        self._crew = (*people, *(m for m in self._crew if all(m is not other for other in people)))[:_MOST_PEOPLE]
        alone = not shown.cast and any(prop.slug in _VESSELS for prop in shown.props)
        if not alone or not self._crew:
            return shown
        rowing = (self._lexicon.get("action", "rowing"),) if self._rowed else ()
        return replace(shown, cast=self._crew[:2], actions=(*shown.actions, *rowing))

    def _furnished(self, shown: Shown) -> Shown:
        """A place that is seen empty, with what has been seen standing there."""
        place = shown.scene.place
        if place is None or place.inside:
            return shown
        standing = self._standing.setdefault(place, [])
        if not shown.cast and not shown.props:
            return replace(shown, props=tuple(standing[:2]))
        standing += [prop for prop in shown.props if prop.slug in _FIXED and prop not in standing]
        return shown

    def _deeds(self, scene: Scene, told: Sequence[Moment]) -> tuple[Concept, ...]:
        """What is done here, without what is only imagined; nobody rows on dry land."""
        wet = scene.place is not None and (scene.place.climate == "sea" or "river" in (scene.place.slug, scene.place.family))
        before = ["", *(m.text for m in told)]
        real = [m for m, last in zip(told, before, strict=False) if m.cast and (m.phrase.subject or not _IMAGINED.search(last))]
        return tuple(dict.fromkeys(c for m in real for c in m.shown("action") if wet or c.slug != "rowing"))

    def _worn(self, props: Sequence[Concept], told: Sequence[Moment]) -> frozenset[str]:
        found = ((prop, hit_of(prop, told)) for prop in props if prop.being == "cloth")
        return frozenset(p.slug for p, at in found if at and described(at[0].text, at[1].start, at[1].end, self._language).worn)

    def _at_sea(self, shown: Shown, told: Sequence[Moment]) -> Shown:
        people = tuple(m for m in shown.cast if m.is_human)
        others = tuple(m for m in shown.cast if not m.is_human)
        named = {prop.slug for prop in shown.props} & set(_VESSELS)
        on_deck = any(hit.concept.slug == "ship's deck" for m in told for hit in m.hits)
        if self._vessel != "ship" or "boat" in named:
            boat = self._lexicon.get("prop", "boat")
            add = (boat,) if people and not named and self._in_boat else ()
            self._in_boat = self._in_boat or bool(people and named)
            return replace(shown, props=(*add, *shown.props)[:_MOST_THINGS])
        if self._lighthouse and any(hit.spelling.lower() == "a light" for m in told for hit in m.hits):
            light, ship = self._lexicon.get("place", "lighthouse"), self._lexicon.get("prop", "ship")
            far = replace(shown.scene, place=light, afar=self._lexicon.get("place", "sea"), called="")
            return replace(shown, scene=far, cast=(), props=(ship,), actions=())
        loose = tuple(prop for prop in shown.props if prop.slug not in _VESSELS)
        sails = any(action.slug == "sailing" for action in shown.actions)
        under_way = bool(named) or sails or (not people and not loose)
        if under_way and not on_deck:
            sea, ship = self._lexicon.get("place", "sea"), self._lexicon.get("prop", "ship")
            return replace(
                shown, scene=replace(shown.scene, place=sea, called=""), cast=others, props=(ship,), actions=_seen(shown)
            )
        deck = self._lexicon.get("place", "ship's deck")
        here = shown.scene if shown.scene.place is deck else replace(shown.scene, place=deck, called="")
        wheels = ("at the wheel", "the wheel", "wheel", "ship's wheel")
        at_wheel = any(hit.spelling.lower() in wheels for m in told for hit in m.hits)
        wheel = (self._lexicon.get("prop", "ship's wheel"),) if at_wheel else ()
        return replace(shown, scene=here, props=(*(p for p in loose if p.slug != "wheel"), *wheel))


def in_order(told: Sequence[Moment], cast: Sequence[Member]) -> tuple[Member, ...]:
    """Whoever acts first, then the others as they were."""
    deeds: Counter[int] = Counter()
    for moment in told:
        if moment.doer is not None:
            deeds[id(moment.doer)] += 3 if any(a.slug not in _FAINT for a in moment.shown("action")) else 1
    known = any(m.proper and m.concept.being == "child" for m in cast)  # the two children are those already there
    there = [m for m in cast if not (known and m.concept.slug == "child" and m.count == 2)]
    return tuple(sorted(there, key=lambda m: -deeds[id(m)])[:_MOST_PEOPLE])


def _acting(told: Sequence[Moment]) -> list[Concept]:
    """The things that a clause is about: under the tree lay three eggs."""
    return [
        hit.concept
        for m in told
        for hit in m.hits
        if hit.concept.kind == "prop" and not m.cast and m.phrase.beat and hit.spelling in m.phrase.subject
    ]


def _seen(shown: Shown) -> tuple[Concept, ...]:
    """What is still seen to be done when everybody aboard is out of sight."""
    return tuple(action for action in shown.actions if action.slug == _STAYS_IN_THE_AIR)


def hit_of(prop: Concept, told: Sequence[Moment]) -> tuple[Moment, Hit] | None:
    """Where a thing is told of first."""
    return next(((m, hit) for m in told for hit in m.hits if hit.concept is prop), None)
