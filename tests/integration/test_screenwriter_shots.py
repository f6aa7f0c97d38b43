"""The screenwriter's shots, in both languages: how many, how long, how one follows another; equal asks get equal bytes."""

import json
import re
from itertools import pairwise

import pytest

from services.core import codec
from services.core.errors import Cancelled, InvalidArgument
from services.core.model import Language
from services.core.requests import StoryboardRequest
from services.model_service.engines.storyboard.screenwriter import Screenwriter
from tests.integration.screenwriting import LIGHT, PLAIN, SNOW, STORIES, VOYAGE, Patient, board, body, check, letters, loaded, run

HAN = re.compile(r"[\u2e80-\u9fff]")


@pytest.fixture(scope="module")
def writer() -> Screenwriter:
    return loaded()


@pytest.mark.parametrize(("text", "language"), STORIES)
@pytest.mark.parametrize("shots", [None, 1, 3, 5, 9, 16, 60])
def test_every_shot_is_whole_and_there_are_as_many_as_asked(
    writer: Screenwriter, text: str, language: Language, shots: int | None
) -> None:
    drafts = board(writer, text, language, shots).shots
    assert len(drafts) == shots if shots else 4 <= len(drafts) <= 14
    for draft in drafts:
        check(draft, language)
    assert len({draft.title for draft in drafts}) >= min(len(drafts), 12)


@pytest.mark.parametrize(("text", "language"), STORIES)
@pytest.mark.parametrize("shots", [3, 5, 9, 16])
def test_the_narration_is_the_story_in_its_own_words_and_order(
    writer: Screenwriter, text: str, language: Language, shots: int
) -> None:
    made = board(writer, text, language, shots)
    story = letters(text)
    names = {letters(entry.name) for entry in made.bible}
    at = 0
    for draft in made.shots:
        for clause in re.split(r"[，。！？；：、,.!?;:“”\"]+", draft.narration):
            words = letters(clause)
            bare = [words, words.removeprefix("and"), *(words.removeprefix(name) for name in names)]
            found = max(story.find(candidate, at) for candidate in bare)
            if found < 0:  # a pronoun in it gave way to the name
                found = max((story.find(part, at) for name in names for part in words.split(name) if part), default=-1)
            assert found >= at, (clause, "is not the story's, or stands before what was told already")
            at = found


@pytest.mark.parametrize(("text", "language"), STORIES)
@pytest.mark.parametrize("shots", [None, 3, 8])
def test_first_and_last_words_are_told(writer: Screenwriter, text: str, language: Language, shots: int | None) -> None:
    told = [letters(draft.narration) for draft in board(writer, text, language, shots).shots if draft.narration]
    assert told[0].startswith(letters(body(text))[:6])
    assert told[-1].endswith(letters(body(text))[-6:])


@pytest.mark.parametrize(
    ("style", "zh", "en"),
    [
        ("movie", "电影风格", "Movie style"),
        ("ink", "水墨风格", "Ink wash style"),
        ("赛博朋克", "赛博朋克风格", "Cyberpunk style"),
        ("noir", "noir风格", "Noir style"),
        ("", "电影风格", "Movie style"),
    ],
)
def test_one_style_holds_for_all_shots(writer: Screenwriter, style: str, zh: str, en: str) -> None:
    assert all(d.description.startswith(f"{zh}。") for d in board(writer, SNOW, Language.ZH, style=style).shots)
    assert all(d.description.startswith(f"{en}. ") for d in board(writer, LIGHT, Language.EN, style=style).shots)


def test_each_language_keeps_to_itself(writer: Screenwriter) -> None:
    english = board(writer, LIGHT, Language.EN)
    chinese = board(writer, SNOW, Language.ZH)
    assert not HAN.search(json.dumps(codec.storyboard_to_json(english), ensure_ascii=False))
    for draft in chinese.shots:
        spoken = draft.title + draft.description + draft.narration + draft.camera + draft.voice
        assert not re.search("[A-Za-z]", spoken)
        assert 2 <= len(draft.title) <= 8
    for draft in english.shots:
        assert 2 <= len(draft.title.split()) <= 5


