"""A staged shot put into words for people: style, light, composition, and three beats."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.core.model import Language
from services.core.vocabulary import Style
from services.model_service.engines.storyboard.members import Member
from services.model_service.engines.storyboard.picking import Deck
from services.model_service.engines.storyboard.planning import Part
from services.model_service.engines.storyboard.reading import Moment
from services.model_service.engines.storyboard.staging import Palette, Staged

_LONG_BEAT = {Language.ZH: 34, Language.EN: 110}
_PRONOUN = {
    Language.ZH: re.compile(r"^(?:他们|她们|它们|他|她|它|两人|两个人|大家)$"),
    Language.EN: re.compile(r"^(?:he|she|it|they|both)$", re.IGNORECASE),
}
_MANY = frozenset({"他们", "她们", "它们", "两人", "两个人", "大家", "they", "both"})
_SIDES = {Language.ZH: ("画面左侧", "画面右侧"), Language.EN: ("left", "right")}
_UPRIGHT = re.compile(r"waist|shoulders|head to foot|腰部|头肩|全身立")
_NOWHERE = {Language.ZH: "空旷的背景", Language.EN: "an open background"}
_BEAM = re.compile(r"\bbeam\b|光柱")
_HAN = re.compile(r"[\u2e80-\u9fff]")


@dataclass(frozen=True, slots=True)
class Beat:
    """Something that happens in a shot: who does it, and what; beats with one `actor` need name them only once.

    Without `who`, what stirs or shows by itself: `does` is then a whole clause.
    """

    who: str
    does: str
    actor: object = None

    def text(self, language: Language) -> str:
        gap = " " if language is Language.EN and self.who else ""
        return f"{self.who}{gap}{self.does}"


def style_line(style: str, language: Language) -> str:
    """The film's one style as the first words of every description."""
    known = Style.recognise(style)
    if known is None and style.strip() and (language is Language.ZH or not _HAN.search(style)):
        word = style.strip().rstrip("。.")
    else:
        word = (known or Style.MOVIE).word(language)
    if language is Language.ZH:
        return word if word.endswith("风格") else f"{word}风格"
    return f"{word[:1].upper()}{word[1:]} style"


