"""What a prompt says without showing it: film-making words, comparisons, what is over; clothes; counts; kept colours."""

import pytest

from services.core.model import BibleEntry, Language
from services.core.requests import KeyframeRequest
from services.core.vocabulary import Framing
from services.model_service.engines.keyframe.aloft import is_aloft
from services.model_service.engines.keyframe.arrange import has_hero, things_to_place
from services.model_service.engines.keyframe.held import worn
from services.model_service.engines.keyframe.scene import Scene, read_scene
from services.model_service.engines.keyframe.telling import seen
from services.model_service.engines.keyframe.things import Thing


def scene(prompt: str, *, bible: tuple[BibleEntry, ...] = (), framing: str = "wide") -> Scene:
    return read_scene(
        KeyframeRequest(
            prompt=prompt, style="movie", language=Language.EN, width=320, height=184, seed=1, bible=bible, framing=framing
        )
    )


def things(found: Scene) -> list[str]:
    return [thing.tag for thing in found.things]


@pytest.mark.parametrize(
    "line",
    [
        "Storybook style. A girl in a garden; the camera rests on her face",
        "a girl in a garden, medium shot, shallow depth of field, low-key, rule of thirds, 35mm lens",
        "A bird's-eye view of a girl in a garden, crane shot",
        "a girl in a garden, digital painting, cyberpunk style, off-screen",
        "girl, garden, high-key lighting, hard white key, the frame holds still, screen left",
        "镜头缓缓推近，女孩在花园里，低调，浅景深，机位贴地，画面留白",
        "水墨风格。鸟瞰花园，女孩在画面左侧，鱼眼，灯光柔和，焦点落到手上",
    ],
)
def test_film_making_is_not_in_the_picture(line: str) -> None:
    found = scene(line)
    assert [figure.tag for figure in found.figures] == ["girl"]
    assert found.places == ("garden",)
    assert not found.props
    assert seen(line).split()


@pytest.mark.parametrize(
    "line", ["a man with an old camera in the park", "park, man, camera", "he held his camera", "公园里，一台相机"]
)
def test_a_camera_that_somebody_has_is_one(line: str) -> None:
    assert things(scene(line)) == ["camera"]


@pytest.mark.parametrize(
    "line",
    [
        "waves as high as houses broke over the sea",
        "the sea, dark like an old house",
        "海浪像房子一样高",
        "大海如屋子般起伏",
        "大海，仿佛一座木屋",
        "the sea; the house was gone",
    ],
)
def test_what_is_only_compared_to_or_gone_is_not_there(line: str) -> None:
    found = scene(line)
    assert found.places == ("sea",)
    assert not found.props
    assert not found.figures


def test_sparks_may_be_like_fireflies() -> None:
    assert scene("garden, night, sparks float like fireflies").props == {"fireflies"}


@pytest.mark.parametrize(
    "line", ["雨停了，女孩走过街道", "the rain has stopped, a girl walks down the street", "风雪过去了，女孩在街道上"]
)
def test_weather_that_is_over_is_over(line: str) -> None:
    assert not scene(line).weather


def test_a_description_adds_nobody_and_nothing_to_a_line_that_names_any() -> None:
    found = scene("sea, dawn\nMovie style. A lantern rocks under the eaves; the man holds a key, the stars go out, rain falls.")
    assert (found.places, found.time, found.weather, found.figures, found.things) == (("sea",), "dawn", frozenset(), (), ())
    led = scene("Movie style. Hard contrast.\nA man holds a lantern in the rain at night, in the street.")
    assert [figure.tag for figure in led.figures] == ["man"]
    assert things(led) == ["lantern"]
    assert (led.places, led.time) == (("street",), "night")
    assert led.weather == {"rain"}


@pytest.mark.parametrize(
    "line",
    [
        "street, boy with short black hair in a green tunic and a white scarf",
        "街道, boy, 黑色短发、围白色围巾的男孩",
        "A boy wearing a white scarf walks down the street",
    ],
)
@pytest.mark.parametrize("framing", ["wide", "detail"])
def test_clothes_are_worn_and_lie_nowhere(line: str, framing: str) -> None:
    found = scene(line, framing=framing)
    assert found.things == (Thing("scarf", "#f0ece4", worn=True),)
    assert worn(found) == {"scarf"}
    assert not things_to_place(found)
    assert not has_hero(found)


def test_what_the_second_person_wears_is_not_on_the_first() -> None:
    found = scene("pier, woman with blonde hair in a blue coat, boy in a green tunic and a white scarf")
    assert not found.things


@pytest.mark.parametrize(
    "line", ["She found a red scarf in the street", "女孩在街道上捡起一条红围巾", "street, girl, scarf", "a red scarf"]
)
def test_a_found_garment_is_a_thing(line: str) -> None:
    found = scene(line)
    assert [(thing.tag, thing.worn) for thing in found.things] == [("scarf", False)]
    assert [thing.tag for thing in things_to_place(found)] == ["scarf"]


def test_counts_and_colours_stay_with_their_thing() -> None:
    assert scene("garden, three green eggs").things == (Thing("egg", "#4c8a4a", 3),)
    assert scene("树下有三颗绿色的蛋").things[-1] == Thing("egg", "#4c8a4a", 3, lies=True)
    bible = (
        BibleEntry("prop", "the egg", "green with pale spots"),
        BibleEntry("prop", "the box", "dark old wood with flaking paint"),
    )
    assert scene("garden, egg, box", bible=bible).things == (Thing("egg", "#4c8a4a"), Thing("box"))
    assert scene("garden, a red egg", bible=bible).things == (Thing("egg", "#b8332f"),)


@pytest.mark.parametrize(
    ("line", "tags"),
    [
        ("a green egg under the apple tree", ["egg", "tree"]),
        ("苹果树下的女孩", ["tree"]),
        ("ship's deck, captain, wheel", ["ship's wheel"]),
        ("小船上，男孩握着舵", ["ship's wheel"]),
        ("a cart with a broken wheel", ["wheel"]),
        ("墙角开着一朵小黄花", ["little flower"]),
        ("flower, 小黄花", ["little flower"]),
        ("送信的机器人", []),
        ("蓝色的眼灯熄灭了", []),
        ("穿黄雨衣的女孩", []),
    ],
)
def test_compounds_are_one_thing(line: str, tags: list[str]) -> None:
    found = scene(line)
    assert things(found) == tags
    assert "rain" not in found.weather


def test_several_of_a_thing_are_placed() -> None:
    found = scene("garden, three green eggs", framing="detail")
    assert found.framing is Framing.DETAIL
    assert has_hero(found)
    assert things_to_place(found)[0].count == 3


def test_who_flies_is_in_the_air_and_who_is_huge_is_large() -> None:
    assert is_aloft(scene("cliff, dawn, crane, flying"), "crane")
    assert not is_aloft(scene("cliff, dawn, crane"), "crane")
    assert scene("village, day, huge dragon").huge == {"dragon"}
    assert scene("山洞里盘着巨大的飞龙").huge == {"dragon"}
    assert not scene("village, day, dragon beside a huge tree").huge


def test_the_bible_is_matched_in_the_order_in_which_the_prompt_names_its_people() -> None:
    bible = (BibleEntry("character", "Poppy", "girl in a pink coat"), BibleEntry("character", "the children", "in red coats"))
    found = scene("village, several children in red coats, dancing\nWide shot: the children dance.", bible=bible)
    assert {figure.name for figure in found.figures} == {"the children"}
