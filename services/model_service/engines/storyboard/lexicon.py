"""What can be seen in a story: places, times, weather, figures, props and actions, found by their spellings in two languages.

The words are data (`lexicon.toml`, `cast.toml`); this module reads and finds them.
"""

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal, Self

from services.core.model import Language
from services.model_service.engines.storyboard.english_verbs import Verbs

Kind = Literal["place", "time", "weather", "action", "figure", "prop"]
_KINDS: tuple[Kind, ...] = ("place", "time", "weather", "action", "figure", "prop")


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing that a picture can show. `slug` is its canonical English tag; `names` and `motions` are (English, Chinese).

    `also` is a tag that says something like it, for painters that do not know the first.
    """

    kind: Kind
    slug: str
    names: tuple[str, str]
    motions: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    mood: str = ""
    climate: str = ""
    also: str = ""
    at: str = ""
    inside: bool = False
    camera: str = ""
    framing: str = ""
    being: str = ""
    gender: str = "n"
    count: int = 1
    kin: frozenset[str] = frozenset()
    family: str = ""
    """The concept that this one is a kind of, whose light and movement it shares."""

    def name(self, language: Language) -> str:
        return self.names[language is Language.ZH]

    def motion(self, language: Language) -> tuple[str, ...]:
        return self.motions[language is Language.ZH]


@dataclass(frozen=True, slots=True)
class Hit:
    """A concept found at `start:end` of a text. `ended` tells that the text says it is over (the rain stopped)."""

    concept: Concept
    start: int
    end: int
    spelling: str
    ended: bool = False


_ABSENT = {
    # What stands right before a thing that is not there, or is only compared to.
    Language.ZH: re.compile(r"(?:没有|没|无|不见|不再有|[像如]同?|比|仿佛|宛如|好似)[^，。！？；、]{0,10}$"),
    Language.EN: re.compile(
        r"\b(?:no|without(?: an?| the| any)?|not an?|never an?|"
        r"like (?:an?|the|some)|as \w+ as(?: an?| the)?|than(?: an?| the)?)\s?(?:\w+\s)?$",
        re.IGNORECASE,
    ),
}
_SOUGHT = {
    # What stands right before somebody who is missed, and so not here.
    Language.ZH: re.compile(r"(?:寻找|找(?!到)|思念|想念|等待|怀念|写给|寄给)(?:自己|他|她|它)?的?$"),
    Language.EN: re.compile(
        r"\b(?:(?:look|search|wait|long)(?:s|ed|ing)? for|miss(?:es|ed|ing)?|(?:written|writes|wrote) to)\s"
        r"(?:an?\s|the\s|his\s|her\s|its\s|their\s)?$",
        re.IGNORECASE,
    ),
}
_PARTS_ZH = "手脸眼背肩头怀身"
_DWELLINGS = frozenset({"house", "cottage", "cabin", "hut", "木屋", "小屋", "屋子", "房子", "帐篷", "tent"})
"""Places when somebody is in them, things when they are seen from outside."""
_INDOORS = {
    Language.ZH: (re.compile(r"(?:进|回到|住在|待在|躲在|坐在|躺在)[^，。]{0,5}$"), re.compile(r"^(?:里|中|内)")),
    Language.EN: (re.compile(r"\b(?:in|into|inside|entered|within)\s(?:\w+\s){0,3}$", re.IGNORECASE), None),
}
_VERBLIKE = frozenset(
    {
        "rose",
        "roses",
        "bear",
        "bears",
        "duck",
        "ducks",
        "crane",
        "cranes",
        "seal",
        "seals",
        "bat",
        "bats",
        "swallow",
        "swallows",
        "rock",
        "rocks",
        "log",
        "logs",
        "bow",
        "bows",
        "ring",
        "rings",
        "fan",
        "drum",
        "drums",
        "train",
        "trains",
        "plane",
        "planes",
        "key",
        "hammer",
        "anchor",
        "mask",
        "mirror",
        "flag",
        "bowl",
        "carriage",
        "cart",
        "bell",
        "sled",
        "ship",
        "ships",
        "box",
        "cricket",
        "badger",
        "lock",
        "gear",
        "horn",
        "camera",
    }
)
"""Words that are as often something else as a thing; a noun's own words stand before the thing."""
_NOUNLIKE = re.compile(
    r"\b(?:an?|the|one|two|three|each|every|some|any|no|his|her|its|their|my|your|our|this|that|first|last|old|young|little|big|small|"
    r"great|huge|tiny|wild|single|wooden|iron|brass|paper|gold|golden|silver|red|white|pink|yellow|blue|black|green|brown|gr[ae]y|of|"
    r"sailing|broken|polar|steam|music|great|lone|stray|among)\s(?:the\s)?$",
    re.IGNORECASE,
)
_GONE = {
    # What stands right after somebody who is not here any more, or whose thing it is that is meant.
    Language.ZH: re.compile(r"^(?:们)?(?:不见了|消失了|已经走了|走远了|去世|死了很久|的(?:歌|话|信|名字|故事|声音)|留下的)"),
    Language.EN: re.compile(
        r"^(?: (?:had |was |were )?(?:vanished|disappeared|gone\b|passed away)|['’]s (?!face|eyes?|hands?|arms?|head|hair|back))"
    ),
}
_KIN = frozenset(
    {
        "父亲",
        "母亲",
        "爸爸",
        "妈妈",
        "爷爷",
        "奶奶",
        "外婆",
        "外公",
        "祖父",
        "祖母",
        "father",
        "mother",
        "dad",
        "mum",
        "mom",
        "grandfather",
        "grandmother",
        "grandpa",
        "grandma",
        "granny",
    }
)
_OVER = {
    Language.ZH: re.compile(r"^(?:[^，。！？；]{0,3}(?:停|退去|过去了|平息)|[^。！？；]{0,9}散|来得快，去得)"),
    Language.EN: re.compile(
        r"^\s(?:had |has |finally |at last )*(?:stop|end|clear|lift|pass|die|dies|died|subsid|blew itself out|is over|was over)",
        re.IGNORECASE,
    ),
}


