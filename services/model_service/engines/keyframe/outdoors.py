"""The landscapes: for every place without walls, what is painted in which order."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from services.model_service.engines.keyframe import (
    fields,
    framing,
    ground,
    heights,
    land,
    landmarks,
    water,
    weather,
    wilds,
    woods,
    works,
)
from services.model_service.engines.keyframe.canvas import Array
from services.model_service.engines.keyframe.stage import Stage

Step = tuple[str, Callable[[], None]]


def _far(stage: Stage, fallback: Callable[[], None]) -> Step:
    """What closes the view: heights that the prompt names besides, or else the place's own."""
    scene = stage.scene
    others = scene.places[1:]
    if "snow peaks" in others:
        return "peaks", lambda: land.peaks(stage, height=0.47, snow=True)
    if any(place in others for place in ("mountains", "cliff", "canyon")):
        return "peaks", lambda: land.peaks(stage, height=0.40, snow=stage.snowy)
    if "volcano" in others:
        return "volcano", lambda: land.volcano(stage)
    return "backdrop", fallback


def _grassy(stage: Stage) -> str:
    return "snow" if stage.snowy else "grass"


def _turf(stage: Stage, line: Array, *, flowers: float = 0.0, path: bool = False, kind: str = "") -> Iterator[Step]:
    """Open ground with its flowers and the fringe before the lens."""
    soil = kind or _grassy(stage)
    yield "ground", lambda: ground.paint_ground(stage, soil, line, path=path)
    amount = max(flowers, 0.8 if "flower" in stage.scene.props else 0.0)
    if amount and soil != "snow":
        yield "flowers", lambda: fields.paint_flowers(stage, line, amount=amount)
    if soil in {"grass", "dry grass"}:
        yield "fringe", lambda: framing.paint_fringe(stage, flowers=amount > 0)


def _boughs(stage: Stage, chance: float, kind: str = "leaf") -> Iterator[Step]:
    if stage.rng("bough?").random() < chance:
        yield "boughs", lambda: framing.paint_boughs(stage, "bare" if stage.snowy and kind == "leaf" else kind)


def meadow(stage: Stage) -> Iterator[Step]:
    """Hills, trees on the rim, a field with flowers."""
    rng = stage.rng("meadow")
    rolling = float(rng.uniform(0.10, 0.20))
    yield _far(stage, lambda: land.ranges(stage, count=3, height=float(rng.uniform(0.13, 0.26)), roughness=0.42))
    yield "copses", lambda: woods.paint_copses(stage)
    line = ground.rolling(stage, 0.11, 0.07)
    yield from _turf(
        stage,
        line,
        flowers=0.0 if stage.overcast and "rainbow" not in stage.scene.weather else rolling * 5,
        path=rng.random() < 0.45,
    )
    yield from _boughs(stage, 0.35)


def park(stage: Stage) -> Iterator[Step]:
    """Lawns and tall trees with a path and a bench."""
    yield "backdrop", lambda: land.ranges(stage, count=2, height=0.12, roughness=0.42)
    yield "copses", lambda: woods.paint_copses(stage, dense=2.2)
    yield from _turf(stage, ground.rolling(stage, 0.10, 0.02), flowers=0.25, path=True)
    yield "bench", lambda: works.paint_bench(stage)
    yield "tree", lambda: woods.paint_lone_tree(stage)
    yield from _boughs(stage, 0.7)


def garden(stage: Stage) -> Iterator[Step]:
    """A hedge, beds of flowers, a path."""
    yield "backdrop", lambda: land.ranges(stage, count=2, height=0.10, roughness=0.42)
    yield "copses", lambda: woods.paint_copses(stage, dense=1.6)
    yield "hedge", lambda: works.paint_hedge(stage)
    yield from _turf(stage, ground.rolling(stage, 0.10, 0.02), flowers=1.3, path=True)
    yield from _boughs(stage, 0.9, "blossom")


def wheat_field(stage: Stage) -> Iterator[Step]:
    """Ripe wheat under hills."""
    yield _far(stage, lambda: land.ranges(stage, count=3, height=0.16, roughness=0.42))
    yield "copses", lambda: woods.paint_copses(stage, dense=0.6)
    line = ground.rolling(stage, 0.10, 0.03)
    yield "ground", lambda: ground.paint_ground(stage, "snow" if stage.snowy else "dry grass", line)
    if not stage.snowy:
        yield "wheat", lambda: fields.paint_wheat(stage, line)
        yield "fringe", lambda: framing.paint_fringe(stage, flowers=False, code="#8a6a28")


