"""Settings of the engines that write storyboards with a language model. Read from `STORYREEL_LLM_*`."""

from typing import Any, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class LlmSettings(BaseSettings):
    """How a language model is asked. `base_url`, `api_key` and `model` say which one, where it is behind an address."""

    model_config = SettingsConfigDict(env_prefix="STORYREEL_LLM_", extra="ignore", env_ignore_empty=True)

    base_url: str = Field(
        default="",
        description="Address of an OpenAI-compatible server up to and with its version, such as http://127.0.0.1:8000/v1.",
    )
    api_key: SecretStr = Field(default=SecretStr(""), description="Key of that server, sent as a bearer token; none by default.")
    model: str = Field(default="", description="Name of the model; the first that the server lists by default.")
    temperature: float | None = Field(
        default=0.5, ge=0, le=2, description="Sampling temperature; `null` leaves it to the server (some models take no other)."
    )
    max_tokens: int = Field(default=4096, ge=256, description="Most tokens of one answer; longer storyboards take several calls.")
    context: int | None = Field(
        default=None, ge=1024, description="Tokens that the model holds, where the server does not say it or says too much."
    )
    timeout: float = Field(default=120.0, gt=0, description="Longest silence of the server in seconds, before and between tokens.")
    answer_timeout: float = Field(default=600.0, gt=0, description="Longest time in seconds for one whole answer.")
    attempts: int = Field(default=4, ge=1, description="How often a call is tried that fails before its first token.")
    parallel: int = Field(default=4, ge=1, le=64, description="Chapters of a long story that are summarised at once.")
    structured: Literal["json_schema", "json_object", "prompt"] = Field(
        default="json_schema",
        description="How the answer's form is asked for: by JSON schema; as any JSON object; or in words alone.",
    )
    tokens_field: Literal["max_tokens", "max_completion_tokens"] = Field(
        default="max_tokens", description="What the server calls the most tokens of an answer."
    )


class VllmSettings(BaseSettings):
    """Which model the engine `vllm-inprocess` runs, and how."""

    model_config = SettingsConfigDict(env_prefix="STORYREEL_VLLM_", extra="ignore", env_ignore_empty=True)

    model: str = Field(default="", description="Folder of a model's weights, or its name on a model hub.")
    revision: str = Field(default="", description="Branch, tag or commit on the hub; the default branch by default.")
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = Field(
        default="auto", description="Precision of the weights; what the model was saved in by default."
    )
    context: int | None = Field(
        default=None, ge=1024, description="Tokens of prompt and answer together; as many as the model knows by default."
    )
    gpu_memory: float = Field(
        default=0.9, gt=0, le=1, description="Share of a GPU's memory that vLLM takes; less where other engines use the same GPU."
    )
    gpus: int = Field(default=1, ge=1, description="GPUs that the model is spread over (tensor parallelism).")
    grammar: Literal["guidance", "xgrammar", "auto"] = Field(
        default="guidance", description="What holds answers to their JSON schema: guidance, xgrammar, or vLLM's own choice."
    )
    thinking: bool = Field(default=False, description="Leave a model that can think before it answers its thinking on.")
    arguments: dict[str, Any] = Field(
        default_factory=dict,
        description='Any other of vLLM\'s engine arguments, as JSON: {"max_num_seqs": 32, "quantization": "fp8"}.',
    )
