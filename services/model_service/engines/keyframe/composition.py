"""What goes into a picture, in painter's order: each step paints one part of the stage."""

from collections.abc import Callable, Iterator, Mapping

from services.model_service.engines.keyframe import (
    afloat,
    bridges,
    depths,
    eyes,
    framing,
    gates,
    grand,
    halls,
    homes,
    land,
    landmarks,
    sky,
    space,
    towers,
    village,
    water,
    weather,
    woods,
)
from services.model_service.engines.keyframe.cast import place_cast
from services.model_service.engines.keyframe.outdoors import OUTDOORS, Step, meadow
from services.model_service.engines.keyframe.places import is_kind_of
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.towns import TOWNS

INDOORS: Mapping[str, Callable[[Stage], None]] = {
    "room": homes.plain_room,
    "living room": homes.living_room,
    "bedroom": homes.bedroom,
    "study": homes.study,
    "kitchen": homes.kitchen,
    "chinese room": homes.chinese_room,
    "classroom": halls.classroom,
    "hospital": halls.hospital,
    "office": halls.office,
    "library": halls.library,
    "cafe": halls.cafe,
    "shop": halls.shop,
    "laboratory": halls.laboratory,
    "corridor": halls.corridor,
    "prison": halls.prison,
    "throne room": grand.throne_room,
    "church": grand.church,
    "stage": grand.theatre,
    "factory": grand.factory,
    "carriage": grand.carriage,
    "spaceship": grand.spaceship,
    "stairs": towers.stairwell,
}


def steps(stage: Stage) -> Iterator[Step]:
    """Name and action of every part, from the back to the front."""
    scene = stage.scene
    indoors = next((place for place in scene.places if is_kind_of(place, "room")), None)
    if indoors is not None:
        yield indoors, lambda: INDOORS[indoors](stage)
    elif "orbit" in scene.places:
        yield "orbit", lambda: space.paint_orbit(stage)
    elif scene.has("space"):
        yield "space", lambda: space.paint_space(stage)
    elif scene.has("underwater"):
        yield "underwater", lambda: depths.paint_underwater(stage, wreck="wreck" in scene.places)
    else:
        yield from _outdoors(stage)
    yield "focus", lambda: framing.focus(stage)
    if "glowing eyes" in scene.props and not scene.has("underwater", "space"):
        yield "eyes", lambda: eyes.paint_eyes(stage)
    yield "cast", lambda: place_cast(stage)
    yield "weather", lambda: weather.paint_weather(stage)
    yield "folding", lambda: _fold(stage)


def _outdoors(stage: Stage) -> Iterator[Step]:
    """The first named place sets the scene, others and things add what they can to it."""
    scene = stage.scene
    yield "sky", lambda: sky.paint_sky(stage)
    if "ship's deck" in scene.places:
        yield "ranges", lambda: land.ranges(stage, count=1, height=0.06, roughness=0.45, share=0.5)
        yield "water", lambda: water.paint_water(stage, calm=False)
        if "storm" in scene.weather:
            yield "breakers", lambda: afloat.paint_breakers(stage)
        yield "deck", lambda: afloat.paint_deck(stage)
    else:
        recipes = {**OUTDOORS, **TOWNS}
        yield from recipes.get(_setting(scene.places), meadow)(stage)
    first = _setting(scene.places)
    if scene.has("castle") and first not in {"castle", "palace"}:
        yield "castle", lambda: landmarks.paint_castle(stage)
    if "house" in scene.props and not scene.has("village", "city", "street"):
        yield "house", lambda: village.paint_house(stage)
    if "bridge" in scene.props:
        yield "bridge", lambda: bridges.paint_bridge(stage)
    if "door" in scene.props:
        yield "door", lambda: gates.paint_entrance(stage)
    if "tree" in scene.props and not scene.has("forest"):
        yield "tree", lambda: woods.paint_lone_tree(stage)
    if first != "cave":
        yield "haze", lambda: weather.paint_haze(stage)


def _setting(places: tuple[str, ...]) -> str:
    """The place that sets the scene: towns and buildings before the land around them."""
    if "balcony" in places:
        return "balcony"
    strong = [place for place in places if place in TOWNS]
    if strong and places[0] not in {"sea", "beach", "harbour", "rooftops"}:
        return strong[0]
    return next((place for place in places if place in TOWNS or place in OUTDOORS), "meadow")


def _fold(stage: Stage) -> None:
    """Keep at most seven layers: where rain or snow drifts in the air, the clouds lie still on the sky."""
    air, clouds = stage.layers["air"].rgba, stage.layers["clouds"].rgba
    if air[..., 3].any():
        stage.layers["sky"].blend(clouds)
        clouds[:] = 0