class Writer:
    """Words for the shots of one film, in order; it remembers what it has shown, so that no filler comes twice too soon."""

    def __init__(self, language: Language, style: str, palette: Palette, cast: Sequence[Member], *salt: object) -> None:
        self._language = language
        self._style = style_line(style, language)
        self._palette = palette
        self._sides = {id(member): _SIDES[language][i % 2] for i, member in enumerate(cast)}
        self._salt = salt
        self._deck = Deck(*salt)
        self._rested_on: set[str] = set()

    def describe(self, shot: Staged) -> str:
        return self._compose(shot, self._sequence(self._beats(shot), _actor(shot.cast[:1])))

    def describe_as(self, shot: Staged, wish: str, *, acts: bool) -> str:
        """The description with `wish` at its core; `acts` says that the wish itself tells what happens."""
        if not acts:
            beats = self._sequence(self._beats(shot), _actor(shot.cast[:1]))
            return self._compose(shot, f"{wish}{'，' if self._language is Language.ZH else ', '}{beats}")
        opening = next(self._stirring(shot), None)
        first = Beat("", opening) if opening else self._glance(shot)
        return self._compose(shot, self._sequence([first, Beat("", wish), self._closing(shot)], None))

    def _compose(self, shot: Staged, beats: str) -> str:
        light = self._palette.light(shot.scene, shot.mood, self._language, *self._salt)
        frame = self._composition(shot)
        word = shot.framing.word(self._language)
        if self._language is Language.ZH:
            return f"{self._style}。{light}。{word}，{frame}：{beats}。"
        stop = "" if beats.endswith(('."', '!"', '?"')) else "."
        return f"{self._style}. {light}. {word[:1].upper()}{word[1:]}: {frame}; {beats}{stop}"

    def _sequence(self, beats: Sequence[Beat], lead: object) -> str:
        """The beats as one sentence in three steps; who acts is said once and again when somebody else does."""
        is_zh = self._language is Language.ZH
        steps = ("先", "然后", "最后") if is_zh else ("first ", "then ", "and finally ")
        parts = []
        before = lead if is_zh else None
        for step, beat in zip(steps, beats, strict=True):
            bare = beat.actor is not None and beat.actor == before
            text = beat.does if bare else beat.text(self._language)
            begins = "是" if is_zh and step == "先" and not bare else ""
            parts.append(f"{step}{begins}{text}")
            before = beat.actor
        return ("，" if is_zh else ", ").join(parts)

    def _composition(self, shot: Staged) -> str:
        variant = "_empty" if not shot.cast else "" if shot.scene.place else "_bare"
        options = self._palette.framing[shot.framing.value][self._language.value + variant]
        if shot.cast and not shot.cast[0].is_human:
            options = [o for o in options if not _UPRIGHT.search(o)] or options
        place = shot.scene.place_name(self._language) or _NOWHERE[self._language]
        side = self._sides.get(id(shot.cast[0]), _SIDES[self._language][0]) if shot.cast else ""
        return self._deck.draw(options).format(
            who=self._who(shot.cast), place=place, side=side, thing=self._thing(shot) or self._part(shot) or place
        )

    def _part(self, shot: Staged) -> str:
        """What a detail shows of somebody, where there is no thing to show."""
        if not shot.cast:
            return ""
        words = ("the hands", "双手") if shot.cast[0].is_human else ("the eyes", "眼睛")
        return words[self._language is Language.ZH]

    def _who(self, cast: Sequence[Member]) -> str:
        if not cast:
            return ""
        lead, rest = cast[0], [m.name for m in cast[1:]]
        if self._language is Language.ZH:
            return "和".join([f"{lead.look}的{lead.name}" if lead.look else lead.name, *rest])
        return " and ".join([f"{lead.name} {lead.look}".strip(), *rest])

    def _thing(self, shot: Staged) -> str:
        if shot.props:
            hit = next((h for m in shot.passage.moments for h in m.hits if h.concept is shot.props[0]), None)
            spelled = hit.spelling if hit else shot.props[0].name(self._language)
            bare = spelled.lower().removeprefix("the ").removeprefix("a ")
            return spelled if self._language is Language.ZH else f"the {bare}"
        lit = next((w for w in shot.scene.weather if w.slug in ("aurora", "stars")), None)
        sight = lit or shot.scene.afar
        if sight is None:
            return ""
        spelled = next((h.spelling for m in shot.passage.moments for h in m.hits if h.concept is sight), "")
        return spelled if spelled and self._language is Language.ZH else sight.name(self._language)

    def _beats(self, shot: Staged) -> list[Beat]:
        """Three beats: the story's own where there are enough, what the place and the faces do besides where there are not."""
        told = self._told(shot) if not shot.passage.silent or shot.passage.part in (Part.MEDIUM, Part.WIDE) else []
        stirring = (Beat("", motion) for motion in self._stirring(shot))
        if len(told) >= 3:
            return told[:3]
        if len(told) == 2:
            opening = next(stirring, None)
            return [opening, *told] if opening else [*told, self._closing(shot)]
        if told:
            return [next(stirring, None) or self._glance(shot), told[0], self._closing(shot)]
        return [next(stirring, None) or self._glance(shot), self._glance(shot), next(stirring, None) or self._closing(shot)]

    def _told(self, shot: Staged) -> list[Beat]:
        limit = _LONG_BEAT[self._language]
        own = [m for m in shot.told if m.phrase.beat and len(m.phrase.beat) <= limit]
        others = [m for m in shot.passage.moments if m.phrase.beat and len(m.phrase.beat) <= limit and m not in own]
        chosen = own if len(own) >= 3 else sorted([*own, *others[: 3 - len(own)]], key=lambda m: m.start)
        if len(chosen) > 3:
            middle = max(chosen[1:-1], key=lambda m: (bool(m.cast) + 2 * bool(m.phrase.action) + len(m.hits), -m.start))
            chosen = [chosen[0], middle, chosen[-1]]
        return [self._beat(m) for m in chosen]

    def _beat(self, moment: Moment) -> Beat:
        """The clause's beat, with the name for the pronoun."""
        subject, cast = moment.phrase.subject, moment.cast
        if not cast:
            return Beat(subject, moment.phrase.beat)
        is_pronoun = not subject or bool(_PRONOUN[self._language].match(subject))
        if is_pronoun and moment.doer is not None and subject not in _MANY and not moment.phrase.many:
            return Beat(moment.doer.name, moment.phrase.beat, _actor((moment.doer,)))
        if not subject and moment.spoken and (len(cast) > 1 or cast[0].count > 1):
            return Beat("a voice" if self._language is Language.EN else "一个声音", moment.phrase.beat)
        several = subject in _MANY or moment.phrase.many
        acting = cast if several or (self._language is Language.ZH and is_pronoun and not subject) else cast[:1]
        names = (" and " if self._language is Language.EN else "和").join(m.name for m in acting)
        about = (
            is_pronoun
            or any(m.name in subject for m in cast)
            or any(h.concept.kind == "figure" and h.spelling in subject for h in moment.hits)
        )
        return Beat(names if is_pronoun else subject, moment.phrase.beat, _actor(acting) if about else None)

    def _stirring(self, shot: Staged) -> Iterator[str]:
        """What moves by itself in this scene and has not been shown yet."""
        indoors = shot.scene.place is not None and shot.scene.place.inside
        told = {h.concept for m in shot.told if m.phrase.beat and not m.cast for h in m.hits if h.concept.kind != "time"}
        told |= {w for m in shot.told for w in m.shown("weather")}
        sources = [*(() if indoors else reversed(shot.scene.weather)), *(c for c in (shot.scene.place, shot.scene.time) if c)]
        sources = [c for c in sources if not (indoors and c.kind == "time")]
        for source in sources:
            fresh = [motion for motion in source.motion(self._language) if not self._deck.seen(motion)]
            fresh = [motion for motion in fresh if not (shot.unlit and _BEAM.search(motion))]
            if fresh and source not in told:
                yield self._deck.draw(fresh)

    def _glance(self, shot: Staged) -> Beat:
        kind = "empty" if not shot.cast else "human" if shot.cast[0].is_human else "creature"
        pool = list(self._palette.look[kind][self._language.value])
        if not shot.cast:
            pool += [motion for source in (shot.scene.place, shot.scene.time) if source for motion in source.motion(self._language)]
        return Beat("", self._deck.draw(pool))

    def _closing(self, shot: Staged) -> Beat:
        thing = self._thing(shot)
        if not thing or thing in self._rested_on:
            return self._glance(shot)
        self._rested_on.add(thing)
        return Beat("", self._deck.draw(self._palette.look["ending"][self._language.value]).format(thing=thing))


def _actor(cast: Sequence[Member]) -> object:
    return tuple(id(m) for m in cast) or None
