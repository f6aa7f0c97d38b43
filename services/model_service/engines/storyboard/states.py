"""The state that a story leaves a thing in: open, closed, broken, its light gone out."""

import re
from collections.abc import Mapping

from services.core.model import Language

_OF = r"(?:the |an? |his |her |its |their )?(?:(?!by|on|at|in)\w+ )?$"
_ZH_OF = r"了?(?:[一那这][把扇只个本道盏])?[^，。！？]{0,4}$"
_STATES: Mapping[Language, Mapping[str, tuple[re.Pattern[str], re.Pattern[str]]]] = {
    # For each state what stands before, and what after, a thing in it.
    Language.ZH: {
        "open": (
            re.compile(rf"(?:[打推拉撑掀翻敞揭]开){_ZH_OF}"),
            re.compile(r"^[^，。！？]{0,4}(?:打开|敞开|开着|(?<![离跑走])开了|慢慢开)"),
        ),
        "closed": (
            re.compile(rf"(?:关上|合上|锁上|关好|收起){_ZH_OF}"),
            re.compile(r"^(?:紧闭|关着|锁着|关上了|锁上了|被锁)"),
        ),
        "broken": (
            re.compile(r"(?:打碎|摔碎|打破|折断|破碎的?|破旧?的?|断了的)[^，。！？]{0,3}$"),
            re.compile(r"^[^，。！？]{0,3}(?:碎了|破了|断了|裂开|摔碎|坏了)"),
        ),
        "unlit": (
            re.compile(rf"(?:吹灭|熄灭|扑灭|没点|没有点){_ZH_OF}"),
            re.compile(r"^[^，。！？]{0,4}(?:熄灭|灭了|熄了|没有亮|没亮|不亮)"),
        ),
    },
    Language.EN: {
        "open": (
            re.compile(rf"\b(?:open(?:s|ed|ing)?|unlock(?:s|ed|ing)?|pushed open|threw open) (?:up )?{_OF}", re.IGNORECASE),
            re.compile(r"^ (?:\w+ )?(?:open(?:s|ed)?\b|(?:was|stood|swung|flew|lay|creaked) (?:wide )?open\b)", re.IGNORECASE),
        ),
        "closed": (
            re.compile(rf"\b(?:clos(?:es|ed|ing)|shuts?|lock(?:s|ed)|fold(?:s|ed)) {_OF}", re.IGNORECASE),
            re.compile(r"^ (?:was |were )?(?:closed|shut|locked)\b", re.IGNORECASE),
        ),
        "broken": (
            re.compile(rf"\b(?:broken|shattered|cracked|br(?:eak|oke)s?|smash(?:es|ed)) {_OF}", re.IGNORECASE),
            re.compile(r"^ (?:was |were |lay |had )?(?:broken|broke|shattered|cracked|smashed)\b", re.IGNORECASE),
        ),
        "unlit": (
            re.compile(rf"\b(?:blew out|put out|snuffed out) {_OF}", re.IGNORECASE),
            re.compile(r"^(?: (?:flickered and|had|was|\w+ly))? (?:died|went out|gone out|goes out|blown out)\b", re.IGNORECASE),
        ),
    },
}

_LAMP = {
    # What is said of a lighthouse's lamp: that it is out, and that it burns.
    Language.ZH: (
        re.compile(
            r"灯塔?[^，。！？]{0,8}(?:熄|灭了|没有亮|没亮|不亮|不再亮|黑着)|(?:熄灭|漆黑|黑暗|没有亮|不亮)的[^，。！？]{0,3}灯塔"
        ),
        re.compile(r"点[亮燃起][^，。！？]{0,6}[灯火]|灯塔?[^，。！？]{0,8}(?:亮了|亮起|又亮|重新亮|点亮)"),
    ),
    Language.EN: (
        re.compile(
            r"\b(?:dark|unlit|dead) (?:\w+ )?lighthouse\b|\blighthouse\b[^.;]{0,24}\b(?:no|without a) light\b"
            r"|\b(?:lamp|light|beacon|lighthouse)\b[^.;,]{0,24}?"
            r"\b(?:died|(?:went|gone|goes) out|(?:was|stood|lay|is) dark|(?:not|no longer|never) lit)\b",
            re.IGNORECASE,
        ),
        re.compile(
            r"\b(?:lit|relit|lights?|kindled) (?:the |its |a |his |her )?(?:\w+ )?(?:lamp|lantern|light|flame|beacon|fire)\b"
            r"|\b(?:lamp|light|beacon|lighthouse)\b[^.;,]{0,16}?\b(?:(?:went|came) on|shone|blazed|burned|burnt|flared)\b",
            re.IGNORECASE,
        ),
    ),
}


def lamp_burns(text: str, language: Language) -> bool | None:
    """Whether a lighthouse's lamp burns after what a clause at the lighthouse says; None where it says nothing of that."""
    out, lit = _LAMP[language]
    return False if out.search(text) else True if lit.search(text) else None


def state(text: str, start: int, end: int, language: Language) -> str:
    """What has been done to the thing at `start:end`, or has happened to it: open, closed, broken, unlit; "" for none of these."""
    before, after = text[max(0, start - 32) : start], text[end : end + 32]
    happened = [name for name, (_, pattern) in _STATES[language].items() if pattern.match(after)]
    done = [name for name, (pattern, _) in _STATES[language].items() if pattern.search(before)]
    return next(iter((*happened, *done)), "")
