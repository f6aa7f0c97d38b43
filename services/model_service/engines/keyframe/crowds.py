"""Crowds: rows of people of every age, no two alike, most of them turned to what happens."""

from services.model_service.engines.keyframe.casting import Figure
from services.model_service.engines.keyframe.people import Act, draw_person
from services.model_service.engines.keyframe.poses import POSES
from services.model_service.engines.keyframe.sprites import place
from services.model_service.engines.keyframe.stage import Stage

_KINDS = ("man", "woman", "old man", "girl", "woman", "man", "boy", "teenager", "farmer", "old woman", "traveller", "businessman")
_ANCIENT_KINDS = ("man", "woman", "old man", "girl", "boy", "woman", "man", "old woman", "farmer")
_ROWS = ((0.60, 9), (0.76, 8), (1.0, 6))
"""From the back to the front: the share of the size, and how many."""


def place_crowd(stage: Stage, size: float, line: float, *, alone: bool) -> None:
    """A crowd whose first row stands at the row `line`, a grown-up `size` pixels tall; it leaves the front to a cast of its own."""
    rng, frame = stage.rng("crowd"), stage.frame
    kinds = _ANCIENT_KINDS if stage.scene.ancient else _KINDS
    span = max(min(frame.width * 0.92 / (size * 0.34), 9.0), 3.0) / 9.0
    number = int(rng.integers(100))
    for row, (share, most) in enumerate(_ROWS if alone else _ROWS[:2]):
        count = max(round(most * span), 2)
        y = stage.horizon + (line - stage.horizon) * (0.50 + 0.50 * share) - size * 0.06 * (2 - row)
        for index in range(count):
            number += 1
            x = frame.width * (0.5 + (index - (count - 1) / 2 + 0.25 * (row % 2)) / count * 0.90) + size * float(
                rng.uniform(-0.10, 0.10)
            )
            figure = Figure(kinds[int(rng.integers(len(kinds)))], name=f"crowd {number}")
            name = ("standing", "standing", "talking", "standing", "looking up", "waving")[int(rng.integers(6))]
            variants = POSES[name]
            back = rng.random() < (0.45 if row == 2 else 0.2)
            act = Act(variants[int(rng.integers(len(variants)))], 165.0 if back else float(rng.uniform(12, 62)), "calm")
            facing = 1 if (x < frame.width / 2) != (rng.random() < 0.2) else -1
            pen = draw_person(stage, figure, act, size * share * float(rng.uniform(0.95, 1.05)), facing=facing)
            place(stage, stage.layers["cast"], pen, x, y + size * float(rng.uniform(-0.03, 0.03)), facing=1, depth=0.12 * (2 - row))
