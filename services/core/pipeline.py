"""Which steps an operation needs: a pure function of what is there.

`plan(work, engines, made)` compares what the operation wants with the rows and the artifacts that exist, and returns the
steps that can run now and the results that should land on the rows. The worker runs steps and lands results until the plan
is empty. Resuming after a crash, re-making one shot of many and an unchanged compile are all this one comparison.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.core import codec, recipes
from services.core.commands import ShotChange
from services.core.errors import FailedPrecondition
from services.core.film_options import FilmOptions
from services.core.model import (
    Artifact,
    AssetType,
    Engine,
    Film,
    Key,
    Made,
    Operation,
    OperationType,
    Shot,
    ShotId,
    Storyboard,
    TimelineEntry,
)
from services.core.ports import Work
from services.core.requests import (
    ClipRequest,
    Cue,
    FilmRequest,
    FilmShot,
    KeyframeRequest,
    Request,
    RewriteRequest,
    SegmentRequest,
    Service,
    SpeechRequest,
    StoryboardRequest,
)
from services.core.subtitles import cues

SPEECH_LEAD = 0.4
"""Seconds of picture before the voice begins."""
SPEECH_TAIL = 0.7
"""Seconds of picture after the voice has ended, so that a line can settle."""
SHORTEST_SHOT = 2.5


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to make. Steps with the same key are the same step."""

    request: Request
    key: Key
    shot_id: ShotId | None = None

    @property
    def kind(self) -> str:
        return self.request.kind


@dataclass(frozen=True, slots=True)
class LandStoryboard:
    board: Storyboard
    seeds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LandShot:
    change: ShotChange


