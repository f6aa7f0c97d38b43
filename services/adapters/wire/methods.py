"""Which RPC makes which kind of thing. One row a generating method of `storyreel.v1`; all of them stream updates."""

from collections.abc import Mapping
from dataclasses import dataclass

from storyreel.v1 import clips_pb2, films_pb2, keyframes_pb2, speech_pb2, storyboards_pb2

from services.core.requests import (
    CardRequest,
    ClipRequest,
    FilmRequest,
    KeyframeRequest,
    RewriteRequest,
    SegmentRequest,
    Service,
    SoundtrackRequest,
    SpeechRequest,
    StoryboardRequest,
    TransitionRequest,
)

TENANT = "storyreel-tenant"
"""The metadata of a call that says for whom it is: tenants take turns where places are few."""

RequestMessage = (
    storyboards_pb2.GenerateStoryboardRequest
    | storyboards_pb2.RewriteShotRequest
    | keyframes_pb2.GenerateKeyframeRequest
    | clips_pb2.GenerateClipRequest
    | speech_pb2.GenerateSpeechRequest
    | films_pb2.RenderCardRequest
    | films_pb2.RenderSegmentRequest
    | films_pb2.RenderTransitionRequest
    | films_pb2.RenderSoundtrackRequest
    | films_pb2.CompileFilmRequest
)
ResponseMessage = (
    storyboards_pb2.GenerateStoryboardResponse
    | storyboards_pb2.RewriteShotResponse
    | keyframes_pb2.GenerateKeyframeResponse
    | clips_pb2.GenerateClipResponse
    | speech_pb2.GenerateSpeechResponse
    | films_pb2.RenderCardResponse
    | films_pb2.RenderSegmentResponse
    | films_pb2.RenderTransitionResponse
    | films_pb2.RenderSoundtrackResponse
    | films_pb2.CompileFilmResponse
)
ResultMessage = (
    storyboards_pb2.StoryboardResult
    | storyboards_pb2.RewriteShotResult
    | keyframes_pb2.KeyframeResult
    | clips_pb2.ClipResult
    | speech_pb2.SpeechResult
    | films_pb2.CardResult
    | films_pb2.SegmentResult
    | films_pb2.TransitionResult
    | films_pb2.SoundtrackResult
    | films_pb2.FilmResult
)

FULL_NAME: Mapping[Service, str] = {
    Service.STORYBOARDS: "storyreel.v1.Storyboards",
    Service.KEYFRAMES: "storyreel.v1.Keyframes",
    Service.CLIPS: "storyreel.v1.Clips",
    Service.SPEECH: "storyreel.v1.Speech",
    Service.FILMS: "storyreel.v1.Films",
}
"""The services' names in the protos, under which their health is asked for."""


@dataclass(frozen=True, slots=True)
class Method:
    """The RPC `path` that answers requests of `kind`."""

    kind: str
    service: Service
    name: str
    request: type[RequestMessage]
    response: type[ResponseMessage]
    result: type[ResultMessage]

    @property
    def path(self) -> str:
        return f"/{FULL_NAME[self.service]}/{self.name}"


METHODS: Mapping[str, Method] = {
    method.kind: method
    for method in (
        Method(
            StoryboardRequest.kind,
            Service.STORYBOARDS,
            "GenerateStoryboard",
            storyboards_pb2.GenerateStoryboardRequest,
            storyboards_pb2.GenerateStoryboardResponse,
            storyboards_pb2.StoryboardResult,
        ),
        Method(
            RewriteRequest.kind,
            Service.STORYBOARDS,
            "RewriteShot",
            storyboards_pb2.RewriteShotRequest,
            storyboards_pb2.RewriteShotResponse,
            storyboards_pb2.RewriteShotResult,
        ),
        Method(
            KeyframeRequest.kind,
            Service.KEYFRAMES,
            "GenerateKeyframe",
            keyframes_pb2.GenerateKeyframeRequest,
            keyframes_pb2.GenerateKeyframeResponse,
            keyframes_pb2.KeyframeResult,
        ),
        Method(
            ClipRequest.kind,
            Service.CLIPS,
            "GenerateClip",
            clips_pb2.GenerateClipRequest,
            clips_pb2.GenerateClipResponse,
            clips_pb2.ClipResult,
        ),
        Method(
            SpeechRequest.kind,
            Service.SPEECH,
            "GenerateSpeech",
            speech_pb2.GenerateSpeechRequest,
            speech_pb2.GenerateSpeechResponse,
            speech_pb2.SpeechResult,
        ),
        Method(
            CardRequest.kind,
            Service.FILMS,
            "RenderCard",
            films_pb2.RenderCardRequest,
            films_pb2.RenderCardResponse,
            films_pb2.CardResult,
        ),
        Method(
            SegmentRequest.kind,
            Service.FILMS,
            "RenderSegment",
            films_pb2.RenderSegmentRequest,
            films_pb2.RenderSegmentResponse,
            films_pb2.SegmentResult,
        ),
        Method(
            TransitionRequest.kind,
            Service.FILMS,
            "RenderTransition",
            films_pb2.RenderTransitionRequest,
            films_pb2.RenderTransitionResponse,
            films_pb2.TransitionResult,
        ),
        Method(
            SoundtrackRequest.kind,
            Service.FILMS,
            "RenderSoundtrack",
            films_pb2.RenderSoundtrackRequest,
            films_pb2.RenderSoundtrackResponse,
            films_pb2.SoundtrackResult,
        ),
        Method(
            FilmRequest.kind,
            Service.FILMS,
            "CompileFilm",
            films_pb2.CompileFilmRequest,
            films_pb2.CompileFilmResponse,
            films_pb2.FilmResult,
        ),
    )
}
"""By the request's kind."""
