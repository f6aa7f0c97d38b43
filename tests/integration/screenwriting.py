"""What the screenwriter's tests share: stories, a job that nobody cancels, and what holds for any shot of any story."""

import functools
import json
from pathlib import Path
from typing import Any

from services.core import codec
from services.core.model import Digest, Language, ShotDraft, Storyboard
from services.core.requests import StoryboardRequest
from services.core.vocabulary import CameraMove, Framing, Mood, Transition
from services.model_service.engine import Generator, Output
from services.model_service.engines.storyboard import pace
from services.model_service.engines.storyboard.screenwriter import Screenwriter
from tests.fixtures.engine_job import OnItsOwnLoop

SAMPLES = Path(__file__).parents[2] / "samples"
SNOW = (
    "雪山奇缘\n\n"
    "黄昏，两名旅人沿着雪山的山脊往上走，风卷着雪粒打在他们脸上。\n"
    "忽然暴风雪来了，脚印被埋住，指南针的指针乱转，他们迷路了。\n"
    "夜里，他们躲进一个山洞，点起一堆篝火。年长的旅人低声说：“雪会停的。”\n"
    "深夜，风停了。他们走出山洞，抬头望向星空，绿色的极光在雪峰上方流动。\n"
    "清晨，两个人互相搀扶着走进村庄，一只小狗叫着跑过来迎接他们。\n"
)
LIGHT = (SAMPLES / "en_lighthouse.txt").read_text(encoding="utf-8")
BOOKSHOP = (
    "小巷尽头有一家旧书店，店主老周养着一只黑猫。一个下雨的傍晚，穿黄雨衣的小女孩推开了门，怀里抱着一本湿透的书。\n"
    "“爷爷，这本书还能修好吗？”她小声问。老周戴上眼镜，把书一页一页摊开，放在炉火旁边烘干。黑猫跳上桌子，静静地看着。\n"
    "雨下了一整夜。第二天早上，阳光照进书店，书干了。小女孩翻开第一页，里面掉出一封信。"
)
CHAPTER = (SAMPLES / "zh_chapter.txt").read_text(encoding="utf-8")
VOYAGE = (SAMPLES / "en_long_voyage.txt").read_text(encoding="utf-8")
STORIES = [(SNOW, Language.ZH), (LIGHT, Language.EN), (BOOKSHOP, Language.ZH)]
MUSIC = {"calm", "energetic", "happy", "nostalgic", "tender", "dark", "tense", "epic", "wonder"}
PLAIN = {"none", "dissolve"}


class Patient(OnItsOwnLoop):
    """A job that nobody cancels."""

    folder = Path()

    def progress(self, fraction: float, stage: str = "") -> None:
        assert 0 <= fraction <= 1

    def check(self) -> None: ...

    def media(self, digest: Digest) -> Path:
        raise AssertionError(digest)


@functools.cache
def loaded() -> Screenwriter:
    """The screenwriter with its dictionaries, read once for all tests of a process."""
    writer = Screenwriter()
    writer.load()
    return writer


def run(
    writer: Generator[Any], text: str, language: Language, shots: int | None = None, *, seed: int = 0, style: str = "movie"
) -> Output:
    request = StoryboardRequest(text=text, title="", style=style, language=language, shots=shots, seed=seed)
    return writer.run(request, Patient())


def board(
    writer: Screenwriter, text: str, language: Language, shots: int | None = None, *, seed: int = 0, style: str = "movie"
) -> Storyboard:
    output = run(writer, text, language, shots, seed=seed, style=style)
    assert not output.files
    json.dumps(dict(output.meta), allow_nan=False)
    return codec.storyboard_from_json(output.meta["storyboard"])


def letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def body(text: str) -> str:
    """A story without its title."""
    return text.split("\n\n", 1)[1] if "\n\n" in text else text


def check(draft: ShotDraft, language: Language) -> None:
    """What holds for any shot of any story."""
    assert draft.title
    assert draft.description
    assert len(draft.narration) <= pace.LIMIT[language]
    assert pace.fits(draft.narration)
    assert draft.camera in {move.word(language) for move in CameraMove}
    assert draft.voice in {mood.word(language) for mood in Mood}
    assert draft.framing in {framing.value for framing in Framing}
    assert draft.transition in {transition.value for transition in Transition}
    assert draft.bgm in MUSIC
    assert 3.0 <= draft.seconds <= 11.0
    beats = ("先", "，然后", "，最后") if language is Language.ZH else ("first ", ", then ", ", and finally ")
    assert all(word in draft.description for word in beats)
