"""How clients ask for operations: by any way in, again where an answer is lost, and sometimes for what must be refused."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from tests.chaos.history import Asked, History, Seen
from tests.chaos.surfaces import PATIENCE, REFUSED_FOR_NOW, Surface, Wish

_PAUSE = 0.25
_HANGS_UP = 0.12
"""How often a client that has a key hangs up on its first try, before there can be an answer or just then."""


class Wishes:
    """Those of one user. Whatever becomes of them is in the history."""

    def __init__(self, user: UUID, history: History, chance: random.Random, stop: asyncio.Event) -> None:
        self._user = user
        self._history = history
        self._chance = chance
        self._stop = stop
        self._numbers = 0

    def marker(self) -> str:
        """A word that no other payload has."""
        self._numbers += 1
        return f"#{self._user.hex[-6:]}-{self._numbers}"

    async def ask(self, wish: Wish, marker: str, surfaces: Sequence[Surface], *, hurried: bool = False) -> UUID | None:
        """Ask for an operation. With a key, resend by any of the surfaces until there is an answer, and sometimes once more; who
        is `hurried` does not come again after a refusal for want of room.
        """
        chance = self._chance
        key = str(UUID(int=chance.getrandbits(128), version=4)) if chance.random() < 0.7 else ""
        answers: list[UUID] = []
        tries = lost = 0
        twice = chance.random() < 0.25
        while True:
            tries += 1
            hangs_up = key and tries == 1 and chance.random() < _HANGS_UP
            asked = self._history.tick()
            answer = await chance.choice(surfaces).begin(wish, key, patience=chance.uniform(0.001, 0.04) if hangs_up else PATIENCE)
            lost += answer.unknown
            if answer.good and answer.operation is not None:
                answers.append(answer.operation)
                self._history.seen.append(Seen(answer.operation, asked, self._history.tick(), answer.state, answer.attempt))
            if answer.status == REFUSED_FOR_NOW and not answer.again:
                self._history.hasty.append(wish.path)
            refused = 400 <= answer.status < 500 and (hurried or answer.status != REFUSED_FOR_NOW)
            enough = bool(answers) and not (twice and len(answers) == 1)
            if refused or not key or enough or (self._stop.is_set() and tries > 3):
                break
            await asyncio.sleep(chance.uniform(0, _PAUSE))
        self._history.asked.append(Asked(self._user, wish.path, marker, key, tries, tuple(answers), lost))
        if wish.story is None and answers and key and chance.random() < 0.15:
            await self._refusable(wish, key, surfaces)
        return answers[0] if answers else None

    async def _refusable(self, wish: Wish, key: str, surfaces: Sequence[Surface]) -> None:
        """Another creation under the same key, or one that is wrong: neither may leave anything."""
        marker = self.marker()
        other = replace(wish, body=wish.body | {"script_content": f"{marker} Nobody will ever read this."})
        if self._chance.random() < 0.5:
            other, key = replace(other, body=other.body | {"aspect": "7:5"}), ""
        answer = await self._chance.choice(surfaces).begin(other, key)
        answers = (answer.operation,) if answer.good and answer.operation else ()
        self._history.asked.append(Asked(self._user, wish.path, marker, "", 1, answers, int(answer.unknown), refusable=True))
