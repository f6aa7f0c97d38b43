"""Core requests to and from request messages. Both ways keep every field, so that both ends compute the same key.

Reading checks only what has no place in a core request (an unknown language); bounds are the service's to check.
"""

from collections.abc import Iterable
from typing import assert_never

from storyreel.v1 import clips_pb2, films_pb2, keyframes_pb2, speech_pb2, storyboards_pb2

from services.adapters.wire.methods import RequestMessage
from services.core import errors
from services.core.model import BibleEntry, Digest, Key, Language, ShotDraft
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
    SoundtrackRequest,
    SoundtrackVoice,
    SpeechRequest,
    StoryboardRequest,
    TransitionRequest,
)

# -- writing -------------------------------------------------------------------------------------------------------------------


def encode(request: Request, key: Key) -> RequestMessage:
    """The message that asks for `request` under `key`."""
    match request:
        case StoryboardRequest():
            return storyboards_pb2.GenerateStoryboardRequest(
                key=key,
                text=request.text,
                title=request.title,
                style=request.style,
                language=request.language,
                shots=request.shots or 0,
                seed=request.seed,
            )
        case RewriteRequest():
            return storyboards_pb2.RewriteShotRequest(
                key=key,
                text=request.text,
                style=request.style,
                language=request.language,
                sequence=request.sequence,
                total=request.total,
                draft=encode_draft(request.draft),
                instruction=request.instruction,
                seed=request.seed,
            )
        case KeyframeRequest():
            return _encode_keyframe(request, key)
        case ClipRequest():
            return clips_pb2.GenerateClipRequest(
                key=key,
                keyframe=request.keyframe,
                camera=request.camera,
                frames=request.frames,
                fps=request.fps,
                width=request.width,
                height=request.height,
                seed=request.seed,
                motion_strength=request.motion_strength,
                prompt=request.prompt,
                last=request.last or "",
                speech=request.speech or "",
                speech_at=request.speech_at,
            )
        case SpeechRequest():
            return speech_pb2.GenerateSpeechRequest(
                key=key,
                text=request.text,
                language=request.language,
                voice=request.voice,
                mood=request.mood,
                speed=request.speed,
                seed=request.seed,
                draft=request.draft,
            )
        case CardRequest():
            return films_pb2.RenderCardRequest(
                key=key,
                card=request.card,
                text=request.text,
                language=request.language,
                style=request.style,
                frames=request.frames,
                fps=request.fps,
                width=request.width,
                height=request.height,
                picture=request.picture or "",
                draft=request.draft,
            )
        case SegmentRequest():
            return films_pb2.RenderSegmentRequest(
                key=key,
                clip=request.clip,
                start=request.start,
                frames=request.frames,
                fps=request.fps,
                width=request.width,
                height=request.height,
                cues=_encode_cues(request.cues),
                fade_in=request.fade_in,
                fade_out=request.fade_out,
                language=request.language,
                draft=request.draft,
            )
        case TransitionRequest():
            return films_pb2.RenderTransitionRequest(
                key=key,
                transition=request.transition,
                before=request.before,
                start=request.start,
                after=request.after,
                frames=request.frames,
                fps=request.fps,
                width=request.width,
                height=request.height,
                draft=request.draft,
            )
        case SoundtrackRequest():
            return films_pb2.RenderSoundtrackRequest(
                key=key,
                title=request.title,
                music=request.music,
                seed=request.seed,
                frames=request.frames,
                fps=request.fps,
                voices=[
                    films_pb2.SoundtrackVoice(start=voice.start, speech=voice.speech, speech_start=voice.speech_start)
                    for voice in request.voices
                ],
            )
        case FilmRequest():
            return _encode_film(request, key)
        case _:
            assert_never(request)


