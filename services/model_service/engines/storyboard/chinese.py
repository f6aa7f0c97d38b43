"""Chinese clauses taken apart with jieba's dictionary: subject, deed, what it is done to, and who is meant."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

from services.core.model import Language
from services.model_service.engines import chinese_words
from services.model_service.engines.chinese_words import Segmenter
from services.model_service.engines.storyboard import chinese_names
from services.model_service.engines.storyboard.chinese_names import Token
from services.model_service.engines.storyboard.grammar import Phrase, pieces
from services.model_service.engines.storyboard.segmentation import quotations

CLAUSE_LIMIT = 36
_BREAK = re.compile(r"[，、；：,;:—]+(?!\d)|(?<=[。！？!?…])(?=[^。！？!?…”」』\"’])|\s+")
_MIN_CLAUSE = 4
_CONNECTIVES = re.compile(
    r"^(?:于是|然后|接着|随后|忽然间?|突然间?|就在(?:这时|此时)|这时候?|此时|终于|最终|最后|后来|可是|但是|不过|然而|但|而|因为|所以|虽然|当|直到|首先|先是?|"
    r"从前|很久很久?以前|有一天|这一天|原来|只见|就这样|从此以?后?|不久|不一会儿|一会儿|过了一会儿|那一刻|第二天|次日|几年后|多年以?后)+[，,]?"
)
_ADVERBS = re.compile(r"^(?:就|便|又|才|也|却|都|终于|已经|正|还|先|一起|再|只好|不由得|忽然|突然|然后|最后|于是)+(?=.{2})")
_SPOKEN = re.compile(r"[“「『\"‘].*?[”」』\"’]")
_SHORT_SPEECH = 14
_NOUNY = frozenset(["n", "r", "m", "q", "a", "b", "z", "s", "j", "i", "l"])
_STOP_VERBS = frozenset(["是", "有", "没有", "会", "能", "可以", "想", "要", "让", "叫", "使", "去", "来", "说", "道", "像"])
_PERSONS = frozenset(["我", "你", "他", "她", "它", "我们", "你们", "他们", "她们", "它们", "咱们", "大家", "自己", "谁", "两人"])
_WAYS = frozenset("上下进出回过起开到向入")
_SHORT_THINGS = frozenset("门窗灯书信花剑船伞雨雪火")
_SAYS_WHO = re.compile(r"^[^，“]{1,6}的(?:正|就|便)?是")
"""撑船的是老人 tells who it is, and shows nothing done."""
_TRAILING = re.compile(r"[了的。！？!?…，,；;：:、\s—]+$")
_PRONOUNS = (
    ("我", "i"),
    ("他们", "many"),
    ("她们", "many"),
    ("它们", "beasts"),
    ("三个人", "three"),
    ("三人", "three"),
    ("三个伙伴", "three"),
    ("两个伙伴", "many"),
    ("伙伴们", "many"),
    ("大家", "many"),
    ("两人", "many"),
    ("两个人", "many"),
    ("彼此", "many"),
    ("他", "m"),
    ("她", "f"),
    ("它", "n"),
)


class Chinese:
    """Chinese, by the dictionary alone: the statistical half of jieba takes minutes on hostile text, so it stays off."""

    language = Language.ZH

    def __init__(self, vocabulary: Mapping[str, str]) -> None:
        self._segmenter = Segmenter(chinese_words.packaged())
        for word, tag in (dict(vocabulary) | _own_tags()).items():
            self._segmenter.add(word, tag)
        self._cut = lru_cache(maxsize=1024)(self._cut_anew)  # a clause is asked about several times in a row

    def tokens(self, text: str) -> list[Token]:
        """Words and jieba's part-of-speech tags; together they are the text."""
        return list(self._cut(text))

    def _cut_anew(self, text: str) -> tuple[Token, ...]:
        return chinese_names.joined([(word, self._tag(word, tag)) for word, tag in self._segmenter.tagged(text)])

    @staticmethod
    def _tag(word: str, tag: str) -> str:
        if tag == "t" and chinese_names.is_nickname_word(word) and chinese_names.is_rare(word):
            return "nr"  # 老周 is a man before he is a dynasty
        return "v" if word in "问跳笑" else "n" if word == "花" else tag

    def words(self, text: str) -> list[tuple[int, int]]:
        spans, at = [], 0
        for word, _ in self.tokens(text):
            spans.append((at, at + len(word)))
            at += len(word)
        return spans

    def clauses(self, sentence: str) -> list[tuple[int, int]]:
        quotes = [(s, e) for s, e in quotations(sentence) if e - s <= CLAUSE_LIMIT]
        found: list[tuple[int, int]] = []
        start = 0
        for match in _BREAK.finditer(sentence):
            if match.end() - start < _MIN_CLAUSE or any(s < match.start() < e for s, e in quotes):
                continue
            if match.group().strip() in ("：", ":") and any(s <= match.end() < e for s, e in quotes):
                continue  # who speaks stays with what is said
            found.append((start, match.end()))
            start = match.end()
        if start < len(sentence):
            if found and len(sentence) - start < _MIN_CLAUSE and len(sentence) - found[-1][0] <= CLAUSE_LIMIT:
                found[-1] = (found[-1][0], len(sentence))
            else:
                found.append((start, len(sentence)))
        return list(self._short(sentence, found))

    def _short(self, sentence: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        for start, end in spans:
            if end - start <= CLAUSE_LIMIT:
                yield start, end
            else:
                words = self.words(sentence[start:end])
                yield from ((start + s, start + e) for s, e in pieces(words, CLAUSE_LIMIT - 12))

    def halves(self, clause: str) -> int | None:
        tokens = self.tokens(clause)
        at = len(tokens[0][0]) if tokens else 0
        seen = bool(tokens) and tokens[0][1].startswith("v")
        for (word, tag), before in zip(tokens[1:], tokens, strict=False):
            if tag.startswith("v") and before[1][0] in "nsr" and seen and at >= 3 and len(clause) - at >= 3:
                return at
            seen = seen or tag.startswith("v")
            at += len(word)
        return None

    def parse(self, clause: str, *, many: bool = False) -> Phrase:  # noqa: ARG002 - Chinese verbs do not agree
        core = _CONNECTIVES.sub("", self._speech_last(clause.strip("，,。；;、 \n")))
        if core.startswith("“"):
            return Phrase(beat=f"说{core}")
        bare = _TRAILING.sub("", core)
        core = bare if len(bare) > 3 else core.rstrip("。！？!?…，,；;：:、— ")
        tokens = self.tokens(core)
        while len(tokens) > 1 and (tokens[0][1] in ("t", "x", "c") or (tokens[0][0] in ("在", "于") and tokens[1][1] == "t")):
            core = core[len(tokens[0][0]) :]
            tokens = tokens[1:]
        cut = self._subject(tokens)
        subject, rest = core[:cut].strip("，, "), core[cut:]
        if not any(tag.startswith(("v", "a", "z")) for _, tag in self.tokens(_SPOKEN.sub("", rest))):
            return Phrase(thing=self._thing(tokens))
        if rest.startswith(("是", "有的", "像")):
            return Phrase(subject=subject, thing=subject or self._thing(tokens))  # told, not seen
        beat = _ADVERBS.sub("", rest.lstrip("，, "))
        if beat.startswith("是") or _SAYS_WHO.match(core):
            return Phrase(subject=subject, thing=self._thing(tokens))
        if len(beat) <= 2 and not beat.endswith("了") and clause.rstrip("。！？!?…，,；; ").endswith("了"):
            beat += "了"
        return Phrase(subject, beat, self._action(self.tokens(_SPOKEN.sub("，", beat))), subject or self._thing(tokens))

    @staticmethod
    def _speech_last(clause: str) -> str:
        """Who speaks, then what is said, in one kind of mark; a long speech is only said to be one."""
        match = _SPOKEN.search(clause)
        if not match:
            return clause
        said = match.group()[1:-1].rstrip("。，,…")
        before, after = clause[: match.start()].rstrip("：:，, "), clause[match.end() :].strip("。，, ")
        if len(said) > _SHORT_SPEECH:
            return f"{before}{after}一番话" if before or after else "说了一番话"
        if after and len(after) <= 12:
            return f"{before}{after}“{said}”"
        return f"{before}“{said}”{'，' if after else ''}{after}"

    def gender(self, name: str) -> str:
        return chinese_names.gender(name)

    def is_childish(self, name: str) -> bool:
        return chinese_names.is_childish(name)

    def pronouns(self, clause: str) -> list[str]:
        found = []
        text = _SPOKEN.sub("", clause)
        for word, who in _PRONOUNS:
            if word in text:
                found.append(who)
                text = text.replace(word, "")
        return found

    def names(self, text: str) -> list[tuple[str, int]]:
        return chinese_names.names(text, self.tokens(text))

    @staticmethod
    def _subject(tokens: Sequence[Token]) -> int:
        """How many characters at the start are the noun phrase that acts, or the spot where it happens; 0 when there is none."""
        at = last = 0
        described = _described(tokens)  # 送信的机器人: what begins with a deed may be somebody after all
        for i, (word, tag) in enumerate(tokens):
            if i < described:
                at += len(word)
                continue
            is_noun = tag[0] in "nsj" or word in _PERSONS or (tag in ("i", "l") and len(word) > 1)
            if is_noun or (tag == "f" and (at == last or not at)):
                at += len(word)
                last = at
            elif tag[0] in _NOUNY or (word == "的" and at) or (tag == "c" and word in "和与跟同"):
                at += len(word)
            else:
                break
        return last

    @staticmethod
    def _thing(tokens: Sequence[Token]) -> str:
        nouns = [word for word, tag in tokens if tag[0] in "ns" and len(word) > 1]
        return nouns[-1] if nouns else ""

    @staticmethod
    def _action(tokens: Sequence[Token]) -> str:
        """The deed in at most six characters: a verb with its object, or the verb alone."""
        best = ""
        joined: list[Token] = []
        for word, tag in tokens:  # 点 + 起 is one verb
            if (
                joined
                and joined[-1][1].startswith("v")
                and len(word) == len(joined[-1][0]) == 1
                and word != joined[-1][0]
                and (tag.startswith("v") or word in _WAYS)
            ):
                joined[-1] = (joined[-1][0] + word, "v")
            elif tag not in ("ul", "uz", "ug"):
                joined.append((word, tag))
        for i, (word, tag) in enumerate(joined):
            if not tag.startswith("v") or word in _STOP_VERBS or (i and joined[i - 1][0] in ("没有", "没", "不", "未", "别")):
                continue
            if i + 1 < len(joined) and joined[i + 1][0] == "的":
                continue  # 剩下的肉干 is a thing, no deed
            for j in range(i + 1, min(i + 6, len(joined))):
                noun, kind = joined[j]
                after = joined[j + 1] if j + 1 < len(joined) else ("", "x")
                if kind[0] in "vpx":
                    break
                if kind[0] in "ns" and after[0] != "的" and after[1][0] not in "nsf":
                    if (len(noun) > 1 or noun in _SHORT_THINGS) and 3 <= len(word) + len(noun) <= 6:
                        return word + noun
                    break
            best = best or (word if len(word) > 1 else "")
        return best


def _described(tokens: Sequence[Token]) -> int:
    """How many tokens at the start, of a deed and 的, only describe the noun after them."""
    if not tokens or not tokens[0][1].startswith("v"):
        return 0
    for i in range(1, min(4, len(tokens) - 1)):
        if tokens[i][0] == "的" and tokens[i + 1][1][0] in "nsjrabmz":
            return i + 1
        if tokens[i][1][0] in "xp":
            break
    return 0


def _own_tags() -> dict[str, str]:
    tags = tomllib.loads((files(__package__) / "chinese.toml").read_text(encoding="utf-8"))["tags"]
    return {word: tag for tag, words in tags.items() for word in words.split()}
