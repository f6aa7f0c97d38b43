"""What the model service records: once, whole, and again where it was damaged; and what it says of an engine that fails."""

import base64
import errno
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from grpc import aio
from PIL import Image
from pydantic import SecretStr
from storyreel.v1 import speech_pb2, speech_pb2_grpc

from services.adapters.memory.media import MemoryMedia
from services.adapters.model_client import open_models
from services.core import recipes
from services.core.errors import (
    EngineFailed,
    NotFound,
    ResourceExhausted,
)
from services.core.model import Digest, Engine, Language
from services.core.requests import KeyframeRequest, Service, SpeechRequest
from services.model_service.engine import Job, Output
from services.model_service.engines.blank import BlankKeyframes, BlankSpeech
from services.model_service.engines.remote.openai_images import OpenAIImages
from services.model_service.engines.remote.settings import ImagesSettings
from tests.fixtures.models import HeldSpeech, ModelService, ServeModels, line, make, picture
from tests.fixtures.peer import answer, provider, replies


def entries(folder: Path) -> list[Path]:
    return list(folder.iterdir())


@pytest.fixture
async def raw(model_service: ModelService) -> AsyncIterator[aio.Channel]:
    async with aio.insecure_channel(model_service.address) as channel:
        yield channel


async def test_an_empty_key_is_computed_and_a_second_call_is_cached(model_service: ModelService, raw: aio.Channel) -> None:
    stub = speech_pb2_grpc.SpeechStub(raw)
    results = []
    for _ in range(2):
        updates = [u async for u in stub.GenerateSpeech(speech_pb2.GenerateSpeechRequest(text="Hello you.", language="en"))]
        results.append(updates[-1].result)
    first, second = results
    assert (first.info.cached, second.info.cached) == (False, True)
    assert (
        first.info.key
        == second.info.key
        == recipes.key(SpeechRequest(text="Hello you.", language=Language.EN), Engine("blank", "1"))
    )
    assert [word.text for word in second.words] == ["Hello", "you."]
    assert cast(MemoryMedia, model_service.media).documents.keys() == {f"artifacts/{first.info.key}.json"}


async def test_a_record_outlives_the_process(serve_models: ServeModels, held: HeldSpeech) -> None:
    media, request = MemoryMedia(), line()
    async with serve_models(media) as service, open_models(service.settings) as models:
        first = await make(models, request)
    async with serve_models(media, {Service.SPEECH: held}) as service, open_models(service.settings) as models:
        assert await make(models, request) == first
    assert held.begun == 0


@pytest.mark.parametrize("damage", ["media lost", "media cut", "document garbled"])
async def test_a_damaged_record_is_made_again(serve_models: ServeModels, held: HeldSpeech, damage: str) -> None:
    media, request = MemoryMedia(), line()
    async with serve_models(media, {Service.SPEECH: held}) as service, open_models(service.settings) as models:
        first = await make(models, request)
        match damage:
            case "media lost":
                media.media.clear()
            case "media cut":
                digest = first.parts["audio"].digest
                media.media[digest] = media.media[digest][:-1]
            case _:
                media.documents = dict.fromkeys(media.documents, b"{")
        again = await make(models, request)
    assert again.parts == first.parts
    assert held.runs == 2


async def test_a_picture_that_was_paid_for_is_kept_until_it_is_stored(serve_models: ServeModels) -> None:
    """The store is full just then: the provider is not asked again, and its answer lies nowhere once the picture does."""
    media, target = MemoryMedia(), io.BytesIO()
    Image.effect_noise((64, 36), 90).convert("RGB").save(target, format="PNG")
    body = json.dumps({"data": [{"b64_json": base64.b64encode(target.getvalue()).decode()}]})
    media.capacity = len(body) + 1000
    async with provider(replies(answer(200, body))) as found:
        engine = OpenAIImages(ImagesSettings(base_url=found.url, api_key=SecretStr("sk-test"), sizes=""))
        async with serve_models(media, {Service.KEYFRAMES: engine}) as service, open_models(service.settings) as models:
            request = picture()
            with pytest.raises(ResourceExhausted) as caught:
                await make(models, request)
            assert caught.value.reason == "STORAGE_FULL"
            media.capacity = None
            made = await make(models, request)
    assert len(found.asked) == 1
    assert made.parts["image"].digest in media.media
    assert [document for name, document in media.documents.items() if name.startswith("notes/")] == [b"{}"]


