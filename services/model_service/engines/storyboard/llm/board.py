"""A run of shots asked of a model in one question: told as they close, and exactly as many as were asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.core.model import BibleEntry, ShotDraft, Storyboard
from services.model_service.engines.storyboard.llm import chapters, counting, schema
from services.model_service.engines.storyboard.llm.asking import Answer, Asker, Question
from services.model_service.engines.storyboard.llm.chat import Message
from services.model_service.engines.storyboard.llm.drafts import Reader, once
from services.model_service.engines.storyboard.llm.json_stream import Element, Malformed

OnPart = Callable[[Storyboard], None]
"""Told, at each shot that closes, all that is written so far. A shot may be worded anew later: the last word is the result's."""


@dataclass(frozen=True, slots=True)
class Run:
    """Shots `first` to `first + count - 1` of a film; with `bible`, that comes before them.

    `beats` are the story's words for each shot, where it could be cut so.
    """

    messages: Sequence[Message]
    first: int
    count: int
    beats: Sequence[str] = ()
    bible: bool = False


@dataclass(slots=True)
class _Written:
    bible: list[BibleEntry] = field(default_factory=list)
    shots: list[ShotDraft] = field(default_factory=list)


class Scribe:
    """Has runs of shots written, one after the other. One for a film, whose `bible` may be known before."""

    def __init__(self, asker: Asker, reader: Reader, on_part: OnPart) -> None:
        self.bible: tuple[BibleEntry, ...] = ()
        self._asker = asker
        self._reader = reader
        self._on_part = on_part
        self._told: list[ShotDraft] = []

    async def write(self, run: Run) -> tuple[ShotDraft, ...]:
        """The run's shots, exactly `count` of them; its bible, where it asks for one, is `bible` from then on.

        What cannot be used is repaired by the model once: after an answer that broke off it goes on where it stopped, after a
        wrong number of shots it writes them anew. Raises EngineFailed LLM_UNUSABLE when that does not help either.
        """
        language = self._asker.language
        form = schema.storyboard(language, run.count) if run.bible else schema.shots(language, run.count)
        question = Question(run.messages, form, ("bible", "shots"), salt=run.first)
        written = _Written()
        answer = await self._listen(question, run, written)
        problem = answer.problem or _miscounted(len(written.shots), run.count)
        if problem:
            broke_off = bool(answer.problem) and 0 < len(written.shots) < run.count
            if broke_off:
                question = self._rest(question, run, answer, len(written.shots))
            else:
                exactly = self._asker.prompts.words("exactly", language, count=run.count)
                question = self._asker.again(question, answer, problem, exactly)
                written = _Written()
            answer = await self._listen(question, run, written)
        if not written.shots or (answer.problem and len(written.shots) < run.count):
            raise self._asker.unusable(answer.problem or "there are no shots in it")
        return self._settled(run, written.shots)

    def _rest(self, question: Question, run: Run, answer: Answer, kept: int) -> Question:
        asker = self._asker
        last = run.first + run.count - 1
        numbers = {"next": run.first + kept, "last": last, "count": run.count - kept}
        text = asker.prompts.text("rest", asker.language, problem=answer.problem, **numbers)
        return asker.repaired(question, answer, text, schema.shots(asker.language, run.count - kept), ("shots",))

    async def _listen(self, question: Question, run: Run, written: _Written) -> Answer:
        def take(element: Element) -> None:
            if element.key == "bible":
                entry = self._reader.entry(element.value, element.index)
                if entry is not None and len(written.bible) < schema.MOST_ENTRIES:
                    written.bible.append(entry)
                    self.bible = once(written.bible)
                return
            at = len(written.shots)
            if at >= 2 * run.count + 8:
                raise Malformed(_miscounted(at, run.count))
            beat = chapters.narrated(run.beats[at]) if at < len(run.beats) else ""
            draft = self._reader.shot(element.value, run.first + at, beat)
            written.shots.append(draft)
            if at < run.count:
                self._tell(run.first + at, draft)

        return await self._asker.listen(question, take)

    def _settled(self, run: Run, shots: Sequence[ShotDraft]) -> tuple[ShotDraft, ...]:
        if len(shots) != run.count:
            self._reader.changed.append(f"shots: {len(shots)} → {run.count}")
        settled = counting.exactly(shots, run.count, self._asker.language)
        settled = tuple(self._reader.fitted(draft, number) for number, draft in enumerate(settled, run.first))
        for number, draft in enumerate(settled, run.first):
            if self._told[number - 1 : number] != [draft]:
                self._tell(number, draft)
        return settled

    def _tell(self, number: int, draft: ShotDraft) -> None:
        self._told[number - 1 : number] = [draft]
        self._on_part(Storyboard(tuple(self._told), self.bible))


def _miscounted(found: int, wanted: int) -> str:
    return "" if found == wanted else f"it has {found} shots, and exactly {wanted} were asked for"