def rice_terraces(stage: Stage) -> Iterator[Step]:
    """Terraces full of sky, stepping down from misty mountains."""
    yield _far(stage, lambda: land.karst(stage))
    yield "terraces", lambda: fields.paint_terraces(stage)
    yield "fringe", lambda: framing.paint_fringe(stage, flowers=False)


def forest(stage: Stage) -> Iterator[Step]:
    """Within a wood: its rows, its floor, near trunks, boughs overhead, light between."""
    kind = woods.kind_of_wood(stage)
    yield _far(stage, lambda: land.ranges(stage, count=1, height=0.15, roughness=0.45))
    yield "wood", lambda: woods.paint_wood(stage)
    line = ground.rolling(stage, 0.15, 0.03)
    yield "ground", lambda: ground.paint_ground(stage, woods.floor_of_wood(stage), line, path=stage.rng("trail").random() < 0.6)
    if "flower" in stage.scene.props and not stage.snowy:
        yield "flowers", lambda: fields.paint_flowers(stage, line, amount=0.4)
    yield "near trunks", lambda: woods.paint_near_trunks(stage)
    if not stage.wet:
        yield "shafts", lambda: weather.paint_shafts(stage)
    leaf = {"autumn forest": "autumn", "cherry grove": "blossom", "pine forest": "pine"}.get(kind, "leaf")
    yield from _boughs(stage, 0.8, leaf)
    if stage.snowy:
        return
    yield "fringe", lambda: framing.paint_fringe(stage, flowers=False, code="#26361e")


def mountains(stage: Stage) -> Iterator[Step]:
    """A massif behind pine slopes."""
    rng = stage.rng("mountains")
    yield "ranges", lambda: land.ranges(stage, count=1, height=0.26, roughness=0.5, code="#6f7f95")
    yield "peaks", lambda: land.peaks(stage, height=float(rng.uniform(0.36, 0.46)), snow=stage.snowy or rng.random() < 0.3)
    yield "copses", lambda: woods.paint_copses(stage, dense=1.8)
    yield from _turf(stage, ground.rolling(stage, 0.12, 0.09), flowers=0.15 if not stage.overcast else 0.0, path=rng.random() < 0.6)
    if stage.rng("front").random() < 0.5:
        yield "rocks", lambda: framing.paint_rocks_before(stage)
    else:
        yield from _boughs(stage, 0.8, "pine")


def snow_peaks(stage: Stage) -> Iterator[Step]:
    """White summits, snowy firs, untouched snow."""
    yield "ranges", lambda: land.ranges(stage, count=1, height=0.22, roughness=0.5, code="#8f9fb5")
    yield "peaks", lambda: land.peaks(stage, height=0.48, snow=True)
    yield "copses", lambda: woods.paint_copses(stage, dense=1.5)
    line = ground.rolling(stage, 0.12, 0.10)
    yield "ground", lambda: ground.paint_ground(stage, "snow", line)
    if stage.rng("front").random() < 0.6:
        yield "boughs", lambda: framing.paint_boughs(stage, "pine")


def cliff(stage: Stage) -> Iterator[Step]:
    """A brink high above a valley or the sea."""
    if stage.scene.has("sea", "beach"):
        yield "water", lambda: water.paint_water(stage, calm=False)
    else:
        yield "ranges", lambda: land.ranges(stage, count=3, height=0.22, roughness=0.5, code="#6f7f95")
        yield "mist", lambda: weather.paint_valley_mist(stage)
    yield "brink", lambda: wilds.paint_brink(stage)
    yield "rocks", lambda: framing.paint_rocks_before(stage)


def canyon(stage: Stage) -> Iterator[Step]:
    """Between walls of banded rock."""
    yield "walls", lambda: land.canyon(stage)
    line = ground.rolling(stage, 0.16, 0.03)
    yield "ground", lambda: ground.paint_ground(stage, "earth", line, path=True)
    yield "rocks", lambda: framing.paint_rocks_before(stage, "#7a4a34")


def volcano(stage: Stage) -> Iterator[Step]:
    """A burning mountain over fields of ash."""
    yield "ranges", lambda: land.ranges(stage, count=1, height=0.14, roughness=0.5, code="#5a4f58")
    yield "volcano", lambda: land.volcano(stage)
    line = ground.rolling(stage, 0.12, 0.06)
    yield "ground", lambda: ground.paint_ground(stage, "ash", line)
    yield "cracks", lambda: wilds.paint_lava_cracks(stage)
    yield "rocks", lambda: framing.paint_rocks_before(stage, "#2c2426")


