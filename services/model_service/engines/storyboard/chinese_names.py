"""Chinese personal names: what the dictionary does not have is known by surnames, by nicknames and by who says their own."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

Token = tuple[str, str]

SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_ALSO_WORDS = frozenset("马白石高方江田黄金熊毛钱汤龙雷万常易文武")
"""Surnames that are as often an adjective or a thing."""
_GIVEN = frozenset(
    "明红刚强丽芳华军兰芬玲娟敏静燕勇杰涛磊婷霞梅兵峰辉亮平安宝贝一二三四五六七八九志英秀莉娜倩琳佳欣悦乐宇轩晴阳浩伟波超凯鹏飞翔帆然诺娅菲妮雅楠柔瑶萌蓉芸莲芹艳健康宁"
)
"""What follows 小 and 阿 in nicknames and seldom in words."""
_NICKNAME = re.compile(r"[阿小老][\u4e00-\u9fff]")
_NAMED = re.compile(r"(?:名叫|叫做|名字叫|名为|叫作|(?<![大喊惊尖嚎嘶吠鸣哭])叫)([\u4e00-\u9fff]{2,3})(?=[的，。、；！？\s”]|$)")
_NO_NAME = re.compile(r"^[了着过一二两他她它你我大喊出起道声不]|[了着过声来去]$")
_DOES = re.compile(
    r"[^，。！？；“”]{0,3}?[说道问喊答笑走跑站坐看抬想蹲睁闭伸握拔背拿推举叹哭]|[^，。！？；“”]{0,6}?(?:看见|看到|听见|打开|爬|跳|抱|戴|骑)"
)
_COUNTED = re.compile(r"[一二两三四几那这每][个只朵条位名头匹座艘棵]?$|的$")


_WOMEN = frozenset("红丽芳兰芬玲娟敏静燕婷霞梅英秀莉娜倩琳佳欣悦娅菲妮雅柔瑶萌蓉芸莲芹艳雪月花美香珍")
_MEN = frozenset("明刚强军勇杰涛磊兵峰辉亮志伟波超凯鹏飞翔帆浩虎龙山海")


def gender(name: str) -> str:
    """`m` or `f` where the name's last character is seldom the other's, else ""."""
    return "f" if name[-1] in _WOMEN else "m" if name[-1] in _MEN else ""


def is_childish(name: str) -> bool:
    """Whether it is a child's nickname: 小明, but not 小王."""
    return len(name) == 2 and name[0] == "小" and name[1] not in SURNAMES


def joined(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """The words, with the parts of a name that the dictionary tore apart, 小 and 明, 林 and 小雨, put together."""
    found: list[Token] = []
    for word, tag in tokens:
        if len(word) == 3 and word[0] in "和跟与同" and _is_nickname(word[1:]):
            found += [(word[0], "c"), (word[1:], "nr")]
        elif found and _makes_name(found[-1], (word, tag)):
            found[-1] = (found[-1][0] + word, "nr")
        else:
            found.append((word, tag))
    return tuple(found)


def names(text: str, tokens: Sequence[Token]) -> list[tuple[str, int]]:
    """Names of persons and where each stands first in `text`, whose words `tokens` are, at most a dozen, in order."""
    words = {word for word, tag in tokens if tag not in ("nr", "nz", "ns")}
    named = {m.group(1) for m in _NAMED.finditer(text) if not _NO_NAME.search(m.group(1)) and m.group(1) not in words}
    ends, at = set(), 0
    for word, _ in tokens:
        at += len(word)
        ends.add(at)
    nicknames = Counter(match.group() for match in _NICKNAME.finditer(text) if match.end() in ends)
    people = named | {n for n, k in nicknames.items() if k >= 2 and n not in words and is_rare(n)}
    people |= {n for n, k in nicknames.items() if k >= 2 and n not in words and _is_nickname(n) and _is_somebody(n, text)}
    known = Counter(word for word, tag in tokens if tag == "nr" and 2 <= len(word) <= 3 and word[0] in SURNAMES)
    known.update(_surnamed(tokens))
    people |= {n for n, k in known.items() if k >= 2 and n not in words and _acts(n, text)}
    people |= {n for n, k in known.items() if k >= 2 and len(n) == 3 and n[1] in "小晓" and n[0] not in _ALSO_WORDS}
    people |= {n[1:] for n in people if len(n) == 3 and n[0] in SURNAMES and re.search(rf"(?<!{n[0]}){n[1:]}", text)}
    return sorted(((name, text.index(name)) for name in people), key=lambda found: found[1])[:12]


def is_rare(nickname: str) -> bool:
    """阿 begins hardly anything but names; 小 and 老 begin thousands of words, so there only a bare surname counts."""
    return nickname[0] == "阿" or (nickname[1] in SURNAMES and nickname[1] not in "马白石高方江田")


def is_nickname_word(word: str) -> bool:
    """Whether a word has the form of a nickname: 老周."""
    return _NICKNAME.fullmatch(word) is not None


def _is_nickname(word: str) -> bool:
    return len(word) == 2 and word[0] in "小阿" and word[1] in _GIVEN


def _makes_name(first: Token, second: Token) -> bool:
    if first[0] in ("小", "阿"):
        return len(second[0]) == 1 and second[0] in _GIVEN
    if len(first[0]) != 1 or first[0] not in SURNAMES:
        return False
    if len(second[0]) == 2 and second[0][0] in "小晓":
        return first[0] not in _ALSO_WORDS
    return first[1] == "nr" and len(second[0]) == 1 and second[1][0] not in "ucpdfmqrxyv" and first[0] not in _ALSO_WORDS


def _is_somebody(name: str, text: str) -> bool:
    """Whether a nickname does something somewhere and is never one of several of a kind."""
    counted = any(_COUNTED.search(text[max(0, m.start() - 2) : m.start()]) for m in re.finditer(re.escape(name), text))
    return _acts(name, text) and not counted


def _surnamed(tokens: Sequence[Token]) -> Iterator[str]:
    """What may be a name that the dictionary does not have: a surname and one or two characters that it could not join."""
    for i, (word, _) in enumerate(tokens):
        if len(word) != 1 or word not in SURNAMES or i + 1 == len(tokens):
            continue
        given, tag = tokens[i + 1]
        if tag[0] in "ucpdfmqrxy" or not "\u4e00" <= given[0] <= "\u9fff":
            continue
        if len(given) <= 2:
            yield word + given
        if len(given) == 1 and i + 2 < len(tokens) and len(tokens[i + 2][0]) == 1 and tokens[i + 2][1][0] not in "ucpdfmqrxyv":
            yield word + given + tokens[i + 2][0]


def _acts(name: str, text: str) -> bool:
    """Whether somebody of this name says, goes or looks anywhere in the text."""
    return any(_DOES.match(text, match.end(), match.end() + 9) for match in re.finditer(re.escape(name), text))
