"""What styles do to tones: curves, split toning, flat steps."""

import numpy as np

from services.model_service.engines.keyframe.canvas import Array, luma, plane, smoothstep


def contrast(colour: Array, strength: float) -> Array:
    """A gentle S: darker shadows, brighter lights, black and white kept."""
    return np.asarray(colour + (colour * colour * (3 - 2 * colour) - colour) * np.float32(strength))


def toned(colour: Array, light: Array, shadows: Array, highlights: Array) -> Array:
    """Split toning: `shadows` is added where `light` (h × w) is low, `highlights` where it is high."""
    low = (1 - light) ** 2
    return np.asarray(colour + plane(shadows) * low + plane(highlights) * (light * light))


def relit(colour: Array, before: Array, after: Array) -> Array:
    """The colours brought from luminance `before` to `after` (h × w), hue kept; very dark ones are not blown up."""
    return np.asarray(colour * (after + np.float32(0.02)) / (before + np.float32(0.02)))


def stepped(light: Array, steps: int, softness: float) -> Array:
    """`light` (h × w, 0 to 1) in flat steps; the way between two of them takes `softness` of a step (0 is a hard edge)."""
    scaled = light * np.float32(steps)
    floor = np.floor(scaled)
    return np.asarray((floor + smoothstep(0.5 - softness / 2, 0.5 + softness / 2 + 1e-3, scaled - floor)) / np.float32(steps))


def pushed(colour: Array, amount: float) -> Array:
    """More colourful where colours are dull, less where they already shout, so that nothing turns garish."""
    grey = luma(colour)
    spread = colour.max(0) - colour.min(0)
    return np.asarray(grey + (colour - grey) * (1 + np.float32(amount) * (1 - spread)))
