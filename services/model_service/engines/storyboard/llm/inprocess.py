"""A chat model in this process: vLLM's AsyncLLM, for one machine that has the weights and nobody else to share them with.

vLLM runs its engine in a child process of its own and is driven from the service's event loop. It pins packages that the rest
of the product wants newer, so a model service with this engine serves Storyboards alone, in vLLM's environment
(docs/engines/vllm.md). Written for vLLM 0.32.
"""

import asyncio
import hashlib
import json
import multiprocessing
import os
import threading
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import structlog

from services.core.errors import EngineFailed, Unavailable
from services.model_service.engines.storyboard.llm.chat import (
    Finished,
    Message,
    PromptTooLong,
    Schema,
    SystemRole,
)
from services.model_service.engines.storyboard.llm.engine import LlmStoryboards
from services.model_service.engines.storyboard.llm.lifeline import Lifeline
from services.model_service.engines.storyboard.llm.settings import LlmSettings, VllmSettings
from services.model_service.engines.weights import sampled

_log = structlog.get_logger(__name__)

_ENVIRONMENT = {
    # gRPC's threads do not survive a fork.
    "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
    # vLLM reports its use to its makers unless it is told not to.
    "VLLM_NO_USAGE_STATS": "1",
    # Its records go where the service's go, in the same form.
    "VLLM_CONFIGURE_LOGGING": "0",
}
_NAME = "vllm-inprocess"
_SMALL = 64 << 20
"""Bytes up to which a file of the model's folder is read whole for the digest; of a larger one, blocks spread over it."""
_SETTING = "STORYREEL_VLLM_MODEL"
_RESTART_SECONDS = 10.0


