"""What the people and things of a text have to do with each other: who carries or rides whom, whose blade lies on whose shoulder,
who sits while others walk, whose eyes are shut, and what is open.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from services.model_service.engines.keyframe import lexicon
from services.model_service.engines.keyframe.aboard import OVERBOARD
from services.model_service.engines.keyframe.casting import PEOPLE, PRONOUNS, Figure
from services.model_service.engines.keyframe.mounts import MOUNTS


class Tie(Enum):
    """How two figures are joined."""

    ARMS = "the first carries the others in the arms"
    BACK = "the first carries the others on the back"
    MOUNT = "the others ride on the first"
    BLADE = "the first lays a blade on the others' shoulder"


@dataclass(frozen=True, slots=True)
class Bond:
    """Figures that are drawn as one, by their numbers in the scene."""

    tie: Tie
    by: int
    others: tuple[int, ...]


_IN_ARMS = re.compile(
    r"\b(?:carr(?:y|ies|ied|ying)|pick(?:s|ed|ing)? up|lift(?:s|ed|ing)?|scoop(?:s|ed|ing)?(?: up)?|cradl(?:e|es|ed|ing))\b"
    r"|抱起|抱回|抱着(?=[^，。；]{0,8}(?:走|跑|回|进|出|来|机器人|小狗|小猫|狐|兔))|托起|捧起",
    re.IGNORECASE,
)
_PILLION = re.compile(
    r"\b(?:carr(?:y|ies|ied|ying)|takes?|took)\b(?=[^.,;]{0,40}\bon (?:his|her|its|their) (?:back|shoulders)\b)|\bpiggyback"
    r"|背起|背着|背上了|驮着|驮起|扛着",
    re.IGNORECASE,
)
_RIDING = re.compile(
    r"\b(?:rid(?:e|es|ing)|rode|astride|mount(?:s|ed))\b"
    r"|\b(?:sit|sits|sat|sitting|flies|flew|flying|climb(?:s|ed)?)(?: up)? (?:on|onto) (?:the |a |its |her |his |their )?"
    r"(?:\w+['’]s )?(?:\w+ )?back\b|骑|坐在[^，。；]{0,8}[背肩]上|[爬跳]上[^，。；]{0,6}背",
    re.IGNORECASE,
)
_BLADE_LAID = re.compile(
    r"(?:\b(?:sword|blade|katana|sabre|saber)\b|剑|刀)[^.;。；\n]{0,14}?(?:\b(?:rest|stop|lay|lie|touch|paus|halt|settl|com|press)\w*\b"
    r"|停|架|搁|落|压|抵|指)[^.;,。；，\n]{0,26}?(?:\b(?:shoulder|neck|throat)\b|[肩颈脖喉])",
    re.IGNORECASE,
)
_EYES_SHUT = re.compile(
    r"\b(?:eyes?|eye[- ]?lights?|lamps? of (?:its|his|her) eyes)\b[^.;,\n]{0,24}?\b(?:went|go|goes|grow|grew|fad\w+|dimm?\w*|died?"
    r"|dying|shut|closed?|closing)\b(?:[^.;,\n]{0,10}?\b(?:out|dark|dim)\b)?|\b(?:clos|shut)\w*\b (?:his|her|its|their) eyes\b"
    r"|眼[睛灯眸]?[^，。；\n]{0,8}?(?:熄|灭|黯|暗了|暗下|闭)|[闭合]上了?[双两]?眼",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"\bopen(?:s|ed|ing)?\b|\bswung wide\b|\bunlock(?:s|ed|ing)?\b|打开|推开|拉开|敞开|大开|开了|掀开|揭开", re.IGNORECASE
)
_CAN_OPEN = frozenset({"door", "box", "treasure chest", "gift box"})
_SEATS: Mapping[str, re.Pattern[str]] = {
    "steps": re.compile(r"\b(?:steps|stairs|staircase|doorstep|stoop)\b|台阶|石阶|楼梯|阶上|门槛", re.IGNORECASE),
    "bench": re.compile(r"\bbench\b|长椅|长凳", re.IGNORECASE),
}
_POSTURES: Mapping[str, re.Pattern[str]] = {
    "sitting": re.compile(r"\b(?:sit|sits|sat|sitting|seated)\b|坐"),
    "kneeling": re.compile(r"\b(?:kneel\w*|knelt|crouch\w*|squat\w*)\b|跪|蹲"),
    "sleeping": re.compile(
        r"(?<!not )(?<!n't )(?<!n’t )\b(?:asleep|sleep|sleeps|sleeping|slept|lying down)\b|(?<!不)(?<!没)(?:睡着|沉睡|熟睡)|躺"
    ),
}
POSTURES = frozenset(_POSTURES)
"""What one figure may do while others do something else."""
_OVER_A_BRIDGE = re.compile(
    r"\b(?:on|over|across|onto|cross(?:es|ed|ing)?) (?:the |an? |that |this )?(?:\w+ ){0,2}bridge\b"
    r"|(?:走过|跑过|穿过|经过|过了|走上|踏上|站在|坐在)[^，。；\n]{0,6}桥|桥[上头](?!的)",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,.;:!?，。；：！？\n]")
_REACH = 26


def bonds_of(lead: str, story: str, figures: Sequence[Figure]) -> tuple[Bond, ...]:
    """Who is joined to whom, by the line and what is told of it; nobody is part of two bonds."""
    ridden = _mounted(f"{lead}\n{story}", figures)
    if ridden is not None:
        return (ridden,)
    found: list[Bond] = []
    for tie, words in ((Tie.BACK, _PILLION), (Tie.ARMS, _IN_ARMS), (Tie.BLADE, _BLADE_LAID)):
        pair = _pair(story, words, figures, blade=tie is Tie.BLADE) or _pair(lead, words, figures, blade=tie is Tie.BLADE)
        if pair is None or any({pair[0], pair[1]} & {bond.by, *bond.others} for bond in found):
            continue
        by, whom = pair
        if tie is Tie.BACK and figures[by].tag in MOUNTS:
            return (Bond(Tie.MOUNT, by, _riders(figures, by)),)
        if figures[by].tag in PEOPLE and _can_be(tie, figures[whom]):
            found.append(Bond(tie, by, (whom,)))
    return tuple(found)


def _can_be(tie: Tie, figure: Figure) -> bool:
    return figure.tag in PEOPLE if tie is not Tie.ARMS else figure.tag in PEOPLE or figure.tag in _LAP


_LAP = frozenset(
    {
        *("puppy", "dog", "fox", "cat", "kitten", "rabbit", "lamb", "chick", "hen", "duckling", "duck", "goose", "pig", "owl"),
        *("penguin", "hedgehog", "squirrel", "turtle", "panda", "raccoon", "otter", "mouse", "frog", "swan", "rooster", "seal"),
    }
)
"""Animals that somebody can carry in the arms."""


def _mounted(told: str, figures: Sequence[Figure]) -> Bond | None:
    """Somebody on an animal, where a word of riding is said and both are there."""
    if not _RIDING.search(told):
        return None
    by = next((k for k, figure in enumerate(figures) if figure.tag in MOUNTS), None)
    riders = _riders(figures, by) if by is not None else ()
    return Bond(Tie.MOUNT, by, riders) if by is not None and riders else None


def _riders(figures: Sequence[Figure], by: int) -> tuple[int, ...]:
    """The people and what they hold in their laps; at most three people."""
    people = [k for k, figure in enumerate(figures) if figure.tag in PEOPLE][:3]
    laps = [k for k, figure in enumerate(figures) if figure.tag in _LAP and k != by][:1] if people else []
    return (*people, *laps)


def _pair(text: str, words: re.Pattern[str], figures: Sequence[Figure], *, blade: bool) -> tuple[int, int] | None:
    """Who does it, named last before the word, and to whom: named first after it, or right before its end."""
    named = mentions(text, figures)
    for match in words.finditer(text):
        before = [who for start, who in named if start < match.start()]
        after = [who for start, who in named if start >= match.start() and start < match.end() + (0 if blade else _REACH)]
        if before and after and before[-1] != after[0]:
            return before[-1], after[0]
        if blade and before and len(figures) == 2:
            return before[-1], 1 - before[-1]
    return None


def mentions(text: str, figures: Sequence[Figure]) -> list[tuple[int, int]]:
    """Where the text speaks of which figure, in order: by its name or by the word for its kind."""
    low = text.lower()
    found: list[tuple[int, int]] = []
    for number, figure in enumerate(figures):
        if figure.name:
            found += [(match.start(), number) for match in re.finditer(re.escape(figure.name.lower()), low)]
    for word in lexicon.find(text):
        if word.group == "figure" and text[word.start : word.end].lower() not in PRONOUNS:
            alike = [number for number, figure in enumerate(figures) if figure.tag == word.tag][:1]
            found += [(word.start, number) for number in alike]
    return sorted(set(found))


def postures_of(story: str, figures: Sequence[Figure]) -> dict[int, str]:
    """Who sits, kneels or sleeps by what is told of him or her: the word stands in the clause, after the figure's own mention."""
    found: dict[int, str] = {}
    start = 0
    for clause in _CLAUSE.split(story):
        named = mentions(clause, figures)
        for deed, words in _POSTURES.items():
            match = words.search(clause)
            before = [who for at, who in named if match is not None and at < match.start()]
            if before and figures[before[-1]].tag in PEOPLE:
                found.setdefault(before[-1], deed)
        start += len(clause) + 1
    return found


