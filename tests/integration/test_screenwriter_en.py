"""The screenwriter at work on English stories: scenes, cast, beats, prompts and what the narrator adds for who has not read it."""

import pytest

from services.core.model import Language, Storyboard
from services.model_service.engines.storyboard.screenwriter import Screenwriter
from tests.integration.screenwriting import LIGHT, VOYAGE, board, loaded


@pytest.fixture(scope="module")
def writer() -> Screenwriter:
    return loaded()


def tell(writer: Screenwriter, text: str, shots: int | None = None) -> Storyboard:
    return board(writer, text, Language.EN, shots)


def test_prompts_follow_the_story(writer: Screenwriter) -> None:
    shots = tell(writer, LIGHT).shots
    assert shots[0].prompt.startswith("lighthouse, dusk, old woman ")
    boy = next(shot for shot in shots if "boat saw" in shot.narration)
    assert {"sea", "night", "boat"} <= set(boy.prompt.split(", "))
    assert "dawn" in shots[-1].prompt
    assert "hugging" in shots[-1].prompt
    assert "storm" not in shots[-1].prompt


def test_looks_are_kept_by_everyone_in_every_shot(writer: Screenwriter) -> None:
    made = tell(writer, LIGHT)
    people = [entry for entry in made.bible if entry.kind == "character"]
    assert [entry.name for entry in people] == ["Mara", "the boy"]
    assert len({entry.look for entry in people}) == len(people)
    assert sum(people[0].look in shot.prompt for shot in made.shots) >= 3


def test_beats_are_the_story_told_in_the_present(writer: Screenwriter) -> None:
    told = " ".join(d.description for d in tell(writer, LIGHT).shots)
    assert "Mara runs out onto the gallery" in told
    assert "lifts her lantern high above her head" in told


@pytest.mark.parametrize(
    ("text", "name", "look"),
    [
        ("A girl named Poppy kept a garden. Poppy watered the roses.", "Poppy", "girl"),
        ("Her captain was a woman named Ada, who wore a long blue coat. Ada turned the wheel.", "Ada", "in a long blue coat"),
        ("Old Tom the fisherman mended a net. Tom looked at the sea.", "Tom", "sailor"),
        ("Mia was seven years old. Mia walked to school through the snow.", "Mia", "girl"),
    ],
)
def test_names_get_the_role_and_the_dress_that_the_story_gives_them(writer: Screenwriter, text: str, name: str, look: str) -> None:
    entry = next(entry for entry in tell(writer, text).bible if entry.kind == "character")
    assert entry.name == name
    assert look in entry.look


def test_a_title_and_a_name_are_one_person_and_a_ship_is_no_bird(writer: Screenwriter) -> None:
    names = [entry.name for entry in tell(writer, VOYAGE).bible if entry.kind == "character"]
    assert {"Finn", "Ada", "the whale"} <= set(names)
    assert not {"the captain", "the swallow"} & set(names)


def test_a_teller_who_says_i_is_somebody(writer: Screenwriter) -> None:
    text = "I lived by the sea with my grandmother. Every day I walked to the lighthouse. At night I counted the stars."
    made = tell(writer, text, 3)
    assert "the narrator" in {entry.name for entry in made.bible}
    assert all("child" in shot.prompt for shot in made.shots)


def test_things_that_only_sound_like_others_are_not_seen(writer: Screenwriter) -> None:
    text = "The sun rose over the desert. She could not bear the heat, as hot as a fire. The waves of sand were as high as houses."
    prompts = " ".join(shot.prompt for shot in tell(writer, text, 3).shots)
    assert not any(word in prompts for word in ("flower", "rose", "bear", "campfire", "house"))


def test_a_listener_hears_who_does_it_and_who_says_it(writer: Screenwriter) -> None:
    shots = tell(writer, LIGHT, 12).shots
    assert any(d.narration.startswith("Mara lifted her lantern") for d in shots)
    told = " ".join(d.narration for d in tell(writer, VOYAGE).shots)
    assert '"My grandfather\'s lantern," said Finn.' in told
