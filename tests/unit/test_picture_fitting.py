"""Pictures of any size as pictures of the asked size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.model_service.engines.picture.fitting import fitted

SIDE = st.integers(1, 97)


@given(SIDE, SIDE, SIDE, SIDE)
def test_any_picture_fits_any_size(width: int, height: int, asked_width: int, asked_height: int) -> None:
    """A side that is not cut is not taken for longer than it is, by the rounding of its share."""
    picture = fitted(np.full((height, width, 3), 90, np.uint8), asked_width, asked_height)
    assert picture.size == (asked_width, asked_height)
    assert (np.asarray(picture) == 90).all()


@pytest.mark.parametrize("size", [(1280, 720), (4400, 2400)])
def test_what_is_cut_is_as_much_on_both_sides(size: tuple[int, int]) -> None:
    width, height = size
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, width // 2 :] = 255
    row = np.asarray(fitted(pixels, 300, 300).convert("L"))[150]
    assert abs(int(np.argmax(row > 127)) - 150) <= 1
