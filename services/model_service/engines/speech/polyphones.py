"""Characters with several readings whose reading hangs on the words around them: 还钱 and 还有, 跑得快 and 你得去, 河很长 and 长大.

pypinyin's phrases decide within a word; what is here decides between words, by rules of thumb for narrative prose. Tone sandhi
is left out on purpose: Kokoro learned from lexical tones and makes the sandhi itself (its 你 in 你好 rises).
"""

import re
from collections.abc import Callable, Mapping

Rule = Callable[[str, str], str | None]
"""From the words before and after (empty at a mark) to the reading of a character that stands alone."""

_WORDS: Mapping[str, str] = {
    "背着": "bei1 zhe5", "背起": "bei1 qi3", "长长": "chang2 chang2", "东西": "dong1 xi5", "先生": "xian1 sheng5",
    "数了": "shu3 le5", "数着": "shu3 zhe5", "数一数": "shu3 yi5 shu3", "重来": "chong2 lai2", "还给": "huan2 gei3",
    "还清": "huan2 qing1", "大夫": "dai4 fu5", "着地": "zhao2 di4", "嗯": "en2", "呃": "e4", "唔": "wu2", "噢": "o1", "喔": "o1",
    "诶": "ei4",
}  # fmt: skip
# Surnames that are read otherwise than the word.
_SURNAMES: Mapping[str, str] = {
    "单": "shan4", "仇": "qiu2", "解": "xie4", "区": "ou1", "任": "ren2", "朴": "piao2", "曾": "zeng1", "查": "zha1", "盖": "ge3",
    "华": "hua4",
}  # fmt: skip
_TITLES = (
    "先生",
    "小姐",
    "老师",
    "太太",
    "夫人",
    "女士",
    "医生",
    "师傅",
    "将军",
    "教授",
    "队长",
    "大人",
    "公子",
    "姑娘",
    "家",
    "氏",
)
# Words that end in 儿 but are not the retroflex ending of the syllable before.
_CHILDREN = frozenset(
    "女儿 婴儿 幼儿 孤儿 胎儿 少儿 健儿 男儿 宠儿 混血儿 弃儿 新生儿 侄儿 妻儿 孩儿 小儿 孙儿 娇儿 吾儿 我儿 患儿 生儿".split()  # noqa: SIM905
)
_PRONOUNS = frozenset(
    {*"我你您他她它咱谁就还都总也非可这那", "我们", "你们", "他们", "她们", "它们", "咱们", "大家", "自己", "必须", "总是"}
)
_COUNTED = re.compile(r"[0-9一二两三四五六七八九十百几数这那每]$")
_VERY = ("很", "太", "最", "更", "多", "好", "这么", "那么", "不", "挺", "极", "真", "够", "比较", "非常", "十分", "老")


def corrected(word: str, before: str, after: str, readings: list[str]) -> list[str]:
    """The readings of a word's characters, in pinyin with a final digit, as its place asks for."""
    if word in _WORDS:
        return _WORDS[word].split()
    if len(word) != len(readings):
        return readings  # a character without a reading
    if len(word) == 1:
        rule = _ALONE.get(word)
        told = rule(before, after) if rule else None
        if told is None and word in _SURNAMES and (before.endswith("姓") or after.startswith(_TITLES)):
            told = _SURNAMES[word]
        return [told] if told else readings
    made = list(readings)
    if word.endswith("儿") and word not in _CHILDREN:
        made[-1] = "er5"
    if made[0] == "zhong4" and word[0] == "重" and _chong("", word[1:]):
        made[0] = "chong2"  # 重做
    for place in range(1, len(word)):
        here, previous, last = word[place], word[place - 1], place == len(word) - 1
        if here == "得" and not last and made[place] == "de2" and previous not in "不只非总" and word[place + 1] not in "到以出":
            made[place] = "de5"  # 跑得快
        elif here == "了" and previous in "得不":
            made[place] = "liao3"  # 受不了
        elif here == "长" and last and word[:-1] in _VERY:
            made[place] = "chang2"  # 很长
        elif here == "行" and last and _COUNTED.search(previous) and not after.startswith("人"):
            made[place] = "hang2"  # 两行
    return made


def surname(word: str, readings: list[str], is_word: Callable[[str], bool]) -> list[str]:
    """A name of two or three characters with its surname read as one, where its beginning is no other word: 曾国藩, 任盈盈."""
    if word[0] in _SURNAMES and len(word) == len(readings) == 3 and not is_word(word[:2]):
        return [_SURNAMES[word[0]], *readings[1:]]
    return readings


def _di(before: str, after: str) -> str | None:
    """The ending of an adverb, before the verb: 慢慢地走; the ground elsewhere."""
    adverb = len(before) > 1 and before[-1] not in "块片亩的这那寸处方个里"
    return "de5" if adverb and after else None


def _de(before: str, after: str) -> str | None:
    """Must after who must, before a verb: 你得去; else what links a verb and its degree: 跑得很快."""
    if before in _PRONOUNS and after and not after.startswith(_VERY):
        return "dei3"
    return "de5" if before and after else None


def _hai(before: str, after: str) -> str | None:
    """To give back, before what is given: 还钱."""
    returned = after.startswith(("钱", "债", "书", "账", "款", "清", "给", "命", "俗", "礼", "乡")) or before in ("归", "偿", "送")
    return "huan2" if returned else None


def _chang(before: str, after: str) -> str | None:
    """To grow before what comes of it, else long."""
    grows = after.startswith(("大", "高", "出", "满", "得", "成", "着", "在", "了", "胖", "肉", "草")) and before not in _VERY
    return "zhang3" if grows or before in ("越", "渐", "渐渐", "慢慢") else "chang2"


def _hang(before: str, after: str) -> str | None:
    """A row after a number, but 一行人 is a party."""
    return "hang2" if _COUNTED.search(before) and not after.startswith("人") else None


def _chong(_before: str, after: str) -> str | None:
    """Again, before a verb."""
    again = ("来", "做", "写", "建", "回", "返", "逢", "演", "启", "见", "游", "温", "拾", "整", "开", "走", "看", "新", "获", "燃")
    return "chong2" if after.startswith(again) else None


def _shu(before: str, after: str) -> str | None:
    """To count, before what shows a verb."""
    return (
        "shu3" if after.startswith(("了", "着", "到", "出", "起", "过", "一", "完", "数")) or before in ("来", "去", "在") else None
    )


def _dou(before: str, after: str) -> str | None:
    """All; a capital only within a word."""
    return "dou1" if before or after else None


def _dao(_before: str, after: str) -> str | None:
    """To fall, before where or what becomes of it; else upside down, or to pour."""
    return "dao3" if after.startswith(("在", "下", "地", "了", "塌")) else None


_ALONE: Mapping[str, Rule] = {
    "倒": _dao, "地": _di, "得": _de, "还": _hai, "长": _chang, "行": _hang, "重": _chong, "数": _shu, "都": _dou,
}  # fmt: skip
