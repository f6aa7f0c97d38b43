"""The screenwriter: a story's own sentences cut into shots, without a model's weights; the same request gives the same bytes."""

from services.core import codec
from services.core.errors import InvalidArgument
from services.core.model import Engine, Language, ShotDraft, Storyboard
from services.core.requests import RewriteRequest, StoryboardRequest
from services.model_service.engine import Job, Output
from services.model_service.engines.storyboard import planning, reading, rewriting, titles
from services.model_service.engines.storyboard.bible import bible, things_told
from services.model_service.engines.storyboard.chinese import Chinese
from services.model_service.engines.storyboard.english import English
from services.model_service.engines.storyboard.english_verbs import Verbs
from services.model_service.engines.storyboard.grammar import Grammar
from services.model_service.engines.storyboard.lexicon import Lexicon
from services.model_service.engines.storyboard.prompting import prompt
from services.model_service.engines.storyboard.reading import Story
from services.model_service.engines.storyboard.staging import Palette, stage
from services.model_service.engines.storyboard.wording import Writer


class Screenwriter:
    """Writes storyboards and rewrites shots, in Chinese and English, on a CPU.

    It invents no plot: what happens in a shot and what is said over it are the story's words; place, time, weather, cast and
    their looks carry over from where the story tells them. `load` reads the dictionaries (a second, 150 MB).
    """

    def __init__(self) -> None:
        self._ready: tuple[Lexicon, Palette, dict[Language, Grammar]] | None = None

    @property
    def identity(self) -> Engine:
        return Engine("screenwriter", "3")

    def load(self) -> None:
        verbs = Verbs.read()
        lexicon = Lexicon.read(verbs)
        self._ready = (lexicon, Palette.read(), {Language.EN: English(verbs), Language.ZH: Chinese(lexicon.chinese())})

    def run(self, request: StoryboardRequest | RewriteRequest, job: Job) -> Output:
        job.progress(0.0, "reading")
        if isinstance(request, StoryboardRequest):
            board = self._storyboard(request, job)
            job.progress(1.0, "writing")
            return Output(meta={"storyboard": codec.storyboard_to_json(board)})
        draft = self._rewrite(request)
        job.progress(1.0, "writing")
        return Output(meta={"draft": codec.draft_to_json(draft)})

    def _storyboard(self, request: StoryboardRequest, job: Job) -> Storyboard:
        language = request.language
        story, palette = self._read(request.text, request.title, language)
        lexicon, _, _ = self._loaded()
        passages = planning.plan(story, max(1, request.shots) if request.shots is not None else None)
        job.progress(0.5, "staging")
        writer = Writer(language, request.style, palette, story.cast, request.seed, story.text)
        taken: set[str] = set()
        known = things_told(story)
        drafts = []
        for number, shot in enumerate(
            stage(passages, language, palette, lexicon, style=request.style, seed=request.seed, salt=story.text)
        ):
            drafts.append(
                ShotDraft(
                    title=titles.title(shot, language, taken, request.seed, number),
                    description=writer.describe(shot),
                    narration=shot.narration,
                    prompt=prompt(shot, language, known),
                    camera=shot.camera.word(language),
                    framing=shot.framing.value,
                    transition=shot.transition.value,
                    voice=shot.mood.word(language),
                    bgm=shot.music,
                    seconds=shot.seconds,
                )
            )
        return Storyboard(tuple(drafts), bible(story))

    def _rewrite(self, request: RewriteRequest) -> ShotDraft:
        story, palette = self._read(request.text, "", request.language)
        lexicon, _, grammars = self._loaded()
        return rewriting.rewrite(request, story, grammars[request.language], lexicon, palette)

    def _read(self, text: str, title: str, language: Language) -> tuple[Story, Palette]:
        lexicon, palette, grammars = self._loaded()
        story = reading.read(text, title, language, grammars[language], lexicon)
        if not story.moments:
            raise InvalidArgument("NO_WORDS", field="text")
        return story, palette

    def _loaded(self) -> tuple[Lexicon, Palette, dict[Language, Grammar]]:
        if self._ready is None:
            self.load()
        assert self._ready is not None  # noqa: S101 - load has just set it
        return self._ready
