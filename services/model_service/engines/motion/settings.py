"""How the engines `svd` and `image-to-video` are set up. Read from `STORYREEL_SVD_*` and `STORYREEL_IMAGE_TO_VIDEO_*`."""

from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

SVD_PREFIX = "STORYREEL_SVD_"
IMAGE_TO_VIDEO_PREFIX = "STORYREEL_IMAGE_TO_VIDEO_"


class VideoModelSettings(BaseModel):
    """What both engines are told of their model and its device."""

    model: str
    revision: str = Field(default="", description="Branch, tag or commit of a model on the hub; its main branch by default.")
    device: str = Field(default="auto", description="auto (cuda, else mps, else cpu), cuda, cuda:1, mps or cpu.")
    dtype: str = Field(
        default="auto", description="auto (bfloat16 or float16 on a GPU, float32 on a CPU), float32, float16, bfloat16."
    )
    force_cpu: bool = Field(default=False, description="Run on a CPU, where one clip takes half an hour or more, all the same.")
    threads: int | None = Field(default=None, ge=1, description="Threads on a CPU; as many as there are cores by default.")
    side: int | None = Field(
        default=None, ge=64, le=2048, description="Frames are about as large as a square of this side; the model's own by default."
    )
    offload: str = Field(
        default="none",
        pattern="^(none|model|sequential)$",
        description="Keep in main memory what is not used at the moment: none, model (slower), sequential (slowest).",
    )
    compile: bool = Field(
        default=False,
        description="Compile the model with torch.compile: minutes at the start, then faster. Needs a C++ compiler, or Triton.",
    )
    tf32: bool = Field(default=True, description="Multiply float32 in TF32 on GPUs that can: faster, with 10 bits of mantissa.")
    warm_up: bool = Field(
        default=True,
        description="Make two steps of a clip before serving, so that all is loaded and warm; what is compiled always does.",
    )


class SvdSettings(VideoModelSettings, BaseSettings):
    """The engine `svd` of Clips."""

    model_config = SettingsConfigDict(env_prefix=SVD_PREFIX, extra="ignore", env_ignore_empty=True)

    model: str = Field(
        default="stabilityai/stable-video-diffusion-img2vid-xt-1-1",
        description="A folder with a Stable Video Diffusion pipeline, or its id on the hub. Its licence is not for commercial use "
        "without an agreement with Stability AI.",
    )
    steps: int = Field(default=25, ge=1, le=150, description="Denoising steps.")
    frames: int | None = Field(default=None, ge=2, le=64, description="Frames made; as many as the model knows (14 or 25).")
    fps: int = Field(default=7, ge=2, le=30, description="Frames a second that the model is told, and that its frames are for.")
    noise: float = Field(
        default=0.02, ge=0, le=1, description="Noise added to the keyframe: more of it moves more, and looks less like it."
    )
    min_guidance: float = Field(default=1.0, ge=1, le=10, description="Guidance of the first frame.")
    max_guidance: float = Field(default=3.0, ge=1, le=10, description="Guidance of the last frame.")
    decode_chunk: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description="Frames decoded at once; as many as fit by default. In chunks of another size a clip has other bytes.",
    )


class ImageToVideoSettings(VideoModelSettings, BaseSettings):
    """The engine `image-to-video` of Clips."""

    model_config = SettingsConfigDict(env_prefix=IMAGE_TO_VIDEO_PREFIX, extra="ignore", env_ignore_empty=True)

    model: str = Field(
        default="Lightricks/LTX-Video", description="A folder with an image-to-video pipeline (LTX, Wan, CogVideoX, …), or its id."
    )
    steps: int | None = Field(default=None, ge=1, le=150, description="Denoising steps; the kind's by default.")
    guidance: float | None = Field(default=None, ge=0, le=30, description="Guidance; the kind's by default.")
    frames: int | None = Field(default=None, ge=2, le=1025, description="Most frames made of a clip; the kind's by default.")
    fps: float | None = Field(default=None, ge=2, le=60, description="Frames a second that they are for; the kind's by default.")
    negative_prompt: str = Field(
        default="worst quality, inconsistent motion, blurry, jittery, distorted, watermark, text",
        description="What is to be avoided, for models that are guided.",
    )
