"""What figures and things have to do with each other: carrying, riding, blades, postures, shut eyes, open gates, counts."""

import numpy as np
import pytest

from services.core.model import BibleEntry, Language
from services.core.requests import KeyframeRequest
from services.model_service.engines.keyframe.arrange import things_to_place
from services.model_service.engines.keyframe.bestiary import KINDS
from services.model_service.engines.keyframe.bonded import at_sword_point, in_arms, mounted, on_back
from services.model_service.engines.keyframe.canvas import Frame
from services.model_service.engines.keyframe.cast import place_cast
from services.model_service.engines.keyframe.casting import PEOPLE, Figure
from services.model_service.engines.keyframe.costumes import costume_of
from services.model_service.engines.keyframe.gates import paint_entrance
from services.model_service.engines.keyframe.held import AS_ICONS, DRAWN, carried
from services.model_service.engines.keyframe.mounts import MOUNTS
from services.model_service.engines.keyframe.palm import ON_PALM
from services.model_service.engines.keyframe.people import Act, draw_person, hand_at
from services.model_service.engines.keyframe.poses import POSES
from services.model_service.engines.keyframe.props import PROPS
from services.model_service.engines.keyframe.relations import Tie
from services.model_service.engines.keyframe.scene import Scene, read_scene
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.staging import block


def scene(prompt: str, *, framing: str = "wide", bible: tuple[BibleEntry, ...] = ()) -> Scene:
    language = Language.EN if prompt.isascii() else Language.ZH
    return read_scene(
        KeyframeRequest(
            prompt=prompt, style="movie", language=language, width=320, height=184, seed=1, framing=framing, bible=bible
        )
    )  # fmt: skip


def stage(prompt: str, *, framing: str = "wide", seed: int = 1) -> Stage:
    return Stage.build(scene(prompt, framing=framing), Frame(320, 184), seed)


TIES = [
    ("city, girl, robot\nThe girl carried the robot home in her arms.", Tie.ARMS, "girl", "robot"),
    ("小巷, 女孩, 机器人, 跑\n女孩抱起机器人，一路跑回家", Tie.ARMS, "girl", "robot"),
    ("village, girl, puppy\nThe girl picked up the puppy.", Tie.ARMS, "girl", "puppy"),
    ("meadow, old man, boy\nThe old man carries the boy on his back.", Tie.BACK, "old man", "boy"),
    ("河边, 父亲, 孩子\n父亲背着孩子走过小河", Tie.BACK, "man", "child"),
    ("clouds, girl, dragon, riding", Tie.MOUNT, "dragon", "girl"),
    ("沙漠, 旅人, 骆驼\n旅人骑着骆驼穿过沙漠", Tie.MOUNT, "camel", "traveller"),
    ("草原, 骏马, 孩子\n骏马驮着孩子奔跑", Tie.MOUNT, "horse", "child"),
    ("sea, boy, whale\nthe boy sat on the whale's back", Tie.MOUNT, "whale", "boy"),
    ("悬崖, 老人, 剑客\n老人的剑停在剑客的肩上", Tie.BLADE, "old man", "swordsman"),
    ("ruins, swordsman, knight\nThe swordsman's sword stopped at the knight's neck.", Tie.BLADE, "swordsman", "knight"),
]


@pytest.mark.parametrize(("prompt", "tie", "by", "whom"), TIES, ids=lambda value: str(value)[:24])
def test_who_carries_rides_or_threatens_whom(prompt: str, tie: Tie, by: str, whom: str) -> None:
    found = scene(prompt)
    bond = found.bonds[0]
    assert (bond.tie, found.figures[bond.by].tag, found.figures[bond.others[0]].tag) == (tie, by, whom)


@pytest.mark.parametrize(
    "prompt",
    [
        "village, girl, puppy, walking",
        "street, boy, dog\nThe boy carries a lantern.",
        "路上, 女孩, 机器人\n女孩背起行囊",
        "city, girl, bus\nThe girl rides the bus.",
        "悬崖, 老人, 剑客\n老人把剑插进雪里",
    ],
)
def test_others_stand_by_themselves(prompt: str) -> None:
    assert scene(prompt).bonds == ()


