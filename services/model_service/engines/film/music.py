"""Which music a mood asks for, and that music for as long as a film lasts."""

import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import immich_memories_music
import numpy as np

from services.core.vocabulary import Mood
from services.model_service.engines.film import sound, synth
from services.model_service.engines.film.loudness import RATE, Sound

_CROSSFADE = 2 * RATE

_WORDS: Mapping[str, tuple[str, ...]] = {
    "energetic": ("energetic", "upbeat", "action", "adventure", "chase", "driving", "激昂", "激烈", "动感", "活力", "冒险", "节奏"),
    "happy": ("happy", "playful", "bright", "funny", "light", "欢乐", "愉快", "轻快", "俏皮", "明快"),
    "nostalgic": (
        "nostalgic",
        "nostalgia",
        "melancholy",
        "bittersweet",
        "wistful",
        "piano",
        "怀旧",
        "惆怅",
        "思念",
        "忧郁",
        "钢琴",
    ),
    "tender": ("tender", "romantic", "love", "intimate", "lullaby", "soft", "柔情", "浪漫", "爱情", "柔和", "摇篮曲"),
    "dark": ("dark", "ominous", "horror", "eerie", "gloomy", "黑暗", "阴森", "恐怖", "压抑", "诡异"),
    "tense": ("tension", "suspense", "thriller", "悬疑", "惊险", "不安"),
    "epic": ("orchestral", "battle", "triumphant", "drums", "grand", "宏大", "壮丽", "战斗", "管弦", "鼓"),
    "wonder": ("magical", "dreamy", "ethereal", "fantasy", "ambient", "space", "奇幻", "梦幻", "空灵", "神奇", "太空"),
    "lonely": ("desolate", "solitude", "empty", "孤寂", "寂寞", "凄凉", "落寞"),
    "calm": ("peaceful", "quiet", "relaxing", "serene", "宁静", "安静", "舒缓", "悠扬"),
}
_OF_MOOD: Mapping[Mood, str] = {
    Mood.CALM: "calm",
    Mood.TENSE: "tense",
    Mood.LONELY: "lonely",
    Mood.DESPAIR: "dark",
    Mood.HOPE: "tender",
    Mood.WARM: "tender",
    Mood.JOY: "happy",
    Mood.WONDER: "wonder",
    Mood.EPIC: "epic",
}


def bed_of(mood: str) -> str:
    """The bed that free text asks for: by its own words first, by the narrator's moods else; calm when it says neither."""
    wanted = mood.strip().lower()
    if wanted in _WORDS:
        return wanted
    spoken = [(wanted.find(word), bed) for bed, words in _WORDS.items() for word in (bed, *words) if word in wanted]
    if spoken:
        return min(spoken)[1]
    known = Mood.recognise(wanted)
    return _OF_MOOD[known] if known else "calm"


class Loop:
    """A piece of music without end: where it is over, it begins again through a crossfade."""

    def __init__(self, piece: Sound, *, seamless: bool = False) -> None:
        """`piece` is 2 × count; a `seamless` one meets its own beginning, and keeps its beat without a crossfade."""
        fade = 0 if seamless else min(_CROSSFADE, piece.shape[1] // 4)
        rising = np.sqrt(np.linspace(0, 1, fade, dtype=np.float32))
        self._first = piece[:, :fade]
        self._round = piece[:, : piece.shape[1] - fade].copy()
        self._round[:, :fade] = self._first * rising + piece[:, piece.shape[1] - fade :] * rising[::-1]

    def __call__(self, start: int, count: int) -> Sound:
        """`count` samples from `start` on; silence before zero."""
        piece = np.empty((2, count), np.float32)
        done = min(max(-start, 0), count)
        piece[:, :done] = 0
        while done < count:
            place = start + done
            # The first round begins with the piece's own beginning, without the end of a round before it.
            source = self._first if place < self._first.shape[1] else self._round
            place %= self._round.shape[1]
            length = min(source.shape[1] - place, count - done)
            piece[:, done : done + length] = source[:, place : place + length]
            done += length
        return piece


def bed(mood: str, title: str, seed: int, check: Callable[[], None]) -> Loop:
    """The music for a film of this title: a packaged track of its mood, or one made for it. `check` is called on the way."""
    name = bed_of(mood)
    chosen = zlib.crc32(title.encode()) + seed
    if name in synth.SCORES:
        return Loop(synth.loop(name, chosen, check), seamless=True)
    tracks = sorted(Path(immich_memories_music.tracks_dir(), name).glob("*.opus"))
    return Loop(sound.read(tracks[chosen % len(tracks)], channels=2))
