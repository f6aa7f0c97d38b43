"""The words that a model is given for a shot: what is seen, how it is framed, in which style, with the looks of the bible.

CLIP weighs early words most and reads no Chinese: subjects come first, and what it cannot read is left out and said so.
Nothing is translated; the storyboard gives every shot English words beside its own.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.core.model import BibleEntry
from services.core.requests import KeyframeRequest
from services.core.vocabulary import Framing, Mood, Style

_STYLES: Mapping[Style, str] = {
    Style.MOVIE: "cinematic film still, natural light, 35mm",
    Style.REALISTIC: "realistic photograph, natural light, sharp detail",
    Style.ANIME: "anime illustration, clean line art, cel shading",
    Style.CARTOON: "cartoon illustration, bold outlines, flat bright colours",
    Style.WATERCOLOR: "watercolour painting on paper, soft washes",
    Style.INK: "chinese ink wash painting, brush strokes, empty space",
    Style.CYBERPUNK: "cyberpunk, neon light, rain, high contrast",
    Style.PIXEL: "pixel art, limited palette, crisp pixels",
    Style.STORYBOOK: "picture book illustration, gouache, warm colours",
}
_FRAMINGS: Mapping[Framing, str] = {
    Framing.ESTABLISHING: "establishing shot, far away",
    Framing.WIDE: "wide shot",
    Framing.MEDIUM: "medium shot, waist up",
    Framing.CLOSE: "close-up",
    Framing.DETAIL: "extreme close-up of a detail",
    Framing.LOW: "low angle shot",
}
_CHINESE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]+")
_LETTERS = re.compile(r"[A-Za-z]{2,}")
_GAPS = re.compile(r"\s*(?:[,;]\s*){2,}")


@dataclass(frozen=True, slots=True)
class Wording:
    """What is said to the model, what it is to avoid, and what was left out of either."""

    prompt: str
    negative: str
    changed: tuple[str, ...] = ()


def worded(request: KeyframeRequest, *, chinese: bool) -> Wording:
    """The words for a request; `chinese` says whether the model reads Chinese."""
    lead, _, rest = request.prompt.partition("\n")
    looks, unread = _looks(request.prompt, request.bible, chinese=chinese)
    told = [lead, *looks]
    manner = [_framing(request.framing), _style(request.style), _mood(request.mood)]
    if chinese:
        return Wording(_joined([*told, *manner, rest]), request.negative_prompt.strip())
    readable = [_readable(text) for text in told]
    details = _readable(rest)
    left_out = sum(len(run) for run in _CHINESE.findall(request.prompt))
    changed = []
    if not left_out or any(_LETTERS.search(text) for text in (*readable, details)):
        prompt = _joined([*readable, *manner, details])
        if left_out:
            changed.append(f"prompt: {left_out} Chinese characters left out (the model reads none)")
    else:
        prompt = _joined([*told, *manner, rest])
        changed.append("prompt: it has no English words and the model reads no Chinese, so the picture may not follow it")
    if unread:
        changed.append(f"looks: those of {', '.join(unread)} are left out (they are in Chinese, which the model does not read)")
    negative = _readable(request.negative_prompt)
    if _CHINESE.search(request.negative_prompt):
        changed.append("negative prompt: its Chinese is left out (the model reads none)")
    return Wording(prompt, _joined([negative]), tuple(changed))


def _looks(prompt: str, bible: Iterable[BibleEntry], *, chinese: bool) -> tuple[list[str], list[str]]:
    """Name and look of whoever and whatever the prompt names and does not describe already; and whose look cannot be read."""
    told = prompt.lower()
    looks: list[str] = []
    unread: list[str] = []
    for entry in bible:
        if not entry.name or not entry.look or entry.name.lower() not in told:
            continue
        if chinese or not _CHINESE.search(entry.look):
            looks += [f"{entry.name} ({entry.look})"] if entry.look.lower() not in told else []
        elif entry.look_en:
            looks += [entry.look_en] if entry.look_en.lower() not in told else []
        else:
            unread.append(entry.name)
    return looks, unread


def _framing(name: str) -> str:
    known = Framing.recognise(name)
    return _FRAMINGS[known] if known else name


def _style(name: str) -> str:
    known = Style.recognise(name)
    return _STYLES[known] if known else f"{name} style" if name else ""


def _mood(name: str) -> str:
    known = Mood.recognise(name)
    return f"{known.words[0]} mood" if known else ""


def _readable(text: str) -> str:
    """The text without its Chinese, and without the brackets and commas that then hold nothing."""
    return re.sub(r"\(\s*[,;]?\s*\)", "", _CHINESE.sub(",", text))


def _joined(parts: Iterable[str]) -> str:
    text = ", ".join(part.strip().rstrip(",.;") for part in parts if part.strip(" ,.;\n"))
    return _GAPS.sub(", ", text.replace("\n", ", ")).strip(" ,;")
