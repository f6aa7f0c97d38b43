"""How what is ambiguous is read: Chinese characters with several readings, numbers and abbreviations in their place."""

import pytest

from services.model_service.engines.speech import abbreviations, numbers_en, numbers_zh
from services.model_service.engines.speech.chinese import Chinese, syllable
from services.model_service.engines.speech.english import English
from services.model_service.engines.speech.reading import Reader


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(Chinese(), English(lambda _word: "❓"))


def sounds(reader: Reader, line: str) -> str:
    return " ".join(word.phonemes for word in reader.read(line) if word.phonemes)


@pytest.mark.parametrize(
    ("line", "pinyin"),
    [
        ("重来", "chong2 lai2"), ("重要", "zhong4 yao4"), ("重做一遍", "chong2 zuo4 yi1 bian4"),
        ("河很长", "he2 hen3 chang2"), ("他长大了", "ta1 zhang3 da4 le5"), ("长长的路", "chang2 chang2 de5 lu4"),
        ("银行", "yin2 hang2"), ("两行泪", "liang3 hang2 lei4"), ("一行人", "yi1 xing2 ren2"),
        ("慢慢地走", "man4 man4 de5 zou3"), ("他倒在地上", "ta1 dao3 zai4 di4 shang4"),
        ("倒水", "dao4 shui3"), ("慢慢地开了", "man4 man4 de5 kai1 le5"),
        ("你得去", "ni3 dei3 qu4"), ("得到", "de2 dao4"), ("跑得快", "pao3 de5 kuai4"), ("觉得", "jue2 de5"),
        ("还钱", "huan2 qian2"), ("还有", "hai2 you3"), ("把书还给他", "ba3 shu1 huan2 gei3 ta1"),
        ("受不了", "shou4 bu4 liao3"), ("走了", "zou3 le5"), ("了解", "liao3 jie3"),
        ("睡着", "shui4 zhao2"), ("看着", "kan4 zhe5"), ("着火", "zhao2 huo3"),
        ("玩儿", "wan2 er5"), ("女儿", "nü3 er2"), ("嗯", "en2"), ("曾国藩", "zeng1 guo2 fan1"), ("曾经", "ceng2 jing1"),
        ("单老师", "shan4 lao3 shi1"), ("任何人", "ren4 he2 ren2"), ("他数着羊", "ta1 shu3 zhe5 yang2"),
    ],
)  # fmt: skip
def test_a_character_is_read_as_its_place_asks_for(reader: Reader, line: str, pinyin: str) -> None:
    assert sounds(reader, line).replace(" ", "") == "".join(map(syllable, pinyin.split()))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("气温-5℃", "气温负五摄氏度"), ("第2次", "第二次"), ("2点半", "两点半"), ("2分钟", "两分钟"), ("走2km", "走两公里"),
        ("在2月", "在二月"), ("算3×4=12", "算三乘以四等于十二"), ("比分6:1", "比分六比一"), ("10mL水", "十毫升水"),
        ("编号12345678", "编号一二三四五六七八"), ("打555-1234", "打五五五幺二三四"), ("No.1号", "一号号"),
    ],
)  # fmt: skip
def test_numbers_and_signs_in_a_chinese_line(reader: Reader, line: str, said: str) -> None:
    assert sounds(reader, line).replace(" ", "") == sounds(reader, said).replace(" ", "")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Dr. Smith", "doctor Smith"), ("on Baker St. now", "on Baker street now"), ("in St. James", "in saint James"),
        ("the U.S.A. team", "the U S A team"), ("e.g. this", "for example this"), ("March 3", "March third"),
        ("Oct. 21", "October twenty first"), ("call 555-1234", "call five five five one two three four"),
        ("24/7", "twenty four seven"),
        ("won 3:2", "won three to two"), ("Chapter IV", "Chapter four"), ("Henry VIII ran", "Henry the eighth ran"),
        ("CO2", "C O two"), ("5'10\" tall", "five foot ten tall"), ("6 ft tall", "six feet tall"),
        ("3 + 4 = 7", "three plus four equals seven"),
        ("2 × 2", "two times two"), ("No. 5 is alive", "number five is alive"),
    ],
)  # fmt: skip
def test_english_is_read_as_it_is_said(reader: Reader, line: str, said: str) -> None:
    assert sounds(reader, line) == sounds(reader, said)


def test_the_stop_of_an_abbreviation_is_no_pause_but_the_sentences_own_is(reader: Reader) -> None:
    assert "." not in sounds(reader, "Mr. Brown met Dr. Smith")
    assert sounds(reader, "He met Mr. Brown in the U.S.A.").endswith(".")
    assert abbreviations.keeps_its_stop("etc.", "Then")
    assert not abbreviations.keeps_its_stop("Mr.", "Brown")


def test_a_verb_is_told_from_a_noun_by_what_follows(reader: Reader) -> None:
    assert sounds(reader, "close the door").startswith("klˈOz")
    assert "klˈOs" in sounds(reader, "very close to me")


def test_an_exclamation_without_a_vowel_is_not_spelled(reader: Reader) -> None:
    assert sounds(reader, "Shh.") == "ʃ."
    assert sounds(reader, "Hmm,") == "hm,"


def test_numbers_stand_alone_too() -> None:
    assert numbers_en.spoken("3") == "three"
    assert numbers_en.spoken("3", "May") == "third"
    assert numbers_en.spoken("10/3") == "ten three"
    assert numbers_zh.spoken("2", "次", "第") == "二"
    assert numbers_zh.spoken("2", "次") == "两"
    assert numbers_zh.spoken("20000000") == "二千万"
