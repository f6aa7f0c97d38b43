"""The painter's places: every word leads to a place of its own, light and weather differ, any size composes."""

from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from services.core.model import Language
from services.core.requests import KeyframeRequest
from services.core.vocabulary import Framing, Mood
from services.model_service.engines.keyframe import lexicon
from services.model_service.engines.keyframe.canvas import Frame, luma
from services.model_service.engines.keyframe.composition import INDOORS, steps
from services.model_service.engines.keyframe.outdoors import OUTDOORS
from services.model_service.engines.keyframe.places import is_kind_of, settled
from services.model_service.engines.keyframe.scene import read_scene
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.towns import TOWNS
from services.model_service.engines.keyframe.words_settings import FAMILIES, PLACES, TIMES, WEATHER

ELSEWHERE = {"space", "orbit", "underwater", "wreck", "ship's deck"}


def request(prompt: str, *, mood: str = "", framing: str = "wide") -> KeyframeRequest:
    return KeyframeRequest(
        prompt=prompt, style="movie", language=Language.EN, width=160, height=96, seed=4, mood=mood, framing=framing
    )


def painted(prompt: str, *, seed: int = 4, size: tuple[int, int] = (160, 96), mood: str = "", framing: str = "wide") -> Stage:
    """The stage of an empty scene, all its places painted."""
    stage = Stage.build(read_scene(request(prompt, mood=mood, framing=framing)), Frame(*size), seed)
    for _, paint in steps(stage):
        paint()
    return stage


def picture(stage: Stage) -> npt.NDArray[Any]:
    """The layers composed, 3 × H × W."""
    out = np.zeros((3, stage.frame.height, stage.frame.width), np.float32)
    for layer in stage.layers.values():
        planes = layer.rgba.transpose(2, 0, 1)
        out = out * (1 - planes[3]) + planes[:3]
    return np.clip(out, 0, 1)


def test_every_place_has_a_painter_and_every_painter_a_word() -> None:
    assert {*INDOORS, *OUTDOORS, *TOWNS, *ELSEWHERE} == set(PLACES)
    assert {place for place in PLACES if is_kind_of(place, "room")} == set(INDOORS)
    assert {*FAMILIES, *FAMILIES.values()} <= set(PLACES)


@pytest.mark.parametrize("group", [PLACES, TIMES, WEATHER], ids=["places", "times", "weather"])
def test_every_tag_has_words_in_both_languages(group: dict[str, str]) -> None:
    for tag, spellings in group.items():
        words = spellings.split("|")
        assert any(word.isascii() for word in words), tag
        assert any(not word.isascii() for word in words), tag


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("老街，夜晚", "old street"),
        ("竹林里的小路", "bamboo forest"),
        ("她坐在教室里", "classroom"),
        ("监狱的牢房", "prison"),
        ("梯田，清晨", "rice terraces"),
        ("the throne room at night", "throne room"),
        ("on the ship's deck", "ship's deck"),
        ("a pagoda in the fog", "temple"),
        ("inside the spaceship", "spaceship"),
        ("火山喷发", "volcano"),
    ],
)
def test_words_name_fine_places(text: str, place: str) -> None:
    assert read_scene(request(text)).places[0] == place


def test_a_later_line_makes_the_place_finer_but_never_another() -> None:
    assert settled(("room",), ("classroom", "forest")) == ("classroom",)
    assert settled(("forest", "castle"), ("bamboo forest",)) == ("bamboo forest", "castle")
    assert settled(("meadow",), ("classroom",)) == ("meadow",)
    assert settled((), ("river", "waterfall")) == ("waterfall",)
    assert read_scene(request("room, night\nshe waits in the hospital ward")).has("room")


@pytest.mark.parametrize("place", sorted(PLACES))
def test_every_place_fills_the_picture(place: str) -> None:
    stage = painted(f"{place}, day")
    assert stage.layers["sky"].rgba[..., 3].min() == 1
    assert np.isfinite(picture(stage)).all()
    ground = picture(stage)[:, -30:]
    tones = luma(ground)
    assert float(tones.std()) > 0.004, "the ground is empty"
    below = np.maximum.reduce([stage.layers[name].rgba[-1, :, 3] for name in ("sky", "far", "mid", "ground")])
    assert below.min() > 0.99


def test_places_differ_from_one_another() -> None:
    seen = {place: picture(painted(f"{place}, day", size=(96, 56))) for place in PLACES if place not in {"room", "forest"}}
    for a, b in combinations(seen, 2):
        assert float(np.abs(seen[a] - seen[b]).mean()) > 0.012, (a, b)


@pytest.mark.parametrize("place", ["village", "street", "lake"])
def test_the_hours_differ(place: str) -> None:
    hours = {time: picture(painted(f"{place}, {time}")) for time in TIMES}
    for a, b in combinations(hours, 2):
        assert float(np.abs(hours[a] - hours[b]).mean()) > 0.03, (a, b)
    assert float(luma(hours["night"]).mean()) < float(luma(hours["blue hour"]).mean()) < float(luma(hours["day"]).mean())


