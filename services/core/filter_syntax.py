"""The language of filters: a subset of AIP-160, read into conditions and written from them.

    filter     = [ sequence { "AND" sequence } ]
    sequence   = factor { factor }                   side by side means AND
    factor     = term { "OR" term }                  OR binds tighter than AND, as AIP-160 has it
    term       = [ "NOT" | "-" ] ( comparison | "(" filter ")" )
    comparison = field operator value
    operator   = "=" | "!=" | "<" | "<=" | ">" | ">=" | ":"
    value      = "*" after ":" | "…" | '…' | anything up to a blank, a quotation mark or a parenthesis

Not in it: functions, wildcards within values, a value alone. `filtering.FIELDS` names the fields; each may be written with
`metadata.` before it. A filter has a bounded length and depth, so that reading one is cheap whatever it says.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from services.core.errors import InvalidArgument
from services.core.filtering import FIELDS, All, Any, Comparison, Condition, Field, Kind, Not, Operator, Presence, Value

LONGEST = 2_000
"""Characters of a filter."""
DEEPEST = 20
"""Parentheses within parentheses."""

_LONGEST_QUOTE = 60
_MOST_DIGITS = 9
_BLANK = re.compile(r"\s*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_OPERATOR = re.compile(r"!=|<=|>=|[=<>:]")
_QUOTED = re.compile(r""""((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'""", re.DOTALL)
_BARE = re.compile(r"""[^\s()"']+""")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))?", re.ASCII | re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_KEYWORDS = frozenset({"AND", "OR", "NOT"})


def parse(text: str, *, field: str = "filter") -> Condition | None:
    """The condition that the text describes; None where it is empty.

    `field` is what the text is called where it came from. Raises InvalidArgument FILTER_TOO_LONG, FILTER_TOO_DEEP,
    FILTER_SYNTAX, FILTER_UNFINISHED, FILTER_UNKNOWN_FIELD, FILTER_OPERATOR, FILTER_VALUE; positions count characters from 1.
    """
    if len(text) > LONGEST:
        raise InvalidArgument("FILTER_TOO_LONG", field=field, found=len(text), limit=LONGEST)
    return _Parser(text, field).whole()


def render(condition: Condition) -> str:
    """The condition as text, from which `parse` reads the same condition."""
    match condition:
        case Comparison(name, compare, value):
            return f"{name} {compare} {_written(value)}"
        case All(of=parts):
            return " AND ".join(_operand(part) for part in parts)
        case Any(of=parts):
            return " OR ".join(_operand(part) for part in parts)
        case Not(of=part):
            return f"NOT {_operand(part)}"


def _operand(condition: Condition) -> str:
    return render(condition) if isinstance(condition, Comparison) else f"({render(condition)})"


def _written(value: Value | Presence) -> str:
    match value:
        case Presence():
            return value.value
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat()
        case str():
            return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
        case _:
            return str(value)


