"""What is wrong with a film, found by decoding it: black, frozen, torn frames, uneven times, sound that ends elsewhere, loudness.

A reusable checker: tests run it over small films, benchmarks over whole ones. It reads any MP4 with one video and one audio
stream, decodes every frame once, and holds none of them.
"""

import itertools
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

LOUDNESS = -16.0
_TOLERANCE = 1.0
_PEAK = -1.0
_BLACK = 20.0
"""Mean luma (of 0 to 255) below which a frame is black."""
_STILL = 0.02
"""Mean difference of luma below which two small frames are equal: what an encoder leaves of a still picture."""
_LONGEST_STILL = 0.5
_LONGEST_BLACK = 0.5
"""Seconds; fades may be so long."""
_TORN = 45.0
"""Mean difference to both neighbours of a frame that fits neither of them, though they fit each other."""
_SMALL = (96, 54)


@dataclass(frozen=True, slots=True)
class Facts:
    """What was measured: seconds, frames, LUFS, dBTP. `uneven` counts steps of time that differ from one frame's length."""

    frames: int
    fps: float
    seconds: float
    longest_still: float
    black_runs: tuple[tuple[float, float], ...]
    torn: tuple[float, ...]
    uneven: int
    first_pts: float
    audio_end_minus_video_end: float
    loudness: float
    true_peak: float


def check(path: Path) -> list[str]:
    """Every problem of the film at `path`, one line each, with its figures; empty when it is sound."""
    return problems(measure(path))


def problems(facts: Facts) -> list[str]:
    """What of these facts a viewer would notice."""
    found = []
    if facts.uneven or facts.first_pts:
        found.append(f"frames' times: {facts.uneven} uneven steps, the first frame at {facts.first_pts:.3f} s")
    if facts.longest_still > _LONGEST_STILL:
        found.append(f"frozen: equal frames for {facts.longest_still:.2f} s")
    # From black at the beginning and into black at the end are fades; between shots, black is as long as a transition.
    found += [f"black from {start:.2f} s for {long:.2f} s" for start, long in facts.black_runs if long > _LONGEST_BLACK]
    found += [f"a frame at {at:.2f} s fits neither of its neighbours" for at in facts.torn]
    if abs(facts.audio_end_minus_video_end) > 1 / facts.fps:
        found.append(f"sound ends {facts.audio_end_minus_video_end:+.3f} s from the picture's end")
    if facts.loudness > float("-inf") and abs(facts.loudness - LOUDNESS) > _TOLERANCE:
        found.append(f"loudness {facts.loudness:.1f} LUFS, not {LOUDNESS:.0f} ± {_TOLERANCE:.0f}")
    if facts.true_peak > _PEAK:
        found.append(f"true peak {facts.true_peak:.1f} dBTP, above {_PEAK:.0f}")
    return found


def measure(path: Path) -> Facts:
    """Decode the film once and measure it."""
    times, means, steps, skips = _pictures(path)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        fps = float(stream.average_rate or 0)
        heard = max(
            (
                float((frame.pts or 0) * (frame.time_base or 0)) + frame.samples / frame.sample_rate
                for frame in container.decode(audio=0)
            ),
            default=0.0,
        )
    frame = Fraction(1) / Fraction(fps).limit_denominator(1001)
    integrated, peak = loudness(path)
    return Facts(
        frames=len(times),
        fps=fps,
        seconds=len(times) / fps,
        longest_still=max(
            (sum(1 for _ in run) for still, run in itertools.groupby(step < _STILL for step in steps) if still), default=0
        )
        / fps,
        black_runs=tuple(_runs([mean < _BLACK for mean in means], fps)),
        torn=tuple(
            number / fps
            for number in range(1, len(times) - 1)
            if min(steps[number - 1], steps[number]) > _TORN and skips[number - 1] < 0.2 * _TORN
        ),
        uneven=sum(later - earlier != frame for earlier, later in itertools.pairwise(times)),
        first_pts=float(times[0]),
        # AAC is coded in blocks: what the last one holds beyond the end is cut by the container, not by the decoder.
        audio_end_minus_video_end=min(heard, _told_length(path)) - len(times) / fps,
        loudness=integrated,
        true_peak=peak,
    )


def _pictures(path: Path) -> tuple[list[Fraction], list[float], list[float], list[float]]:
    """Times; mean lumas; mean differences of each frame to the next one, and to the one after that."""
    times: list[Fraction] = []
    means: list[float] = []
    steps: list[float] = []
    skips: list[float] = []
    window: list[NDArray[np.int16]] = []
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for frame in container.decode(video=0):
            small = frame.reformat(*_SMALL, format="gray").to_ndarray().astype(np.int16)
            times.append(Fraction(frame.pts or 0) * Fraction(frame.time_base or 1))
            means.append(float(small.mean()))
            window = [*window[-2:], small]
            if len(window) > 1:
                steps.append(float(np.abs(window[-1] - window[-2]).mean()))
            if len(window) > 2:
                skips.append(float(np.abs(window[-1] - window[-3]).mean()))
    return times, means, steps, skips


def _runs(flags: Sequence[bool], fps: float) -> list[tuple[float, float]]:
    """Start and length, in seconds, of the runs of true."""
    found, at = [], 0
    for flag, group in itertools.groupby(flags):
        long = sum(1 for _ in group)
        if flag:
            found.append((at / fps, long / fps))
        at += long
    return found


def _told_length(path: Path) -> float:
    """The sound's length as the container tells it to players."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        return float((stream.duration or 0) * (stream.time_base or 0))


def loudness(path: Path) -> tuple[float, float]:
    """Integrated loudness and true peak, as ffmpeg's `ebur128` measures them; both -inf for silence."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-i", str(path), "-map", "0:a"]
    told = subprocess.run(
        [*command, "-af", "ebur128=peak=true", "-f", "null", "-"], check=True, capture_output=True, text=True
    ).stderr
    summary = told[told.rindex("Summary:") :]
    integrated, peak = (
        re.search(pattern, summary) for pattern in (r"I:\s+(-?[\d.]+) LUFS", r"True peak:\s+Peak:\s+(-?[\d.]+|-inf) dBFS")
    )
    silent = peak is None or peak[1] == "-inf"
    return (float("-inf") if silent or integrated is None else float(integrated[1])), (
        float("-inf") if peak is None else float(peak[1])
    )


if __name__ == "__main__":
    for name in sys.argv[1:]:
        facts = measure(Path(name))
        print(name, facts, *(problems(facts) or ["sound"]), sep="\n  ")  # noqa: T201 - a tool for the terminal
