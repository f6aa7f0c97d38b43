"""How a command can end, and its exit code."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The documented exit codes of every command."""

    OK = 0
    FAILED = 1  # the operation failed or was cancelled
    USAGE = 2  # the command, or the story it was given, is wrong
    UNREACHABLE = 3  # the stack cannot be started or reached
    INTERRUPTED = 130


class CommandError(Exception):
    """Ends a command. The message is in the user's language and says how to mend it; `reason` is for machines."""

    def __init__(self, code: Exit, message: str, *, reason: str) -> None:
        self.code = code
        self.message = message
        self.reason = reason
        super().__init__(message)
