"""Words of Chinese text: the same as jieba cuts by itself, from one dictionary for the whole process."""

import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.model_service.engines import chinese_words
from services.model_service.engines.chinese_words import Dictionary, Segmenter

SAMPLES = Path(__file__).parents[2] / "samples"
TEXTS = [path.read_text(encoding="utf-8") for path in sorted(SAMPLES.glob("*.txt"))]
ODD = ("", " ", "B超和AT&T的3.5%", "a\r\nb\n\n龘龘𠮷野家😀", "ＡＢＣ，…—", "﷽جميلさくら", "2026-11-22 at 7:30", "乾坤一掷+#_.x9")
ADDED = {"小雪": "nr", "雪山奇缘": "nz", "光": "n", "冰晶王国": "ns"}


@pytest.fixture(scope="module")
def theirs() -> Any:
    """jieba's own tokenizer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba  # noqa: PLC0415
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return tokenizer


@pytest.fixture(scope="module")
def tagger(theirs: Any) -> Callable[[str], list[tuple[str, str]]]:
    """jieba's own tagger, with words added to it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from jieba import posseg  # noqa: PLC0415
    tokenizer = type(theirs)()
    tokenizer.FREQ, tokenizer.total, tokenizer.initialized = dict(theirs.FREQ), theirs.total, True
    for word, tag in ADDED.items():
        tokenizer.add_word(word, None, tag)
    made = posseg.POSTokenizer(tokenizer)
    return lambda text: [(pair.word, pair.flag) for pair in made.cut(text, HMM=False)]


@pytest.fixture(scope="module")
def ours() -> Segmenter:
    return Segmenter(chinese_words.packaged())


@pytest.mark.parametrize("text", [*TEXTS, *ODD])
def test_words_are_jiebas(text: str, ours: Segmenter, theirs: Any) -> None:
    assert ours.words(text) == list(theirs.cut(text))


@pytest.mark.parametrize("text", [*TEXTS, *ODD])
def test_tags_are_jiebas_with_words_added_and_without(text: str, tagger: Callable[[str], list[tuple[str, str]]]) -> None:
    mine = Segmenter(chinese_words.packaged())
    for word, tag in ADDED.items():
        mine.add(word, tag)
    assert list(mine.tagged(text)) == tagger(text)


def test_every_word_has_its_frequency(theirs: Any) -> None:
    dictionary = chinese_words.packaged()
    assert dictionary.total == theirs.total
    initials = dict.fromkeys(word[0] for word in theirs.FREQ)
    tables = [dictionary.beginning_with(initial) for initial in initials]
    assert sum(map(len, tables)) == len(theirs.FREQ)
    assert all(theirs.FREQ[word] == frequency for table in tables for word, frequency in table.items())


@given(st.text(st.sampled_from("雪山上下大王国a1 ，。\n"), max_size=40))
def test_tagged_words_together_are_the_text(text: str) -> None:
    segmenter = Segmenter(chinese_words.packaged())
    assert "".join(word for word, _ in segmenter.tagged(text)) == text


def test_what_one_adds_no_other_sees(ours: Segmenter) -> None:
    other = Segmenter(chinese_words.packaged())
    other.add("雪狼谷地", "ns")
    assert next(other.tagged("雪狼谷地")) == ("雪狼谷地", "ns")
    assert not ours.is_word("雪狼谷地")
    assert ours.is_word("雪山")


def test_engines_that_load_side_by_side_share_one_dictionary() -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: chinese_words.packaged(), range(4)))
    assert all(dictionary is found[0] for dictionary in found)


def test_of_two_lines_for_a_word_the_last_counts() -> None:
    dictionary = Dictionary("王 5 n\n王国 7 ns\nB超 3 n\n雪 2 n\n王 1 nr\n雪花飘 4 v\nB超 9 x\n".encode())
    assert dictionary.total == 31
    assert dictionary.beginning_with("王") == {"王": 1, "王国": 7}
    assert dictionary.beginning_with("雪") == {"雪": 2, "雪花": 0, "雪花飘": 4}
    assert dictionary.beginning_with("𠮷") == {}
    assert [dictionary.tag(word) for word in ("王", "王国", "B超", "雪花", "花")] == ["nr", "ns", "x", "x", "x"]
