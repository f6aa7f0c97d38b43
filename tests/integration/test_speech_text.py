"""What a narrator reads: words, numbers, sounds, breaths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.model import Language
from services.core.requests import SpeechRequest
from services.model_service.engines.speech import numbers_en, numbers_zh, tokens
from services.model_service.engines.speech.chinese import Chinese, syllable
from services.model_service.engines.speech.english import English
from services.model_service.engines.speech.manner import manner
from services.model_service.engines.speech.reading import LONGEST_BREATH, Reader, Sounded, breaths
from services.model_service.engines.speech.voices import VOICES, Gender, choose


@pytest.fixture(scope="module")
def english() -> English:
    return English(lambda _word: "❓")


@pytest.fixture(scope="module")
def reader(english: English) -> Reader:
    return Reader(Chinese(), english)


def shown(line: str) -> list[str]:
    return [word.text for word in tokens.words(line, list)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("“Run!” she said.", ["“Run!”", "she", "said."]),
        ("rain—soft, well-known rain", ["rain—soft,", "well-known", "rain"]),
        ("他说：“走。”", ["他", "说：", "“走。”"]),
        ("2026年，Lucky来了", ["2026年，", "Lucky", "来", "了"]),
        ("at 7:30 pm, $5.50", ["at", "7:30 pm,", "$5.50"]),
        ("……", ["……"]),
        ("", []),
    ],
)
def test_words_are_those_that_a_subtitle_shows(line: str, words: list[str]) -> None:
    assert shown(line) == words


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=60))
def test_every_visible_character_stands_in_exactly_one_word(line: str) -> None:
    words = tokens.words(line, list)
    assert "".join("".join(word.text.split()) for word in words) == "".join(line.split())
    starts = [word.start for word in words]
    assert starts == sorted(starts)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("0", "零"), ("10", "十"), ("15", "十五"), ("101", "一百零一"), ("1010", "一千零一十"), ("10086", "一万零八十六"),
        ("100,100", "十万零一百"), ("2026年", "二零二六年"), ("2026-10-03", "二零二六年十月三日"), ("3.14", "三点一四"),
        ("35%", "百分之三十五"), ("1/2", "二分之一"), ("3-5", "三到五"), ("12:05", "十二点零五分"), ("2:00", "两点整"),
        ("-5℃", "负五摄氏度"), ("5kg", "五公斤"), ("$20", "二十美元"), ("007", "零零七"), ("13800138000", "幺三八零零幺三八零零零"),
    ],
)  # fmt: skip
def test_numbers_in_chinese(number: str, said: str) -> None:
    assert numbers_zh.spoken(number) == said


def test_two_before_a_measure_word_is_liang() -> None:
    assert numbers_zh.spoken("2", "只") == "两"
    assert numbers_zh.spoken("2", "楼") == "二"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("0", "zero"), ("21", "twenty one"), ("1,234", "one thousand two hundred thirty four"), ("1905", "nineteen oh five"),
        ("2000", "two thousand"), ("2026", "twenty twenty six"), ("1990s", "nineteen nineties"), ("3rd", "third"),
        ("22nd", "twenty second"), ("2026-10-03", "October third twenty twenty six"), ("7:30 pm", "seven thirty P M"),
        ("7:05", "seven oh five"), ("9:00", "nine o'clock"), ("$5.50", "five dollars and fifty cents"),
        ("$3 million", "three million dollars"), ("£1", "one pound"), ("1 km", "one kilometer"), ("5kg", "five kilograms"),
        ("-5°C", "minus five degrees Celsius"), ("50%", "fifty percent"), ("3/4", "three quarters"), ("3-5", "three to five"),
        ("3.14", "three point one four"),
    ],
)  # fmt: skip
def test_numbers_in_english(number: str, said: str) -> None:
    assert numbers_en.spoken(number) == said


@given(st.from_regex(r"\A[-$]?[0-9]{1,13}(\.[0-9]{1,4})?%?\Z"))
def test_any_number_can_be_said(number: str) -> None:
    assert numbers_en.spoken(number).strip()
    assert numbers_zh.spoken(number)
    assert not any(c.isdigit() for c in numbers_en.spoken(number) + numbers_zh.spoken(number))


@pytest.mark.parametrize(
    ("pinyin", "sound"),
    [("ma1", "ma→"), ("shi4", "ʂɨ↘"), ("zi5", "ʦɨ"), ("lv4", "ly↘"), ("xiong2", "ɕjʊ↗ŋ"), ("er2", "ɚ↗"), ("hui3", "xwei↓"),
     ("jue2", "ʨɥe↗"), ("yuan2", "ɥɛ↗n"), ("weng1", "wə→ŋ"), ("hm5", "hm"), ("", ""), ("x", "")],
)  # fmt: skip
def test_syllables_sound_as_kokoro_learned_them(pinyin: str, sound: str) -> None:
    assert syllable(pinyin) == sound


@pytest.mark.parametrize(
    ("words", "sounds"),
    [
        (["the", "apple"], ["ði", "ˈæpᵊl"]),
        (["the", "city"], ["ðə", "sˈɪTi"]),
        (["warriors"], ["wˈɔɹiəɹz"]),
        (["wolf's"], ["wˈʊlfs"]),
        (["NASA"], ["nˈæsə"]),
        (["to", "record", "it"], ["tə", "ɹəkˈɔɹd", "ɪt"]),
        (["a", "record"], ["ɐ", "ɹˈɛkəɹd"]),
        (["Kaelthas"], ["❓"]),
    ],
)
def test_english_words_sound_by_dictionary_and_context(english: English, words: list[str], sounds: list[str]) -> None:
    assert english.sounds(words) == sounds


@pytest.mark.parametrize(("word", "ending"), [("glimmered", "d"), ("bombarding", "ɪŋ"), ("moonbeams", "z"), ("befriended", "ᵻd")])
def test_inflected_words_sound_as_their_stem_and_ending(english: English, word: str, ending: str) -> None:
    (sound,) = english.sounds([word])
    assert sound.endswith(ending)
    assert "❓" not in sound


def test_an_abbreviation_is_spelled(english: English) -> None:
    (sound,) = english.sounds(["XQZ"])
    assert sound == "ˌɛkskjˌuzˈi"


def test_a_name_that_espeak_cannot_read_is_spelled_rather_than_left_out() -> None:
    (sound,) = English(lambda _word: "").sounds(["Zzyx"])
    assert sound.replace(" ", "") == "zˈizˈiwˈIˈɛks"


def test_a_mixed_line_is_read_in_both_languages(reader: Reader) -> None:
    words = reader.read("2026年，Lucky捡到2只小狗。")
    assert [word.text for word in words] == ["2026年，", "Lucky", "捡", "到", "2", "只", "小狗。"]
    sounds = {word.text: word.phonemes for word in words}
    assert sounds["2026年，"] == "ɚ↘li↗ŋɚ↘ ljou↘njɛ↗n,"
    assert sounds["Lucky"] == "lˈʌki"
    assert sounds["2"] == "lja↓ŋ"
    assert sounds["小狗。"].endswith(".")


def test_what_has_no_sound_is_kept_silent(reader: Reader) -> None:
    words = reader.read("好😀 ……")
    assert "".join(word.text for word in words) == "好😀……"
    assert reader.read("") == []


def test_a_long_text_is_spoken_in_breaths_at_sentence_ends(reader: Reader) -> None:
    sentence = "The old lighthouse keeper counted the ships as they came home through the fog. "
    words = reader.read(sentence * 12)
    groups = breaths(words)
    assert [word for group in groups for word in group] == words
    assert len(groups) > 3
    assert all(group[-1].ends_sentence for group in groups)


def test_a_sentence_without_end_is_divided_all_the_same() -> None:
    words = [Sounded(str(number), "a" * 30) for number in range(60)]
    groups = breaths(words)
    assert [word for group in groups for word in group] == words
    assert all(sum(len(word.phonemes) + 1 for word in group) <= LONGEST_BREATH for group in groups)


def test_a_word_as_long_as_a_page_fits_a_breath(reader: Reader) -> None:
    (word,) = reader.read("A" + "aB" * 500)
    assert len(word.phonemes) < LONGEST_BREATH


@pytest.mark.parametrize(
    ("wanted", "language", "name"),
    [
        ("", Language.ZH, "zf_xiaoxiao"),
        ("", Language.EN, "af_heart"),
        ("male", Language.EN, "am_michael"),
        ("男声", Language.ZH, "zm_yunxi"),
        ("女", Language.EN, "af_heart"),
        ("AM_Michael", Language.ZH, "am_michael"),
    ],
)
def test_voices_are_found_by_name_or_gender(wanted: str, language: Language, name: str) -> None:
    assert choose(wanted, language).name == name


def test_every_language_has_both_voices() -> None:
    assert {(voice.language, voice.gender) for voice in VOICES} == {
        (language, gender) for language in Language for gender in Gender
    }


def test_a_voice_of_another_engine_falls_back_to_the_languages_own() -> None:
    assert choose("cosyvoice-mini", Language.EN).name == "af_heart"
    assert choose("cosyvoice-mini", Language.ZH).name == "zf_xiaoxiao"


def ask(**fields: object) -> SpeechRequest:
    return SpeechRequest(text="x", language=Language.EN, **fields)  # type: ignore[arg-type]  # a test's shorthand


def test_moods_change_the_manner_mildly() -> None:
    plain = manner(ask())
    assert (plain.speed, plain.gain) == (1.0, 0.0)
    assert manner(ask(mood="孤独")).speed < 1.0 < manner(ask(mood="tense")).speed
    assert manner(ask(mood="despair")).speed > 0.85
    assert manner(ask(speed=9.0)).speed == 2.0


@given(st.integers(1, 2**31))
def test_another_take_differs_audibly_but_gently(seed: int) -> None:
    speed = manner(ask(seed=seed)).speed
    assert 0.03 <= round(abs(speed - 1), 3) <= 0.05
    assert manner(ask(seed=seed)).speed == speed