def test_whoever_is_carried_is_off_the_ground_and_close() -> None:
    built = stage("city, girl, robot")
    girl, robot = Figure("girl"), Figure("robot", stature=0.64)
    act = Act(POSES["standing"][0], 40.0)
    for marks, passenger in ((in_arms(built, girl, robot, act), robot), (on_back(built, girl, robot, act), robot)):
        mark = next(mark for mark in marks if mark.figure == passenger)
        assert mark.rides
        assert mark.up > 0.05
        assert abs(mark.x) < 0.3
        assert sum(mark.holds for mark in marks) == 1


def test_the_blade_ends_at_the_shoulder() -> None:
    built = stage("cliff, old man, swordsman")
    other, fencer = at_sword_point(built, Figure("old man"), Figure("swordsman"), Act(POSES["standing"][0], 40.0), "calm")
    hand = hand_at(built, fencer.figure, fencer.act)
    long = 0.5 * fencer.act.big
    aim = np.radians(fencer.act.aim)
    tip = (fencer.x + hand[0] + long * np.sin(aim), hand[1] + long * np.cos(aim))
    body = costume_of(other.figure, ancient=False).body
    assert abs(tip[0] - other.x) < body.shoulders * 1.6
    assert 0.74 < tip[1] / body.height < 0.96


def test_riders_sit_on_the_back_of_their_mount() -> None:
    built = stage("clouds, girl, boy, dragon, riding")
    for tag, saddle in MOUNTS.items():
        marks = mounted(built, Figure(tag), [Figure("girl"), Figure("boy")], "happy")
        kind = KINDS[tag]
        assert all(mark.rides for mark in marks)
        assert all(abs(mark.x) < kind.breadth * 0.5 + saddle.behind for mark in marks)
        for mark in marks:
            seat = mark.up + costume_of(mark.figure, ancient=False).body.hip * mark.act.pose.pelvis
            assert seat == pytest.approx(saddle.up * kind.height)


@pytest.mark.parametrize("prompt", [prompt for prompt, *_ in TIES], ids=lambda prompt: prompt[:20])
@pytest.mark.parametrize("framing", ["wide", "close"])
def test_they_are_drawn_in_every_framing(prompt: str, framing: str) -> None:
    built = stage(prompt, framing=framing)
    built.layers["mid"].rgba[int(built.horizon) :] = 1
    place_cast(built)
    assert built.layers["cast"].rgba[..., 3].max() > 0.9


@pytest.mark.parametrize(
    ("prompt", "deeds"),
    [
        ("lighthouse, boy, old woman, walking\nThe boy finds the old woman sitting on the steps.", {"old woman": "sitting"}),
        ("村口, 老人, 女孩, 走\n老人坐在台阶上", {"old man": "sitting"}),
        ("room, boy, girl\nThe boy could not sleep.", {}),
    ],
)
def test_one_may_sit_while_another_walks(prompt: str, deeds: dict[str, str]) -> None:
    found = scene(prompt)
    assert {figure.tag: figure.deed for figure in found.figures if figure.deed} == deeds
    built = Stage.build(found, Frame(320, 184), 3)
    for mark in block(built, [figure for figure in found.figures if figure.tag in PEOPLE]):
        low = mark.act.pose.pelvis < 0.6
        assert low == (mark.figure.deed == "sitting")


@pytest.mark.parametrize(
    ("prompt", "shut"),
    [
        ("street, robot\nThe robot's eyes went dark.", True),
        ("小巷, 机器人\n蓝色的眼灯慢慢熄灭了", True),
        ("cliff, swordsman\nThe swordsman closed his eyes.", True),
        ("房间, 机器人\n机器人睁开眼睛", False),
        ("street, robot\nThe robot looks up.", False),
    ],
)
def test_eyes_that_close_or_go_out(prompt: str, shut: bool) -> None:
    assert scene(prompt).figures[0].shut is shut


