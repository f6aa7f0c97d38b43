"""What the screenwriter needs to know of a language, whichever it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.core.model import Language


@dataclass(frozen=True, slots=True)
class Phrase:
    """A clause taken apart for a storyboard.

    `subject` is who acts, as written ("" when the clause leaves it out); `beat` what happens, ready to stand after "first" or 先,
    and "" when nothing does; `action` the deed as a title names it (点起篝火, lighting the lamp), "" when there is none; `thing` a
    noun phrase that a title may be made of. `verbs` are the base forms of its verbs where a language inflects them, and `many`
    tells whether several do it.
    """

    subject: str = ""
    beat: str = ""
    action: str = ""
    thing: str = ""
    verbs: tuple[str, ...] = ()
    many: bool = False


class Grammar(Protocol):
    """One language's way with words. Spans are offsets in the text given."""

    @property
    def language(self) -> Language: ...

    def words(self, text: str) -> Sequence[tuple[int, int]]:
        """The spans of the words."""

    def clauses(self, sentence: str) -> Sequence[tuple[int, int]]:
        """The spans of the clauses, in order, together the whole sentence; each is short enough for one narration."""

    def halves(self, clause: str) -> int | None:
        """Where a clause that tells two things may be parted, None when it tells one."""

    def parse(self, clause: str, *, many: bool = False) -> Phrase:
        """The clause taken apart; `many` says whether several act in it when it leaves out who."""

    def gender(self, name: str) -> str:
        """`m` or `f` where the name alone tells it, else "" ."""

    def is_childish(self, name: str) -> bool:
        """Whether a name by its form is a child's: 小明."""

    def pronouns(self, clause: str) -> Sequence[str]:
        """Who is meant without being named: `m`, `f`, `n` (one of either) or `many`, in order."""

    def names(self, text: str) -> Sequence[tuple[str, int]]:
        """Names of persons and where each stands first, at most a dozen, in order of appearance."""


def pieces(spans: Sequence[tuple[int, int]], limit: int) -> list[tuple[int, int]]:
    """Join neighbouring word spans, which may have gaps, to pieces of at most `limit` characters; a longer word is cut."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and end - found[-1][0] <= limit:
            found[-1] = (found[-1][0], end)
            continue
        found.extend((at, min(at + limit, end)) for at in range(start, end, limit))
    return found
