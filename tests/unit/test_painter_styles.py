"""What every style promises of the layers that it finishes, and what makes each of them that style, on a small painted stage."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from services.core.model import Language
from services.core.requests import KeyframeRequest
from services.core.vocabulary import Style
from services.model_service.engines.keyframe.canvas import Array, Frame, luma, rgb
from services.model_service.engines.keyframe.finish import LOOKS, Finish
from services.model_service.engines.keyframe.layers import over
from services.model_service.engines.keyframe.scene import read_scene
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.styles.lines import contours, nib, outlined, plain
from services.model_service.engines.keyframe.styles.pixel import chosen_palette
from services.model_service.engines.keyframe.styles.tones import contrast, pushed, relit, stepped
from services.model_service.engines.keyframe.styles.washes import dabbed

FRAME = Frame(320, 184)
COAT = (slice(100, 150), slice(70, 110))
"""The figure's place: a red box on green ground under a blue sky."""
PAPER = {Style.WATERCOLOR, Style.INK, Style.STORYBOOK}


def staged(style: Style, *, coat: str = "#d02818", prompt: str = "meadow, day") -> Stage:
    request = KeyframeRequest(
        prompt=prompt, style=style.value, language=Language.EN, width=FRAME.width, height=FRAME.height, seed=5
    )
    stage = Stage.build(read_scene(request), FRAME, request.seed)
    share = FRAME.rows / FRAME.height
    sky = rgb("#2f7fd6")[:, None, None] * (1 - share) + rgb("#e8f2fb")[:, None, None] * share
    stage.layers["sky"].fill(np.ones((FRAME.height, FRAME.width), np.float32), sky)
    hill = (FRAME.rows > 96 + 8 * np.sin(FRAME.columns / 30)).astype(np.float32)
    stage.layers["ground"].fill(hill, rgb("#4f8f3c"))
    figure = np.zeros((FRAME.height, FRAME.width), np.float32)
    figure[COAT] = 1
    stage.layers["cast"].fill(figure, rgb(coat))
    return stage


@dataclass(frozen=True)
class Made:
    layers: dict[str, Array]
    lens: Array | None

    @property
    def picture(self) -> Array:
        """RGB from 0 to 1, 3 × h × w."""
        whole: Array = np.zeros((FRAME.height, FRAME.width, 4), np.uint8)
        for pixels in (*self.layers.values(), *([] if self.lens is None else [self.lens])):
            whole = over(whole, pixels)
        return np.asarray(whole[..., 2::-1].transpose(2, 0, 1).astype(np.float32) / 255)

    @property
    def coat(self) -> Array:
        """The mean colour in the middle of the figure."""
        rows, columns = COAT
        inside = self.layers["cast"][rows.start + 12 : rows.stop - 12, columns.start + 12 : columns.stop - 12]
        return np.asarray(inside[..., 2::-1].reshape(-1, 3).mean(0) / 255)


def finished(stage: Stage) -> Made:
    finish = Finish(stage)
    return Made({name: finish.apply(name, layer) for name, layer in stage.layers.items()}, finish.lens())


@pytest.fixture(scope="module")
def made() -> dict[Style, Made]:
    return {style: finished(staged(style)) for style in Style}


def test_every_style_has_a_look() -> None:
    assert set(LOOKS) == set(Style)


@pytest.mark.parametrize("style", Style)
def test_the_sky_is_whole_and_an_empty_layer_stays_empty(style: Style, made: dict[Style, Made]) -> None:
    layers = made[style].layers
    assert layers["sky"][..., 3].min() == 255
    assert not layers["front"].any()
    assert all(pixels.dtype == np.uint8 and pixels.shape == (FRAME.height, FRAME.width, 4) for pixels in layers.values())


@pytest.mark.parametrize("style", Style)
def test_a_figure_has_no_halo(style: Style, made: dict[Style, Made]) -> None:
    cast = made[style].layers["cast"]
    rows, columns = COAT
    around = np.ones(cast.shape[:2], bool)
    around[rows.start - 6 : rows.stop + 6, columns.start - 6 : columns.stop + 6] = False
    assert not cast[around].any(), "nothing is drawn away from the figure"
    rim = (cast[..., 3] > 0) & (cast[..., 3] < 255)
    if style is not Style.CYBERPUNK:  # whose lens smears the colours of edges on purpose
        assert (cast[rim][:, :3].max(1, initial=0) <= cast[rim][:, 3].astype(int) + 2).all(), "no light without cover"
    assert cast[rows.start + 8 : rows.stop - 8, columns.start + 8 : columns.stop - 8, 3].min() == 255


