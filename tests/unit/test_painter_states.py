"""The states that words leave things and people in: lights out, somebody in the water, on a bridge, in the arms of an animal."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from services.core.model import Language
from services.core.requests import KeyframeRequest
from services.model_service.engines.keyframe import layers
from services.model_service.engines.keyframe.aloft import embraced
from services.model_service.engines.keyframe.bridges import deck_row
from services.model_service.engines.keyframe.canvas import Frame
from services.model_service.engines.keyframe.cast import place_cast
from services.model_service.engines.keyframe.composition import steps
from services.model_service.engines.keyframe.layers import DepthLayer
from services.model_service.engines.keyframe.scene import SWIMMING, Scene, read_scene
from services.model_service.engines.keyframe.stage import Stage


def scene(prompt: str, *, framing: str = "wide") -> Scene:
    language = Language.EN if prompt.isascii() else Language.ZH
    return read_scene(
        KeyframeRequest(prompt=prompt, style="movie", language=language, width=320, height=184, seed=1, framing=framing)
    )


def painted(prompt: str, *, framing: str = "wide") -> Stage:
    made = Stage.build(scene(prompt, framing=framing), Frame(320, 184), 3)
    for _, paint in steps(made):
        paint()
    return made


def picture(stage: Stage) -> npt.NDArray[Any]:
    """The stage's layers as one picture, int16."""
    depths = [
        DepthLayer(name, layer.depth, 0, 0, (np.clip(layer.rgba, 0, 1) * 255).astype(np.uint8))
        for name, layer in stage.layers.items()
    ]
    return layers.compose(depths, stage.frame.width, stage.frame.height).astype(np.int16)


@pytest.mark.parametrize(
    ("prompt", "out"),
    [
        ("lighthouse, night, storm, lamp\nthe great lamp flickers and dies", {"lantern", "lighthouse"}),
        ("unlit lighthouse, dawn", {"lighthouse"}),
        ("lighthouse, dawn\nan island, and on its cliff a dark lighthouse", {"lighthouse"}),
        ("old man, room, night, candle\nhe blew out the candle", {"candle"}),
        ("forest, night, campfire\nthe campfire has gone out", {"campfire"}),
        ("灯塔，夜里，暴风雨\n灯塔忽然熄灭了", {"lighthouse"}),
        ("灯塔，夜里\n灯塔没有亮", {"lighthouse"}),
        ("房间，夜里，蜡烛\n她吹灭了蜡烛", {"candle"}),
        ("lighthouse, night, old woman, lantern\nshe lifts her lantern: steer for the light", set()),
        ("village, dark night, lantern", set()),
        ("村庄，夜里，灯笼\n她点亮灯笼", set()),
        ("lighthouse, night, robot\nits eyes went out", set()),
    ],
)
def test_which_lights_are_out(prompt: str, out: set[str]) -> None:
    assert scene(prompt).unlit == out


@pytest.mark.parametrize(
    ("lit", "out", "framing"),
    [
        ("lighthouse, night", "unlit lighthouse, night", "wide"),
        ("lighthouse, night, gallery", "unlit lighthouse, night, gallery", "wide"),
        ("meadow, night, lantern", "meadow, night, unlit lantern", "detail"),
        ("meadow, night, campfire", "meadow, night, unlit campfire", "wide"),
    ],
)
def test_what_is_out_gives_no_light(lit: str, out: str, framing: str) -> None:
    burning, dead = (picture(painted(prompt, framing=framing)) for prompt in (lit, out))
    brighter = (burning - dead).max(2)
    assert (brighter > 60).mean() > 0.001
    assert dead.mean() < burning.mean()
    assert (brighter < -60).mean() < 0.010  # nothing shines in its stead, a wisp of smoke at most


@pytest.mark.parametrize(
    ("prompt", "tags"),
    [
        ("river, day, girl, boy, boat, jumping\nthe girl jumps into the water", ["girl"]),
        ("河边，白天，女孩，男孩，小船\n女孩跳进了水中", ["girl"]),
        ("sea, day, old man, swimming\nthe old man swims", ["old man"]),
        ("meadow, day, girl, jumping\nthe girl jumps into the water", []),
        ("river, day, girl\nshe looks at the water", []),
    ],
)
def test_who_is_in_the_water(prompt: str, tags: list[str]) -> None:
    assert [figure.tag for figure in scene(prompt).figures if figure.deed == SWIMMING] == tags


def test_somebody_in_the_water_is_seen_by_halves() -> None:
    made = Stage.build(scene("sea, day, girl, jumping\nthe girl jumps into the water"), Frame(320, 184), 3)
    place_cast(made)
    rows = np.flatnonzero((made.layers["cast"].rgba[..., 3] > 0.5).any(1))
    assert rows.size
    assert rows[-1] < 184 * 0.92
    assert rows[-1] - rows[0] < 184 * 0.40


def test_whoever_crosses_a_bridge_stands_on_it() -> None:
    assert scene("river, day, man, bridge, walking\nhe walks across the bridge").on_bridge
    assert scene("竹林，黄昏，剑客，石桥\n沈青走过石桥").on_bridge
    assert not scene("river, day, man, bridge\nhe sees the bridge").on_bridge
    made = painted("forest, day, man, bridge, walking\nhe walks across the bridge")
    feet = np.flatnonzero((made.layers["cast"].rgba[..., 3] > 0.9).any(1))[-1]
    assert abs(feet - deck_row(made, 160)) < 184 * 0.08


@pytest.mark.parametrize(
    ("prompt", "whom"),
    [
        ("garden, dusk, girl, dragon, hugging", "dragon"),
        ("meadow, day, boy, horse, hugging", "horse"),
        ("garden, day, girl, woman, hugging", None),
        ("garden, day, girl, dragon, walking", None),
        ("sea, day, girl, whale, hugging", None),
    ],
)
def test_a_large_animal_is_hugged_where_it_stands(prompt: str, whom: str | None) -> None:
    found = embraced(scene(prompt))
    assert (found.tag if found else None) == whom


def test_eyes_shine_out_of_the_dark() -> None:
    plain, watched = (picture(painted(prompt)) for prompt in ("meadow, night", "meadow, night, green glowing eyes"))
    greener = (watched[..., 1] - plain[..., 1]) > 60
    assert greener.mean() > 0.0005


def test_a_small_thing_is_smaller_than_whoever_is_beyond_it() -> None:
    made = Stage.build(scene("meadow, day, girl, meat\nthe meat lies on the grass", framing="detail"), Frame(320, 184), 3)
    place_cast(made)
    rows = np.flatnonzero((made.layers["cast"].rgba[..., 3] > 0.5).any(1))
    assert rows[0] < 184 * 0.25  # the girl's head, high above the thing
