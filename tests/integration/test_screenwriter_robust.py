"""The screenwriter on texts that no writer would send: whole shots or a clear refusal, never a crash."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.core.errors import InvalidArgument
from services.core.model import Language
from services.model_service.engines.storyboard import segmentation
from services.model_service.engines.storyboard.screenwriter import Screenwriter
from tests.integration.screenwriting import board, check, letters, loaded


@pytest.fixture(scope="module")
def writer() -> Screenwriter:
    return loaded()


HOSTILE = [
    "雪" * 5_000,
    "弲弳弴" * 1_500,
    "word " * 1_000,
    "a" * 5_000,
    "he said and " * 400,
    "雪" + "\n" * 10_000 + "山",
    "\n".join("他走。" for _ in range(1_200)),
    "“走吧。”“好。”“你怕吗？”" * 300,
    '"Go!" "No." ' * 400,
    '"' * 19_000 + " a dog ran",
    "“" * 9_000 + "一只猫",
    "# Heading\n\n* one **ran**.\n> two `slept`\n\n| a | b |\n|---|---|\nSee [link](https://x.y/z) 3.14 times.",
    "小明去上学😀😀，看到一只🐱。שלום עולם 他笑了。",
    "7",
    "<p>A <b>dragon</b> slept.</p><script>alert(1)</script> The knight &amp; the dragon woke.",
    "SHE RAN INTO THE FOREST. THE WOLF FOLLOWED HER. NOBODY CAME BACK.",
    "一个人走在很长很长的路上" * 160,
    "the old man walked along the river and looked at the moon " * 40,
    "- 第一，带上水\n- 第二，走进沙漠\n- 第三，找到绿洲\n1. 回家",
    "床前明月光，\n疑是地上霜。\n举头望明月，\n低头思故乡。",
    "Roses are red,\nViolets are blue,\nThe moon is a lantern,\nAnd so are you.",
    "小明 said “hello” 然后 went 回家 at 8:30 p.m. 2026年11月22日，气温-3.5℃，￥100。",
    "他跑他跳他飞他游他走他睡" * 50,
]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:8])
def test_hostile_texts_give_films_too(writer: Screenwriter, text: str, language: Language) -> None:
    for draft in board(writer, text, language).shots:
        check(draft, language)


PIECES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "他走进森林。",
            "“别怕，”她说。",
            "下雨了，",
            "The wolf ran.",
            '"Wait!" said Tom. ',
            "suddenly ",
            "and ",
            "\n\n",
            "……",
            "Mr. ",
            "# ",
            "🎬",
            "雪山",
        ]
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(PIECES, max_size=25),
    shots=st.none() | st.integers(1, 14),
    language=st.sampled_from(Language),
    seed=st.integers(0, 99),
)
def test_any_text_gives_whole_shots_or_is_refused(
    writer: Screenwriter, parts: list[str], shots: int | None, language: Language, seed: int
) -> None:
    text = "".join(parts)
    try:
        made = board(writer, text, language, shots, seed=seed)
    except InvalidArgument:
        assert not any(c.isalnum() for c in segmentation.plain(text))
        return
    assert len(made.shots) == shots if shots else 3 <= len(made.shots) <= 16
    story = set(letters(segmentation.plain(text))) | set("说saidthenarrator")
    assert all(set(letters(draft.narration)) <= story for draft in made.shots)
    for draft in made.shots:
        check(draft, language)
    assert all(entry.name and entry.look for entry in made.bible)
