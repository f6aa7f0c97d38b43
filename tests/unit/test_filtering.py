"""The language of filters: what it reads, what it refuses and where, and that nothing else can come of any text."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.errors import InvalidArgument
from services.core.filter_syntax import DEEPEST, LONGEST, parse, render
from services.core.filtering import FIELDS, All, Any, Comparison, Condition, Not, Presence, matches
from services.core.model import Language, OperationType
from services.core.ordering import SORTABLE, parse_order
from tests import builders
from tests.conditions import CONDITIONS

FAILED = Comparison("status", "=", "failed")
DONE = Comparison("done", "=", True)
FILM = Comparison("type", "=", "video_render")
BEFORE = Comparison("create_time", "<", datetime(2026, 11, 20, 4, 40, 30, tzinfo=UTC))
ID = "0199d3a4-7c10-7b1e-9a52-4fbb04b3db6d"


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("", None),
        (" \t\n", None),
        ("status=failed", FAILED),
        ("status : failed", FAILED),
        ("metadata.status = 'failed'", FAILED),
        ("(((status = failed)))", FAILED),
        ("status = failed AND done = true", All((FAILED, DONE))),
        ("status = failed done = true", All((FAILED, DONE))),
        ("status = failed OR done = true", Any((FAILED, DONE))),
        ("status = failed AND done = true OR type = video_render", All((FAILED, Any((DONE, FILM))))),
        ("status = failed OR done = true AND type = video_render", All((Any((FAILED, DONE)), FILM))),
        ("status = failed OR done = true type = video_render", All((Any((FAILED, DONE)), FILM))),
        ("(status = failed AND done = true) OR type = video_render", Any((All((FAILED, DONE)), FILM))),
        ("NOT status = failed", Not(FAILED)),
        ("-status = failed OR done = true", Any((Not(FAILED), DONE))),
        ("NOT (status = failed done = true)", Not(All((FAILED, DONE)))),
        ('create_time < "2026-11-20T12:40:30+08:00"', BEFORE),
        ("create_time<2026-11-20T04:40:30Z", BEFORE),
        ("create_time < 2026-11-20t04:40:30.000000z", BEFORE),
        ("end_time >= 2026-11-20", Comparison("end_time", ">=", datetime(2026, 11, 20, tzinfo=UTC))),
        (f"story_id = {ID.upper()}", Comparison("story_id", "=", UUID(ID))),
        ("attempt > 3", Comparison("attempt", ">", 3)),
        ("worker : 工", Comparison("worker", ":", "工")),
        ("worker = story-worker/a.b:c=d", Comparison("worker", "=", "story-worker/a.b:c=d")),
        (r'worker = "a \"b\" \\ OR \'c\'"', Comparison("worker", "=", "a \"b\" \\ OR 'c'")),
        ("error.reason : *", Comparison("error.reason", ":", Presence.ANY)),
        ("error.reason = '*'", Comparison("error.reason", "=", "*")),
        ("worker = AND", Comparison("worker", "=", "AND")),
    ],
)
def test_what_is_read(text: str, condition: Condition | None) -> None:
    assert parse(text) == condition


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    [
        ("failed", "FILTER_UNKNOWN_FIELD", 1),
        ("  colour = red", "FILTER_UNKNOWN_FIELD", 3),
        ("error = x", "FILTER_UNKNOWN_FIELD", 1),
        ("metadata.progress = 1", "FILTER_UNKNOWN_FIELD", 1),
        ("'status' = failed", "FILTER_SYNTAX", 1),
        ("status == failed", "FILTER_VALUE", 9),
        ("status = FAILED", "FILTER_VALUE", 10),
        ("status = *", "FILTER_VALUE", 10),
        ("status < failed", "FILTER_OPERATOR", 8),
        ("worker >= a", "FILTER_OPERATOR", 8),
        ("status ~ failed", "FILTER_SYNTAX", 8),
        ("status", "FILTER_UNFINISHED", 7),
        ("status =", "FILTER_UNFINISHED", 9),
        ("status = (failed)", "FILTER_SYNTAX", 10),
        ("status = failed and done = true", "FILTER_UNKNOWN_FIELD", 17),
        ("status = failed AND", "FILTER_UNFINISHED", 20),
        ("AND status = failed", "FILTER_SYNTAX", 1),
        ("NOT NOT status = failed", "FILTER_SYNTAX", 5),
        ("--status = failed", "FILTER_SYNTAX", 2),
        ("(status = failed", "FILTER_UNFINISHED", 17),
        ("status = failed)", "FILTER_SYNTAX", 16),
        ("()", "FILTER_SYNTAX", 2),
        ('worker = "abc', "FILTER_SYNTAX", 10),
        ('worker = ""', "FILTER_VALUE", 10),
        ("worker = 'a\nb'", "FILTER_VALUE", 10),
        ("worker = 'a\0'", "FILTER_VALUE", 10),
        ("worker = '\ud800'", "FILTER_VALUE", 10),
        ("attempt = -1", "FILTER_VALUE", 11),
        ("attempt = 9999999999", "FILTER_VALUE", 11),
        ("attempt = ³", "FILTER_VALUE", 11),
        ("done = yes", "FILTER_VALUE", 8),
        ("story_id = 1", "FILTER_VALUE", 12),
        ("create_time = yesterday", "FILTER_VALUE", 15),
        ("create_time = 2026-11-20T12:40:30", "FILTER_VALUE", 15),
        ("create_time = 2026-02-30", "FILTER_VALUE", 15),
        ("create_time = 2026-W01-1", "FILTER_VALUE", 15),
        ("create_time = 0001-01-01T00:00:00+14:00", "FILTER_VALUE", 15),
        ("create_time = ２０２６-11-20", "FILTER_VALUE", 15),
        ("(" * (DEEPEST + 1) + "done = true" + ")" * (DEEPEST + 1), "FILTER_TOO_DEEP", DEEPEST + 1),
    ],
)
def test_what_is_refused_and_where(text: str, reason: str, position: int) -> None:
    with pytest.raises(InvalidArgument) as refused:
        parse(text, field="query.filter")
    error = refused.value
    assert (error.reason, error.params["position"], error.params["field"]) == (reason, position, "query.filter")
    for language in Language:
        error.message(language).encode()


def test_what_is_refused_says_what_is_allowed() -> None:
    for text, allowed in (
        ("colour = red", list(FIELDS)),
        ("status = done", list(FIELDS["status"].choices)),
        ("status < failed", ["=", "!=", ":"]),
        ("end_time = now", ["2026-11-20T12:40:30Z"]),
    ):
        with pytest.raises(InvalidArgument) as refused:
            parse(text)
        for language in Language:
            assert all(word in refused.value.message(language) for word in allowed), text


def test_a_filter_may_be_long_but_not_longer() -> None:
    longest = "worker=" + "x" * (LONGEST - 7)
    assert parse(longest) == Comparison("worker", "=", "x" * (LONGEST - 7))
    with pytest.raises(InvalidArgument, match=str(LONGEST)):
        parse(longest + "x")
    deepest = "(" * DEEPEST + "done = true" + ")" * DEEPEST
    assert parse(" ".join([deepest] * 3)) == All((DONE,) * 3)


# -- any text, any condition ---------------------------------------------------------------------------------------------------

TOKENS = st.sampled_from(
    [
        *FIELDS,
        "=",
        "!=",
        "<=",
        ">",
        ":",
        "*",
        "-",
        "(",
        ")",
        "AND",
        "OR",
        "NOT",
        "failed",
        "true",
        '"',
        "'",
        "\\",
        " ",
        "2026-11-20",
        ID,
    ]
)
TEXTS = st.one_of(
    st.text(max_size=100),
    st.text(st.characters(), max_size=LONGEST + 10),
    st.lists(TOKENS, max_size=30).map(" ".join),
    st.lists(TOKENS, max_size=30).map("".join),
)


@given(TEXTS)
def test_any_text_is_read_or_refused(text: str) -> None:
    refusal = condition = None
    try:
        condition = parse(text)
    except InvalidArgument as error:
        refusal = error
    if refusal:
        assert refusal.reason.startswith("FILTER_")
        for language in Language:
            refusal.message(language).encode()
    assert condition is None or parse(render(condition)) == condition


@given(CONDITIONS)
def test_what_is_written_is_read_the_same(condition: Condition) -> None:
    text = render(condition)
    if len(text) <= LONGEST:
        assert parse(text) == condition


@given(CONDITIONS, st.sampled_from(OperationType))
def test_a_condition_is_true_or_false_and_not_turns_it_round(condition: Condition, type_: OperationType) -> None:
    operation = builders.operation(builders.story(), type_, worker="story-worker/a")
    assert matches(Not(condition), operation) is not matches(condition, operation)


# -- orders --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("", ("-create_time",)),
        ("  ", ("-create_time",)),
        ("create_time", ("create_time",)),
        ("end_time desc", ("-end_time",)),
        (" priority  desc ,create_time asc", ("-priority", "create_time")),
        ("priority, priority desc", ("priority",)),
    ],
)
def test_an_order_is_read(text: str, order: tuple[str, ...]) -> None:
    assert parse_order(text) == order


@given(st.text(max_size=40) | st.lists(st.sampled_from([*SORTABLE, "desc", "asc", ",", " "]), max_size=12).map("".join))
def test_any_order_is_read_or_refused(text: str) -> None:
    refusal, order = None, tuple[str, ...]()
    try:
        order = parse_order(text)
    except InvalidArgument as error:
        refusal = error
    assert {name.lstrip("-") for name in order} <= set(SORTABLE)
    assert bool(order) is not bool(refusal)
