"""What can be seen in a story: places, times, weather, figures, props and actions, found by their spellings in two languages.

The words are data (`lexicon.toml`, `cast.toml`, `roles.toml`, `menagerie.toml`, `places.toml`); this module reads and finds them.
"""

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal, Self

from services.core.model import Language
from services.model_service.engines.storyboard.context import Around
from services.model_service.engines.storyboard.english_verbs import Verbs

Kind = Literal["place", "time", "weather", "action", "figure", "prop"]
_SPOTS = "里中上下边"
"""What follows a place's one character to say where in it: 河里."""
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
        for more in (_tables("menagerie.toml"), _tables("roles.toml")):
            for kind, entries in more.items():
                tables[kind] |= entries
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
                    spelled = {form for word in english for form in _forms(word)}
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
            spans += [
                (s, s + 1)
                for s, e in words
                if e - s == 2 and s not in taken and text[s + 1] in _SPOTS and _is_place(spellings, text[s])
            ]
        hits = []
        for start, end in sorted(spans):
            around = Around(text, start, end, language)
            if around.is_absent() or not around.is_thing() or around.is_used_up() or around.is_far_light():
                continue
            spelling = text[start:end]
            found = spellings[spelling if language is Language.ZH else spelling.lower()]
            if around.is_landing():
                found = (self.get("prop", "rocket"),)
            for concept in found:
                if concept.kind in ("figure", "prop") and (around.is_recalled() or around.is_awaited()):
                    continue
                if concept.kind == "figure" and (around.is_sought() or around.is_gone()):
                    continue
                houses = any(other.kind == "place" for other in found)
                if around.is_dwelling and houses and (concept.kind == "place") != around.is_indoors():
                    continue
                ended = concept.kind == "weather" and around.is_over()
                hits.append(Hit(concept, start, end, spelling, ended))
        return hits


def _is_place(spellings: Mapping[str, tuple[Concept, ...]], word: str) -> bool:
    return any(concept.kind == "place" for concept in spellings.get(word, ()))


def looks() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Attributive looks by kind of being and language (`zh`, `en`)."""
    return {being: {k: tuple(v) for k, v in entry.items()} for being, entry in _tables("cast.toml")["look"].items()}


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


def _forms(word: str) -> tuple[str, ...]:
    """One and several; what begins with an article stays one."""
    return (word,) if word.startswith(("a ", "the ")) else (word, _plural(word))


def _plural(word: str) -> str:
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"
