"""Lines from ElevenLabs and CosyVoice, against servers that take nothing undocumented."""

import asyncio
import base64
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from pydantic import SecretStr

from services.core.errors import EngineFailed, StoryreelError, Unavailable
from services.core.model import Language
from services.core.requests import SpeechRequest
from services.model_service.engine import Output
from services.model_service.engines.remote import narration
from services.model_service.engines.remote.cosyvoice import CosyVoice
from services.model_service.engines.remote.elevenlabs import ElevenLabs
from services.model_service.engines.remote.settings import CosyVoiceSettings, ElevenLabsSettings
from services.model_service.engines.speech import sound as sounds
from services.model_service.engines.speech.sound import RATE
from tests.fixtures.engine_job import EngineJob
from tests.fixtures.peer import Asked, Provider, answer, form, provider

EN = SpeechRequest(text="The rain stopped, and nobody spoke.", language=Language.EN, mood="tense", voice="male", speed=1.6, seed=9)
ZH = SpeechRequest(text="他踏入荒城，霓虹被尘土掩埋。", language=Language.ZH, mood="calm")


def tone(seconds: float, rate: int, *gaps: tuple[float, float]) -> bytes:
    at = np.arange(round(seconds * rate)) / rate
    sound = np.sin(at * 2 * np.pi * 220) * 12_000
    for begin, end in gaps:
        sound[(at >= begin) & (at < end)] = 0
    return sound.astype("<i2").tobytes()


async def eleven(asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(_eleven(asked))


def _eleven(asked: Asked) -> bytes:
    url = urlsplit(asked.path)
    if asked.headers.get("xi-api-key") != "key":
        return answer(401, '{"detail": {"status": "invalid_api_key", "message": "Invalid API key"}}')
    if url.path != "/v1/text-to-speech/JBFqnCBsd6RMkjVDRZzb/with-timestamps" or parse_qs(url.query) != {
        "output_format": ["pcm_24000"]
    }:
        return answer(404, '{"detail": "Not Found"}')
    body = asked.json()
    settings = body.pop("voice_settings")
    if set(body) != {"text", "model_id", "seed"} or not 0.7 <= settings["speed"] <= 1.2 or not 0 <= settings["stability"] <= 1:
        return answer(422, '{"detail": [{"msg": "bad field"}]}')
    count = len(body["text"])
    begins = [0.1 + 1.8 * n / count for n in range(count)]
    alignment = {
        "characters": list(body["text"]),
        "character_start_times_seconds": begins,
        "character_end_times_seconds": [at + 1.8 / count for at in begins],
    }
    audio = tone(2.0, 24_000, (0.0, 0.05), (1.95, 2.0))
    return answer(200, json.dumps({"audio_base64": base64.b64encode(audio).decode(), "alignment": alignment}))


async def cosy(asked: Asked, writer: asyncio.StreamWriter) -> None:
    parts = {name: part.get_payload(decode=True) for name, part in form(asked).items()}
    known = {
        "/inference_sft": {"tts_text", "spk_id"},
        "/inference_zero_shot": {"tts_text", "prompt_text", "prompt_wav"},
        "/inference_instruct2": {"tts_text", "instruct_text", "prompt_wav"},
    }
    # FastAPI takes an empty field of a form for one that is missing; an instruction without its end would be spoken.
    ended = parts.get("instruct_text", b"<|endofprompt|>")
    assert isinstance(ended, bytes)
    if set(parts) != known.get(asked.path) or not all(parts.values()) or not ended.endswith(b"<|endofprompt|>"):
        writer.write(answer(422, '{"detail": [{"msg": "Field required"}]}'))
    else:
        writer.write(answer(200, tone(3.0, 22_050, (1.2, 1.5)), "application/octet-stream"))


async def run(make: Callable[[str], Any], request: SpeechRequest, behaviour: Any, job: EngineJob) -> tuple[Output, Provider]:
    async with provider(behaviour) as found:
        engine = make(found.url)
        engine.load()
        return await asyncio.to_thread(engine.run, request, job), found


def elevenlabs(url: str) -> ElevenLabs:
    return ElevenLabs(ElevenLabsSettings(base_url=url, api_key=SecretStr("key")))


def cosyvoice(url: str) -> CosyVoice:
    return CosyVoice(CosyVoiceSettings(base_url=url))


async def test_elevenlabs_gives_the_words_times(tmp_path: Path) -> None:
    output, found = await run(elevenlabs, EN, eleven, EngineJob(tmp_path))
    words = output.meta["words"]
    assert " ".join(word for word, *_ in words) == EN.text
    assert output.meta["timing"] == "given"
    assert words[0][1] == pytest.approx(0.1, abs=0.06)  # what is silent before the line is cut off
    assert all(begin < end for _, begin, end in words)
    assert output.meta["speed"] == found.asked[0].json()["voice_settings"]["speed"] == 1.2
    assert ["→ 1.2" in line for line in output.meta["changed"]] == [True]
    assert found.asked[0].json()["seed"] == 9


async def test_eleven_v3_is_given_a_stability_that_it_takes(tmp_path: Path) -> None:
    def third(url: str) -> ElevenLabs:
        return ElevenLabs(ElevenLabsSettings(base_url=url, api_key=SecretStr("key"), model="eleven_v3"))

    _, found = await run(third, EN, eleven, EngineJob(tmp_path))
    assert found.asked[0].json()["voice_settings"]["stability"] in (0.0, 0.5, 1.0)


async def test_elevenlabs_says_what_is_wrong_with_the_key(tmp_path: Path) -> None:
    def wrong(url: str) -> ElevenLabs:
        return ElevenLabs(ElevenLabsSettings(base_url=url, api_key=SecretStr("other")))

    with pytest.raises(EngineFailed, match="Invalid API key"):
        await run(wrong, EN, eleven, EngineJob(tmp_path))
    with pytest.raises(EngineFailed, match="STORYREEL_ELEVENLABS_API_KEY"):
        ElevenLabs(ElevenLabsSettings()).load()


@pytest.mark.parametrize("body", ['{"audio_base64": "***"}', '{"audio_base64": ""}', "{}", "[]", '{"audio_base64": "AAAA"}'])
async def test_elevenlabs_without_sound(body: str, tmp_path: Path) -> None:
    async def broken(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(200, body))

    with pytest.raises(StoryreelError) as caught:
        await run(elevenlabs, EN, broken, EngineJob(tmp_path))
    assert caught.value.reason in {"PEER_UNREADABLE", "PEER_UNEXPECTED"}


@pytest.mark.parametrize(
    "wrong", [None, "soon", [0.1], {}, 10**400, -1.0, 0.0], ids=["none", "text", "list", "object", "huge", "negative", "backwards"]
)
async def test_elevenlabs_times_that_cannot_be_are_estimated(wrong: object, tmp_path: Path) -> None:
    times = [0.1] * (len(EN.text) - 1)
    alignment = {
        "characters": list(EN.text),
        "character_start_times_seconds": [*times, wrong],
        "character_end_times_seconds": [*times, 1],
    }
    body = json.dumps({"audio_base64": base64.b64encode(tone(2.0, 24_000)).decode(), "alignment": alignment})

    async def speak(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(200, body))

    output, _ = await run(elevenlabs, EN, speak, EngineJob(tmp_path))
    assert output.meta["timing"] == "estimated"
    assert " ".join(word for word, *_ in output.meta["words"]) == EN.text


async def test_cosyvoice_speaks_with_its_speakers(tmp_path: Path) -> None:
    output, found = await run(cosyvoice, ZH, cosy, EngineJob(tmp_path))
    assert form(found.asked[0])["spk_id"].get_payload(decode=True) == "中文女".encode()
    assert output.meta["seconds"] == pytest.approx(3.0, abs=0.02)
    comma = next(word for word in output.meta["words"] if word[0].endswith("，"))
    after = output.meta["words"][output.meta["words"].index(comma) + 1]
    assert comma[2] == pytest.approx(1.2, abs=0.05)  # the pause that is heard is the comma's
    assert after[1] == pytest.approx(1.5, abs=0.05)


@pytest.mark.parametrize("mood", ["calm", ""])
@pytest.mark.parametrize(("said", "path"), [("希望你以后能做得更好。", "/inference_zero_shot"), ("", "/inference_instruct2")])
async def test_cosyvoice_speaks_in_a_recordings_voice(said: str, path: str, mood: str, tmp_path: Path) -> None:
    (tmp_path / "voice.wav").write_bytes(b"RIFF")

    def like(url: str) -> CosyVoice:
        return CosyVoice(CosyVoiceSettings(base_url=url, prompt_wav=str(tmp_path / "voice.wav"), prompt_text=said))

    _, found = await run(like, replace(ZH, mood=mood), cosy, EngineJob(tmp_path / "job"))
    assert [asked.path for asked in found.asked] == [path]


def test_a_recording_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="STORYREEL_COSYVOICE_PROMPT_WAV"):
        CosyVoice(CosyVoiceSettings(prompt_wav=str(tmp_path / "none.wav"))).load()