class InProcessChat:
    """The `Chat` of weights on this machine. When vLLM's engine dies, the next call starts it anew."""

    def __init__(self, name: str, settings: VllmSettings) -> None:
        """`name` is the engine's, for errors."""
        self._name = name
        self._settings = settings
        self._revision = ""
        self._system = SystemRole()
        self._starting = threading.Lock()
        self._lifeline: Lifeline | None = None
        # An AsyncLLM. vLLM is not installed where the types are checked.
        self._engine: Any = None

    @property
    def model(self) -> str:
        path = _folder(self._settings.model)
        return path.name if path else self._settings.model

    @property
    def revision(self) -> str:
        return self._revision

    def load(self) -> None:
        """Start the engine, which reads the weights and, on a GPU, takes its memory. Raises EngineFailed."""
        with self._starting:
            self._check()
            self._engine = self._start()
            self._revision = self._identify()

    async def context_window(self) -> int:
        window: int = self._engine.model_config.max_model_len
        return window

    async def complete(
        self, messages: Sequence[Message], *, schema: Schema, max_tokens: int, temperature: float | None, seed: int
    ) -> AsyncGenerator[str | Finished, None]:
        engine = await self._alive()
        from vllm.exceptions import VLLMClientError, VLLMServerError  # noqa: PLC0415 -- only in its own environment

        try:
            prompt = await self._prompt(engine, messages, max_tokens)
            sampling = self._sampling(engine, schema, max_tokens, temperature, seed)
            reason, tokens = "", 0
            # Closed with this generator, at which vLLM drops the request between two tokens.
            async with aclosing(engine.generate(prompt, sampling, request_id=uuid4().hex)) as answers:
                async for answer in answers:
                    said = answer.outputs[0]
                    tokens += len(said.token_ids)
                    reason = said.finish_reason or reason
                    if said.text:
                        yield said.text
        except VLLMClientError as error:
            raise EngineFailed("ENGINE_FAILED", engine=self._name, problem=_told(error)) from error
        except VLLMServerError as error:
            raise Unavailable("ENGINE_UPSTREAM", engine=self._name, problem=_told(error)) from error
        yield Finished(reason, len(prompt["prompt_token_ids"]), tokens)

    # -- starting ----------------------------------------------------------------------------------------------------------------

    def _check(self) -> None:
        if not self._settings.model:
            hint = "It is the folder of a model's weights, or its name on a model hub."
            raise EngineFailed("ENGINE_NOT_CONFIGURED", engine=self._name, setting=_SETTING, hint=hint)
        path = Path(self._settings.model).expanduser()
        if self._settings.model.startswith((".", "/", "~")) or path.is_dir():
            if not path.is_dir():
                raise self._missing("there is no such folder")
            if not (path / "config.json").is_file():
                raise self._missing("config.json is missing")

    def _start(self) -> Any:
        for variable, value in _ENVIRONMENT.items():
            os.environ.setdefault(variable, value)
        try:
            from vllm.engine.arg_utils import AsyncEngineArgs  # noqa: PLC0415 -- heavy, and only in its own environment
            from vllm.platforms import current_platform  # noqa: PLC0415
            from vllm.v1.engine.async_llm import AsyncLLM  # noqa: PLC0415
        except ImportError as error:
            raise EngineFailed("ENGINE_NOT_INSTALLED", engine=self._name, problem=str(error)) from error
        folder = _folder(self._settings.model)
        ours: dict[str, Any] = {
            "model": str(folder or self._settings.model),
            "revision": self._settings.revision or None,
            "dtype": self._settings.dtype,
            "max_model_len": self._settings.context,
            "gpu_memory_utilization": self._settings.gpu_memory,
            "tensor_parallel_size": self._settings.gpus,
            "structured_outputs_config": {
                "backend": self._settings.grammar,
                "disable_any_whitespace": self._settings.grammar != "auto",
            },
            "disable_log_stats": True,
        }
        if current_platform.is_cpu():
            # A seed and a prompt that is read in more than one piece end vLLM 0.32's engine here: it turns back the sampler's
            # random generator, which only a GPU's can do ("CPU Generator does not use offset").
            ours["enable_chunked_prefill"] = False
        others = set(multiprocessing.active_children())
        try:
            engine = AsyncLLM.from_engine_args(AsyncEngineArgs(**ours | self._settings.arguments))
        except (TypeError, ValueError) as error:
            # Of a model that it does not know, a context that is too long, an argument that does not exist.
            raise EngineFailed(
                "WEIGHTS_UNSUITABLE", engine=self._name, model=self.model, problem=_told(error), setting=_SETTING
            ) from error
        except OSError as error:
            raise self._missing(_told(error)) from error
        except RuntimeError as error:
            raise EngineFailed("ENGINE_FAILED", engine=self._name, problem=f"vLLM did not start: {_told(error)}") from error
        self._lifeline = Lifeline(child.pid for child in set(multiprocessing.active_children()) - others if child.pid)
        return engine

    def alive(self) -> bool:
        """Whether vLLM's engine is there, as far as vLLM knows: it watches its processes."""
        return not self._engine.errored

    def revive(self) -> Any:
        """The engine, started anew if it has died. Raises Unavailable when it does not start for now."""
        with self._starting:
            if self._engine.errored:
                _log.warning("vLLM's engine has died; it is started anew", engine=self._name)
                self._engine.shutdown()
                if self._lifeline:
                    self._lifeline.cut()
                    self._lifeline = None
                try:
                    self._engine = self._start()
                except EngineFailed as error:
                    # It could be started before: what keeps it from that, such as memory that is not free yet, may pass.
                    problem = f"it died and does not start again yet ({error})"
                    raise Unavailable(
                        "ENGINE_UPSTREAM", engine=self._name, problem=problem, retry_after=_RESTART_SECONDS
                    ) from error
            return self._engine

    async def _alive(self) -> Any:
        """The engine, started anew if it has died."""
        return self._engine if self.alive() else await asyncio.to_thread(self.revive)

    # -- asking ------------------------------------------------------------------------------------------------------------------

    async def _prompt(self, engine: Any, messages: Sequence[Message], max_tokens: int) -> Any:
        """The messages in the model's chat template, as tokens, which vLLM makes in threads of its own."""
        from vllm.exceptions import VLLMValidationError  # noqa: PLC0415
        from vllm.renderers import ChatParams, TokenizeParams  # noqa: PLC0415

        window = await self.context_window()
        # What a template does not know of these, vLLM leaves out.
        template = {"add_generation_prompt": True, "enable_thinking": self._settings.thinking}
        length = TokenizeParams(max_total_tokens=window, max_output_tokens=max_tokens, add_special_tokens=False)

        async def render(told: Sequence[Message]) -> Any:
            talk = [{"role": message.role, "content": message.content} for message in told]
            _, prompts = await engine.renderer.render_chat_async([talk], ChatParams(chat_template_kwargs=template), length)
            return prompts[0]

        try:
            return await self._system.asked(messages, render)
        except VLLMValidationError as error:
            if error.parameter not in {"input_tokens", "input_text", "max_tokens"}:
                raise
            asked = error.value if error.parameter == "input_tokens" and isinstance(error.value, int) else 0
            raise PromptTooLong(str(error), window=window, tokens=asked) from error
        except ValueError as error:
            problem = f"its chat template cannot be used ({_told(error)})"
            raise EngineFailed(
                "WEIGHTS_UNSUITABLE", engine=self._name, model=self.model, problem=problem, setting=_SETTING
            ) from error

    @staticmethod
    def _sampling(engine: Any, schema: Schema, max_tokens: int, temperature: float | None, seed: int) -> Any:
        """What the model's makers recommend, as `vllm serve` does it, and what was asked."""
        from vllm.sampling_params import RequestOutputKind, SamplingParams, StructuredOutputsParams  # noqa: PLC0415

        values: dict[str, Any] = engine.model_config.get_diff_sampling_param()
        values |= {"max_tokens": max_tokens, "seed": seed} | ({} if temperature is None else {"temperature": temperature})
        form = StructuredOutputsParams(json=dict(schema))
        return SamplingParams(**values, output_kind=RequestOutputKind.DELTA, structured_outputs=form)

    # -- identity ----------------------------------------------------------------------------------------------------------------

    def _identify(self) -> str:
        """A digest of all that decides an answer beside the question."""
        import vllm  # noqa: PLC0415

        chosen = self._settings.model_dump(include={"dtype", "grammar", "thinking", "arguments"})
        decides = {"vllm": vllm.__version__, "weights": self._weights()} | chosen
        return hashlib.sha256(json.dumps(decides, sort_keys=True, default=str).encode()).hexdigest()[:16]

    def _weights(self) -> str:
        folder = _folder(self._settings.model)
        if folder:
            return digest(folder)
        from huggingface_hub import try_to_load_from_cache  # noqa: PLC0415

        # The hub's cache keeps each commit of a model in a folder of that name.
        found = try_to_load_from_cache(self._settings.model, "config.json", revision=self._settings.revision or None)
        return f"{self._settings.model}@{Path(found).parent.name if isinstance(found, str) else self._settings.revision}"

    def _missing(self, problem: str) -> EngineFailed:
        return EngineFailed("WEIGHTS_MISSING", engine=self._name, model=self._settings.model, problem=problem, setting=_SETTING)


