"""The page about lists says what the code does."""

import re
from pathlib import Path

import pytest

from services.core.filter_syntax import DEEPEST, LONGEST, parse
from services.core.filtering import FIELDS, Field
from services.core.ordering import SORTABLE
from services.core.outlook import HISTORY, LINE

PAGE = (Path(__file__).parents[2] / "docs" / "operations" / "listing.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^(?=[a-zNn]).+$", PAGE.split("Some that operators need:\n\n```\n")[1].split("```")[0], re.MULTILINE)


def row(name: str, known: Field) -> str:
    values = ", ".join(f"`{choice}`" for choice in known.choices) or known.kind.value
    return f"| `{name}` | {values} | {' '.join(f'`{each}`' for each in known.kind.operators)} | {known.says} |"


def test_every_field_is_in_the_table_as_it_is() -> None:
    table = PAGE.split("| field | values | operators | |\n| --- | --- | --- | --- |\n")[1].split("\n\n")[0]
    assert table.splitlines() == [row(name, known) for name, known in FIELDS.items()]


def test_every_order_is_in_the_table() -> None:
    table = PAGE.split("| field | |\n| --- | --- |\n")[1].split("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(SORTABLE)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_a_filter(example: str) -> None:
    assert parse(example) is not None


def test_the_numbers_are_the_codes() -> None:
    assert f"at most {LONGEST:,} characters, and at most {DEEPEST} parentheses" in PAGE
    assert f"{LINE + 1:,} where it is further back than {LINE:,}" in PAGE
    assert f"the last {HISTORY} operations" in PAGE
    assert len(EXAMPLES) == 7