Landing = LandStoryboard | LandShot


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do next. Nothing to make and nothing to land means that the operation is complete, with `film` if it made one.

    `waiting` counts the further steps that are known but need an earlier one; with `steps` and what is made it gives the progress.
    """

    steps: tuple[Step, ...] = ()
    landings: tuple[Landing, ...] = ()
    waiting: int = 0
    finished: int = 0
    film: Film | None = None

    @property
    def complete(self) -> bool:
        return not (self.steps or self.landings or self.waiting)


class _Ledger:
    """Collects a plan: asks for artifacts, noting a step where one is missing."""

    def __init__(self, engines: Mapping[Service, Engine], made: Mapping[Key, Artifact]) -> None:
        self._engines = engines
        self._made = made
        self.steps: dict[Key, Step] = {}
        self.landings: list[Landing] = []
        self.waiting = 0
        self.finished = 0

    def need(self, request: Request, shot_id: ShotId | None = None) -> Artifact | None:
        """The artifact, or None after noting that it must be made."""
        key = recipes.key(request, self._engines[request.service])
        artifact = self._made.get(key)
        if artifact is None:
            self.steps.setdefault(key, Step(request, key, shot_id))
        else:
            self.finished += 1
        return artifact

    def wait(self, count: int = 1) -> None:
        """Further steps are known to be needed, but cannot be asked for yet."""
        self.waiting += count

    def plan(self, film: Film | None = None) -> Plan:
        return Plan(tuple(self.steps.values()), tuple(self.landings), self.waiting, self.finished, film)


def plan(work: Work, engines: Mapping[Service, Engine], made: Mapping[Key, Artifact]) -> Plan:
    """What `work.operation` needs next. `made` holds every artifact known by its key.

    Raises FailedPrecondition STORY_HAS_NO_SHOTS when there is nothing to make a film of.
    """
    ledger = _Ledger(engines, made)
    match work.operation.type:
        case OperationType.STORY_CREATE:
            _story_create(work, ledger)
        case OperationType.SHOT_REGEN:
            _shot_regen(work, ledger)
        case OperationType.VIDEO_RENDER:
            return ledger.plan(_video_render(work, ledger))
    return ledger.plan()


def services(operation: Operation) -> tuple[Service, ...]:
    """The services whose engines planning this operation needs to know."""
    match operation.type:
        case OperationType.STORY_CREATE:
            return (Service.STORYBOARDS, Service.KEYFRAMES)
        case OperationType.VIDEO_RENDER:
            return (Service.KEYFRAMES, Service.SPEECH, Service.CLIPS, Service.FILMS)
        case OperationType.SHOT_REGEN:
            return _REGEN[asset_type(operation)]


def asset_type(operation: Operation) -> AssetType:
    """What a regenerate makes again."""
    return AssetType(operation.payload.get("asset_type", AssetType.IMAGE))


_REGEN: Mapping[AssetType, tuple[Service, ...]] = {
    AssetType.IMAGE: (Service.KEYFRAMES,),
    AssetType.VIDEO: (Service.KEYFRAMES, Service.SPEECH, Service.CLIPS),
    AssetType.AUDIO: (Service.SPEECH,),
    AssetType.TEXT: (Service.STORYBOARDS,),
}


# -- the three operations ------------------------------------------------------------------------------------------------------


def _story_create(work: Work, ledger: _Ledger) -> None:
    story = work.story
    if not work.shots:
        request = StoryboardRequest(
            text=story.content, title=story.title, style=story.style, language=story.language, shots=story.shot_count
        )
        artifact = ledger.need(request)
        if artifact is None:
            ledger.wait(story.shot_count or 5)
            return
        board = codec.storyboard_from_json(artifact.meta["storyboard"])
        seeds = tuple(_seed(story.content, number) for number, _ in enumerate(board.shots, start=1))
        ledger.landings.append(LandStoryboard(board, seeds))
        ledger.wait(len(board.shots))
        return
    for shot in work.shots:
        _picture(work, shot, ledger, revises=False)


def _shot_regen(work: Work, ledger: _Ledger) -> None:
    operation = work.operation
    shot = next(s for s in work.shots if s.id == operation.shot_id)
    wants = asset_type(operation)
    # The take's seed comes from the operation's id: every attempt of one operation asks for the same take.
    seed = _seed(str(operation.id))
    details = str(operation.payload.get("details") or "")
    if wants is AssetType.TEXT:
        _rewrite(work, shot, ledger, instruction=details, seed=seed)
        return
    wanted = shot
    if details and details != shot.details:
        wanted = replace(shot, details=details, description=details, prompt="")
    match wants:
        case AssetType.IMAGE:
            wanted = replace(wanted, seeds=replace(shot.seeds, image=seed))
            _picture(work, wanted, ledger, current=shot, revises=True)
        case AssetType.AUDIO:
            wanted = replace(wanted, seeds=replace(shot.seeds, audio=seed))
            _voice(work, wanted, ledger, current=shot, revises=True)
        case AssetType.VIDEO:
            wanted = replace(wanted, seeds=replace(shot.seeds, video=seed))
            picture = _picture(work, wanted, ledger, current=shot, revises=wanted.details != shot.details)
            voice = _voice(work, wanted, ledger, current=shot, revises=False)
            if picture is None or (voice is None and wanted.narration):
                ledger.wait()
            else:
                _clip(work, wanted, ledger, picture, voice, current=shot, revises=True)


def _video_render(work: Work, ledger: _Ledger) -> Film | None:
    if not work.shots:
        # Accepted while the story was still being created, and that failed.
        raise FailedPrecondition("STORY_HAS_NO_SHOTS")
    options = FilmOptions.of(work)
    pieces: list[tuple[Shot, FilmShot, Mapping[str, Made]]] = []
    last = len(work.shots)
    for number, shot in enumerate(work.shots, start=1):
        picture = _picture(work, shot, ledger, revises=False)
        voice = _voice(work, shot, ledger, revises=False)
        if picture is None or (voice is None and shot.narration):
            ledger.wait(2)
            continue
        clip, frames = _clip(work, shot, ledger, picture, voice, revises=False)
        if clip is None:
            ledger.wait()
            continue
        lines = _cues(voice)
        segment = ledger.need(
            SegmentRequest(
                clip=clip.parts["video"].digest,
                frames=frames,
                fps=options.fps,
                width=options.width,
                height=options.height,
                cues=lines if options.burn_subtitles else (),
                transition=shot.transition or "none",
                fade_out=number == last,
                language=work.story.language,
            ),
            shot.id,
        )
        if segment is None:
            continue
        piece = FilmShot(
            segment=segment.parts["video"].digest,
            frames=frames,
            speech=voice.parts["audio"].digest if voice else None,
            speech_start=SPEECH_LEAD,
            cues=lines,
        )
        parts = {"image": picture, "video": clip} | ({"audio": voice} if voice else {})
        pieces.append((shot, piece, parts))
    if len(pieces) < len(work.shots):
        ledger.wait()
        return None
    film = ledger.need(
        FilmRequest(
            title=work.story.title,
            language=work.story.language,
            shots=tuple(piece for _, piece, _ in pieces),
            fps=options.fps,
            width=options.width,
            height=options.height,
            music=_music(work) if options.music else "",
            cover=pieces[0][2]["image"].parts["image"].digest,
        )
    )
    return _film(work, film, pieces, options.fps) if film else None


# -- one shot's parts ----------------------------------------------------------------------------------------------------------


def _picture(work: Work, shot: Shot, ledger: _Ledger, *, revises: bool, current: Shot | None = None) -> Made | None:
    """The shot's picture, if it is there; otherwise its step is noted.

    A picture that answers today's request is kept whichever engine made it: a new engine must not replace pictures that the
    user has seen and liked.
    """
    request = keyframe_request(work, shot)
    asked = recipes.request_digest(request)
    current = current or shot
    if current.keyframe and current.keyframe.request == asked:
        ledger.finished += 1
        return current.keyframe
    artifact = ledger.need(request, shot.id)
    if artifact is None:
        return None
    made = Made(artifact.key, asked, artifact.parts)
    ledger.landings.append(
        LandShot(
            ShotChange(
                shot_id=shot.id,
                keyframe=made,
                version=AssetType.IMAGE,
                seeds=shot.seeds,
                details=shot.details if shot.details != current.details else "",
                description=shot.description if shot.description != current.description else "",
                prompt=shot.prompt if shot.prompt != current.prompt else None,
                revises=revises,
                expect_revision=None if revises else current.revision,
            )
        )
    )
    return made


def _voice(work: Work, shot: Shot, ledger: _Ledger, *, revises: bool, current: Shot | None = None) -> Made | None:
    """The shot's narration, if it is there; None without a step when the shot says nothing."""
    if not shot.narration:
        return None
    request = SpeechRequest(
        text=shot.narration,
        language=work.story.language,
        voice=work.story.voice,
        mood=shot.voice,
        seed=shot.seeds.audio,
    )
    artifact = ledger.need(request, shot.id)
    if artifact is None:
        return None
    meta = {"seconds": artifact.meta["seconds"], "words": artifact.meta["words"]}
    made = Made(artifact.key, recipes.request_digest(request), artifact.parts, meta)
    before = (current or shot).speech
    if before is None or before.key != made.key:
        change = ShotChange(
            shot_id=shot.id,
            speech=made,
            version=AssetType.AUDIO,
            seeds=shot.seeds if revises else None,
            revises=revises,
            expect_revision=None if revises else shot.revision,
        )
        ledger.landings.append(LandShot(change))
    return made


