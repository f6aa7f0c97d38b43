"""How a shot begins after the one before it: mostly a cut; something else where the story leaps in time, place or mind."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.core.model import Language
from services.core.vocabulary import Mood, Style, Transition
from services.model_service.engines.storyboard.reading import Scene

_DAY = ("dawn", "morning", "day", "dusk", "night")
_PLAIN = (Transition.NONE, Transition.DISSOLVE)
_SPECIAL_SHARE = 3
"""At most one shot in so many begins with something that is neither a cut nor a dissolve."""

_GAP = {
    Language.ZH: re.compile(
        r"第[二三四五六七八九十\d]+天|[次翌]日|[几数多许]+[天日月年]+以?[后来]|许多年|后来|从那以后|一年|冬去春来|来年"
    ),
    Language.EN: re.compile(
        r"\b(?:next|following|second|third|\w+th) (?:day|morning|evening|night|year|spring|summer|autumn|winter)\b|"
        r"\b(?:days?|weeks?|months?|years?) (?:later|passed|went by)\b|\bfor \w+ (?:days|weeks|months|years)\b|"
        r"^(?:by|in|when) (?:spring|summer|autumn|winter)\b|^(?:spring|summer|autumn|winter) came\b",
        re.IGNORECASE,
    ),
}
_HOURS = {
    Language.ZH: re.compile(r"[几数一二两三四五六]个?(?:多?小时|钟头|时辰)(?:以?后|过去)|过了很久|不知过了多久"),
    Language.EN: re.compile(
        r"\b(?:an hour|hours?|a long time|a long while) (?:later|passed|went by)\b|\bhours passed\b", re.IGNORECASE
    ),
}
_MEMORY = {
    Language.ZH: re.compile(r"梦见|梦里|梦中|想起了?|回忆|记得|那一?年|小时候|当年"),
    Language.EN: re.compile(
        r"\b(?:dream(?:s|ed|t|ing)?|remember(?:s|ed|ing)?|memory|memories|long ago|years ago)\b", re.IGNORECASE
    ),
}
_FLASH = {
    Language.ZH: re.compile(r"闪电|一道.{0,3}光|爆炸|刺眼|白光|光芒"),
    Language.EN: re.compile(r"\b(?:lightning|flash(?:ed)?|explo\w+|blinding|dazzl\w+|burst of light)\b", re.IGNORECASE),
}
_DAZED = {
    Language.ZH: re.compile(r"昏[倒迷睡]|晕|失去知觉|迷迷糊糊|心想|暗想|胡思乱想|出神|闭上(?:了)?眼睛|睡着"),
    Language.EN: re.compile(
        r"\b(?:faint(?:ed|s)?|dizzy|unconscious|half asleep|fell asleep|thought to|wondered|closed (?:his|her) eyes)\b",
        re.IGNORECASE,
    ),
}
_MOVES: Mapping[Style, tuple[Transition, ...]] = {
    # To another place, in the manner of each style.
    Style.CARTOON: (Transition.SLIDE, Transition.WIPE, Transition.COVER),
    Style.STORYBOOK: (Transition.COVER, Transition.DISSOLVE),
    Style.WATERCOLOR: (Transition.DISSOLVE, Transition.COVER),
    Style.INK: (Transition.DISSOLVE, Transition.WIPE),
    Style.ANIME: (Transition.SLIDE, Transition.DISSOLVE, Transition.WIPE),
    Style.PIXEL: (Transition.PIXELATE, Transition.SLIDE),
    Style.CYBERPUNK: (Transition.PIXELATE, Transition.ZOOM, Transition.DISSOLVE),
}
_ENDS_IN_IRIS = (Style.CARTOON, Style.STORYBOOK)
_LIVELY = ("running", "flying", "fighting", "stumbling")


@dataclass(frozen=True, slots=True)
class Told:
    """What a shot tells, as far as its transition depends on it; `spoken` when somebody says it."""

    text: str
    scene: Scene
    mood: Mood
    actions: Sequence[str]
    spoken: bool


class Joiner:
    """Decides for one film's shots, in order; it remembers how often it has done something special."""

    def __init__(self, language: Language, style: str) -> None:
        self._language = language
        self._style = Style.recognise(style) or Style.MOVIE
        self._special = 0
        self._moves = 0
        self._before = Transition.NONE
        self._worn = 0

    def join(self, number: int, before: Scene, told: Told, *, last: bool) -> Transition:
        """How shot `number` (from 0; not the first) begins, after one that played `before`."""
        wanted = self._wanted(before, told, last=last)
        if wanted not in _PLAIN:
            is_spent = self._special * _SPECIAL_SHARE >= number
            if is_spent or self._before not in _PLAIN:
                wanted = Transition.DISSOLVE if self._before is Transition.NONE and not is_spent else Transition.NONE
        elif wanted is Transition.DISSOLVE and (self._before is not Transition.NONE or self._worn * 3 > number):
            wanted = Transition.NONE
        self._special += wanted not in _PLAIN
        self._worn += wanted is Transition.DISSOLVE
        self._before = wanted
        return wanted

    def _wanted(self, before: Scene, told: Told, *, last: bool) -> Transition:
        language, text, after = self._language, told.text, told.scene
        if last and self._style in _ENDS_IN_IRIS:
            return Transition.IRIS
        if _HOURS[language].search(text):
            return Transition.CLOCK
        if _GAP[language].search(text) or _is_another_day(before, after):
            return Transition.FADE
        if _MEMORY[language].search(text) and not told.spoken:
            return Transition.WHITE
        if _DAZED[language].search(text):
            return Transition.BLUR
        if _FLASH[language].search(text) and told.mood in (Mood.TENSE, Mood.EPIC):
            return Transition.WHITE
        if before.place and after.place and before.place is not after.place:
            return self._move(told.mood, told.actions)
        if before.weather != after.weather or before.time is not after.time:
            return Transition.DISSOLVE
        return Transition.NONE

    def _move(self, mood: Mood, actions: Sequence[str]) -> Transition:
        """Into another place: fast where something fast happens, in turn as the style has it otherwise."""
        self._moves += 1
        if mood in (Mood.TENSE, Mood.EPIC) and any(action in _LIVELY for action in actions):
            return (Transition.ZOOM, Transition.WIPE, Transition.SLIDE)[self._moves % 3]
        choices = _MOVES.get(self._style, (Transition.DISSOLVE,))
        return choices[(self._moves - 1) % len(choices)]


def _is_another_day(before: Scene, after: Scene) -> bool:
    """Whether so much of the day has gone by, or a night, that something is left out."""
    old, new = before.time, after.time
    if old is None or new is None or old is new:
        return False
    gone = (_DAY.index(new.slug) - _DAY.index(old.slug)) % len(_DAY)
    return gone >= 2 or new.slug in ("dawn", "morning")
