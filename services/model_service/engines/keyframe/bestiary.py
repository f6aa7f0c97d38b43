"""Animals, vehicles and machines: what each is drawn from, how large it is, and where it is at home."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from services.model_service.engines.keyframe.icons import aspect


class Home(Enum):
    """Where a figure is found when the scene allows."""

    GROUND = "ground"
    AIR = "air"
    WATER = "on the water"
    SHORE = "on the water where there is some, else on the ground"
    DEEP = "under the surface"
    SPACE = "in the air, or before the stars"


@dataclass(frozen=True, slots=True)
class Kind:
    """`height` is against a grown-up's. `icon` faces left unless `straight`; without one, code draws it, `width` wide.

    `colour` repaints the icon where the text names none; `flock` is how many more are around it.
    """

    height: float
    icon: str = ""
    home: Home = Home.GROUND
    width: float = 0.0
    colour: str = ""
    straight: bool = False
    flock: int = 0
    coats: tuple[str, ...] = ()

    @property
    def breadth(self) -> float:
        """The width against a grown-up's height."""
        return self.width or self.height * aspect(self.icon)


_A, _W, _D, _S = Home.AIR, Home.WATER, Home.DEEP, Home.SHORE
KINDS: Mapping[str, Kind] = {
    # drawn by code
    "puppy": Kind(0.36, width=0.34),
    "dog": Kind(0.50, width=0.55),
    "wolf": Kind(0.52, width=0.66),
    "fox": Kind(0.42, width=0.58),
    "bear": Kind(0.85, width=0.90),
    "panda": Kind(0.75, width=0.80),
    "polar bear": Kind(0.90, width=0.98),
    "lion": Kind(0.68, width=0.85),
    "horse": Kind(1.30, width=1.05),
    "unicorn": Kind(1.30, width=1.05),
    "donkey": Kind(0.98, width=0.82),
    "deer": Kind(1.10, width=0.70),
    "dragon": Kind(1.7, "own/dragon", home=_A, straight=True, coats=("#3f7a4a", "#a8382f", "#4a5590")),
    "bird": Kind(0.2, width=0.30, home=_A, flock=4),
    "whale": Kind(1.2, width=2.2, home=_D),
    "fish": Kind(0.22, width=0.40, home=_D, flock=6),
    # icons: by the hearth and on the farm
    "cat": Kind(0.34, "animals/black-cat", coats=("#e08f3c", "#5a5f68", "#8a6a4a", "#ece4d8")),
    "kitten": Kind(0.22, "animals/black-cat", coats=("#e8a050", "#8a8f98", "#f0e8dc")),
    "rabbit": Kind(0.30, "animals/rabbit"),
    "mouse": Kind(0.16, "animals/mouse"),
    "cow": Kind(0.92, "animals/cow"),
    "ox": Kind(0.95, "animals/ox"),
    "buffalo": Kind(0.95, "animals/water-buffalo"),
    "sheep": Kind(0.56, "animals/ewe"),
    "lamb": Kind(0.36, "animals/ewe"),
    "goat": Kind(0.62, "animals/goat"),
    "pig": Kind(0.48, "animals/pig"),
    "rooster": Kind(0.36, "animals/rooster"),
    "hen": Kind(0.32, "own/hen"),
    "chick": Kind(0.14, "animals/baby-chick"),
    "turkey": Kind(0.40, "animals/turkey"),
    "llama": Kind(0.95, "animals/llama"),
    "camel": Kind(1.20, "animals/camel"),
    # wild
    "elephant": Kind(1.60, "animals/elephant"),
    "mammoth": Kind(1.70, "animals/mammoth"),
    "tiger": Kind(0.66, "animals/tiger"),
    "leopard": Kind(0.60, "animals/leopard"),
    "monkey": Kind(0.52, "animals/monkey"),
    "gorilla": Kind(0.95, "animals/gorilla"),
    "giraffe": Kind(2.0, "animals/giraffe"),
    "zebra": Kind(1.0, "animals/zebra"),
    "hippo": Kind(0.85, "animals/hippopotamus"),
    "rhino": Kind(0.95, "animals/rhinoceros"),
    "kangaroo": Kind(0.95, "animals/kangaroo"),
    "raccoon": Kind(0.34, "animals/raccoon"),
    "badger": Kind(0.30, "animals/badger"),
    "squirrel": Kind(0.28, "animals/chipmunk"),
    "hedgehog": Kind(0.20, "animals/hedgehog"),
    "frog": Kind(0.18, "own/frog"),
    "turtle": Kind(0.30, "animals/turtle", _S),
    "snake": Kind(0.40, "animals/snake"),
    "crocodile": Kind(0.60, "animals/crocodile"),
    "dinosaur": Kind(1.9, "animals/sauropod"),
    "tyrannosaur": Kind(1.8, "animals/t-rex"),
    "snail": Kind(0.18, "animals/snail"),
    "spider": Kind(0.22, "animals/spider"),
    "ant": Kind(0.16, "animals/ant"),
    "cricket": Kind(0.18, "animals/cricket"),
    "ladybird": Kind(0.14, "animals/lady-beetle"),
    "caterpillar": Kind(0.18, "animals/bug"),
    "scorpion": Kind(0.26, "animals/scorpion"),
    # birds
    "owl": Kind(0.34, "animals/owl"),
    "crow": Kind(0.26, "animals/black-bird"),
    "sparrow": Kind(0.16, "animals/bird", colour="#a8743f"),
    "parrot": Kind(0.30, "animals/parrot"),
    "peacock": Kind(0.70, "animals/peacock"),
    "crane": Kind(0.85, "own/crane"),
    "flamingo": Kind(0.80, "animals/flamingo"),
    "penguin": Kind(0.48, "animals/penguin"),
    "swan": Kind(0.42, "animals/swan", _S),
    "duck": Kind(0.32, "animals/duck", _S),
    "duckling": Kind(0.15, "animals/baby-chick", _S),
    "goose": Kind(0.46, "animals/goose", _S),
    "eagle": Kind(0.60, "animals/eagle", _A),
    "dove": Kind(0.34, "animals/dove", _A, flock=2),
    "phoenix": Kind(1.3, "animals/phoenix", _A),
    "bat": Kind(0.30, "animals/bat", _A, flock=4),
    "butterfly": Kind(0.20, "animals/butterfly", _A, flock=4),
    "bee": Kind(0.16, "animals/honeybee", _A, flock=4),
    "dragonfly": Kind(0.20, "own/dragonfly", _A, flock=3),
    "chinese dragon": Kind(2.0, "animals/dragon", _A),
    # in the water
    "koi": Kind(0.26, "animals/fish", _D, colour="#e8622f", flock=4),
    "dolphin": Kind(0.80, "animals/dolphin", _D, flock=1),
    "shark": Kind(0.80, "animals/shark", _D),
    "orca": Kind(1.1, "animals/orca", _D),
    "octopus": Kind(0.70, "animals/octopus", _D),
    "squid": Kind(0.60, "animals/squid", _D),
    "jellyfish": Kind(0.50, "animals/jellyfish", _D, flock=4),
    "crab": Kind(0.24, "animals/crab"),
    "seal": Kind(0.50, "animals/seal"),
    "otter": Kind(0.34, "animals/otter", _S),
    # not of this world
    "alien": Kind(0.85, "own/alien"),
    "monster": Kind(1.30, "own/monster"),
    "ghost": Kind(0.80, "own/ghost"),
    # wheels
    "car": Kind(0.68, width=1.95),
    "train": Kind(1.30, width=4.6),
    "taxi": Kind(0.85, "vehicles/taxi"),
    "police car": Kind(0.85, "vehicles/police-car"),
    "ambulance": Kind(1.20, "vehicles/ambulance"),
    "fire engine": Kind(1.30, "vehicles/fire-engine"),
    "bus": Kind(1.35, "vehicles/bus"),
    "truck": Kind(1.30, "vehicles/delivery-truck"),
    "tractor": Kind(1.15, "vehicles/tractor"),
    "tram": Kind(1.60, "vehicles/tram-car"),
    "fast train": Kind(1.40, "vehicles/bullet-train"),
    "bicycle": Kind(0.62, "vehicles/bicycle"),
    "motorcycle": Kind(0.66, "vehicles/motorcycle"),
    "scooter": Kind(0.66, "vehicles/motor-scooter"),
    "horse carriage": Kind(1.15, "own/carriage", straight=True),
    "cart": Kind(0.70, "own/cart", straight=True),
    "sled": Kind(0.42, "vehicles/sled", straight=True),
    "tank": Kind(0.95, "own/tank", straight=True),
    # keels
    "boat": Kind(1.2, width=1.6, home=_W),
    "ship": Kind(2.2, width=3.0, home=_W),
    "rowing boat": Kind(0.42, "own/rowing-boat", _W, straight=True),
    "steamer": Kind(1.5, "vehicles/ship", _W),
    "motor boat": Kind(0.60, "vehicles/motor-boat", _W),
    "submarine": Kind(0.90, "own/submarine", _D, straight=True),
    # wings
    "aeroplane": Kind(1.1, "own/aeroplane", _A, straight=True),
    "helicopter": Kind(1.0, "vehicles/helicopter", _A),
    "rocket": Kind(1.5, "vehicles/rocket", Home.SPACE, straight=True),
    "flying saucer": Kind(0.9, "vehicles/flying-saucer", Home.SPACE, straight=True),
    "satellite": Kind(0.7, "vehicles/satellite", Home.SPACE, straight=True),
    "hot-air balloon": Kind(1.5, "own/hot-air-balloon", _A, straight=True),
    "parachute": Kind(1.0, "vehicles/parachute", _A, straight=True),
}


def measures(tag: str) -> tuple[float, float] | None:
    """Width and height against a grown-up's height; None for who is no animal and no machine."""
    kind = KINDS.get(tag)
    return None if kind is None else (kind.breadth, kind.height)
