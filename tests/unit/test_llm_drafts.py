"""A model's JSON as drafts: the vocabularies' words, the asked style, honest lengths, the asked number."""

import dataclasses
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from storyreel.v1 import storyboards_pb2

from services.core.model import BibleEntry, Language, ShotDraft
from services.core.vocabulary import CameraMove, Framing, Mood, Style, Transition
from services.model_service.engines.film.music import bed_of
from services.model_service.engines.storyboard import pace
from services.model_service.engines.storyboard.llm import counting, schema
from services.model_service.engines.storyboard.llm.drafts import Reader, seconds
from services.model_service.engines.storyboard.llm.json_stream import Malformed

GOOD = {
    "title": "The lamp",
    "narration": "Mara lights the lamp.",
    "description": "Mara climbs the stairs of the lighthouse at dusk.",
    "prompt": "old woman, lighthouse, dusk",
    "framing": "wide",
    "camera": "Push in",
    "transition": "fade",
    "voice": "hopeful",
    "bgm": "tender",
    "seconds": 4,
}


def english(**changes: Any) -> ShotDraft:
    return Reader(Language.EN, "anime").shot(GOOD | changes, 2)


def test_the_schema_has_the_protos_fields() -> None:
    shot = schema.shot(Language.EN)["properties"]
    assert "morph" not in shot["transition"]["enum"]  # few engines can make it
    proto = {field.name for field in storyboards_pb2.ShotDraft.DESCRIPTOR.fields}
    assert set(shot) == proto == {field.name for field in dataclasses.fields(ShotDraft)}
    entry = schema.bible(Language.ZH)["properties"]["bible"]["items"]["properties"]
    assert set(entry) == {field.name for field in storyboards_pb2.BibleEntry.DESCRIPTOR.fields}


@pytest.mark.parametrize("language", list(Language))
def test_the_schemas_are_schemas_and_hold_the_count(language: Language) -> None:
    for form in (
        schema.storyboard(language, 3),
        schema.shots(language, 3),
        schema.shot(language),
        schema.bible(language),
        schema.summary(),
    ):
        jsonschema_rs.meta.validate(form)
    valid = GOOD | {"camera": CameraMove.PUSH.word(language), "voice": Mood.HOPE.word(language)}
    three = jsonschema_rs.validator_for(schema.shots(language, 3))
    assert [three.is_valid({"shots": [valid] * count}) for count in (2, 3, 4)] == [False, True, False]


@pytest.mark.parametrize("language", list(Language))
def test_every_word_that_a_model_may_choose_is_understood(language: Language) -> None:
    fields = schema.shot(language)["properties"]
    for word in fields["camera"]["enum"]:
        assert CameraMove.recognise(word) is not None
    assert {Mood.recognise(word) for word in fields["voice"]["enum"]} == set(Mood)
    assert [bed_of(word) for word in fields["bgm"]["enum"]] == list(schema.BEDS)


def test_a_shot_is_read() -> None:
    draft = english()
    assert draft.description == "Anime style. Mara climbs the stairs of the lighthouse at dusk."
    assert (draft.framing, draft.camera, draft.transition) == ("wide", "Push in", "fade")
    assert (draft.voice, draft.bgm, draft.title) == ("hopeful", "tender", "The lamp")


def test_words_outside_the_vocabularies_become_words_inside() -> None:
    draft = english(framing="dutch", camera="whip", transition="explode", voice="zany", bgm="metal", seconds="long")
    assert draft.framing == Framing.MEDIUM.value
    assert CameraMove.recognise(draft.camera) is CameraMove.PUSH
    assert (draft.transition, draft.voice, draft.bgm) == (Transition.NONE.value, "calm", "calm")
    assert draft.seconds == pace.seconds(draft.narration)


def test_the_first_shot_begins_with_a_cut() -> None:
    assert Reader(Language.EN, "anime").shot(GOOD, 1).transition == "none"


def test_another_style_is_taken_out() -> None:
    draft = english(description="In cyberpunk style, Mara runs.", prompt="oil painting style, woman, 赛博朋克风格, dusk")
    assert draft.description == "Anime style. Mara runs."
    assert draft.prompt == "woman, dusk"
    zh = Reader(Language.ZH, Style.INK.value).shot({**GOOD, "description": "赛博朋克风格，她跑过桥。", "narration": "她跑。"}, 2)
    assert zh.description == "水墨风格。她跑过桥。"


def test_what_is_too_long_is_trimmed_and_said() -> None:
    reader = Reader(Language.EN, "anime")
    draft = reader.shot(GOOD | {"narration": "The lamp went out. " * 100, "title": "word " * 60}, 3)
    assert draft.narration.endswith("The lamp went out.")
    assert len(draft.narration) <= 420
    assert draft.seconds == pace.LONGEST
    assert [note.split(":")[0] for note in reader.changed] == ["shot 3", "shot 3"]


