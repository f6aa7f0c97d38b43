"""From the asked size to one that the model knows."""

import math
from collections.abc import Iterator

from services.model_service.engines.diffusion.families import Family

_LEAST_AREA, _MOST_AREA = 0.7, 1.3
"""Of the area that the model was trained at: below, its pictures fall apart; above, their subjects repeat."""
_LONGEST = 2.5
"""The longest side by the shortest: what is asked longer is cut out of a picture of this shape."""
_MISFIT = 0.012
"""Of a side, what may be cut off for a size nearer to the trained one."""


def native(width: int, height: int, family: Family) -> tuple[int, int]:
    """The size to paint at: the asked one where the model takes it, else the nearest in shape about as large as it knows."""
    trained = family.native**2
    fits = not (width % family.block or height % family.block) and max(width, height) <= _LONGEST * min(width, height)
    if fits and _LEAST_AREA * trained <= width * height <= _MOST_AREA * trained:
        return width, height
    aspect = min(max(width / height, 1 / _LONGEST), _LONGEST)

    def cost(size: tuple[int, int]) -> tuple[bool, float]:
        misfit = abs(math.log(size[0] / size[1] / aspect))
        return misfit > _MISFIT, misfit if misfit > _MISFIT else abs(math.log(size[0] * size[1] / trained))

    return min(_candidates(aspect, family), key=cost)


def _candidates(aspect: float, family: Family) -> Iterator[tuple[int, int]]:
    """Sizes in whole blocks about as large as the model knows, around the shape that is asked."""
    block, side = family.block, family.native / math.sqrt(aspect)
    for rows in range(max(1, math.floor(side * 0.85 / block)), math.ceil(side * 1.1 / block) + 1):
        columns = rows * aspect
        for count in sorted({max(1, math.floor(columns)), math.ceil(columns)}):
            yield count * block, rows * block
