"""Which offset may be committed when records are settled out of order."""

from hypothesis import given
from hypothesis import strategies as st

from services.adapters.kafka.offsets import Settled


def taken(*offsets: int) -> Settled:
    settled = Settled()
    for offset in offsets:
        settled.take(offset)
    return settled


def test_in_order_each_settle_commits() -> None:
    settled = taken(5, 6)
    assert settled.settle(5) == 6
    assert settled.settle(6) == 7


def test_an_open_one_holds_back_those_behind_it() -> None:
    settled = taken(5, 6, 7)
    assert settled.settle(7) is None
    assert settled.settle(6) is None
    assert settled.settle(5) == 8


def test_offsets_may_have_gaps() -> None:
    settled = taken(5, 9)
    assert settled.settle(5) == 6
    assert settled.settle(9) == 10


def test_settled_twice_or_never_taken_is_nothing() -> None:
    settled = taken(5)
    assert settled.settle(5) == 6
    assert settled.settle(5) is None
    assert settled.settle(99) is None


@given(st.permutations(range(8)), st.integers(0, 8))
def test_nothing_unsettled_is_ever_committed(order: list[int], count: int) -> None:
    settled = taken(*range(8))
    committed = 0
    for offset in order[:count]:
        committed = max(committed, settled.settle(offset) or 0)
    open_ones = set(range(8)) - set(order[:count])
    assert committed == min(open_ones, default=8)