@pytest.mark.parametrize("style", Style)
def test_what_a_moving_camera_may_uncover_is_painted(style: Style, made: dict[Style, Made]) -> None:
    ground = made[style].layers["ground"]
    assert ground[130:, :, 3].min() == 255
    behind = made[style].layers["sky"][96 : 96 + round(FRAME.height * 0.12)]
    assert behind[..., :3].max(2).min() > 0


@pytest.mark.parametrize("style", Style)
@pytest.mark.parametrize(("coat", "channel"), [("#d02818", 0), ("#1c4fc8", 2)])
def test_clothes_keep_their_colour(style: Style, coat: str, channel: int, made: dict[Style, Made]) -> None:
    worn = (made[style] if channel == 0 else finished(staged(style, coat=coat))).coat
    others = max(worn[index] for index in range(3) if index != channel)
    assert worn[channel] > others + (0.012 if style is Style.INK and channel == 2 else 0.10)


def test_styles_differ_in_more_than_hue(made: dict[Style, Made]) -> None:
    grey = {style: luma(one.picture) for style, one in made.items()}
    for a in Style:
        for b in Style:
            if a < b:
                assert np.abs(grey[a] - grey[b]).mean() > 0.018, (a, b)


def test_only_what_lies_on_the_lens_is_on_the_lens(made: dict[Style, Made]) -> None:
    assert {style for style, one in made.items() if one.lens is not None} == PAPER | {Style.CYBERPUNK}
    for style in PAPER:
        lens = made[style].lens
        assert lens is not None
        assert lens[:2].mean() > 100, "paper around the painting"
        assert lens[60:120, 80:240, 3].max() < 90, "and hardly any before it"
        assert (lens[..., :3].max(2).astype(int) <= lens[..., 3].astype(int) + 1).all()


def test_movie_has_teal_shadows_and_orange_lights() -> None:
    ramp = np.broadcast_to(np.linspace(0, 1, 64, dtype=np.float32)[None, None], (3, 8, 64)).copy()
    stage = staged(Style.MOVIE)
    for channel in range(3):
        stage.layers["ground"].rgba[120:128, 100:164, channel] = ramp[channel]
    row = finished(stage).layers["ground"][122:126, 100:164].astype(int).mean(0)
    blue, red = row[:, 0], row[:, 2]
    assert (blue - red)[12:24].mean() > 5
    assert (red - blue)[40:56].mean() > 5


def test_realistic_ground_has_a_texture_and_no_lines(made: dict[Style, Made]) -> None:
    def unrest(style: Style) -> float:
        return float(made[style].layers["ground"][140:176, 150:300, 1].std())

    assert unrest(Style.REALISTIC) > 1.6 * unrest(Style.MOVIE)
    assert luma(made[Style.REALISTIC].picture)[100:150, 60:120].min() > 0.06


@pytest.mark.parametrize("style", [Style.ANIME, Style.CARTOON, Style.STORYBOOK, Style.PIXEL])
def test_drawn_styles_outline_the_figure(style: Style, made: dict[Style, Made]) -> None:
    cast = made[style].layers["cast"]
    row = luma(cast[125, :, 2::-1].T.astype(np.float32) / 255)
    edge = row[COAT[1].start - 5 : COAT[1].start + 4][cast[125, COAT[1].start - 5 : COAT[1].start + 4, 3] > 200]
    assert edge.min() < row[85:95].mean() * 0.87


def test_cartoon_tones_are_few(made: dict[Style, Made]) -> None:
    def share_of_commonest(style: Style) -> float:
        levels, counts = np.unique(made[style].layers["ground"][140:176, 10:60, 1], return_counts=True)
        return float(counts[np.argsort(counts)[-3:]].sum() / counts.sum()) if levels.size else 0.0

    assert share_of_commonest(Style.CARTOON) > 0.9