def _clip(
    work: Work,
    shot: Shot,
    ledger: _Ledger,
    picture: Made,
    voice: Made | None,
    *,
    revises: bool,
    current: Shot | None = None,
) -> tuple[Made | None, int]:
    """The shot's clip and its length in frames: never shorter than its voice with room to breathe."""
    options = FilmOptions.of(work)
    spoken = SPEECH_LEAD + voice.meta["seconds"] + SPEECH_TAIL if voice else 0.0
    frames = round(max(shot.seconds, spoken, SHORTEST_SHOT) * options.fps)
    request = ClipRequest(
        keyframe={name: ref.digest for name, ref in picture.parts.items()},
        camera=shot.camera,
        frames=frames,
        fps=options.fps,
        width=options.width,
        height=options.height,
        seed=shot.seeds.video,
    )
    artifact = ledger.need(request, shot.id)
    if artifact is None:
        return None, frames
    made = Made(artifact.key, recipes.request_digest(request), artifact.parts, {"frames": frames, "fps": options.fps})
    before = (current or shot).clip
    if before is None or before.key != made.key:
        change = ShotChange(
            shot_id=shot.id,
            clip=made,
            version=AssetType.VIDEO,
            seeds=shot.seeds if revises else None,
            revises=revises,
            expect_revision=None if revises else shot.revision,
        )
        ledger.landings.append(LandShot(change))
    return made, frames


