"""Short stories of every kind, each line beside what its picture is asked to show: who acts, how, with what, and where."""

import pytest

from services.core.model import Language, Storyboard
from services.model_service.engines.storyboard.screenwriter import Screenwriter
from tests.integration.screenwriting import SAMPLES, board, loaded

TRAIN = (
    "Old Walter had driven the night train for years. At the first station a little girl with a yellow suitcase got on alone. "
    "The train crossed a long iron bridge over the river. Snow began to fall.\n"
    "Near midnight the train stopped. Walter took his lantern and walked out into the snow. "
    "The girl followed him, carrying her suitcase.\nTogether they knelt beside the tree. Under its branches lay a wounded fox. "
    "She wrapped the fox in her red scarf.\nAt dawn the train reached the sea. "
    "Walter took off his cap and watched the sun come up."
)
CROW = (
    "A proud king lived in a castle on a hill. He wore a golden crown with five jewels.\n"
    "One morning a crow flew in at the window, snatched the crown, and flew away.\nThe king rode out on his white horse. "
    "At noon he met a poor shepherd who was sitting under an oak tree.\n"
    '"Have you seen my crown?" asked the king. The shepherd pointed at the top of the tree.\n'
    "In the nest lay his crown, and in the crown slept three baby crows."
)
DETECTIVE = (
    "It was raining hard in the city when Detective Clara Stone found the blue umbrella. It lay broken in the gutter.\n"
    "She picked it up and looked inside. A man in a grey coat was watching her from across the street. When she turned, he ran.\n"
    "Clara chased him down the alley. He slipped and fell. She held out her hand and pulled him up.\n"
    "She unlocked the door with a key. An old woman sat by the window.\nClara closed the umbrella and left without a word."
)
MOON = (
    "On the dark side of the moon lived a small robot named Bolt. Every night he polished the stars.\n"
    "A girl from Earth landed in a red rocket. Her name was Nia, and she had a toolbox.\n"
    "Nia took out a tiny key. Bolt danced around the table.\nThe spaceship landed in a green meadow."
)
BEAR = (
    "A brown bear lived in a cave at the edge of the forest. Winter came, but he could not sleep.\n"
    "He sat at the mouth of the cave and watched the snow. A mouse crept out of the wall.\n"
    "She told him about the river full of fish, and the bees.\n"
    "In spring the first butterfly landed on his nose. He opened one eye and smiled."
)
LIFT = (
    "深夜，写字楼里只剩下林小雨一个人。她关上电脑，背起蓝色的背包，走进电梯。\n"
    "门开了，一个拿着黑伞的老人走了进来。“您去几楼？”她问。老人笑了笑，递给她一把旧钥匙。\n"
    "灯灭了。黑暗里，她紧紧抱住背包，蹲了下来。\n等灯再亮的时候，老人不见了，地上只有一把黑伞。\n林小雨捡起那把伞，走进雨里。"
)
KITE = (
    "操场上，小明和小红一起放风筝。忽然，线断了，风筝飞过了围墙。小红哭了起来。\n"
    "小明翻过围墙，跑进了树林。他看见风筝挂在一棵大树上，树下蹲着一只黑猫。\n"
    "天黑了，小红带着老师来了。老师举着手电筒，搬来一架梯子。小明抱着风筝下来了。"
)
MARS = (
    "火星基地的警报响了。宇航员陈默穿上白色的宇航服，冲进温室。他跪下来，用双手捧起一颗种子。\n"
    "机器人小七举着一盏灯，站在他身边。陈默坐在窗边，看着种子发了芽。\n"
    "飞船降落在地球的草原上。陈默抱着那棵小苗走了出来，一个小女孩朝他跑来。"
)
TURTLE = (
    "很久以前，森林边住着一只老乌龟。一天早晨，小兔子跑来嘲笑它。乌龟没有生气，只是慢慢地爬上山坡。\n"
    "中午，山里起了火。乌龟驮起小兔子，一步一步走进河里。\n"
    "傍晚，小兔子坐在乌龟的背上，看见了彩虹。从那以后，小兔子每天都给乌龟送来三个红苹果。"
)


@pytest.fixture(scope="module")
def writer() -> Screenwriter:
    return loaded()


def shown(made: Storyboard, words: str) -> str:
    """The prompt of the shot that tells `words`."""
    return next(shot.prompt for shot in made.shots if words in shot.narration)


