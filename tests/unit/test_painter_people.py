"""The painter's people: who they are, what they wear, how they stand together."""

from itertools import pairwise

import numpy as np
import pytest

from services.core.model import BibleEntry, Language
from services.core.requests import KeyframeRequest
from services.core.vocabulary import Framing
from services.model_service.engines.keyframe import costumes, words_people
from services.model_service.engines.keyframe.canvas import Frame
from services.model_service.engines.keyframe.cast import place_cast
from services.model_service.engines.keyframe.casting import PEOPLE, Figure
from services.model_service.engines.keyframe.faces import EXPRESSIONS, Head
from services.model_service.engines.keyframe.figure_brush import Brush
from services.model_service.engines.keyframe.haircuts import HAIRCUTS, draw_haircut
from services.model_service.engines.keyframe.handheld import HELD
from services.model_service.engines.keyframe.held import AS_ICONS, DRAWN, carried, worn
from services.model_service.engines.keyframe.marks import Mark, span
from services.model_service.engines.keyframe.people import Act, Window, draw_person
from services.model_service.engines.keyframe.poses import POSES
from services.model_service.engines.keyframe.props import PROPS
from services.model_service.engines.keyframe.scene import Scene, read_scene
from services.model_service.engines.keyframe.skeleton import Body, solve
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.staging import block


def scene(prompt: str, *, bible: tuple[BibleEntry, ...] = (), framing: str = "wide", negative: str = "") -> Scene:
    return read_scene(
        KeyframeRequest(
            prompt=prompt, style="movie", language=Language.EN, width=320, height=184, seed=1, framing=framing, bible=bible,
            negative_prompt=negative,
        )
    )  # fmt: skip


def stage(prompt: str, seed: int = 1, *, bible: tuple[BibleEntry, ...] = (), framing: str = "wide") -> Stage:
    return Stage.build(scene(prompt, bible=bible, framing=framing), Frame(320, 184), seed)


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
    assert not set(DRAWN) & set(AS_ICONS)
    assert all(PROPS[tag].icon for tag in AS_ICONS)
    roles = {costumes.costume_of(Figure(tag), ancient=old).hand for tag in PEOPLE for old in (True, False)}
    assert roles - {""} <= set(HELD) | set(AS_ICONS)


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


AFLOAT = [
    ("sea, night, boy, boat, looking", "aboard"),
    ("lake, day, girl, boat\nThe girl sits in the boat.", "aboard"),
    ("lighthouse, dawn, boy, boat\nFinn rows ashore in the little boat.", "rowing"),
    ("sea, night, boy, rock\nthe boy pulls at the oars", "rowing"),
    ("harbour, morning, old man, rowing boat, 老人, 小舟", "poling"),
    ("river, dusk, man, boat, 河边\n撑船的人换成了他", "poling"),
    ("river, morning, swordsman, boat, 大江\n沈青在渡口等船", ""),
    ("beach, day, woman, boat\nShe looks at the row of boats.", ""),
    ("ship's deck, day, man, boat\nHe sits in the boat.", ""),
    ("cliff, dawn, old man, 悬崖\n正是那位撑船的老人", ""),
]


@pytest.mark.parametrize(("prompt", "deed"), AFLOAT, ids=lambda value: value[:24])
def test_people_are_in_their_boat_when_the_words_say_so(prompt: str, deed: str) -> None:
    people = [figure for figure in scene(prompt).figures if figure.tag not in {"boat", "rowing boat"}]
    assert people
    assert {figure.deed for figure in people} == {deed}


@pytest.mark.parametrize("framing", list(Framing))
def test_a_crew_sits_behind_the_gunwale_on_open_water(framing: Framing) -> None:
    built = stage("lake, day, woman, rowing boat", framing=framing.value)
    built.layers["mid"].rgba[int(built.horizon) :] = 1
    built.layers["ground"].rgba[-20:] = 1
    place_cast(built)
    assert not built.layers["ground"].rgba[int(built.horizon) :].any(), "the shore gives way to the boat"
    drawn = built.layers["cast"].rgba[..., 3] > 0.5
    rows = np.flatnonzero(drawn.any(1))
    broad = int(drawn[rows].sum(1).argmax()) + rows[0]
    assert broad > rows[0] + (rows[-1] - rows[0]) * 0.4, "the hull is broader than who sits in it, and below"


