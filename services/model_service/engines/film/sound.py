"""Sound files as samples at the film's rate."""

from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError

from services.core.errors import EngineFailed
from services.model_service.engines.film.loudness import RATE, Sound


def read(path: Path, *, channels: int) -> Sound:
    """The whole file, resampled; 1 or 2 × count. Raises EngineFailed MEDIA_UNREADABLE."""
    layout = "mono" if channels == 1 else "stereo"
    try:
        with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
            if not container.streams.audio:
                raise EngineFailed("MEDIA_UNREADABLE", digest=path.name, problem="it has no audio stream")
            resampler = av.AudioResampler("fltp", layout, RATE)
            pieces = [piece.to_ndarray() for frame in container.decode(audio=0) for piece in resampler.resample(frame)]
            pieces += [piece.to_ndarray() for piece in resampler.resample(None)]
    except FFmpegError as error:
        raise EngineFailed("MEDIA_UNREADABLE", digest=path.name, problem=error.strerror) from error
    return np.concatenate([np.zeros((channels, 0), np.float32), *pieces], axis=1)
