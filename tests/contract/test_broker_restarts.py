"""What Kafka's adapter does when the broker is not there yet, goes away, and comes back without its memory."""

import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from services.adapters import kafka
from services.adapters.kafka import topics
from services.adapters.settings import BrokerSettings
from services.cli.embedded.broker import EmbeddedBroker
from services.core.errors import Unavailable
from services.core.model import OperationId
from services.core.ports import WakeUpSender
from tests.contract.test_broker import event, ids, operation_id, take
from tests.fixtures.broker import settings_for

SOON = 10.0
"""Seconds that a reconnection may take on a busy machine; on a quiet one it takes less than one."""


@pytest.fixture
def own_settings(own_broker: EmbeddedBroker) -> BrokerSettings:
    return settings_for(own_broker.start())


@pytest.fixture
def absent(tmp_path: Path) -> Iterator[tuple[EmbeddedBroker, BrokerSettings]]:
    """A broker that is not running, and settings that point to where it will be."""
    broker = EmbeddedBroker(tmp_path)
    settings = settings_for(broker.start())
    broker.kill()
    yield broker, settings
    broker.kill()


async def announced(sender: WakeUpSender, count: int) -> set[OperationId]:
    """Announce so many until they are acknowledged."""
    sent = [operation_id() for _ in range(count)]
    async with asyncio.timeout(SOON):
        while True:
            try:
                await sender.announce(sent)
            except Unavailable:
                continue
            return set(sent)


async def take_all(receiver: kafka.KafkaWakeUpReceiver, wanted: set[OperationId]) -> bool:
    """Take until all of these have come; around a restart some may come twice."""
    missing = set(wanted)
    async with asyncio.timeout(SOON):
        while missing:
            missing -= set(ids(await take(receiver, 1)))
    return True


async def test_everything_starts_without_a_broker_and_works_once_it_is_there(
    absent: tuple[EmbeddedBroker, BrokerSettings],
) -> None:
    broker, settings = absent
    async with (
        kafka.open_wakeup_sender(settings) as sender,
        kafka.open_wakeup_receiver(settings, "workers") as receiver,
        kafka.open_event_sender(settings) as event_sender,
        kafka.open_event_receiver(settings) as event_receiver,
    ):
        began = time.monotonic()
        with pytest.raises(Unavailable) as caught:
            await sender.announce([operation_id()])
        assert caught.value.reason == "BROKER_UNAVAILABLE"
        assert time.monotonic() - began < 4
        await event_sender.publish([event(operation_id(), 1)])  # nothing is raised
        with pytest.raises(Unavailable):
            await sender.ready()

        await asyncio.to_thread(broker.start)
        assert await take_all(receiver, await announced(sender, 3))
        async with asyncio.timeout(SOON):
            await event_receiver.link.session()
            await event_sender._outlet.link.session()
        await event_sender.publish([news := event(operation_id(), 1)])
        assert await take(event_receiver, 1) == [news]
        for part in (sender, receiver, event_sender, event_receiver):
            await part.ready()


async def test_a_broker_that_comes_back_empty(own_broker: EmbeddedBroker, own_settings: BrokerSettings) -> None:
    """Before: some records, some of them committed. After: nothing of it is left, and every new record must arrive."""
    of = operation_id()
    async with (
        kafka.open_wakeup_sender(own_settings) as sender,
        kafka.open_wakeup_receiver(own_settings, "workers") as receiver,
        kafka.open_event_sender(own_settings) as event_sender,
        kafka.open_event_receiver(own_settings) as event_receiver,
    ):
        before = [operation_id() for _ in range(12)]
        await sender.announce(before)
        seen = await take(receiver, 12)
        await asyncio.gather(*(wakeup.settle() for wakeup in seen[:6]))
        await event_sender.publish([event(of, seq) for seq in range(1, 4)])
        await take(event_receiver, 3)

        for _ in range(2):
            await asyncio.to_thread(own_broker.kill)
            await asyncio.to_thread(own_broker.start)
            after = await announced(sender, 12)
            await seen[-1].settle()  # of the old log: must not be taken for the new one's
            assert await take_all(receiver, after)
            async with asyncio.timeout(SOON):
                await event_sender._outlet.link.session()
            await event_sender.publish([event(of, seq) for seq in range(4, 10)])
            assert [each.seq for each in await take(event_receiver, 6)] == [4, 5, 6, 7, 8, 9]


async def test_while_it_is_away_announcing_fails_in_time(own_broker: EmbeddedBroker, own_settings: BrokerSettings) -> None:
    async with kafka.open_wakeup_sender(own_settings) as sender, kafka.open_event_sender(own_settings) as events:
        await sender.announce([operation_id()])
        await events.publish([event(operation_id(), 1)])
        await asyncio.to_thread(own_broker.kill)
        began = time.monotonic()
        with pytest.raises(Unavailable):
            await sender.announce([operation_id()])
        assert time.monotonic() - began < 4
        began = time.monotonic()
        for seq in range(20):
            await events.publish([event(operation_id(), seq)])
        assert time.monotonic() - began < 4


