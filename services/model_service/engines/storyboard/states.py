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
        "unlit": (re.compile(rf"(?:吹灭|熄灭){_ZH_OF}"), re.compile(r"^[^，。！？]{0,4}(?:熄灭|灭了|熄了)")),
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


def state(text: str, start: int, end: int, language: Language) -> str:
    """What has been done to the thing at `start:end`, or has happened to it: open, closed, broken, unlit; "" for none of these."""
    before, after = text[max(0, start - 32) : start], text[end : end + 32]
    happened = [name for name, (_, pattern) in _STATES[language].items() if pattern.match(after)]
    done = [name for name, (pattern, _) in _STATES[language].items() if pattern.search(before)]
    return next(iter((*happened, *done)), "")
