"""What stories may be: languages told apart, and every refusal named."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.errors import InvalidArgument, StoryreelError, TooLarge
from services.core.model import Language
from services.core.story_text import check_line, read_story, title_of

SAMPLES = Path(__file__).parents[2] / "samples"


def told_in(text: str) -> Language:
    return read_story(text, field="body.script_content", limit=20_000)


def refusal(text: str, limit: int = 20_000) -> StoryreelError:
    with pytest.raises(InvalidArgument) as caught:
        read_story(text, field="body.script_content", limit=limit)
    return caught.value


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("两名旅人在雪山中迷路的故事", Language.ZH),
        ("A boy finds a dragon egg.", Language.EN),
        ("小镇上来了一个叫 Christopher Montgomery 的人，他带着一只猫。", Language.ZH),
        ("Mia wrote 雪 on the window and smiled.", Language.EN),
        ("穿越沙漠，寻找古城 🏜️", Language.ZH),
        ("１２３ Ｔｈｅ ｃａｔ ｓａｔ", Language.EN),
        ("他说 שלום，然后笑了。", Language.ZH),
        ("她哼着さくら走过小桥，花瓣落在水面上，远处的钟声响了起来。", Language.ZH),
        ("\ufeff第一行\r\n\t第二行", Language.ZH),
    ],
)
def test_language_is_that_of_the_script_that_carries_the_story(text: str, language: Language) -> None:
    assert told_in(text) is language


@pytest.mark.parametrize("name", ["zh_snow_mountain.txt", "en_lighthouse.txt"])
def test_samples_are_stories(name: str) -> None:
    assert told_in((SAMPLES / name).read_text(encoding="utf-8")).value == name[:2]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "EMPTY_TEXT"),
        (" \n\t\u200b\ufeff", "EMPTY_TEXT"),
        ("🎬🎉 ✨", "NO_WORDS"),
        ("123 + 456 = 579", "NO_WORDS"),
        ("！？……", "NO_WORDS"),
        ("他\x00走了", "CONTROL_CHARACTER"),
        ("The end\x85", "CONTROL_CHARACTER"),
        ("half \ud83d an emoji", "CONTROL_CHARACTER"),
    ],
)
def test_what_is_no_story_is_refused_with_its_reason(text: str, reason: str) -> None:
    error = refusal(text)
    assert error.reason == reason
    assert error.params["field"] == "body.script_content"


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("مرحبا بالعالم", "Arabic"),
        ("שלום עולם", "Hebrew"),
        ("Жил-был старик у самого моря", "Cyrillic"),
        ("กาลครั้งหนึ่งนานมาแล้ว", "Thai"),
        ("昔々あるところにお爺さんとお婆さんがいました", "Japanese"),
        ("옛날 옛적에 호랑이가 살았다", "Korean"),
        ("एक समय की बात है", "Devanagari"),
        ("Μια φορά κι έναν καιρό", "Greek"),
    ],
)
def test_other_scripts_are_named(text: str, script: str) -> None:
    error = refusal(text)
    assert error.reason == "LANGUAGE_NOT_TOLD"
    assert error.params["script"] == script


def test_control_character_is_given_by_code_and_position_from_one() -> None:
    error = refusal("ab\x1bc")
    assert (error.params["code"], error.params["position"]) == ("001B", 3)


def test_too_long_is_its_own_error_and_exactly_the_limit_is_not() -> None:
    assert read_story("雪" * 10, field="text", limit=10) is Language.ZH
    error = refusal("雪" * 11, limit=10)
    assert isinstance(error, TooLarge)
    assert (error.params["found"], error.params["limit"]) == (11, 10)


def test_lines_may_be_empty_but_not_long_or_broken() -> None:
    check_line("", field="title", limit=3)
    check_line("مرحبا 🎉", field="title", limit=10)
    with pytest.raises(TooLarge):
        check_line("abcd", field="title", limit=3)
    with pytest.raises(InvalidArgument, match=r"U\+0007 at position 1"):
        check_line("\a", field="title", limit=3)


@pytest.mark.parametrize(
    ("text", "language", "title"),
    [
        ("雪山奇缘\n\n黄昏，两名旅人往上走。", Language.ZH, "雪山奇缘"),
        ("两名旅人在雪山中迷路的故事", Language.ZH, "两名旅人在雪山中迷路"),
        ("# The Last Light\nAt dusk …", Language.EN, "The Last Light"),
        ("Once upon a time, there was a fox who lived in the woods.", Language.EN, "There Was a Fox Who Lived"),
        ("从前，有一只小狗。", Language.ZH, "有一只小狗"),
        ("🎬", Language.EN, ""),
    ],
)
def test_title_is_the_heading_or_the_beginning(text: str, language: Language, title: str) -> None:
    assert title_of(text, language) == title


@given(st.text(max_size=80))
def test_any_text_is_a_story_or_refused_for_a_reason_that_can_be_worded(text: str) -> None:
    try:
        language = told_in(text)
    except InvalidArgument as error:
        worded = [error.message(spoken) for spoken in Language]
    else:
        worded = [language.value]
        assert len(title_of(text, language)) <= 80
    assert all(worded)
