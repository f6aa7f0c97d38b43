"""What styles do to tones: curves, split toning, flat steps."""

from typing import Any

import numpy as np

from services.model_service.engines.keyframe.canvas import Array, luma, plane, smoothstep


def contrast(colour: Array, strength: float) -> Array:
    """A gentle S: darker shadows, brighter lights, black and white kept."""
    out = colour * np.float32(-2)  # a smoothstep mixed in, by Horner's rule and in place
    out += np.float32(3)
    out *= colour
    out *= np.float32(strength)
    out += np.float32(1 - strength)
    out *= colour
    return np.asarray(out)


def toned(colour: Array, light: Array, shadows: Array, highlights: Array) -> Array:
    """Split toning: `shadows` is added where `light` (h × w) is low, `highlights` where it is high."""
    out = plane(shadows) * (1 - light) ** 2
    out += plane(highlights) * (light * light)
    out += colour
    return np.asarray(out)


def saturated(colour: Array, amount: Any) -> Array:
    """Away from the grey of the same luminance (`amount` above 1) or towards it; `amount` may be a field (h × w)."""
    out = colour * np.asarray(amount, np.float32)
    out += luma(colour) * (1 - np.asarray(amount, np.float32))
    return np.asarray(out)


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
    red, green, blue = colour
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    return saturated(colour, 1 + np.float32(amount) * (1 - spread))


def tinted(colour: Array, ink: Array, cover: Array) -> Array:
    """`ink` (one colour or a field) over the colours where `cover` (h × w) is, in place."""
    colour *= 1 - cover
    colour += plane(ink) * cover
    return colour
