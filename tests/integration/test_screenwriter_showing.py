"""What the screenwriter chooses to show of a line: who acts, what there is, where it is seen from."""

import pytest

from services.core.model import Language, Storyboard
from services.model_service.engines.storyboard.screenwriter import Screenwriter
from tests.integration.screenwriting import CHAPTER, SAMPLES, VOYAGE, board, loaded


@pytest.fixture(scope="module")
def writer() -> Screenwriter:
    return loaded()


def prompt_of(made: Storyboard, words: str) -> list[str]:
    """The prompt's parts of the shot that tells `words`."""
    return next(shot.prompt.split(", ") for shot in made.shots if words in shot.narration)


def test_colour_and_number_come_with_the_thing_and_its_colour_stays(writer: Screenwriter) -> None:
    made = board(writer, (SAMPLES / "en_dragon_garden.txt").read_text("utf-8"), Language.EN)
    assert "green egg" in prompt_of(made, "found a green egg")
    assert "three green eggs" in prompt_of(made, "three green eggs")
    assert next(entry.look for entry in made.bible if entry.name == "the egg") == "green"
    assert "house" in prompt_of(made, "as big as the cottage")  # what the size is told by
    assert any(part.startswith("huge dragon") for part in prompt_of(made, "as big as the cottage"))
    assert "dancing" in prompt_of(made, "came to dance")


def test_at_sea_people_are_on_deck_and_a_ship_under_way_is_seen_from_outside(writer: Screenwriter) -> None:
    made = board(writer, VOYAGE, Language.EN)
    assert prompt_of(made, "They sailed on")[0] == "sea"
    assert "ship" in prompt_of(made, "They sailed on")
    assert not any(part.startswith(("boy", "woman")) for part in prompt_of(made, "They sailed on"))
    assert prompt_of(made, "learned to tie a knot")[0] == "ship's deck"
    assert "fighting" not in prompt_of(made, "fought the wheel")
    assert "ship's wheel" in prompt_of(made, "fought the wheel")
    assert "bread" not in prompt_of(made, "The bread was gone")
    assert {"little boat", "rowing"} <= set(prompt_of(made, "rowed ashore"))
    assert not any(part.startswith("whale") for part in prompt_of(made, "a green island"))
    assert "hugging" in prompt_of(made, "took Finn in her arms")


@pytest.mark.parametrize(
    ("text", "words", "there", "missing"),
    [
        ("清晨，剑客沈青在江边等船。一叶小舟来了。沈青上了船。", "等船", "swordsman", "boat"),
        ("阿禾站在山洞里。她想起了爷爷，想起了风车。她笑了。", "想起了", "cave", "windmill"),
        ("机器人阿七跑进城市。窗外，整座城市的灯亮了起来。", "城市的灯", "city", "lantern"),
        ("女孩望着空荡荡的街道，仿佛看见一座城市，在沙子下面睡着。女孩转身走了。", "仿佛", "girl", "sleeping"),
    ],
)
def test_what_is_awaited_recalled_or_far_is_not_there(
    writer: Screenwriter, text: str, words: str, there: str, missing: str
) -> None:
    shown = prompt_of(board(writer, text, Language.ZH), words)
    assert there in shown
    assert missing not in shown


def test_whoever_acts_comes_first(writer: Screenwriter) -> None:
    made = board(writer, (SAMPLES / "zh_city_robot.txt").read_text("utf-8"), Language.ZH)
    shown = prompt_of(made, "女孩抱起阿七")
    assert shown.index("girl") < shown.index("robot")
    assert prompt_of(made, "睁开眼睛")[0] == "room"
    assert "little yellow flower" in prompt_of(made, "一朵小黄花")


def test_a_lighthouse_whose_lamp_has_died_stays_dark_until_it_is_lit(writer: Screenwriter) -> None:
    made = board(writer, (SAMPLES / "en_lighthouse.txt").read_text("utf-8"), Language.EN)
    assert prompt_of(made, "black clouds")[0] == "lighthouse"
    assert prompt_of(made, "flickered and died")[0] == "unlit lighthouse"
    assert prompt_of(made, "ran out onto the gallery")[0] == "unlit lighthouse"
    assert "tiller" in prompt_of(made, "grabbed the tiller")
    made = board(writer, VOYAGE, Language.EN)
    assert prompt_of(made, "a dark lighthouse")[0] == "unlit lighthouse"
    assert prompt_of(made, "lit the flame")[0] == "lighthouse"
    assert prompt_of(made, "a light went on")[0] == "lighthouse"


def test_the_chapter_shows_what_it_tells_of(writer: Screenwriter) -> None:
    made = board(writer, CHAPTER, Language.ZH)
    assert prompt_of(made, "坐在风车下面")[0] == "village"  # the pond only told whose water was green
    assert {"jumping", "boat"} <= set(prompt_of(made, "跳进了水中"))
    assert "boat" in prompt_of(made, "拖回了船上")
    assert not {"owl", "bird"} & set(prompt_of(made, "鸟的爪印"))
    assert "green glowing eyes" in prompt_of(made, "绿色的眼睛")
    assert "meat" in prompt_of(made, "肉干")
    assert "bell" in prompt_of(made, "又摇了一下")
    assert "falling" in prompt_of(made, "滑了下去")


def test_a_detail_shows_nobody_or_one(writer: Screenwriter) -> None:
    made = board(writer, CHAPTER, Language.ZH)
    known = ("girl", "boy", "fox", "owl", "horse", "old man", "old woman", "chinese dragon")
    for shot in made.shots:
        if shot.framing == "detail":
            assert sum(part in known for part in shot.prompt.split(", ")) <= 1, shot.prompt
