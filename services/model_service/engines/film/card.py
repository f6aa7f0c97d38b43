"""A title or end card: words over the story's picture, which moves slowly under them."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from PIL import Image, UnidentifiedImageError

from services.core.errors import EngineFailed
from services.core.model import Digest
from services.core.requests import CardRequest
from services.model_service.engine import Job, MadeFile, Output
from services.model_service.engines.film import card_canvas, card_ground, card_words, fitting, frames, process
from services.model_service.engines.film.card_ground import Picture
from services.model_service.engines.film.card_looks import Ground, Look, look_of
from services.model_service.engines.film.card_words import Painter
from services.model_service.engines.film.encoder import TICKS_PER_FRAME
from services.model_service.engines.film.frames import Planes
from services.model_service.engines.film.lettering import Setting, block
from services.model_service.engines.film.tools import Tools

_NAME = "Storyreel"
_SEAL = {"title": "故事", "end": "终"}
_BEGINS = 0.4
"""Seconds until the first letter comes."""
_MARKED = 1.2
"""Seconds in which what stands beside the words comes."""
_NAMED = 1.1
"""Seconds until the name below the end comes."""
_PAPER_NEARS = 0.02
"""How much nearer paper comes."""
_DIMMED = 0.8
"""The least light on large pixels."""
_LONGEST_UPRIGHT = 24
"""Characters of the longest title that stands in columns."""


def make(request: CardRequest, job: Job, tools: Tools) -> Output:
    """The card as `video.mp4`, exactly `request.frames` frames. `meta["dropped"]` names characters that no font has.

    Raises EngineFailed MEDIA_UNREADABLE when the picture is none.
    """
    fitting.refuse_impossible("card", frames=request.frames, fps=request.fps, width=request.width, height=request.height)
    picture = None if request.picture is None else _opened(request.picture, job)
    look = look_of(request.style)
    text, dropped = (tools.serif if look.serif else tools.sans).shown(request.text)
    video = job.folder / "video.mp4"
    process.feed(
        tools.executable,
        [
            *frames.raw_input(request.width, request.height, request.fps),
            *("-vf", fitting.TOLD),
            # A fixed quantiser spares x264 the look at each frame's cost.
            *("-c:v", "libx264", "-preset", "ultrafast", "-tune", "fastdecode", "-qp", "14", "-threads", "1"),
            *("-g", str(2 * request.fps), "-video_track_timescale", str(request.fps * TICKS_PER_FRAME)),
            *("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-f", "mp4", str(video)),
        ],
        job,
        _frames(replace(request, text=text), picture, look, tools, job),
    )
    meta = {"frames": request.frames, "seconds": request.frames / request.fps} | ({"dropped": dropped} if dropped else {})
    return Output({"video": MadeFile(video, "video/mp4")}, meta)


def _opened(digest: Digest, job: Job) -> Picture:
    try:
        with Image.open(job.media(digest)) as picture:
            return np.asarray(picture.convert("RGB"), np.float32) / np.float32(255)
    except (UnidentifiedImageError, OSError) as error:
        raise EngineFailed("MEDIA_UNREADABLE", digest=digest, problem=str(error)) from error


def _frames(request: CardRequest, picture: Picture | None, look: Look, tools: Tools, job: Job) -> Iterator[bytes]:
    size = request.width, request.height
    ground = card_ground.ground(picture, *size, look)
    painters = _painters(request, look, tools)
    for number in range(request.frames):
        at, through = number / request.fps, number / max(request.frames - 1, 1)
        # A title is gone into, the end is gone away from.
        canvas = _moved(ground, size, 1 - through if request.card == "end" else through, look)
        for paint in painters:
            paint(canvas, at, through)
        yield frames.raw(canvas)
        job.progress((number + 1) / request.frames, "card")


def _painters(request: CardRequest, look: Look, tools: Tools) -> list[Painter]:
    """The words, what stands beside them, and at the end the name below."""
    width, height = request.width, request.height
    shorter = min(width, height)
    chinese = _chinese(request.text)
    typeface = tools.serif if look.serif else tools.sans
    columns = chinese and len(request.text) <= _LONGEST_UPRIGHT and all(c.isspace() or c in typeface.main for c in request.text)
    look = replace(look, upright=look.upright and columns)
    setting = Setting(
        typeface,
        tracking=look.tracking * (1.0 if chinese else 0.6),
        largest=shorter * (0.16 if chinese else 0.125),
        stroke=look.stroke,
        upright=look.upright,
    )
    text = request.text.upper() if look.capitals and not chinese else request.text
    room = (0.6 * width, 0.6 * height) if look.upright else (0.8 * width, 0.5 * height)
    centre = width / 2, height * (0.44 if look.upright else 0.47)
    title = block(text, setting, centre=centre, room=room, smallest=0.035 * shorter)
    mark, lowest = card_words.beside(title, look, _SEAL[request.card], str(tools.serif.main.path), begins=_BEGINS, lasts=_MARKED)
    painters = [card_words.painter(title, look, begins=_BEGINS), mark]
    if request.card == "end":
        small = Setting(typeface, tracking=0.3, largest=max(0.034 * shorter, 11))
        name = block(_NAME, small, centre=(width / 2, lowest + 0.06 * shorter), room=room, smallest=8)
        plain = replace(look, neon=False, coarse=False, glow_strength=0.6 * look.glow_strength)
        painters.append(card_words.painter(name, plain, begins=_NAMED))
    return painters


def _moved(ground: Planes, size: tuple[int, int], through: float, look: Look) -> Planes:
    """The part of the ground that is seen: a slow push into its middle, slower over paper. Of large pixels the light changes."""
    match look.ground:
        case Ground.DARK:
            return card_canvas.moved(ground, size, 1 / card_ground.SPARE + (1 - 1 / card_ground.SPARE) * through)
        case Ground.PAPER | Ground.RICE:
            return card_canvas.moved(ground, size, 1 + _PAPER_NEARS * through)
        case Ground.BLOCKS:
            return card_canvas.dimmed(card_canvas.middle(ground, size), _DIMMED + (1 - _DIMMED) * through)


def _chinese(text: str) -> bool:
    return any("\u3400" <= c <= "\u9fff" or "\U00020000" <= c <= "\U0003ffff" for c in text)