def test_narration_in_another_language_is_the_storys_own() -> None:
    reader = Reader(Language.ZH, "ink")
    draft = reader.shot(GOOD, 2, "玛拉点亮了灯。")
    assert (draft.narration, draft.description) == ("玛拉点亮了灯。", "水墨风格。玛拉点亮了灯。")
    assert len(reader.changed) == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"narration": 5}, "shots[1].narration must be a string, not int"),
        ({"prompt": ["a"]}, "shots[1].prompt must be a string, not list"),
        ({"narration": "", "description": " \u200b", "prompt": "<b></b>"}, "shots[1].description is empty"),
    ],
)
def test_what_cannot_be_read_is_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Malformed) as caught:
        english(**changes)
    assert str(caught.value) == said


@pytest.mark.parametrize("wished", [None, "4", float("nan"), float("inf"), -3, 0.0, 10**400, True])
def test_a_wish_that_is_none_leaves_the_narrations_length(wished: object) -> None:
    assert seconds("Mara lights the great lamp of the lighthouse again.", wished) == pace.seconds(
        "Mara lights the great lamp of the lighthouse again."
    )


@given(st.floats(allow_nan=False), st.text(st.sampled_from("镜头 a."), max_size=60))
def test_a_shot_stands_for_its_narration_and_little_longer(wished: float, narration: str) -> None:
    assert pace.seconds(narration) <= seconds(narration, wished) <= min(pace.seconds(narration) + 2.5, pace.LONGEST)


def test_what_only_repeats_the_question_is_nothing() -> None:
    reader = Reader(Language.EN, "anime", rules='- "bgm": the music under it; keep one for several shots.')
    draft = reader.shot(GOOD | {"prompt": "The music under it; keep one for several", "title": "3"}, 2)
    assert draft.prompt == "Mara climbs the stairs of the lighthouse at dusk."
    assert draft.title == "Mara lights the lamp"
    assert reader.changed == ["shots[1].prompt repeated the question"]


def test_a_camera_that_never_changes_is_changed_at_the_third_shot() -> None:
    reader = Reader(Language.EN, "anime")
    moves = [reader.shot(GOOD | {"camera": "Static shot"}, number).camera for number in range(1, 7)]
    assert moves == ["Static shot", "Static shot", "Lateral tracking shot"] * 2


def test_a_bible_holds_each_name_once_and_nothing_empty() -> None:
    value = {
        "bible": [
            {"kind": "character", "name": "Mara", "look": "white hair"},
            {"kind": "CHARACTER", "name": "mara", "look": "black hair"},
            {"kind": "spaceship", "name": "Boat", "look": "in pixel art style, red hull"},
            {"kind": "place", "name": "", "look": "x"},
        ]
    }
    assert Reader(Language.EN, "anime").bible(value) == (
        BibleEntry("character", "Mara", "white hair"),
        BibleEntry("prop", "Boat", "red hull"),
    )
    with pytest.raises(Malformed):
        Reader(Language.EN, "anime").bible({"bible": "none"})


def test_a_chinese_bible_says_each_look_in_english_too_and_nothing_else_for_it() -> None:
    value = {
        "bible": [
            {"kind": "character", "name": "阿狸", "look": "红色斗篷", "look_en": "anime style, a little girl in a red cloak"},
            {"kind": "character", "name": "老人", "look": "白发", "look_en": "白发的老人"},
            {"kind": "prop", "name": "灯", "look": "铜灯"},
        ]
    }
    reader = Reader(Language.ZH, "动漫")
    assert [entry.look_en for entry in reader.bible(value)] == ["a little girl in a red cloak", "", ""]
    assert reader.changed == ["老人: its look_en was in another language"]
    assert "look_en" not in schema.bible(Language.EN)["properties"]["bible"]["items"]["properties"]


_drafts = st.lists(
    st.builds(
        ShotDraft,
        title=st.just("t"),
        description=st.just("d"),
        narration=st.text(st.sampled_from("镜头，。 ab."), max_size=30),
        framing=st.sampled_from([framing.value for framing in Framing]),
    ),
    min_size=1,
    max_size=12,
)


@given(_drafts, st.integers(1, 20))
def test_the_asked_number_without_losing_a_word(drafts: list[ShotDraft], wanted: int) -> None:
    made = counting.exactly(drafts, wanted, Language.ZH)
    assert len(made) == wanted
    letters = [c for draft in drafts for c in draft.narration if c.isalnum()]
    assert [c for draft in made for c in draft.narration if c.isalnum()] == letters
    assert counting.exactly(drafts, wanted, Language.ZH) == made


def test_a_shot_with_nothing_to_part_is_looked_at_closer_in_silence() -> None:
    one, two = counting.exactly([english(narration="Lamp")], 2, Language.EN)
    assert (one.narration, two.narration, two.framing, two.transition) == ("Lamp", "", "medium", "none")
