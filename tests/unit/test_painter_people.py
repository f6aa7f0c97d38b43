"""The painter's people: who they are, what they wear, how they stand together."""

from itertools import pairwise

import numpy as np
import pytest

from services.core.model import BibleEntry, Language
from services.core.requests import KeyframeRequest
from services.core.vocabulary import Framing
from services.model_service.engines.keyframe import costumes, words_people
from services.model_service.engines.keyframe.canvas import Frame
from services.model_service.engines.keyframe.casting import PEOPLE, Figure
from services.model_service.engines.keyframe.faces import EXPRESSIONS
from services.model_service.engines.keyframe.handheld import HELD
from services.model_service.engines.keyframe.held import AS_ICONS, DRAWN, carried, worn
from services.model_service.engines.keyframe.people import Act, Window, draw_person
from services.model_service.engines.keyframe.poses import POSES
from services.model_service.engines.keyframe.props import PROPS
from services.model_service.engines.keyframe.scene import Scene, read_scene
from services.model_service.engines.keyframe.skeleton import Body, solve
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.staging import Mark, block, span


def scene(prompt: str, *, bible: tuple[BibleEntry, ...] = (), framing: str = "wide", negative: str = "") -> Scene:
    return read_scene(
        KeyframeRequest(
            prompt=prompt, style="movie", language=Language.EN, width=320, height=184, seed=1, framing=framing, bible=bible,
            negative_prompt=negative,
        )
    )  # fmt: skip


def stage(prompt: str, seed: int = 1) -> Stage:
    return Stage.build(scene(prompt), Frame(320, 184), seed)


def tags(prompt: str) -> list[str]:
    return [figure.tag for figure in scene(prompt).figures]


def marks(prompt: str, seed: int = 1) -> list[Mark]:
    built = stage(prompt, seed)
    return block(built, [figure for figure in built.scene.figures if figure.tag in PEOPLE])


@pytest.mark.parametrize(
    ("line", "cast"),
    [
        ("a warrior fighting a warrior, ruins, dusk", ["warrior", "warrior"]),
        ("a knight fights another knight", ["knight", "knight"]),
        ("country doctor, street, day", ["doctor"]),
        ("street, dusk, rain, man, crying, 街道, 黄昏, 雨, 穿墨绿斗篷的医生", ["doctor"]),
        ("castle, dusk, man, girl, smiling, 城堡, 穿橘色毛衣的公主, 国王", ["king", "princess"]),
        ("a man and a doctor talk in the street", ["man", "doctor"]),
        ("老渔夫在海边钓鱼", ["sailor"]),
        ("侠客与将军在竹林决斗", ["swordsman", "general"]),
        ("书生遇见仙女", ["scholar", "lady"]),
        ("宇航员在火星上行走", ["astronaut"]),
        ("five travellers, desert", ["traveller"] * 5),
        ("three children run", ["child"] * 3),
        ("母亲拥抱孩子", ["woman", "child"]),
    ],
)
def test_roles_are_told_apart(line: str, cast: list[str]) -> None:
    assert tags(line) == cast


@pytest.mark.parametrize(
    ("line", "action"),
    [
        ("a girl walks home crying", "crying"),
        ("他在窗边看书", "reading"),
        ("两个武士打斗", "fighting"),
        ("they walk hand in hand", "holding hands"),
        ("a knight riding a horse", "riding"),
        ("孩子们欢呼跳跃", "jumping"),
        ("an old man sits by the sea", "sitting"),
        ("a quiet village", "standing"),
    ],
)
def test_the_most_telling_action_is_shown(line: str, action: str) -> None:
    assert scene(line).action == action


def test_every_person_has_a_costume_and_every_action_a_pose() -> None:
    assert costumes.kinds() == PEOPLE
    assert set(words_people.ACTIONS) - {"fighting"} <= set(POSES)
    assert set(words_people.FEELINGS) <= set(EXPRESSIONS)


def test_what_hands_hold_can_be_drawn() -> None:
    assert set(DRAWN.values()) <= set(HELD)
    assert all(PROPS[tag].icon for tag in AS_ICONS)
    roles = {costumes.costume_of(Figure(tag), ancient=old).hand for tag in PEOPLE for old in (True, False)}
    assert roles - {""} <= set(HELD)


@pytest.mark.parametrize("pose", [(name, index) for name, variants in POSES.items() for index in range(len(variants))], ids=str)
def test_bones_keep_their_length_and_feet_stay_on_the_ground(pose: tuple[str, int]) -> None:
    shape = POSES[pose[0]][pose[1]]
    body = Body()
    sk = solve(body, shape, 90.0)
    for arm in sk.arms:
        assert np.hypot(arm.bend.x - arm.root.x, arm.bend.y - arm.root.y) <= body.arm * 0.53
        assert np.hypot(arm.end.x - arm.bend.x, arm.end.y - arm.bend.y) <= body.arm * 0.49
    lowest = min(leg.end.y for leg in sk.legs)
    assert -0.01 < lowest - shape.lift < (0.30 if pose[0] in {"flying", "sleeping"} else 0.14)


