"""What is seen to be done, where the words for it are no plain verb: idioms, carrying on a back, a blade held against somebody."""

import re
from collections.abc import Sequence

from services.core.model import Language

_SETS_ABOUT = re.compile(
    r"\b(?:c[ao]mes?|went|goes|ran|began|begins|start(?:ed|s)|rose|bent down|sat down) to ([a-z]+)\b", re.IGNORECASE
)
_IDIOMS = {
    # Verbs whose deed is another one, or none, with these words after them.
    "hold": (
        "",
        re.compile(r"\bh[eo]ld(?:s|ing)? (?:on\b|still\b|(?:his|her|its|their|my) (?:breath|tongue|peace))", re.IGNORECASE),
    ),
    "fall": (
        "",
        re.compile(r"\bf[ae]ll(?:s|ing)? (?:asleep|silent|quiet|ill|in love)|\b(?:snow|rain|night)\b.*\bfall", re.IGNORECASE),
    ),
    "go": ("", re.compile(r"\b(?:went|go|goes|going) (?:on|off|out|by|over the side)\b(?! to)", re.IGNORECASE)),
    "leave": (
        "",
        re.compile(
            r"\bl(?:eft|eav(?:es?|ing)) (?:it|them|(?:the|his|her|an?) \w+) (?:where|behind|on|in|at|there|alone|open)\b",
            re.IGNORECASE,
        ),
    ),
    "lose": ("", re.compile(r"\blos[te]\w* (?:his|her|their|its|the|a) (?!way)", re.IGNORECASE)),
    "take": ("hug", re.compile(r"\bt(?:ake|ook)\w* (?:\w+ ){1,3}in(?:to)? (?:his|her|their) arms\b", re.IGNORECASE)),
    "climb": (
        "walk",
        re.compile(
            r"\bclimb\w* (?:up |down )?(?:the |his |her |a )?(?:\w+ )?(?:stairs?|steps|staircase)\b"
            r"|\bclimb\w* in(?:to)? (?:the|his|her|a)\b",
            re.IGNORECASE,
        ),
    ),
    "fight": (
        "hold",
        re.compile(
            r"\bf(?:ight|ought)\w* (?:against )?the (?:wheel|fire|flames?|storm|waves?|wind|current|sea|cold)\b", re.IGNORECASE
        ),
    ),
}
_UNDRESSES = re.compile(r"\bt(?:ake|ook)\w* off (?:his|her|their|its|the|a) ", re.IGNORECASE)
_ON_A_BACK = {
    Language.ZH: re.compile(r"(?:坐|骑|爬|趴|跳|跨)[在上到][^，。]{0,8}背|驮[着起了上]|骑[在着上]"),
    Language.EN: re.compile(
        r"\b(?:sat|sits?|sitting|climb\w*|r[io]d(?:e|es|ing)|carr\w+|fl[ey]w?|jump\w*|mount\w*|leapt)\b[^,.;]{0,40}"
        r"\bonto? (?:the |his |her |its |their )?(?:(?:\w+ )?\w+['’]s )?back\b",
        re.IGNORECASE,
    ),
}
_BLADE_AGAINST = {
    Language.ZH: re.compile(r"[剑刀][尖锋刃]?(?:停|架|抵|横|指|搁|压)[在住着了向]"),
    Language.EN: re.compile(
        r"\b(?:sword|blade|dagger|point)\b[^,.;]{0,24}\b(?:stopped|rested|lay|laid|was|touched)\b[^,.;]{0,12}"
        r"\b(?:shoulder|throat|neck|chest|heart)\b"
        r"|\b(?:laid|rested|held|put|pointed|set) (?:his|her|the|a) (?:\w+ )?(?:sword|blade|dagger) (?:on|at|to|against)\b",
        re.IGNORECASE,
    ),
}

_EYES_IN_THE_DARK = {
    Language.ZH: re.compile(
        r"(?:亮着|亮起|闪着|闪烁着|一双双|无数双|几双|一对对)[^，。]{0,6}?(眼睛)|(?:黑暗|夜色|黑夜|树丛|草丛|洞穴)[里中][^，。]{0,10}?(眼睛)(?!睁|闭)"
    ),
    Language.EN: re.compile(
        r"\b(?:glowing|gleaming|shining|glittering) (?:\w+ )?(eyes)\b"
        r"|\b(eyes)\b[^,.;]{0,16}\b(?:glow\w*|gleam\w*|shone|glitter\w*|watch\w*)\b[^,.;]{0,16}\b(?:dark|darkness|night|shadows|trees)\b"
        r"|\b(eyes) (?:in|from|out of) the (?:dark|darkness|night|shadows)\b",
        re.IGNORECASE,
    ),
}


def eyes_in_the_dark(clause: str, language: Language) -> tuple[int, int] | None:
    """Where a clause tells of eyes alone that shine out of the dark."""
    match = _EYES_IN_THE_DARK[language].search(clause)
    return None if match is None else match.span(match.lastindex or 0)


def meant(verbs: Sequence[str], clause: str) -> list[str]:
    """English verbs as what is seen: who holds their breath holds nothing, and who fights the wheel holds it."""
    verbs = [*verbs, *(match.group(1).lower() for match in _SETS_ABOUT.finditer(clause))]
    seen = [_IDIOMS[v][0] if v in _IDIOMS and _IDIOMS[v][1].search(clause) else v for v in verbs]
    return [verb for verb in seen if verb]


def implied(clause: str, language: Language) -> list[str]:
    """The actions, by their tags, that a clause shows without a verb of their own."""
    found = []
    if _ON_A_BACK[language].search(clause):
        found.append("riding")
    if _BLADE_AGAINST[language].search(clause):
        found.append("pointing")
    return found


def is_only_said(action: str, clause: str) -> bool:
    """Whether the words of an action mean another thing here: who takes off a cap does not fly."""
    return action == "flying" and _UNDRESSES.search(clause) is not None