def test_the_bible_dresses_in_straw_and_bamboo() -> None:
    bible = (BibleEntry("character", "沈青", "黑色短发、披蓑衣、戴斗笠的武士"),)
    built = stage("river, dusk, warrior, 披蓑衣的武士沈青", bible=bible)
    wear = costumes.dress(built, built.scene.figures[0]).costume
    assert "straw cape" in wear.gear
    assert (wear.top, wear.hat) == ("hanfu", "bamboo")


def test_a_knight_stays_in_plate_where_others_wear_robes() -> None:
    assert costumes.costume_of(Figure("knight"), ancient=True).top == "plate"
    assert costumes.costume_of(Figure("warrior"), ancient=True).hand == "jian"
    assert scene("man, river\n水墨风格。").ancient
    assert not scene("man, city\n水墨风格。城市").ancient


def test_white_haired_old_men_have_hair() -> None:
    bible = (BibleEntry("character", "白发老人", "灰色短发、穿深蓝布衫"),)
    found = scene("cliff, day, old man, 白发老人", bible=bible).figures[0]
    wear = costumes.dress(stage("cliff, day"), found)
    assert wear.hair_style not in {"ringed", "receding", "bald"}
    assert float(wear.hair.min() / wear.white.max()) > 0.7


def test_both_opponents_have_a_blade() -> None:
    for prompt in (
        "cliff, old man, swordsman, fighting, 剑客",
        "forest, knight, swordsman, fighting",
        "man, woman, sword, fighting",
    ):
        assert all(mark.act.near for mark in marks(prompt)), prompt
    bare = marks("ship's deck, woman, boy, fighting")
    assert {mark.facing for mark in bare} == {1}, "a woman and a child pull together"


def test_all_the_children_dance_in_a_ring() -> None:
    people = marks("village, day, several children, walking\nall the children of the village come to dance")
    assert len(people) == 5
    yaws = [mark.act.yaw for mark in people]
    assert min(yaws) < 30
    assert max(yaws) > 120


def test_wind_moves_hair_and_clothes() -> None:
    act = Act(POSES["standing"][0], 60.0)
    pens = [
        draw_person(stage(f"beach, day, {weather}, girl"), Figure("girl"), act, 150.0).sheet.pixels[..., 3].any(0).sum()
        for weather in ("clear", "wind")
    ]
    assert pens[0] != pens[1]


def test_a_pair_in_one_look_are_no_twins() -> None:
    built = stage("beach, day, two boys with short brown hair in a blue jacket and a red cap")
    first, second = (costumes.dress(built, figure) for figure in built.scene.figures[:2])
    for own, other in ((first.outer, second.outer), (first.pack, second.pack), (first.hair, second.hair)):
        assert float(np.abs(own - other).max()) > 0.08
    assert np.array_equal(first.accent, second.accent), "what the look names, both of them wear"


def test_a_thing_in_the_hand_has_the_colour_that_is_named() -> None:
    assert marks("garden, day, girl, green egg, holding")[0].act.colour


@pytest.mark.parametrize("style", sorted(HAIRCUTS))
@pytest.mark.parametrize("turn", [0.0, 40.0, 90.0, 180.0, -60.0])
def test_short_hair_covers_the_crown_and_leaves_the_face(style: str, turn: float) -> None:
    head = Head((0.0, 0.0), 1.0, turn, 0.0, 0.0)
    pen = Brush(60.0, left=2.0, right=2.0, top=2.0, bottom=2.0, facing=1, side=1)
    draw_haircut(pen, head, HAIRCUTS[style], np.ones(3, np.float32))
    alpha = pen.sheet.pixels[..., 3]
    middle, left = alpha.shape[0] // 2, alpha.shape[1] // 2
    assert alpha[middle - 114, left - 6 : left + 6].all()
    nose, depth = head.on(0.0, -10.0)
    if depth > 0:
        x, y = pen.at(nose)
        assert not alpha[int(y), int(x)]


def test_a_thing_in_the_hands_is_the_picture_of_those_hands() -> None:
    held, alone = (
        stage(f"meadow, day, girl, letter, {action}", framing=Framing.DETAIL.value) for action in ("holding", "standing")
    )
    planted = stage("cliff, snow, man, sword", framing=Framing.DETAIL.value)
    for built in (held, alone, planted):
        place_cast(built)
    tall = [np.flatnonzero((built.layers["cast"].rgba[..., 3] > 0.5).any(1))[0] for built in (held, alone, planted)]
    assert tall[0] < 0.2 * held.frame.height
    assert tall[2] > tall[0], "who is behind a thing is smaller"
