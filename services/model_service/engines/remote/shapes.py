"""Of the shapes that a provider makes, the one that is nearest to what is asked."""

import math
from collections.abc import Iterable


def nearest(shapes: Iterable[tuple[int, int]], width: int, height: int) -> tuple[int, int]:
    """Of widths and heights, or of parts such as 16 and 9, the pair whose shape is nearest to width : height. One at least."""
    return min(shapes, key=lambda shape: abs(math.log(shape[0] / shape[1] * height / width)))


def nearest_size(sizes: str, width: int, height: int) -> str:
    """The same of sizes such as `1024x1024,1536x1024`; where none are given, the asked size itself."""
    known = {tuple(map(int, size.split("x"))): size for size in sizes.replace(" ", "").split(",") if size}
    if not known:
        return f"{width}x{height}"
    return known[nearest(((wide, high) for wide, high in known), width, height)]


def nearest_ratio(ratios: Iterable[str], width: int, height: int) -> str:
    """The same of ratios such as `16:9`."""
    parts = {tuple(map(int, ratio.split(":"))): ratio for ratio in ratios}
    return parts[nearest(((wide, high) for wide, high in parts), width, height)]