def _encode_keyframe(request: KeyframeRequest, key: Key) -> keyframes_pb2.GenerateKeyframeRequest:
    return keyframes_pb2.GenerateKeyframeRequest(
        key=key,
        prompt=request.prompt,
        style=request.style,
        language=request.language,
        width=request.width,
        height=request.height,
        seed=request.seed,
        framing=request.framing,
        mood=request.mood,
        negative_prompt=request.negative_prompt,
        bible=[encode_bible_entry(entry) for entry in request.bible],
        steps=request.steps,
        guidance_scale=request.guidance_scale,
        references=request.references,
    )


def _encode_film(request: FilmRequest, key: Key) -> films_pb2.CompileFilmRequest:
    return films_pb2.CompileFilmRequest(
        key=key,
        title=request.title,
        language=request.language,
        pieces=[films_pb2.FilmPiece(video=piece.video, frames=piece.frames) for piece in request.pieces],
        soundtrack=request.soundtrack,
        lines=[films_pb2.FilmLine(start=line.start, cues=_encode_cues(line.cues)) for line in request.lines],
        fps=request.fps,
        width=request.width,
        height=request.height,
        cover=request.cover or "",
        soft_subtitles=request.soft_subtitles,
    )


def encode_draft(draft: ShotDraft) -> storyboards_pb2.ShotDraft:
    return storyboards_pb2.ShotDraft(
        title=draft.title,
        description=draft.description,
        narration=draft.narration,
        prompt=draft.prompt,
        camera=draft.camera,
        framing=draft.framing,
        transition=draft.transition,
        voice=draft.voice,
        bgm=draft.bgm,
        seconds=draft.seconds,
    )


def encode_bible_entry(entry: BibleEntry) -> storyboards_pb2.BibleEntry:
    return storyboards_pb2.BibleEntry(kind=entry.kind, name=entry.name, look=entry.look, look_en=entry.look_en)


def _encode_cues(cues: Iterable[Cue]) -> list[films_pb2.Cue]:
    return [films_pb2.Cue(text=cue.text, start=cue.start, end=cue.end) for cue in cues]


# -- reading -------------------------------------------------------------------------------------------------------------------


def decode(message: RequestMessage) -> tuple[Request, Key]:
    """What is asked, and the key it is asked under (empty when the caller leaves it to the service).

    Raises InvalidArgument UNKNOWN_VALUE.
    """
    return _request(message), Key(message.key)


def _request(message: RequestMessage) -> Request:
    match message:
        case storyboards_pb2.GenerateStoryboardRequest():
            return StoryboardRequest(
                text=message.text,
                title=message.title,
                style=message.style,
                language=_language(message.language),
                shots=message.shots or None,
                seed=message.seed,
            )
        case storyboards_pb2.RewriteShotRequest():
            return RewriteRequest(
                text=message.text,
                style=message.style,
                language=_language(message.language),
                sequence=message.sequence,
                total=message.total,
                draft=decode_draft(message.draft),
                instruction=message.instruction,
                seed=message.seed,
            )
        case keyframes_pb2.GenerateKeyframeRequest():
            return _decode_keyframe(message)
        case clips_pb2.GenerateClipRequest():
            return ClipRequest(
                keyframe={name: Digest(digest) for name, digest in message.keyframe.items()},
                camera=message.camera,
                frames=message.frames,
                fps=message.fps,
                width=message.width,
                height=message.height,
                seed=message.seed,
                motion_strength=message.motion_strength,
                prompt=message.prompt,
                last=Digest(message.last) if message.last else None,
                speech=Digest(message.speech) if message.speech else None,
                speech_at=message.speech_at,
            )
        case speech_pb2.GenerateSpeechRequest():
            return SpeechRequest(
                text=message.text,
                language=_language(message.language),
                voice=message.voice,
                mood=message.mood,
                speed=message.speed or 1.0,
                seed=message.seed,
                draft=message.draft,
            )
        case films_pb2.RenderCardRequest():
            return CardRequest(
                card=message.card,
                text=message.text,
                language=_language(message.language),
                style=message.style,
                frames=message.frames,
                fps=message.fps,
                width=message.width,
                height=message.height,
                picture=Digest(message.picture) if message.picture else None,
                draft=message.draft,
            )
        case films_pb2.RenderSegmentRequest():
            return SegmentRequest(
                clip=Digest(message.clip),
                start=message.start,
                frames=message.frames,
                fps=message.fps,
                width=message.width,
                height=message.height,
                cues=_decode_cues(message.cues),
                fade_in=message.fade_in,
                fade_out=message.fade_out,
                language=_language(message.language),
                draft=message.draft,
            )
        case films_pb2.RenderTransitionRequest():
            return TransitionRequest(
                transition=message.transition,
                before=Digest(message.before),
                start=message.start,
                after=Digest(message.after),
                frames=message.frames,
                fps=message.fps,
                width=message.width,
                height=message.height,
                draft=message.draft,
            )
        case films_pb2.RenderSoundtrackRequest():
            return SoundtrackRequest(
                title=message.title,
                music=message.music,
                seed=message.seed,
                frames=message.frames,
                fps=message.fps,
                voices=tuple(
                    SoundtrackVoice(start=voice.start, speech=Digest(voice.speech), speech_start=voice.speech_start)
                    for voice in message.voices
                ),
            )
        case films_pb2.CompileFilmRequest():
            return _decode_film(message)
        case _:
            assert_never(message)


