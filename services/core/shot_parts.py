"""What one shot needs: its picture, its voice, its clip, another wording. Each notes a missing step, or what should land."""

from dataclasses import replace

from services.core import codec, cutting, portraits, recipes
from services.core.commands import ShotChange
from services.core.film_options import FilmOptions
from services.core.ledger import LandShot, Ledger
from services.core.model import AssetType, Made, Shot
from services.core.ports import Work
from services.core.requests import ClipRequest, KeyframeRequest, RewriteRequest, Service, SpeechRequest
from services.core.vocabulary import Transition

SHORTEST_SHOT = 2.5


def picture(work: Work, shot: Shot, ledger: Ledger, *, revises: bool, current: Shot | None = None) -> Made | None:
    """The shot's picture, if it is there; otherwise its step is noted.

    A picture that answers today's request is kept whichever engine made it: a new engine must not replace pictures that the
    user has seen and liked. Nor must one that begins to take references, or no longer does: they are asked for when a picture
    is to be made, and are no part of what it answers. What they show is the bible's, which is.
    """
    request = keyframe_request(work, shot)
    asked = recipes.request_digest(request)
    current = current or shot
    if current.keyframe and current.keyframe.request == asked:
        ledger.finished += 1
        return current.keyframe
    references = portraits.references(work, request.prompt, ledger)
    if references is None:
        ledger.wait()
        return None
    artifact = ledger.need(replace(request, references=references), shot.id)
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


def voice(work: Work, shot: Shot, ledger: Ledger, *, revises: bool, current: Shot | None = None) -> Made | None:
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
    if FilmOptions.of(work).draft:
        return _draft_voice(shot, request, ledger)
    made = _spoken(shot, request, ledger)
    if made is None:
        return None
    before = (current or shot).speech
    if before is None or before.key != made.key:
        change = ShotChange(
            shot_id=shot.id,
            speech=made,
            narration=shot.narration if shot.narration != (current or shot).narration else "",
            version=AssetType.AUDIO,
            seeds=shot.seeds if revises else None,
            revises=revises,
            expect_revision=None if revises else shot.revision,
        )
        ledger.landings.append(LandShot(change))
    return made


def _draft_voice(shot: Shot, request: SpeechRequest, ledger: Ledger) -> Made | None:
    """The shot's own voice where it is there already, else a quick one, which the shot does not keep."""
    if shot.speech and shot.speech.request == recipes.request_digest(request):
        ledger.finished += 1
        return shot.speech
    return _spoken(shot, replace(request, draft=True), ledger)


def _spoken(shot: Shot, request: SpeechRequest, ledger: Ledger) -> Made | None:
    artifact = ledger.need(request, shot.id)
    if artifact is None:
        return None
    meta = {"seconds": artifact.meta["seconds"], "words": artifact.meta["words"]}
    return Made(artifact.key, recipes.request_digest(request), artifact.parts, meta)


def opening(work: Work, shot: Shot, ledger: Ledger) -> Transition:
    """How the shot begins in the film: a cut after a clip that ends on its picture, a dissolve where no engine makes one."""
    wanted = cutting.opening(shot, first=shot.sequence == work.shots[0].sequence)
    if wanted is not Transition.MORPH:
        return wanted
    return Transition.NONE if ledger.accepts(Service.CLIPS).last else Transition.DISSOLVE


def destination(work: Work, shot: Shot, ledger: Ledger) -> Shot | None:
    """The next shot, where this one's clip is to end on its picture."""
    after = next((other for other in work.shots if other.sequence > shot.sequence), None)
    morphs = after is not None and cutting.opening(after, first=False) is Transition.MORPH
    return after if morphs and ledger.accepts(Service.CLIPS).last else None


def length(work: Work, shot: Shot, speech: Made | None, ledger: Ledger) -> int:
    """The shot's frames in the film: never shorter than its voice with room to breathe."""
    spoken = cutting.lead(opening(work, shot, ledger)) + speech.meta["seconds"] + cutting.TAIL if speech else 0.0
    return round(max(shot.seconds, spoken, SHORTEST_SHOT) * FilmOptions.of(work).fps)


def clip(
    work: Work,
    shot: Shot,
    ledger: Ledger,
    image: Made,
    speech: Made | None,
    *,
    last: Made | None,
    revises: bool,
    current: Shot | None = None,
) -> Made | None:
    """The shot's clip, as long as `length` says, if it is there; otherwise its step is noted.

    It ends on the picture `last`. An engine that moves lips is given the shot's voice, to begin where the soundtrack has it; a
    draft goes without.
    """
    options = FilmOptions.of(work)
    frames = length(work, shot, speech, ledger)
    heard = speech if speech and ledger.accepts(Service.CLIPS).speech and not options.draft else None
    request = ClipRequest(
        keyframe={name: ref.digest for name, ref in image.parts.items()},
        camera=shot.camera,
        frames=frames,
        fps=options.fps,
        width=options.width,
        height=options.height,
        seed=shot.seeds.video,
        prompt=_seen(shot),
        last=last.parts["image"].digest if last else None,
        speech=heard.parts["audio"].digest if heard else None,
        speech_at=cutting.lead(opening(work, shot, ledger)) if heard else 0.0,
    )
    artifact = ledger.need(request, shot.id)
    if artifact is None:
        return None
    made = Made(artifact.key, recipes.request_digest(request), artifact.parts, {"frames": frames, "fps": options.fps})
    before = (current or shot).clip
    # A film of another size or rate has clips of its own; the shot keeps the clip of its own size.
    if options.plain_for(work.story) and (before is None or before.key != made.key):
        change = ShotChange(
            shot_id=shot.id,
            clip=made,
            version=AssetType.VIDEO,
            seeds=shot.seeds if revises else None,
            revises=revises,
            expect_revision=None if revises else shot.revision,
        )
        ledger.landings.append(LandShot(change))
    return made


def rewrite(work: Work, shot: Shot, ledger: Ledger, *, instruction: str, seed: int) -> None:
    """Another wording of the shot; what the model leaves empty stays as it is."""
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
    """What the shot's fields ask of the picture's engine today, the pictures that it may refer to aside."""
    width, height = FilmOptions.picture_size(work.story)
    return KeyframeRequest(
        prompt=_seen(shot),
        style=work.story.style,
        language=work.story.language,
        width=width,
        height=height,
        seed=shot.seeds.image,
        framing=shot.framing,
        mood=shot.voice,
        bible=work.story.bible,
    )


def _seen(shot: Shot) -> str:
    """What the picture and the clip show."""
    return "\n".join(text for text in (shot.prompt, shot.details) if text)
