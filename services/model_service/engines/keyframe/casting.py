"""Who is in a picture: the people and animals that a text names, dressed by the bible or by the words beside them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from services.core.model import BibleEntry
from services.model_service.engines.keyframe import lexicon
from services.model_service.engines.keyframe.aboard import deed_aboard
from services.model_service.engines.keyframe.lexicon import Found
from services.model_service.engines.keyframe.things import colour_beside
from services.model_service.engines.keyframe.words_creatures import CREATURES
from services.model_service.engines.keyframe.words_people import ACTIONS
from services.model_service.engines.keyframe.words_people import PEOPLE as PEOPLE_WORDS

PEOPLE = frozenset(PEOPLE_WORDS) - {"couple", "crowd"}
"""Figures drawn as one person each."""
PRONOUNS = frozenset(
    {
        "he",
        "him",
        "his",
        "she",
        "her",
        "他",
        "她",
        "they",
        "他们",
        "人们",
        "大家",
        "people",
        "person",
        "figure",
        "身影",
        "人影",
        "someone",
    }
)
"""Words that stand for somebody already named; they count only when nobody else is."""
MAX_FIGURES = 5
_PLAIN = frozenset({"man", "woman", "boy", "girl", "child", "traveller", "warrior", "old man", "old woman"})
"""What a storyboard calls people whose own word comes later in the same line."""
_KIN: Mapping[str, frozenset[str]] = {
    "man": frozenset(PEOPLE - _PLAIN - {"princess", "queen", "witch", "lady", "bride"}),
    "woman": frozenset(
        {"queen", "princess", "witch", "nurse", "doctor", "teacher", "lady", "bride", "angel", "fairy", "scientist", "artist"}
    ),
    "boy": frozenset({"prince", "student", "teenager"}),
    "girl": frozenset({"princess", "student", "teenager", "fairy"}),
    "child": frozenset({"boy", "girl", "student"}),
    "traveller": frozenset({"monk", "wizard", "hunter"}),
    "warrior": frozenset({"knight", "samurai", "swordsman", "general", "soldier", "ninja"}),
    "old man": frozenset({"sailor", "captain", "wizard", "king", "farmer", "worker", "monk"}),
    "old woman": frozenset({"witch"}),
}
_ANCIENT = re.compile(
    r"汉服|古代|古装|江湖|长安|皇宫|皇帝|书生|侠客|大侠|女侠|少侠|游侠|剑客|剑士|剑侠|秀才|将军|唐朝|宋朝|明朝|仙女|嫦娥|宫女|公子"
    r"|武林|发髻|镖局|掌门|hanfu|ancient china|wuxia|jianghu",
    re.IGNORECASE,
)
_OLD = re.compile(r"水墨|古庙|古寺|渡口|客栈|蓑衣|斗笠|武士|艄公|\bink(?: wash)? (?:style|painting)|\bink wash\b", re.IGNORECASE)
_MODERN = re.compile(
    r"骑士|日本武士|城市|汽车|手机|电脑|地铁|火车|飞机|公路|霓虹|机器人|宇航|警察|电话|医院|学校|西装|咖啡|海盗"
    r"|\b(?:knight|samurai|city|car|phone|computer|subway|train|plane|robot|astronaut|police|school|hospital|office|lighthouse|captain|pirate)\b",
    re.IGNORECASE,
)
_PLURALS = frozenset(
    {"children", "kids", "孩子们", "women", "men", "wolves", "puppies", "fishermen", "thieves", "elves", "fairies"}
)
_COUNT = re.compile(
    r"(?:(?P<two>\btwo|\b2|\bpair of|两|二|一对|俩)|(?P<three>\bthree|\b3|三)"
    r"|(?P<many>\bfour|\bfive|\bsix|\bmany|四|五|六|几|一群|许多))"
    r"\s*(?:[a-z]+\s+){0,2}[个位名只条头匹艘群]?[年小大轻的]*$",
    re.IGNORECASE,
)
_AGAIN = re.compile(r"^[^.,;，。；]{0,24}?(?:\banother |\ba second |\bthe other |另一[个名位]|一[个名位])$", re.IGNORECASE)
_HAIR = re.compile(r"^[\s-]*(?:(?:short|long|curly) )?(?:hair|haired|头发|长发|短发|卷发|发|[长短]?[胡须]|眉|beard)", re.IGNORECASE)
_EVERYONE = re.compile(r"\ball (?:the |of the )?$|\bmany $|所有的?$|全村的?$|一群$|成群的?$", re.IGNORECASE)
_FESTIVE = re.compile(r"\bdanc(?:e|es|ed|ing)\b|跳舞|起舞|舞蹈", re.IGNORECASE)
_YOUNG = frozenset({"child", "girl", "boy"})
_CLOTHES = re.compile(
    r"\b(?:coat|dress|jacket|raincoat|cloak|robe|sweater|shirt|tunic|gown)$|[衣裙袍衫]$|外套$|斗篷$", re.IGNORECASE
)
_LITTLE = re.compile(r"\b(?:small|little|tiny)\s(?:\w+\s)?$|小的?$", re.IGNORECASE)
_GIANT = re.compile(r"\b(?:huge|giant|enormous|gigantic|towering)\s(?:\w+\s)?$|巨大?的?$|庞大的$", re.IGNORECASE)
_GARMENTS: Mapping[str, re.Pattern[str]] = {
    "straw cape": re.compile("蓑衣|straw (?:rain)?c(?:ape|oat)"),
    "bamboo hat": re.compile("斗笠|竹笠|箬笠|bamboo hat|conical hat"),
    "cap": re.compile(r"\bcap\b|小帽|鸭舌帽|帽子"),
    "scarf": re.compile(r"\bscarf\b|围巾"),
    "coat": re.compile(r"\bcoat\b|大衣|外套|风衣|斗篷|披风"),
    "long coat": re.compile(r"\blong (?:\w+ )?coat\b|长大衣|长外套"),
    "apron": re.compile(r"\bapron\b|围裙"),
    "shawl": re.compile(r"\bshawl\b|披肩"),
}
"""What a look may put on over the costume, by what it is called there."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Somebody or something in the picture. Colours are codes such as `#b8332f`, empty where the text says none.

    `name` is what the bible calls it (empty: nobody in particular), `ordinal` counts others of the same kind and name.
    `wears` are garments over the costume, `deed` is what the figure does whatever the scene's action: in a boat, in a ring,
    or sitting while others walk. `stature` is its height against others of its kind; `shut` eyes are closed, or lamps gone out.
    """

    tag: str
    outer: str = ""
    accent: str = ""
    hair: str = ""
    name: str = ""
    ordinal: int = 0
    wears: tuple[str, ...] = ()
    deed: str = ""
    stature: float = 1.0
    shut: bool = False


def is_ancient(text: str) -> bool:
    """Whether it plays in old China, where people wear what was worn there."""
    return _ANCIENT.search(text) is not None or (_OLD.search(text) is not None and _MODERN.search(text) is None)


def deed(text: str, unwanted: set[tuple[str, str]]) -> str:
    """The most telling of the actions that the text names, or nothing."""
    named = {f.tag for f in lexicon.find(text) if f.group == "action" and ("action", f.tag) not in unwanted}
    return next((tag for tag in ACTIONS if tag in named), "")


def figures_of(
    lead: str, rest: str, bible: Sequence[BibleEntry], unwanted: set[tuple[str, str]], *, story: str = ""
) -> tuple[Figure, ...]:
    """The figures of the leading line, or else of the lines after it; `story` tells what they do in a boat or in a ring."""
    cast = _cast(lead, unwanted) or _cast(rest, unwanted)
    told = f"{lead}\n{rest}"
    named = [entry for entry in bible if entry.kind == "character" and entry.name and entry.name.lower() in told.lower()]
    if not cast or (named and all(tag in {"man", "woman", "crowd"} for tag in cast)):
        of_names = [tag for entry in named for tag in _cast(f"{entry.name}, {entry.look}", unwanted)[:1] or ["man"]]
        cast = of_names or cast
    young = next((tag for tag in cast if tag in _YOUNG and cast.count(tag) > 1), "")
    if young and _FESTIVE.search(f"{told}\n{story}"):  # a ring of dancers
        cast = [*cast, *[young] * (MAX_FIGURES - len(cast))]
    own_deed = deed_aboard(lead, f"{rest}\n{story}", cast) or ("dancing" if young and _FESTIVE.search(f"{told}\n{story}") else "")
    free = [*named, *(entry for entry in bible if entry.kind == "character" and entry not in named)]
    figures: list[Figure] = []
    for tag in cast[:MAX_FIGURES]:
        own = next((entry for entry in free if _fits(tag, entry)), None)
        if own is not None and _cast(own.name, set()).count(tag) < 2:  # one entry may dress a pair
            free.remove(own)
        if own is None and tag in CREATURES:
            figures.append(Figure(tag, outer=_coat(tag, told)))
            continue
        figure = _dressed(tag, own.look if own else _around(tag, told))
        if own is not None:
            figure = replace(figure, name=own.name, hair=_dressed(tag, own.name).hair or figure.hair)
        figure = replace(figure, deed=own_deed if tag in PEOPLE else "")
        if tag == "robot":
            figure = replace(figure, stature=_stature(f"{told}\n{own.name if own else ''} {own.look if own else ''}", cast))
        alike = sum(other.tag == tag and other.name == figure.name for other in figures)
        figures.append(replace(figure, ordinal=alike))
    return tuple(figures)


def _stature(told: str, cast: Sequence[str]) -> float:
    """How tall a robot is against others: as its words say; a child's companion is small."""
    before = [told[max(0, found.start - 16) : found.start] for found in lexicon.find(told) if found.tag == "robot"]
    if any(_GIANT.search(words) for words in before):
        return 1.9
    return 0.64 if any(_LITTLE.search(words) for words in before) or any(tag in _YOUNG for tag in cast) else 1.0


