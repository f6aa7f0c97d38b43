"""UUIDv7 as RFC 9562 lays it out."""

from collections.abc import Callable, Iterator
from uuid import RFC_4122

from services.adapters.ids import Uuid7

AT = 0x017F22E279B0
"""2022-02-22 19:22:22 UTC in milliseconds: the example of RFC 9562, appendix A.6."""


def clock(*milliseconds: int) -> Callable[[], int]:
    times: Iterator[int] = iter(milliseconds)
    return lambda: next(times) * 1_000_000


def test_the_layout_is_the_rfcs() -> None:
    made = Uuid7(clock(AT))()
    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.hex.startswith("017f22e279b07")


def test_ids_of_one_millisecond_grow() -> None:
    new_id = Uuid7(clock(*[AT] * 5000))  # more than the counter holds
    made = [new_id() for _ in range(5000)]
    assert made == sorted(set(made))


def test_ids_grow_when_the_clock_steps_back() -> None:
    new_id = Uuid7(clock(AT, AT - 60_000, AT - 1, AT + 1))
    made = [new_id() for _ in range(4)]
    assert made == sorted(set(made))
    assert made[3].int >> 80 == AT + 1


def test_two_makers_never_meet() -> None:
    one, other = Uuid7(clock(*[AT] * 500)), Uuid7(clock(*[AT] * 500))
    assert len({one() for _ in range(500)} | {other() for _ in range(500)}) == 1000
