"""A peer against a provider that misbehaves: nothing hangs, nothing leaks, nothing paid is sent twice."""

import asyncio
import gzip
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.core.errors import DeadlineExceeded, EngineFailed, ResourceExhausted, StoryreelError, Unavailable
from services.model_service.engines.remote.limits import Limits
from services.model_service.engines.remote.peer import Peer, Session, Unanswered
from tests.fixtures.hostile import endless, half_closing, silent, slamming, trickling
from tests.fixtures.peer import Asked, Provider, answer, provider, replies

QUICK = Limits(connect=1.0, silence=0.3, answer=1.0, attempts=3, longest_wait=1.0, largest_answer=100_000, largest_file=200_000)
GOOD = answer(200, '{"id": "x"}')


class Unhurried(random.Random):
    """Waits as little as jitter allows."""

    def uniform(self, a: float, b: float) -> float:
        return a


def peer(found: Provider, limits: Limits = QUICK) -> Peer:
    return Peer("tester", found.url, headers={"authorization": "Bearer secret"}, limits=limits, chance=Unhurried())


async def ask(found: Provider, *, paid: bool = False, limits: Limits = QUICK) -> object:
    async with peer(found, limits).open() as session:
        return await session.json("POST", "/jobs", {"a": 1}, paid=paid)


async def test_an_answer_is_read_and_the_key_is_sent() -> None:
    async with provider(replies(GOOD)) as found:
        assert await ask(found) == {"id": "x"}
    assert [(asked.method, asked.path, asked.json()) for asked in found.asked] == [("POST", "/jobs", {"a": 1})]
    assert found.asked[0].headers["authorization"] == "Bearer secret"


@pytest.mark.parametrize("status", [429, 503, 500, 502, 504, 408])
async def test_what_may_pass_is_asked_again(status: int) -> None:
    async with provider(replies(answer(status, "{}"), answer(status, "{}"), GOOD)) as found:
        assert await ask(found) == {"id": "x"}
    assert len(found.asked) == 3


async def test_retry_after_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("services.model_service.engines.remote.peer.asyncio.sleep", sleep)
    async with provider(replies(answer(429, "{}", retry_after="0.7"), answer(503, "{}", retry_after="0"), GOOD)) as found:
        assert await ask(found) == {"id": "x"}
    assert waits == [0.7, 0.0]


async def test_retry_after_holds_for_a_providers_own_error_codes() -> None:
    busy = answer(429, '{"code": 50430}', retry_after="3600")

    def judge(_status: int, _body: bytes) -> StoryreelError:
        return ResourceExhausted("PEER_BUSY", engine="tester", problem="50430")

    async with provider(replies(busy)) as found, Peer("tester", found.url, limits=QUICK, judge=judge).open() as session:
        with pytest.raises(ResourceExhausted) as caught:
            await session.json("GET", "/")
    assert caught.value.retry_after == 3600


async def test_who_wants_to_be_left_alone_for_long_is_not_waited_for() -> None:
    async with provider(replies(answer(429, '{"error": {"message": "quota"}}', retry_after="3600"))) as found:
        with pytest.raises(ResourceExhausted, match="quota") as caught:
            await ask(found)
    assert caught.value.retry_after == 3600
    assert len(found.asked) == 1


async def test_attempts_end() -> None:
    async with provider(replies(answer(500, "<html>boom</html>", "text/html"))) as found:
        with pytest.raises(Unavailable, match="boom"):
            await ask(found)
    assert len(found.asked) == QUICK.attempts


@pytest.mark.parametrize(
    ("status", "reason"), [(400, "PEER_REFUSED"), (401, "PEER_UNAUTHORIZED"), (404, "PEER_REFUSED"), (302, "PEER_REDIRECTED")]
)
async def test_what_will_not_pass_is_asked_once(status: int, reason: str) -> None:
    async with provider(replies(answer(status, '{"error": {"message": "no"}}', location="http://127.0.0.1:1/"))) as found:
        with pytest.raises(EngineFailed) as caught:
            await ask(found)
    assert caught.value.reason == reason
    assert "secret" not in str(caught.value)
    assert len(found.asked) == 1


@pytest.mark.parametrize("body", ["<html>Sign in</html>", '{"id": ', '{"id": NaN}', ""])
async def test_what_is_no_json_says_what_it_is(body: str) -> None:
    async with provider(replies(answer(200, body, "text/html"))) as found:
        with pytest.raises(Unavailable) as caught:
            await ask(found)
    assert caught.value.reason == "PEER_UNREADABLE"
    assert body[:6] in str(caught.value)


@pytest.mark.parametrize("behaviour", [silent, trickling])
async def test_a_slow_provider_ends_in_time(behaviour: object) -> None:
    async with provider(behaviour) as found:  # type: ignore[arg-type]
        with pytest.raises(DeadlineExceeded):
            await ask(found)
        await asyncio.wait_for(_all_closed(found), 5)
    assert len(found.asked) == QUICK.attempts


