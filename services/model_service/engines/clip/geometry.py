"""Where the camera puts a layer: a scale and a shift along each axis, which keeps every layer's edges upright."""

from dataclasses import dataclass

from services.model_service.engines.clip.motion import Pose, answer


@dataclass(frozen=True, slots=True)
class Placing:
    """From positions on a layer to positions in the frame: `frame = zoom * layer + shift`.

    Positions are of pixels' edges: pixel i reaches from i to i + 1.
    """

    zoom: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class View:
    """A picture of `source` = (width, height) pixels as seen in a frame of `frame` pixels, which it covers at rest.

    `flat` when there is but one layer, which has nothing to turn around.
    """

    source: tuple[int, int]
    frame: tuple[int, int]
    flat: bool

    @property
    def cover(self) -> float:
        """Pixels of the frame to a pixel of the picture, at rest."""
        return max(self.frame[0] / self.source[0], self.frame[1] / self.source[1])

    def placing(self, depth: float, pose: Pose, drift: float = 0.0) -> Placing:
        """Where a layer at `depth` lies, seen from `pose`, that has moved right by `drift` of the picture's pixels."""
        k = answer(depth)
        zoom = (1 + pose.flat_zoom) * (1 + pose.zoom * k) * self.cover
        lean = k - answer(pose.pivot) if pose.pivot and not self.flat else k
        (width, height), (across, down) = self.source, self.frame
        return Placing(
            zoom,
            zoom * (drift - width / 2) + across / 2 + (pose.x * lean + pose.flat_x) * width * self.cover,
            zoom * (-height / 2) + down / 2 + (pose.y * lean + pose.flat_y) * height * self.cover,
        )
