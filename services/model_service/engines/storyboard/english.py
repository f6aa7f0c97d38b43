"""English clauses taken apart with closed word classes and verb forms: subject, finite verb, object, and who is meant."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.core.model import Language
from services.model_service.engines.storyboard.english_verbs import Verbs
from services.model_service.engines.storyboard.english_words import (
    ADVERBS,
    CLOSED,
    CONJUNCTIONS,
    DETERMINERS,
    FINITE_BE,
    HONORIFICS,
    MODALS,
    NOT_NAMES,
    PLURAL_PRONOUNS,
    PREPOSITIONS,
    PRONOUNS,
    SUBJECT_PRONOUNS,
    TAKES_OBJECT,
    is_plural,
)
from services.model_service.engines.storyboard.grammar import Phrase, pieces
from services.model_service.engines.storyboard.segmentation import quotations

CLAUSE_LIMIT = 79


_LEADING = re.compile(
    r"^(?:(?:and then|and so|and|but|then|so|or|yet|suddenly|finally|at last|at once|just then|soon|meanwhile|when|while|as|until|"
    r"because|now|once|after that|one day|in the end|there and then|instead|still|again|however)\b[\s,]*)+",
    re.IGNORECASE,
)
_BREAK = re.compile(
    r"[,;:—–]+[”\"’]?\s+|\s[-–—]+\s|\s+(?=and then\b|and\b|but\b|then\b|until\b|while\b|when\b|as\b(?!\s\w+\sas\b))", re.IGNORECASE
)
_STANDS = frozenset({"lie", "stand", "sit", "come", "go", "rise", "climb", "hang", "wait", "live", "grow", "stretch", "appear"})
_PHRASE = re.compile(
    r"\S.*?(?:\s+(?=(?:and|but|or|with|from|into|to|in|on|at|under|over|by|for|through|across|along|behind|beside|like|as|who|which|"
    r"that|where|when|while|until|because)\b)|$)",
    re.IGNORECASE,
)
_NO_BREAK = re.compile(r"(?:\bas\s\w+|\b(?:hundred|thousand))\s*$", re.IGNORECASE)
_TOKEN = re.compile(r"(?:Mr|Mrs|Ms|Dr|St|Prof|Capt)\.|(?:[ap]\.m|e\.g|i\.e)\.?|[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,:]\d+)*|\S")
_SPOKEN = re.compile(r"[“\"][^“”\"]*[”\"]?|‘[^‘’]*’(?!\w)")
_SHORT_SPEECH = 9
_NAMED = re.compile(r"\b(?:named|called|name was|name is)\s+([A-Z][\w'’]+)")


@dataclass(frozen=True, slots=True)
class _Finite:
    """The verb at token `at` that says when: its base, and its form for one and for many in the present."""

    at: int
    one: str
    many: str
    base: str


class English:
    """English, without a tagger's weights: stories for films are told in plain past or present sentences."""

    language = Language.EN

    def __init__(self, verbs: Verbs) -> None:
        self._verbs = verbs

    def words(self, text: str) -> list[tuple[int, int]]:
        return [m.span() for m in _TOKEN.finditer(text)]

    def clauses(self, sentence: str) -> list[tuple[int, int]]:
        quotes = [(s, e) for s, e in quotations(sentence) if e - s <= CLAUSE_LIMIT]
        cuts = [
            m.end()
            for m in _BREAK.finditer(sentence)
            if not any(s < m.start() < e - 1 for s, e in quotes)
            and not _NO_BREAK.search(sentence, max(0, m.start() - 24), m.start())
        ]
        spans: list[tuple[int, int]] = []
        start = 0
        for end in (*cuts, len(sentence)):
            piece = sentence[start:end]
            if end < len(sentence) and not self._stands(sentence, start, end):
                continue
            if spans and not self._tells(piece) and end - spans[-1][0] <= CLAUSE_LIMIT:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
            start = end
        return list(self._short(sentence, spans))

    def _stands(self, sentence: str, start: int, end: int) -> bool:
        """Whether a cut at `end` leaves a clause before and one after: `bread and butter` and `red, blue` have none."""
        if end - start > CLAUSE_LIMIT:
            return True
        return self._tells(sentence[start:end]) and self._tells(sentence[end : end + 160], begins=True)

    def _tells(self, piece: str, *, begins: bool = False) -> bool:
        """Whether something happens in `piece` (`begins`: before its first comma)."""
        if _SPOKEN.match(piece.lstrip()):
            return True
        text = re.split(r"[,;—]", _LEADING.sub("", piece), maxsplit=1)[0] if begins else _LEADING.sub("", piece)
        tokens = [m.group() for m in _TOKEN.finditer(text)]
        is_relative = bool(tokens) and tokens[0].lower() in ("who", "which", "whose", "where", "that")
        return not is_relative and self._finite(tokens) is not None

    def _short(self, sentence: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        for start, end in spans:
            if end - start <= CLAUSE_LIMIT:
                yield start, end
                continue
            parts = [m.span() for m in re.finditer(r"[^,;:]+(?:[,;:]+[”\"’]?\s*|$)", sentence[start:end])]
            if all(20 <= b - a <= CLAUSE_LIMIT for a, b in parts):
                yield from ((start + s, start + e) for s, e in pieces(parts, CLAUSE_LIMIT))
                continue
            parts = [m.span() for m in _PHRASE.finditer(sentence[start:end])]
            if any(b - a > CLAUSE_LIMIT for a, b in parts):
                parts = [m.span() for m in re.finditer(r"\S+\s*", sentence[start:end])]
            yield from ((start + s, start + e) for s, e in pieces(parts, CLAUSE_LIMIT - 14))

    def halves(self, clause: str) -> int | None:
        for pattern in (r"\s(?=(?:to|and|then|while|as|until)\s)", r"\s(?=[a-z]+ing\s)"):
            found = [m.end() for m in re.finditer(pattern, clause) if m.end() >= 10 and len(clause) - m.end() >= 8]
            if found:
                return min(found, key=lambda at: abs(at - len(clause) // 2))
        return None

    def parse(self, clause: str, *, many: bool = False) -> Phrase:
        text, spoken = self._unquote(clause)
        text = _LEADING.sub("", text.strip(" \n")).rstrip(" .,;:!?—–-…\n")
        tokens = [m.group() for m in _TOKEN.finditer(text)]
        finite = self._finite(tokens)
        if finite is None:
            if spoken and not tokens:
                return Phrase(beat=f'says, "{spoken}"')
            return Phrase(thing=self._thing(tokens))
        if inverted := self._inverted(tokens, finite):
            return inverted
        subject = self._subject(tokens, finite.at)
        rest = tokens[finite.at :]
        if (
            not subject
            and finite.at == 0
            and _SPOKEN.search(clause)
            and len(rest) > 1
            and (rest[1][0].isupper() or rest[1] in ("the", "a", "an"))
        ):
            end = rest.index(",") if "," in rest else len(rest)  # "…," asked Lily
            subject, rest = rest[1:end], rest[:1]
        adverbs = [t for t in subject if t.lower() in ADVERBS or (t.lower().endswith("ly") and t[0].islower() and len(t) > 4)]
        subject = [t for t in subject if t not in adverbs]
        many = is_plural(subject) if subject else many
        present = self._present(rest, finite, plural=many)
        beat = _joined([*(a for a in adverbs if a.lower() not in ADVERBS), *present])
        if spoken:
            beat = f'{beat}, "{spoken}"'
        name = _joined(subject)
        if name and not name[0].islower() and subject[0].lower() in DETERMINERS | SUBJECT_PRONOUNS - {"i"}:
            name = name[0].lower() + name[1:]
        return Phrase(
            name, beat, self._action(rest, finite), self._thing(subject) or self._thing(tokens), self._bases(tokens), many
        )

    def _inverted(self, tokens: Sequence[str], finite: _Finite) -> Phrase | None:
        """`Under the tree lay three eggs`, told as three eggs that lie under the tree; None for any other clause."""
        first, after = tokens[0].lower(), tokens[finite.at + 1 :]
        if finite.base not in _STANDS or first not in PREPOSITIONS or not after or after[0].lower() not in DETERMINERS:
            return None
        many = is_plural(after)
        where = _joined([first, *tokens[1 : finite.at]])
        return Phrase(
            _joined(after), f"{finite.many if many else finite.one} {where}", "", self._thing(after), self._bases(tokens), many
        )

    def _bases(self, tokens: Sequence[str]) -> tuple[str, ...]:
        """The base forms of the finite verbs and of what someone is doing."""
        bases = []
        at = 0
        while (finite := self._finite(tokens, at)) is not None:
            bases.append(finite.base)
            at = finite.at + 1
        bases += [base for i, t in enumerate(tokens) if (base := self._verbs.base_of_gerund(t.lower())) and self._is_own(tokens, i)]
        return tuple(dict.fromkeys(b for b in bases if b))

    def _is_own(self, tokens: Sequence[str], at: int) -> bool:
        """Whether a form in -ing is what the subject does: `came running`, but not `found Mara sitting`."""
        before = tokens[at - 1] if at else ""
        return not (before[:1].isupper() and at > 1 and self._finite(tokens[: at - 1]) is not None)

    def _unquote(self, clause: str) -> tuple[str, str]:
        """The clause without what is said in it, and what is said when it is short."""
        said = [m.group().strip('“”"‘’ ') for m in _SPOKEN.finditer(clause)]
        rest = _SPOKEN.sub(" ", clause)
        first = said[0].rstrip(" .,;") if said else ""
        return " ".join(rest.split()).lstrip(", "), first if len(first.split()) <= _SHORT_SPEECH else ""

    def gender(self, name: str) -> str:
        return self._verbs.names.get(name.lower(), "")

    def pronouns(self, clause: str) -> list[str]:
        text = _SPOKEN.sub(" ", clause).lower()
        return list(dict.fromkeys(PRONOUNS[w] for w in re.findall(r"[a-z]+", text) if w in PRONOUNS))

    def names(self, text: str) -> list[tuple[str, int]]:
        """Capitalised words inside sentences, without weekdays, titles and what prepositions show to be places."""
        inner: Counter[str] = Counter()
        first: dict[str, int] = {}
        placed: Counter[str] = Counter()
        opening: Counter[str] = Counter()
        named = {m.group(1) for m in _NAMED.finditer(text)}
        before = ""
        for match in _TOKEN.finditer(text):
            word = match.group()
            begins = (
                before in ("", ".", "!", "?", "“", '"', "…", ":", "‘") or "\n" in text[max(0, match.start() - 2) : match.start()]
            )
            if (
                word[0].isupper()
                and word[1:].islower()
                and word.isascii()
                and word.lower().removesuffix("'s") not in NOT_NAMES | CLOSED
            ):
                name = re.sub(r"['’]s$", "", word)
                first.setdefault(name, match.start())
                if begins and self._begins_a_deed(text, match.end()):
                    opening[name] += 1
                if not begins or before.lower() in HONORIFICS:
                    inner[name] += 1
                    placed[name] += before.lower() in ("in", "at", "from", "near", "into", "the", "of")
            before = word
        people = [n for n, count in inner.items() if placed[n] * 2 <= count] + [n for n in named if n not in inner]
        lower = set(re.findall(r"\b[a-z]+\b", text))
        known = [n for n, k in opening.items() if n not in people and n.lower() not in lower and (k > 1 or self.gender(n))]
        people += [n for n in known if not inner[n]]
        return sorted(((n, first.get(n, 0)) for n in people if len(n) > 1), key=lambda found: found[1])[:12]

    def _begins_a_deed(self, text: str, at: int) -> bool:
        """Whether the word that ends at `at` is followed by what it does."""
        after = _TOKEN.search(text, at)
        word = after.group().lower() if after else ""
        return word in FINITE_BE or word in MODALS or bool(self._verbs.base_of_past(word) or self._verbs.base_of_third(word))

    def _finite(self, tokens: Sequence[str], start: int = 0) -> _Finite | None:
        for at in range(start, len(tokens)):
            word = tokens[at].lower()
            before = tokens[at - 1].lower() if at else ""
            if before in ("who", "which", "that", "to") and at > 1 and before != "to":
                continue
            if word in FINITE_BE:
                one = "am" if before == "i" else "is"
                return _Finite(at, one, "are", "be")
            if word in MODALS:
                return _Finite(at, MODALS[word], MODALS[word], "")
            found = self._lexical(tokens, at, word, before)
            if found:
                return found
        return None

    def _lexical(self, tokens: Sequence[str], at: int, word: str, before: str) -> _Finite | None:
        """The full verb at `at`, unless what stands around it makes it a participle or a noun."""
        after = tokens[at + 1].lower() if at + 1 < len(tokens) else ""
        if before in DETERMINERS - {"this", "that", "these", "those", "both", "all", "one", "her"} or before in PREPOSITIONS - {
            "up",
            "down",
            "out",
            "off",
            "past",
            "before",
            "after",
        }:
            return None
        if (
            before in FINITE_BE
            or before in ("be", "been", "being", "have", "having")
            or (before.endswith("ly") and at == 1 and tokens[0][0].islower())
        ):
            return None
        names_next = at + 1 < len(tokens) and tokens[at + 1][0].isupper()
        if names_next and word in ("named", "called") and before not in SUBJECT_PRONOUNS:
            return None  # a girl named Poppy
        if (
            at == 0
            and after
            and not names_next
            and after not in DETERMINERS | PREPOSITIONS | ADVERBS | set(PRONOUNS)
            and not after.endswith("ly")
        ):
            return None
        base = self._verbs.base_of_past(word) if word != "her" else None
        if base and not (word in TAKES_OBJECT and after in PREPOSITIONS):
            if word == "had" and after:
                return _Finite(at, "has", "have", "have")
            return _Finite(at, self._verbs.third(base), base, base)
        if (
            at
            and (known := self._verbs.base_of_third(word))
            and before not in CLOSED - SUBJECT_PRONOUNS
            and not before.endswith("ing")
        ):
            return _Finite(at, word, known, known)
        if before in PLURAL_PRONOUNS | {"i"} and word in self._verbs.known:
            return _Finite(at, self._verbs.third(word), word, word)
        return None

    @staticmethod
    def _subject(tokens: Sequence[str], verb: int) -> list[str]:
        """The noun phrase that the verb belongs to; empty when the clause leaves it out."""
        lower = [t.lower() for t in tokens]
        end = next((at for at in range(1, verb) if lower[at] in ("who", "which", "that")), verb)
        if end == verb and verb and tokens[verb - 1] == ",":
            end = tokens.index(",")  # Mr. Harris, the clockmaker, …
        start = None
        for at in range(end - 1, -1, -1):
            if not tokens[at][0].isalnum():
                break
            start = at
            if lower[at] in SUBJECT_PRONOUNS | DETERMINERS and at:
                before = lower[at - 1]
                carries = before in DETERMINERS | {"of", "and"} or (
                    before in PREPOSITIONS and at > 1 and lower[at - 2] not in CLOSED
                )
                if not carries:
                    break
        if start is None:
            return []
        if lower[start] in PREPOSITIONS | CONJUNCTIONS:
            inner = [
                at
                for at in range(start, end)
                if lower[at] in DETERMINERS | SUBJECT_PRONOUNS or (at > start + 1 and tokens[at][0].isupper())
            ]
            return list(tokens[inner[-1] : end]) if inner else []
        return list(tokens[start:end])

    def _present(self, tokens: Sequence[str], finite: _Finite, *, plural: bool) -> list[str]:
        """The predicate told in the present; later verbs in it follow the same or their own subject."""
        words = [finite.many if plural else finite.one, *tokens[1:]]
        at = 1
        while (later := self._finite(tokens, at)) is not None:
            before = [t for t in tokens[at : later.at] if t[0].isalpha()]
            own = before[-1].lower() if before and before[-1].lower() not in CONJUNCTIONS | ADVERBS else ""
            many = is_plural([own]) if own and not own.endswith("ly") else plural
            if tokens[later.at].lower() not in ("had", "been"):
                words[later.at] = later.many if many else later.one
            at = later.at + 1
        return words

    def _action(self, tokens: Sequence[str], finite: _Finite) -> str:
        """The deed as a gerund with its object, two to five words, in lower case; `tokens` begin with the verb."""
        if not finite.base or finite.base in ("be", "have", "do", "say", "ask", "seem", "become", "begin", "start", "name", "call"):
            return ""
        if finite.base in _STANDS and len(tokens) > 1 and tokens[1].lower() in DETERMINERS:
            return ""  # "there lay an island": the subject follows
        taken: list[str] = []
        for at, word in enumerate(tokens[1:9], 1):
            lower = word.lower()
            if (lower.endswith("ly") and len(word) > 4) or lower in ("then", "again"):
                continue
            if (
                not word[0].isalpha()
                or lower in CONJUNCTIONS
                or lower in SUBJECT_PRONOUNS - {"it"}
                or lower in ("as", "like")
                or lower.endswith("ing")
            ):
                break
            if lower in PREPOSITIONS and any(t.lower() not in CLOSED for t in taken) and len(taken) > 1:
                if len(taken) == 2 and len(tokens) == at + 2 and tokens[at + 1].lower() in PRONOUNS:
                    return " ".join([self._verbs.gerund(finite.base), *taken, *tokens[at:]])  # putting his arms around her
                break
            taken.append(word)
        while taken and (
            taken[-1].lower() in DETERMINERS or taken[-1].lower() in ("of", "to", "with", "from", "for", "at", "into", "by")
        ):
            taken.pop()
        if not taken or len(taken) > 4 or {"it", "them", "him", "himself", "herself", "themselves"} & {t.lower() for t in taken}:
            return ""
        return " ".join([self._verbs.gerund(finite.base), *taken])

    @staticmethod
    def _thing(tokens: Sequence[str]) -> str:
        """The last plain noun phrase: a determiner's words up to the next closed word."""
        best: list[str] = []
        run: list[str] = []
        for token in tokens:
            lower = token.lower()
            if token[0].isalpha() and lower not in CLOSED and not lower.endswith("ly"):
                run.append(token)
                best = run
            else:
                run = []
        return " ".join(best[-3:])


def _joined(tokens: Sequence[str]) -> str:
    return re.sub(r"\s+([,.;:!?…)])", r"\1", " ".join(tokens)).strip(" ,")
