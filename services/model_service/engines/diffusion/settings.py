"""How the engine `diffusers` is set up. Read from `STORYREEL_DIFFUSERS_*`."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "STORYREEL_DIFFUSERS_"


class DiffusersSettings(BaseSettings):
    """The engine `diffusers` of Keyframes."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", env_ignore_empty=True)

    model: str = Field(default="stabilityai/sd-turbo", description="A folder with a text-to-image pipeline, or its id on the hub.")
    revision: str = Field(default="", description="Branch, tag or commit of a model on the hub; its main branch by default.")
    family: str = Field(
        default="auto",
        description="What the weights are, where the folder does not tell: turbo, lcm, sd, sdxl, sdxl-turbo, sd3, sd3-turbo, "
        "flux-dev, flux-schnell or other.",
    )
    device: str = Field(default="auto", description="auto (cuda, else mps, else cpu), cuda, cuda:1, mps or cpu.")
    threads: int | None = Field(
        default=None, ge=1, description="Threads that one picture uses on a CPU; as many as there are cores by default."
    )
    dtype: str = Field(
        default="auto", description="auto (bfloat16 or float16 on a GPU, float32 on a CPU), float32, float16, bfloat16."
    )
    scheduler: str = Field(
        default="", description="Sampler by name (euler, euler-a, ddim, dpm++, unipc, …); the folder's by default."
    )
    steps: int | None = Field(default=None, ge=1, le=150, description="Steps where a request names none; the family's by default.")
    guidance: float | None = Field(
        default=None, ge=0, le=30, description="Guidance where a request names none; the family's by default."
    )
    negative_prompt: str = Field(
        default="",
        max_length=2000,
        description="Words for what no picture is to show, beside a request's own; only models that are guided take any.",
    )
    batch: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description="Most pictures painted at once, never more than STORYREEL_KEYFRAME_WORKERS; 8 on a GPU, 1 on a CPU by default.",
    )
    batch_window_ms: float = Field(
        default=8.0,
        ge=0,
        le=60_000,
        description="How long the first picture of a batch waits for others, while the device is idle.",
    )
    compile: bool = Field(
        default=False,
        description="Compile the model with torch.compile: minutes at the start, then faster. Needs a C++ compiler, or Triton.",
    )
    compile_backend: str = Field(
        default="inductor", description="What compiles: inductor, or another that is installed (openvino, tensorrt, cudagraphs, …)."
    )
    channels_last: bool = Field(default=False, description="Keep weights channels last, which convolutions on tensor cores like.")
    tf32: bool = Field(default=True, description="Multiply float32 in TF32 on GPUs that can: faster, with 10 bits of mantissa.")
    warm_up: bool = Field(
        default=True,
        description="Paint once before serving, so that the first request is not slower; a model that is compiled always does.",
    )
    safety_check: bool = Field(default=False, description="Refuse pictures that the safety checker flags.")
    safety_checker: str = Field(
        default="",
        description="Folder of a safety checker (with its preprocessor_config.json); the one in the model's folder by default.",
    )
    ip_adapter: str = Field(
        default="",
        description="An IP-Adapter's .safetensors file, for reference pictures; its image encoder in the model's folder, or in a "
        "folder image_encoder beside the file.",
    )
    ip_adapter_scale: float = Field(default=0.6, ge=0, le=1, description="How strongly reference pictures count.")
