"""What a generating call answers: progress, then one artifact, to and from response messages.

Facts that the protos type (a storyboard's shots, a line's words, lengths) travel in their fields; the rest of an artifact's
`meta` travels as a Struct. A Struct has only floats, so whole numbers are read back as integers: an artifact from the wire
equals the one that was recorded.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from google.protobuf import struct_pb2
from storyreel.v1 import engines_pb2, films_pb2, media_pb2, speech_pb2, storyboards_pb2

from services.adapters.wire.methods import METHODS, ResponseMessage, ResultMessage
from services.adapters.wire.requests import decode_bible_entry, decode_draft, encode_bible_entry, encode_draft
from services.core import codec
from services.core.model import Accepts, Artifact, Digest, Engine, Key, MediaRef, Storyboard
from services.core.ports import Progress


@dataclass(frozen=True, slots=True)
class Result:
    """The last update: what was made, and whether it had been there already."""

    artifact: Artifact
    cached: bool = False


Update = Progress | Result


def encode(kind: str, update: Update) -> ResponseMessage:
    """The response message of the method that makes `kind`."""
    method = METHODS[kind]
    if isinstance(update, Progress):
        message = method.response(progress=engines_pb2.Progress(fraction=update.fraction, stage=update.stage))
        if update.board is not None and isinstance(message, storyboards_pb2.GenerateStoryboardResponse):
            message.part.CopyFrom(storyboards_pb2.StoryboardPart(**_encode_board(update.board)))
        return message
    return method.response(result=_encode_result(kind, update))  # type: ignore[arg-type]  # the table pairs the two


def decode(kind: str, message: ResponseMessage) -> Update | None:
    """The update in a message; None when it holds neither (a newer service's addition, to be skipped)."""
    match message.WhichOneof("update"):
        case "progress":
            return Progress(message.progress.fraction, message.progress.stage, _decode_part(message))
        case "result":
            return _decode_result(kind, message.result)
        case _:
            return None


def encode_engine(engine: Engine) -> engines_pb2.Engine:
    return engines_pb2.Engine(name=engine.name, version=engine.version, revision=engine.revision)


def decode_engine(message: engines_pb2.Engine) -> Engine:
    return Engine(message.name, message.version, message.revision)


def encode_engines(engines: Mapping[str, Engine]) -> engines_pb2.ListEnginesResponse:
    """The engines by service, with what they accept: an engine's own message is its identity alone."""
    return engines_pb2.ListEnginesResponse(
        engines={name: encode_engine(engine) for name, engine in engines.items()},
        accepts={name: engines_pb2.Accepts(**dataclasses.asdict(engine.accepts)) for name, engine in engines.items()},
    )


def decode_engines(message: engines_pb2.ListEnginesResponse) -> dict[str, Engine]:
    """As `encode_engines` wrote them; a service that is older than `accepts` says nothing of it."""
    return {
        name: replace(decode_engine(engine), accepts=_decode_accepts(message.accepts.get(name)))
        for name, engine in message.engines.items()
    }


def _decode_accepts(message: engines_pb2.Accepts | None) -> Accepts:
    if message is None:
        return Accepts()
    return Accepts(references=message.references, chinese=message.chinese, last=message.last, speech=message.speech)


# -- writing -------------------------------------------------------------------------------------------------------------------


def _encode_result(kind: str, result: Result) -> ResultMessage:
    artifact = result.artifact
    meta = dict(artifact.meta)
    typed: dict[str, Any] = {}
    match kind:
        case "storyboard":
            typed |= _encode_board(codec.storyboard_from_json(meta.pop("storyboard")))
        case "rewrite":
            typed["draft"] = encode_draft(codec.draft_from_json(meta.pop("draft")))
        case "speech":
            typed["seconds"] = meta.pop("seconds")
            typed["words"] = [speech_pb2.SpokenWord(text=t, start=start, end=end) for t, start, end in meta.pop("words")]
        case "soundtrack" | "film":
            typed["seconds"] = meta.pop("seconds")
        case _:
            pass
    if kind not in ("storyboard", "rewrite"):
        typed["parts"] = {name: _encode_media(ref) for name, ref in artifact.parts.items()}
    struct = struct_pb2.Struct()
    struct.update(meta)
    info = engines_pb2.ResultInfo(
        key=artifact.key,
        engine=encode_engine(artifact.engine),
        seconds=artifact.seconds,
        cached=result.cached,
        meta=struct,
    )
    return METHODS[kind].result(info=info, **typed)


def _encode_board(board: Storyboard) -> dict[str, Any]:
    return {
        "shots": [encode_draft(draft) for draft in board.shots],
        "bible": [encode_bible_entry(entry) for entry in board.bible],
    }


def _encode_media(ref: MediaRef) -> media_pb2.MediaRef:
    return media_pb2.MediaRef(digest=ref.digest, content_type=ref.content_type, size_bytes=ref.size)


# -- reading -------------------------------------------------------------------------------------------------------------------


def _decode_part(message: ResponseMessage) -> Storyboard | None:
    if isinstance(message, storyboards_pb2.GenerateStoryboardResponse) and message.HasField("part"):
        return _decode_board(message.part)
    return None


def _decode_board(message: storyboards_pb2.StoryboardResult | storyboards_pb2.StoryboardPart) -> Storyboard:
    shots = tuple(decode_draft(draft) for draft in message.shots)
    return Storyboard(shots, tuple(decode_bible_entry(entry) for entry in message.bible))


def _decode_result(kind: str, message: ResultMessage) -> Result:
    info = message.info
    meta = {name: _value(value) for name, value in info.meta.fields.items()}
    parts: Mapping[str, media_pb2.MediaRef] = {}
    match message:
        case storyboards_pb2.StoryboardResult():
            meta["storyboard"] = codec.storyboard_to_json(_decode_board(message))
        case storyboards_pb2.RewriteShotResult():
            meta["draft"] = codec.draft_to_json(decode_draft(message.draft))
        case speech_pb2.SpeechResult():
            parts = message.parts
            meta["seconds"] = message.seconds
            meta["words"] = [[word.text, word.start, word.end] for word in message.words]
        case films_pb2.SoundtrackResult() | films_pb2.FilmResult():
            parts = message.parts
            meta["seconds"] = message.seconds
        case _:
            parts = message.parts
    artifact = Artifact(
        Key(info.key),
        kind,
        decode_engine(info.engine),
        {name: MediaRef(Digest(ref.digest), ref.content_type, ref.size_bytes) for name, ref in parts.items()},
        meta,
        info.seconds,
    )
    return Result(artifact, info.cached)


def _value(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "struct_value":
            return {name: _value(item) for name, item in value.struct_value.fields.items()}
        case "list_value":
            return [_value(item) for item in value.list_value.values]
        case _:
            return None
