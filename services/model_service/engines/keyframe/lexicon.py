"""The words that the painter knows, English and Chinese, each leading to one canonical tag.

Words that merely contain a known one (浪花 is no flower, 马上 no horse) lead to `None` and are passed over.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from services.model_service.engines.keyframe.words_creatures import CREATURES
from services.model_service.engines.keyframe.words_people import ACTIONS, FEELINGS, PEOPLE
from services.model_service.engines.keyframe.words_settings import PLACES, TIMES, WEATHER
from services.model_service.engines.keyframe.words_things import COLOURS, PROPS
from services.model_service.engines.keyframe.words_things import PASSED_OVER as NOT_THINGS

PASSED_OVER = (
    "海报|脑海|上海|花费|花了|花时间|火花|眼花|昏花|马上|马路边|立马|日夜|昼夜|其他|他山|信任|相信|信心"
    "|信号|自信|信念|迷信|确信|信息"
    "|大家庭|专家|国家|作家|画家|家伙|人家|家人|风格|风景|风光|风采|威风|作风|冰箱|冰冷|指望|指示|手指|指导"
    "|指甲|江湖|龙头|走神"
    "|starts|started|starting|watch out|homework|bookshelf|rose up|starlings|花样|花白|雪白|林肯|山寨|书写|秘书"
    "|尘封|桥段|白雪公主|日光灯|cell phone"
    "|the day|one day|every day|day by day|days|birthday|some day|雷达|鹿角|青春|青年时|金属|黄昏时|黑暗|风衣"
    "|雨衣|雨靴|雨鞋|雨披|雨具|雨林深处|冰糖|冰箱|雪白|雪亮|held his breath|holds his breath|held her breath"
    "|holds her breath|held its breath|hold your breath|holding his breath|holding her breath|风铃声|风干|海洋馆|山水"
    "|火光|闪光|月饼|lay waiting|lies waiting"
    "|look like|red-eye|goldfish bowl"
)

GROUPS: Mapping[str, Mapping[str, str]] = {
    "place": PLACES,
    "time": TIMES,
    "weather": WEATHER,
    "figure": {**PEOPLE, **CREATURES},
    "prop": PROPS,
    "action": ACTIONS,
    "feeling": FEELINGS,
}
_NEGATED = re.compile(r"(?:\bno|\bwithout|\bnot an?|\bnever|没有|无|不见|并无)\s*(?:any\s+)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A known word: the group and tag it leads to, and where it stands."""

    group: str
    tag: str
    start: int
    end: int


def find(text: str) -> Iterator[Found]:
    """The known words of `text` in order, the longest reading first; negated ones ("no rain", 没有雨) are passed over."""
    pattern, meaning = _scene_words()
    for match in pattern.finditer(text):
        sense = meaning(match.group(0))
        if sense is not None and not _NEGATED.search(text, 0, match.start()):
            yield Found(*sense, match.start(), match.end())


def find_colours(text: str) -> Iterator[Found]:
    """The colour words of `text`; the tag is a colour code such as `#b8332f`."""
    pattern, meaning = _colour_words()
    for match in pattern.finditer(text):
        sense = meaning(match.group(0))
        if sense is not None:
            yield Found(*sense, match.start(), match.end())


class _Meaning:
    def __init__(self, words: Mapping[str, tuple[str, str] | None]) -> None:
        self._words = words

    def __call__(self, spelling: str) -> tuple[str, str] | None:
        word = spelling.lower()
        for form in (word, word.removesuffix("s"), word.removesuffix("es")):
            if form in self._words:
                return self._words[form]
        return None


def _compile(
    groups: Mapping[str, Mapping[str, str]], passed_over: str = "", lookalikes: str = ""
) -> tuple[re.Pattern[str], _Meaning]:
    words: dict[str, tuple[str, str] | None] = {}
    for group, tags in groups.items():
        for tag, spellings in tags.items():
            for spelling in (*((tag,) if not tag.startswith("#") else ()), *spellings.split("|")):
                words.setdefault(spelling, (group, tag))
    words |= dict.fromkeys(filter(None, passed_over.split("|")))
    for spelling in filter(None, lookalikes.split("|")):
        words.setdefault(spelling, None)
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    latin = "|".join(re.escape(word) for word in longest_first if word.isascii())
    chinese = "|".join(re.escape(word) for word in longest_first if not word.isascii())
    return re.compile(rf"(?<![a-z])(?:{latin})(?:e?s)?(?![a-z])|(?:{chinese})", re.IGNORECASE), _Meaning(words)


@cache
def _scene_words() -> tuple[re.Pattern[str], _Meaning]:
    return _compile(GROUPS, PASSED_OVER, NOT_THINGS)


@cache
def _colour_words() -> tuple[re.Pattern[str], _Meaning]:
    return _compile({"colour": COLOURS})