def _rewrite(work: Work, shot: Shot, ledger: _Ledger, *, instruction: str, seed: int) -> None:
    if shot.seeds.text == seed:
        ledger.finished += 1  # landed by an earlier attempt
        return
    request = RewriteRequest(
        text=work.story.content,
        style=work.story.style,
        language=work.story.language,
        sequence=shot.sequence,
        total=len(work.shots),
        draft=codec.draft_of(shot),
        instruction=instruction,
        seed=seed,
    )
    artifact = ledger.need(request, shot.id)
    if artifact is None:
        return
    draft = codec.draft_from_json(artifact.meta["draft"])
    change = ShotChange(
        shot_id=shot.id,
        title=draft.title,
        description=draft.description,
        details=draft.description,
        narration=draft.narration,
        camera=draft.camera,
        framing=draft.framing,
        transition=draft.transition,
        voice=draft.voice,
        bgm=draft.bgm,
        prompt=draft.prompt or None,
        seconds=draft.seconds,
        seeds=replace(shot.seeds, text=seed),
        version=AssetType.TEXT,
        revises=True,
    )
    ledger.landings.append(LandShot(change))


def keyframe_request(work: Work, shot: Shot) -> KeyframeRequest:
    """What the shot's fields ask of the picture's engine today."""
    width, height = FilmOptions.picture_size(work.story)
    return KeyframeRequest(
        prompt="\n".join(text for text in (shot.prompt, shot.details) if text),
        style=work.story.style,
        language=work.story.language,
        width=width,
        height=height,
        seed=shot.seeds.image,
        framing=shot.framing,
        mood=shot.voice,
        bible=work.story.bible,
    )


def _cues(voice: Made | None) -> tuple[Cue, ...]:
    return cues(voice.meta["words"], offset=SPEECH_LEAD) if voice else ()


def _music(work: Work) -> str:
    """The music's mood for the whole film: the one that most shots name, the earliest of equals."""
    moods = [shot.bgm for shot in work.shots if shot.bgm]
    return max(moods, key=moods.count) if moods else "calm"


def _film(work: Work, artifact: Artifact, pieces: list[tuple[Shot, FilmShot, Mapping[str, Made]]], fps: int) -> Film:
    timeline = []
    frames = 0
    for shot, piece, parts in pieces:
        digests = {name: made.parts[name].digest for name, made in parts.items()} | {"segment": piece.segment}
        timeline.append(TimelineEntry(shot.id, shot.sequence, round(frames / fps, 3), round(piece.frames / fps, 3), digests))
        frames += piece.frames
    return Film(
        key=artifact.key,
        video=artifact.parts["video"],
        cover=artifact.parts.get("cover"),
        subtitles=artifact.parts.get("subtitles"),
        duration=artifact.meta["seconds"],
        timeline=tuple(timeline),
        revision=work.story.revision,
    )


def _seed(*parts: object) -> int:
    """A seed from 0 to 2³¹ - 1 that is the same wherever the same parts are: so the same story gives the same recipes."""
    text = "\n".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) >> 1
