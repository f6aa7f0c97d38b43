"""A hand's grip: where a held thing is, which way it points, and in what colour it is drawn."""

import math
from collections.abc import Callable

from services.model_service.engines.keyframe.canvas import Array, Point
from services.model_service.engines.keyframe.costumes import Wardrobe
from services.model_service.engines.keyframe.figure_brush import Brush


class Grip:
    """A hand's place, and the direction in which it points a thing: degrees from straight up, to the front positive.

    `ground` is the row that a staff stands on, `colour` the thing's own one where the text names it, `opened` whether a lid is up.
    """

    def __init__(
        self, hand: Point, aim: float, size: float, ground: float, colour: Array | None = None, *, opened: bool = False
    ) -> None:
        self.hand, self.size, self.ground, self.opened = hand, size, ground, opened
        self._colour = colour
        a = math.radians(aim)
        self._up, self._across = (math.sin(a), math.cos(a)), (math.cos(a), -math.sin(a))

    def at(self, across: float, up: float) -> Point:
        """A place on the thing, by its own axes from the grip."""
        (ux, uy), (ax, ay), k = self._up, self._across, self.size
        return self.hand[0] + k * (ax * across + ux * up), self.hand[1] + k * (ay * across + uy * up)

    def upright(self, across: float, up: float) -> Point:
        """A place on a thing that hangs or stands upright whichever way the hand points."""
        return self.hand[0] + self.size * across, self.hand[1] + self.size * up

    def paint(self, usual: Array) -> Array:
        """The named colour, else the usual one."""
        return usual if self._colour is None else self._colour


Draw = Callable[[Brush, Grip, Wardrobe], None]
