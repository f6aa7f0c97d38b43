"""Storyboards by a language model, through whatever `Chat` it is behind."""

from typing import Any, Self

from services.core import codec
from services.core.errors import EngineFailed, InvalidArgument
from services.core.model import Engine, Language
from services.core.requests import RewriteRequest, StoryboardRequest
from services.core.vocabulary import Style
from services.model_service.engine import Job, Output
from services.model_service.engines.storyboard import segmentation
from services.model_service.engines.storyboard.llm.asking import Asker, Usage
from services.model_service.engines.storyboard.llm.board import OnPart
from services.model_service.engines.storyboard.llm.chat import Chat, PromptTooLong
from services.model_service.engines.storyboard.llm.chat_http import HttpChat
from services.model_service.engines.storyboard.llm.cleaning import clean, trim
from services.model_service.engines.storyboard.llm.director import Director, Report
from services.model_service.engines.storyboard.llm.drafts import Reader
from services.model_service.engines.storyboard.llm.prompts import Prompts, material
from services.model_service.engines.storyboard.llm.rewriting import Rewriter
from services.model_service.engines.storyboard.llm.settings import LlmSettings
from services.model_service.engines.storyboard.llm.tokens import Budget

_VERSION = "1"
_PLANS = 5
"""How often a story is planned anew after the server has said that a prompt was too long."""
_LONGEST_STYLE = 40


class LlmStoryboards:
    """Writes storyboards and rewrites shots with a chat model, in Chinese and English."""

    def __init__(self, name: str, chat: Chat, settings: LlmSettings) -> None:
        self._name = name
        self._chat = chat
        self._settings = settings
        self._prompts: Prompts | None = None
        self._window = 0

    @property
    def identity(self) -> Engine:
        """The revision names the model, the prompts' digest and how is sampled; known once `load` has returned."""
        settings = self._settings
        model = f"{self._chat.model}@{self._chat.revision}" if self._chat.revision else self._chat.model
        sampling = f"t{settings.temperature} max{settings.max_tokens} {settings.structured}"
        return Engine(self._name, _VERSION, f"{model} prompts:{self._read().digest[:16]} {sampling}")

    def load(self) -> None:
        self._read()
        self._chat.load()

    def run(self, request: StoryboardRequest | RewriteRequest, job: Job) -> Output:
        return job.wait(self.write(request, report=job.progress, on_part=job.storyboard))

    async def write(self, request: StoryboardRequest | RewriteRequest, *, report: Report, on_part: OnPart) -> Output:
        """Make it on an event loop. `on_part` is told a storyboard so far at each shot that has been written.

        Raises InvalidArgument NO_WORDS; ContentViolation; EngineFailed LLM_UNUSABLE, LLM_CONTEXT_TOO_SMALL; the chat's errors.
        """
        story = segmentation.plain(request.text)
        if not segmentation.sentences(story, request.language):
            raise InvalidArgument("NO_WORDS", field="text")
        usage = Usage()
        budget = Budget(await self._chat.context_window(), self._settings.max_tokens)
        for _ in range(_PLANS):
            try:
                return await self._written(request, story, budget, usage, report=report, on_part=on_part)
            except PromptTooLong as error:
                budget = budget.narrower(error)
        raise EngineFailed("LLM_CONTEXT_TOO_SMALL", engine=self._name, model=self._chat.model, window=budget.window)

    async def _written(
        self,
        request: StoryboardRequest | RewriteRequest,
        story: str,
        budget: Budget,
        usage: Usage,
        *,
        report: Report,
        on_part: OnPart,
    ) -> Output:
        changed: list[str] = []
        style = _style(request.style, request.language)
        rules = self._read().rules(request.language)
        reader = Reader(request.language, style, changed, rules)
        asker = Asker(
            engine=self._name,
            chat=self._chat,
            prompts=self._read(),
            language=request.language,
            budget=budget,
            temperature=self._settings.temperature,
            seed=request.seed,
            usage=usage,
            changed=changed,
        )
        meta: dict[str, Any]
        if isinstance(request, RewriteRequest):
            draft = await Rewriter(request, story, style, asker, reader).write()
            meta = {"draft": codec.draft_to_json(draft)}
        else:
            parallel = self._settings.parallel
            director = Director(request, story, style, asker, reader, parallel=parallel, report=report, on_part=on_part)
            meta = {"storyboard": codec.storyboard_to_json(await director.make())}
            if (summarised := director.sources.to_json()) is not None:
                meta["summarised"] = summarised
        report(1.0, "writing")
        meta |= {"model": self._chat.model, "usage": usage.to_json()}
        if changed:
            meta["changed"] = changed
        return Output(meta=meta)

    def _read(self) -> Prompts:
        if self._prompts is None:
            self._prompts = Prompts.read()
        return self._prompts


class Vllm(LlmStoryboards):
    """Storyboards by any OpenAI-compatible server: vLLM, llama.cpp, Ollama, SGLang, a cloud's."""

    @classmethod
    def create(cls, _equipment: object) -> Self:
        settings = LlmSettings()
        return cls("vllm", cls.chat(settings), settings)

    @staticmethod
    def chat(settings: LlmSettings) -> Chat:
        return HttpChat("vllm", settings)


def _style(style: str, language: Language) -> str:
    """The style as a word of the vocabulary, or else as its user called it, made harmless."""
    own = trim(clean(material(style)), _LONGEST_STYLE)
    known = Style.recognise(style)
    return own if own and known is None else (known or Style.MOVIE).word(language)
