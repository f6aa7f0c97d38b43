"""What a story says of a thing beside its name: how many, how large, of what colour."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.core.model import Language
from services.model_service.engines.storyboard.states import state

_EN_COLOURS = (
    "red|orange|yellow|golden|gold|green|blue|purple|violet|pink|white|silver|black|grey|gray|brown|crimson|scarlet|turquoise|ivory"
)
_ZH_COLOURS: Mapping[str, str] = {
    "红": "red",
    "橙": "orange",
    "黄": "yellow",
    "金": "golden",
    "绿": "green",
    "翠": "green",
    "蓝": "blue",
    "青": "blue",
    "紫": "purple",
    "粉": "pink",
    "白": "white",
    "银": "silver",
    "黑": "black",
    "灰": "grey",
    "棕": "brown",
    "褐": "brown",
}
_EN_SIZES = "tiny|little|small|big|large|huge|great|giant|old|broken|wooden"
_EN_COUNTS: Mapping[str, str] = {
    **{word: word for word in ("two", "three", "four", "five", "several", "many")},
    **dict.fromkeys(("six", "seven", "eight", "nine", "ten", "a dozen", "dozens of", "hundreds of"), "many"),
    **dict.fromkeys(("a few", "some"), "several"),
}
_EN_NUMBERS = "|".join(_EN_COUNTS)
_EN = re.compile(
    rf"(?:\b(?P<count>{_EN_NUMBERS})\s+)?"
    rf"(?P<words>(?:\b(?:{_EN_SIZES}|{_EN_COLOURS}|new|warm|bright|dark|pale)\b[\s,]+(?:and )?)*)$",
    re.IGNORECASE,
)
_ZH_NUMBERS: Mapping[str, str] = {
    **dict(zip("两三四五几", ("two", "three", "four", "five", "several"), strict=True)),
    **dict.fromkeys(("许多", "无数", "很多", "好多", "六", "七", "八", "九", "十", "成千上万"), "many"),
}
_ZH = re.compile(
    rf"(?:(?P<count>{'|'.join(_ZH_NUMBERS)})[个颗只朵枚盏把条支块棵座封本张架艘间扇面双根]?)?"
    rf"(?P<words>(?:[小大老旧新破]|(?:{'|'.join(_ZH_COLOURS)})色?的?)*)$"
)

_WORN = {
    Language.ZH: re.compile(r"[穿戴围披系背裹][着了上起好]?[^，。！？；、]{0,8}$"),
    Language.EN: re.compile(
        r"\b(?:wearing|wore|wears|dressed in|in|with|put on|had on|pulled on|wrapped in|shouldered)\s"
        r"(?:an? |the |his |her |their )?(?:[\w-]+ (?:and )?){0,3}$",
        re.IGNORECASE,
    ),
}


@dataclass(frozen=True, slots=True)
class Described:
    """The words beside a thing's name: English `count` ("three"), `colour` and `size`, and all of them `as_told`."""

    count: str = ""
    colour: str = ""
    size: str = ""
    as_told: str = ""
    worn: bool = False
    state: str = ""
    definite: bool = True

    def english(self, slug: str) -> str:
        """The thing by its tag, with what is said of it: three green eggs."""
        is_plural = slug.endswith("s")
        count = "" if is_plural and self.count == "several" else self.count
        things = slug if not count or is_plural else f"{slug}s"
        return " ".join(word for word in (count, self.state, self.size, self.colour, things) if word)

    def keeping(self, before: Described | None) -> Described:
        """The same with the colour that the thing was given `before`, where it is meant and not another one."""
        if before is None or self.colour or not self.definite or bool(self.count) != bool(before.count):
            return self
        return replace(self, colour=before.colour)


def described(text: str, start: int, end: int, language: Language) -> Described:
    """What stands right before the word at `start:end` and in it (小黄花)."""
    before, word = text[max(0, start - 40) : start], text[start:end]
    worn = bool(_WORN[language].search(before))
    if language is Language.EN:
        match = _EN.search(before)
        words = match["words"].replace(",", " ").split() if match else []
        told = [w.lower() for w in words if w.lower() != "and"]
        colours = [w for w in told if re.fullmatch(_EN_COLOURS, w)]
        sizes = [w for w in told if w in _SIZES_SHOWN]
        count = _EN_COUNTS.get((match["count"] or "").lower(), "") if match else ""
        if not count and word.endswith("s") and not word.endswith("ss") and word.lower() not in _SINGLE:
            count = "several"
        kept = [w for w in told if w in colours or re.fullmatch(_EN_SIZES, w)]
        return Described(
            count,
            colours[-1] if colours else "",
            sizes[0] if sizes else "",
            " and ".join(kept),
            worn,
            state(text, start, end, language),
            not _ANOTHER[language].search(before),
        )
    found = _ZH.search(before)
    words_zh = (found["words"] if found else "") + word
    colour = next((c for c in words_zh if c in _ZH_COLOURS), "")
    size = "little" if "小" in words_zh else ""
    told_zh = "、".join(t for t in (f"{colour}色" if colour else "", "小巧" if size else "") if t)
    count = _ZH_NUMBERS.get((found["count"] or "") if found else "", "")
    definite = not _ANOTHER[language].search(before)
    return Described(count, _ZH_COLOURS.get(colour, ""), size, told_zh, worn, state(text, start, end, language), definite)


def joined(told: Described | None, made: str, language: Language) -> str:
    """The look of a thing: what the story says of it, and `made` unless that is of another colour."""
    if told is None or not told.as_told:
        return made
    return told.as_told if told.colour else ("、" if language is Language.ZH else ", ").join((told.as_told, made))


_ANOTHER = {
    # What stands before a thing that has not been told of yet.
    Language.ZH: re.compile(r"(?:一|另一?|别的|新的?)[个颗只朵枚盏把条支块棵座封本张](?:[^，。的]{0,3})$"),
    Language.EN: re.compile(r"\b(?:an?|another|other|new)\s(?:\w+\s)?$", re.IGNORECASE),
}
_SINGLE = frozenset(
    {"stairs", "scissors", "glasses", "compass", "fireflies", "shoes", "boots", "cards", "rocks", "books", "headphones", "canvas"}
)
_SIZES_SHOWN = frozenset({"tiny", "little", "small", "huge", "giant"})
