"""What goes into a picture, in painter's order: each step paints one part of the stage."""

from collections.abc import Iterator

from services.model_service.engines.keyframe import city, elsewhere, framing, landmarks, ruins, sky, village, weather, woods
from services.model_service.engines.keyframe.cast import place_cast
from services.model_service.engines.keyframe.outdoors import OUTDOORS, Step, meadow
from services.model_service.engines.keyframe.stage import Stage


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
    yield "focus", lambda: framing.focus(stage)
    yield "cast", lambda: place_cast(stage)
    yield "weather", lambda: weather.paint_weather(stage)


def _outdoors(stage: Stage) -> Iterator[Step]:
    scene = stage.scene
    yield "sky", lambda: sky.paint_sky(stage)
    recipe = next((OUTDOORS[place] for place in scene.places if place in OUTDOORS), meadow)
    yield from recipe(stage)
    if scene.has("castle"):
        yield "castle", lambda: landmarks.paint_castle(stage)
    if scene.has("city", "street"):
        yield "skyline", lambda: city.paint_skyline(stage)
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
        yield "tree", lambda: woods.paint_lone_tree(stage)
    if scene.has("cave"):
        yield "cave", lambda: landmarks.paint_cave(stage)
    yield "haze", lambda: weather.paint_haze(stage)