class VllmInProcess(LlmStoryboards):
    """Storyboards by weights on this machine, with vLLM in the model service."""

    def __init__(self, chat: InProcessChat, settings: LlmSettings) -> None:
        super().__init__(_NAME, chat, settings)
        self._own = chat

    @classmethod
    def create(cls, _equipment: object) -> Self:
        return cls(InProcessChat(_NAME, VllmSettings()), LlmSettings())

    def alive(self) -> bool:
        """Whether vLLM's engine is there."""
        return self._own.alive()

    def revive(self) -> None:
        """Start vLLM's engine anew if it has died. Raises Unavailable."""
        self._own.revive()


def digest(folder: Path) -> str:
    """The SHA-256 of a model's folder: its files' names and contents, of large files blocks spread over them."""
    hashed = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file() and not _hidden(path.relative_to(folder))):
        size = file.stat().st_size
        content = hashlib.sha256(file.read_bytes()).digest() if size <= _SMALL else sampled(file)
        hashed.update(f"{file.relative_to(folder)}\n{size}\n".encode() + content)
    return hashed.hexdigest()


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _folder(model: str) -> Path | None:
    path = Path(model).expanduser()
    return path.absolute() if model and path.is_dir() else None


def _told(error: BaseException) -> str:
    """An error in one line, short."""
    return " ".join(str(error).split())[:300] or type(error).__name__
