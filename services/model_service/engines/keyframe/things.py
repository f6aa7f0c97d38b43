"""The things that a text names, in order, each with its colour, how many there are, and whether somebody wears it."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from services.core.model import BibleEntry
from services.model_service.engines.keyframe import lexicon
from services.model_service.engines.keyframe.lexicon import Found
from services.model_service.engines.keyframe.words_people import PEOPLE
from services.model_service.engines.keyframe.words_settings import FAMILIES

MOST_ALIKE = 5
_FEW = 3
"""Up to so many flowers are drawn one by one; more are a bed of them."""
_BETWEEN = re.compile(
    r"(?:[\s-]*(?:old|little|small|big|large|tiny|young|paper|wooden|leather|and\s+[a-z]+)?)*\s*|色?的?[小大老旧]*"
)
_GARMENTS = frozenset(
    {
        *("scarf", "hat", "straw hat", "glasses", "backpack", "bag", "shoes", "ribbon", "crown", "mask", "helmet", "stethoscope"),
        *("headphones", "dress", "medal", "ring", "feather"),
    }
)
_HANDLED = re.compile(
    r"(?:\b(?:f(?:ou|i)nds?|picks? up|picked up|lost|loses?|gives?|gave|saw|sees|left|dropped|drops|holds?|held|holding|hands?"
    r"|handed|lay|lies|lying|box of|pulled out|takes?|took"
    r"|carr(?:y|ies|ied)|knits?|knitted|buys?|bought|catch(?:es)?|caught|opens?|opened"
    r"|hung|hangs?|flew|blew)\b"
    r"|捡起|拾起|发现|找到|拿着|拿出|拿起|抓住|抓着|看见|看到|递给|送给|掉了|丢了|留下|一[顶条只个双]|地上的?|落在|握着|解下|摘下|摘掉)"
    r"[^,.;，。；、\n]{0,24}$",
    re.IGNORECASE,
)
_BLOWN = re.compile(
    r"^[^,.;，。；\n]{0,6}?(?:\b(?:flew|flies|blew|blows|lay|lies|fell|falls)\b|飞走|被风吹|掉在|落在|的另一头)", re.IGNORECASE
)
_LAID = re.compile(
    r"(?:桌上|桌子上|窗台上?|地上|墙角|树下|架上|床上|石头上)[^，。！？,!?\n]{0,8}$"
    r"|\b(?:on|upon|under) the (?:\w+ )?(?:table|sill|windowsill|window|ground|floor|shelf|bed|grass|desk)\b[^.!?\n]{0,16}$",
    re.IGNORECASE,
)
_GROWS = re.compile(
    r"^[^。.,，\n里中内上]{0,3}?(?:开着|开得|放着|躺着|摆着|立着)|^ (?:lay|lies|stood|stands|grew|grows|bloom\w*)\b", re.IGNORECASE
)
_PUT_DOWN = re.compile(
    r"^[^，。,.；\n]{0,4}?放[在到回]了?(?:[草雪沙]?地|桌|石头|床|窗台|架|路边|门口)"
    r"|^ (?:down )?(?:on|upon) the (?:\w+ )?(?:ground|floor|grass|snow|sand|table|sill|windowsill|shelf|rock|stone)\b",
    re.IGNORECASE,
)
_COUNTS: Mapping[str, int] = {
    "two": 2,
    "2": 2,
    "pair of": 2,
    "两": 2,
    "二": 2,
    "双": 2,
    "three": 3,
    "3": 3,
    "三": 3,
    "four": 4,
    "4": 4,
    "四": 4,
    "five": 5,
    "5": 5,
    "五": 5,
    "a few": 3,
    "several": 4,
    "some": 3,
    "many": 5,
    "几": 4,
    "许多": 5,
    "一堆": 4,
    "一排": 5,
}
_COUNTED = re.compile(
    rf"(?:\b({'|'.join(w for w in _COUNTS if w.isascii())})\s+"
    r"(?:(?!(?:and|with|of|in|on|at|by|to|for|from|under|the|an?|his|her|their|who|whose)\b)[a-z-]+\s+){0,3}"
    rf"|({'|'.join(w for w in _COUNTS if not w.isascii())})[个颗只朵枚盏把条支块棵座封本张杯瓶面根串]?"
    r"[大小又红黄蓝绿白黑金银青紫粉灰彩色的旧老新圆长亮发光破木铜铁玉纸石圣神奇怪美丽巨]{0,7})$",
    re.IGNORECASE,
)
_ONE_IN_A_PAIR = frozenset({"glasses", "headphones", "scissors"})
"""Things that are one though they come in pairs."""
_FINER: Mapping[str, frozenset[str]] = {
    "flower": frozenset({"little flower", "single rose", "sunflower", "tulip", "lotus", "bouquet"}),
    "tree": frozenset({"christmas tree", "palm tree"}),
    "lantern": frozenset({"paper lantern", "oil lamp", "desk lamp", "candle", "light bulb", "pumpkin lantern"}),
    "egg": frozenset({"dragon egg"}),
    "clock": frozenset({"pocket watch", "alarm clock"}),
    "box": frozenset({"treasure chest", "gift box", "cardboard box"}),
    "wheel": frozenset({"ship's wheel", "ferris wheel"}),
    "bell": frozenset({"wind chime"}),
    "teapot": frozenset({"cup"}),
    "hat": frozenset({"straw hat"}),
}
"""A plain word gives way to a finer one for the same thing."""
_AFLOAT = frozenset({"ship's deck"})
_BETWEEN_WALLS = frozenset(
    {"street", "old street", "city", "rooftops", "room", "desert", "ruins", "cave", "ship's deck", "battlefield", "snow peaks"}
) | {place for place, wider in FAMILIES.items() if wider == "room"}
_LIGHTS = frozenset(
    {"lantern", "paper lantern", "candle", "torch", "oil lamp", "campfire", "desk lamp", "light bulb", "fallen star"}
)
"""Lights keep the colour of their flame unless the line itself gives them another."""
_NO_COLOUR = frozenset({"dark"})


@dataclass(frozen=True, slots=True)
class Thing:
    """A prop, its colour as a code such as `#b8332f` (empty where the text names none beside it), and how many there are.

    `worn` things are on the first person of the text; one that `lies` is told to be on a table, on the ground or in its bed.
    """

    tag: str
    colour: str = ""
    count: int = 1
    worn: bool = False
    lies: bool = False


def named_things(
    text: str,
    unwanted: set[tuple[str, str]],
    *,
    bible: Sequence[BibleEntry] = (),
    places: Collection[str] = (),
    people: Sequence[str] = (),
    story: str = "",
) -> tuple[Thing, ...]:
    """The props of the text in order of mention, once each, in the colour that the bible gives them where the text gives none.

    `people` are the tags of whoever is in the picture; what another than the first of them wears is left out.
    """
    things: dict[str, Thing] = {}
    for found in lexicon.find(text):
        if found.group != "prop" or ("prop", found.tag) in unwanted:
            continue
        worn = bool(people) and found.tag in _GARMENTS and not _is_loose(text, found)
        if worn and _wearer(text, found) not in (people[0], ""):
            continue
        tag = _here(found.tag, places)
        known = things.get(tag, Thing(tag, worn=worn))
        colour = known.colour or colour_beside(text, found.start, found.end)
        count = max(known.count, 1 if tag in _ONE_IN_A_PAIR else _count(text, found.start))
        if tag == "flower" and 1 < count <= _FEW:
            tag = "little flower"
        things[tag] = Thing(tag, colour, count, worn and known.worn)
    kept = [thing for thing in things.values() if not _FINER.get(thing.tag, frozenset()) & things.keys()]
    told = f"{text}\n{story}"
    return tuple(
        replace(thing, colour=thing.colour or _kept_colour(thing.tag, bible), lies=_lies(thing.tag, told, places)) for thing in kept
    )


def _lies(tag: str, told: str, places: Collection[str]) -> bool:
    """Whether some mention of the thing says where it stands or that it grows."""
    for found in lexicon.find(told):
        if found.group == "prop" and _here(found.tag, places) == tag:
            before, after = told[max(0, found.start - 30) : found.start], told[found.end : found.end + 30]
            if _LAID.search(before) or _GROWS.match(after) or _PUT_DOWN.match(after):
                return True
    return False


def _here(tag: str, places: Collection[str]) -> str:
    """What a thing is in these places: on a ship the wheel steers it, and a flower between walls is a little one by itself."""
    if tag == "wheel" and _AFLOAT & set(places):
        return "ship's wheel"
    return "little flower" if tag == "flower" and _BETWEEN_WALLS & set(places) else tag


def colour_beside(text: str, start: int, end: int) -> str:
    """The colour of the word at `start` to `end`: named in it (红伞) or right before it (a little red umbrella)."""
    within = next((found.tag for found in lexicon.find_colours(text[start:end])), "")
    if within:
        return within
    before = text[max(0, start - 32) : start]
    for found in reversed(list(lexicon.find_colours(before))):
        if _BETWEEN.fullmatch(before[found.end :]):
            return found.tag
    return ""


def _is_loose(text: str, found: Found) -> bool:
    """Whether a garment is a thing by itself: found, held or dropped by somebody, or a whole part of a list."""
    before, after = text[: found.start], text[found.end :]
    bare = (re.split(r"[,，\n]", before)[-1].strip(), re.split(r"[,，\n]", after)[0].strip())
    return not any(bare) or bool(_HANDLED.search(before)) or bool(_BLOWN.match(after))


def _wearer(text: str, found: Found) -> str:
    """The tag of the person in the same part of the text, else of the last one before it."""
    start = max(text.rfind(mark, 0, found.start) for mark in ",，\n.。;；") + 1
    ends = [at for mark in ",，\n.。;；" if (at := text.find(mark, found.end)) >= 0]
    people = [f for f in lexicon.find(text) if f.group == "figure" and f.tag in PEOPLE]
    part = [f for f in people if start <= f.start < min(ends, default=len(text))]
    before = [f for f in people if f.end <= found.start]
    return (part or before[-1:] or [Found("", "", 0, 0)])[0].tag


def _count(text: str, start: int) -> int:
    """How many the words right before `start` say."""
    match = _COUNTED.search(text[max(0, start - 32) : start])
    return min(_COUNTS[(match.group(1) or match.group(2)).lower()], MOST_ALIKE) if match else 1


def _kept_colour(tag: str, bible: Sequence[BibleEntry]) -> str:
    """The colour that a thing keeps through the film."""
    for entry in bible:
        if entry.kind == "prop" and tag not in _LIGHTS and any(found.tag == tag for found in lexicon.find(entry.name)):
            told = f"{entry.name}, {entry.look}"
            colours = (f.tag for f in lexicon.find_colours(told) if told[f.start : f.end].lower() not in _NO_COLOUR)
            return next(colours, "")
    return ""