def test_a_figure_is_grounded_at_its_origin() -> None:
    built = stage("meadow, day, man")
    pen = draw_person(built, Figure("man"), Act(POSES["standing"][0], 30.0), 100.0)
    rows = np.flatnonzero(pen.sheet.pixels[..., 3].max(1))
    foot = rows[-1] / 2 - pen.anchor[1]
    assert abs(foot) < 5
    assert 95 < (rows[-1] - rows[0]) / 2 < 112


def test_a_window_cuts_what_cannot_be_seen_and_nothing_else() -> None:
    built = stage("meadow, day, man")
    act = Act(POSES["standing"][0], 30.0)
    whole = draw_person(built, Figure("man"), act, 100.0)
    cut = draw_person(built, Figure("man"), act, 100.0, window=Window(100, 100, 200, -50))
    assert cut.sheet.pixels.shape[0] < whole.sheet.pixels.shape[0]
    x = round((whole.anchor[0] - cut.anchor[0]) * 2)
    y = round((whole.anchor[1] - cut.anchor[1]) * 2)
    height, width = cut.sheet.pixels.shape[:2]
    head = slice(0, height - 60)
    same = whole.sheet.pixels[y : y + height, x : x + width][head] == cut.sheet.pixels[head]
    assert same.mean() > 0.99


def clothes(prompt: str, seed: int, index: int = 0) -> tuple[float, ...]:
    """Outer colour against the scene's white, so that the light of the take cancels out."""
    built = stage(prompt, seed)
    wear = costumes.dress(built, built.scene.figures[index])
    return tuple(np.round(wear.outer / wear.white, 2).tolist())


def test_the_seed_changes_the_pose_never_the_clothes() -> None:
    takes = {repr(marks("village, day, woman, standing", seed)[0].act) for seed in range(6)}
    assert len(takes) > 2
    worn_colours = [np.array(clothes("village, morning, rain, woman", seed)) for seed in range(5)]
    assert max(float(np.abs(a - worn_colours[0]).max()) for a in worn_colours) < 0.12


def test_two_of_a_kind_differ_and_stay_as_they_are() -> None:
    first, second = (clothes("desert, day, two travellers", 1, index) for index in (0, 1))
    assert first != second
    assert (first, second) == tuple(clothes("desert, day, two travellers, walking", 1, index) for index in (0, 1))


def test_a_character_of_the_bible_keeps_its_look_under_any_word() -> None:
    bible = (BibleEntry("character", "医生", "穿墨绿斗篷、系棕色皮带"),)
    found = scene("street, dusk, man, 穿墨绿斗篷、系棕色皮带的医生", bible=bible).figures[0]
    assert (found.tag, found.name) == ("doctor", "医生")
    doctor = costumes.dress(stage("street, day"), found)
    assert doctor.outer.min() > 0.7, "the coat of a doctor is white whatever else the look says"


def test_old_china_dresses_everybody_alike() -> None:
    assert scene("书生和女子在庭院").ancient
    assert not scene("a student in a garden").ancient
    assert costumes.costume_of(Figure("woman"), ancient=True).top == "hanfu"
    assert costumes.costume_of(Figure("astronaut"), ancient=True).top == "space"


def test_opponents_face_each_other_apart() -> None:
    far, near = sorted(marks("ruins, two warriors, fighting"), key=lambda mark: mark.x)
    assert (far.facing, near.facing) == (1, -1)
    assert near.x - far.x > 0.5
    assert far.act.near
    assert near.act.near


def test_lovers_embrace_and_one_arm_lies_over() -> None:
    close = marks("room, couple, hugging")
    assert sum(mark.holds for mark in close) == 1
    assert abs(close[0].x - close[1].x) < 0.25


@pytest.mark.parametrize("action", sorted(words_people.ACTIONS))
@pytest.mark.parametrize("cast", ["woman", "boy, man", "man, woman, girl, old man, knight"])
def test_everybody_has_a_mark_of_their_own(action: str, cast: str) -> None:
    people = marks(f"meadow, {cast}, {action}", seed=4)
    assert len(people) == cast.count(",") + 1
    columns = sorted(mark.x for mark in people)
    assert all(b - a > 0.12 for a, b in pairwise(columns))
    left, right = span(stage("meadow"), people)
    assert left < columns[0]
    assert right > columns[-1]


def test_things_are_in_hands_or_worn() -> None:
    assert dict(carried(scene("boy, letter, room"))) == {0: "letter"}
    assert dict(carried(scene("puppy, girl, umbrella, street"))) == {1: "umbrella"}
    assert not carried(scene("couple, hugging, letter"))
    assert not carried(scene("letter, room"))
    assert not carried(scene("boy, letter, room", framing=Framing.DETAIL.value))
    assert worn(scene("girl, red scarf, snow")) == {"scarf"}
    assert not worn(scene("scarf, snow"))


def test_negative_prompts_remove_people() -> None:
    assert scene("street, king, day", negative="king").figures == ()
