"""Clients that keep asking while everything falls over, and write down what they were told."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2

from tests.chaos.history import Asked, History, Seen
from tests.invariants import ENDS

Json = dict[str, Any]
_PAUSE = 0.25
_MOST_AT_ONCE = 3
"""Unfinished operations of one tenant: a backlog's wait would hide the time that recovery takes."""
_FORGOTTEN = "forgotten"
_PATIENCE = 15.0
"""Seconds that a client waits for one answer: a gateway may hang."""


@dataclass
class Tenant:
    """One user: sends some wishes twice, loses answers, changes its mind. `number` seeds its choices."""

    url: str
    user: UUID
    seed: int
    history: History
    stop: asyncio.Event
    operations: list[UUID] = field(default_factory=list)
    stories: list[UUID] = field(default_factory=list)
    _unfinished: set[UUID] = field(default_factory=set)
    _numbers: int = 0

    async def live(self) -> None:
        """Ask for one thing after another, until told to stop."""
        chance = random.Random(self.seed)
        async with httpx2.AsyncClient(base_url=self.url, headers={"X-User-ID": str(self.user)}, timeout=_PATIENCE) as client:
            while not self.stop.is_set():
                if len(self._unfinished) >= _MOST_AT_ONCE:
                    await self._look(client, chance.choice(sorted(self._unfinished)))
                    await asyncio.sleep(chance.uniform(0, _PAUSE))
                    continue
                draw = chance.random()
                if draw < 0.4 or not self.stories:
                    await self._create(client, chance)
                elif draw < 0.8:
                    await self._regenerate(client, chance)
                elif draw < 0.86:
                    await self._ask(client, chance, f"/v1/stories/{chance.choice(self.stories)}/compile", {"quality": "draft"}, "")
                elif draw < 0.91 and len(self.operations) > 1:
                    await self._forget(client, chance.choice(self.operations))
                else:
                    await self._change_mind(client, chance)
                await self._look(client, chance.choice(self.operations) if self.operations else None)
                await asyncio.sleep(chance.uniform(0, _PAUSE))

    async def settle(self, seconds: float) -> None:
        """Resume whatever is paused, and look at everything until it has ended or the time is over."""
        async with httpx2.AsyncClient(base_url=self.url, headers={"X-User-ID": str(self.user)}, timeout=_PATIENCE) as client:
            left = set(self.operations)
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while left:
                        for operation in sorted(left):
                            status = await self._look(client, operation)
                            if status == "paused":
                                await self._send(client, "POST", f"/v1/operations/{operation}:resume")
                            if status in ENDS or status == _FORGOTTEN:
                                left.discard(operation)
                        await asyncio.sleep(_PAUSE)

    async def _create(self, client: httpx2.AsyncClient, chance: random.Random) -> None:
        marker = self._marker()
        body = {"display_name": "Chaos", "script_content": f"{marker} A lantern burns. A boat comes home.", "shots": 2}
        operation = await self._ask(client, chance, "/v1/stories", body, marker)
        if operation is not None:
            answer = await self._send(client, "GET", f"/v1/operations/{operation}")
            if answer is not None and answer.status_code == 200:
                self.stories.append(UUID(answer.json()["story_id"]))

    async def _regenerate(self, client: httpx2.AsyncClient, chance: random.Random) -> None:
        story = chance.choice(self.stories)
        answer = await self._send(client, "GET", f"/v1/stories/{story}/shots")
        shots = answer.json()["shots"] if answer is not None and answer.status_code == 200 else []
        if not shots:
            return
        marker = self._marker()
        body = {"details": f"{marker} at dusk", "asset_type": "ASSET_IMAGE"}
        path = f"/v1/stories/{story}/shots/{chance.choice(shots)['id']}/regenerate"
        await self._ask(client, chance, path, body, marker)

    async def _change_mind(self, client: httpx2.AsyncClient, chance: random.Random) -> None:
        operation = chance.choice(self.operations) if chance.random() < 0.5 else self.operations[-1]
        verb = chance.choice(["cancel", "pause", "resume", "retry", "retry"])
        self._unfinished.add(operation)
        if verb == "retry":
            self.history.wanted_again.add(operation)
        await self._send(client, "POST", f"/v1/operations/{operation}:{verb}")
        if verb == "pause":
            await asyncio.sleep(chance.uniform(0, _PAUSE))
            await self._send(client, "POST", f"/v1/operations/{operation}:resume")

    async def _forget(self, client: httpx2.AsyncClient, operation: UUID) -> None:
        """Forgotten it may be from now on, whether or not the answer arrives."""
        if await self._look(client, operation) not in ENDS:
            return
        self.history.forgotten.add(operation)
        answer = await self._send(client, "DELETE", f"/v1/operations/{operation}")
        if answer is not None and answer.status_code == 204:
            self.operations.remove(operation)
        elif answer is not None and answer.status_code == 409:
            self.history.forgotten.discard(operation)

    async def _ask(self, client: httpx2.AsyncClient, chance: random.Random, path: str, body: Json, marker: str) -> UUID | None:
        """Ask for an operation; with a key, resend until there is an answer, and sometimes once more than that."""
        key = self._marker() if chance.random() < 0.7 else ""
        headers = {"Idempotency-Key": key} if key else {}
        answers: list[UUID] = []
        tries = 0
        twice = chance.random() < 0.2
        while True:
            tries += 1
            answer = await self._send(client, "POST", path, json=body, headers=headers)
            if answer is not None and answer.status_code == 202:
                answers.append(UUID(answer.json()["operation_name"].removeprefix("operations/")))
            refused = answer is not None and answer.status_code < 500 and answer.status_code not in {202, 429}
            if refused or not key or (answers and not (twice and len(answers) == 1)) or (self.stop.is_set() and tries > 3):
                break
            await asyncio.sleep(chance.uniform(0, _PAUSE))
        self.history.asked.append(Asked(self.user, path, marker, key, tries, tuple(answers)))
        self.operations += [answer for answer in set(answers) if answer not in self.operations]
        self._unfinished |= set(answers)
        return answers[0] if answers else None

    async def _look(self, client: httpx2.AsyncClient, operation: UUID | None) -> str:
        if operation is None:
            return ""
        answer = await self._send(client, "GET", f"/v1/operations/{operation}")
        if answer is not None and answer.status_code == 404 and operation in self.history.forgotten:
            self._unfinished.discard(operation)
            return _FORGOTTEN
        if answer is None or answer.status_code != 200:
            return ""
        status: str = answer.json()["status"]
        self._numbers += 1
        self.history.seen.append(Seen(operation, self._numbers, status))
        if status in ENDS:
            self._unfinished.discard(operation)
        return status

    async def _send(self, client: httpx2.AsyncClient, method: str, path: str, **request: Any) -> httpx2.Response | None:
        """One request; None when no answer came."""
        try:
            answer = await client.request(method, path, **request)
        except (httpx2.HTTPError, httpx2.InvalidURL):
            self.history.count("no answer")
            await asyncio.sleep(_PAUSE)
            return None
        self.history.count(str(answer.status_code))
        return answer

    def _marker(self) -> str:
        self._numbers += 1
        return f"#{self.user.hex[-6:]}-{self._numbers}"
