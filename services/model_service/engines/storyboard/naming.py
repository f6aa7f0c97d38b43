"""How a story says who somebody is: an apposition ties a name to a figure, a copula two figures, and speakers name themselves."""

import re

from services.core.model import Language

_BEFORE = {
    # What stands between a figure and the name that follows it.
    Language.ZH: re.compile(r"^(?:的名字)?(?:名?叫做?|名为|是)?$"),
    Language.EN: re.compile(r"^(?:,? (?:named|called|whose name (?:was|is)) | )$"),
}
_AFTER = {
    # What stands between a name and the figure that it turns out to be.
    Language.ZH: re.compile(r"^(?:，?(?:就|本)?是一?[个位名只条]?[^，。！？的]{0,5}|的[^，。！？]{0,3})$"),
    Language.EN: re.compile(r"^(?:,? the (?:\w+ )?|, (?:an? )(?:\w+ ){0,2}|,? (?:was|is) (?:an? |the )(?:\w+ ){0,2})$"),
}
_CALLED = re.compile(r"(?:名叫|叫做?|名为)$")
_COPULA = {
    Language.ZH: re.compile(r"^(?:就|正|便|原来)?是(?:一[个位名])?$"),
    Language.EN: re.compile(r"^ (?:was|is) (?:an? |the )?(?:\w+ )?(?:named )?$"),
}
_SELF = {
    Language.ZH: r"我(?:的名字)?(?:是|叫){name}(?=[。，,！!.…”」 ]|$)",
    Language.EN: r"(?:\bI am|\bI['’]m|\b[Mm]y name is) {name}\b",
}


def is_one(clause: str, name: tuple[int, int], figure: tuple[int, int], language: Language) -> bool:
    """Whether the name and the figure at these spans are said to be the same person: a girl named Poppy, 剑客沈青."""
    if figure[1] <= name[0]:
        return bool(_BEFORE[language].match(clause[figure[1] : name[0]]))
    between = clause[name[1] : figure[0]]
    if language is Language.ZH and between.startswith("的"):
        return bool(_CALLED.search(clause[: name[0]])) and bool(_AFTER[language].match(between))
    return figure[0] >= name[1] and bool(_AFTER[language].match(between))


def is_called(clause: str, first: tuple[int, int], second: tuple[int, int], language: Language) -> bool:
    """Whether the first span is said to be the second: her captain was a woman."""
    return bool(_COPULA[language].match(clause[first[1] : second[0]]))


def names_itself(clause: str, name: str, language: Language) -> bool:
    """Whether somebody says in `clause` that this is their own name."""
    return bool(re.search(_SELF[language].format(name=re.escape(name)), clause))


def find_name(clause: str, name: str, language: Language) -> int:
    """Where `name` stands in `clause` as a word of its own, -1 where it does not."""
    if language is Language.ZH:
        return clause.find(name)
    found = re.search(rf"\b{re.escape(name)}\b", clause)
    return found.start() if found else -1
