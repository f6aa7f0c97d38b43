"""English clauses taken apart with closed word classes and verb forms: subject, finite verb, object, and who is meant."""

import re
from collections.abc import Iterator, Sequence

from services.core.model import Language
from services.model_service.engines.storyboard import english_names
from services.model_service.engines.storyboard.english_finite import Finite, find_finite
from services.model_service.engines.storyboard.english_verbs import Verbs
from services.model_service.engines.storyboard.english_words import (
    ADVERBS,
    CLOSED,
    CONJUNCTIONS,
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
    SUBJECT_PRONOUNS,
    TOKEN,
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
_AGES = frozenset({"old", "little", "young"})
_NO_BREAK = re.compile(r"(?:\bas\s\w+|\b(?:hundred|thousand))\s*$", re.IGNORECASE)
_SPOKEN = re.compile(r"[“\"][^“”\"]*[”\"]?|‘[^‘’]*’(?!\w)")
_SHORT_SPEECH = 9


class English:
    """English, without a tagger's weights: stories for films are told in plain past or present sentences."""

    language = Language.EN

    def __init__(self, verbs: Verbs) -> None:
        self._verbs = verbs

    def words(self, text: str) -> list[tuple[int, int]]:
        return [m.span() for m in TOKEN.finditer(text)]

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
        tokens = [m.group() for m in TOKEN.finditer(text)]
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
        tokens = [m.group() for m in TOKEN.finditer(text)]
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
            name,
            beat,
            self._action(rest, finite),
            self._thing(subject) or self._thing(self._nouns(tokens)),
            self._bases(tokens),
            many,
        )

    def _inverted(self, tokens: Sequence[str], finite: Finite) -> Phrase | None:
        """`Under the tree lay three eggs`, told as three eggs that lie under the tree, and `there was a boat` as a boat that is
        there; None for any other clause.
        """
        lower = [t.lower() for t in tokens]
        after = tokens[finite.at + 1 :]
        if not after or not (lower[finite.at + 1] in DETERMINERS or after[0][0].isupper()):
            return None
        expletive = "there" in lower[max(0, finite.at - 1) : finite.at]
        fronted = finite.base in _STANDS and lower[0] in PREPOSITIONS and not self._has_own_subject(tokens[: finite.at])
        if not expletive and not fronted:
            return None
        where = [t for t in tokens[: finite.at] if t.lower() != "there"]
        end = len(after)
        if expletive:
            ends = PREPOSITIONS - {"of"}
            end = next((i for i, t in enumerate(after) if i > 1 and (t.lower() in ends or not t[0].isalnum())), len(after))
            if lower[finite.at + 1] == "no":
                return Phrase(thing=self._thing(after), verbs=self._bases(tokens))
        many = is_plural(after[:end])
        place = [*after[end:], *([where[0].lower(), *where[1:]] if where else [])]
        there = ["there"] if expletive and (not place or not place[0][0].isalnum()) else []
        beat = _joined([finite.many if many else finite.one, *there, *place])
        return Phrase(_joined(after[:end]), beat, "", self._thing(after[:end]), self._bases(tokens), many)

    @staticmethod
    def _has_own_subject(before: Sequence[str]) -> bool:
        """Whether the words before a verb that begin with a preposition go on to say who does it: at dusk, old Mara."""
        last = before[-1]
        if last.lower() in SUBJECT_PRONOUNS or (last[0].isupper() and before[-2].lower() not in PREPOSITIONS | DETERMINERS):
            return True
        comma = max((i for i, t in enumerate(before) if t == ","), default=-1)
        return 0 <= comma < len(before) - 1 and before[comma + 1].lower() not in PREPOSITIONS

    def _finite(self, tokens: Sequence[str], start: int = 0) -> Finite | None:
        return find_finite(tokens, self._verbs, start)

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

    def is_childish(self, name: str) -> bool:  # noqa: ARG002 - English names do not tell it
        return False

    def pronouns(self, clause: str) -> list[str]:
        text = _SPOKEN.sub(" ", clause).lower()
        return list(dict.fromkeys(PRONOUNS[w] for w in re.findall(r"[a-z]+", text) if w in PRONOUNS))

    def names(self, text: str) -> list[tuple[str, int]]:
        return english_names.names(text, self._verbs)

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
        if start and lower[start - 1] in PREPOSITIONS and end - start > 2 and tokens[end - 1][0].isupper():
            named = end - 1  # on the third night | old Mara
            while named > start + 1 and (tokens[named - 1][0].isupper() or lower[named - 1] in _AGES):
                named -= 1
            return list(tokens[named:end]) if tokens[named - 1][0].islower() and lower[named - 1] not in DETERMINERS else []
        return list(tokens[start:end])

    def _present(self, tokens: Sequence[str], finite: Finite, *, plural: bool) -> list[str]:
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

    def _action(self, tokens: Sequence[str], finite: Finite) -> str:
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

    def _nouns(self, tokens: Sequence[str]) -> list[str]:
        """The tokens with a mark for every finite verb."""
        found, at = list(tokens), 0
        while (finite := self._finite(tokens, at)) is not None:
            found[finite.at] = ","
            at = finite.at + 1
        return found

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
