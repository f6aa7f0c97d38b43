"""A book finds what a dict would find."""

import json
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.model_service.engines.speech.book import Book

NAMES = st.text(st.characters(codec="utf-8", exclude_characters='"\\', exclude_categories=("Cc", "Cs")), max_size=8)
VALUES = st.text() | st.dictionaries(NAMES, st.none() | st.text(), max_size=3)


@given(st.dictionaries(NAMES, VALUES), st.lists(NAMES), st.sampled_from([None, 2, 4]), st.booleans())
def test_it_finds_what_a_dict_finds(entries: dict[str, Any], others: list[str], indent: int | None, ascii_: bool) -> None:
    book = Book(json.dumps(entries, ensure_ascii=ascii_, indent=indent).encode())
    assert all(book.get(name) == value for name, value in entries.items())
    assert all(book.get(name) == entries.get(name) for name in others)


@pytest.mark.parametrize("name", ["us_gold", "us_silver"])
def test_it_holds_the_packaged_dictionaries(name: str) -> None:
    text = (resources.files("misaki") / "data" / f"{name}.json").read_bytes()
    entries, book = json.loads(text), Book(text)
    sought = list(entries)[::7]
    assert [book.get(word) for word in sought] == [entries[word] for word in sought]
    assert book.get("zzyzx's") is None