async def test_an_announcement_waits_through_a_short_restart(own_broker: EmbeddedBroker, own_settings: BrokerSettings) -> None:
    async with kafka.open_wakeup_sender(own_settings) as sender, kafka.open_wakeup_receiver(own_settings, "w") as receiver:
        await sender.announce([operation_id()])
        await take(receiver, 1)
        await asyncio.to_thread(own_broker.kill)
        sending = asyncio.create_task(sender.announce([sent := operation_id()]))
        await asyncio.to_thread(own_broker.start)
        await sending
        assert await take_all(receiver, {sent})


async def test_readiness(absent: tuple[EmbeddedBroker, BrokerSettings]) -> None:
    broker, settings = absent
    began = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        await kafka.broker_ready(settings)
    assert caught.value.reason == "NOT_READY"
    assert time.monotonic() - began < 2
    broker.start()
    await kafka.broker_ready(settings)


async def test_malformed_messages_are_counted_and_passed_over(broker_settings: BrokerSettings) -> None:
    async with (
        kafka.open_wakeup_receiver(broker_settings, "workers") as receiver,
        kafka.open_event_receiver(broker_settings) as event_receiver,
        kafka.open_wakeup_sender(broker_settings) as sender,
        kafka.open_event_sender(broker_settings) as event_sender,
    ):
        await sender.ready()
        raw = AIOKafkaProducer(bootstrap_servers=broker_settings.kafka_bootstrap_servers, enable_idempotence=False)
        await raw.start()
        for topic in (topics.operations(broker_settings), topics.events(broker_settings)):
            for value in (b"", b"\xff\xff", b'{"operation_id": 1}'):
                await raw.send_and_wait(topic, value, key=b"x")
        await raw.stop()
        await sender.announce([sent := operation_id()])
        await event_sender.publish([news := event(sent, 1)])
        assert ids(await take(receiver, 1)) == [sent]
        assert await take(event_receiver, 1) == [news]
        # What lies in other partitions is read in any order: wait for the rest by sending on.
        async with asyncio.timeout(SOON):
            while receiver.malformed < 3 or event_receiver.malformed < 3:
                await sender.announce([operation_id()])
                await event_sender.publish([event(sent, 2)])
                await take(receiver, 1)
                await take(event_receiver, 1)
    async with kafka.open_wakeup_receiver(broker_settings, "workers") as again:
        await take(again, 1)
        assert again.malformed <= 3


async def recreate(settings: BrokerSettings, partitions: int) -> None:
    """Both topics, lost and made again by somebody."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers)
    await admin.start()
    try:
        names = [topics.operations(settings), topics.events(settings)]
        await admin.delete_topics(names)
        answer = await admin.create_topics([NewTopic(name, partitions, 1) for name in names])
        assert [code for _, code, *_ in answer.topic_errors] in ([0, 0], [36, 36])  # 36: an adapter was faster
    finally:
        await admin.close()


@pytest.mark.parametrize(("before", "after"), [(3, 3), (2, 5)])
async def test_topics_that_are_made_again(own_settings: BrokerSettings, before: int, after: int) -> None:
    """What is sent afterwards arrives at receivers that were there all the time, though nothing says that the log is another."""
    settings = own_settings.model_copy(update={"kafka_partitions": before})
    of = operation_id()
    async with (
        kafka.open_wakeup_sender(settings) as sender,
        kafka.open_wakeup_receiver(settings, "workers") as receiver,
        kafka.open_event_sender(settings) as event_sender,
        kafka.open_event_receiver(settings) as event_receiver,
    ):
        await sender.announce([operation_id() for _ in range(20)])
        await asyncio.gather(*(wakeup.settle() for wakeup in await take(receiver, 20)))
        await event_sender.publish([event(of, seq) for seq in range(1, 21)])
        await take(event_receiver, 20)
        await recreate(settings, after)
        assert await take_all(receiver, await announced(sender, 12))
        await event_sender.publish([event(of, seq) for seq in range(21, 27)])
        assert [each.seq for each in await take(event_receiver, 6)] == [21, 22, 23, 24, 25, 26]


_MEMBER = """
import asyncio, sys
from services.adapters import kafka
from services.adapters.settings import BrokerSettings

async def main():
    settings = BrokerSettings.model_validate_json(sys.argv[1])
    async with kafka.open_wakeup_receiver(settings, sys.argv[2]) as receiver:
        async for wakeup in receiver:
            print(wakeup.operation_id, flush=True)

asyncio.run(main())
"""


async def test_a_killed_member_is_replaced(broker_settings: BrokerSettings) -> None:
    """What it had not settled comes to another, once it has been silent for the session's time (1.5 s here)."""
    group = "workers"
    async with kafka.open_wakeup_sender(broker_settings) as sender:
        await sender.announce([sent := operation_id()])
        member = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _MEMBER, broker_settings.model_dump_json(), group), stdout=asyncio.subprocess.PIPE
        )
        try:
            assert member.stdout
            async with asyncio.timeout(30):
                assert (await member.stdout.readline()).decode().strip() == str(sent)
        finally:
            member.kill()
            await member.wait()
        async with kafka.open_wakeup_receiver(broker_settings, group) as heir:
            assert ids(await take(heir, 1)) == [sent]
