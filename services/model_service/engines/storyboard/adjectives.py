"""What a story says of a thing beside its name: how many, how large, of what colour."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.core.model import Language

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
_EN_NUMBERS = "two|three|four|five|several|many"
_EN = re.compile(
    rf"(?:\b(?P<count>{_EN_NUMBERS})\s+)?"
    rf"(?P<words>(?:\b(?:{_EN_SIZES}|{_EN_COLOURS}|new|warm|bright|dark|pale)\b[\s,]+(?:and )?)*)$",
    re.IGNORECASE,
)
_ZH_NUMBERS: Mapping[str, str] = {"两": "two", "三": "three", "四": "four", "五": "five", "几": "several", "许多": "many"}
_ZH = re.compile(
    rf"(?:(?P<count>{'|'.join(_ZH_NUMBERS)})[个颗只朵枚盏把条支块棵座封本张])?"
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

    def english(self, slug: str) -> str:
        """The thing by its tag, with what is said of it: three green eggs."""
        several = slug if not self.count or slug.endswith("s") else f"{slug}s"
        return " ".join(word for word in (self.count, self.size, self.colour, several) if word)


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
        count = (match["count"] or "").lower() if match else ""
        kept = [w for w in told if w in colours or re.fullmatch(_EN_SIZES, w)]
        return Described(count, colours[-1] if colours else "", sizes[0] if sizes else "", " and ".join(kept), worn)
    found = _ZH.search(before)
    words_zh = (found["words"] if found else "") + word
    colour = next((c for c in words_zh if c in _ZH_COLOURS), "")
    size = "little" if "小" in words_zh else ""
    told_zh = "、".join(t for t in (f"{colour}色" if colour else "", "小巧" if size else "") if t)
    return Described(_ZH_NUMBERS.get((found["count"] or "") if found else "", ""), _ZH_COLOURS.get(colour, ""), size, told_zh, worn)


def joined(told: Described | None, made: str, language: Language) -> str:
    """The look of a thing: what the story says of it, and `made` unless that is of another colour."""
    if told is None or not told.as_told:
        return made
    return told.as_told if told.colour else ("、" if language is Language.ZH else ", ").join((told.as_told, made))


_SIZES_SHOWN = frozenset({"tiny", "little", "small", "huge", "giant"})
