"""Seeded noise: clouds, ridge lines and grain. The generator is always passed in, never global."""

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array


def clouds(
    rng: np.random.Generator, width: int, height: int, *, cells: float, octaves: int = 5, stretch: float = 1.0, gain: float = 0.5
) -> Array:
    """Fractal value noise, H × W from 0 to 1; `cells` across the height, `stretch` > 1 draws it out sideways."""
    half_w, half_h = max(width // 2, 8), max(height // 2, 8)
    field: Array = np.zeros((half_h, half_w), np.float32)
    strength = 1.0
    for octave in range(octaves):
        down = cells * 2**octave
        across = down * width / height / stretch
        if down > half_h or across > half_w:
            break
        grid = rng.random((int(down) + 3, int(across) + 3), np.float32)
        field += np.float32(strength) * cv2.resize(grid, (half_w, half_h), interpolation=cv2.INTER_CUBIC)
        strength *= gain
    field = np.asarray(cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR))
    low, high = float(field.min()), float(field.max())
    return (field - np.float32(low)) / np.float32(max(high - low, 1e-6))


def ridge(rng: np.random.Generator, width: int, *, waves: float, roughness: float = 0.5, octaves: int = 7) -> Array:
    """A line of hills, W values from 0 to 1: fractal noise with linear (rough) or cosine (gentle) steps."""
    x = np.linspace(0, 1, width, dtype=np.float32)
    line = np.zeros(width, np.float32)
    strength = 1.0
    for octave in range(octaves):
        steps = waves * 2**octave
        if steps > width / 2:
            break
        knots = rng.random(int(steps) + 3).astype(np.float32)
        at = x * np.float32(steps) + np.float32(rng.random())
        left = np.floor(at).astype(int)
        t = at - left
        if octave < 2 or roughness < 0.4:
            t = t * t * (3 - 2 * t)
        line += np.float32(strength) * (knots[left] * (1 - t) + knots[left + 1] * t)
        strength *= roughness
    low, high = float(line.min()), float(line.max())
    return (line - np.float32(low)) / np.float32(max(high - low, 1e-6))


def grain(rng: np.random.Generator, width: int, height: int) -> Array:
    """White noise, H × W from -0.5 to 0.5."""
    return rng.random((height, width), np.float32) - np.float32(0.5)