def _fits(tag: str, entry: BibleEntry) -> bool:
    """Whether the entry is of this kind of figure, or of a plainer word for it."""
    tags = _cast(f"{entry.name}, {entry.look}", set())
    return tag in tags or any(tag in _KIN.get(other, ()) or other in _KIN.get(tag, ()) for other in tags)


def _cast(text: str, unwanted: set[tuple[str, str]]) -> list[str]:
    """One tag a figure: counts are spelled out, people named only by a pronoun give way to those that are named."""
    counts: dict[str, int] = {}
    pronouns: dict[str, int] = {}
    alone: set[tuple[str, bool]] = set()
    listed: set[tuple[str, bool]] = set()
    seen: dict[str, int] = {}
    for found in lexicon.find(text):
        if found.group != "figure" or ("figure", found.tag) in unwanted:
            continue
        spelling = text[found.start : found.end].lower()
        into = pronouns if spelling in PRONOUNS else counts
        count = _count(text, found)
        if found.tag in seen and _AGAIN.search(text[seen[found.tag] : found.start] or "") is not None:
            count = into.get(found.tag, 0) + 1
        elif spelling == found.tag and found.tag in seen and re.search(r"\ba $", text[max(0, found.start - 3) : found.start]):
            count = into.get(found.tag, 0) + 1  # "a warrior fighting a warrior"
        into[found.tag] = min(max(into.get(found.tag, 0), count), MAX_FIGURES)
        seen[found.tag] = found.end
        if _stands_alone(text, found):
            (alone if found.tag in _PLAIN else listed).add((found.tag, spelling.isascii()))
    if not any(tag in PEOPLE or tag in {"crowd", "couple"} for tag in counts) and not counts:
        counts = dict(list(pronouns.items())[:1])
    counts = _refined(counts, alone, listed)
    tags: list[str] = []
    for tag, count in counts.items():
        tags += ["man", "woman"] if tag == "couple" else [tag] * count
    return tags


