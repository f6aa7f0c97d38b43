"""What only the models' twin can do: be scripted, fail on demand, be away. Its promises are in `tests/contract`."""

import pytest

from services.adapters.memory.media import MemoryMedia
from services.adapters.memory.models import MemoryModels, Scripted
from services.core import recipes
from services.core.errors import EngineFailed, FailedPrecondition, ResourceExhausted, Unavailable
from services.core.model import Artifact, Engine, Language
from services.core.ports import Progress
from services.core.requests import Service, SpeechRequest

REQUEST = SpeechRequest(text="The rain stopped.", language=Language.EN)


def unheard(_progress: Progress) -> None:
    """Nobody looks."""


async def make(models: MemoryModels, request: SpeechRequest = REQUEST) -> Artifact:
    return await models.make(request, recipes.key(request, models.engines[Service.SPEECH]), on_progress=unheard)


async def test_a_script_decides_what_is_made() -> None:
    media = MemoryMedia()
    models = MemoryModels(media)
    models.script("speech", lambda _: Scripted({"audio": b"hm"}, {"seconds": 9.0, "words": []}))
    made = await make(models)
    assert await media.read(made.parts["audio"].digest) == b"hm"
    assert made.meta["seconds"] == 9.0


async def test_failures_come_in_order_and_then_it_works() -> None:
    models = MemoryModels(MemoryMedia())
    models.fail_next("speech", ResourceExhausted("STORAGE_FULL"), EngineFailed("ENGINE_FAILED", engine="twin", problem="x"))
    with pytest.raises(ResourceExhausted):
        await make(models)
    with pytest.raises(EngineFailed):
        await make(models)
    assert (await make(models)).kind == "speech"
    assert (models.asked, models.runs["speech"]) == ([REQUEST] * 3, 1)


async def test_switched_off_it_is_unavailable() -> None:
    models = MemoryModels(MemoryMedia())
    models.up = False
    with pytest.raises(Unavailable, match="speech"):
        await models.engine(Service.SPEECH)
    with pytest.raises(Unavailable):
        await make(models)
    with pytest.raises(Unavailable, match="storyboards, keyframes, clips, speech, films"):
        await models.ready()


async def test_a_new_engine_means_another_key() -> None:
    models = MemoryModels(MemoryMedia())
    old = recipes.key(REQUEST, await models.engine(Service.SPEECH))
    models.engines[Service.SPEECH] = Engine("twin", "2")
    with pytest.raises(FailedPrecondition):
        await models.make(REQUEST, old, on_progress=unheard)
    assert (await make(models)).engine.version == "2"
