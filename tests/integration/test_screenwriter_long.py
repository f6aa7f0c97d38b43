"""The screenwriter at work on chapters: covered from beginning to end, in a film of a few minutes, in linear time."""

import re
import time

import pytest

from services.core.model import Language
from services.model_service.engines.storyboard.screenwriter import Screenwriter
from tests.integration.screenwriting import CHAPTER, LIGHT, SNOW, VOYAGE, board, body, check, letters, loaded

LIMIT_CPU_SECONDS = 12.0
"""Several times what it takes: what is asked here is that it does not grow with the square of the text."""


@pytest.fixture(scope="module")
def writer() -> Screenwriter:
    return loaded()


def places(text: str, narrations: list[str]) -> list[float]:
    """Where in the story, from 0 to 1, each narration's longest clause stands."""
    story = letters(body(text))
    found = []
    for narration in narrations:
        clause = max(re.split(r"[，。！？；：、,.!?;:“”\"]+", narration), key=len)
        at = story.find(letters(clause)[-8:])
        if at >= 0:
            found.append(at / len(story))
    return found


@pytest.mark.parametrize(
    ("text", "language", "fewest", "most"), [(CHAPTER, Language.ZH, 36, 47), (VOYAGE, Language.EN, 26, 40)], ids=["zh", "en"]
)
def test_a_chapter_is_covered_evenly(writer: Screenwriter, text: str, language: Language, fewest: int, most: int) -> None:
    drafts = board(writer, text, language).shots
    assert fewest <= len(drafts) <= most
    assert 130 <= sum(d.seconds for d in drafts) <= 330
    for draft in drafts:
        check(draft, language)
    told = places(text, [d.narration for d in drafts])
    assert len(told) >= len(drafts) * 0.8
    for fifth in range(5):
        share = sum(fifth / 5 <= at < (fifth + 1) / 5 for at in told) / len(told)
        assert 0.1 <= share <= 0.35, (fifth, share)


def test_a_chapter_s_people_and_places_are_told_apart(writer: Screenwriter) -> None:
    made = board(writer, CHAPTER, Language.ZH, style="anime")
    names = {entry.name for entry in made.bible if entry.kind == "character"}
    assert {"阿禾", "阿岩", "爷爷", "白狐", "老婆婆"} <= names
    assert "我" not in names
    seen = {draft.prompt.split(", ")[0] for draft in made.shots}
    assert {"village", "forest", "river", "desert", "ruins", "snow peaks", "cave"} <= seen
    hero = next(entry for entry in made.bible if entry.name == "阿禾")
    assert "围红围巾的女孩" in hero.look


@pytest.mark.parametrize(("text", "language"), [(SNOW * 200, Language.ZH), (CHAPTER * 4, Language.ZH), (LIGHT * 40, Language.EN)])
def test_twenty_thousand_characters_take_seconds_and_give_minutes(writer: Screenwriter, text: str, language: Language) -> None:
    began = time.process_time()
    drafts = board(writer, text[:20_000], language).shots
    assert time.process_time() - began < LIMIT_CPU_SECONDS
    assert 38 <= len(drafts) <= 47
    assert sum(d.seconds for d in drafts) <= 400


@pytest.mark.parametrize("shots", [1, 7, 60, 200])
def test_a_chapter_has_as_many_shots_as_asked(writer: Screenwriter, shots: int) -> None:
    drafts = board(writer, CHAPTER, Language.ZH, shots).shots
    assert len(drafts) == shots
    for draft in drafts:
        check(draft, Language.ZH)
