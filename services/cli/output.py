"""Where a command's words go: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from services.cli.errors import CommandError
from services.cli.texts import Words


class Output:
    """One command's output, in one language; with `as_json` the result is one JSON document and notes stay away."""

    def __init__(self, words: Words, *, as_json: bool) -> None:
        self.words = words
        self.json = as_json
        self.console = Console(stderr=True, highlight=False)
        self._results = Console(highlight=False)

    def note(self, text: str) -> None:
        """Something to know, for a person."""
        if not self.json:
            self.console.print(Text(text), soft_wrap=True)

    def warn(self, text: str) -> None:
        """Something to know that a script's author should see, too."""
        self.console.print(Text(text, style="yellow"), soft_wrap=True)

    def result(self, value: Mapping[str, Any]) -> None:
        """The result as JSON."""
        print(json.dumps(value, ensure_ascii=False, indent=2), flush=True)  # noqa: T201 -- this is the command's output

    def line(self, value: Mapping[str, Any]) -> None:
        """One of many results, as one line of JSON."""
        print(json.dumps(value, ensure_ascii=False), flush=True)  # noqa: T201

    def row(self, text: str) -> None:
        """One of many results, for a person."""
        self._results.print(Text(text), soft_wrap=True)

    def facts(self, facts: Mapping[str, str]) -> None:
        """Names and values, one a line."""
        grid = Table.grid(padding=(0, 2))
        for name, value in facts.items():
            grid.add_row(Text(name, style="bold"), Text(value, overflow="fold"))
        self._results.print(grid)
        sys.stdout.flush()

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self._results.print(table)

    def error(self, error: CommandError) -> None:
        """What went wrong: a sentence for people, or a JSON object, on standard error."""
        if self.json:
            told = {"error": {"reason": error.reason, "message": error.message, "exit_code": int(error.code)}}
            print(json.dumps(told, ensure_ascii=False), file=sys.stderr, flush=True)  # noqa: T201
        else:
            self.console.print(Text(error.message, style="red"), soft_wrap=True)
