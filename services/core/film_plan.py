"""What a film needs: every shot's picture, voice and clip, a card before and after them, the cut, and the whole joined."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.core import cutting
from services.core import shot_parts as parts
from services.core.cutting import Cut
from services.core.errors import FailedPrecondition
from services.core.film_options import FilmOptions
from services.core.ledger import Ledger
from services.core.model import Artifact, Digest, Film, Language, Made, Shot, TimelineEntry
from services.core.ports import Work
from services.core.requests import CardRequest, Cue, FilmLine, FilmPiece, FilmRequest, SegmentRequest, TransitionRequest
from services.core.subtitles import cues
from services.core.vocabulary import Transition

CARD_SECONDS = 3.0
_END = {Language.ZH: "完", Language.EN: "The End"}


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in the film's order: a shot's, or (without a shot) a card's. `digests` are what the shot's take was made of."""

    transition: Transition
    shot: Shot | None = None
    video: Digest | None = None
    frames: int = 0
    cues: tuple[Cue, ...] = ()
    speech: Digest | None = None
    digests: tuple[tuple[str, Digest], ...] = ()


def film(work: Work, ledger: Ledger) -> Film | None:
    """The film, if it is there; otherwise its missing steps are noted. Raises FailedPrecondition STORY_HAS_NO_SHOTS."""
    if not work.shots:
        # Accepted while the story was still being created, and that failed.
        raise FailedPrecondition("STORY_HAS_NO_SHOTS")
    options = FilmOptions.of(work)
    pictures = [parts.picture(work, shot, ledger, revises=False) for shot in work.shots]
    places = [_shot(work, shot, picture, options, ledger) for shot, picture in zip(work.shots, pictures, strict=True)]
    if options.title_card:
        places.insert(0, _card(work, "title", work.story.title, pictures[0], options, ledger))
    if options.end_card:
        places.append(_card(work, "end", _END[work.story.language], pictures[-1], options, ledger))
    cuts = cutting.cuts([place.transition for place in places], options.fps)
    pieces = _pieces(places, cuts, work, options, ledger)
    if pieces is None or pictures[0] is None:
        ledger.wait()
        return None
    starts = list(cutting.starts([place.frames for place in places], cuts))
    artifact = ledger.need(
        FilmRequest(
            title=work.story.title,
            language=work.story.language,
            pieces=tuple(piece for piece, _ in pieces),
            lines=tuple(
                FilmLine(start=start, speech=place.speech, speech_start=cutting.lead(place.transition), cues=place.cues)
                for place, start in zip(places, starts, strict=True)
                if place.speech
            ),
            fps=options.fps,
            width=options.width,
            height=options.height,
            music=_music(work) if options.music else "",
            cover=pictures[0].parts["image"].digest,
            soft_subtitles=options.soft_subtitles,
        )
    )
    return _landed(work, artifact, _timeline(places, starts, pieces, options.fps)) if artifact else None


def _shot(work: Work, shot: Shot, picture: Made | None, options: FilmOptions, ledger: Ledger) -> _Place:
    transition = parts.opening(work, shot)
    nothing = _Place(transition, shot)
    voice = parts.voice(work, shot, ledger, revises=False)
    if picture is None or (voice is None and shot.narration):
        ledger.wait()
        return nothing
    clip, frames = parts.clip(work, shot, ledger, picture, voice, revises=False)
    if clip is None:
        return nothing
    made = {"image": picture, "video": clip} | ({"audio": voice} if voice else {})
    return _Place(
        transition,
        shot,
        video=clip.parts["video"].digest,
        frames=frames,
        cues=_cues(voice, transition, frames / options.fps) if voice else (),
        speech=voice.parts["audio"].digest if voice else None,
        digests=tuple((name, part.parts[name].digest) for name, part in made.items()),
    )


def _cues(voice: Made, transition: Transition, seconds: float) -> tuple[Cue, ...]:
    """The shot's subtitles; the last one ends before the next shot can be seen."""
    latest = round(seconds - cutting.OVERLAP, 3)
    spoken = cues(voice.meta["words"], offset=cutting.lead(transition))
    return tuple(replace(cue, end=min(cue.end, latest)) for cue in spoken if cue.start < latest)


