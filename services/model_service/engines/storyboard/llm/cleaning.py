"""What a model wrote, as it may be shown and spoken: no markup, addresses, hidden characters or words of the machine."""

import re
import unicodedata

from services.core.model import Language

_TAG = re.compile(r"</?[A-Za-z!?][^<>]{0,200}>|<\|[^<>]{0,80}\|>|<｜[^<>]{0,80}｜>|⟦[^⟦⟧]{0,40}⟧|\x1b\[[0-9;]*[A-Za-z]")
_LINK = re.compile(r"!?\[([^\]\n]*)\]\((?:[^()\n]|\([^()\n]*\))*\)")
_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,15}://|\bwww\.|\b(?:javascript|data|mailto):(?=\S))[^\s，。；！？、）」』”]*"
    r"|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    re.IGNORECASE,
)
_TEMPLATE = re.compile(r"\[/?(?:INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS)\]|<</?SYS>>", re.IGNORECASE)
_ROLE = re.compile(r"^\s*(?:system|assistant|user|human|系统|助手|用户)\s*[:：]\s*", re.IGNORECASE)
_LINE_MARK = re.compile(r"^\s*(?:#{1,6}\s+|>+\s+|[-*+•]\s+|```\w*|~~~\w*)+")
_EMPHASIS = re.compile(r"\*{1,3}|_{2,3}|(?<!\w)_|_(?!\w)|`{1,3}|~~|[⟦⟧]")
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn")
_SENTENCE_END = re.compile(r"[。！？!?…]+[”」』\"’）)]*|\.(?=\s|$)[”\"’)]*")
_CLAUSE_END = re.compile(r"[，、；：,;:—–]")


def clean(text: str) -> str:
    """`text` on one line, as plain words."""
    lines = []
    for line in _without_hidden(_TAG.sub("", text)).split("\n"):
        bare = _LINE_MARK.sub("", _ROLE.sub("", _TEMPLATE.sub("", _TAG.sub("", line))))
        bare = _ADDRESS.sub("", _LINK.sub(r"\1", bare))
        # Taken out once, two halves may stand together and be a whole again.
        bare = _TAG.sub("", _EMPHASIS.sub("", bare)).replace("<", "").replace(">", "")
        lines.append(bare)
    return " ".join(" ".join(lines).split())


def trim(text: str, limit: int) -> str:
    """At most `limit` characters from the beginning: whole sentences if they hold half of it, else clauses, else words."""
    if len(text) <= limit:
        return text
    head = text[:limit]
    for bound, keep in ((_SENTENCE_END, True), (_CLAUSE_END, False)):
        ends = [match.end() if keep else match.start() for match in bound.finditer(head)]
        if ends and ends[-1] * 2 >= limit:
            return head[: ends[-1]].rstrip()
    if not text[limit].isspace() and " " in head[limit // 2 :]:
        head = head.rpartition(" ")[0]
    return head.rstrip(" ，、；：,;:—–-")


def speaks(text: str, language: Language) -> bool:
    """Whether `text` can be read aloud in `language`: one letter in four is Chinese, or at most one."""
    letters = [c for c in text if c.isalpha()]
    han = sum("\u2e80" <= c <= "\u9fff" for c in letters)
    if language is Language.ZH:
        return han * 4 >= len(letters)
    return han * 4 <= len(letters)


def _without_hidden(text: str) -> str:
    whole = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    return "".join(c for c in whole if c == "\n" or unicodedata.category(c) not in _HIDDEN)
