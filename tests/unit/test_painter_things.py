"""Animals, vehicles and things: their words, their drawings, and where they are put."""

import re
from collections.abc import Iterator

import numpy as np
import pytest

from services.core.model import Language
from services.core.requests import KeyframeRequest
from services.model_service.engines.keyframe import icons, lexicon
from services.model_service.engines.keyframe.aloft import is_aloft, place_aloft
from services.model_service.engines.keyframe.arrange import has_hero, place_hero, place_things, things_to_place
from services.model_service.engines.keyframe.beasts import BEASTS
from services.model_service.engines.keyframe.bestiary import KINDS
from services.model_service.engines.keyframe.canvas import Array, Frame
from services.model_service.engines.keyframe.fauna import draw_figure
from services.model_service.engines.keyframe.held import carried
from services.model_service.engines.keyframe.props import PROPS, draw_prop
from services.model_service.engines.keyframe.scene import Figure, Scene, read_scene
from services.model_service.engines.keyframe.sprites import Pen
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.things import Thing
from services.model_service.engines.keyframe.words_creatures import CREATURES
from services.model_service.engines.keyframe.words_things import PROPS as THING_WORDS

LANDSCAPE = {"flower", "tree", "house", "door", "bridge", "fireflies", "neon", "fireworks", "glowing eyes"}


def request(prompt: str, *, framing: str = "wide", width: int = 320, height: int = 184) -> KeyframeRequest:
    return KeyframeRequest(prompt=prompt, style="movie", language=Language.EN, width=width, height=height, seed=5, framing=framing)


def scene(prompt: str, framing: str = "wide") -> Scene:
    return read_scene(request(prompt, framing=framing))


def stage(prompt: str, *, framing: str = "wide", width: int = 320, height: int = 184) -> Stage:
    asked = request(prompt, framing=framing, width=width, height=height)
    return Stage.build(read_scene(asked), Frame(width, height), asked.seed)


def inked(pen: Pen) -> float:
    """The share of the pen's sheet that is drawn on."""
    return float((pen.sheet.pixels[..., 3] > 128).mean())


def cut(pen: Pen) -> bool:
    """Whether the drawing runs over its sheet's upper or side edges."""
    alpha = pen.sheet.pixels[..., 3]
    return bool(max(alpha[0].max(), alpha[:, 0].max(), alpha[:, -1].max()) > 128)


def drawing(stage: Stage, layer: str = "cast") -> Array:
    return stage.layers[layer].rgba[..., 3] > 0.9


@pytest.mark.parametrize(
    ("line", "tags"),
    [
        ("三只鸭子和一只天鹅", ["duck", "duck", "duck", "swan"]),
        ("小猫追着老鼠", ["kitten", "mouse"]),
        ("神龙在云中", ["chinese dragon"]),
        ("a fire-breathing dragon", ["dragon"]),
        ("two wolves and three geese", ["wolf", "wolf", "goose", "goose", "goose"]),
        ("熊猫、北极熊和狗熊", ["panda", "polar bear", "bear"]),
        ("警车追着出租车", ["police car", "taxi"]),
        ("热气球和直升机", ["hot-air balloon", "helicopter"]),
        ("butterflies over dragonflies", ["butterfly", "dragonfly"]),
    ],
)
def test_animals_and_vehicles_are_read(line: str, tags: list[str]) -> None:
    assert [figure.tag for figure in scene(line).figures] == tags


@pytest.mark.parametrize(
    ("line", "things"),
    [
        ("a dragon egg in the cave", ["dragon egg"]),
        ("山洞里有一枚龙蛋", ["dragon egg"]),
        ("桌上有一只怀表和一封信", ["table", "pocket watch", "letter"]),
        ("他弹着吉他", ["guitar"]),
        ("书包和雨伞", ["backpack", "umbrella"]),
        ("生日蛋糕与礼物", ["cake", "gift box"]),
        ("一把宝剑插在石头上", ["sword", "rock"]),
    ],
)
def test_things_are_read_in_order(line: str, things: list[str]) -> None:
    found = scene(line)
    assert [thing.tag for thing in found.things] == things
    assert found.props == set(things)
    assert all(figure.tag in {"man"} for figure in found.figures)


@pytest.mark.parametrize(
    "line",
    [
        "给我留下深刻印象",
        "地球和月球",
        "过了几分钟",
        "她起床了",
        "他能说会道，很幽默，信任你",
        "she could not bear it",
        "the seabed",
        "斑马线",
        "笨蛋",
    ],
)
def test_words_that_only_contain_a_thing_are_passed_over(line: str) -> None:
    found = scene(line)
    assert not found.things
    assert not [figure for figure in found.figures if figure.tag in KINDS]


@pytest.mark.parametrize(
    ("line", "thing"),
    [
        ("a girl with a little red umbrella", Thing("umbrella", "#b8332f")),
        ("一把蓝色的雨伞", Thing("umbrella", "#2f5fa8")),
        ("红伞", Thing("umbrella", "#b8332f")),
        ("a red house, an umbrella", Thing("umbrella")),
    ],
)
def test_a_colour_beside_a_thing_is_its_own(line: str, thing: Thing) -> None:
    assert thing in scene(line).things


def test_a_cat_does_not_borrow_its_owners_coat() -> None:
    girl, cat = scene("a girl in a red coat and a black cat").figures
    assert (girl.outer, cat.outer) == ("#b8332f", "#23232b")
    assert scene("a girl in a red coat holding her cat").figures[1] == Figure("cat")


