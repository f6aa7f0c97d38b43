"""Characters keep their faces: which portraits a plan asks for, which pictures refer to them, and what leaves both alone."""

from dataclasses import replace

import pytest

from services.adapters.memory.models import Scripted, plain
from services.core import codec, pipeline, recipes
from services.core.errors import Unavailable
from services.core.ledger import Step
from services.core.model import Accepts, AssetType, BibleEntry, Digest, Engine, Language, OperationType, ShotDraft, Storyboard
from services.core.ports import Work
from services.core.requests import KeyframeRequest, Request, Service
from tests import builders
from tests.fixtures.hand import Hand
from tests.fixtures.worker import TwinStage

MARA = BibleEntry("character", "Mara", "an old woman with white hair in a blue jacket")
ANN = BibleEntry("character", "Ann", "a girl with red hair")
BOAT = BibleEntry("prop", "the boat", "small, pale wood")
SHOWN = ("Mara climbs the stairs.", "A girl with red hair waits. It was planned.", "mara and ANN in the boat.", "Waves.")
"""Two pictures of each of the two, one of both, and one of nobody; Ann is not planned."""
PAINTER = Engine("painter", "1")
ADAPTED = Engine("diffusers", "1", accepts=Accepts(references=4))


@pytest.fixture
def telling() -> Hand:
    """A story in English with its storyboard, before its first picture, and an engine that takes references."""
    story = builders.story(content="Mara and Ann.", language=Language.EN, bible=(MARA, ANN, BOAT))
    shots = tuple(builders.shot(story, n, prompt="", details=text) for n, text in enumerate(SHOWN, start=1))
    hand = Hand(Work(builders.operation(story, OperationType.STORY_CREATE), story, shots))
    hand.engines[Service.KEYFRAMES] = ADAPTED
    return hand


def asked(hand: Hand) -> list[Step]:
    """The steps of the plan as it stands."""
    return list(pipeline.plan(hand.work, hand.engines, hand.made).steps)


def make(hand: Hand, steps: list[Step]) -> None:
    hand.made |= {step.key: hand.artifact(step) for step in steps}


def keyframe(step: Step) -> KeyframeRequest:
    assert isinstance(step.request, KeyframeRequest)
    return step.request


def portraits(hand: Hand) -> dict[str, Step]:
    """The portraits that the plan asks for, by the name that they begin with."""
    steps = [step for step in asked(hand) if step.shot_id is None]
    return {keyframe(step).prompt.removeprefix("portrait of ").split(",")[0]: step for step in steps}


def digest_of(step: Step) -> Digest:
    return builders.artifact(step).parts["image"].digest


def test_each_character_is_painted_once_before_the_pictures_that_show_it(telling: Hand) -> None:
    first = asked(telling)
    assert [step.shot_id for step in first] == [None, None, telling.work.shots[3].id]
    assert keyframe(first[2]).references == ()
    mara, ann = portraits(telling)["Mara"], portraits(telling)["Ann"]
    make(telling, [mara])
    assert {step.shot_id for step in asked(telling)} == {None, telling.work.shots[0].id, telling.work.shots[3].id}
    make(telling, [ann])
    pictures = {step.shot_id: keyframe(step).references for step in asked(telling)}
    assert list(pictures.values()) == [
        (digest_of(mara),),
        (digest_of(ann),),
        (digest_of(mara), digest_of(ann)),
        (),
    ]
    telling.run()
    assert telling.calls == {"keyframe": 4}


def test_a_portrait_is_of_the_bibles_words_alone_and_the_same_wherever_they_are(telling: Hand) -> None:
    request = keyframe(portraits(telling)["Mara"])
    assert (request.width, request.height) == (720, 720)
    assert MARA.look in request.prompt
    assert not request.bible
    assert not request.references
    other = replace(telling.work.story, id=builders.story().id, user_id=builders.BOB, bible=(BOAT, MARA))
    telling.work = replace(telling.work, story=other)
    assert keyframe(portraits(telling)["Mara"]) == request
    telling.work = replace(telling.work, story=replace(other, bible=(replace(MARA, look="a young woman"),)))
    assert keyframe(portraits(telling)["Mara"]) != request


