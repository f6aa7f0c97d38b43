"""How far an operation is: what is finished, what runs and how far, what is still to come."""

from services.core.ledger import Plan, Step
from services.core.model import Key
from services.core.ports import Progress

STAGES = {
    "storyboard": "storyboard",
    "rewrite": "storyboard",
    "keyframe": "pictures",
    "speech": "voices",
    "clip": "clips",
    "card": "cards",
    "segment": "segments",
    "transition": "transitions",
    "soundtrack": "soundtrack",
    "film": "film",
}
"""The stage that a running step belongs to, in the order of a film's making."""


class Meter:
    """The progress of one attempt; `fraction` never goes back."""

    def __init__(self) -> None:
        self.fraction = 0.0
        self.stage = ""
        self._running: dict[Key, tuple[Step, float]] = {}
        self._total = 1
        self._finished = 0

    def planned(self, plan: Plan) -> None:
        """Take in a new plan: its steps and what waits behind them."""
        self._finished = plan.finished
        self._total = max(1, plan.finished + len(plan.steps) + plan.waiting)
        self._update()

    def started(self, step: Step) -> None:
        self._running[step.key] = (step, 0.0)
        self._update()

    def advanced(self, step: Step, progress: Progress) -> None:
        if step.key in self._running:
            self._running[step.key] = (step, progress.fraction)
            self._update()

    def ended(self, step: Step) -> None:
        self._running.pop(step.key, None)

    def steps(self) -> list[dict[str, object]]:
        """The running steps as JSON-like facts: kind, shot, fraction."""
        return [
            {"kind": step.kind, "shot_id": str(step.shot_id) if step.shot_id else None, "fraction": round(fraction, 3)}
            for step, fraction in self._running.values()
        ]

    def _update(self) -> None:
        reached = self._finished + sum(fraction for _, fraction in self._running.values())
        self.fraction = max(self.fraction, min(0.99, reached / self._total))
        kinds = {step.kind for step, _ in self._running.values()}
        running = [stage for kind, stage in STAGES.items() if kind in kinds]
        self.stage = running[0] if running else self.stage
