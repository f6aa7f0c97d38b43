"""Rows of units cut into runs: exact counts, whole rows, even lengths, beginnings at turns."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.model_service.engines.storyboard import partition
from services.model_service.engines.storyboard.partition import Units


def units(lengths: list[float], turns: dict[int, float] | None = None) -> Units:
    return Units(lengths, [(turns or {}).get(i, 0.0) for i in range(len(lengths))], [True] * len(lengths))


@given(st.lists(st.floats(0.1, 20), min_size=1, max_size=60), st.data())
def test_runs_hold_every_unit_once_and_in_order(lengths: list[float], data: st.DataObject) -> None:
    runs = data.draw(st.none() | st.integers(1, len(lengths)))
    spans = partition.cut(units(lengths), ideal=5.0, most=10.0, runs=runs)
    assert runs is None or len(spans) == runs
    assert [i for first, last in spans for i in range(first, last)] == list(range(len(lengths)))
    assert all(first < last for first, last in spans)


def test_even_units_are_cut_evenly() -> None:
    spans = partition.cut(units([1.0] * 40), ideal=4.0, most=8.0, runs=10)
    assert {last - first for first, last in spans} == {4}
    assert partition.cut(units([1.0] * 40), ideal=4.0, most=8.0) == spans


def test_a_run_begins_where_the_story_turns() -> None:
    spans = partition.cut(units([1.0] * 12, {5: 3.0}), ideal=6.0, most=9.0, runs=2)
    assert spans == [(0, 5), (5, 12)]


@pytest.mark.parametrize(("count", "runs"), [(1_000, 60), (3_000, 47), (1_000, 1_000)])
def test_long_rows_are_cut_too(count: int, runs: int) -> None:
    rng = random.Random(1)
    spans = partition.cut(units([rng.uniform(1, 9) for _ in range(count)]), ideal=5.0 * count / runs, most=9.0, runs=runs)
    assert len(spans) == runs
    assert spans[-1][1] == count