@pytest.mark.parametrize(("accepts", "most"), [(Accepts(), 0), (Accepts(references=1), 1), (Accepts(references=99), 8)])
def test_no_more_portraits_than_the_engine_takes(telling: Hand, accepts: Accepts, most: int) -> None:
    crowd = tuple(BibleEntry("character", f"Soldier {letter}", f"helmet {letter}") for letter in "bcdefghijk")
    telling.work = replace(telling.work, story=replace(telling.work.story, bible=crowd))
    telling.change(1, details=", ".join(entry.name for entry in crowd))
    telling.engines[Service.KEYFRAMES] = replace(ADAPTED, accepts=accepts)
    assert len(portraits(telling)) == most
    telling.run()
    telling.work = replace(telling.work, shots=tuple(replace(shot, keyframe=None) for shot in telling.work.shots))
    telling.made = {key: made for key, made in telling.made.items() if key in {s.key for s in portrait_steps(telling)}}
    assert len(keyframe(asked(telling)[0]).references) == most


def portrait_steps(hand: Hand) -> list[Step]:
    """The portraits, whether they are made or not."""
    return [step for step in pipeline.plan(hand.work, hand.engines, {}).steps if step.shot_id is None]


def test_an_engine_is_given_no_portrait_by_words_that_it_cannot_read(telling: Hand) -> None:
    ali = BibleEntry("character", "阿狸", "红色斗篷的小女孩")
    story = replace(telling.work.story, language=Language.ZH, bible=(ali,))
    telling.work = replace(telling.work, story=story)
    telling.change(1, details="阿狸走进森林。")
    assert not portrait_steps(telling)
    telling.engines[Service.KEYFRAMES] = replace(ADAPTED, accepts=Accepts(references=4, chinese=True))
    (portrait,) = portrait_steps(telling)
    assert keyframe(portrait).prompt.startswith("阿狸的肖像，红色斗篷的小女孩")


def test_a_look_in_english_beside_the_chinese_one_serves_an_engine_that_reads_english_alone(telling: Hand) -> None:
    ali = BibleEntry("character", "阿狸", "红色斗篷的小女孩", "a little girl in a red cloak")
    story = replace(telling.work.story, language=Language.ZH, bible=(ali, BibleEntry("character", "老人", "白发")))
    telling.work = replace(telling.work, story=story)
    telling.change(1, details="阿狸和老人走进森林。")
    (portrait,) = portrait_steps(telling)
    asked = keyframe(portrait).prompt
    assert asked.startswith("portrait of a little girl in a red cloak\n")
    assert asked.isascii()
    telling.engines[Service.KEYFRAMES] = replace(ADAPTED, accepts=Accepts(references=4, chinese=True))
    assert [keyframe(step).prompt.partition("\n")[0] for step in portrait_steps(telling)] == [
        "阿狸的肖像，红色斗篷的小女孩",
        "老人的肖像，白发",
    ]


def test_another_take_of_a_picture_has_the_same_portraits(telling: Hand) -> None:
    telling.run()
    before = {step.key for step in portrait_steps(fresh(telling))}
    target = telling.work.shots[0]
    telling.next(OperationType.SHOT_REGEN, shot_id=target.id)
    (step,) = asked(telling)
    assert step.shot_id == target.id
    assert keyframe(step).references
    telling.made = {key: made for key, made in telling.made.items() if key not in before}
    assert {step.key for step in asked(telling)} < before  # lost ones are made again
    telling.run()
    assert telling.calls == {"keyframe": 2}


@pytest.mark.parametrize("asset_type", [AssetType.IMAGE, AssetType.VIDEO])
def test_new_details_bring_in_whom_they_name(telling: Hand, asset_type: AssetType) -> None:
    telling.run()
    payload = {"details": "Ann sleeps.", "asset_type": asset_type.value}
    telling.next(OperationType.SHOT_REGEN, shot_id=telling.work.shots[3].id, payload=payload)
    (step,) = (step for step in asked(telling) if step.kind == "keyframe")
    assert keyframe(step).references == (digest_of(next(s for s in portrait_steps(fresh(telling)) if "Ann" in keyframe(s).prompt)),)


def fresh(hand: Hand) -> Hand:
    """The same story before its first picture."""
    shots = tuple(replace(shot, keyframe=None) for shot in hand.work.shots)
    return other_hand(
        hand, replace(hand.work, shots=shots, operation=builders.operation(hand.work.story, OperationType.STORY_CREATE))
    )


def other_hand(hand: Hand, work: Work) -> Hand:
    other = Hand(work)
    other.engines = dict(hand.engines)
    return other