@pytest.mark.parametrize("behaviour", [half_closing, slamming])
async def test_a_broken_connection_is_tried_again(behaviour: object) -> None:
    async with provider(behaviour) as found:  # type: ignore[arg-type]
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1"):
            await ask(found)
    assert len(found.asked) == QUICK.attempts


async def test_nobody_there() -> None:
    async with provider(silent) as found:
        pass
    with pytest.raises(Unavailable) as caught:
        await ask(found, paid=True)
    assert caught.value.reason == "PEER_UNREACHABLE"


async def test_ten_gigabytes_are_cut_off() -> None:
    async with provider(endless) as found:
        async with peer(found).open() as session:
            with pytest.raises(EngineFailed) as caught:
                await session.call("GET", "/big")
            with pytest.raises(EngineFailed) as also:
                await _heard(session)
        await asyncio.wait_for(_all_closed(found), 5)
    assert caught.value.reason == also.value.reason == "PEER_ANSWER_TOO_LARGE"


@pytest.mark.parametrize("behaviour", [silent, trickling, half_closing, slamming])
async def test_a_paid_call_without_an_answer_is_not_sent_again(behaviour: object) -> None:
    async with provider(behaviour) as found:  # type: ignore[arg-type]
        with pytest.raises(Unanswered):
            await ask(found, paid=True)
    assert len(found.asked) == 1


@pytest.mark.parametrize(("status", "times"), [(429, QUICK.attempts), (503, QUICK.attempts)])
async def test_a_paid_call_is_sent_again_only_if_it_was_not_begun(status: int, times: int) -> None:
    async with provider(replies(answer(status, "{}"))) as found:
        with pytest.raises((Unavailable, ResourceExhausted)):
            await ask(found, paid=True)
    assert len(found.asked) == times


BROKEN = [answer(status, '{"error": {"message": "boom"}}') for status in (500, 502, 504, 507, 520, 522, 524, 529)]


@pytest.mark.parametrize("bad", [*BROKEN, answer(408, "{}"), answer(500, "boom"), answer(200, "<html>", "text/html")])
async def test_a_paid_call_is_in_doubt_when_something_broke_or_somebody_else_answers(bad: bytes) -> None:
    async with provider(replies(bad)) as found:
        with pytest.raises(Unanswered):
            await ask(found, paid=True)
    assert len(found.asked) == 1


@pytest.mark.parametrize(("status", "doubt"), [(500, False), (520, False), (502, True), (504, True)])
async def test_a_providers_own_code_says_that_a_paid_call_was_not_taken(status: int, doubt: bool) -> None:
    """But for the statuses that a gateway before the provider makes up."""

    def judge(_status: int, _body: bytes) -> StoryreelError:
        return Unavailable("PEER_ERROR", engine="tester", status=status, problem="50500")

    there = replies(answer(status, '{"code": 50500}'))
    async with provider(there) as found, Peer("tester", found.url, limits=QUICK, judge=judge).open() as session:
        with pytest.raises(Unanswered if doubt else Unavailable):
            await session.json("POST", "/", paid=True)
    assert len(found.asked) == 1


async def test_events_come_as_they_are_sent() -> None:
    async def stream(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
        for part in (b'data: {"n', b'": 1}\r\n\r\n: still here\n\ndata: a\nda', b"ta: b\n\n", b"data: [DONE]\n\n"):
            writer.write(part)
            await writer.drain()
        raise ConnectionResetError

    async with provider(stream) as found, peer(found).open() as session, session.events("POST", "/s", {}) as events:
        heard = [data async for data in _until_done(events)]
    assert heard == ['{"n": 1}', "a\nb"]


async def test_a_stream_that_falls_silent_ends() -> None:
    async def stream(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n")
        await writer.drain()
        await asyncio.Event().wait()

    async with provider(stream) as found, peer(found).open() as session:
        with pytest.raises(DeadlineExceeded):
            await _heard(session)
    assert len(found.asked) == 1


async def test_a_cancelled_call_closes_its_connection() -> None:
    async with provider(silent) as found:
        asking = asyncio.create_task(ask(found, limits=Limits()))
        await found.called.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.wait_for(_all_closed(found), 5)


# -- downloads -----------------------------------------------------------------------------------------------------------------


async def test_a_file_is_downloaded_from_the_providers_own_host_without_the_key(tmp_path: Path) -> None:
    there = replies(answer(302, location="/real.png"), answer(200, b"\x89PNG", "image/png"))
    async with provider(there) as found, peer(found).open() as session:
        assert await session.download("/file.png", tmp_path / "file") == "image/png"
    assert (tmp_path / "file").read_bytes() == b"\x89PNG"
    assert [asked.path for asked in found.asked] == ["/file.png", "/real.png"]
    assert all("authorization" not in asked.headers for asked in found.asked)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/x",
        "http://localhost:1/x",
        "http://[::1]:1/x",
        "http://[::ffff:10.0.0.1]/x",
        "http://10.1.2.3/x",
        "http://169.254.169.254/latest/meta-data",
        "http://0.0.0.0/x",
        "http://2130706433/x",
    ],
)
async def test_a_link_into_the_private_network_is_not_followed(url: str, tmp_path: Path) -> None:
    async with provider(replies(answer(302, location=url))) as found, peer(found).open() as session:
        for link in (url, "/redirects"):
            with pytest.raises(EngineFailed) as caught:
                await session.download(link, tmp_path / "file")
            assert caught.value.reason == "PEER_PRIVATE_ADDRESS"
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.com/x", "data:image/png;base64,AA"])
async def test_a_link_of_another_kind_is_not_followed(url: str, tmp_path: Path) -> None:
    async with provider(replies(GOOD)) as found, peer(found).open() as session:
        with pytest.raises(EngineFailed) as caught:
            await session.download(url, tmp_path / "file")
    assert caught.value.reason == "PEER_UNEXPECTED"