def desert(stage: Stage) -> Iterator[Step]:
    """Dunes to the horizon, mesas in the dust."""
    yield "mesas", lambda: land.mesas(stage)
    yield "dunes", lambda: land.dunes(stage, stage.layers["ground"], stage.rng("ground"), first=0.40, last=0.62, count=2)
    yield "scrub", lambda: wilds.paint_scrub(stage)


def oasis(stage: Stage) -> Iterator[Step]:
    """A pool among palms between dunes."""
    rng = stage.rng("oasis")
    yield "dunes behind", lambda: land.dunes(stage, stage.layers["far"], rng, first=0.0, last=0.16, count=2)
    yield "water", lambda: wilds.paint_pool(stage)
    spots = ((0.14, 0.16, 0.46), (0.24, 0.13, 0.34), (0.80, 0.15, 0.42), (0.90, 0.20, 0.52))
    yield "palms", lambda: woods.paint_palms(stage, stage.layers["mid"], spots)
    yield "dunes", lambda: land.dunes(stage, stage.layers["ground"], rng, first=0.56, last=0.66, count=1)
    yield "reeds", lambda: fields.paint_reeds(stage, np.full(stage.frame.width, stage.y(0.5), np.float32))


def pyramids(stage: Stage) -> Iterator[Step]:
    """Three great tombs in the sand."""
    yield "pyramids", lambda: works.paint_pyramids(stage)
    yield "dunes", lambda: land.dunes(stage, stage.layers["ground"], stage.rng("ground"), first=0.22, last=0.60, count=3)
    yield "palms", lambda: woods.paint_palms(stage, stage.layers["ground"], ((0.5 + stage.side * 0.40, 0.42, 0.36),))


def swamp(stage: Stage) -> Iterator[Step]:
    """Dead trees over dark water, mist, reeds."""
    yield "ranges", lambda: land.ranges(stage, count=2, height=0.12, roughness=0.44, code="#4f5f4a")
    yield "water", lambda: water.paint_water(stage, calm=True)
    yield "trees", lambda: wilds.paint_dead_trees(stage)
    line = ground.rolling(stage, 0.52, 0.05)
    yield "ground", lambda: ground.paint_ground(stage, "mud", line)
    yield "lotus", lambda: fields.paint_lotus(stage, stage.horizon)
    yield "reeds", lambda: fields.paint_reeds(stage, line)


def _walked(stage: Stage) -> bool:
    """Whether somebody needs land to stand on."""
    return any(figure.tag not in land.AFLOAT | {"bird", "whale", "dragon", "fish"} for figure in stage.scene.figures)


def sea(stage: Stage) -> Iterator[Step]:
    """Open water from a rocky shore."""
    yield _far(stage, lambda: land.ranges(stage, count=1, height=0.08, roughness=0.45, share=0.55))
    yield "water", lambda: water.paint_water(stage, calm=False)
    if stage.scene.has("lighthouse"):
        yield "lighthouse", lambda: landmarks.paint_lighthouse(stage)
    line = water.shore_line(stage, 0.42 if _walked(stage) else 0.78, 0.05 if _walked(stage) else 0.16)
    yield "ground", lambda: ground.paint_ground(stage, "snow" if "snow" in stage.scene.weather else "rock", line)
    yield "surf", lambda: water.paint_surf(stage, line)
    if stage.rng("front").random() < 0.6:
        yield "rocks", lambda: framing.paint_rocks_before(stage)


def beach(stage: Stage) -> Iterator[Step]:
    """Sand, surf, palms."""
    yield _far(stage, lambda: land.ranges(stage, count=2, height=0.09, roughness=0.45, share=0.55))
    yield "water", lambda: water.paint_water(stage, calm=False, clear=True)
    if stage.scene.has("lighthouse"):
        yield "lighthouse", lambda: landmarks.paint_lighthouse(stage)
    line = water.shore_line(stage, 0.42 if _walked(stage) else 0.60, 0.08)
    yield "ground", lambda: ground.paint_ground(stage, "snow" if "snow" in stage.scene.weather else "beach", line)
    yield "surf", lambda: water.paint_surf(stage, line)
    if not stage.snowy and not stage.scene.weather & {"storm"} and stage.scene.places[0] == "beach":
        away = 0.5 - stage.side * 0.40
        spots = ((away, 0.62, 0.58), (away + stage.side * 0.09, 0.55, 0.44))
        yield "palms", lambda: woods.paint_palms(stage, stage.layers["ground"], spots)


