"""Shots read from JSON that is still being written: whatever the pieces, each comes the moment it closes."""

import json
import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.model_service.engines.storyboard.llm.json_stream import Element, Malformed, ObjectReader

_text = st.text(st.characters(exclude_categories=()) | st.sampled_from('{}[]",:\\/\n\u2028😀镜'), max_size=20)
_value = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False) | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=6,
)
_objects = st.lists(st.dictionaries(_text, _value, max_size=4), max_size=4)
_others = st.dictionaries(_text.filter(lambda key: key not in ("bible", "shots")), _value, max_size=3)


@st.composite
def _documents(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    document = {**draw(_others), "bible": draw(_objects), "shots": draw(_objects)}
    text = json.dumps(document, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 0, 2])))
    return json.loads(text), text


def _cut(text: str, places: list[int]) -> list[str]:
    at = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [text[a:b] for a, b in pairwise(at)]


def _read(reader: ObjectReader, pieces: list[str]) -> list[Element]:
    return [element for piece in pieces for element in reader.feed(piece)]


def _elements(document: dict[str, Any]) -> list[Element]:
    return [Element(key, i, value) for key in document if key in ("bible", "shots") for i, value in enumerate(document[key])]


@given(_documents(), st.lists(st.integers(0, 10_000), max_size=40))
def test_any_split_gives_the_same_elements(made: tuple[dict[str, Any], str], places: list[int]) -> None:
    document, text = made
    reader = ObjectReader(("bible", "shots"))
    assert _read(reader, _cut(text, places)) == _elements(document)
    assert reader.complete
    assert reader.value() == document


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "{", "<", "<thi", "nk>", "</", "so ", "\n"]), max_size=12),
    st.lists(st.integers(0, 10_000), max_size=40),
)
def test_thoughts_are_skipped_however_they_are_cut(before: list[str], places: list[int]) -> None:
    text = "".join(before) + '</think>{"a": 1}'
    skipped = re.match(r"(?:<think>.*?(?:</think>|\Z)|[^{])*", text, flags=re.DOTALL)
    assert skipped is not None
    expected = text[skipped.end() :]  # what looks like a thought within the object is a part of it
    reader = ObjectReader(())
    for piece in _cut(text, places):
        list(reader.feed(piece))
    assert "".join(reader._written) == expected[: len(reader._written)]
    assert reader.begun is bool(expected)


def test_long_thoughts_cost_no_more_a_piece_than_short_ones() -> None:
    reader = ObjectReader(())
    for _ in range(30_000):
        list(reader.feed("well "))
        assert len(reader._tail) < len("</think>")
    assert not reader.begun


@given(_documents(), st.integers(0, 10_000))
def test_what_is_cut_off_gives_whole_elements_only(made: tuple[dict[str, Any], str], place: int) -> None:
    document, text = made
    head = text[: place % len(text)]
    reader = ObjectReader(("bible", "shots"))
    found = _read(reader, list(head))
    assert found == _elements(document)[: len(found)]
    assert not reader.complete
    with pytest.raises(Malformed):
        reader.value()


@given(_documents())
def test_an_element_comes_with_its_last_brace(made: tuple[dict[str, Any], str]) -> None:
    _, text = made
    reader = ObjectReader(("shots",))
    assert all(character == "}" for character in text if list(reader.feed(character)))


@given(_documents(), st.lists(st.integers(0, 10_000), max_size=20))
def test_pieces_in_events_are_one_text(made: tuple[dict[str, Any], str], places: list[int]) -> None:
    """As servers send it: text in JSON strings in events, each of which may hold half of an escaped pair."""
    document, text = made
    events = [json.dumps({"content": piece}) for piece in _cut(text, places)]
    reader = ObjectReader(("bible", "shots"))
    assert _read(reader, [json.loads(event)["content"] for event in events]) == _elements(document)


@pytest.mark.parametrize(
    "preamble",
    ["", "\ufeff", "```json\n", "Here is the storyboard:\n\n", "<think>{shots: [maybe} not\n</think>\n", "\n\n  "],
)
@pytest.mark.parametrize("size", [1, 4, 1000])
def test_what_stands_before_and_after_is_ignored(preamble: str, size: int) -> None:
    text = preamble + '{"shots": [{"a": 1}, {"a": 2}]}' + "\n```\nThat is all. {}"
    reader = ObjectReader(("shots",))
    found = _read(reader, [text[i : i + size] for i in range(0, len(text), size)])
    assert [element.value for element in found] == [{"a": 1}, {"a": 2}]
    assert reader.complete


def test_an_escaped_pair_in_two_pieces_is_one_character() -> None:
    reader = ObjectReader(("shots",))
    found = _read(reader, ['{"shots": [{"a": "\\ud8', "3d\\u", 'de00"}]}'])
    assert found == [Element("shots", 0, {"a": "😀"})]


def test_lists_of_inner_objects_are_no_shots() -> None:
    reader = ObjectReader(("shots",))
    text = '{"a": {"shots": [{"b": 1}]}, "c": "\\"shots\\": [{}]", "sh\\u006fts": [{"d": [{"e": {}}]}]}'
    assert _read(reader, [text]) == [Element("shots", 0, {"d": [{"e": {}}]})]


def test_raw_control_characters_and_numbers_that_json_lacks_are_read() -> None:
    reader = ObjectReader(("shots",))
    (element,) = _read(reader, ['{"shots": [{"a": "x\ty\nz", "seconds": NaN, "b": -Infinity}]}'])
    assert element.value == {"a": "x\ty\nz", "seconds": 0.0, "b": 0.0}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"shots": [1]}', "shots[0] is not an object"),
        ('{"shots": [{"a": 1}, [2]]}', "shots[1] is not an object"),
        ('{"shots": [{"a" 1}]}', "shots[0] is not JSON"),
        ('{"shots": [{"a": 1]}', "closes what was not opened"),
        ('{"a": ' + "[" * 40, "nested too deeply"),
        ('{"shots": [{"a": ' + "9" * 5000 + "}]}", "shots[0] is not JSON"),
        ("x" * 250_000, "no JSON object"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(Malformed) as caught:
        _read(ObjectReader(("shots",)), [text])
    assert said in str(caught.value)


def test_nothing_is_no_object() -> None:
    with pytest.raises(Malformed, match="no JSON object"):
        ObjectReader(()).value()
