"""A model check of the lifecycle: hypothesis plays owners, workers, the clock and the sweeper, in any order it likes.

Every call goes to each store under check, which must answer alike and keep the same; and after every call the rows must
satisfy `tests.invariants`. Time is the machine's: it stands still unless a rule moves it. So do ids: stores that are asked the
same give the same.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from operator import methodcaller
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from services.core.commands import Idempotency, PatchShot, ShotChange, StartOperation, Terms
from services.core.errors import LeaseLost
from services.core.model import (
    Artifact,
    AssetType,
    Engine,
    Failure,
    Key,
    Operation,
    OperationStatus,
    OperationType,
    ShotStatus,
    Storyboard,
    StoryStatus,
    UserId,
)
from services.core.ports import Claim, Store, Swept, Work
from tests.contract.store_bench import EPOCH, Bench, Outcome, asked
from tests.contract.store_steps import BOARD, claim_of, film, made, ref, story_command
from tests.invariants import Snapshot, conflicting, differences, step_violations, violations

OWNERS = tuple(UserId(UUID(int=n)) for n in (1, 2))
WORKERS = tuple(f"story-worker/{name}" for name in "abc")
LEASE = 10.0
TERMS = (Terms(), Terms(), Terms(cancel_after=5.0), Terms(priority=3), Terms(most_queued=2))
WISHES = ("request_cancel", "request_pause", "resume", "retry", "forget")
RETRYABLE = Failure("unavailable", "MODEL_TROUBLE", "Later.", retryable=True)
AWAY = Failure("unavailable", "MODEL_UNAVAILABLE", "Not now.", retryable=True)
FATAL = Failure("engine_failed", "ENGINE_FAILED", "Never.")


one_of = st.integers(min_value=0, max_value=5)
"""Which, counted back from the newest: recent things are where trouble is."""
keys = st.sampled_from([None, None, "key-1", "key-2"])
workers = st.sampled_from(WORKERS)
mostly = st.sampled_from([True, True, True, False])


class Lifecycle(RuleBasedStateMachine):
    """The rules: what owners, workers and time may do. A call that makes no sense is made all the same, and must be refused."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self._bench = bench
        self._step = 0
        self._claims: list[Claim] = []
        self._sound = False
        self._now: Snapshot

    @initialize(stories=st.lists(st.sampled_from(OWNERS), min_size=1, max_size=2))
    def begin(self, stories: list[UserId]) -> None:
        """With stories that are ready: most of what can go wrong takes shots."""
        self._bench.clock.now = EPOCH
        for subject in self._bench.subjects:
            self._bench.run(subject.clear())
            self._bench.run(subject.tick(EPOCH))
        self._now = self._snapshot()
        for owner in stories:
            self.create_story(owner, None, "A boat.", Terms())
            self.claim(0, WORKERS[0], True)
            self.land_storyboard(0, True, None)
            for of in range(len(BOARD.shots)):
                self.land_shot(0, True, of, "one", False)
            self.finish(0, True)

    # -- owners ----------------------------------------------------------------------------------------------------------------

    @rule(owner=st.sampled_from(OWNERS), key=keys, content=st.sampled_from(["A boat.", "A bridge."]), terms=st.sampled_from(TERMS))
    def create_story(self, owner: UserId, key: str | None, content: str, terms: Terms) -> None:
        command = replace(story_command(content), terms=terms)
        self._call(lambda store: store.create_story(owner, command, _keyed(key, content)))

    @precondition(lambda self: self._now.stories)
    @rule(which=one_of, key=keys, terms=st.sampled_from(TERMS))
    def compile_story(self, which: int, key: str | None, terms: Terms) -> None:
        story = _nth(self._now.stories, which)
        command = StartOperation(type=OperationType.VIDEO_RENDER, story_id=story.id, shot_id=None, payload={}, terms=terms)
        self._call(lambda store: store.start_operation(story.user_id, command, _keyed(key, "compile")))

    @precondition(lambda self: self._now.shots)
    @rule(which=one_of, key=keys)
    def regenerate(self, which: int, key: str | None) -> None:
        shot = _nth(self._now.shots, which)
        command = StartOperation(type=OperationType.SHOT_REGEN, story_id=shot.story_id, shot_id=shot.id, payload={})
        self._call(lambda store: store.start_operation(shot.user_id, command, _keyed(key, "regenerate")))

    @precondition(lambda self: self._now.shots)
    @rule(which=one_of, words=st.sampled_from(["At dusk", "At dawn"]))
    def patch_shot(self, which: int, words: str) -> None:
        shot = _nth(self._now.shots, which)
        self._call(lambda store: store.patch_shot(shot.user_id, shot.story_id, shot.id, PatchShot(details=words)))

    @precondition(lambda self: len(self._now.stories) - len(self._now.deleted) > 2)
    @rule(which=one_of)
    def delete_story(self, which: int) -> None:
        story = _nth({i: story for i, story in self._now.stories.items() if i not in self._now.deleted}, which)
        self._call(lambda store: store.delete_story(story.user_id, story.id))

    @precondition(lambda self: self._now.operations)
    @rule(which=one_of, wish=st.sampled_from(WISHES))
    def wish(self, which: int, wish: str) -> None:
        operation = _nth(self._now.operations, which)
        self._call(lambda store: getattr(store, wish)(operation.user_id, operation.id))
        stranger = OWNERS[operation.user_id == OWNERS[0]]
        assert self._call(lambda store: getattr(store, wish)(stranger, operation.id)).refused == "OPERATION_NOT_FOUND"

    # -- workers ---------------------------------------------------------------------------------------------------------------

    @rule(worker=workers, room=st.sampled_from([1, 2, 100]), most_running=st.sampled_from([None, None, 1, 2]))
    def claim_fairest(self, worker: str, room: int, most_running: int | None) -> None:
        could = {operation.id for operation in self._now.operations.values() if self._may_start(operation)}
        works: tuple[Work, ...] = self._call(
            lambda store: store.claim_fairest(worker, LEASE, room=room, most_running=most_running)
        ).value
        started = {work.operation.id for work in works}
        assert started <= could, f"started out of turn: {started - could}"
        assert len(works) <= room
        for work in works:
            self._claims.append(claim_of(work))
            if most_running is not None:
                assert self._running_of(work.operation.user_id) <= most_running
        if len(works) < room:  # then nothing else may start now
            for operation in self._now.operations.values():
                at_most = most_running is not None and self._running_of(operation.user_id) >= most_running
                assert at_most or not self._may_start(operation), f"{operation} was left waiting"

    @precondition(lambda self: self._now.operations)
    @rule(which=one_of, worker=workers, sensibly=mostly)
    def claim(self, which: int, worker: str, sensibly: bool) -> None:
        """`sensibly`: of what may start; else of all."""
        choice = {o.id: o for o in self._now.operations.values() if not sensibly or self._may_start(o)}
        if operation := _nth(choice, which):
            may_start = self._may_start(operation)
            work: Work | None = self._call(lambda store: store.claim(operation.id, worker, LEASE)).value
            assert (work is not None) == may_start, f"{operation} was {'' if work else 'not '}given to a worker"
            if work is not None:
                self._claims.append(claim_of(work))

    @precondition(lambda self: self._claims)
    @rule(
        which=one_of, held=mostly, write=st.sampled_from(["heartbeat", "event", "artifact"]), size=st.sampled_from([0.25, 0.9, 1.5])
    )
    def write(self, which: int, held: bool, write: str, size: float) -> None:
        match write:
            case "heartbeat":
                self._under_claim(which, held, lambda store, claim: store.heartbeat(claim, LEASE, progress=size, stage="painting"))
            case "event":
                self._under_claim(which, held, lambda store, claim: store.append_event(claim, "step_started", {"size": size}))
            case "artifact":  # the first of its key is kept, whatever the later ones say
                artifact = Artifact(Key("a" * 64), "keyframe", Engine("painter", "1"), {"image": ref(f"{size}")}, {}, size)
                self._under_claim(which, held, lambda store, claim: store.save_artifact(claim, artifact))

    @precondition(lambda self: any(map(self._creates, self._claims)))
    @rule(which=one_of, held=mostly, part=st.sampled_from([1, 2, None]))
    def land_storyboard(self, which: int, held: bool, part: int | None) -> None:
        if part is None:
            self._under_claim(which, held, lambda store, claim: store.land_storyboard(claim, BOARD, [7, 8]), self._creates)
            return
        board = Storyboard(BOARD.shots[:part], BOARD.bible)
        self._under_claim(which, held, lambda store, claim: store.grow_storyboard(claim, board, [7, 8][:part]), self._creates)

    @precondition(lambda self: self._claims and self._now.shots)
    @rule(which=one_of, held=mostly, of=one_of, take=st.sampled_from(["one", "two"]), guarded=st.booleans())
    def land_shot(self, which: int, held: bool, of: int, take: str, guarded: bool) -> None:
        shot = _nth(self._now.shots, of)
        change = ShotChange(
            shot_id=shot.id,
            keyframe=made(f"{shot.id} {take}"),
            version=AssetType.IMAGE,
            expect_revision=1 if guarded else None,
            revises=take == "two",
        )
        self._under_claim(which, held, lambda store, claim: store.land_shot(claim, change))

    @precondition(lambda self: self._claims)
    @rule(which=one_of, held=mostly)
    def finish(self, which: int, held: bool) -> None:
        def end(store: Store, claim: Claim) -> Awaitable[Any]:
            operation = self._now.operations.get(claim.operation_id)
            filmed = operation is not None and operation.type is OperationType.VIDEO_RENDER
            return store.finish(claim, film=film(1) if filmed else None)

        self._under_claim(which, held, end)

    @precondition(lambda self: self._claims)
    @rule(which=one_of, held=mostly, how=st.sampled_from(["fail", "cancel", "retry", "retry", "wait", "drain"]))
    def end_attempt(self, which: int, held: bool, how: str) -> None:
        match how:
            case "fail":
                self._under_claim(which, held, lambda store, claim: store.fail(claim, FATAL))
            case "cancel":
                self._under_claim(which, held, lambda store, claim: store.end_cancelled(claim))
            case "retry":
                self._under_claim(which, held, lambda store, claim: store.requeue(claim, RETRYABLE, 5.0))
            case "wait":
                self._under_claim(which, held, lambda store, claim: store.requeue(claim, AWAY, 1.0))
            case "drain":
                self._under_claim(which, held, lambda store, claim: store.requeue(claim, None, 0.0))

    # -- housekeeping and time -------------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1.0, 5.0, LEASE, LEASE, 24 * 3600.0]))
    def time_passes(self, seconds: float) -> None:
        self._pass(seconds)

    @rule(announce_after=st.sampled_from([0.0, 2.0]))
    def sweep(self, announce_after: float) -> None:
        wanted = {o.id for o in self._now.operations.values() if self._wants_announcing(o, announce_after)}
        swept: Swept = self._call(lambda store: store.sweep(announce_after=announce_after)).value
        wanted &= {o.id for o in self._now.operations.values() if o.status is OperationStatus.QUEUED}
        assert wanted <= set(swept.announce), f"neither announced nor listed by the sweep: {wanted - set(swept.announce)}"
        for operation in self._now.operations.values():
            if operation.status is OperationStatus.RUNNING:
                assert operation.lease_expires_at is not None
                assert operation.lease_expires_at > self._bench.clock.now, f"an expired lease was not swept: {operation}"
            if operation.deadline_at is not None and operation.deadline_at <= self._bench.clock.now:
                assert operation.done or operation.cancel_requested_at is not None, f"past its deadline: {operation}"

    @precondition(lambda self: any(map(self._holds, self._claims)))
    @rule()
    def workers_die(self) -> None:
        """All of them: what they ran is given to others."""
        self.time_passes(LEASE)
        self.sweep(0.0)

    @precondition(lambda self: self._now.operations)
    @rule(which=one_of)
    def mark_announced(self, which: int) -> None:
        """Whatever may start is found by a worker's poll, announced or not: a lost message costs time, not work."""
        operation = _nth(self._now.operations, which)
        self._call(lambda store: store.mark_announced([operation.id]))
        found = self._call(lambda store: store.claimable(1000)).value
        assert set(found) == {o.id for o in self._now.operations.values() if self._may_start(o)}

    def teardown(self) -> None:
        """Whatever has happened: given workers and time, everything ends, and nothing is left `generating`."""
        rounds = 0
        while self._sound and any(not operation.done for operation in self._now.operations.values()):
            rounds += 1
            assert rounds < 100, f"stuck: {[o for o in self._now.operations.values() if not o.done]}"
            for operation in list(self._now.operations.values()):
                if operation.status is OperationStatus.PAUSED or operation.pause_requested_at is not None:
                    self._call(methodcaller("resume", operation.user_id, operation.id))
            self.workers_die()
            self.claim_fairest(WORKERS[0], 100, None)
            for claim in [claim for claim in self._claims if self._holds(claim)]:
                self._call(methodcaller("finish", claim))
        if self._sound:
            assert not [story for story in self._now.stories.values() if story.status is StoryStatus.GENERATING]
            assert not [shot for shot in self._now.shots.values() if shot.status is ShotStatus.GENERATING]

    # -- how a call is made ----------------------------------------------------------------------------------------------------

    def _call(self, ask: Callable[[Store], Awaitable[Any]]) -> Outcome:
        """Ask every store the same; they must answer alike, keep alike, and break nothing."""
        self._step += 1
        self._sound = False
        self._pass(0.001)
        before = self._now
        outcomes: list[Outcome] = [self._bench.run(asked(subject, self._step, ask)) for subject in self._bench.subjects]
        for subject, outcome in zip(self._bench.subjects[1:], outcomes[1:], strict=True):
            assert outcome == outcomes[0], f"{self._bench.subjects[0].name}: {outcomes[0]}; {subject.name}: {outcome}"
        self._now = self._snapshot()
        wrong = [str(violation) for violation in (*violations(self._now), *step_violations(before, self._now))]
        assert not wrong, "\n".join(wrong)
        self._sound = True
        return outcomes[0]

    def _pass(self, seconds: float) -> None:
        self._bench.clock.now += timedelta(seconds=seconds)
        for subject in self._bench.subjects:
            self._bench.run(subject.tick(self._bench.clock.now))

    def _snapshot(self) -> Snapshot:
        first, *others = [self._bench.run(subject.snapshot()) for subject in self._bench.subjects]
        for subject, other in zip(self._bench.subjects[1:], others, strict=True):
            unlike = differences(first, other)
            assert not unlike, f"{self._bench.subjects[0].name} / {subject.name}:\n" + "\n".join(unlike)
        snapshot: Snapshot = first
        return snapshot

    def _under_claim(
        self, which: int, held: bool, write: Callable[[Store, Claim], Awaitable[Any]], of: Callable[[Claim], bool] | None = None
    ) -> None:
        """Write with a claim, `held` or of whatever age: it lands exactly when the claim holds, and else leaves no trace."""
        claims = [claim for claim in self._claims if of is None or of(claim)]
        claims = [claim for claim in claims if self._holds(claim)] if held else claims
        if not claims:
            return
        claim = claims[-1 - which % len(claims)]
        before, holds = self._now, self._holds(claim)
        outcome = self._call(lambda store: write(store, claim))
        assert (outcome.refused != LeaseLost.__name__) == holds, (
            f"{claim} of {before.operations.get(claim.operation_id)}: {outcome}"
        )
        if not holds:
            assert self._now == before, f"a write of a lost claim left a trace: {differences(before, self._now)}"

    def _holds(self, claim: Claim) -> bool:
        operation = self._now.operations.get(claim.operation_id)
        return operation is not None and (operation.status, operation.attempt) == (OperationStatus.RUNNING, claim.attempt)

    def _creates(self, claim: Claim) -> bool:
        operation = self._now.operations.get(claim.operation_id)
        return operation is not None and operation.type is OperationType.STORY_CREATE

    def _running_of(self, user: UserId) -> int:
        running = (o for o in self._now.operations.values() if o.status is OperationStatus.RUNNING)
        return sum(operation.user_id == user for operation in running)

    def _may_start(self, operation: Operation) -> bool:
        """Queued, due, and neither a conflicting one running nor an older one waiting, nor its story's creation paused."""
        if operation.status is not OperationStatus.QUEUED or operation.run_after > self._bench.clock.now:
            return False
        return not any(
            conflicting(operation, other)
            and (other.status is OperationStatus.RUNNING or (_waits(other) and other.id < operation.id))
            for other in self._now.of_story(operation.story_id)
            if other.id != operation.id
        )

    def _wants_announcing(self, operation: Operation, after: float) -> bool:
        waited = timedelta(seconds=0.0 if operation.attempt else after)
        due = operation.run_after <= self._bench.clock.now - waited
        return operation.status is OperationStatus.QUEUED and operation.announced_at is None and due


def _waits(operation: Operation) -> bool:
    paused_creation = operation.status is OperationStatus.PAUSED and operation.type is OperationType.STORY_CREATE
    return operation.status is OperationStatus.QUEUED or paused_creation


def _nth(rows: Any, which: int) -> Any:
    newest_last = sorted(rows.values(), key=lambda row: row.id)
    return newest_last[-1 - which % len(newest_last)] if newest_last else None


def _keyed(key: str | None, request: str) -> Idempotency | None:
    return Idempotency(key, request) if key else None