class Lexicon:
    """The words of both languages, ready to be found."""

    def __init__(
        self,
        concepts: Iterable[Concept],
        spellings: Mapping[Language, Mapping[str, tuple[Concept, ...]]],
        deeds: Mapping[str, Concept],
    ) -> None:
        self._concepts = {(c.kind, c.slug): c for c in concepts}
        self._spellings = spellings
        self._deeds = deeds
        zh = sorted((s for s in spellings[Language.ZH] if len(s) > 1), key=len, reverse=True)
        en = sorted(spellings[Language.EN], key=len, reverse=True)
        self._patterns = {
            Language.ZH: re.compile("|".join(map(re.escape, zh))),
            Language.EN: re.compile(rf"\b(?:{'|'.join(map(re.escape, en))})\b", re.IGNORECASE),
        }

    @classmethod
    def read(cls, verbs: Verbs) -> Self:
        """The lexicon of this package; `verbs` inflects the English verbs that it names."""
        tables = _tables("lexicon.toml") | _tables("cast.toml")
        for kind, more in _tables("menagerie.toml").items():
            tables[kind] |= more
        for slug, entry in _tables("places.toml")["place"].items():
            tables["place"][slug] = tables["place"][entry["like"]] | entry
        concepts: list[Concept] = []
        deeds: dict[str, Concept] = {}
        found: dict[Language, dict[str, tuple[Concept, ...]]] = {Language.ZH: {}, Language.EN: {}}
        for kind in _KINDS:
            for slug, entry in tables[kind].items():
                concept = _concept(kind, slug, entry)
                concepts.append(concept)
                english = [slug, *_listed(entry.get("en_words", ""), ",")]
                if kind == "action":
                    spelled = {form for verb in english[1:] if " " in verb for form in verbs.forms(verb)}
                    deeds |= {verb: concept for verb in english[1:] if " " not in verb}
                else:
                    spelled = {form for word in english for form in (word, _plural(word))}
                chinese = {entry["zh"], *entry.get("zh_words", "").split()} if "zh" in entry else set(entry["zh_words"].split())
                for language, words in ((Language.EN, spelled), (Language.ZH, chinese)):
                    for word in words:
                        others = (c for c in found[language].get(word, ()) if c.kind != kind)
                        found[language][word] = (*others, concept)
        return cls(concepts, found, deeds)

    def get(self, kind: Kind, slug: str) -> Concept:
        return self._concepts[kind, slug]

    def deeds(self, verbs: Iterable[str]) -> list[Concept]:
        """The actions that English base forms stand for."""
        return list(dict.fromkeys(self._deeds[verb] for verb in verbs if verb in self._deeds))

    def chinese(self) -> Mapping[str, str]:
        """The Chinese spellings of two characters and more with the part of speech that each is here: `v`, `t` or `n`."""
        named = self._spellings[Language.ZH].items()
        return {word: self._part_of_speech(word, concepts[0]) for word, concepts in named if len(word) > 1}

    @staticmethod
    def _part_of_speech(word: str, concept: Concept) -> str:
        if concept.kind == "action":
            return "n" if word[-1] in "泪水" else "v"
        return "t" if concept.kind == "time" and word[-1] not in "光阳亮空色幕霞日虹曦" else "n"

    def find(self, text: str, language: Language, words: Collection[tuple[int, int]]) -> list[Hit]:
        """What `text` shows, in reading order.

        `words` are its words' spans: Chinese is found only where a word begins, one character only as a whole word.
        """
        spellings = self._spellings[language]
        spans = [m.span() for m in self._patterns[language].finditer(text)]
        if language is Language.ZH:
            begins = {start for start, _ in words}
            spans = [(start, end) for start, end in spans if start in begins]
            taken = {i for start, end in spans for i in range(start, end)}
            spans += [(s, e) for s, e in words if e - s == 1 and s not in taken and text[s:e] in spellings]
        hits = []
        for start, end in sorted(spans):
            if _ABSENT[language].search(text[max(0, start - 40) : start]):
                continue
            spelling = text[start:end]
            is_sought = bool(_SOUGHT[language].search(text[max(0, start - 24) : start]))
            if spelling.lower() in _VERBLIKE and not _NOUNLIKE.search(text[max(0, start - 20) : start]):
                continue  # the sun, too, rose
            is_dwelling = spelling.lower() in _DWELLINGS
            for concept in spellings[spelling if language is Language.ZH else spelling.lower()]:
                if is_dwelling and (concept.kind == "place") != _is_indoors(text, start, end, language):
                    continue
                if concept.kind == "figure" and _is_gone(text, spelling, end, language):
                    continue
                if is_sought and concept.kind == "figure":
                    continue
                ended = concept.kind == "weather" and bool(_OVER[language].search(text[end : end + 24]))
                hits.append(Hit(concept, start, end, spelling, ended))
        return hits