def test_the_film_opens_wide_and_never_repeats_itself_at_once(writer: Screenwriter) -> None:
    for text, language in STORIES:
        drafts = board(writer, text, language).shots
        assert drafts[0].framing == "establishing"
        assert drafts[0].transition == "none"
        assert all(a.camera != b.camera for a, b in pairwise(drafts))
        assert len({d.framing for d in drafts}) >= 3


@pytest.mark.parametrize("style", ["movie", "cartoon", "cyberpunk", "storybook", "ink"])
def test_transitions_are_mostly_cuts_and_dissolves(writer: Screenwriter, style: str) -> None:
    for text, language in [*STORIES, (VOYAGE, Language.EN)]:
        found = [d.transition for d in board(writer, text, language, style=style).shots]
        assert sum(t not in PLAIN for t in found) <= len(found) / 3 + 1
        assert not any(a not in PLAIN and b not in PLAIN for a, b in pairwise(found))
        assert len(set(found)) >= 2


def test_a_gap_in_time_fades_and_a_storybook_ends_in_an_iris(writer: Screenwriter) -> None:
    five = board(writer, SNOW, Language.ZH, 5).shots
    assert five[4].transition == "fade"
    tale = board(writer, LIGHT, Language.EN, style="storybook").shots
    assert tale[-1].transition == "iris"
    robots = (
        "The robot stood in the street. Then it walked into the factory. After that it crossed the desert to the sea. It slept."
    )
    assert "pixelate" in {d.transition for d in board(writer, robots, Language.EN, 4, style="cyberpunk").shots}


def test_a_shot_lasts_as_long_as_its_words(writer: Screenwriter) -> None:
    for text, language in STORIES:
        for draft in board(writer, text, language).shots:
            spoken = len(draft.narration) / 4.6 if language is Language.ZH else len(draft.narration.split()) / 2.7
            assert spoken <= draft.seconds <= spoken + 4


@pytest.mark.parametrize(
    ("text", "language", "place"),
    [
        ("两名旅人在雪山中迷路的故事", Language.ZH, "snow peaks"),
        ("花田里的冒险", Language.ZH, "meadow"),
        ("穿越沙漠寻找古城", Language.ZH, "desert"),
        ("Two travellers lost in the snow mountains", Language.EN, "snow peaks"),
    ],
)
def test_one_sentence_is_covered_from_afar_to_near_and_out_again(
    writer: Screenwriter, text: str, language: Language, place: str
) -> None:
    drafts = board(writer, text, language).shots
    assert [d.framing for d in drafts] == ["establishing", "medium", "close", "detail", "wide"]
    assert all(d.prompt.startswith(place) for d in drafts)
    told = [letters(d.narration) for d in drafts if d.narration]
    assert told
    assert len(set(told)) == len(told)
    assert "".join(told) in letters(text)
    assert "的故事" not in drafts[0].narration
    for draft in drafts:
        check(draft, language)


def test_seeds_are_takes_and_equal_requests_give_equal_bytes(writer: Screenwriter) -> None:
    other = Screenwriter()
    for text, language in STORIES:
        first = json.dumps(run(writer, text, language, seed=7).meta["storyboard"], ensure_ascii=False)
        assert first == json.dumps(run(other, text, language, seed=7).meta["storyboard"], ensure_ascii=False)
        assert first != json.dumps(run(writer, text, language, seed=8).meta["storyboard"], ensure_ascii=False)


def test_a_story_of_symbols_is_refused_and_a_cancelled_one_stops(writer: Screenwriter) -> None:
    with pytest.raises(InvalidArgument, match="no words"):
        run(writer, "🎬 🎉", Language.EN)

    class Gone(Patient):
        def progress(self, fraction: float, stage: str = "") -> None:
            raise Cancelled("CANCELLED")

    with pytest.raises(Cancelled):
        writer.run(StoryboardRequest(text=SNOW, title="", style="movie", language=Language.ZH), Gone())
