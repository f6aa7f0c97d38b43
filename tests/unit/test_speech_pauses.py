"""Pauses between sentences: as long as wanted, where the voice is silent, and the words' times with them."""

import numpy as np
import pytest

from services.model_service.engines.speech.pauses import Timed, lengthened
from services.model_service.engines.speech.sound import RATE, Samples


def voiced(seconds: float) -> Samples:
    return np.asarray(0.3 * np.sin(2 * np.pi * 220 * np.arange(round(seconds * RATE)) / RATE), np.float32)


def quiet(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def words(*times: tuple[float, float]) -> list[Timed]:
    return [Timed(str(place), round(start * RATE), round(end * RATE)) for place, (start, end) in enumerate(times)]


def test_a_short_pause_becomes_as_long_as_wanted_and_later_words_move() -> None:
    line = np.concatenate([voiced(0.5), quiet(0.1), voiced(0.5), quiet(0.1), voiced(0.5)])
    told = words((0.0, 0.55), (0.55, 1.1), (1.1, 1.7))
    longer, timed = lengthened(line, told, [True, False, True], 0.4)
    assert len(longer) / RATE == pytest.approx(1.7 + 0.3, abs=0.02)
    assert timed[0].end / RATE == pytest.approx(0.5, abs=0.02), "a word ends where it is no longer heard"
    assert timed[1].start / RATE == pytest.approx(0.9, abs=0.02)
    assert timed[2].end / RATE == pytest.approx(2.0, abs=0.02)
    assert np.abs(longer[round(0.52 * RATE) : round(0.88 * RATE)]).max() == 0
    assert all(word.start <= word.end for word in timed)


def test_a_pause_that_is_long_enough_stays() -> None:
    line = np.concatenate([voiced(0.5), quiet(0.6), voiced(0.5)])
    longer, timed = lengthened(line, words((0.0, 0.6), (1.0, 1.6)), [True, True], 0.4)
    assert np.array_equal(longer, line)
    assert timed[1].start / RATE == pytest.approx(1.1, abs=0.02)


def test_a_voice_that_runs_on_is_not_cut() -> None:
    line = voiced(1.0)
    told = words((0.0, 0.5), (0.5, 1.0))
    longer, timed = lengthened(line, told, [True, True], 0.4)
    assert np.array_equal(longer, line)
    assert timed == told