def looks() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Attributive looks by kind of being and language (`zh`, `en`)."""
    return {being: {k: tuple(v) for k, v in entry.items()} for being, entry in _tables("cast.toml")["look"].items()}


def _is_gone(text: str, spelling: str, end: int, language: Language) -> bool:
    is_kin = spelling.lower() in _KIN
    if is_kin and language is Language.ZH and text[end : end + 1] == "的" and text[end + 1 : end + 2] not in _PARTS_ZH:
        return True
    after = _GONE[language].match(text[end : end + 24])
    return after is not None and (is_kin or after.group()[0] not in "'’")


def _is_indoors(text: str, start: int, end: int, language: Language) -> bool:
    before, after = _INDOORS[language]
    return bool(before.search(text[max(0, start - 32) : start])) or (after is not None and bool(after.match(text[end : end + 2])))


def _tables(name: str) -> dict[str, dict[str, dict[str, Any]]]:
    return tomllib.loads((files(__package__) / name).read_text(encoding="utf-8"))


def _concept(kind: Kind, slug: str, entry: Mapping[str, Any]) -> Concept:
    return Concept(
        kind=kind,
        slug=slug,
        names=(entry.get("en", slug), entry.get("zh", slug)),
        motions=(tuple(entry.get("en_motion", ())), tuple(entry.get("zh_motion", ()))),
        mood=entry.get("mood", ""),
        at=entry.get("at", ""),
        also=entry.get("also", ""),
        climate=entry.get("climate", ""),
        inside=entry.get("inside", False),
        camera=entry.get("camera", ""),
        framing=entry.get("framing", ""),
        being=entry.get("being", ""),
        gender=entry.get("gender", "n"),
        count=entry.get("count", 1),
        family=entry.get("like", ""),
        kin=frozenset(_listed(entry.get("kin", ""), ",")),
    )


def _listed(text: str, separator: str) -> list[str]:
    return [item.strip() for item in text.split(separator) if item.strip()]


def _plural(word: str) -> str:
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"