async def test_redirects_in_a_circle_end(tmp_path: Path) -> None:
    async with provider(replies(answer(302, location="/again"))) as found, peer(found).open() as session:
        with pytest.raises(EngineFailed, match="redirects"):
            await session.download("/again", tmp_path / "file")


async def test_a_file_too_large_is_cut_off(tmp_path: Path) -> None:
    async with provider(endless) as found, peer(found).open() as session:
        with pytest.raises(EngineFailed) as caught:
            await session.download("/big", tmp_path / "file")
    assert caught.value.reason == "PEER_ANSWER_TOO_LARGE"
    assert (tmp_path / "file").stat().st_size <= QUICK.largest_file


async def _all_closed(found: Provider) -> None:
    while found.open:
        found.closed.clear()
        await found.closed.wait()


async def _heard(session: Session) -> list[str]:
    async with session.events("POST", "/s", {}) as events:
        return [data async for data in events]


async def _until_done(events: AsyncIterator[str]) -> AsyncIterator[str]:
    async for data in events:
        if data == "[DONE]":
            return
        yield data


@pytest.mark.parametrize("url", ["http://[::1", "http://a b/", "http://\x00/", "http://host:port/"])
async def test_a_link_that_is_none_is_told(url: str, tmp_path: Path) -> None:
    async with provider(replies(GOOD)) as found, peer(found).open() as session:
        with pytest.raises(StoryreelError) as caught:
            await session.download(url, tmp_path / "file")
    assert caught.value.reason in {"PEER_UNEXPECTED", "PEER_UNREACHABLE"}


@pytest.mark.parametrize(
    "body", ["[" * 90_000, '{"a": NaN}', '{"a": 1e999}', '{"a": -Infinity}'], ids=["deep", "nan", "1e999", "inf"]
)
async def test_json_that_nobody_can_write_down_is_none(body: str) -> None:
    async with provider(replies(answer(200, body))) as found:
        with pytest.raises(Unavailable) as caught:
            await ask(found)
        assert caught.value.reason == "PEER_UNREADABLE"
        with pytest.raises(Unanswered):
            await ask(found, paid=True)


@pytest.mark.parametrize("status", [200, 400])
async def test_half_characters_are_replaced_and_whole_ones_kept(status: int) -> None:
    async with provider(replies(answer(status, '{"error": "half \\ud83d, whole \\ud83d\\ude00"}'))) as found:
        if status == 200:
            assert await ask(found) == {"error": "half ?, whole 😀"}
        else:
            with pytest.raises(EngineFailed, match="half \\?, whole 😀"):
                await ask(found)


@pytest.mark.parametrize(("encoding", "body"), [("br", b"x"), ("zstd", b"x"), ("gzip, gzip", b"x"), ("gzip", b"no gzip")])
async def test_an_encoding_that_nobody_asked_for_or_a_broken_one_is_told(encoding: str, body: bytes, tmp_path: Path) -> None:
    async with provider(replies(answer(200, body, content_encoding=encoding))) as found:
        with pytest.raises(Unavailable) as caught:
            await ask(found)
        assert caught.value.reason == "PEER_UNREADABLE"
        async with peer(found).open() as session:
            with pytest.raises(Unavailable):
                await session.download("/file", tmp_path / "file")


async def test_a_zip_bomb_is_cut_off(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    async with provider(replies(answer(200, bomb, content_encoding="gzip"))) as found, peer(found).open() as session:
        with pytest.raises(EngineFailed) as caught:
            await session.download("/file", tmp_path / "file")
    assert caught.value.reason == "PEER_ANSWER_TOO_LARGE"
    assert (tmp_path / "file").stat().st_size <= QUICK.largest_file


async def test_a_kind_of_file_has_a_bound_of_its_own(tmp_path: Path) -> None:
    async with provider(replies(answer(200, bytes(5000)))) as found, peer(found).open() as session:
        for fetch in (session.download, session.fetch):
            with pytest.raises(EngineFailed) as caught:
                await fetch("/file", tmp_path / "file", 1000)
            assert caught.value.reason == "PEER_ANSWER_TOO_LARGE"
            assert (tmp_path / "file").stat().st_size <= 1000
            await fetch("/file", tmp_path / "file")
