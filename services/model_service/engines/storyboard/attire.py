"""Looks that the story itself gives: dress, the colour of a coat of fur, and how old somebody is."""

import re

from services.core.model import Language
from services.model_service.engines.storyboard.lexicon import Hit

_ZH_COLOUR = re.compile(r"([白黑红黄灰棕橘蓝金银绿青紫])色?的?(?:小|老|大)?$")
_ZH_COLOURED = re.compile(r"(?:小|老|大)?([白黑红黄灰棕橘蓝金青])")
_EN_COLOUR = re.compile(
    r"\b(white|black|red|yellow|gr[ae]y|brown|orange|blue|golden|silver|green|purple)\s(?:\w+\s)?$", re.IGNORECASE
)
_ZH_DRESS = re.compile(
    r"(?:身穿|身披|穿着|戴着|披着|围着|裹着|系着|穿(?![过越行梭]))(?:了)?(?:一[件条顶身双副块])?([^，。；！？、“”在]{2,10})"
)
_ZH_VERBS = {
    "身穿": "穿",
    "身披": "披",
    "穿着": "穿",
    "戴着": "戴",
    "披着": "披",
    "围着": "围",
    "裹着": "裹",
    "系着": "系",
    "穿": "穿",
}
_ZH_GARMENT = re.compile(
    r"[衣袍裙裤衫装甲帽巾靴鞋斗篷蓑笠披风褂袄袜手套围脖雨披](?:$)|斗篷|披风|蓑衣|雨衣|围巾|盔甲|铠甲|背带裤|帽子|大氅|手套"
)
_EN_GARMENT = (
    r"(?:coat|cloak|dress|hat|scarf|jacket|raincoat|robe|robes|armou?r|cap|shawl|sweater|uniform|hood|gown|cape|apron|boots|"
    r"overalls|tunic|jersey|suit|kimono|vest|waistcoat|bonnet|glasses|spectacles)"
)
_EN_DRESS = re.compile(
    rf"\b(?:wearing|wore|wears|dressed in|wrapped in|in|had on) ((?:an? |his |her |their )(?:[\w-]+ ){{0,3}}{_EN_GARMENT})\b"
)
_ZH_HAIR = re.compile(r"(?P<colour>花白|[白银金黑红灰棕黄])色?的?(?P<length>[长短])?头?发(?!现|出|光|亮|抖)")
_EN_HAIR = re.compile(
    r"\b((?:(?:long|short|curly),? )?(?:white|silver|gr[ae]y|black|brown|red|blonde?|golden|fair)) hair\b", re.IGNORECASE
)
_ZH_AGE = re.compile(r"([一二三四五六七八九十\d]{1,3})岁")
_EN_AGE = re.compile(
    r"\b(\d{1,2}|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen)(?:[ -]years?[ -]old| years of age)",
    re.IGNORECASE,
)
_GROWN = 17
_ZH_DIGITS = {c: n for n, c in enumerate("一二三四五六七八九", 1)}


def dress(clause: str, language: Language) -> str:
    """What somebody wears, as an attributive phrase: 披蓑衣, in a long blue coat; "" where the clause tells nothing of it."""
    if language is Language.EN:
        match = _EN_DRESS.search(clause)
        return "in " + re.sub(r"^(?:his|her|their) ", "a ", match.group(1)) if match else ""
    for match in _ZH_DRESS.finditer(clause):
        garment = match.group(1)
        if found := _ZH_GARMENT.search(garment):
            verb = next(v for k, v in _ZH_VERBS.items() if match.group().startswith(k))
            return f"{verb}{garment[: found.end()]}"
    return ""


def hair(clause: str, language: Language) -> str:
    """How the clause says that somebody's hair is: 白色长发, white hair; "" where it tells nothing of it."""
    if language is Language.ZH:
        match = _ZH_HAIR.search(clause)
        if match is None:
            return ""
        return f"{match['colour'].replace('花白', '灰白')[:1]}色{match['length'] or '短'}发"
    found = _EN_HAIR.search(clause)
    return f"{' '.join(found.group(1).lower().replace(',', '').split())} hair" if found else ""


def with_other_hair(look: str, told: str, language: Language) -> str:
    """A look with the hair that the story tells instead of the one in it."""
    if language is Language.ZH:
        own, mark, rest = look.partition("、")
        return f"{told}、{rest}" if own.endswith("发") and mark else look if own[-1:] in "须髻" else f"{told}、{look}"
    if re.match(r"with (?:[\w-]+ ){0,3}hair\b", look):
        return re.sub(r"^with (?:[\w-]+ ){0,3}hair\b", f"with {told}", look)
    return look if look.startswith("with ") else f"with {told} {look}"


def with_hair(look: str, worn: str, language: Language) -> str:
    """What somebody wears with the hair of another look."""
    if language is Language.ZH:
        hair = look.partition("、")[0]
        return f"{hair}、{worn}" if hair[-1] in "发须髻" else worn
    hair = look.partition(" in ")[0]
    return f"{hair} {worn}" if hair.startswith("with ") else worn


def coat(hit: Hit, before: str, language: Language) -> str:
    """The colour of an animal's coat, where the words `before` it or its own name tell it."""
    if hit.concept.being not in ("furry", "wild", "feathered", "finned", "machine", "giant", "scaled"):
        return ""
    if language is Language.ZH:
        found = _ZH_COLOUR.search(before) or _ZH_COLOURED.match(hit.spelling)
        if not found:
            return ""
        return f"毛色{found.group(1)}亮" if hit.concept.being == "furry" else f"一身{found.group(1)}色"
    match = _EN_COLOUR.search(before)
    return f"all {match.group(1).lower()}" if match else ""


def is_young(clause: str, language: Language) -> bool:
    """Whether the clause gives an age, and it is a child's."""
    match = (_ZH_AGE if language is Language.ZH else _EN_AGE).search(clause)
    if not match:
        return False
    return (not match.group(1).isdigit() and language is Language.EN) or _number(match.group(1)) < _GROWN


def _number(text: str) -> int:
    if text.isdigit():
        return int(text)
    tens, _, ones = text.rpartition("十")
    return (10 * _ZH_DIGITS.get(tens, 1) if "十" in text else 0) + _ZH_DIGITS.get(ones, 0)