def harbour(stage: Stage) -> Iterator[Step]:
    """A pier with boats, a town across the bay."""
    yield "ranges", lambda: land.ranges(stage, count=2, height=0.12, roughness=0.44)
    yield "town", lambda: works.paint_far_town(stage)
    yield "water", lambda: water.paint_water(stage, calm=True)
    yield "boats", lambda: works.paint_moored(stage)
    yield "pier", lambda: works.paint_pier(stage)


def river(stage: Stage) -> Iterator[Step]:
    """A river between wooded banks."""
    eastern = stage.rng("river").random() < 0.35
    yield _far(stage, lambda: land.karst(stage) if eastern else land.ranges(stage, count=3, height=0.17, roughness=0.42))
    yield "water", lambda: water.paint_water(stage, calm=True)
    yield "banks", lambda: wilds.paint_banks(stage)
    line = water.shore_line(stage, 0.44 if _walked(stage) else 0.70, 0.08)
    if "bamboo forest" in stage.scene.places:
        yield "bamboo", lambda: wilds.paint_bamboo_bank(stage)
    yield from _turf(stage, line)
    yield "reeds", lambda: fields.paint_reeds(stage, line)
    yield from _boughs(stage, 0.5)


def lake(stage: Stage) -> Iterator[Step]:
    """Still water that mirrors mountains, lilies at the edge."""
    yield _far(stage, lambda: land.peaks(stage, height=0.36, snow=stage.snowy))
    yield "water", lambda: water.paint_water(stage, calm=True)
    yield "lotus", lambda: fields.paint_lotus(stage, stage.horizon)
    line = water.shore_line(stage, 0.46 if _walked(stage) else 0.74, 0.08)
    yield from _turf(stage, line, flowers=0.3 if not stage.overcast else 0.0)
    yield "reeds", lambda: fields.paint_reeds(stage, line)
    yield from _boughs(stage, 0.7)


def waterfall(stage: Stage) -> Iterator[Step]:
    """A fall into a pool."""
    yield "ranges", lambda: land.ranges(stage, count=2, height=0.24, roughness=0.45)
    yield "water", lambda: water.paint_water(stage, calm=True)
    yield "fall", lambda: water.paint_waterfall(stage)
    line = water.shore_line(stage, 0.46, 0.10)
    yield from _turf(stage, line)
    yield "reeds", lambda: fields.paint_reeds(stage, line)
    yield "rocks", lambda: framing.paint_rocks_before(stage)
    yield from _boughs(stage, 0.8)


def graveyard(stage: Stage) -> Iterator[Step]:
    """Leaning stones, a dead tree, a chapel on the hill."""
    yield "ranges", lambda: land.ranges(stage, count=2, height=0.14, roughness=0.45, code="#4f5a58")
    yield "copses", lambda: woods.paint_copses(stage, dense=0.6)
    line = ground.rolling(stage, 0.11, 0.06)
    yield from _turf(stage, line, path=True)
    yield "stones", lambda: works.paint_gravestones(stage)


def battlefield(stage: Stage) -> Iterator[Step]:
    """Scorched earth, broken spears and banners, smoke on the horizon."""
    yield "ranges", lambda: land.ranges(stage, count=2, height=0.14, roughness=0.5, code="#5f5a52")
    line = ground.rolling(stage, 0.11, 0.06)
    yield "ground", lambda: ground.paint_ground(stage, "snow" if stage.snowy else "earth", line)
    yield "remains", lambda: works.paint_battle_remains(stage)


def above_clouds(stage: Stage) -> Iterator[Step]:
    """A sea of clouds with summits and a floating isle."""
    yield "cloud sea", lambda: heights.paint_cloud_sea(stage)
    yield "isle", lambda: heights.paint_isle(stage)


OUTDOORS: Mapping[str, Callable[[Stage], Iterator[Step]]] = {
    "meadow": meadow,
    "park": park,
    "garden": garden,
    "wheat field": wheat_field,
    "rice terraces": rice_terraces,
    **dict.fromkeys(("forest", "pine forest", "bamboo forest", "autumn forest", "cherry grove"), forest),
    "mountains": mountains,
    "snow peaks": snow_peaks,
    "cliff": cliff,
    "canyon": canyon,
    "volcano": volcano,
    "desert": desert,
    "oasis": oasis,
    "pyramids": pyramids,
    "swamp": swamp,
    "sea": sea,
    "lighthouse": sea,
    "beach": beach,
    "harbour": harbour,
    "river": river,
    "lake": lake,
    "waterfall": waterfall,
    "graveyard": graveyard,
    "battlefield": battlefield,
    "clouds": above_clouds,
}
