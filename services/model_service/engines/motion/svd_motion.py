"""How much Stable Video Diffusion is to move: the asked strength and camera as its motion bucket.

The model was trained with buckets from 0 to 255, most of its clips about 127, and takes no direction: whether the camera moves,
and where, is its own choice. A strength of 0.5 is 127. A camera that stands still lowers the bucket, so that more often than not
only what lives in the picture moves; one that travels raises it.
"""

from collections.abc import Mapping

from services.core.vocabulary import CameraMove

HIGHEST_BUCKET = 255

_SHARES: Mapping[CameraMove, float] = {
    CameraMove.STATIC: 0.35,
    CameraMove.PUSH: 0.9,
    CameraMove.PULL: 0.9,
    CameraMove.TILT: 0.9,
    CameraMove.PAN: 1.0,
    CameraMove.CRANE: 1.0,
    CameraMove.HANDHELD: 1.1,
    CameraMove.ORBIT: 1.25,
}
_UNNAMED = 0.8


def bucket(strength: float, camera: str) -> int:
    """The motion bucket, from 1 to 255, for a strength from 0 to 1 and a camera in free words."""
    move = CameraMove.recognise(camera)
    share = _SHARES[move] if move is not None else _UNNAMED
    return max(1, min(HIGHEST_BUCKET, round(255 * strength * share)))