async def test_a_full_store_is_said_and_nothing_is_half_recorded(model_service: ModelService) -> None:
    media = cast(MemoryMedia, model_service.media)
    async with open_models(model_service.settings) as models:
        for capacity in (0, 120):  # not even the picture fits; the picture fits, its document does not
            media.capacity = capacity
            with pytest.raises(ResourceExhausted) as caught:
                await make(models, picture())
            assert caught.value.reason == "STORAGE_FULL"
            assert media.documents == {}
        media.capacity = None
        assert (await make(models, picture())).parts["image"].size > 0


class FullDisk(BlankKeyframes):
    def run(self, request: KeyframeRequest, job: Job) -> Output:
        raise OSError(errno.ENOSPC, "No space left on device", "/scratch/secret")


class Buggy(BlankSpeech):
    def run(self, request: SpeechRequest, job: Job) -> Output:
        (job.folder / "half").write_bytes(b"written")
        raise ValueError("the weights at /srv/secret are odd")


class Forgetful(BlankSpeech):
    def run(self, request: SpeechRequest, job: Job) -> Output:
        return Output(super().run(request, job).files, {"seconds": 1.0})


class Reader(BlankSpeech):
    """Speaks a line whose text is a digest, after reading it twice."""

    def run(self, request: SpeechRequest, job: Job) -> Output:
        first, again = job.media(Digest(request.text)), job.media(Digest(request.text))
        assert first.read_bytes() == again.read_bytes() == b"input"
        return super().run(request, job)


async def test_a_full_scratch_disk_is_said_so(serve_models: ServeModels) -> None:
    async with (
        serve_models(MemoryMedia(), {Service.KEYFRAMES: FullDisk()}) as service,
        open_models(service.settings) as models,
    ):
        with pytest.raises(ResourceExhausted) as caught:
            await make(models, picture())
    assert caught.value.reason == "STORAGE_FULL"


async def test_an_engines_bug_ends_one_call_and_shows_no_internals(serve_models: ServeModels, tmp_path: Path) -> None:
    async with serve_models(MemoryMedia(), {Service.SPEECH: Buggy()}) as service, open_models(service.settings) as models:
        with pytest.raises(EngineFailed) as caught:
            await make(models, line())
        await make(models, picture())
    assert caught.value.reason == "ENGINE_FAILED"
    assert "ValueError" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert entries(tmp_path) == []


async def test_an_engine_that_lacks_what_its_kind_promises_has_failed(serve_models: ServeModels) -> None:
    async with (
        serve_models(MemoryMedia(), {Service.SPEECH: Forgetful()}) as service,
        open_models(service.settings) as models,
    ):
        with pytest.raises(EngineFailed, match="its speech lacks words"):
            await make(models, line())


async def test_an_engine_reads_media_from_its_thread(serve_models: ServeModels, tmp_path: Path) -> None:
    media = MemoryMedia()
    ref = await media.put(b"input", "text/plain")
    async with serve_models(media, {Service.SPEECH: Reader()}) as service, open_models(service.settings) as models:
        await make(models, SpeechRequest(text=ref.digest, language=Language.EN))
        with pytest.raises(NotFound) as caught:
            await make(models, SpeechRequest(text="0" * 64, language=Language.EN))
    assert caught.value.reason == "MEDIA_MISSING"
    assert caught.value.params == {"digest": "0" * 64}
    assert entries(tmp_path) == []
