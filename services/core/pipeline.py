"""Which steps an operation needs: a pure function of what is there.

`plan(work, engines, made)` compares what the operation wants with the rows and the artifacts that exist, and returns the
steps that can run now and the results that should land on the rows. The worker runs steps and lands results until the plan
is empty. Resuming after a crash, re-making one shot of many and an unchanged compile are all this one comparison.
"""

from collections.abc import Mapping
from dataclasses import replace

from services.core import codec, film_plan, recipes
from services.core import shot_parts as parts
from services.core.errors import EngineFailed
from services.core.ledger import LandStoryboard, Ledger, Plan
from services.core.model import Artifact, AssetType, Engine, Key, Operation, OperationType, Story, Storyboard
from services.core.ports import Work
from services.core.requests import Service, StoryboardRequest


def plan(work: Work, engines: Mapping[Service, Engine], made: Mapping[Key, Artifact]) -> Plan:
    """What `work.operation` needs next. `made` holds every artifact known by its key.

    Raises FailedPrecondition STORY_HAS_NO_SHOTS, STORYBOARD_UNFINISHED when there is nothing to make a film of, or not all of
    it; EngineFailed when a storyboard has no shots.
    """
    ledger = Ledger(engines, made)
    match work.operation.type:
        case OperationType.STORY_CREATE:
            _story_create(work, ledger)
        case OperationType.SHOT_REGEN:
            _shot_regen(work, ledger)
        case OperationType.VIDEO_RENDER:
            return ledger.plan(film_plan.film(work, ledger))
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


def seeds(story: Story, board: Storyboard) -> tuple[int, ...]:
    """The first seed of each shot: of the story's words and the shot's number, so that the same story gives the same recipes."""
    return tuple(recipes.seed(story.content, number) for number, _ in enumerate(board.shots, start=1))


_REGEN: Mapping[AssetType, tuple[Service, ...]] = {
    AssetType.IMAGE: (Service.KEYFRAMES,),
    AssetType.VIDEO: (Service.KEYFRAMES, Service.SPEECH, Service.CLIPS),
    AssetType.AUDIO: (Service.SPEECH,),
    AssetType.TEXT: (Service.STORYBOARDS,),
}


# -- the three operations ------------------------------------------------------------------------------------------------------


def _story_create(work: Work, ledger: Ledger) -> None:
    story = work.story
    if story.storyboard_unfinished or not work.shots:
        request = StoryboardRequest(
            text=story.content, title=story.title, style=story.style, language=story.language, shots=story.shot_count
        )
        artifact = ledger.need(request)
        if artifact is None:
            ledger.wait(story.shot_count or 5)
            return
        board = codec.storyboard_from_json(artifact.meta["storyboard"])
        if not board.shots:
            raise EngineFailed("ENGINE_FAILED", engine=artifact.engine.name, problem="its storyboard has no shots")
        ledger.landings.append(LandStoryboard(board, seeds(story, board)))
        ledger.wait(len(board.shots))
        return
    for shot in work.shots:
        parts.picture(work, shot, ledger, revises=False)


def _shot_regen(work: Work, ledger: Ledger) -> None:
    operation = work.operation
    shot = next(s for s in work.shots if s.id == operation.shot_id)
    wants = asset_type(operation)
    # The take's seed comes from the operation's id: every attempt of one operation asks for the same take.
    seed = recipes.seed(str(operation.id))
    details = str(operation.payload.get("details") or "")
    if wants is AssetType.TEXT:
        parts.rewrite(work, shot, ledger, instruction=details, seed=seed)
        return
    wanted = shot
    if details and details != shot.details:
        wanted = replace(shot, details=details, description=details, prompt="")
    match wants:
        case AssetType.IMAGE:
            wanted = replace(wanted, seeds=replace(shot.seeds, image=seed))
            parts.picture(work, wanted, ledger, current=shot, revises=True)
        case AssetType.AUDIO:
            # Of a voice, the details are the line to speak.
            wanted = replace(shot, narration=details or shot.narration, seeds=replace(shot.seeds, audio=seed))
            parts.voice(work, wanted, ledger, current=shot, revises=True)
        case AssetType.VIDEO:
            wanted = replace(wanted, seeds=replace(shot.seeds, video=seed))
            picture = parts.picture(work, wanted, ledger, current=shot, revises=wanted.details != shot.details)
            voice = parts.voice(work, wanted, ledger, current=shot, revises=False)
            # The next shot's picture is not this operation's to make.
            after = parts.destination(work, wanted, ledger)
            last = after.keyframe if after else None
            if picture is None or (voice is None and wanted.narration):
                ledger.wait()
            else:
                parts.clip(work, wanted, ledger, picture, voice, last=last, current=shot, revises=True)
