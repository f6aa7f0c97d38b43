"""The screenwriter's words and the painter's: what the one writes into a prompt, the other sees."""

import tomllib
from importlib.resources import files

import pytest

from services.core.model import Language
from services.core.requests import KeyframeRequest
from services.model_service.engines.keyframe import lexicon
from services.model_service.engines.keyframe.scene import read_scene
from services.model_service.engines.storyboard.screenwriter import Screenwriter
from tests.integration.screenwriting import CHAPTER, LIGHT, SNOW, VOYAGE, board, loaded

PACKAGE = "services.model_service.engines.storyboard"
MADE_UP_OF = {"two travellers": "traveller", "stumbling": "", "looking": ""}
"""Tags that the painter reads as others, or leaves to the framing."""


@pytest.fixture(scope="module")
def writer() -> Screenwriter:
    return loaded()


def tags(kind: str) -> list[str]:
    tables = [
        tomllib.loads((files(PACKAGE) / name).read_text("utf-8"))
        for name in ("lexicon.toml", "cast.toml", "places.toml", "menagerie.toml")
    ]
    return [slug for table in tables for slug in table.get(kind, {})]


@pytest.mark.parametrize(("kind", "group"), [("place", "place"), ("time", "time"), ("weather", "weather"), ("figure", "figure")])
def test_the_painter_knows_every_tag(kind: str, group: str) -> None:
    seen = {tag: {(found.group, found.tag) for found in lexicon.find(tag)} for tag in tags(kind)}
    unknown = [tag for tag, found in seen.items() if (group, MADE_UP_OF.get(tag, tag)) not in found]
    assert not unknown


def test_the_painter_knows_most_things() -> None:
    props = tags("prop")
    known = [tag for tag in props if any(found.group in ("prop", "figure") for found in lexicon.find(tag))]
    assert len(known) >= 0.97 * len(props), set(props) - set(known)


@pytest.mark.parametrize(
    ("text", "language"), [(SNOW, Language.ZH), (CHAPTER, Language.ZH), (LIGHT, Language.EN), (VOYAGE, Language.EN)]
)
def test_what_is_written_is_what_is_painted(writer: Screenwriter, text: str, language: Language) -> None:
    made = board(writer, text, language)
    for draft in made.shots:
        scene = read_scene(
            KeyframeRequest(
                prompt=draft.prompt, style="movie", language=language, width=640, height=360, seed=1, framing=draft.framing,
                mood=draft.voice, bible=made.bible,
            )
        )  # fmt: skip
        written = draft.prompt.split(", ")
        assert not scene.guessed
        assert scene.places[0] == written[0].removeprefix("unlit ")
        assert ("lighthouse" in scene.unlit) == written[0].startswith("unlit ")
        assert scene.time == next(tag for tag in written if tag in ("dawn", "morning", "day", "dusk", "night"))
        people = {figure.tag for figure in scene.figures}
        for role in ("girl", "boy", "old man", "old woman", "woman", "fox", "whale", "puppy"):
            assert (role in people) == any(part == role or part.startswith(f"{role} ") for part in written), (role, draft.prompt)
