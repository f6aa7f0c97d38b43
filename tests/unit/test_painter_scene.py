"""What the painter understands of a prompt, in both languages."""

import pytest

from services.core.model import BibleEntry, Language
from services.core.requests import KeyframeRequest
from services.core.vocabulary import Framing, Mood, Style
from services.model_service.engines.keyframe import lexicon
from services.model_service.engines.keyframe.scene import Figure, Scene, read_scene


def scene(prompt: str, *, negative: str = "", bible: tuple[BibleEntry, ...] = (), mood: str = "", framing: str = "") -> Scene:
    return read_scene(
        KeyframeRequest(
            prompt=prompt,
            style="movie",
            language=Language.EN,
            width=320,
            height=184,
            seed=1,
            negative_prompt=negative,
            bible=bible,
            mood=mood,
            framing=framing,
        )
    )


def tags(found: Scene) -> list[str]:
    return [figure.tag for figure in found.figures]


def test_the_first_line_leads_and_later_lines_fill_in_what_it_leaves_open() -> None:
    found = scene("snow peaks, night, stars, two travellers, walking\nThey climb under the aurora towards a village.")
    assert found.places == ("snow peaks",)
    assert found.time == "night"
    assert found.weather == {"stars"}
    open_ = scene("two travellers, walking\nA dog in the desert at dusk, in a sandstorm, beside a campfire.")
    assert (open_.places, open_.time) == (("desert",), "dusk")
    assert open_.weather == {"sandstorm"}
    assert tags(open_) == ["traveller", "traveller"]
    assert not open_.things
    assert tags(found) == ["traveller", "traveller"]
    assert found.action == "walking"
    assert not found.guessed


@pytest.mark.parametrize(
    ("line", "places", "time", "cast"),
    [
        ("两个旅人在雪山星空下行走", ("snow peaks",), "night", ["traveller", "traveller"]),
        ("小狗在花田里奔跑", ("meadow",), "day", ["puppy"]),
        ("灯塔，海，黄昏，老人", ("lighthouse", "sea"), "dusk", ["old man"]),
        ("他踏入荒城，霓虹被尘土掩埋。", ("ruins",), "night", ["man"]),
        ("清晨的沙漠里，一只骆驼和一名武士", ("desert",), "morning", ["camel", "warrior"]),
        ("A girl walks down a rainy street at night", ("street",), "night", ["girl"]),
        ("An old woman in a cottage by the forest at dawn", ("forest",), "dawn", ["old woman"]),
        ("Three wolves in the mountains", ("mountains",), "day", ["wolf", "wolf", "wolf"]),
    ],
)
def test_sentences(line: str, places: tuple[str, ...], time: str, cast: list[str]) -> None:
    found = scene(line)
    assert (found.places, found.time, tags(found)) == (places, time, cast)


def test_every_canonical_tag_is_its_own_word() -> None:
    for group, words in lexicon.GROUPS.items():
        for tag in words:
            assert [(f.group, f.tag) for f in lexicon.find(tag)][:1] == [(group, tag)], tag


@pytest.mark.parametrize("line", ["她马上出发", "烟花真美", "the homework is done", "上海的专家"])
def test_words_that_only_contain_a_known_one_are_passed_over(line: str) -> None:
    found = scene(line)
    assert found.guessed
    assert tags(found) in ([], ["woman"])


def test_negated_words_and_the_negative_prompt_are_left_out() -> None:
    assert scene("street, day, no rain, without people").weather == frozenset()
    assert scene("没有下雨的街道").weather == frozenset()
    found = scene("beach, dusk, puppy, rain", negative="rain, puppy, blurry")
    assert found.weather == frozenset()
    assert tags(found) == []
    assert scene("forest, mountains", negative="forest").places == ("mountains",)


def test_unknown_words_give_a_landscape_of_the_mood() -> None:
    joy, despair = scene("qwerty", mood="joy"), scene("qwerty", mood="despair")
    assert joy.guessed
    assert despair.guessed
    assert (joy.places, joy.time) != (despair.places, despair.time)


def test_the_bible_dresses_whom_it_names() -> None:
    bible = (
        BibleEntry("character", "Mira", "a girl in a red coat with black hair"),
        BibleEntry("character", "Bo", "a small white puppy"),
    )
    found = scene("Mira runs along the water at dusk.", bible=bible)
    assert [(f.tag, f.outer, f.hair, f.name) for f in found.figures] == [("girl", "#b8332f", "#23232b", "Mira")]
    both = scene("meadow, girl, puppy", bible=bible)
    girl, puppy = both.figures
    assert (girl.tag, girl.outer, girl.hair, girl.name) == ("girl", "#b8332f", "#23232b", "Mira")
    assert (puppy.tag, puppy.outer) == ("puppy", "#f0ece4")


def test_one_entry_dresses_a_pair() -> None:
    bible = (BibleEntry("character", "两个旅人", "穿深蓝冲锋衣、背橙色背包"),)
    found = scene("snow peaks, night, two travellers, walking, 雪山, 夜晚, 穿深蓝冲锋衣、背橙色背包的两个旅人", bible=bible)
    pair = [Figure("traveller", outer="#2f5fa8", accent="#e07a2f", name="两个旅人", ordinal=n) for n in range(2)]
    assert list(found.figures) == pair


def test_colours_of_the_line_itself() -> None:
    assert scene("花园里，红衣女孩").figures[0].outer == "#b8332f"
    assert scene("a woman in a blue dress, garden").figures[0].outer == "#2f5fa8"


def test_framing_style_and_mood_are_read_as_words() -> None:
    found = scene("sea", framing="特写", mood="温暖")
    assert (found.framing, found.mood, found.style) == (Framing.CLOSE, Mood.WARM, Style.MOVIE)
    facts = found.facts()
    assert facts["framing"] == "close"
    assert facts["places"] == ["sea"]