def _refined(counts: Mapping[str, int], alone: set[tuple[str, bool]], listed: set[tuple[str, bool]]) -> dict[str, int]:
    """A plain word that stands alone in the line gives way to the proper word for the same person.

    Two words of one language that stand alone in one list are two people.
    """
    kept = dict(counts)
    for plain, latin in sorted(alone):
        proper = next((tag for tag in counts if tag in _KIN.get(plain, ()) and (tag, latin) not in listed), None)
        if proper is not None and plain in kept:
            kept[proper] = max(kept[proper], kept[plain])
            order = list(kept)
            order[order.index(plain)], kept = proper, {k: v for k, v in kept.items() if k != plain}
            kept = {tag: kept[tag] for tag in dict.fromkeys(order)}
    return kept


def _stands_alone(text: str, found: Found) -> bool:
    """Whether the word is a whole part between commas, as in a storyboard's list."""
    before, after = text[: found.start].rstrip(), text[found.end :].lstrip()
    return (not before or before[-1] in ",，\n") and (not after or after[0] in ",，\n")


def _count(text: str, found: Found) -> int:
    before = _COUNT.search(text[max(0, found.start - 24) : found.start])
    if _EVERYONE.search(text[max(0, found.start - 24) : found.start]):
        return MAX_FIGURES
    if before is None:
        return 2 if text[found.start : found.end].lower() in _PLURALS else 1
    if before["two"] or before["three"]:
        return 2 if before["two"] else 3
    return 5 if before["many"].lower() in {"five", "six", "五", "六"} else 4


def _coat(tag: str, text: str) -> str:
    """The colour right beside the animal's word, so that it does not borrow somebody's coat."""
    beside = (colour_beside(text, found.start, found.end) for found in lexicon.find(text) if found.tag == tag)
    return next((colour for colour in beside if colour), "")


def _around(tag: str, text: str) -> str:
    """The words about the figure: the sentence part that names it."""
    parts = re.split(r"[,.;，。；、\n]", text)
    for number, part in enumerate(parts):
        if any(found.tag == tag for found in lexicon.find(part)):
            return ", ".join([part, *filter(_is_garment, takewhile(_is_no_figure, parts[number + 1 :]))])
    return ""


def _is_garment(part: str) -> bool:
    """Whether a part of a list only says what somebody wears: "yellow coat"."""
    return _CLOTHES.search(part) is not None


def _is_no_figure(part: str) -> bool:
    return not any(found.group == "figure" for found in lexicon.find(part))


def _dressed(tag: str, look: str) -> Figure:
    """A figure with the colours of its look: of hair where hair follows, else of the outer garment (or fur), then an accent."""
    figure = Figure(tag, wears=tuple(name for name, words in _GARMENTS.items() if words.search(look)))
    for found in lexicon.find_colours(look):
        if _HAIR.match(look[found.end : found.end + 16]):
            figure = replace(figure, hair=figure.hair or found.tag)
        elif not figure.outer:
            figure = replace(figure, outer=found.tag)
        elif not figure.accent and found.tag != figure.outer:
            figure = replace(figure, accent=found.tag)
    return figure
