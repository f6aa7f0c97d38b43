"""Shots told anew by the screenwriter: another look at the same line, and what a director asks for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.core import codec
from services.core.model import Language, ShotDraft
from services.core.requests import RewriteRequest
from services.model_service.engines.storyboard.screenwriter import Screenwriter
from tests.integration.screenwriting import LIGHT, SNOW, STORIES, Patient, board, check, loaded


@pytest.fixture(scope="module")
def writer() -> Screenwriter:
    return loaded()


def rewrite(
    writer: Screenwriter, text: str, language: Language, draft: ShotDraft, sequence: int, *, instruction: str = "", seed: int = 1
) -> ShotDraft:
    request = RewriteRequest(
        text=text, style="movie", language=language, sequence=sequence, total=5, draft=draft, instruction=instruction, seed=seed
    )
    return codec.draft_from_json(writer.run(request, Patient()).meta["draft"])


@pytest.mark.parametrize(("text", "language"), STORIES)
def test_a_rewrite_looks_again_and_leaves_the_narration(writer: Screenwriter, text: str, language: Language) -> None:
    for number, draft in enumerate(board(writer, text, language, 5).shots, 1):
        again = rewrite(writer, text, language, draft, number)
        check(again, language)
        assert again.narration == draft.narration
        assert again.framing != draft.framing
        assert again.camera != draft.camera
        assert again.description != draft.description
        assert again.transition == draft.transition
        assert again == rewrite(writer, text, language, draft, number)


def test_an_instruction_becomes_the_core_and_changes_the_picture(writer: Screenwriter) -> None:
    draft = board(writer, SNOW, Language.ZH, 5).shots[1]
    again = rewrite(writer, SNOW, Language.ZH, draft, 2, instruction="需要极光星空画面")
    assert "：极光星空画面，先" in again.description
    assert "暴风雪" not in again.description
    assert {"snow peaks", "night", "aurora", "stars", "two travellers"} <= set(again.prompt.split(", "))
    assert again.voice == "惊奇"


def test_an_instruction_in_film_words_is_obeyed(writer: Screenwriter) -> None:
    draft = board(writer, LIGHT, Language.EN, 5).shots[2]
    again = rewrite(writer, LIGHT, Language.EN, draft, 3, instruction="Make it a close-up, handheld, more hopeful.")
    assert (again.framing, again.camera, again.voice) == ("close", "Handheld", "hopeful")
    again = rewrite(writer, SNOW, Language.ZH, board(writer, SNOW, Language.ZH, 5).shots[2], 3, instruction="大远景，镜头拉远")
    assert (again.framing, again.camera) == ("establishing", "镜头拉远")


def test_a_shot_that_somebody_else_wrote_or_emptied_can_be_rewritten(writer: Screenwriter) -> None:
    again = rewrite(writer, SNOW, Language.ZH, ShotDraft(), 4)
    check(again, Language.ZH)
    assert again.narration == ""
    foreign = ShotDraft(
        title="x",
        description="全由别人写的",
        narration="与原文无关的一句话。",
        camera="??",
        framing="odd",
        transition="wipe",
        voice="?",
    )
    again = rewrite(writer, SNOW, Language.ZH, foreign, 99)
    check(again, Language.ZH)
    assert again.narration == foreign.narration


@settings(max_examples=30, deadline=None)
@given(instruction=st.text(max_size=60), sequence=st.integers(1, 5), seed=st.integers(0, 9))
def test_any_instruction_gives_a_whole_draft(writer: Screenwriter, instruction: str, sequence: int, seed: int) -> None:
    draft = ShotDraft(narration="他们迷路了。", framing="wide", camera="镜头推进", voice="紧张")
    check(rewrite(writer, SNOW, Language.ZH, draft, sequence, instruction=instruction, seed=seed), Language.ZH)
