"""What can go wrong, as data: a plan drawn from a seed, the same whenever that seed is given."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.chaos.stack import PARTS, PROXIED, WORKERS


class Kind(StrEnum):
    KILL = "kill"
    """`kill -9` of a part; the supervisor starts it again."""
    RESTART = "restart"
    """SIGTERM to a part, as a deploy does; the supervisor starts it again when it has ended in order."""
    HANG = "hang"
    """SIGSTOP of a part, and SIGCONT after a while."""
    DROP = "drop"
    """All connections to a part are closed."""
    DELAY = "delay"
    """Every piece of data to and from a part is held for a moment."""
    CUT = "cut"
    """Nothing comes through to a part, and nobody is told."""
    DISK_FULL = "disk_full"
    """The disk of the media has no space left."""
    DUPLICATE = "duplicate"
    """Every operation's wake-up comes again, twice over and in disorder, with messages that are none among them."""
    TOPIC = "topic"
    """The wake-ups' topic is deleted and made again with another number of partitions."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: `at` seconds from the start of the plan, for `seconds` (0: at once and over). `alone`: on a stack that is
    whole, and nothing else before the operations that it hit have been taken up again.
    """

    number: int
    kind: Kind
    part: str
    at: float
    seconds: float
    alone: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.part}" + (f" for {self.seconds:.1f} s" if self.seconds else "")


_WEIGHTS = {
    Kind.KILL: 10,
    Kind.HANG: 5,
    Kind.DROP: 4,
    Kind.DELAY: 3,
    Kind.CUT: 2,
    Kind.DISK_FULL: 2,
    Kind.DUPLICATE: 2,
    Kind.TOPIC: 1,
}
_TARGETS = {Kind.KILL: PARTS, Kind.HANG: PARTS, Kind.DROP: PROXIED, Kind.DELAY: PROXIED, Kind.CUT: PROXIED}
_SECONDS = {Kind.HANG: (0.3, 4.5), Kind.DELAY: (1.0, 4.0), Kind.CUT: (0.5, 3.0), Kind.DISK_FULL: (0.5, 3.0)}


def plan(seed: int, *, faults: int, every: float, quiet: float, kinds: Sequence[Kind] = tuple(Kind)) -> tuple[Fault, ...]:
    """`faults` faults, about `every` seconds apart: each kind and each target of kills comes up before chance decides.

    One in ten is a worker's kill alone, with `quiet` seconds behind it: on these recovery is timed. One in eight is a restart
    in order, likewise alone: of a worker, the gateway and the model service by turns. No fault begins before the one before it
    is over: a hung part that is killed was killed only.
    """
    chance = random.Random(seed)
    once: list[tuple[Kind, str]] = []
    for kind in (kind for kind in kinds if kind in _WEIGHTS):
        targets = _TARGETS.get(kind, ("",))
        once += [(kind, target) for target in (targets if kind in {Kind.KILL, Kind.HANG} else (chance.choice(targets),))]
    chance.shuffle(once)
    deployed = [chance.choice(WORKERS), "gateway", "models"]
    chance.shuffle(deployed)
    drawn = []
    at = 0.0
    for number in range(faults):
        at += every * chance.uniform(0.5, 1.5)
        if number % 10 == 4 and Kind.KILL in kinds:
            drawn.append(Fault(number, Kind.KILL, chance.choice(WORKERS), at, 0.0, alone=True))
            at += quiet
            continue
        if number % 8 == 7 and Kind.RESTART in kinds:
            drawn.append(Fault(number, Kind.RESTART, deployed[number // 8 % len(deployed)], at, 0.0, alone=True))
            at += quiet
            continue
        kind, target = once.pop() if once else _drawn(chance, kinds)
        seconds = chance.uniform(*_SECONDS[kind]) if kind in _SECONDS else 0.0
        drawn.append(Fault(number, kind, target, at, seconds))
        at += seconds
    return tuple(drawn)


def _drawn(chance: random.Random, kinds: Sequence[Kind]) -> tuple[Kind, str]:
    drawable = [kind for kind in kinds if kind in _WEIGHTS]
    kind = chance.choices(drawable, [_WEIGHTS[kind] for kind in drawable])[0]
    return kind, chance.choice(_TARGETS.get(kind, ("",)))
