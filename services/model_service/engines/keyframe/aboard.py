"""Who is on the water in a small boat, and what they do there, by the words of a text."""

import re
from collections.abc import Sequence

BOATS = frozenset({"boat", "rowing boat"})
"""Vessels that are drawn around the people in them."""
DEEDS = frozenset({"rowing", "poling", "aboard"})
"""What people do in a boat."""
_WAITING = re.compile(
    r"等船|等着船|等渡船|候船|wait(?:s|ed|ing)? for (?:the|a|her|his|their) (?:\w+ )?(?:boat|ferry)", re.IGNORECASE
)
_ROWING = re.compile(
    r"\brow(?:s|ed|ing)?\b(?! of| upon| boat)|\bpaddl(?:e|es|ed|ing)\b|\boars?\b|\btiller\b|\brudder\b"
    r"|划船|划着|划桨|摇橹|摇船|船桨|木桨|双桨|舵柄|舵把",
    re.IGNORECASE,
)
_STEERING = re.compile(r"\btiller\b|\brudder\b|舵柄|舵把", re.IGNORECASE)
_POLING = re.compile(r"撑船|撑篙|竹篙|长篙|艄公|摆渡|渔翁|\bferryman\b|\bpunt(?:s|ed|ing)?\b|\bgondolier\b", re.IGNORECASE)
_INSIDE = re.compile(
    r"\b(?:in|into|inside|aboard|on board|from) (?:the|a|an|his|her|their|its) (?:\w+ ){0,2}"
    r"(?:boat|raft|canoe|dinghy|skiff|rowboat)\b"
    r"|(?<!落到)(?<!停在)(?<!望着)(?<!看着)船上|船里|船中|舟上|舟中|船头|船尾|坐船|乘船|乘舟|乘着.{0,6}[船舟]|坐着.{0,6}[船舟]|泛舟",
    re.IGNORECASE,
)
OVERBOARD = re.compile(
    r"(?:跳|扑|掉|落|跌|栽)[进入下到][^，。；\n]{0,3}[水河江海湖]|落水|游泳|游向|游过去|在水里挣扎"
    r"|\b(?:jump|leap|leapt|dive|dove|div|plunge|fall|fell|slip)\w*\b[^.,;\n]{0,14}"
    r"\b(?:into|in) the (?:\w+ )?(?:water|sea|river|lake|waves)\b"
    r"|\b(?:overboard|swims|swam|swimming)\b",
    re.IGNORECASE,
)
"""Words of getting into the water."""
_WATER = re.compile(r"\b(?:sea|ocean|river|lake|harbou?r|beach|lighthouse|island)\b|[海江河湖]|港|渡口", re.IGNORECASE)
_OPEN_WATER = re.compile(r"^(?:open )?(?:sea|ocean)\b|^大?海[上面]?[,，]", re.IGNORECASE)
_DECK = re.compile(r"\bdeck\b|\bships?\b|甲板|大船|轮船|帆船", re.IGNORECASE)


def deed_aboard(lead: str, rest: str, cast: Sequence[str]) -> str:
    """What the people of the cast do in a boat, "rowing", "poling" or "aboard" (they sit), or nothing where they are not in one."""
    told = f"{lead}\n{rest}"
    boat = next((tag for tag in cast if tag in BOATS), "")
    if _WAITING.search(told) or _DECK.search(lead) or _WATER.search(lead) is None:
        return ""
    rowing, poling = _ROWING.search(told), _POLING.search(told)
    lone = boat == "rowing boat" or (boat and _OPEN_WATER.search(lead))
    if not (boat and (lone or rowing or poling or _INSIDE.search(told) or OVERBOARD.search(told))) and not rowing:
        return ""
    if poling or (not rowing and not told.isascii() and boat == "rowing boat"):
        return "poling"
    return "rowing" if rowing and not _STEERING.search(told) else "aboard"
