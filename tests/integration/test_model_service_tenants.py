"""Tenants take turns at a service with one place, and an engine knows for whom it works."""

import asyncio

from services.adapters.memory.media import MemoryMedia
from services.adapters.model_client import open_models
from services.core import recipes
from services.core.model import Language
from services.core.ports import Models, Progress
from services.core.requests import Service, SpeechRequest
from services.model_service.engine import Job, Output
from tests.fixtures.models import HeldSpeech, ModelService, ServeModels


class Noting(HeldSpeech):
    """Notes for whom each line is spoken."""

    def __init__(self) -> None:
        super().__init__()
        self.served: list[str] = []

    def run(self, request: SpeechRequest, job: Job) -> Output:
        self.served.append(job.tenant)
        return super().run(request, job)


def unheard(_progress: Progress) -> None:
    """Nobody looks."""


async def queued(service: ModelService, count: int) -> None:
    while service.metrics.get_sample_value("storyreel_engine_queue_length", {"service": "speech"}) != count:  # noqa: ASYNC110
        await asyncio.sleep(0)  # a gauge has no event; each turn lets the server work


async def speak(models: Models, text: str, tenant: str) -> None:
    request = SpeechRequest(text=text, language=Language.EN)
    key = recipes.key(request, await models.engine(Service.SPEECH))
    await models.make(request, key, on_progress=unheard, tenant=tenant)


async def test_who_asks_for_much_does_not_starve_who_asks_for_little(serve_models: ServeModels) -> None:
    speech = Noting()
    gate = speech.hold()
    engines = {Service.SPEECH: speech}
    async with serve_models(MemoryMedia(), engines, speech_workers=1) as service, open_models(service.settings) as models:
        asking = [asyncio.create_task(speak(models, "first", "many"))]
        while not speech.begun:  # noqa: ASYNC110
            await asyncio.sleep(0)  # the engine counts in its own thread
        for number, tenant in enumerate(("many", "many", "many", "few")):
            asking.append(asyncio.create_task(speak(models, f"line {number}", tenant)))
            await queued(service, number + 1)
        gate.set()
        await asyncio.gather(*asking)
    assert speech.served == ["many", "many", "few", "many", "many"]


async def test_a_caller_that_says_nothing_is_nobody(serve_models: ServeModels) -> None:
    speech = Noting()
    async with serve_models(MemoryMedia(), {Service.SPEECH: speech}) as service, open_models(service.settings) as models:
        await speak(models, "line", "")
    assert speech.served == [""]
