"""What a film needs: every shot's picture, voice and clip, cards around them, the cut, the soundtrack, and the whole joined."""

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
from services.core.requests import (
    CardRequest,
    Cue,
    FilmLine,
    FilmPiece,
    FilmRequest,
    SegmentRequest,
    SoundtrackRequest,
    SoundtrackVoice,
    TransitionRequest,
)
from services.core.subtitles import cues
from services.core.vocabulary import Transition

CARD_SECONDS = 3.0
_END = {Language.ZH: "完", Language.EN: "The End"}


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in the film's order: a shot's, or (without a shot) a card's. `digests` are what the shot's take was made of.

    `frames` is 0 while the voice that gives the length is not there; `video` is None until the take is.
    """

    transition: Transition
    shot: Shot | None = None
    frames: int = 0
    cues: tuple[Cue, ...] = ()
    speech: Digest | None = None
    video: Digest | None = None
    digests: tuple[tuple[str, Digest], ...] = ()


def film(work: Work, ledger: Ledger) -> Film | None:
    """The film, if it is there; otherwise its missing steps are noted.

    Raises FailedPrecondition STORY_HAS_NO_SHOTS, STORYBOARD_UNFINISHED.
    """
    # Either may be so when it was accepted while the story was still being created, and that failed.
    if not work.shots:
        raise FailedPrecondition("STORY_HAS_NO_SHOTS")
    if work.story.storyboard_unfinished:
        raise FailedPrecondition("STORYBOARD_UNFINISHED")
    return _Planner(work, FilmOptions.of(work), ledger).film()


_Piece = tuple[FilmPiece, Shot | None]
"""A piece, and the shot whose segment it is."""


@dataclass(frozen=True, slots=True)
class _Planner:
    work: Work
    options: FilmOptions
    ledger: Ledger

    def film(self) -> Film | None:
        work, options = self.work, self.options
        pictures = [parts.picture(work, shot, self.ledger, revises=False) for shot in work.shots]
        after = [*pictures[1:], None]
        places = [self._shot(shot, picture, next_) for shot, picture, next_ in zip(work.shots, pictures, after, strict=True)]
        if options.title_card:
            places.insert(0, self._card("title", work.story.title, pictures[0]))
        if options.end_card:
            places.append(self._card("end", _END[work.story.language], pictures[-1]))
        cuts = cutting.cuts([place.transition for place in places], options.fps)
        starts = list(cutting.starts([place.frames for place in places], cuts))
        soundtrack = self._soundtrack(places, starts)
        pieces = self._pieces(places, cuts)
        if soundtrack is None or pieces is None or pictures[0] is None:
            self.ledger.wait()
            return None
        request = FilmRequest(
            title=work.story.title,
            language=work.story.language,
            pieces=tuple(piece for piece, _ in pieces),
            soundtrack=soundtrack,
            lines=tuple(FilmLine(start=start, cues=place.cues) for place, start in zip(places, starts, strict=True) if place.cues),
            fps=options.fps,
            width=options.width,
            height=options.height,
            cover=pictures[0].parts["image"].digest,
            soft_subtitles=options.soft_subtitles,
        )
        artifact = self.ledger.need(request)
        return _landed(work, artifact, _timeline(places, starts, pieces, options.fps)) if artifact else None

    def _shot(self, shot: Shot, picture: Made | None, next_picture: Made | None) -> _Place:
        work, transition = self.work, parts.opening(self.work, shot, self.ledger)
        voice = parts.voice(work, shot, self.ledger, revises=False)
        if voice is None and shot.narration:
            self.ledger.wait()
            return _Place(transition, shot)
        frames = parts.length(work, shot, voice, self.ledger)
        place = _Place(
            transition,
            shot,
            frames,
            cues=_cues(voice, transition, frames / self.options.fps) if voice else (),
            speech=voice.parts["audio"].digest if voice else None,
        )
        morphs = parts.destination(work, shot, self.ledger) is not None
        if picture is None or (morphs and next_picture is None):
            self.ledger.wait()
            return place
        last = next_picture if morphs else None
        clip = parts.clip(work, shot, self.ledger, picture, voice, last=last, revises=False)
        if clip is None:
            return place
        made = {"image": picture, "video": clip} | ({"audio": voice} if voice else {})
        digests = tuple((name, part.parts[name].digest) for name, part in made.items())
        return replace(place, video=clip.parts["video"].digest, digests=digests)

    def _card(self, card: str, text: str, picture: Made | None) -> _Place:
        options = self.options
        frames = round(CARD_SECONDS * options.fps)
        place = _Place(Transition.DISSOLVE, frames=frames)
        if picture is None:
            self.ledger.wait()
            return place
        request = CardRequest(
            card=card,
            text=text,
            language=self.work.story.language,
            style=self.work.story.style,
            frames=frames,
            fps=options.fps,
            width=options.width,
            height=options.height,
            picture=picture.parts["image"].digest,
            draft=options.draft,
        )
        artifact = self.ledger.need(request)
        return replace(place, video=artifact.parts["video"].digest) if artifact else place

    def _soundtrack(self, places: Sequence[_Place], starts: Sequence[int]) -> Digest | None:
        """What is heard, as soon as every voice is there: it waits for no picture and no clip."""
        if not all(place.frames for place in places):
            self.ledger.wait()
            return None
        request = SoundtrackRequest(
            title=self.work.story.title,
            frames=starts[-1] + places[-1].frames,
            fps=self.options.fps,
            voices=tuple(
                SoundtrackVoice(start=start, speech=place.speech, speech_start=cutting.lead(place.transition))
                for place, start in zip(places, starts, strict=True)
                if place.speech
            ),
            music=_music(self.work) if self.options.music else "",
        )
        artifact = self.ledger.need(request)
        return artifact.parts["audio"].digest if artifact else None

    def _pieces(self, places: Sequence[_Place], cuts: Sequence[Cut]) -> list[_Piece] | None:
        """The film's pieces in order, each as early as its takes are there; None while one of them must be made."""
        found: list[_Piece | None] = []
        for number, (place, cut) in enumerate(zip(places, cuts, strict=True)):
            if cut.opening:
                found.append(self._transition(places[number - 1], place, cut.opening))
            found.append(self._segment(place, cut, first=number == 0, last=number == len(places) - 1))
        there = [piece for piece in found if piece is not None]
        return there if len(there) == len(found) else None

    def _transition(self, before: _Place, after: _Place, frames: int) -> _Piece | None:
        if before.video is None or after.video is None:
            self.ledger.wait()
            return None
        request = TransitionRequest(
            transition=after.transition.value,
            before=before.video,
            start=before.frames - frames,
            after=after.video,
            frames=frames,
            fps=self.options.fps,
            width=self.options.width,
            height=self.options.height,
            draft=self.options.draft,
        )
        return self._made(request, None)

    def _segment(self, place: _Place, cut: Cut, *, first: bool, last: bool) -> _Piece | None:
        if place.video is None:
            self.ledger.wait()
            return None
        options = self.options
        request = SegmentRequest(
            clip=place.video,
            start=cut.opening,
            frames=cut.alone(place.frames),
            fps=options.fps,
            width=options.width,
            height=options.height,
            cues=cutting.alone(place.cues, place.frames, cut, options.fps) if options.burn_subtitles else (),
            fade_in=first,
            fade_out=last,
            draft=options.draft,
            language=self.work.story.language,
        )
        return self._made(request, place.shot)

    def _made(self, request: SegmentRequest | TransitionRequest, shot: Shot | None) -> _Piece | None:
        artifact = self.ledger.need(request, shot.id if shot else None)
        return (FilmPiece(video=artifact.parts["video"].digest, frames=request.frames), shot) if artifact else None


def _cues(voice: Made, transition: Transition, seconds: float) -> tuple[Cue, ...]:
    """The shot's subtitles; the last one ends before the next shot can be seen."""
    latest = round(seconds - cutting.OVERLAP, 3)
    spoken = cues(voice.meta["words"], offset=cutting.lead(transition))
    return tuple(replace(cue, end=min(cue.end, latest)) for cue in spoken if cue.start < latest)


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
