"""When a clip's frames show what of its footage: nothing goes back, nothing hurries, and what is too short comes to rest."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.vocabulary import CameraMove
from services.model_service.engines.motion import timing
from services.model_service.engines.motion.kinds import KINDS, Kind
from services.model_service.engines.motion.svd_motion import bucket
from services.model_service.engines.motion.timing import plan


def at(frames: int, fps: float) -> list[float]:
    return [index / fps for index in range(frames)]


def shown(times: list[float], frames: int, fps: int) -> list[float]:
    """The footage's seconds at each of the clip's frames."""
    seconds = []
    for moment in plan(times, frames, fps).moments:
        after = times[min(moment.index + 1, len(times) - 1)]
        seconds.append(times[moment.index] + moment.share * (after - times[moment.index]))
    return seconds


@pytest.mark.parametrize(
    ("made", "fps", "asked", "asked_fps"), [(96, 24, 96, 24), (25, 7, 25, 7), (200, 24, 96, 24), (98, 24, 96, 24)]
)
def test_footage_of_the_asked_rate_is_shown_as_it_is(made: int, fps: float, asked: int, asked_fps: int) -> None:
    moments = plan(at(made, fps), asked, asked_fps).moments
    assert [(moment.index, moment.share, moment.zoom) for moment in moments] == [(index, 0.0, 0.0) for index in range(asked)]


def test_what_is_far_too_long_loses_its_end() -> None:
    planned = plan(at(240, 24), 96, 24)
    assert planned.speed == 1
    assert planned.changed == ("length: the last 6.0 s of 10.0 s are left out",)


def test_what_is_a_little_too_long_is_sped_up_and_keeps_its_end() -> None:
    planned = plan(at(105, 24), 96, 24)
    assert 1.05 < planned.speed < timing.FASTEST
    assert planned.moments[-1].index == 104
    assert planned.changed == ("speed: played at 1.09 of its own",)


def test_what_is_too_short_is_slowed_down_to_its_last_frame() -> None:
    planned = plan(at(25, 7), 96, 24)
    assert planned.speed == pytest.approx((24 / 7) / (95 / 24))
    assert (planned.moments[-1].index, planned.moments[-1].share, planned.held) == (24, 0.0, 0.0)
    steps = [after - before for before, after in pairwise(shown(at(25, 7), 96, 24))]
    assert max(steps) - min(steps) < 0.01


def test_what_is_far_too_short_comes_to_rest_and_is_then_pushed_into() -> None:
    times = at(14, 7)
    planned = plan(times, 240, 24)
    assert planned.speed == timing.SLOWEST
    assert 5 < planned.held < 6
    assert len(planned.changed) == 2
    assert "held" in planned.changed[1]
    steps = [after - before for before, after in pairwise(shown(times, 240, 24))]
    slowing = steps[len(steps) * 35 // 100 : len(steps) * 45 // 100]
    assert all(after <= before + 0.005 for before, after in pairwise(slowing))
    zooms = [moment.zoom for moment in planned.moments]
    growth = [after - before for before, after in pairwise(zooms)]
    assert zooms[0] == 0
    assert 0.03 < zooms[-1] <= 0.10
    # The push begins from nothing: no step of its speed is seen.
    assert max(abs(after - before) for before, after in pairwise(growth)) < 0.0001


@pytest.mark.parametrize(("made", "changed"), [(99, ()), (105, ("length: the last 0.4 s",)), (60, ("length: it moves for 2.5 s",))])
def test_what_moves_with_a_sound_keeps_its_pace(made: int, changed: tuple[str, ...]) -> None:
    planned = plan(at(made, 24), 96, 24, synced=True)
    assert planned.speed == 1
    assert len(planned.changed) == len(changed)
    assert all(said.startswith(begin) for said, begin in zip(planned.changed, changed, strict=True))
    moving = min(made, 96) - 1
    resting = 0 if made >= 96 else round(timing._REST * 24 / 2)  # it slows down for as long before its end as after it
    shows = [moment.index for moment in planned.moments]
    assert shows[: moving - resting] == list(range(moving - resting))


def test_one_picture_is_a_clip_that_is_pushed_into() -> None:
    planned = plan([0.0], 48, 24)
    assert {moment.index for moment in planned.moments} == {0}
    assert planned.moments[-1].zoom > 0.02


def test_smooth_footage_is_shown_by_its_nearest_frames_and_slow_footage_is_not() -> None:
    assert not any(moment.share for moment in plan(at(300, 60), 96, 24).moments)
    assert any(moment.share for moment in plan(at(150, 30), 96, 24).moments)


@given(
    steps=st.lists(st.floats(0.001, 2.0), max_size=40),
    frames=st.integers(1, 200),
    fps=st.integers(1, 60),
)
def test_any_footage_fills_any_clip_and_never_goes_back(steps: list[float], frames: int, fps: int) -> None:
    times = [0.0]
    for step in steps:
        times.append(times[-1] + step)
    planned = plan(times, frames, fps)
    assert len(planned.moments) == frames
    places = [moment.index + moment.share for moment in planned.moments]
    assert places == sorted(places)
    assert all(0 <= moment.share < 1 and 0 <= moment.index < len(times) for moment in planned.moments)
    assert all(moment.index + 1 < len(times) for moment in planned.moments if moment.share)
    zooms = [moment.zoom for moment in planned.moments]
    assert zooms == sorted(zooms)
    assert 0 <= zooms[-1] <= 0.1001
    assert planned.held >= -1e-6


# -- what models are asked -----------------------------------------------------------------------------------------------------


def test_the_camera_bends_how_much_svd_moves() -> None:
    assert bucket(0.5, "Lateral tracking shot") == 128
    assert bucket(0.5, "固定机位") < 50
    assert [bucket(strength, "orbit") for strength in (0.0, 1.0)] == [1, 255]
    for camera in (*CameraMove, "", "something else"):
        buckets = [bucket(strength / 10, camera) for strength in range(11)]
        assert buckets == sorted(buckets)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_is_asked_for_frames_that_it_can_make(kind: Kind) -> None:
    for seconds in (0.1, 2.5, 3.97, 60.0):
        for most in (None, 30):
            frames = kind.frames(seconds, most)
            assert frames % kind.step == 1
            assert frames <= (most or kind.most)
            assert kind.always or frames / kind.fps >= seconds or frames == kind.frames(1000.0, most)