def _decode_keyframe(message: keyframes_pb2.GenerateKeyframeRequest) -> KeyframeRequest:
    return KeyframeRequest(
        prompt=message.prompt,
        style=message.style,
        language=_language(message.language),
        width=message.width,
        height=message.height,
        seed=message.seed,
        framing=message.framing,
        mood=message.mood,
        negative_prompt=message.negative_prompt,
        bible=tuple(decode_bible_entry(entry) for entry in message.bible),
        steps=message.steps if message.HasField("steps") else None,
        guidance_scale=message.guidance_scale if message.HasField("guidance_scale") else None,
        references=tuple(Digest(digest) for digest in message.references),
    )


def _decode_film(message: films_pb2.CompileFilmRequest) -> FilmRequest:
    return FilmRequest(
        title=message.title,
        language=_language(message.language),
        pieces=tuple(FilmPiece(video=Digest(piece.video), frames=piece.frames) for piece in message.pieces),
        soundtrack=Digest(message.soundtrack),
        lines=tuple(FilmLine(start=line.start, cues=_decode_cues(line.cues)) for line in message.lines),
        fps=message.fps,
        width=message.width,
        height=message.height,
        cover=Digest(message.cover) if message.cover else None,
        soft_subtitles=message.soft_subtitles,
    )


def decode_draft(message: storyboards_pb2.ShotDraft) -> ShotDraft:
    return ShotDraft(
        title=message.title,
        description=message.description,
        narration=message.narration,
        prompt=message.prompt,
        camera=message.camera,
        framing=message.framing,
        transition=message.transition,
        voice=message.voice,
        bgm=message.bgm,
        seconds=message.seconds,
    )


def decode_bible_entry(message: storyboards_pb2.BibleEntry) -> BibleEntry:
    """Raises InvalidArgument UNKNOWN_VALUE for a kind that is none of the three."""
    match message.kind:
        case "character" | "prop" | "place" as kind:
            return BibleEntry(kind, message.name, message.look, message.look_en)
        case found:
            raise errors.InvalidArgument("UNKNOWN_VALUE", field="bible.kind", found=found, known="character, prop, place")


def _decode_cues(messages: Iterable[films_pb2.Cue]) -> tuple[Cue, ...]:
    return tuple(Cue(cue.text, cue.start, cue.end) for cue in messages)


def _language(found: str) -> Language:
    try:
        return Language(found)
    except ValueError:
        known = ", ".join(Language)
        raise errors.InvalidArgument("UNKNOWN_VALUE", field="language", found=found, known=known) from None