def test_ink_leaves_most_of_the_paper_blank_and_stamps_a_seal(made: dict[Style, Made]) -> None:
    picture = made[Style.INK].picture
    assert (luma(picture) > 0.72).mean() > 0.5
    red = (picture[0] > picture[1] + 0.25) & (picture[0] > 0.5)
    _, columns = np.nonzero(red[: FRAME.height // 3])
    corner = (columns < FRAME.width * 0.2) | (columns > FRAME.width * 0.8)
    assert corner.sum() > 30
    lens = made[Style.INK].lens
    assert lens is not None
    stamped = (lens[..., 2].astype(int) > lens[..., 1].astype(int) + 60).any(1)
    assert np.flatnonzero(stamped)[-1] < FRAME.height / 3, "away from the subtitles"


def test_cyberpunk_makes_night_of_day(made: dict[Style, Made]) -> None:
    assert np.median(luma(made[Style.CYBERPUNK].picture)) < 0.45 * np.median(luma(made[Style.MOVIE].picture))
    ground = made[Style.CYBERPUNK].layers["ground"]
    lit = ground[88:112].reshape(-1, 4)
    assert ((lit[:, 0].astype(int) > 120) & (lit[:, 0] > lit[:, 2])).any(), "a cyan edge"


def test_pixel_art_is_squares_of_few_colours(made: dict[Style, Made]) -> None:
    sky = made[Style.PIXEL].layers["sky"]
    block = 2
    squares = sky.reshape(FRAME.height // block, block, FRAME.width // block, block, 4)
    assert (squares == squares[:, :1, :, :1]).all()
    for name in ("sky", "ground", "cast"):
        pixels = made[Style.PIXEL].layers[name]
        solid = pixels[pixels[..., 3] == 255]
        assert len(np.unique(solid[:, :3], axis=0)) <= 41, name


def patches() -> Iterator[tuple[str, Array]]:
    yield "flat", np.full((24, 40, 4), 90, np.uint8)
    edge = np.zeros((24, 40, 4), np.uint8)
    edge[:, 20:] = 200
    yield "edge", edge


@pytest.mark.parametrize(("name", "levels"), list(patches()))
def test_dabs_keep_flat_places_and_edges(name: str, levels: Array) -> None:
    assert np.array_equal(dabbed(levels, 7), levels)


def test_dabs_calm_what_is_restless() -> None:
    noise = np.random.default_rng(3).integers(60, 190, (48, 64, 4), np.uint8)
    assert dabbed(noise, 7).std() < noise.std() * 0.5


def test_contours_follow_edges_and_spare_small_things() -> None:
    paint = np.zeros((60, 60, 4), np.float32)
    paint[10:50, 10:50] = 1.0
    paint[28:32, 28:32, :3] = 0.0
    lines = contours(paint, nib(3.0), faint=0.2, sure=0.4, least=8)
    assert lines[30, 10] > 0.8
    assert lines[30, 20] == 0
    assert lines[28, 28] == 0
    assert contours(paint, nib(3.0), faint=0.2, sure=0.4)[28, 28] > 0.9
    assert plain((paint * 255).astype(np.uint8), 8)[30, 30, 0] == 255


def test_an_outline_lies_around_and_takes_nothing_away() -> None:
    paint = np.zeros((40, 40, 4), np.float32)
    paint[15:25, 15:25] = (0.8, 0.1, 0.1, 1.0)
    paint[5, 5:35] = (0.2, 0.9, 0.2, 1.0)
    before = paint.copy()
    drawn = outlined(paint, nib(5.0), rgb("#000000"), sturdy=4)
    assert np.array_equal(drawn[15:25, 15:25], before[15:25, 15:25])
    assert drawn[20, 13, 3] == pytest.approx(1.0)
    assert drawn[20, 13, :3].max() == 0
    assert drawn[3, 20, 3] == 0, "what is thin gets no outline"


def test_a_flat_nib_draws_thick_one_way_and_thin_the_other() -> None:
    point = nib(9, flatness=0.3)
    assert point.any(0).sum() >= 2 * point.any(1).sum()


def test_tones_keep_black_and_white() -> None:
    ends = np.array([[[0.0, 1.0]]] * 3, np.float32)
    assert np.allclose(contrast(ends, 0.5), ends)
    assert np.allclose(pushed(ends, 0.5), ends)
    ramp = np.linspace(0, 1, 101, dtype=np.float32)[None]
    flat = stepped(ramp, 4, 0.0)
    assert set(np.round(np.unique(np.round(flat, 3)), 2)) <= {0.0, 0.25, 0.5, 0.75, 1.0}
    assert (np.diff(stepped(ramp, 4, 0.5)[0]) >= 0).all()
    colour = np.array([0.4, 0.2, 0.1], np.float32)[:, None, None]
    brighter = relit(colour, luma(colour), luma(colour) * 2)
    assert np.allclose(brighter / brighter[:1], colour / colour[:1])


def test_a_palette_is_small_repeatable_and_has_the_figures_colour() -> None:
    rng = np.random.default_rng(2)
    picture = cv2.GaussianBlur(rng.random((46, 80, 3), np.float32) * 0.3, (0, 0), 2).transpose(2, 0, 1)
    picture[:, 20:24, 40:43] = rgb("#e01010")[:, None, None]
    figures = np.zeros((46, 80), np.float32)
    figures[20:24, 40:43] = 1
    palette = chosen_palette(picture, figures, 16)
    assert palette.shape == (16, 3)
    assert np.array_equal(palette, chosen_palette(picture, figures, 16))
    assert np.abs(palette - rgb("#e01010")).max(1).min() < 0.08
    flat = np.full((3, 8, 8), 0.5, np.float32)
    assert len(chosen_palette(flat, np.zeros((8, 8), np.float32), 16)) == 1