def _card(work: Work, card: str, text: str, picture: Made | None, options: FilmOptions, ledger: Ledger) -> _Place:
    if picture is None:
        ledger.wait()
        return _Place(Transition.DISSOLVE)
    frames = round(CARD_SECONDS * options.fps)
    request = CardRequest(
        card=card,
        text=text,
        language=work.story.language,
        style=work.story.style,
        frames=frames,
        fps=options.fps,
        width=options.width,
        height=options.height,
        picture=picture.parts["image"].digest,
        draft=options.draft,
    )
    artifact = ledger.need(request)
    return _Place(Transition.DISSOLVE, video=artifact.parts["video"].digest if artifact else None, frames=frames)


_Piece = tuple[FilmPiece, Shot | None]
"""A piece, and the shot whose segment it is."""


def _pieces(
    places: Sequence[_Place], cuts: Sequence[Cut], work: Work, options: FilmOptions, ledger: Ledger
) -> list[_Piece] | None:
    """The film's pieces in order, each as early as its takes are there; None while one of them must be made."""
    found: list[_Piece | None] = []
    for number, (place, cut) in enumerate(zip(places, cuts, strict=True)):
        if cut.opening:
            found.append(_transition(places[number - 1], place, cut.opening, options, ledger))
        edges = number == 0, number == len(places) - 1
        found.append(_segment(place, cut, edges, work, options, ledger))
    there = [piece for piece in found if piece is not None]
    return there if len(there) == len(found) else None


def _transition(before: _Place, after: _Place, frames: int, options: FilmOptions, ledger: Ledger) -> _Piece | None:
    if before.video is None or after.video is None:
        ledger.wait()
        return None
    request = TransitionRequest(
        transition=after.transition.value,
        before=before.video,
        start=before.frames - frames,
        after=after.video,
        frames=frames,
        fps=options.fps,
        width=options.width,
        height=options.height,
        draft=options.draft,
    )
    return _made(request, None, ledger)


def _segment(
    place: _Place, cut: Cut, edges: tuple[bool, bool], work: Work, options: FilmOptions, ledger: Ledger
) -> _Piece | None:
    if place.video is None:
        ledger.wait()
        return None
    request = SegmentRequest(
        clip=place.video,
        start=cut.opening,
        frames=cut.alone(place.frames),
        fps=options.fps,
        width=options.width,
        height=options.height,
        cues=cutting.alone(place.cues, place.frames, cut, options.fps) if options.burn_subtitles else (),
        fade_in=edges[0],
        fade_out=edges[1],
        draft=options.draft,
        language=work.story.language,
    )
    return _made(request, place.shot, ledger)


def _made(request: SegmentRequest | TransitionRequest, shot: Shot | None, ledger: Ledger) -> _Piece | None:
    artifact = ledger.need(request, shot.id if shot else None)
    return (FilmPiece(video=artifact.parts["video"].digest, frames=request.frames), shot) if artifact else None


def _music(work: Work) -> str:
    """The music's mood for the whole film: the one that most shots name, the earliest of equals."""
    moods = [shot.bgm for shot in work.shots if shot.bgm]
    return max(moods, key=moods.count) if moods else "calm"


def _timeline(places: Sequence[_Place], starts: Sequence[int], pieces: Sequence[_Piece], fps: int) -> tuple[TimelineEntry, ...]:
    """Where each shot is seen: from its first frame until the next shot or the end card begins, or to its own end."""
    segments = {shot.id: piece.video for piece, shot in pieces if shot}
    ends = [*starts[1:], starts[-1] + places[-1].frames]
    return tuple(
        TimelineEntry(
            place.shot.id,
            place.shot.sequence,
            round(start / fps, 3),
            round((end - start) / fps, 3),
            dict(place.digests) | {"segment": segments[place.shot.id]},
        )
        for place, start, end in zip(places, starts, ends, strict=True)
        if place.shot
    )


def _landed(work: Work, artifact: Artifact, timeline: tuple[TimelineEntry, ...]) -> Film:
    return Film(
        key=artifact.key,
        video=artifact.parts["video"],
        cover=artifact.parts.get("cover"),
        subtitles=artifact.parts.get("subtitles"),
        captions=artifact.parts.get("captions"),
        duration=artifact.meta["seconds"],
        timeline=timeline,
        revision=work.story.revision,
    )
