"""A chat model behind an OpenAI-compatible address: vLLM, llama.cpp, Ollama, SGLang or a cloud's.

Protocol: https://platform.openai.com/docs/api-reference/chat (POST /chat/completions with `stream`, GET /models).
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import structlog

from services.core.errors import ContentViolation, EngineFailed, StoryreelError, Unavailable
from services.model_service.engines.remote import refusals
from services.model_service.engines.remote.limits import Limits
from services.model_service.engines.remote.peer import Peer, Session
from services.model_service.engines.storyboard.llm.chat import (
    Finished,
    Message,
    PromptTooLong,
    Schema,
    SystemRole,
)
from services.model_service.engines.storyboard.llm.settings import LlmSettings

_log = structlog.get_logger(__name__)

UNKNOWN_WINDOW = 4096
"""Tokens taken for granted where a server does not say what its model holds."""

_TOO_LONG = re.compile(
    r"context (?:length|size|window)|maximum context|too many tokens|prompt is too long|context_length_exceeded|max_model_len",
    re.IGNORECASE,
)
_WINDOW = re.compile(
    r"(?:maximum context length is|context size \(|max_model_len[^\d]{0,20}|context window of)\s*(\d{3,8})", re.IGNORECASE
)
_ASKED = re.compile(r"(?:requested|request \(|resulted in|has)\s*(\d{3,8}) (?:input )?tokens", re.IGNORECASE)
_UNSAFE = re.compile(r"content[_ ](?:filter|policy)|safety|moderation|内容安全|敏感|违规", re.IGNORECASE)


class HttpChat:
    """The `Chat` of one server. A call that fails before its first token is repeated; see `remote.peer`."""

    def __init__(self, name: str, settings: LlmSettings) -> None:
        """`name` is the engine's, for errors."""
        self._name = name
        self._settings = settings
        self._model = settings.model
        self._window = settings.context
        self._system = SystemRole()
        key = settings.api_key.get_secret_value()
        limits = Limits(silence=settings.timeout, answer=settings.answer_timeout, attempts=settings.attempts)
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._peer = Peer(name, settings.base_url, headers=headers, limits=limits)

    @property
    def model(self) -> str:
        return self._model

    @property
    def revision(self) -> str:
        return ""

    def load(self) -> None:
        """Ask the server which models it has, and how much they hold. Raises EngineFailed, Unavailable."""
        if not self._settings.base_url:
            hint = "It is the address of an OpenAI-compatible server, such as http://127.0.0.1:8000/v1."
            raise EngineFailed("ENGINE_NOT_CONFIGURED", engine=self._name, setting="STORYREEL_LLM_BASE_URL", hint=hint)
        if not self._model or self._window is None:
            asyncio.run(self._look())

    async def context_window(self) -> int:
        return self._window or UNKNOWN_WINDOW

    async def complete(
        self, messages: Sequence[Message], *, schema: Schema, max_tokens: int, temperature: float | None, seed: int
    ) -> AsyncGenerator[str | Finished, None]:
        while True:
            told = self._system.told(messages)
            body = self._body(told, schema, max_tokens, temperature, seed)
            try:
                async with aclosing(self._answered(body)) as pieces:
                    async for piece in pieces:
                        yield piece
                return
            except StoryreelError as error:
                # Nothing was streamed before a refusal of the system message.
                if not self._system.refused(told, str(error.params.get("problem", ""))):
                    raise _meant(error) from error

    async def _answered(self, body: Mapping[str, Any]) -> AsyncGenerator[str | Finished, None]:
        """One answer's text as it comes, then what it cost where the server says it."""
        reason, usage = "", Finished()
        async with self._peer.open() as session, session.events("POST", "/chat/completions", body) as events:
            async for data in events:
                if data == "[DONE]":
                    break
                chunk = self._chunk(data)
                usage = _usage(chunk) or usage
                choice = next(iter(chunk.get("choices") or ()), None)
                if choice is None:
                    continue
                text, reason = self._delta(choice, reason)
                if text:
                    yield text
        if reason or usage.prompt_tokens:
            yield Finished(reason, usage.prompt_tokens, usage.completion_tokens)

    async def _look(self) -> None:
        async with self._peer.open() as session:
            models = await self._models(session)
            if not self._model:
                if not models:
                    raise Unavailable("PEER_UNEXPECTED", engine=self._name, wanted="a model", excerpt="{}")
                self._model = str(models[0].get("id", ""))
            mine = next((model for model in models if model.get("id") == self._model), None)
        if mine is None:
            # Some servers list nothing, or list it under another name: the first call will tell.
            return
        meta = mine.get("meta")
        for found in (mine.get("max_model_len"), mine.get("context_length"), isinstance(meta, Mapping) and meta.get("n_ctx")):
            if self._window is None and isinstance(found, int) and found > 0:
                self._window = found

    async def _models(self, session: Session) -> list[Mapping[str, Any]]:
        answer = await session.json("GET", "/models")
        found = answer.get("data") if isinstance(answer, Mapping) else None
        if not isinstance(found, list):
            raise refusals.unexpected(self._name, "a list of models", answer)
        return [model for model in found if isinstance(model, Mapping)]

    def _body(
        self, messages: Sequence[Message], schema: Schema, max_tokens: int, temperature: float | None, seed: int
    ) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "stream": True,
            "stream_options": {"include_usage": True},
            self._settings.tokens_field: max_tokens,
            "seed": seed,
        }
        if temperature is not None:
            body["temperature"] = temperature
        match self._settings.structured:
            case "json_schema":
                form = {"name": "answer", "strict": True, "schema": schema}
                body["response_format"] = {"type": "json_schema", "json_schema": form}
            case "json_object":
                body["response_format"] = {"type": "json_object"}
            case "prompt":
                pass
        if self._settings.structured != "json_schema":
            told = f"{messages[0].content}\n\nJSON schema:\n{json.dumps(schema, ensure_ascii=False, separators=(',', ':'))}"
            body["messages"][0]["content"] = told
        return body

    def _chunk(self, data: str) -> Mapping[str, Any]:
        try:
            chunk = json.loads(data)
        except (ValueError, RecursionError):
            raise refusals.unreadable(self._name, "text/event-stream", data.encode()) from None
        if not isinstance(chunk, Mapping):
            raise refusals.unexpected(self._name, "an object in its stream", chunk)
        if chunk.get("error"):
            # A server that has begun to stream can no longer answer with a status.
            raise refusals.of_status(self._name, _status(chunk["error"]), data.encode(), None)
        return chunk

    def _delta(self, choice: Any, reason: str) -> tuple[str, str]:
        """The text of a chunk's choice, and why the answer ended, as far as it is known."""
        if not isinstance(choice, Mapping):
            raise refusals.unexpected(self._name, "a choice that is an object", choice)
        reason = str(choice.get("finish_reason") or reason)
        delta = choice.get("delta")
        delta = delta if isinstance(delta, Mapping) else {}
        refusal = delta.get("refusal")
        if reason == "content_filter" or (isinstance(refusal, str) and refusal):
            raise ContentViolation("CONTENT_VIOLATION", problem=refusals.said(str(refusal or "content_filter").encode()))
        text = delta.get("content")
        return (text if isinstance(text, str) else ""), reason


def _usage(chunk: Mapping[str, Any]) -> Finished | None:
    usage = chunk.get("usage")
    if not isinstance(usage, Mapping):
        return None
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    return Finished("", prompt if isinstance(prompt, int) else 0, completion if isinstance(completion, int) else 0)


def _status(error: Any) -> int:
    code = error.get("code") if isinstance(error, Mapping) else None
    return code if isinstance(code, int) and 400 <= code < 600 else 500


def _meant(error: StoryreelError) -> Exception:
    """What a refusal means to a chat: too long, unsafe, or the error itself."""
    problem = str(error.params.get("problem", ""))
    if error.reason in ("PEER_REFUSED", "PEER_ERROR") and _TOO_LONG.search(problem):
        window, asked = _WINDOW.search(problem), _ASKED.search(problem)
        return PromptTooLong(problem, window=int(window[1]) if window else 0, tokens=int(asked[1]) if asked else 0)
    if error.reason == "PEER_REFUSED" and _UNSAFE.search(problem):
        return ContentViolation("CONTENT_VIOLATION", problem=problem)
    return error
