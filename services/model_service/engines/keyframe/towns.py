"""The built places: for every town, street or great building, what is painted in which order."""

from collections.abc import Callable, Iterator, Mapping

from services.model_service.engines.keyframe import (
    buildings,
    caves,
    courts,
    fields,
    framing,
    ground,
    grounds,
    land,
    landmarks,
    lanes,
    ruins,
    skyline,
    street,
    towers,
    village,
    water,
    woods,
)
from services.model_service.engines.keyframe.outdoors import Step
from services.model_service.engines.keyframe.stage import Stage


def city(stage: Stage) -> Iterator[Step]:
    """Towers along an avenue."""
    yield "avenue", lambda: street.paint_avenue(stage)


def shopping_street(stage: Stage) -> Iterator[Step]:
    """Shops, lamps, a road."""
    yield "skyline", lambda: skyline.paint_skyline(stage, near=False)
    yield "street", lambda: street.paint_street(stage)


def market(stage: Stage) -> Iterator[Step]:
    """Stalls under cloth roofs in an old street."""
    yield "ranges", lambda: land.ranges(stage, count=1, height=0.14, roughness=0.45)
    yield "market", lambda: lanes.paint_old_street(stage, market=True)


def old_street(stage: Stage) -> Iterator[Step]:
    """White walls, tiled eaves, lanterns."""
    yield "ranges", lambda: land.ranges(stage, count=1, height=0.16, roughness=0.45)
    yield "pagoda", lambda: buildings.paint_far_pagoda(stage)
    yield "old street", lambda: lanes.paint_old_street(stage)


def rooftops(stage: Stage) -> Iterator[Step]:
    """Above the city."""
    yield "skyline", lambda: skyline.paint_skyline(stage, open_middle=False, base=0.02)
    yield "roof", lambda: grounds.paint_rooftops(stage)


def station(stage: Stage) -> Iterator[Step]:
    """A platform."""
    yield "skyline", lambda: land.ranges(stage, count=2, height=0.12, roughness=0.45)
    yield "copses", lambda: woods.paint_copses(stage, dense=0.7)
    yield "platform", lambda: grounds.paint_platform(stage)


def stadium(stage: Stage) -> Iterator[Step]:
    """A pitch between stands."""
    yield "stadium", lambda: grounds.paint_stadium(stage)


def ruined(stage: Stage) -> Iterator[Step]:
    """What is left of a city."""
    yield "ranges", lambda: land.ranges(stage, count=1, height=0.14, roughness=0.5)
    line = ground.rolling(stage, 0.12, 0.05)
    yield "ground", lambda: ground.paint_ground(stage, "snow" if stage.snowy else "earth", line, path=True)
    yield "ruins", lambda: ruins.paint_ruins(stage)
    yield "rocks", lambda: framing.paint_rocks_before(stage, "#6a6258")


def hamlet(stage: Stage) -> Iterator[Step]:
    """Cottages up a slope."""
    yield _behind(stage)
    yield "copses", lambda: woods.paint_copses(stage, dense=1.2)
    line = ground.rolling(stage, 0.11, 0.05)
    yield "ground", lambda: ground.paint_ground(stage, "snow" if stage.snowy else "grass", line)
    if not stage.snowy and not stage.overcast:
        yield "flowers", lambda: fields.paint_flowers(stage, line, amount=0.35)
    yield "village", lambda: village.paint_village(stage)
    if not stage.snowy:
        yield "fringe", lambda: framing.paint_fringe(stage, flowers=False)
    if stage.rng("bough?").random() < 0.5:
        yield "boughs", lambda: framing.paint_boughs(stage, "pine" if stage.snowy else "leaf")


def chinese_village(stage: Stage) -> Iterator[Step]:
    """White walls and dark tiles along the water, under karst or hills."""
    yield "karst", lambda: land.karst(stage)
    yield "water", lambda: water.paint_water(stage, calm=True)
    yield "houses", lambda: courts.paint_water_town(stage)
    line = water.shore_line(stage, 0.46, 0.06)
    yield "ground", lambda: ground.paint_ground(stage, "snow" if stage.snowy else "grass", line, path=True)
    yield "surf", lambda: fields.paint_reeds(stage, line)
    yield "boughs", lambda: framing.paint_boughs(stage, "blossom" if stage.rng("bough?").random() < 0.5 else "leaf")


def courtyard(stage: Stage) -> Iterator[Step]:
    """A walled court with a moon gate, a tree and a pond."""
    yield "ranges", lambda: land.ranges(stage, count=2, height=0.16, roughness=0.45)
    yield "court", lambda: courts.paint_courtyard(stage)
    yield "boughs", lambda: framing.paint_boughs(stage, "blossom")


def castle(stage: Stage) -> Iterator[Step]:
    """A castle on its hill with a road to the gate."""
    yield _behind(stage)
    yield "castle", lambda: landmarks.paint_castle(stage)
    yield "copses", lambda: woods.paint_copses(stage, dense=1.3)
    line = ground.rolling(stage, 0.12, 0.06)
    yield "ground", lambda: ground.paint_ground(stage, "snow" if stage.snowy else "grass", line, path=True)
    if not stage.snowy and not stage.overcast:
        yield "flowers", lambda: fields.paint_flowers(stage, line, amount=0.3)
    yield "boughs", lambda: framing.paint_boughs(stage, "pine")


def palace(stage: Stage) -> Iterator[Step]:
    """A palace of red walls and golden roofs over white terraces."""
    yield "ranges", lambda: land.ranges(stage, count=2, height=0.16, roughness=0.45)
    yield "palace", lambda: courts.paint_palace(stage)


def temple(stage: Stage) -> Iterator[Step]:
    """A pagoda and a hall among mountains and pines."""
    yield "karst", lambda: land.karst(stage)
    yield "copses", lambda: woods.paint_copses(stage, dense=1.4)
    line = ground.rolling(stage, 0.12, 0.05)
    yield "temple", lambda: buildings.paint_temple(stage)
    yield "ground", lambda: ground.paint_ground(stage, "snow" if stage.snowy else "grass", line)
    yield "steps", lambda: buildings.paint_temple_steps(stage)
    yield "boughs", lambda: framing.paint_boughs(stage, "pine")


def cave(stage: Stage) -> Iterator[Step]:
    """Within a cave that looks out."""
    yield "ranges", lambda: land.ranges(stage, count=2, height=0.2, roughness=0.45)
    line = ground.rolling(stage, 0.10, 0.03)
    yield "ground", lambda: ground.paint_ground(stage, "rock", line)
    yield "mouth", lambda: caves.paint_cave_mouth(stage)
    yield "crystals", lambda: caves.paint_crystals(stage)


def _behind(stage: Stage) -> Step:
    others = stage.scene.places
    if "snow peaks" in others or (stage.snowy and "mountains" in others):
        return "peaks", lambda: land.peaks(stage, height=0.45, snow=True)
    if "mountains" in others or stage.rng("behind").random() < 0.3:
        return "peaks", lambda: land.peaks(stage, height=0.38, snow=stage.snowy)
    return "ranges", lambda: land.ranges(stage, count=3, height=0.17, roughness=0.42)


TOWNS: Mapping[str, Callable[[Stage], Iterator[Step]]] = {
    "balcony": towers.balcony,
    "city": city,
    "rooftops": rooftops,
    "street": shopping_street,
    "market": market,
    "old street": old_street,
    "ruins": ruined,
    "village": hamlet,
    "chinese village": chinese_village,
    "courtyard": courtyard,
    "castle": castle,
    "palace": palace,
    "temple": temple,
    "stadium": stadium,
    "station": station,
    "cave": cave,
}
