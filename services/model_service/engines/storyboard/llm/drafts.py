"""A model's JSON as drafts that the rest of the film understands: words of the vocabularies, plain text, honest lengths.

Whatever the model wrote, the style is the one that was asked for, and a length is what the narration needs.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from services.core.model import BibleEntry, Language, ShotDraft
from services.core.vocabulary import CameraMove, Framing, Mood, Style, Transition
from services.model_service.engines.storyboard import pace
from services.model_service.engines.storyboard.llm import schema
from services.model_service.engines.storyboard.llm.cleaning import clean, speaks, trim
from services.model_service.engines.storyboard.llm.json_stream import Malformed
from services.model_service.engines.storyboard.wording import style_line

_LIMITS: Mapping[str, Mapping[Language, int]] = {
    # Characters; a narration of the longest kind is spoken in half a minute.
    "title": {Language.ZH: 16, Language.EN: 48},
    "narration": {Language.ZH: 130, Language.EN: 420},
    "description": {Language.ZH: 400, Language.EN: 1000},
    "prompt": {Language.ZH: 500, Language.EN: 500},
    "name": {Language.ZH: 20, Language.EN: 40},
    "look": {Language.ZH: 120, Language.EN: 240},
}
_PARROTED = 16
"""Characters from which on words of the question in an answer are no coincidence."""
_LONGEST_WISH = 3600
_LINGERS = 2.5
"""Seconds that a model may wish beyond what the narration needs."""
_CAMERA = {
    # What each distance likes, where the model names no move.
    Framing.ESTABLISHING: CameraMove.CRANE,
    Framing.WIDE: CameraMove.PAN,
    Framing.MEDIUM: CameraMove.PUSH,
    Framing.CLOSE: CameraMove.STATIC,
    Framing.DETAIL: CameraMove.PUSH,
    Framing.LOW: CameraMove.TILT,
}
_SENTENCE_TITLE = {Language.ZH: 8, Language.EN: 32}


def _other_styles(language: Language) -> re.Pattern[str]:
    words = {w for style in Style for w in (style.value, *style.words, *style.aliases)}
    words |= {"oil painting", "3d", "noir", "steampunk", "油画", "素描", "蒸汽朋克", "写真"}
    names = "|".join(sorted((re.escape(w) for w in words), key=len, reverse=True))
    if language is Language.ZH:
        return re.compile(rf"(?:以|采用|用)?(?:{names})(?:式|类)?(?:的)?(?:风格|画风)(?:的)?[，,。；;]?", re.IGNORECASE)
    return re.compile(
        rf"(?:\b(?:in|with)\s+)?(?:\b(?:a|an|the)\s+)?\b(?:{names})(?:[- ]style\b|\s+style\b)[,.;]?\s*", re.IGNORECASE
    )


@dataclass(slots=True)
class Reader:
    """Reads drafts for one story. `changed` collects what was trimmed or replaced, for the result's meta.

    `rules` are the words that the model was asked with: small models repeat these where they should write something.
    """

    language: Language
    style: str
    changed: list[str] = field(default_factory=list)
    rules: str = ""
    _moves: list[CameraMove] = field(default_factory=list)
    _named: tuple[re.Pattern[str], ...] = field(init=False)

    def __post_init__(self) -> None:
        self._named = (_other_styles(Language.ZH), _other_styles(Language.EN))

    def shot(self, value: Mapping[str, Any], number: int, beat: str = "") -> ShotDraft:
        """Shot `number` (from 1); `beat`, the story's own words for it, is told where the model tells nothing that can be said.

        Raises Malformed when it shows nothing.
        """
        where = f"shots[{number - 1}]"
        beat = clean(beat)
        narration = self._narration(self._text(value, "narration", where), number, beat)
        prompt = self._unstyled(self._text(value, "prompt", where))
        description = self._unstyled(self._text(value, "description", where))
        if not speaks(description, self.language):
            self.changed.append(f"shot {number}: its description was in another language")
            description = ""
        description = description or self._unstyled(narration) or (prompt if speaks(prompt, self.language) else "") or beat
        if not description:
            raise Malformed(f"{where}.description is empty")
        framing = Framing.recognise(_plain(value.get("framing"))) or Framing.MEDIUM
        camera = self._move(CameraMove.recognise(_plain(value.get("camera"))), framing)
        mood = Mood.recognise(_plain(value.get("voice"))) or Mood.CALM
        bed = _plain(value.get("bgm")).lower()
        transition = Transition.recognise(_plain(value.get("transition"))) or Transition.NONE
        return ShotDraft(
            title=self._title(value, where, number, narration or description),
            description=self._fit("description", self._styled(description), f"shot {number}"),
            narration=narration,
            prompt=self._fit("prompt", prompt or description, f"shot {number}"),
            camera=camera.word(self.language),
            framing=framing.value,
            transition=(Transition.NONE if number == 1 else transition).value,
            voice=mood.word(self.language),
            bgm=bed if bed in schema.BEDS else "calm",
            seconds=seconds(narration, value.get("seconds")),
        )

    def fitted(self, draft: ShotDraft, number: int) -> ShotDraft:
        """The draft with a narration that can be borne, should shots have been joined."""
        narration = self._fit("narration", draft.narration, f"shot {number}")
        return draft if narration == draft.narration else retimed(replace(draft, narration=narration))

    def entry(self, value: Mapping[str, Any], index: int) -> BibleEntry | None:
        """One entry of a bible; None when it says nothing. Raises Malformed."""
        where = f"bible[{index}]"
        kind = _plain(value.get("kind")).lower()
        name = trim(self._text(value, "name", where), _LIMITS["name"][self.language])
        look = self._fit("look", self._unstyled(self._text(value, "look", where)), name)
        look_en = self._english(self._text(value, "look_en", where), name) if self.language is not Language.EN else ""
        match kind:
            case _ if not name or not look:
                return None
            case "character":
                return BibleEntry("character", name, look, look_en)
            case "place":
                return BibleEntry("place", name, look, look_en)
            case _:
                return BibleEntry("prop", name, look, look_en)

    def bible(self, value: Mapping[str, Any]) -> tuple[BibleEntry, ...]:
        """The bible of an object that holds one. Raises Malformed."""
        found = value.get("bible")
        if not isinstance(found, list) or not all(isinstance(entry, Mapping) for entry in found):
            raise Malformed("bible must be a list of objects")
        entries = (self.entry(entry, i) for i, entry in enumerate(found[: schema.MOST_ENTRIES]))
        return once(entry for entry in entries if entry is not None)

    def _text(self, value: Mapping[str, Any], name: str, where: str) -> str:
        found = value.get(name, "")
        if found is None:
            return ""
        if not isinstance(found, str):
            raise Malformed(f"{where}.{name} must be a string, not {type(found).__name__}")
        text = clean(found)
        if len(text) >= _PARROTED and text.lower() in self.rules.lower():
            self.changed.append(f"{where}.{name} repeated the question")
            return ""
        return text

    def _narration(self, told: str, number: int, beat: str) -> str:
        if not told or not any(c.isalnum() for c in told):
            return self._fit("narration", beat, f"shot {number}")
        if not speaks(told, self.language):
            self.changed.append(f"shot {number}: its narration was in another language, the story's own words are told")
            told = beat
        return self._fit("narration", told, f"shot {number}")

    def _title(self, value: Mapping[str, Any], where: str, number: int, otherwise: str) -> str:
        title = self._unstyled(self._text(value, "title", where)).strip("。.，, ")
        if not any(c.isalpha() for c in title) or (self.language is Language.EN and not speaks(title, self.language)):
            title = trim(otherwise, _SENTENCE_TITLE[self.language]).strip("。.，, ")
        return self._fit("title", title, f"shot {number}")

    def _move(self, chosen: CameraMove | None, framing: Framing) -> CameraMove:
        """The model's move, but not the same one three times running: what suits the distance then."""
        move = chosen or _CAMERA[framing]
        if self._moves[-2:] == [move, move]:
            move = next(other for other in (_CAMERA[framing], CameraMove.PULL) if other is not move)
        self._moves.append(move)
        return move

    def _english(self, look: str, name: str) -> str:
        """A look in English; empty where what should be one is in another language."""
        plain = self._unstyled(look)
        if plain and not speaks(plain, Language.EN):
            self.changed.append(f"{name}: its look_en was in another language")
            return ""
        return trim(plain, _LIMITS["look"][Language.EN])

    def _styled(self, description: str) -> str:
        line = style_line(clean(self.style), self.language)
        if description.lower().startswith(line.lower()):
            return description
        return f"{line}。{description}" if self.language is Language.ZH else f"{line}. {description}"

    def _unstyled(self, text: str) -> str:
        for other in self._named:
            text = other.sub("", text)
        return " ".join(text.split()).strip(" ，,；;")

    def _fit(self, name: str, text: str, whose: str) -> str:
        short = trim(text, _LIMITS[name][self.language])
        if len(short) < len(text):
            self.changed.append(f"{whose}: {name} {len(text)} → {len(short)} characters")
        return short


def seconds(narration: str, wished: object = None) -> float:
    """How long a shot stands: what its narration needs, and a little longer where that was wished."""
    needed = pace.seconds(narration)
    if not isinstance(wished, (int, float)) or not 0 < wished < _LONGEST_WISH:
        return needed
    return round(min(max(float(wished), needed), needed + _LINGERS, pace.LONGEST), 1)


def retimed(draft: ShotDraft) -> ShotDraft:
    return replace(draft, seconds=seconds(draft.narration, draft.seconds))


def once(entries: Iterable[BibleEntry]) -> tuple[BibleEntry, ...]:
    """Each name once: the first look holds."""
    found: dict[str, BibleEntry] = {}
    for entry in entries:
        found.setdefault(entry.name.lower(), entry)
    return tuple(found.values())


def _plain(value: object) -> str:
    return clean(value) if isinstance(value, str) else ""
