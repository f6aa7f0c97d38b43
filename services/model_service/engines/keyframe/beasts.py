"""What the four-legged animals are like: their proportions, coats and marks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.model_service.engines.keyframe.canvas import Array, Point


@dataclass(frozen=True, slots=True)
class Beast:
    """Proportions in shares of `height`, which is against a grown-up person's.

    `length` lies between hip and shoulder, `girth` is half the chest's depth, `waist` how far the belly is drawn up,
    `limb` how thick the legs are against the girth. `marks` are what else it has.
    """

    height: float
    length: float
    leg: float
    girth: float
    neck: Point
    head: float
    snout: float
    ear: str
    tail: str
    coats: tuple[str, ...]
    pale: str = ""
    waist: float = 0.5
    limb: float = 0.40
    marks: frozenset[str] = frozenset()
    point: str = ""


_HOOF, _MANE, _RUFF = frozenset({"hoof"}), frozenset({"hoof", "horse mane"}), frozenset({"ruff", "socks"})
_HORSE = Beast(
    1.05,
    0.44,
    0.46,
    0.155,
    (0.21, 0.30),
    0.086,
    0.18,
    "small",
    "hair",
    ("#8a5430", "#6a3f28", "#d8cdbd", "#4a3428"),
    "",
    0.3,
    0.33,
    marks=_MANE,
)
BEASTS: Mapping[str, Beast] = {
    "puppy": Beast(
        0.36, 0.34, 0.27, 0.165, (0.13, 0.20), 0.205, 0.11, "floppy", "up", ("#c98a4a", "#e0b878", "#8a5a34"), "#f6ead6"
    ),
    "dog": Beast(
        0.50, 0.46, 0.38, 0.155, (0.15, 0.22), 0.135, 0.15, "floppy", "up", ("#a8743f", "#6a4c38", "#c99a5f"), "#f0e2cc", 0.6
    ),
    "wolf": Beast(
        0.52,
        0.50,
        0.38,
        0.160,
        (0.18, 0.17),
        0.130,
        0.17,
        "pointed",
        "brush",
        ("#70757f", "#5c616b", "#7d7868"),
        "#d9dadd",
        0.7,
        marks=frozenset({"ruff"}),
    ),
    "fox": Beast(
        0.42,
        0.46,
        0.34,
        0.130,
        (0.15, 0.16),
        0.130,
        0.17,
        "pointed",
        "brush",
        ("#d9702c", "#c8602a"),
        "#fbf2e4",
        0.6,
        0.36,
        marks=_RUFF,
        point="#3a2a26",
    ),
    "bear": Beast(
        0.85, 0.44, 0.26, 0.235, (0.20, 0.07), 0.155, 0.13, "round", "short", ("#6a4630", "#4f3528"), "#b88f66", 0.0, 0.52
    ),
    "polar bear": Beast(0.90, 0.48, 0.28, 0.220, (0.24, 0.09), 0.130, 0.15, "round", "short", ("#eef0ee",), "#ffffff", 0.1, 0.52),
    "panda": Beast(
        0.75,
        0.38,
        0.24,
        0.250,
        (0.17, 0.09),
        0.205,
        0.07,
        "round",
        "short",
        ("#f6f4ee",),
        "#ffffff",
        0.0,
        0.50,
        marks=frozenset({"panda", "socks"}),
        point="#2a2a30",
    ),
    "lion": Beast(
        0.68,
        0.50,
        0.36,
        0.165,
        (0.20, 0.20),
        0.150,
        0.11,
        "round",
        "tuft",
        ("#dba44e", "#cf9846"),
        "#f6e2b4",
        0.5,
        0.44,
        marks=frozenset({"lion mane"}),
        point="#8a4f22",
    ),
    "horse": _HORSE,
    "unicorn": replace(_HORSE, coats=("#f8f4f8",), marks=_MANE | {"horn"}, point="#e49ac0"),
    "donkey": Beast(
        0.86,
        0.44,
        0.42,
        0.150,
        (0.18, 0.24),
        0.095,
        0.17,
        "long",
        "tuft",
        ("#8a8078", "#7a6f68"),
        "#e8e0d4",
        0.2,
        0.34,
        marks=_HOOF,
    ),
    "deer": Beast(
        0.86,
        0.42,
        0.46,
        0.125,
        (0.13, 0.31),
        0.085,
        0.12,
        "antler",
        "short",
        ("#b87a42", "#a06c3c"),
        "#f4e6cc",
        0.5,
        0.32,
        marks=_HOOF | {"spots"},
    ),
}


@dataclass(frozen=True, slots=True)
class Coat:
    """The colours of one animal under the scene's light."""

    fur: Array
    shade: Array
    pale: Array
    point: Array
    ink: Array