def test_a_robot_poses_and_its_lamps_go_out() -> None:
    built = stage("street, day, robot")
    act = Act(POSES["kneeling"][0], 20.0)
    lit, dark = (
        draw_person(built, Figure("robot", accent="#2f5fa8"), Act(act.pose, 20.0, mood), 160.0) for mood in ("calm", "asleep")
    )
    blue = [int(((pen.sheet.pixels[..., 2].astype(int) - pen.sheet.pixels[..., 0]) > 60).sum()) for pen in (lit, dark)]
    assert blue[0] > 100 > blue[1]
    tall = [np.flatnonzero(draw_person(built, Figure("robot"), Act(POSES[name][0], 20.0), 160.0).sheet.pixels[..., 3].max(1)).size
            for name in ("standing", "kneeling")]  # fmt: skip
    assert tall[1] < tall[0] * 0.88


def test_small_robots_are_small() -> None:
    heights = {
        prompt: costume_of(scene(prompt).figures[0], ancient=False).body.height
        for prompt in ("street, robot", "street, little robot", "街道, 小机器人", "street, giant robot")
    }
    plain, little, small, giant = heights.values()
    assert little == small < plain < giant


@pytest.mark.parametrize(
    ("prompt", "tag", "count"),
    [
        ("garden, three green eggs", "egg", 3),
        ("room, two lanterns", "lantern", 2),
        ("草地，三枚绿色的蛋", "egg", 3),
        ("室内, 五个又大又红的苹果", "apple", 5),
        ("three children with an egg", "egg", 1),
        ("三个孩子和蛋", "egg", 1),
        ("a pair of glasses, room", "glasses", 1),
        ("meadow, three flowers", "little flower", 3),
    ],
)
def test_counted_things_are_counted(prompt: str, tag: str, count: int) -> None:
    assert {thing.tag: thing.count for thing in scene(prompt).things}[tag] == count


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_a_detail_shows_as_many_as_are_named(count: int) -> None:
    word = ("one", "two", "three", "four", "five")[count - 1]
    built = stage(f"garden, day, {word} green eggs", framing="detail")
    place_cast(built)
    rgba = built.layers["cast"].rgba
    row = rgba[int(built.frame.height * 0.68)]
    green = (row[:, 1] > row[:, 0] * 1.2) & (row[:, 3] > 0.9)
    runs = int((np.diff(green.astype(int)) == 1).sum()) + int(green[0])
    assert runs == count


def test_what_lies_somewhere_is_in_nobodys_hand() -> None:
    assert not carried(scene("bedroom, girl, compass\n桌上的罗盘忽然亮了"))
    assert not carried(scene("room, boy, cup\nThe cup stood on the shelf."))
    assert carried(scene("bedroom, girl, compass\n灯影落在桌上，女孩拿着罗盘"))


@pytest.mark.parametrize("prompt", ["castle, girl, door", "garden, girl, door"])
def test_an_open_gate_is_another_picture_with_light_in_it(prompt: str) -> None:
    shut, ajar = stage(prompt), stage(f"{prompt}\nThe girl opened the door.")
    assert not shut.scene.opened
    assert ajar.scene.opened == {"door"}
    for built in (shut, ajar):
        built.layers["ground"].rgba[int(built.horizon) :] = 0.3
        paint_entrance(built)
    assert ajar.layers["ground"].rgba[..., :3].sum() > shut.layers["ground"].rgba[..., :3].sum()


def test_a_small_thing_in_the_hand_fills_a_detail() -> None:
    assert all(tag in PROPS and (tag in AS_ICONS or tag not in DRAWN or PROPS[tag].icon) for tag in ON_PALM)
    built = stage("ship's deck, day, boy, compass, holding", framing="detail")
    place_cast(built)
    drawn = built.layers["cast"].rgba[..., 3] > 0.5
    rows = np.flatnonzero(drawn.any(1))
    assert rows.size > built.frame.height * 0.6
    assert things_to_place(built.scene)


def test_stairs_and_galleries_are_places() -> None:
    inside = scene("lighthouse, dusk, old woman, walking\nfirst the stairs of the lighthouse climb at dusk")
    assert inside.has("room")
    assert "stairs" in inside.places
    assert not scene("lighthouse, dawn, old woman\nMara is sitting on the lighthouse steps").has("room")
    assert scene("lighthouse, night, gallery, old woman").places == ("lighthouse", "balcony")
    assert scene("river, rain, rowing boat, 江心\n竹林在风里低低地伏倒").places == ("river", "bamboo forest")
