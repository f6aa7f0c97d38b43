"""The wire codec keeps everything: requests with their keys, results with their facts, errors with their parameters."""

import math
from dataclasses import replace
from typing import Any

import pytest
from google.rpc import error_details_pb2
from hypothesis import given
from hypothesis import strategies as st
from storyreel.v1 import speech_pb2
from storyreel.v1.engines_pb2 import ListEnginesResponse

from services.adapters.wire import errors as wire_errors
from services.adapters.wire import requests as wire_requests
from services.adapters.wire import updates as wire_updates
from services.adapters.wire.methods import FULL_NAME, METHODS
from services.adapters.wire.updates import Result
from services.core import codec, errors, recipes, texts
from services.core.model import Accepts, Artifact, BibleEntry, Digest, Engine, Key, Language, MediaRef, ShotDraft, Storyboard
from services.core.ports import Progress
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

ENGINE = Engine("blank", "1", "r3")
KEY = Key("0f" * 32)
DIGEST = Digest("ab" * 32)

text = st.text(max_size=20)
whole = st.integers(-(2**31), 2**31 - 1)
seed = st.integers(0, 2**31 - 1)
number = st.floats(allow_nan=False, allow_infinity=False)
digest = st.binary(min_size=32, max_size=32).map(lambda b: Digest(b.hex()))
language = st.sampled_from(Language)
cues = st.lists(st.builds(Cue, text, number, number), max_size=3).map(tuple)
entry = st.builds(BibleEntry, st.sampled_from(["character", "prop", "place"]), text, text)
draft = st.builds(ShotDraft, text, text, text, text, text, text, text, text, text, number)

requests: st.SearchStrategy[Request] = st.one_of(
    st.builds(
        StoryboardRequest,
        text=text,
        title=text,
        style=text,
        language=language,
        shots=st.none() | st.integers(1, 999),
        seed=seed,
    ),
    st.builds(
        RewriteRequest,
        text=text,
        style=text,
        language=language,
        sequence=whole,
        total=whole,
        draft=draft,
        instruction=text,
        seed=seed,
    ),
    st.builds(
        KeyframeRequest,
        prompt=text,
        style=text,
        language=language,
        width=whole,
        height=whole,
        seed=seed,
        framing=text,
        mood=text,
        negative_prompt=text,
        bible=st.lists(entry, max_size=3).map(tuple),
        steps=st.none() | whole,
        guidance_scale=st.none() | number,
        references=st.lists(digest, max_size=3).map(tuple),
    ),
    st.builds(
        ClipRequest,
        keyframe=st.dictionaries(text, digest, max_size=3),
        camera=text,
        frames=whole,
        fps=whole,
        width=whole,
        height=whole,
        seed=seed,
        motion_strength=number,
        prompt=text,
        last=st.none() | digest,
        speech=st.none() | digest,
        speech_at=number,
    ),
    st.builds(
        SpeechRequest,
        text=text,
        language=language,
        voice=text,
        mood=text,
        speed=number.filter(bool),
        seed=seed,
        draft=st.booleans(),
    ),
    st.builds(
        CardRequest,
        card=text,
        text=text,
        language=language,
        style=text,
        frames=whole,
        fps=whole,
        width=whole,
        height=whole,
        picture=st.none() | digest,
        draft=st.booleans(),
    ),
    st.builds(
        TransitionRequest,
        transition=text,
        before=digest,
        start=whole,
        after=digest,
        frames=whole,
        fps=whole,
        width=whole,
        height=whole,
        draft=st.booleans(),
    ),
    st.builds(
        SegmentRequest,
        clip=digest,
        start=whole,
        frames=whole,
        fps=whole,
        width=whole,
        height=whole,
        cues=cues,
        fade_in=st.booleans(),
        fade_out=st.booleans(),
        draft=st.booleans(),
        language=language,
    ),
    st.builds(
        SoundtrackRequest,
        title=text,
        frames=whole,
        fps=whole,
        voices=st.lists(st.builds(SoundtrackVoice, start=whole, speech=digest, speech_start=number)).map(tuple),
        music=text,
        seed=seed,
    ),
    st.builds(
        FilmRequest,
        title=text,
        language=language,
        pieces=st.lists(st.builds(FilmPiece, video=digest, frames=whole)).map(tuple),
        soundtrack=digest,
        lines=st.lists(st.builds(FilmLine, start=whole, cues=cues)).map(tuple),
        fps=whole,
        width=whole,
        height=whole,
        cover=st.none() | digest,
        soft_subtitles=st.booleans(),
    ),
)


