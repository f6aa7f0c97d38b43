"""What image-to-video pipelines take: one row a kind, and how a folder is told to be of it.

The figures are those of the models' own cards and of diffusers' documentation of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.model_service.engines.diffusion.loading import Folder


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of weights. `pipeline` is the diffusers class that makes clips with them; `of` the classes that folders name.

    Sizes are pixels, `fps` frames a second. Frames come in `step` × k + 1, at most `most`, or always `most` where `always`.
    `rate` is the argument that tells the model its rate, and `last` how it takes a picture to end on: as the argument of that
    name, as `conditions`, or not at all. `exact` are the parts that need
    float32, `packages` what must be installed beside diffusers. `size` is the only size that the model makes.
    """

    name: str
    pipeline: str
    of: tuple[str, ...]
    fps: float
    step: int
    most: int
    block: int
    side: int
    steps: int
    guidance: float
    tokens: int
    always: bool = False
    chinese: bool = False
    rate: str = ""
    last: str = ""
    exact: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    size: tuple[int, int] | None = None

    def frames(self, seconds: float, most: int | None = None) -> int:
        """Frames to make for a clip of that length: a valid count that covers it, or the most there may be."""
        limit = self.most if most is None else max(1, (most - 1) // self.step) * self.step + 1
        if self.always:
            return limit
        steps = -(-round(seconds * self.fps) // self.step)
        return min(limit, max(1, steps) * self.step + 1)


_LTX = Kind(
    "ltx",
    "LTXImageToVideoPipeline",
    ("LTXPipeline", "LTXImageToVideoPipeline"),
    fps=25,
    step=8,
    most=161,
    block=32,
    side=600,
    steps=40,
    guidance=3.0,
    tokens=128,
    rate="frame_rate",
)
_WAN = Kind(
    "wan",
    "WanImageToVideoPipeline",
    ("WanImageToVideoPipeline",),
    fps=16,
    step=4,
    most=81,
    block=16,
    side=632,
    steps=40,
    guidance=5.0,
    tokens=512,
    chinese=True,
    last="last_image",
    exact=("vae", "image_encoder"),
    packages=("ftfy",),
)
KINDS: Sequence[Kind] = (
    _LTX,
    replace(
        _LTX, name="ltx-condition", pipeline="LTXConditionPipeline", of=("LTXConditionPipeline",), tokens=256, last="conditions"
    ),
    _WAN,
    # Wan 2.2 of 5 billion parameters makes clips of words as well as of pictures, and its folder says the former.
    replace(_WAN, name="wan-ti2v", of=("WanPipeline",), fps=24, most=121, block=32, side=944, last="", exact=("vae",)),
    replace(
        _WAN,
        name="skyreels-v2",
        pipeline="SkyReelsV2ImageToVideoPipeline",
        of=("SkyReelsV2ImageToVideoPipeline",),
        fps=24,
        most=97,
        side=720,
    ),
    Kind(
        "cogvideox",
        "CogVideoXImageToVideoPipeline",
        ("CogVideoXImageToVideoPipeline",),
        fps=8,
        step=8,
        most=49,
        block=16,
        side=588,
        steps=50,
        guidance=6.0,
        tokens=226,
        always=True,
    ),
)
"""Those that are known; of the rest what most of them take is assumed."""

_OTHER = Kind("other", "", (), fps=16, step=8, most=81, block=32, side=632, steps=40, guidance=5.0, tokens=226)


def recognise(folder: Folder) -> Kind | None:
    """The kind of weights in a folder; None when they make no clips of pictures."""
    name = folder.pipeline
    known = next((kind for kind in KINDS if name in kind.of), None)
    match known:
        case None:
            return replace(_OTHER, pipeline=name) if "Image" in name or "I2V" in name else None
        case Kind(name="wan-ti2v"):
            return known if folder.index.get("expand_timesteps") else None
        case Kind(name="wan"):
            return _ending(known, folder)
        case Kind(name="cogvideox"):
            return _of_cogvideox(known, folder.config("transformer"))
        case _:
            return known


def _ending(kind: Kind, folder: Folder) -> Kind:
    """Wan 2.1 of one picture ignores a second; the weights for two say so, and Wan 2.2 takes them by itself."""
    transformer = folder.config("transformer")
    two = transformer.get("pos_embed_seq_len") is not None or transformer.get("image_dim") is None
    return kind if two else replace(kind, last="")


def _of_cogvideox(kind: Kind, transformer: Mapping[str, Any]) -> Kind:
    """CogVideoX 1.5 makes more frames at twice the rate, in many sizes; the first one has learned its one size by heart."""
    height, width = (8 * int(transformer.get(name, usual)) for name, usual in (("sample_height", 60), ("sample_width", 90)))
    frames = int(transformer.get("sample_frames", kind.most))
    if transformer.get("use_learned_positional_embeddings"):
        return replace(kind, most=frames, size=(width, height))
    return replace(kind, most=frames, fps=16, side=round((width * height) ** 0.5))
