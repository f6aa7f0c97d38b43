"""Clips that move by themselves: from image-to-video models, and whatever else makes frames."""