@given(requests)
def test_a_request_comes_back_whole_and_keeps_its_key(request: Request) -> None:
    method = METHODS[request.kind]
    message = wire_requests.encode(request, KEY)
    assert isinstance(message, method.request)
    parsed = method.request.FromString(message.SerializeToString(deterministic=True))
    decoded, key = wire_requests.decode(parsed)
    assert (decoded, key) == (request, KEY)
    assert recipes.key(decoded, ENGINE) == recipes.key(request, ENGINE)


def test_every_kind_and_service_has_its_method() -> None:
    kinds = {cls.kind for cls in Request.__args__}
    assert set(METHODS) == kinds
    assert {method.service for method in METHODS.values()} == set(Service) == set(FULL_NAME)
    assert METHODS["segment"].path == "/storyreel.v1.Films/RenderSegment"


def test_what_an_engine_accepts_is_told_beside_its_identity() -> None:
    engines = {
        "keyframes": Engine("a", "1", accepts=Accepts(references=4, chinese=True)),
        "clips": Engine("b", "1", "r", Accepts(last=True)),
    }
    message = wire_updates.encode_engines(engines)
    told = wire_updates.decode_engines(ListEnginesResponse.FromString(message.SerializeToString()))
    assert told == engines
    assert {name: engine.accepts for name, engine in told.items()} == {name: engine.accepts for name, engine in engines.items()}
    message.ClearField("accepts")  # a service of an earlier release
    assert {engine.accepts for engine in wire_updates.decode_engines(message).values()} == {Accepts()}


def test_an_unset_speed_is_the_voices_own() -> None:
    message = speech_pb2.GenerateSpeechRequest(text="Hi.", language="en")
    request, key = wire_requests.decode(message)
    assert isinstance(request, SpeechRequest)
    assert (request.speed, key) == (1.0, "")


META: dict[str, dict[str, Any]] = {
    "storyboard": {
        "storyboard": codec.storyboard_to_json(
            Storyboard((ShotDraft(title="雨", seconds=4.5), ShotDraft()), (BibleEntry("prop", "umbrella", "red"),))
        )
    },
    "rewrite": {"draft": codec.draft_to_json(ShotDraft(narration="It rained."))},
    "keyframe": {},
    "clip": {"frames": 96, "mapped": {"steps": [15, 4]}},
    "speech": {"seconds": 1.25, "words": [["雨", 0.0, 0.5], ["停。", 0.5, 1.25]], "voice": "zf_xiaoxiao"},
    "segment": {},
    "soundtrack": {"seconds": 12.5},
    "film": {"seconds": 12, "loudness": -14.02},
}
EXTRA = {"whole": 4, "float": 4.5, "large": 2**31, "none": None, "yes": True, "list": [1, "二", [0.5]], "nested": {"a": {"b": 2}}}


@pytest.mark.parametrize("kind", META)
@pytest.mark.parametrize("cached", [True, False])
def test_an_artifact_comes_back_as_it_was_recorded(kind: str, cached: bool) -> None:
    parts = {} if kind in ("storyboard", "rewrite") else {"video": MediaRef(DIGEST, "video/mp4", 3_000_000_000)}
    artifact = Artifact(KEY, kind, ENGINE, parts, META[kind] | EXTRA, 3.25)
    method = METHODS[kind]
    wire = method.response.FromString(wire_updates.encode(kind, Result(artifact, cached)).SerializeToString())
    decoded = wire_updates.decode(kind, wire)
    assert decoded == Result(artifact, cached)
    assert isinstance(decoded, Result)
    assert recipes.canonical(codec.artifact_to_json(decoded.artifact)) == recipes.canonical(codec.artifact_to_json(artifact))
    assert type(decoded.artifact.meta["whole"]) is int
    assert type(decoded.artifact.meta["float"]) is float