def test_estimated_times_follow_the_pauses() -> None:
    text = "One two three. Four five, six seven."
    samples = narration.from_pcm("x", tone(4.0, RATE, (1.4, 1.8), (2.6, 2.8)), RATE)
    words = {word: (begin, end) for word, begin, end in narration.estimated(text, samples)}
    assert words["three."][1] == pytest.approx(1.4, abs=0.03)
    assert words["Four"][0] == pytest.approx(1.8, abs=0.03)
    assert words["five,"][1] == pytest.approx(2.6, abs=0.03)
    assert words["six"][0] == pytest.approx(2.8, abs=0.03)
    assert words["seven."][1] == pytest.approx(4.0, abs=0.01)


def test_estimated_times_without_pauses_still_cover_the_line() -> None:
    words = narration.estimated("One, two, three.", narration.from_pcm("x", tone(3.0, RATE), RATE))
    assert [word for word, *_ in words] == ["One,", "two,", "three."]
    assert (words[0][1], words[-1][2]) == (0.0, 3.0)
    assert all(before[2] <= after[1] for before, after in itertools.pairwise(words))


def test_a_playlist_is_no_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would have this process read files that the provider names."""
    monkeypatch.chdir(tmp_path)
    sounds.write(tmp_path / "secret.wav", np.full(RATE, 0.2, np.float32))
    with pytest.raises(Unavailable) as caught:
        narration.from_file("tester", b"ffconcat version 1.0\nfile secret.wav\n")
    assert caught.value.reason == "PEER_UNREADABLE"


def test_a_line_of_hours_is_none() -> None:
    with pytest.raises(EngineFailed) as caught:
        narration.from_pcm("tester", bytes(2 * 8000 * 601), 8000)
    assert caught.value.reason == "PEER_ANSWER_TOO_LARGE"
