"""A title or end card: words over a slowly moving picture."""

import subprocess
from pathlib import Path
from typing import IO, cast

import cv2
import numpy as np
import pylopdf_fonts_zh_cn
from PIL import Image, ImageDraw, ImageFont

from services.core.requests import CardRequest
from services.model_service.engine import Job, MadeFile, Output


def make(request: CardRequest, job: Job, executable: Path) -> Output:
    """The card as `video.mp4`, exactly `request.frames` frames."""
    width, height = request.width, request.height
    if request.picture is None:
        ground = np.full((height, width, 3), 24, np.uint8)
    else:
        with Image.open(job.media(request.picture)) as picture:
            ground = np.asarray(picture.convert("RGB").resize((width, height)))
        ground = (cv2.GaussianBlur(ground, (0, 0), height / 60) * 0.5).astype(np.uint8)
    words = Image.new("L", (width, height))
    size = min(height // 8, width * 9 // 10 // max(len(request.text), 1))
    font = ImageFont.truetype(pylopdf_fonts_zh_cn.serif_path(), size)
    ImageDraw.Draw(words).text((width / 2, height / 2), request.text, 255, font, anchor="mm")
    letters = np.asarray(words, np.float32)[..., None] / 255
    video = job.folder / "video.mp4"
    command = [
        *(str(executable), "-y", "-hide_banner", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"),
        *("-s", f"{width}x{height}", "-r", str(request.fps), "-i", "pipe:0", "-vf", "scale=out_color_matrix=bt709:out_range=tv"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "16", "-threads", "1", "-pix_fmt", "yuv420p", "-colorspace", "bt709"),
        *("-fflags", "+bitexact", "-flags:v", "+bitexact", str(video)),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        pipe = cast("IO[bytes]", process.stdin)
        for number in range(request.frames):
            job.progress(number / request.frames, "card")
            zoom = 1 + 0.04 * number / request.frames
            matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 0, zoom)
            moved = cv2.warpAffine(ground, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
            seen = letters * min(number / request.fps, 1)
            pipe.write((moved * (1 - seen) + 240 * seen).astype(np.uint8).tobytes())
    return Output({"video": MadeFile(video, "video/mp4")}, {"frames": request.frames})