def test_what_is_written_of_a_storyboard_travels_with_its_progress() -> None:
    part = Storyboard(
        (ShotDraft(title="雨", description="雨停了。", seconds=3.5),), (BibleEntry("prop", "伞", "一把红伞", "a red umbrella"),)
    )
    for board in (part, Storyboard(()), None):
        progress = Progress(0.25, "writing", board)
        message = METHODS["storyboard"].response.FromString(wire_updates.encode("storyboard", progress).SerializeToString())
        assert wire_updates.decode("storyboard", message) == progress
        assert message.progress.fraction == 0.25  # all that an older client reads


def test_progress_and_what_a_newer_service_may_add() -> None:
    message = wire_updates.encode("clip", Progress(0.25, "frames"))
    assert wire_updates.decode("clip", message) == Progress(0.25, "frames")
    assert wire_updates.decode("clip", METHODS["clip"].response()) is None


def test_every_error_of_the_tree_comes_back() -> None:
    for cls in errors.BY_KIND.values():
        error = cls("UNKNOWN_VALUE", field="body.风格", found="x" * 50, known="a, b", retry_after=2.5)
        status = wire_errors.encode(error)
        assert status.code != 0
        back = wire_errors.decode(status, Service.CLIPS)
        assert type(back) is cls
        assert (back.reason, back.params, str(back)) == (error.reason, error.params, str(error))
        assert back.retry_after == (2.5 if cls.retryable else None)


def test_numbers_in_an_errors_text_read_the_same() -> None:
    error = errors.InvalidArgument("OUT_OF_RANGE", field="speed", low=0.25, high=4, found=math.inf)
    back = wire_errors.decode(wire_errors.encode(error), Service.SPEECH)
    assert back is not None
    assert back.message(Language.ZH) == error.message(Language.ZH)


def test_a_long_error_fits_into_metadata() -> None:
    error = errors.EngineFailed("ENGINE_FAILED", engine="blank", problem="错" * 5_000)
    status = wire_errors.encode(error)
    # The message travels twice: percent-encoded (nine bytes a character), and base64-encoded within the status.
    assert len(status.message.encode()) * 3 + len(status.SerializeToString()) * 4 / 3 < 8_192
    back = wire_errors.decode(status, Service.CLIPS)
    assert back is not None
    assert back.reason == "ENGINE_FAILED"


def test_a_newer_services_reason_keeps_its_kind_and_words() -> None:
    status = wire_errors.encode(errors.ResourceExhausted("MODEL_BUSY", service="clips", retry_after=3.0))
    info = error_details_pb2.ErrorInfo(reason="GPU_ON_FIRE", domain=wire_errors.DOMAIN, metadata={"kind": "resource_exhausted"})
    status.details[0].Pack(info)
    status.message = "The GPU burns."
    back = wire_errors.decode(status, Service.CLIPS)
    assert isinstance(back, errors.ResourceExhausted)
    assert "The GPU burns." in str(back)
    assert back.reason in texts.TEXTS
    assert back.retry_after == 3.0


def test_a_strangers_status_is_not_ours() -> None:
    status = wire_errors.encode(errors.Unavailable("MODEL_UNAVAILABLE", service="clips"))
    info = error_details_pb2.ErrorInfo(reason="X", domain="example.com")
    status.details[0].Pack(info)
    assert wire_errors.decode(status, Service.CLIPS) is None


def test_an_unknown_language_or_kind_of_bible_entry_is_refused() -> None:
    request = KeyframeRequest(
        prompt="x", style="", language=Language.EN, width=8, height=8, seed=0, bible=(BibleEntry("prop", "a", "b"),)
    )
    message = wire_requests.encode(replace(request), KEY)
    message.language = "fr"  # type: ignore[union-attr]  # it is a keyframe's
    with pytest.raises(errors.InvalidArgument, match="fr"):
        wire_requests.decode(message)
    message = wire_requests.encode(request, KEY)
    message.bible[0].kind = "ghost"  # type: ignore[union-attr]  # as above
    with pytest.raises(errors.InvalidArgument, match="ghost"):
        wire_requests.decode(message)
