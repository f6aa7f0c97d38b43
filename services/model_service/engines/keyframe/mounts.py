"""Who can be ridden: where on the drawing of an animal or a machine its riders sit."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Saddle:
    """A seat on a drawing that faces right: `along` from its middle to the front and `up` from its foot, in shares of its breadth
    and height; riders after the first sit `behind` it, in grown-ups' heights.
    """

    along: float
    up: float
    behind: float = 0.24


MOUNTS: Mapping[str, Saddle] = {
    "horse": Saddle(-0.04, 0.63),
    "unicorn": Saddle(-0.04, 0.63),
    "donkey": Saddle(-0.04, 0.61),
    "deer": Saddle(-0.06, 0.55),
    "camel": Saddle(0.12, 0.72),
    "elephant": Saddle(-0.06, 0.90),
    "mammoth": Saddle(-0.06, 0.88),
    "ox": Saddle(-0.08, 0.78),
    "buffalo": Saddle(-0.08, 0.78),
    "cow": Saddle(-0.08, 0.80),
    "llama": Saddle(-0.08, 0.62),
    "zebra": Saddle(-0.06, 0.72),
    "giraffe": Saddle(-0.14, 0.52),
    "tiger": Saddle(-0.12, 0.80),
    "lion": Saddle(-0.10, 0.72),
    "leopard": Saddle(-0.10, 0.78),
    "bear": Saddle(-0.06, 0.86),
    "polar bear": Saddle(-0.06, 0.86),
    "wolf": Saddle(-0.06, 0.70),
    "dinosaur": Saddle(-0.08, 0.52),
    "turtle": Saddle(-0.10, 0.92),
    "crane": Saddle(-0.10, 0.50),
    "goose": Saddle(-0.16, 0.52),
    "swan": Saddle(-0.12, 0.46),
    "eagle": Saddle(-0.10, 0.58),
    "phoenix": Saddle(0.0, 0.52),
    "dragon": Saddle(0.10, 0.50, 0.20),
    "chinese dragon": Saddle(-0.02, 0.52, 0.22),
    "whale": Saddle(-0.02, 0.62, 0.30),
    "orca": Saddle(0.0, 0.72, 0.30),
    "dolphin": Saddle(0.0, 0.80),
    "bicycle": Saddle(-0.12, 0.62),
    "motorcycle": Saddle(-0.10, 0.56),
    "scooter": Saddle(-0.10, 0.50),
    "sled": Saddle(-0.05, 0.55),
}
