"""What goes into a picture, in painter's order: each step paints one part of the stage."""

from collections.abc import Callable, Iterator

from services.model_service.engines.keyframe import city, elsewhere, land, landmarks, plants, ruins, sky, village, weather
from services.model_service.engines.keyframe.cast import place_cast
from services.model_service.engines.keyframe.stage import Stage

Step = tuple[str, Callable[[], None]]


def steps(stage: Stage) -> Iterator[Step]:
    """Name and action of every part, from the back to the front."""
    if stage.scene.has("room"):
        yield "room", lambda: elsewhere.paint_room(stage)
    elif stage.scene.has("space"):
        yield "space", lambda: elsewhere.paint_space(stage)
    elif stage.scene.has("underwater"):
        yield "underwater", lambda: elsewhere.paint_underwater(stage)
    else:
        yield from _outdoors(stage)
    yield "cast", lambda: place_cast(stage)
    yield "weather", lambda: weather.paint_weather(stage)


def _outdoors(stage: Stage) -> Iterator[Step]:
    scene = stage.scene
    water = scene.has("sea", "beach", "lighthouse", "river")
    urban = scene.has("city", "street")
    ground = land.ground_of(stage)
    green = ground in {"grass", "forest floor"}
    yield "sky", lambda: sky.paint_sky(stage)
    yield "backdrop", lambda: land.paint_backdrop(stage)
    if water:
        yield "water", lambda: land.paint_water(stage)
    if scene.has("castle"):
        yield "castle", lambda: landmarks.paint_castle(stage)
    if scene.has("lighthouse"):
        yield "lighthouse", lambda: landmarks.paint_lighthouse(stage)
    if urban:
        yield "skyline", lambda: city.paint_skyline(stage)
    if scene.has("forest"):
        yield "forest", lambda: plants.paint_forest(stage)
    elif not (water and not scene.has("river")) and not urban and not scene.has("desert", "ruins"):
        yield "copses", lambda: plants.paint_copses(stage)
    yield "ground", lambda: land.paint_ground(stage)
    if green or "flower" in scene.props:
        flowers = "flower" in scene.props or (scene.has("meadow", "garden") and not stage.overcast)
        yield "grass", lambda: plants.paint_grass(stage, flowers=flowers)
    if water:
        yield "foam", lambda: land.paint_foam(stage)
    if urban:
        yield "street", lambda: city.paint_street(stage)
    if scene.has("ruins"):
        yield "ruins", lambda: ruins.paint_ruins(stage)
    if scene.has("village") or "house" in scene.props:
        yield "village", lambda: village.paint_village(stage)
    if "bridge" in scene.props:
        yield "bridge", lambda: landmarks.paint_bridge(stage)
    if "door" in scene.props:
        yield "door", lambda: landmarks.paint_door(stage)
    if "tree" in scene.props and not scene.has("forest"):
        yield "tree", lambda: plants.paint_lone_tree(stage)
    if scene.has("cave"):
        yield "cave", lambda: landmarks.paint_cave(stage)
    yield "haze", lambda: weather.paint_haze(stage)
    if scene.has("forest") and not stage.dark and not scene.weather & {"rain", "storm"}:
        yield "shafts", lambda: weather.paint_shafts(stage)