@pytest.mark.parametrize(("before", "after"), [(PAINTER, ADAPTED), (ADAPTED, PAINTER), (ADAPTED, replace(ADAPTED, version="2"))])
def test_pictures_that_were_seen_stay_when_another_engine_takes_references_or_none(
    telling: Hand, before: Engine, after: Engine
) -> None:
    telling.engines[Service.KEYFRAMES] = before
    telling.run()
    seen = [shot.keyframe for shot in telling.work.shots]
    telling.engines[Service.KEYFRAMES] = after
    for operation in (OperationType.VIDEO_RENDER, OperationType.STORY_CREATE):
        telling.next(operation)
        telling.run()
        assert telling.calls["keyframe"] == 0
    assert [shot.keyframe for shot in telling.work.shots] == seen


def test_another_look_makes_one_portrait_and_the_pictures_anew_and_then_no_more(telling: Hand) -> None:
    telling.run()
    story = replace(telling.work.story, bible=(replace(MARA, look="a young woman with black hair"), ANN, BOAT))
    telling.work = replace(telling.work, story=story)
    telling.next(OperationType.VIDEO_RENDER)
    telling.run()
    # Every picture's request has the bible, as before there were portraits.
    assert telling.calls["keyframe"] == 5
    telling.next(OperationType.VIDEO_RENDER)
    telling.run()
    assert telling.calls["keyframe"] == 0


def test_an_engine_that_takes_none_is_asked_as_it_always_was(telling: Hand) -> None:
    telling.engines[Service.KEYFRAMES] = PAINTER
    steps = asked(telling)
    assert [step.shot_id for step in steps] == [shot.id for shot in telling.work.shots]
    assert not any(keyframe(step).references for step in steps)


def test_a_portrait_that_many_pictures_show_is_finished_once(telling: Hand) -> None:
    make(telling, list(portraits(telling).values()))
    plan = pipeline.plan(telling.work, telling.engines, telling.made)
    assert (plan.finished, len(plan.steps), plan.waiting) == (2, 4, 0)


@pytest.mark.parametrize(
    ("character", "description", "prompt"),
    [
        (
            BibleEntry("character", "阿狸", "红色斗篷的小女孩"),
            "夜里，阿狸提着灯穿过森林。",
            "girl in a red cloak, lantern, dark forest, night",
        ),
        (MARA, "By night Mara carries a lantern through the forest.", "old woman, blue jacket, lantern, dark forest, night"),
    ],
)
async def test_a_board_whose_prompts_name_nobody_names_its_characters_in_the_descriptions(
    character: BibleEntry, description: str, prompt: str, stage: TwinStage
) -> None:
    """As a language model is told to write them."""
    drafts = (
        ShotDraft(description=description, prompt=prompt, seconds=4.0),
        ShotDraft(description="Waves.", prompt=prompt, seconds=4.0),
    )
    board = Storyboard(drafts, (character,))
    stage.models.script("storyboard", lambda _: Scripted(meta={"storyboard": codec.storyboard_to_json(board)}))
    stage.models.engines[Service.KEYFRAMES] = Engine("twin", "1", accepts=Accepts(references=1, chinese=True))
    operation = await stage.create()
    async with stage.worker():
        await stage.ended(operation)
    requests = [request for request in stage.models.asked if isinstance(request, KeyframeRequest)]
    assert {description in request.prompt: len(request.references) for request in requests if request.bible} == {True: 1, False: 0}


async def test_a_worker_goes_on_with_the_portrait_that_it_made_before_it_failed(stage: TwinStage) -> None:
    ali = BibleEntry("character", "阿狸", "红色斗篷的小女孩")
    board = Storyboard(tuple(ShotDraft(description=f"阿狸走到第{n}座山。", seconds=4.0) for n in range(1, 4)), (ali,))
    stage.models.script("storyboard", lambda _: Scripted(meta={"storyboard": codec.storyboard_to_json(board)}))
    stage.models.engines[Service.KEYFRAMES] = Engine("twin", "1", accepts=Accepts(references=1, chinese=True))
    failures = [Unavailable("MODEL_UNAVAILABLE", service="keyframes")]

    def paint(request: Request) -> Scripted:
        if isinstance(request, KeyframeRequest) and request.references and failures:
            raise failures.pop()
        return plain(request)

    stage.models.script("keyframe", paint)
    operation = await stage.create()
    async with stage.worker():
        ended = await stage.ended(operation)
    requests = [request for request in stage.models.asked if isinstance(request, KeyframeRequest)]
    assert ended.retries == 1
    assert [request for request in requests if not request.references] == requests[:1]
    assert len({request.references for request in requests[1:]}) == 1
    shots = await stage.store.shots(builders.ALICE, operation.story_id)
    engine = stage.models.engines[Service.KEYFRAMES]
    assert {shot.keyframe.key for shot in shots if shot.keyframe} == {recipes.key(request, engine) for request in requests[1:]}
