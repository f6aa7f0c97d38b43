"""What a peer may cost: time, attempts and bytes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes. `silence` is the longest wait for the next byte, `answer` that for a whole answer, all bytes of it."""

    connect: float = 10.0
    silence: float = 120.0
    answer: float = 600.0
    attempts: int = 4
    longest_wait: float = 60.0
    """A peer that wants to be left alone for longer is not waited for: its caller comes back after that time."""
    largest_answer: int = 64 * 1024 * 1024
    """Of JSON, or of media that come in the answer."""
    largest_file: int = 1024 * 1024 * 1024
    """Of a file that the answer links to."""