class _Parser:
    """Reads from the left, one rule of the grammar a method. `_at` is how far it has come."""

    def __init__(self, text: str, field: str) -> None:
        self._text = text
        self._field = field
        self._at = 0
        self._depth = 0

    def whole(self) -> Condition | None:
        self._skip_blanks()
        if self._at == len(self._text):
            return None
        condition = self._filter()
        if self._at < len(self._text):
            raise self._unexpected("AND, OR")
        return condition

    def _filter(self) -> Condition:
        parts = [self._factor()]
        while self._at < len(self._text) and self._peek() != ")":
            self._keyword("AND")
            parts.append(self._factor())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _factor(self) -> Condition:
        parts = [self._term()]
        while self._keyword("OR"):
            parts.append(self._term())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def _term(self) -> Condition:
        if self._keyword("NOT") or self._symbol("-"):
            return Not(self._simple())
        return self._simple()

    def _simple(self) -> Condition:
        began = self._at
        if not self._symbol("("):
            return self._comparison()
        self._depth += 1
        if self._depth > DEEPEST:
            raise InvalidArgument("FILTER_TOO_DEEP", field=self._field, position=began + 1, limit=DEEPEST)
        condition = self._filter()
        if not self._symbol(")"):
            raise self._unexpected(")")
        self._depth -= 1
        return condition

    def _comparison(self) -> Comparison:
        began = self._at
        written = self._take(_NAME)
        if written is None or written in _KEYWORDS:
            self._at = began
            raise self._unexpected(", ".join(FIELDS))
        name = written if written in FIELDS else written.removeprefix("metadata.")
        known = FIELDS.get(name)
        if known is None:
            raise self._error("FILTER_UNKNOWN_FIELD", began, found=_quote(written), known=", ".join(FIELDS))
        return self._compared(name, known)

    def _compared(self, name: str, known: Field) -> Comparison:
        began = self._at
        compare = cast(Operator | None, self._take(_OPERATOR))
        if compare is None:
            raise self._unexpected(", ".join(known.kind.operators))
        if compare not in known.kind.operators:
            raise self._error("FILTER_OPERATOR", began, name=name, found=compare, known=", ".join(known.kind.operators))
        if compare == ":" and self._symbol("*"):
            return Comparison(name, compare, Presence.ANY)
        value = self._value(name, known)
        return Comparison(name, "=" if compare == ":" and known.kind is not Kind.TEXT else compare, value)

    def _value(self, name: str, known: Field) -> Value:
        began = self._at
        if quoted := _QUOTED.match(self._text, self._at):
            self._move(quoted.end())
            found = _ESCAPED.sub(r"\1", quoted[1] if quoted[1] is not None else quoted[2])
        else:
            bare = self._take(_BARE)
            if bare is None:
                raise self._unexpected(_expected(known))
            found = bare
        value = _READERS[known.kind](found, known)
        if value is None:
            raise self._error("FILTER_VALUE", began, name=name, found=_quote(found), expected=_expected(known))
        return value

    # -- characters --------------------------------------------------------------------------------------------------------

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip_blanks(self) -> None:
        self._move(self._at)

    def _move(self, to: int) -> None:
        """Up to there, and over the blanks that follow."""
        blank = _BLANK.match(self._text, to)
        self._at = blank.end() if blank else to

    def _take(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self._text, self._at)
        if found is None:
            return None
        self._move(found.end())
        return found[0]

    def _symbol(self, symbol: str) -> bool:
        there = self._peek() == symbol
        if there:
            self._move(self._at + 1)
        return there

    def _keyword(self, word: str) -> bool:
        found = _NAME.match(self._text, self._at)
        there = found is not None and found[0] == word
        if there:
            self._move(self._at + len(word))
        return there

    # -- complaints --------------------------------------------------------------------------------------------------------

    def _error(self, reason: str, position: int, **params: str) -> InvalidArgument:
        return InvalidArgument(reason, field=self._field, position=position + 1, retry_after=None, **params)

    def _unexpected(self, expected: str) -> InvalidArgument:
        if self._at == len(self._text):
            return self._error("FILTER_UNFINISHED", self._at, expected=expected)
        found = _BARE.match(self._text, self._at)
        return self._error("FILTER_SYNTAX", self._at, found=_quote(found[0] if found else self._peek()), expected=expected)


def _quote(text: str) -> str:
    """A caller's words for a message: short, and always encodable."""
    short = text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"
    return short.encode("utf-8", "replace").decode()


def _expected(known: Field) -> str:
    """What a field takes, in signs that need no translation."""
    examples = {
        Kind.ID: "11111111-2222-3333-4444-555555555555",
        Kind.FLAG: "true, false",
        Kind.TEXT: '"…"',
        Kind.TIME: "2026-11-20T12:40:30Z, 2026-11-20",
        Kind.NUMBER: "0, 1, 2, …",
    }
    return examples.get(known.kind) or ", ".join(known.choices)


def _choice(text: str, known: Field) -> str | None:
    return text if text in known.choices else None


def _id(text: str, _: Field) -> UUID | None:
    return UUID(text) if _UUID.fullmatch(text) else None


def _flag(text: str, _: Field) -> bool | None:
    return {"true": True, "false": False}.get(text)


def _number(text: str, _: Field) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def _text(text: str, _: Field) -> str | None:
    return text if text and text.isprintable() else None


def _time(text: str, _: Field) -> datetime | None:
    """RFC 3339; a date alone is its first moment in UTC."""
    if not _TIME.fullmatch(text):
        return None
    try:
        at = datetime.fromisoformat(text.upper())
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_READERS: dict[Kind, Callable[[str, Field], Value | None]] = {
    Kind.CHOICE: _choice,
    Kind.ID: _id,
    Kind.FLAG: _flag,
    Kind.TEXT: _text,
    Kind.TIME: _time,
    Kind.NUMBER: _number,
}