@pytest.mark.parametrize(
    ("text", "words", "there", "missing"),
    [
        (TRAIN, "her red scarf", ("wearing red scarf", "fox", "girl"), ()),
        (TRAIN, "knelt", ("kneeling", "girl", "old man"), ()),
        (TRAIN, "took off his cap", ("old man", "looking"), ("flying",)),
        (CROW, "golden crown", ("king", "golden crown", "five gems"), ()),
        (CROW, "rode out", ("king", "horse", "riding"), ()),
        (CROW, "poor shepherd", ("farmer", "sitting"), ()),
        (CROW, "three baby crows", ("three crows", "golden crown"), ("children", "baby")),
        (DETECTIVE, "lay broken", ("broken blue umbrella",), ("child",)),
        (DETECTIVE, "grey coat", ("man with", "grey coat", "woman"), ("child",)),
        (DETECTIVE, "pulled him up", ("woman", "man with"), ()),
        (DETECTIVE, "An old woman", ("old woman", "sitting"), ()),
        (DETECTIVE, "closed the umbrella", ("closed blue umbrella",), ()),
        (MOON, "dark side of the moon", ("space", "robot"), ("kitchen",)),
        (MOON, "Her name was", ("girl",), ("woman",)),
        (MOON, "spaceship landed", ("meadow", "rocket"), ()),
        (BEAR, "full of fish", ("mouse", "bear"), ("fish", "bees")),
        (BEAR, "opened one eye", ("bear", "butterfly"), ("mouse",)),
    ],
)
def test_english_lines_are_shown(
    writer: Screenwriter, text: str, words: str, there: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    prompt = shown(board(writer, text, Language.EN), words)
    assert [word for word in there if word not in prompt] == []
    assert [word for word in missing if word in prompt] == []


@pytest.mark.parametrize(
    ("text", "words", "there", "missing"),
    [
        (LIFT, "林小雨一个人", ("office", "night", "woman"), ("rain", "child")),
        (LIFT, "抱住背包", ("blue backpack", "kneeling", "woman"), ("old man",)),
        (LIFT, "老人不见了", ("black umbrella", "woman"), ("old man",)),
        (KITE, "一起放风筝", ("boy", "girl", "小明", "小红"), ("man,",)),
        (KITE, "黑猫", ("boy", "cat", "tree"), ()),
        (KITE, "手电筒", ("teacher", "flashlight", "ladder"), ()),
        (MARS, "宇航服", ("astronaut", "running"), ("man,",)),
        (MARS, "捧起", ("kneeling", "astronaut"), ()),
        (MARS, "身边", ("robot", "astronaut", "lantern"), ()),
        (MARS, "降落", ("meadow", "rocket"), ()),
        (TURTLE, "走进河里", ("river", "turtle", "rabbit", "riding"), ()),
        (TURTLE, "红苹果", ("three red apples",), ()),
    ],
)
def test_chinese_lines_are_shown(
    writer: Screenwriter, text: str, words: str, there: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    prompt = shown(board(writer, text, Language.ZH), words)
    assert [word for word in there if word not in prompt] == []
    assert [word for word in missing if word in prompt] == []


def test_who_is_in_a_boat_goes_on_in_it_and_a_blade_is_held_against_somebody(writer: Screenwriter) -> None:
    made = board(writer, (SAMPLES / "zh_ink_swordsman.txt").read_text("utf-8"), Language.ZH, style="ink")
    on_the_river = shown(made, "船到江心").split(", ")
    assert {"old man", "swordsman", "rowing boat", "rowing", "bamboo forest"} <= set(on_the_river)
    assert "rowing" not in shown(made, "崖边站着")
    assert {"sword", "pointing"} <= set(shown(made, "停在沈青肩上").split(", "))
    assert "白色" in next(entry.look for entry in made.bible if entry.name == "白发老人")


def test_a_thing_keeps_its_colour_and_shows_its_state(writer: Screenwriter) -> None:
    robot = board(writer, (SAMPLES / "zh_city_robot.txt").read_text("utf-8"), Language.ZH)
    assert "open red umbrella" in shown(robot, "撑开一把红伞")
    assert "red umbrella" in shown(robot, "看见了伞下的花")
    assert "switched-off robot" in shown(robot, "眼灯慢慢熄灭")
    lights = next(shot for shot in robot.shots if "整座城市的灯" in shot.narration)
    assert "灯一盏接一盏亮了起来" in lights.description
    assert "女孩一盏" not in lights.description
    garden = board(writer, (SAMPLES / "en_dragon_garden.txt").read_text("utf-8"), Language.EN)
    assert "open door" in shown(garden, "opened the gate")
    assert shown(garden, "three green eggs").split(", ")[2] == "three green eggs"
    assert {"house", "tree"} <= set(shown(garden, "empty garden").split(", "))


def test_the_same_two_children_and_the_same_fox_all_through_a_chapter(writer: Screenwriter) -> None:
    made = board(writer, (SAMPLES / "zh_chapter.txt").read_text("utf-8"), Language.ZH)
    horse = shown(made, "白马驮着两个孩子").split(", ")
    assert {"girl", "boy", "fox", "horse", "riding"} <= set(horse)
    looks = {part for shot in made.shots for part in shot.prompt.split(", ") if part.endswith(("狐狸", "白狐"))}
    assert len(looks) == 1
    rowing = shown(made, "阿岩划着桨").split(", ")
    assert rowing.index("boy") < rowing.index("girl")
