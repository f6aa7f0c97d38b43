"""Tenants take turns at a service with one place, and an engine knows for whom it works."""

import asyncio

from services.adapters.memory.media import MemoryMedia
from services.adapters.model_client import open_models
from services.core.model import Language
from services.core.requests import Service, SpeechRequest
from services.model_service.engine import Job, Output
from tests.fixtures.models import HeldSpeech, ServeModels, make


class Noting(HeldSpeech):
    """Notes for whom each line is spoken."""

    def __init__(self) -> None:
        super().__init__()
        self.served: list[str] = []

    def run(self, request: SpeechRequest, job: Job) -> Output:
        self.served.append(job.tenant)
        return super().run(request, job)


def speech(text: str) -> SpeechRequest:
    return SpeechRequest(text=text, language=Language.EN)


async def test_who_asks_for_much_does_not_starve_who_asks_for_little(serve_models: ServeModels) -> None:
    noting = Noting()
    gate = noting.hold()
    engines = {Service.SPEECH: noting}
    async with serve_models(MemoryMedia(), engines, speech_workers=1) as service, open_models(service.settings) as models:
        asking = [asyncio.create_task(make(models, speech("first"), "many"))]
        await noting.started.wait()
        for number, tenant in enumerate(("many", "many", "many", "few")):
            asking.append(asyncio.create_task(make(models, speech(f"line {number}"), tenant)))
            await service.queued(number + 1)
        gate.set()
        await asyncio.gather(*asking)
    assert noting.served == ["many", "many", "few", "many", "many"]


async def test_a_caller_that_says_nothing_is_nobody(serve_models: ServeModels) -> None:
    noting = Noting()
    async with serve_models(MemoryMedia(), {Service.SPEECH: noting}) as service, open_models(service.settings) as models:
        await make(models, speech("line"))
    assert noting.served == [""]
