"""Clients that keep asking while everything falls over, and write down what they were told."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID

import httpx2

from tests.chaos import followers
from tests.chaos.followers import Follower, noted
from tests.chaos.history import History, Steered
from tests.chaos.receiver import Receiver
from tests.chaos.surfaces import PATIENCE, Rest, Rpc, Surface, Wish, channel
from tests.chaos.wishes import Wishes
from tests.invariants import ENDS

_PAUSE = 0.25
_MOST_AT_ONCE = 3
"""Unfinished operations of one tenant: a backlog's wait would hide the time that recovery takes."""
MOST_QUEUED = 3
"""The stack's setting. A tenant that asks for one thing after another stays below it; a burst does not."""
_BURST = 6
_COMPANY = 3
"""Followers and waits that one tenant has at once."""
_FORGOTTEN = "forgotten"
ENDINGS = frozenset({"operation.succeeded", "operation.failed", "operation.cancelled"})
EVERYTHING = ENDINGS | {"shot.landed"}


@dataclass
class Tenant:
    """One user: sends some wishes twice, loses answers, changes its mind. `seed` seeds its choices."""

    url: str
    rpc: str
    user: UUID
    seed: int
    history: History
    stop: asyncio.Event
    operations: list[UUID] = field(default_factory=list)
    _stories: dict[UUID, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    _unfinished: set[UUID] = field(default_factory=set)
    _followers: list[Follower] = field(default_factory=list)
    _company: set[asyncio.Task[None]] = field(default_factory=set)
    _said: dict[UUID, str] = field(default_factory=dict)
    _hook: str = ""

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._wishes = Wishes(self.user, self.history, self._chance, self.stop)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator["Tenant"]:
        """With a connection of each kind."""
        headers = {"X-User-ID": str(self.user)}
        async with httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=PATIENCE) as client, channel(self.rpc) as calls:
            self._client = client
            self._rest = Rest(client, self.history)
            spelled_otherwise = Rest(client, self.history, by_preference=True, in_body=True)
            self._surfaces: list[Surface] = [self._rest, spelled_otherwise, Rpc(calls, self.user, self.history)]
            try:
                yield self
            finally:
                for task in self._company:
                    task.cancel()
                await asyncio.gather(*self._company, return_exceptions=True)

    async def subscribe(self, receiver: Receiver, types: frozenset[str]) -> None:
        """Have the receiver told of these; to be called while nothing is broken yet."""
        body = {"url": receiver.url(self.user), "event_types": sorted(types)}
        answer = (await self._client.post("/v1/webhooks", json=body)).raise_for_status().json()
        self._hook = answer["id"]
        receiver.expect(self.user, answer["secret"])
        self.history.told_of[self.user] = types

    async def live(self) -> None:
        """Ask for one thing after another, until told to stop."""
        while not self.stop.is_set():
            if len(self._unfinished) >= _MOST_AT_ONCE:
                await self._look(self._chance.choice(sorted(self._unfinished)))
            else:
                await self._do_something(self._chance.random())
                await self._look(self._chance.choice(self.operations) if self.operations else None)
            await asyncio.sleep(self._chance.uniform(0, _PAUSE))

    async def settle(self, seconds: float) -> None:
        """Resume whatever is paused, and look at everything until it has ended, been followed and waited for, or time is over."""
        left = set(self.operations)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while left:
                    for operation in sorted(left):
                        status = await self._look(operation)
                        if status == "paused":
                            await self._rest.verb(operation, "resume")
                        if status in ENDS or status == _FORGOTTEN:
                            left.discard(operation)
                    await asyncio.sleep(_PAUSE)
                await asyncio.gather(*self._company)
                for follower in self._followers:
                    await follower.follow(self._client)
                for operation in [each for each in self.history.waited if each in self.operations]:
                    await followers.waited(self._way(), operation, self.history)
                self.history.listed += [(self.user, await surface.listed()) for surface in self._surfaces]

    async def redeliver(self, delivery: UUID) -> None:
        """Have a message sent again."""
        await self._rest.send("POST", f"/v1/webhooks/{self._hook}/deliveries/{delivery}:redeliver")

    # -- choices ---------------------------------------------------------------------------------------------------------------

    async def _do_something(self, draw: float) -> None:
        stories = sorted(self._stories)
        if draw < 0.36 or not stories:
            await self._create()
        elif draw < 0.64:
            await self._take_again()
        elif draw < 0.68:
            await self._take_again(_BURST)
        elif draw < 0.77:
            await self._ask(Wish({"quality": "draft"}, self._chance.choice(stories)), "")
        elif draw < 0.83 and len(self.operations) > 1:
            await self._forget(self._chance.choice(self.operations))
        elif draw < 0.87:
            await self._steer_all(self._chance.choice(stories), self._chance.choice(["cancel", "retry"]))
        elif draw < 0.9:
            await self._hear_again()
        elif self.operations:
            await self._change_mind()

    def _way(self) -> Surface:
        return self._chance.choice(self._surfaces)

    async def _create(self) -> None:
        marker = self._wishes.marker()
        body = {"display_name": "Chaos", "script_content": f"{marker} A lantern burns. A boat comes home.", "shots": 2}
        await self._ask(Wish(body), marker)

    async def _take_again(self, times: int = 1) -> None:
        """Another picture of a shot; many `times` are asked for one after the other, without waiting for room."""
        story = self._chance.choice(sorted(self._stories))
        answer = await self._rest.send("GET", f"/v1/stories/{story}/shots")
        shots = answer.json()["shots"] if answer is not None and answer.status_code == 200 else []
        if not shots:
            return
        shot = UUID(self._chance.choice(shots)["id"])
        for _ in range(times):
            marker = self._wishes.marker()
            body = {"details": f"{marker} at dusk", "asset_type": "ASSET_IMAGE"}
            await self._ask(Wish(body, story, shot), marker, hurried=times > 1)

    async def _ask(self, wish: Wish, marker: str, *, hurried: bool = False) -> None:
        operation = await self._wishes.ask(wish, marker, self._surfaces, hurried=hurried)
        if operation is None:
            return
        self.operations.append(operation)
        self._unfinished.add(operation)
        if wish.story is not None:
            self._stories[wish.story].append(operation)
        else:
            await self._look(operation)  # which names the story
        draw = self._chance.random()
        for _ in range((draw < 0.3) + (draw < 0.06) if len(self._company) < _COMPANY else 0):
            self._followers.append(Follower(operation, self.history, random.Random(self._chance.getrandbits(32))))
            self._accompany(self._followers[-1].follow(self._client))
        if len(self._company) < _COMPANY and self._chance.random() < 0.2:
            self._accompany(followers.waiting(self._way(), operation, self.history, self.stop))

    def _accompany(self, following: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(following)
        self._company.add(task)
        task.add_done_callback(self._left)

    def _left(self, task: asyncio.Task[None]) -> None:
        """One that broke stays, for `settle` to raise what it broke of."""
        if task.cancelled() or task.exception() is None:
            self._company.discard(task)

    async def _change_mind(self) -> None:
        under_way = self._unfinished and self._chance.random() < 0.7
        operation = self._chance.choice(sorted(self._unfinished) if under_way else self.operations)
        if operation in self.history.forgotten:
            return
        verb = self._chance.choice(["cancel", "pause", "resume", "retry", "retry"])
        self._unfinished.add(operation)
        if verb == "retry":
            self.history.wanted_again.add(operation)
        if verb == "cancel":
            await self._way().cancel(operation)
        else:
            await self._verb(operation, verb)
        if verb == "pause":
            await asyncio.sleep(self._chance.uniform(0, _PAUSE))
            await self._verb(operation, "resume")

    async def _verb(self, operation: UUID, verb: str) -> None:
        asked = self.history.tick()
        noted(await self._rest.verb(operation, verb), operation, asked, self.history)

    async def _steer_all(self, story: UUID, verb: str) -> None:
        """Cancel all that is under way on a story, or try all again that went wrong."""
        known = [operation for operation in self._stories[story] if operation not in self.history.forgotten]
        reached = known
        if verb == "retry":
            reached = [operation for operation in known if self._said.get(operation) in {"failed", "cancelled"}]
            self.history.wanted_again.update(known)
            self._unfinished.update(known)
        body = {"filter": f"story_id = {story}"}
        while True:
            answer = await self._rest.send("POST", f"/v1/operations:{verb}", json=body)
            if answer is None or answer.status_code != 200:
                return
            if not answer.json()["more"]:
                break
            body["page_token"] = answer.json()["next_page_token"]
        self.history.steered.append(Steered(verb, frozenset(reached), time.time()))

    async def _hear_again(self) -> None:
        """Have a message sent again that was delivered."""
        query = {"state": "delivered", "page_size": "20"}
        answer = await self._rest.send("GET", f"/v1/webhooks/{self._hook}/deliveries", params=query)
        if answer is not None and answer.status_code == 200 and (delivered := answer.json()["deliveries"]):
            await self.redeliver(UUID(self._chance.choice(delivered)["id"]))

    async def _forget(self, operation: UUID) -> None:
        """Forgotten it may be from now on, whether or not the answer arrives."""
        if await self._look(operation) not in ENDS:
            return
        asked_before = operation in self.history.forgotten
        self.history.forgotten.add(operation)
        answer = await self._way().forget(operation)
        if answer.good or (answer.status == 404 and asked_before):
            self.history.gone.setdefault(operation, self.history.tick())
            self._unfinished.discard(operation)
        elif 400 <= answer.status < 500 and not asked_before:
            self.history.forgotten.discard(operation)

    async def _look(self, operation: UUID | None) -> str:
        """How it stands; "" where nobody says."""
        if operation is None:
            return ""
        asked = self.history.tick()
        answer = await self._way().get(operation)
        if answer.status == 404 and operation in self.history.forgotten:
            self.history.gone.setdefault(operation, self.history.tick())
            self._unfinished.discard(operation)
            return _FORGOTTEN
        status = noted(answer, operation, asked, self.history)
        if status:
            self._said[operation] = status
        if answer.story is not None and operation not in self._stories[answer.story]:
            self._stories[answer.story].append(operation)
        if status in ENDS:
            self._unfinished.discard(operation)
        if answer.unknown:
            await asyncio.sleep(_PAUSE)
        return status
