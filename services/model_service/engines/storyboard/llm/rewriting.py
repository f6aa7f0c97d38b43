"""One shot worded anew by a model, from its part of the story and what its director wishes."""

import json

from services.core import codec
from services.core.errors import EngineFailed
from services.core.model import ShotDraft
from services.core.requests import RewriteRequest
from services.model_service.engines.storyboard import pace
from services.model_service.engines.storyboard.llm import chapters, schema, tokens
from services.model_service.engines.storyboard.llm.asking import Asker, Question
from services.model_service.engines.storyboard.llm.chat import Message
from services.model_service.engines.storyboard.llm.drafts import Reader
from services.model_service.engines.storyboard.llm.prompts import material

_WORDS = {"zh": 30, "en": 18}


class Rewriter:
    """Rewrites one shot. `story` and `style` as the director takes them."""

    def __init__(self, request: RewriteRequest, story: str, style: str, asker: Asker, reader: Reader) -> None:
        self._request = request
        self._story = story
        self._style = style
        self._asker = asker
        self._reader = reader

    async def write(self) -> ShotDraft:
        """Raises PromptTooLong; EngineFailed LLM_UNUSABLE, LLM_CONTEXT_TOO_SMALL."""
        request = self._request
        question = Question(self._messages(self._passage()), schema.shot(request.language), salt=request.sequence)
        return await self._asker.whole(question, lambda value: self._reader.shot(value, request.sequence, request.draft.narration))

    def _passage(self) -> str:
        """The story, or the part of it in which the shot stands where the whole does not fit."""
        budget, request = self._asker.budget, self._request
        bare = "\n".join(message.content for message in self._messages(""))
        room = budget.room(bare, tokens.SHOT)
        if budget.tokens(material(self._story)) <= room:
            return self._story
        if not budget.suffices(room):
            raise EngineFailed(
                "LLM_CONTEXT_TOO_SMALL", engine=self._asker.engine, model=self._asker.chat.model, window=budget.window
            )
        units = chapters.units(self._story, request.language, tokens=budget.tokens, room=room)
        runs = chapters.chapters(units, tokens=budget.tokens, room=room)
        lengths = [sum(pace.spoken(unit.text) for unit in run) for run in runs]
        place = (request.sequence - 0.5) / request.total * sum(lengths)
        number = 0
        while number + 1 < len(runs) and place > lengths[number]:
            place -= lengths[number]
            number += 1
        self._reader.changed.append(f"read part {number + 1} of {len(runs)} of the story, where the shot stands")
        return chapters.written(runs[number], request.language)

    def _messages(self, story: str) -> list[Message]:
        request, asker = self._request, self._asker
        draft = json.dumps(codec.draft_to_json(request.draft), ensure_ascii=False, indent=1)
        return asker.prompts.opening(
            "rewrite",
            request.language,
            style=self._style,
            words=_WORDS[request.language.value],
            story=material(story),
            draft=material(draft),
            wish=material(request.instruction.strip()) or asker.prompts.words("no_wish", request.language),
            total=request.total,
            number=request.sequence,
        )