def seat_of(story: str) -> str:
    """What is said to be sat on: "steps", "bench" or nothing."""
    clauses = [clause for clause in _CLAUSE.split(story) if _POSTURES["sitting"].search(clause)]
    return next((name for name, words in _SEATS.items() if any(words.search(clause) for clause in clauses)), "")


def in_the_water(told: str, figures: Sequence[Figure]) -> frozenset[int]:
    """Who is in the water by the words: named last before them, else the first person."""
    found: set[int] = set()
    for match in OVERBOARD.finditer(told):
        named = [who for at, who in mentions(told, figures) if at < match.start() and figures[who].tag in PEOPLE]
        found |= set(named[-1:])
    return frozenset(found)


def crosses_bridge(told: str) -> bool:
    """Whether somebody is said to be on a bridge."""
    return _OVER_A_BRIDGE.search(told) is not None


def with_eyes_shut(story: str, figures: Sequence[Figure]) -> int | None:
    """Whose eyes are closed or have gone out: who is named last before the words, else the first person."""
    match = _EYES_SHUT.search(story)
    if match is None:
        return None
    named = [who for at, who in mentions(story, figures) if at < match.start() and figures[who].tag in PEOPLE]
    return next(iter(named[-1:]), next((k for k, figure in enumerate(figures) if figure.tag in PEOPLE), None))


def opened(told: str, props: Collection[str]) -> frozenset[str]:
    """What of the props stands open: a word of opening is beside it in the same clause."""
    found: set[str] = set()
    for clause in _CLAUSE.split(told):
        if _OPENING.search(clause):
            found |= {word.tag for word in lexicon.find(clause) if word.tag in _CAN_OPEN and word.tag in props}
    return frozenset(found)
