"""How Chinese sounds, in the alphabet that Kokoro was trained with.

The alphabet is misaki's (Mandarin after Duanmu 2007 and Lin 2007); syllables come from pypinyin, words from jieba. Tones are
arrows: → level, ↗ rising, ↓ low, ↘ falling, nothing for the neutral one; the arrow follows the vowel.
"""

from collections.abc import Mapping

from pypinyin import Style, lazy_pinyin
from pypinyin.contrib.tone_convert import to_finals, to_initials, to_normal

from services.model_service.engines import chinese_words
from services.model_service.engines.chinese_words import Segmenter
from services.model_service.engines.speech import polyphones

_INITIALS: Mapping[str, str] = {
    "": "", "b": "p", "p": "pʰ", "m": "m", "f": "f", "d": "t", "t": "tʰ", "n": "n", "l": "l", "g": "k", "k": "kʰ", "h": "x",
    "j": "ʨ", "q": "ʨʰ", "x": "ɕ", "z": "ʦ", "c": "ʦʰ", "s": "s", "zh": "ꭧ", "ch": "ꭧʰ", "sh": "ʂ", "r": "ɻ",
}  # fmt: skip
# 0 stands where the tone is written.
_FINALS: Mapping[str, str] = {
    "a": "a0", "ai": "ai0", "an": "a0n", "ang": "a0ŋ", "ao": "au0", "e": "ɤ0", "ei": "ei0", "en": "ə0n", "eng": "ə0ŋ",
    "i": "i0", "ia": "ja0", "ian": "jɛ0n", "iang": "ja0ŋ", "iao": "jau0", "ie": "je0", "in": "i0n", "iou": "jou0", "ing": "i0ŋ",
    "iong": "jʊ0ŋ", "ong": "ʊ0ŋ", "ou": "ou0", "u": "u0", "uei": "wei0", "ua": "wa0", "uai": "wai0", "uan": "wa0n", "uen": "wə0n",
    "uang": "wa0ŋ", "ueng": "wə0ŋ", "uo": "wo0", "o": "wo0", "ü": "y0", "üe": "ɥe0", "üan": "ɥɛ0n", "ün": "y0n",
}  # fmt: skip
_BUZZING = frozenset({"z", "c", "s", "zh", "ch", "sh", "r"})
"""After these, `i` is a buzzed vowel of its own."""
_WHOLE: Mapping[str, str] = {
    "er": "ɚ0", "o": "ɔ0", "io": "jɔ0", "ê": "ɛ0", "m": "m0", "n": "n0", "ng": "ŋ0", "hm": "hm0", "hng": "hŋ0",
}  # fmt: skip
_PARTICLES = frozenset("的地得了着")
_TONES: Mapping[str, str] = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}


class Chinese:
    """Words and sounds of Mandarin. Constructing it reads jieba's dictionary; then it is thread-safe."""

    def __init__(self) -> None:
        self._segmenter = Segmenter(chinese_words.packaged())

    def segment(self, run: str) -> list[str]:
        """The words of a run of Chinese characters."""
        words: list[str] = []
        for word in self._segmenter.words(run):
            if len(word) > 1 and word[0] in _PARTICLES and not self._segmenter.is_word(word):
                words += [word[0], word[1:]]  # 慢慢 地 开, which jieba guesses to be 慢慢 地开
            else:
                words.append(word)
        return words

    def sound(self, text: str, before: str = "", after: str = "") -> str:
        """Phonemes of Chinese text between the words `before` and `after`, its words separated by spaces.

        Characters that have no reading are silent.
        """
        words = [before, *self.segment(text), after]
        sounds = ("".join(map(syllable, self._readings(*around))) for around in zip(words, words[1:], words[2:], strict=False))
        return " ".join(filter(None, sounds))

    def _readings(self, before: str, word: str, after: str) -> list[str]:
        """The pinyin of a word's syllables, each with its tone as a final digit."""
        read = lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True, errors="ignore")
        return polyphones.corrected(word, before, after, polyphones.surname(word, read, self._segmenter.is_word))


def syllable(pinyin: str) -> str:
    """Phonemes of one syllable in pinyin with its tone as a final digit; empty when it is none."""
    tone = _TONES.get(pinyin[-1:], None)
    if tone is None:
        return ""
    plain = to_normal(pinyin[:-1])
    if plain in _WHOLE:
        return _WHOLE[plain].replace("0", tone)
    initial = to_initials(plain, strict=True)
    final = to_finals(plain, strict=True, v_to_u=True)
    vowel = "ɨ0" if final == "i" and initial in _BUZZING else _FINALS.get(final, "")
    return _INITIALS.get(initial, "") + vowel.replace("0", tone)
