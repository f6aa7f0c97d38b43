"""The espeak-ng library by ctypes: phonemes of words, and speech with the time of every word."""

import ctypes
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import espeakng_loader

from services.core.errors import EngineFailed

_SYNCHRONOUS = 2
_WORD_EVENT = 1
_END_EVENT = 0
_UTF8 = 1
_PHONEMES_IPA = 0x02
_PHONEMES_TIED = 0x80
_RATE, _PITCH, _WORD_GAP = 1, 3, 7
_CHARACTER_POSITIONS = 1
_DONT_EXIT = 0x8000

# The library keeps one voice and one text for the whole process, whoever loads it: so does its lock.
_LOCK = threading.Lock()


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    """`espeak_EVENT` of speak_lib.h; positions count from 1, times are milliseconds."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True, slots=True)
class Spoken:
    """16-bit mono samples, and for each word the character of the text where it begins and the second when it does."""

    samples: bytes
    rate: int
    onsets: Sequence[tuple[int, float]]


class EspeakLibrary:
    """Thread-safe; calls wait for each other."""

    def __init__(self) -> None:
        """Raises EngineFailed ENGINE_NOT_INSTALLED when the library cannot be used."""
        try:
            self._library = ctypes.CDLL(espeakng_loader.get_library_path())
            data = espeakng_loader.get_data_path().encode()
        except (OSError, RuntimeError) as error:
            raise EngineFailed("ENGINE_NOT_INSTALLED", engine="espeak", problem=str(error)) from error
        library = self._library
        library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int]
        library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
        library.espeak_SetSynthCallback.argtypes = [_Callback]
        library.espeak_SetSynthCallback.restype = None
        library.espeak_Synth.argtypes = [
            *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint),
            *(ctypes.POINTER(ctypes.c_uint), ctypes.c_void_p),
        ]
        with _LOCK:
            self._rate = library.espeak_Initialize(_SYNCHRONOUS, 0, data, _DONT_EXIT)
        if self._rate <= 0:
            raise EngineFailed("ENGINE_NOT_INSTALLED", engine="espeak", problem="its data cannot be read")

    def phonemes(self, word: str, voice: str) -> str:
        """IPA of a word, diphthongs and affricates tied by `^`."""
        rest = ctypes.c_char_p(word.encode())
        parts = []
        with _LOCK:
            self._choose(voice)
            while rest.value:
                mode = _PHONEMES_IPA | _PHONEMES_TIED | ord("^") << 8
                told = self._library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, mode)
                parts.append(told.decode() if told else "")
        return " ".join(filter(None, parts))

    def speak(self, text: str, voice: str, *, words_per_minute: int, pitch: int = 50) -> Spoken:
        """Speak `text`; `pitch` runs from 0 to 100."""
        samples = bytearray()
        onsets: list[tuple[int, float]] = []

        def hear(wave: "ctypes._Pointer[ctypes.c_short]", count: int, events: "ctypes._Pointer[_Event]") -> int:
            if wave and count > 0:
                samples.extend(ctypes.string_at(wave, 2 * count))
            at = 0
            while events[at].type != _END_EVENT:
                if events[at].type == _WORD_EVENT:
                    onsets.append((events[at].text_position - 1, events[at].audio_position / 1000))
                at += 1
            return 0

        callback = _Callback(hear)
        data = text.encode()
        with _LOCK:
            self._choose(voice)
            self._library.espeak_SetParameter(_RATE, words_per_minute, 0)
            self._library.espeak_SetParameter(_PITCH, pitch, 0)
            self._library.espeak_SetParameter(_WORD_GAP, 0, 0)
            self._library.espeak_SetSynthCallback(callback)
            failed = self._library.espeak_Synth(data, len(data) + 1, 0, _CHARACTER_POSITIONS, 0, _UTF8, None, None)
            self._library.espeak_SetSynthCallback(_Callback())
        if failed:
            raise EngineFailed("ENGINE_FAILED", engine="espeak", problem=f"it answered {failed}")
        return Spoken(bytes(samples), self._rate, onsets)

    def _choose(self, voice: str) -> None:
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise EngineFailed("ENGINE_FAILED", engine="espeak", problem=f"it has no voice {voice}")
