"""The screenwriter at work on Chinese stories: scenes, cast, beats, prompts and what the narrator adds for who has not read it."""

import pytest

from services.core.model import Language, Storyboard
from services.model_service.engines.storyboard.screenwriter import Screenwriter
from tests.integration.screenwriting import BOOKSHOP, SAMPLES, SNOW, board, body, letters, loaded


@pytest.fixture(scope="module")
def writer() -> Screenwriter:
    return loaded()


def tell(writer: Screenwriter, text: str, shots: int | None = None) -> Storyboard:
    return board(writer, text, Language.ZH, shots)


def test_the_sample_of_five_scenes_is_five_shots_that_say_all_of_it(writer: Screenwriter) -> None:
    text = (SAMPLES / "zh_snow_mountain.txt").read_text(encoding="utf-8")
    drafts = tell(writer, text).shots
    assert len(drafts) == 5
    assert letters("".join(d.narration for d in drafts)) == letters(body(text))


def test_place_time_and_weather_carry_over_until_the_story_changes_them(writer: Screenwriter) -> None:
    shots = tell(writer, SNOW, 5).shots
    assert [shot.prompt.split(", ")[0] for shot in shots] == ["snow peaks", "snow peaks", "cave", "snow peaks", "village"]
    times = [next(t for t in ("dusk", "night", "morning") if t in shot.prompt) for shot in shots]
    assert times == ["dusk", "dusk", "night", "night", "morning"]
    assert all("two travellers" in shot.prompt and "两名旅人" in shot.prompt for shot in shots)
    assert "aurora" in shots[3].prompt
    assert "snow" not in shots[4].prompt
    assert "puppy" in shots[4].prompt


def test_looks_are_kept_by_everyone_in_every_shot(writer: Screenwriter) -> None:
    for text in (SNOW, BOOKSHOP):
        made = tell(writer, text)
        people = [entry for entry in made.bible if entry.kind == "character"]
        assert len({entry.look for entry in people}) == len(people)
        assert sum(people[0].look in shot.prompt for shot in made.shots) >= 2
    girl = next(entry for entry in tell(writer, BOOKSHOP).bible if entry.name == "小女孩")
    assert "穿黄雨衣" in girl.look


def test_a_name_and_what_it_is_are_one(writer: Screenwriter) -> None:
    names = [e.name for e in tell(writer, BOOKSHOP).bible if e.kind == "character"]
    assert sorted(names) == ["小女孩", "老周", "黑猫"]


def test_beats_are_the_story_told_in_the_present(writer: Screenwriter) -> None:
    drafts = tell(writer, SNOW, 5).shots
    assert "先是风停了，然后两名旅人抬头望向星空，最后绿色的极光在雪峰上方流动" in drafts[3].description


@pytest.mark.parametrize(
    ("text", "name", "look"),
    [
        ("剑客沈青走进客栈。沈青坐下喝茶。沈青看着窗外的雨。", "沈青", "剑客"),
        ("一个叫阿七的机器人走在街道上。阿七捡起一朵花。", "阿七", "机器人"),
        ("女孩阿禾围着一条红围巾，站在村口。阿禾望着远山。", "阿禾", "围红围巾的女孩"),
        ("林小满是一个小女孩，住在山村里。小满养了一只猫。林小满笑了。", "林小满", "女孩"),
        ("阿禾今年十三岁，她从小在海边长大。阿禾会划船。", "阿禾", "女孩"),
    ],
)
def test_names_get_the_role_and_the_dress_that_the_story_gives_them(writer: Screenwriter, text: str, name: str, look: str) -> None:
    entry = next(entry for entry in tell(writer, text).bible if entry.kind == "character")
    assert entry.name == name
    assert look in entry.look


def test_who_says_their_own_name_is_called_so_from_then_on(writer: Screenwriter) -> None:
    text = "河边坐着一个男孩，正在补一张破了的帆。“你是谁？”船夫问。男孩抬起头。“我叫阿岩。”他说。阿岩跳上了船。阿岩划起了桨。"
    made = tell(writer, text, 5)
    assert "阿岩" in {entry.name for entry in made.bible}
    assert not {"男孩"} & {entry.name for entry in made.bible}
    assert "boy" in made.shots[-1].prompt


def test_whoever_is_compared_missing_or_only_owns_a_thing_is_not_in_the_picture(writer: Screenwriter) -> None:
    text = "风车像十二个打瞌睡的老人。阿禾擦亮了父亲留下的长剑。天亮的时候，老婆婆不见了。阿禾站在悬崖边。"
    prompts = " ".join(shot.prompt for shot in tell(writer, text, 4).shots)
    assert not any(word in prompts for word in ("old man", "man,", "old woman"))
    assert "cliff" in prompts


def test_a_teller_who_says_i_is_somebody(writer: Screenwriter) -> None:
    text = "那年夏天，我住在外婆家。我每天去河边钓鱼。外婆在院子里种花。傍晚，我和外婆坐在院子里看星星。"
    made = tell(writer, text, 4)
    assert "我" in {entry.name for entry in made.bible}
    assert "child" in made.shots[0].prompt
    assert "old woman" in made.shots[-1].prompt


def test_a_listener_hears_names_where_the_text_only_points(writer: Screenwriter) -> None:
    told = "".join(
        d.narration
        for d in tell(
            writer,
            "小兰推开阁楼的门，看见一只旧木箱。屋顶上的雨声很大，灰尘在光里慢慢地飘，墙角结着蛛网，窗户上爬满了藤蔓。"
            "她慢慢打开箱子，里面有一封信。信纸已经发黄，字迹却还清清楚楚，信的最后画着一朵小花，旁边写着一个日期。"
            "她把信贴在胸口，眼泪掉了下来。",
            2,
        ).shots
    )
    assert "小兰" in told