def test_words_drawings_and_tables_agree() -> None:
    names = icons.icon_names()
    assert set(lexicon.GROUPS["figure"]) >= set(KINDS)
    assert set(PROPS) | LANDSCAPE == set(lexicon.GROUPS["prop"])
    used = {kind.icon for kind in KINDS.values()} | {prop.icon for prop in PROPS.values()}
    assert used - {""} == names


def test_no_spelling_leads_two_ways() -> None:
    seen: dict[str, str] = {}
    for words in (CREATURES, THING_WORDS):
        for tag, spellings in words.items():
            for spelling in spellings.split("|"):
                assert seen.setdefault(spelling, tag) == tag, spelling


@pytest.mark.parametrize("tag", sorted(KINDS))
def test_every_animal_and_vehicle_is_drawn_whole(tag: str) -> None:
    made = stage("meadow, day")
    pen = draw_figure(made, Figure(tag), "standing", 90.0, made.rng("x"))
    assert inked(pen) > 0.05
    if KINDS[tag].icon:
        assert not cut(pen)


@pytest.mark.parametrize("name", sorted(PROPS))
def test_every_thing_is_drawn_whole(name: str) -> None:
    pen = draw_prop(stage("meadow, day"), name, 160.0)
    assert inked(pen) > 0.02
    assert not cut(pen)


@pytest.mark.parametrize("tag", sorted(BEASTS))
def test_animals_move(tag: str) -> None:
    made = stage("meadow, day")
    sheets = [draw_figure(made, Figure(tag), action, 90.0, made.rng("x")).sheet.pixels for action in ("standing", "running")]
    assert (sheets[0] != sheets[1]).any(2).mean() > 0.01


def test_what_is_in_a_hand_is_not_on_the_ground_too() -> None:
    found = scene("an old man, lantern, treasure chest")
    assert carried(found) == {0: "lantern"}
    assert [thing.tag for thing in things_to_place(found)] == ["treasure chest"]
    assert [thing.tag for thing in things_to_place(scene("a cat, lantern"))] == ["lantern"]


def test_an_icon_is_turned_coloured_and_kept_in_size() -> None:
    plain, grip = icons.raster("things/umbrella", 80)
    assert abs(plain.shape[0] - 80) <= 4
    assert abs(grip[1] - plain.shape[0]) <= 3
    red, _ = icons.raster("things/umbrella", 80, colour="#b8332f")
    assert plain.shape == red.shape
    assert red[..., 0].sum() > plain[..., 0].sum()
    turned, _ = icons.raster("things/umbrella", 80, angle=90)
    assert abs(turned.shape[1] - plain.shape[0]) <= 4
    mirrored, _ = icons.raster("animals/eagle", 80, mirrored=True)
    assert np.array_equal(mirrored, icons.raster("animals/eagle", 80)[0][:, ::-1])
    assert (plain[..., :3] <= plain[..., 3:]).all()


def near_subtitles(pixels: Array) -> bool:
    rows = np.flatnonzero(pixels.any(1))
    return bool(rows.size and rows[-1] > pixels.shape[0] * 0.885)


@pytest.mark.parametrize(("width", "height"), [(320, 184), (184, 320), (240, 240), (320, 240)])
@pytest.mark.parametrize("prompt", ["treasure chest, meadow, day", "teapot, cup, room, day", "umbrella, suitcase, bench, street"])
def test_things_stand_in_the_frame_above_the_subtitles(prompt: str, width: int, height: int) -> None:
    made = stage(prompt, width=width, height=height)
    middle = width / 2
    place_things(made, size=made.unit * 0.3, feet=height * 0.83, left=middle, right=middle)
    seen = drawing(made)
    assert 0.01 < seen.mean() < 0.5
    assert not near_subtitles(seen)
    assert not seen[:, [0, -1]].any()


@pytest.mark.parametrize(("width", "height"), [(320, 184), (184, 320), (240, 240)])
@pytest.mark.parametrize("prompt", ["key, forest", "message in a bottle, beach", "umbrella, street", "pocket watch, meadow"])
def test_in_a_detail_shot_the_thing_is_large(prompt: str, width: int, height: int) -> None:
    made = stage(prompt, framing="detail", width=width, height=height)
    assert has_hero(made.scene)
    place_hero(made)
    seen = drawing(made)
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    assert max((rows[-1] - rows[0]) / made.unit, (columns[-1] - columns[0]) / width) > 0.30
    assert not near_subtitles(seen)
    assert not seen[:, [0, -1]].any()


def flying() -> Iterator[str]:
    return (tag for tag, kind in KINDS.items() if is_aloft(scene("meadow, day"), tag))


@pytest.mark.parametrize("tag", sorted(flying()))
def test_flyers_and_swimmers_are_inside_the_picture(tag: str) -> None:
    for place in ("meadow", "sea", "underwater"):
        made = stage(f"{place}, day, {tag}")
        if is_aloft(made.scene, tag):
            place_aloft(made, Figure(tag), made.unit * 0.3)
            seen = drawing(made) | drawing(made, "mid")
            assert seen.mean() > 0.001, place
            assert not near_subtitles(seen), place


def test_every_drawing_is_small_and_carries_no_script() -> None:
    folder = icons.artwork_folder()
    files = sorted(folder.rglob("*.svg"))
    assert sum(file.stat().st_size for file in files) < 1_500_000
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"<script|href=\"http|<image", text), file.name
