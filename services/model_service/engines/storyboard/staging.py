"""How each shot is filmed: what is in it, its mood, distance, camera move and light, and how it follows the one before it.

Distance and camera come from what happens; rhythm (not twice the same in a row) and the film's ends (open wide, close wide)
weigh against it. Light belongs to the scene, so it holds while place, time and weather hold; a figure keeps its side of the
frame, so that the line between two people is not crossed.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any, Self

from services.core.model import Language
from services.core.vocabulary import CameraMove, Framing, Mood, Transition
from services.model_service.engines.storyboard import pace, picking
from services.model_service.engines.storyboard.lexicon import Concept, Lexicon
from services.model_service.engines.storyboard.members import Member
from services.model_service.engines.storyboard.narration import Narrator
from services.model_service.engines.storyboard.planning import Part, Passage
from services.model_service.engines.storyboard.reading import Moment, Scene
from services.model_service.engines.storyboard.showing import Showing
from services.model_service.engines.storyboard.transitions import Joiner, Told

_PART_FRAMING = {
    Part.ESTABLISHING: Framing.ESTABLISHING,
    Part.MEDIUM: Framing.MEDIUM,
    Part.CLOSE: Framing.CLOSE,
    Part.DETAIL: Framing.DETAIL,
    Part.WIDE: Framing.WIDE,
}
_CAMERA_OF: Mapping[Framing, tuple[CameraMove, ...]] = {
    # What each distance likes best, for when the action asks for nothing.
    Framing.ESTABLISHING: (CameraMove.CRANE, CameraMove.PAN, CameraMove.PULL),
    Framing.WIDE: (CameraMove.PAN, CameraMove.PULL, CameraMove.CRANE),
    Framing.MEDIUM: (CameraMove.PUSH, CameraMove.ORBIT, CameraMove.STATIC),
    Framing.CLOSE: (CameraMove.PUSH, CameraMove.STATIC, CameraMove.ORBIT),
    Framing.DETAIL: (CameraMove.PUSH, CameraMove.STATIC, CameraMove.TILT),
    Framing.LOW: (CameraMove.TILT, CameraMove.CRANE, CameraMove.ORBIT),
}
_CAMERA_OF_MOOD = {
    Mood.TENSE: CameraMove.HANDHELD,
    Mood.LONELY: CameraMove.PULL,
    Mood.DESPAIR: CameraMove.PULL,
    Mood.WONDER: CameraMove.TILT,
    Mood.EPIC: CameraMove.CRANE,
}

_BODILY = frozenset(
    {"pointing", "kneeling", "sitting", "riding", "carrying", "climbing", "hugging", "dancing", "fighting", "rowing", "crying"}
)
"""Deeds that are seen only when somebody is."""

_ARRIVES = {
    # Who arrives is seen where they arrive.
    Language.ZH: re.compile(r"来到|走进|跑进|到达|到了|走到|回到|飞回|躲进|踏上"),
    Language.EN: re.compile(r"\b(?:arriv|reach|c[ao]mes? to |enter|went into|ran into|back (?:at|in|to) )", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Staged:
    """One shot decided upon, before it is put into words."""

    passage: Passage
    narration: str
    told: tuple[Moment, ...]
    scene: Scene
    cast: tuple[Member, ...]
    props: tuple[Concept, ...]
    actions: tuple[Concept, ...]
    mood: Mood
    framing: Framing
    camera: CameraMove
    transition: Transition
    music: str
    seconds: float
    unlit: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """What a shot has to show, as far as the distance depends on it."""

    people: bool
    crowded: bool
    props: bool
    speech: bool
    new_place: bool


@dataclass(frozen=True, slots=True)
class Palette:
    """The words and rules of `staging.toml`."""

    moods: Mapping[str, Mapping[str, Any]]
    lights: Mapping[str, Sequence[Sequence[str]]]
    contrast: Mapping[str, Sequence[str]]
    framing: Mapping[str, Mapping[str, Sequence[str]]]
    look: Mapping[str, Mapping[str, Sequence[str]]]

    @classmethod
    def read(cls) -> Self:
        table = tomllib.loads((files(__package__) / "staging.toml").read_text(encoding="utf-8"))
        return cls(table["mood"], table["light"], table["contrast"], table["framing"], table["look"])

    def light(self, scene: Scene, mood: Mood, language: Language, *salt: object) -> str:
        """One sentence without its full stop; the same for the same scene."""
        time = scene.time.slug if scene.time else "day"
        place = scene.place.slug if scene.place else ""
        family = scene.place.family if scene.place else ""
        outdoors = scene.place is None or not scene.place.inside
        weather = [w.slug for w in reversed(scene.weather)] if outdoors else []
        rank = sorted(weather, key=lambda slug: slug not in ("aurora", "storm"))
        keys = [key for slug in rank for key in (f"{slug}.{time}", slug)] + [f"{place}.{time}", place, f"{family}.{time}", family]
        keys += [] if outdoors else [f"inside.{time}", "inside"]
        options = next((self.lights[key] for key in keys if key in self.lights), self.lights[time])
        is_zh = language is Language.ZH
        light = picking.pick(options[is_zh], *salt, place, time)
        return f"{light}{'，' if is_zh else ', '}{self.contrast[mood.value][is_zh]}"

    def mood_of(self, passage: Passage, text: str, before: Mood, language: Language, *, last: bool) -> Mood:
        """The mood that most in the passage speaks for; where nothing does, the mood of the shot before it, fading to calm."""
        scores: dict[str, float] = {mood.value: 0.0 for mood in Mood}
        lowered = text.lower()
        for slug, entry in self.moods.items():
            words = entry[language.value].split()
            if language is Language.ZH:
                scores[slug] += sum(min(lowered.count(word), 2) for word in words)
            else:
                said = Counter(re.findall(r"[a-z']+", lowered))
                scores[slug] += sum(min(said[word], 2) for word in words)
        weights = {"action": 0.8, "weather": 0.8, "time": 0.3, "figure": 0.6}
        for moment in passage.moments:
            for hit in moment.hits:
                if hit.concept.mood and not hit.ended:
                    scores[hit.concept.mood] += weights.get(hit.concept.kind, 0.4)
        scores[before.value] += 0.3
        for slug in ("hope", "warm", "joy"):
            scores[slug] += 0.5 if last and scores[slug] else 0.0
        best = max(Mood, key=lambda mood: scores[mood.value])
        if scores[best.value] >= 0.8:
            return best
        return before if before in (Mood.HOPE, Mood.WARM, Mood.LONELY) else Mood.CALM


def stage(
    passages: Sequence[Passage], language: Language, palette: Palette, lexicon: Lexicon, *, style: str, seed: int, salt: str
) -> list[Staged]:
    """All shots of a film, each knowing the ones before it. A story that names no time of day is seen at the one of its mood."""
    passages = _timed(passages, language, palette, lexicon)
    shots: list[Staged] = []
    narrator = Narrator(language)
    joiner = Joiner(language, style)
    showing = Showing(lexicon, [m for passage in passages for m in passage.moments], language)
    for number, passage in enumerate(passages):
        first, last = number == 0, number == len(passages) - 1
        spoken, told = narrator.narrate(passage, opens=first, ends=last)
        here = scene_of(told, language)
        there = present_in(told) or (() if _shows_itself(told) else present_in(passage.moments))
        shown = showing.show(here, told, there)
        scene, cast, props, actions = shown.scene, shown.cast, shown.props, shown.actions
        before = shots[-1] if shots else None
        text = "".join(m.text for m in told)
        mood = (
            before.mood
            if before and passage.silent
            else palette.mood_of(Passage(told), text, before.mood if before else Mood.CALM, language, last=last)
        )
        transition = Transition.NONE
        if before and not passage.silent:
            heard = Told(text, scene, mood, [a.slug for a in actions], any(m.spoken for m in told))
            transition = joiner.join(number, before.scene, heard, last=last)
        is_new_place = before is not None and scene.place is not None and scene.place is not before.scene.place
        speech = any(m.spoken for m in passage.moments)
        subject = Subject(bool(cast), len(cast) > 2, shown.has_detail, speech, is_new_place)
        framing = _PART_FRAMING.get(passage.part) or choose_framing(
            subject, actions, [s.framing for s in shots], first=first, last=last, salt=(salt, seed, number)
        )
        camera = choose_camera(framing, mood, actions, [s.camera for s in shots], last=last, salt=(salt, seed, number))
        shots.append(
            Staged(
                passage, spoken, told, scene, cast, props, actions, mood, framing, camera, transition,
                palette.moods[mood.value]["music"], pace.seconds(spoken), shown.unlit,
            )
        )  # fmt: skip
    return shots


def _timed(passages: Sequence[Passage], language: Language, palette: Palette, lexicon: Lexicon) -> list[Passage]:
    """The passages with a time of day for every clause: where a story that tells some skips to another, it is day there."""
    moments = tuple(m for passage in passages for m in passage.moments)
    slug = "day"
    if not any(m.scene.time for m in moments):
        mood = palette.mood_of(Passage(moments), "".join(m.text for m in moments), Mood.CALM, language, last=False)
        slug = palette.moods[mood.value]["time"]
    time = lexicon.get("time", slug)
    return [
        replace(p, moments=tuple(m if m.scene.time else replace(m, scene=replace(m.scene, time=time)) for m in p.moments))
        for p in passages
    ]


def scene_of(moments: Sequence[Moment], language: Language) -> Scene:
    """One picture has one place: the one that most of the clauses are in, the later one of equals; and what it last was like."""
    weight: Counter[str] = Counter()
    for moment in moments:
        if moment.scene.place:
            afloat = moment.scene.place.climate == "sea" or "river" in (moment.scene.place.slug, moment.scene.place.family)
            afloat = afloat and any(h.concept.slug in ("boat", "ship", "rowing boat") for h in moment.hits)
            arrives = _ARRIVES[language].search(moment.text) is not None
            weight[moment.scene.place.slug] += len(moment.text) * (4 if afloat or arrives else 1)
    if not weight:
        return replace(moments[-1].scene, place=None, afar=None, called="")
    chosen = max(reversed(moments), key=lambda m: weight[m.scene.place.slug] if m.scene.place else 0)
    afar = next((m.scene.afar for m in moments if m.scene.afar and m.scene.afar is not chosen.scene.place), None)
    if afar is None and chosen.scene.place and not chosen.scene.place.inside:
        afar = _beyond(chosen.scene.place, moments)
    weather = chosen.scene.weather
    if chosen.scene.place and chosen.scene.place.inside:
        seen = () if chosen.scene.place.slug == "cave" else ("rain", "snow", "storm")
        weather = tuple(w for w in weather if w.slug in seen or any(w in m.shown("weather") for m in moments))
    return replace(chosen.scene, afar=afar, weather=weather)


def _beyond(place: Concept, moments: Sequence[Moment]) -> Concept | None:
    """Another place that is told to be seen: the bamboo that bends on the banks of the river."""
    for moment in moments:
        other = moment.scene.place
        if other is None or other.inside or moment.cast or not moment.phrase.beat:
            continue
        is_subject = any(h.concept is other and h.spelling in moment.phrase.subject for h in moment.hits)
        if is_subject and (other.family or other.slug) != (place.family or place.slug):
            return other
    return None


def _shows_itself(moments: Sequence[Moment]) -> bool:
    """Whether something else than somebody acts here: the storm came down."""
    return any(m.phrase.subject and not m.cast and any(h.concept.kind != "time" for h in m.hits) for m in moments)


def present_in(moments: Sequence[Moment]) -> tuple[Member, ...]:
    order: list[Member] = []
    counts: Counter[int] = Counter()
    for moment in moments:
        for member in moment.cast:
            counts[id(member)] += 1
            if not any(m is member for m in order):
                order.append(member)
    return tuple(sorted(order, key=lambda m: -counts[id(m)])[:4])


def choose_framing(
    shown: Subject, actions: Sequence[Concept], recent: Sequence[Framing], *, first: bool, last: bool, salt: Sequence[object]
) -> Framing:
    """The distance that what happens asks for, in rhythm with the `recent` ones (oldest first)."""
    scores: dict[Framing, float] = {framing: picking.number(*salt, framing) / 2**32 * 0.3 for framing in Framing}
    for rank, action in enumerate(actions[:4]):
        scores[Framing.of(action.framing)] += 1.0 - 0.15 * rank
    scores[Framing.ESTABLISHING] += 2.5 if first else -2.0 if shown.people else 0.6
    scores[Framing.WIDE] += (1.0 if last else 0.0) + (0.7 if shown.crowded or not shown.people else 0.2)
    scores[Framing.MEDIUM] += 0.5 if shown.people else -0.5
    scores[Framing.CLOSE] += (0.3 if shown.speech else 0.0) - (0.0 if shown.people else 2.0)
    scores[Framing.DETAIL] += (0.5 if shown.people else 1.2) if shown.props else -3.0
    scores[Framing.DETAIL] -= 0.8 * any(action.slug in _BODILY for action in actions)
    scores[Framing.LOW] -= 0.4
    if shown.new_place:
        scores[Framing.WIDE] += 0.7
        scores[Framing.ESTABLISHING] += 0.0 if shown.people else 1.5
    for framing in Framing:
        scores[framing] -= _tired(framing, recent, 1.2, 0.5)
    return max(Framing, key=lambda framing: scores[framing])


def choose_camera(
    framing: Framing, mood: Mood, actions: Sequence[Concept], recent: Sequence[CameraMove], *, last: bool, salt: Sequence[object]
) -> CameraMove:
    """The move that the action, the distance and the mood ask for, in rhythm with the `recent` ones (oldest first)."""
    scores: dict[CameraMove, float] = {move: picking.number(*salt, move) / 2**32 * 0.3 for move in CameraMove}
    for rank, move in enumerate(_CAMERA_OF[framing]):
        scores[move] += 1.0 - 0.25 * rank
    for rank, action in enumerate(actions[:3]):
        scores[CameraMove.of(action.camera)] += 0.8 - 0.2 * rank
    if mood in _CAMERA_OF_MOOD:
        scores[_CAMERA_OF_MOOD[mood]] += 0.5
    scores[CameraMove.PULL] += 0.9 if last else 0.0
    if framing in (Framing.DETAIL, Framing.CLOSE):
        scores[CameraMove.CRANE] -= 1.0
        scores[CameraMove.PAN] -= 0.5
    for move in CameraMove:
        scores[move] -= _tired(move, recent, 1.6, 0.6)
    return max(CameraMove, key=lambda move: scores[move])


def _tired(choice: object, recent: Sequence[object], again: float, lately: float) -> float:
    """How much a choice loses because the film has just made it."""
    return (again if recent[-1:] == [choice] else 0.0) + lately * (choice in recent[-3:-1]) + 0.15 * list(recent).count(choice)
