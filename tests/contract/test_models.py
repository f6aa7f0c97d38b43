"""What every `Models` promises: the client before a real model service with blank engines, and the twin in memory."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from services.adapters.memory.media import MemoryMedia
from services.adapters.memory.models import MemoryModels
from services.adapters.model_client import open_models
from services.core import codec
from services.core.errors import FailedPrecondition
from services.core.model import BibleEntry, Digest, Key, Language, ShotDraft
from services.core.ports import Media, Models, Progress
from services.core.requests import (
    CardRequest,
    ClipRequest,
    Cue,
    FilmLine,
    FilmPiece,
    FilmRequest,
    KeyframeRequest,
    Request,
    RewriteRequest,
    SegmentRequest,
    Service,
    SoundtrackRequest,
    SoundtrackVoice,
    SpeechRequest,
    StoryboardRequest,
    TransitionRequest,
)
from tests.fixtures.models import HeldSpeech, ServeModels, key_of, line, unheard

DIGEST = Digest("ab" * 32)

REQUESTS: tuple[Request, ...] = (
    StoryboardRequest(text="The rain stopped. A dog ran home.", title="Rain", style="movie", language=Language.EN, shots=3),
    RewriteRequest(
        text="故事。", style="ink", language=Language.ZH, sequence=1, total=2, draft=ShotDraft(description="雨停了。"), seed=7
    ),
    KeyframeRequest(
        prompt="a dog in the rain",
        style="movie",
        language=Language.EN,
        width=64,
        height=48,
        seed=3,
        bible=(BibleEntry("character", "Rex", "a brown dog"),),
        steps=4,
        guidance_scale=0.0,
    ),
    ClipRequest(keyframe={"image": DIGEST}, camera="Push in", frames=24, fps=12, width=64, height=48, seed=1),
    SpeechRequest(text="The rain stopped.", language=Language.EN, mood="calm"),
    CardRequest(card="title", text="雨", language=Language.ZH, style="ink", frames=24, fps=12, width=64, height=48, picture=DIGEST),
    TransitionRequest(transition="dissolve", before=DIGEST, start=18, after=DIGEST, frames=6, fps=12, width=64, height=48),
    SegmentRequest(clip=DIGEST, frames=24, fps=12, width=64, height=48, cues=(Cue("雨停了。", 0.4, 1.25),), language=Language.ZH),
    SoundtrackRequest(
        title="Rain", frames=24, fps=12, voices=(SoundtrackVoice(start=0, speech=DIGEST, speech_start=0.4),), music="calm"
    ),
    FilmRequest(
        title="Rain",
        language=Language.EN,
        pieces=(FilmPiece(video=DIGEST, frames=24),),
        soundtrack=DIGEST,
        lines=(FilmLine(start=0, cues=(Cue("The rain", 0.4, 1.0),)),),
        fps=12,
        width=64,
        height=48,
        cover=DIGEST,
    ),
)
PARTS = {
    "storyboard": set[str](),
    "rewrite": set[str](),
    "keyframe": {"image"},
    "clip": {"video"},
    "speech": {"audio"},
    "card": {"video"},
    "segment": {"video"},
    "transition": {"video"},
    "soundtrack": {"audio"},
    "film": {"video", "cover", "subtitles", "captions"},
}


@dataclass(frozen=True)
class Subject:
    """An implementation. `slow` holds back whatever is made next until the event that it gives is set, or cancelled."""

    models: Models
    media: Media
    slow: Callable[[], asyncio.Event]
    runs: Callable[[], int]


@pytest.fixture(params=["grpc", "memory"])
async def subject(request: pytest.FixtureRequest, serve_models: ServeModels) -> AsyncIterator[Subject]:
    media = MemoryMedia()
    if request.param == "memory":
        twin = MemoryModels(media)
        yield Subject(twin, media, lambda: twin.hold("speech"), lambda: twin.runs["speech"])
        return
    held = HeldSpeech()
    async with serve_models(media, {Service.SPEECH: held}) as service, open_models(service.settings) as models:
        yield Subject(models, media, held.hold, lambda: held.runs)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: r.kind)
async def test_makes_every_kind_with_its_parts_and_facts(subject: Subject, request_: Request) -> None:
    key = await key_of(subject.models, request_)
    seen: list[Progress] = []
    artifact = await subject.models.make(request_, key, on_progress=seen.append)

    assert artifact.key == key
    assert artifact.kind == request_.kind
    assert artifact.engine == await subject.models.engine(request_.service)
    assert set(artifact.parts) == PARTS[request_.kind]
    for ref in artifact.parts.values():
        assert await subject.media.size(ref.digest) == ref.size > 0
    assert seen
    assert [p.fraction for p in seen] == sorted(p.fraction for p in seen)
    assert all(0 <= p.fraction <= 1 for p in seen)


async def test_facts_have_the_shape_that_planning_reads(subject: Subject) -> None:
    async def meta(request: Request) -> dict[str, object]:
        key = await key_of(subject.models, request)
        return dict((await subject.models.make(request, key, on_progress=unheard)).meta)

    wanted = ("storyboard", "rewrite", "speech", "soundtrack", "film")
    storyboard, rewrite, speech, soundtrack, film = (one for one in REQUESTS if one.kind in wanted)
    board = codec.storyboard_from_json((await meta(storyboard))["storyboard"])  # type: ignore[arg-type]  # meta is open
    assert len(board.shots) == 3
    assert all(shot.description and shot.narration for shot in board.shots)
    assert codec.draft_from_json((await meta(rewrite))["draft"]).description  # type: ignore[arg-type]  # as above
    spoken = await meta(speech)
    words = spoken["words"]
    assert isinstance(words, list)
    assert [word for word, _, _ in words] == ["The", "rain", "stopped."]
    assert spoken["seconds"] == pytest.approx(words[-1][2])
    assert (await meta(soundtrack))["seconds"] == 2
    assert (await meta(film))["seconds"] == 2


async def test_the_same_key_gives_the_same_artifact_without_another_run(subject: Subject) -> None:
    request = line()
    key = await key_of(subject.models, request)
    first = await subject.models.make(request, key, on_progress=unheard)
    again = await subject.models.make(request, key, on_progress=unheard)
    assert again == first
    assert subject.runs() == 1


async def test_two_callers_of_one_key_share_one_run(subject: Subject) -> None:
    gate = subject.slow()
    request = line()
    key = await key_of(subject.models, request)
    begun = [asyncio.Event(), asyncio.Event()]
    callers = [
        asyncio.create_task(subject.models.make(request, key, on_progress=lambda _, event=event: event.set()))  # type: ignore[misc]  # mypy cannot infer it
        for event in begun
    ]
    await asyncio.gather(*(event.wait() for event in begun))
    gate.set()
    first, second = await asyncio.gather(*callers)
    assert first == second
    assert subject.runs() == 1


async def test_a_caller_that_leaves_does_not_stop_the_other(subject: Subject) -> None:
    gate = subject.slow()
    request = line()
    key = await key_of(subject.models, request)
    begun = [asyncio.Event(), asyncio.Event()]
    leaver, stayer = (
        asyncio.create_task(subject.models.make(request, key, on_progress=lambda _, event=event: event.set()))  # type: ignore[misc]  # as above
        for event in begun
    )
    await asyncio.gather(*(event.wait() for event in begun))
    leaver.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaver
    gate.set()
    assert (await stayer).key == key
    assert subject.runs() == 1


async def test_what_was_cancelled_can_be_made_again(subject: Subject) -> None:
    gate = subject.slow()
    request = line()
    key = await key_of(subject.models, request)
    begun = asyncio.Event()
    caller = asyncio.create_task(subject.models.make(request, key, on_progress=lambda _: begun.set()))
    await begun.wait()
    caller.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await caller
    assert caller.cancelled()
    gate.set()
    assert (await subject.models.make(request, key, on_progress=unheard)).key == key


async def test_another_engines_key_is_refused(subject: Subject) -> None:
    with pytest.raises(FailedPrecondition) as caught:
        await subject.models.make(line(), Key("0" * 64), on_progress=unheard)
    assert caught.value.reason == "ENGINE_CHANGED"
    assert caught.value.params["service"] == "speech"


async def test_ready_when_all_services_serve(subject: Subject) -> None:
    await subject.models.ready()