def test_every_weather_is_seen() -> None:
    plain = picture(painted("village, day"))
    for weather in sorted(set(WEATHER) - {"clear"}):
        time = "night" if weather in {"aurora", "stars"} else "day"
        calm = plain if time == "day" else picture(painted("village, night"))
        changed = np.abs(picture(painted(f"village, {time}, {weather}")) - calm).max(0)
        assert float((changed > 0.08).mean()) > 0.02, weather


@pytest.mark.parametrize("prompt", ["village, day", "living room, day", "mountains, dusk"])
def test_moods_change_the_light(prompt: str) -> None:
    moods = {mood: picture(painted(prompt, mood=mood.value)) for mood in Mood}
    for a, b in combinations(moods, 2):
        assert float(np.abs(moods[a] - moods[b]).mean()) > 0.004, (a, b)
    despair, joy = moods[Mood.DESPAIR], moods[Mood.JOY]
    assert float(luma(despair).mean()) < float(luma(joy).mean())
    assert float((despair.max(0) - despair.min(0)).mean()) < float((joy.max(0) - joy.min(0)).mean())


@pytest.mark.parametrize("size", [(64, 64), (96, 168), (240, 64), (64, 240), (128, 96)])
@pytest.mark.parametrize("prompt", ["old street, night, rain", "forest, morning", "library, day", "harbour, dusk", "palace, snow"])
def test_any_size_composes(prompt: str, size: tuple[int, int]) -> None:
    shown = picture(painted(prompt, size=size))
    assert shown.shape == (3, size[1], size[0])
    upper = luma(shown[:, : size[1] // 2])
    assert float(upper.std()) > 0.01, "the upper half is void"


@pytest.mark.parametrize("framing", list(Framing))
def test_framings_are_composed_apart(framing: Framing) -> None:
    stage = painted("mountains, dusk", framing=framing.value)
    wide = painted("mountains, dusk")
    if framing is Framing.LOW:
        assert stage.horizon > wide.horizon
        assert stage.rise > wide.rise
    assert framing is Framing.WIDE or float(np.abs(picture(stage) - picture(wide)).mean()) > 0.004


def test_near_shots_throw_the_background_out_of_focus() -> None:
    def edges(framing: str) -> float:
        view = luma(picture(painted("city, day", framing=framing, size=(320, 184))))
        return float(np.abs(np.diff(view[:100], axis=1)).mean())

    assert edges("close") < 0.6 * edges("wide")


def test_another_seed_composes_anew() -> None:
    takes = [picture(painted("mountains, dusk", seed=seed)) for seed in range(4)]
    assert min(float(np.abs(a - b).mean()) for a, b in combinations(takes, 2)) > 0.02


def test_nothing_hides_the_figures_ground_or_the_subtitles() -> None:
    for place in ("forest", "city", "village", "mountains", "classroom", "beach", "old street"):
        front = painted(f"{place}, day").layers["front"].rgba[..., 3]
        height, width = front.shape
        middle = front[int(height * 0.35) : int(height * 0.86), int(width * 0.3) : int(width * 0.7)]
        assert float(middle.mean()) < 0.06, place


@pytest.mark.parametrize("prompt", ["village, day", "village, rain", "old street, night, snow", "forest, wind"])
def test_there_are_at_most_seven_layers_and_the_clouds_wrap_around(prompt: str) -> None:
    stage = painted(prompt, size=(320, 184))
    used = [name for name, layer in stage.layers.items() if layer.rgba.any() or name == "cast"]
    assert len(used) <= 7
    clouds = stage.layers["clouds"].rgba[..., 3]
    assert float(np.abs(clouds[:, 0] - clouds[:, -1]).mean()) < 0.08


def test_a_layer_goes_on_behind_what_nearer_ones_cover() -> None:
    stage = painted("lake, day", size=(320, 184))
    ground = stage.layers["ground"].rgba[..., 3]
    shore = int(np.argmax(ground.mean(1) > 0.9))
    reach = min(shore + int(0.12 * 184), 183)
    assert stage.layers["mid"].rgba[shore:reach, :, 3].min() > 0.99


def test_equal_scenes_give_equal_layers() -> None:
    first, second = painted("temple, dawn, fog"), painted("temple, dawn, fog")
    for name, layer in first.layers.items():
        assert np.array_equal(layer.rgba, second.layers[name].rgba), name


def test_every_word_of_a_place_is_read_alone() -> None:
    for tag, spellings in PLACES.items():
        for word in spellings.split("|"):
            found = [f.tag for f in lexicon.find(word) if f.group == "place"]
            assert found, (tag, word)
