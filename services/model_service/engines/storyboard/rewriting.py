"""One shot told anew: another distance, another move, other words for the same moment, and whatever the director asks for."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from services.core.model import ShotDraft
from services.core.requests import RewriteRequest
from services.core.vocabulary import CameraMove, Framing, Mood, Transition
from services.model_service.engines.storyboard import pace, planning, reading, titles
from services.model_service.engines.storyboard.bible import things_told
from services.model_service.engines.storyboard.grammar import Grammar
from services.model_service.engines.storyboard.lexicon import Lexicon
from services.model_service.engines.storyboard.members import Member
from services.model_service.engines.storyboard.planning import Passage
from services.model_service.engines.storyboard.prompting import prompt
from services.model_service.engines.storyboard.reading import Moment, Scene, Story
from services.model_service.engines.storyboard.staging import (
    Palette,
    Staged,
    Subject,
    choose_camera,
    choose_framing,
    present_in,
    scene_of,
)
from services.model_service.engines.storyboard.wording import Writer

Word = TypeVar("Word", bound=CameraMove | Framing | Mood)

_WISH = re.compile(
    r"^(?:请|麻烦|我想|我要|希望|需要|想要|把?(?:画面|镜头|场景)?(?:改为|改成|换成|换为|变成|变为)|让|加上|增加|"
    r"please\b|i (?:want|need)\b|we need\b|make it\b|change (?:it )?to\b|let\b|add\b|show\b|instead\b)[\s，,：:]*",
    re.IGNORECASE,
)


def rewrite(request: RewriteRequest, story: Story, grammar: Grammar, lexicon: Lexicon, palette: Palette) -> ShotDraft:
    """Another draft of the shot. The narration stays: it belongs to the story and may have been edited."""
    language, draft = request.language, request.draft
    salt = (request.seed, request.sequence, request.instruction, story.text)
    passage = _passage(request, story)
    wish = _wish(request.instruction)
    asked = reading.read(wish, "", language, grammar, lexicon) if any(c.isalnum() for c in wish) else None
    scene, cast = scene_of(passage.moments, language), present_in(passage.moments)
    moments = passage.moments
    if asked and asked.moments:
        scene, cast = _changed(scene, asked, lexicon), _joined(cast, asked)
        moments = (*asked.moments, *(m for m in moments if not _contradicts(m, scene)))
    actions = tuple(dict.fromkeys(c for m in moments for c in m.shown("action")))
    props = tuple(dict.fromkeys(c for m in moments for c in m.shown("prop")))[:3]
    before = Mood.recognise(draft.voice)
    mood = _named(Mood, wish) or (
        palette.mood_of(Passage(moments), wish, before or Mood.CALM, language, last=False) if asked or not before else before
    )
    shown = Subject(bool(cast), len(cast) > 2, bool(props), any(m.spoken for m in moments), new_place=False)
    was_framing, was_camera = Framing.recognise(draft.framing), CameraMove.recognise(draft.camera)
    sky = (
        asked is not None
        and any(m.shown("weather") or m.shown("place") for m in asked.moments)
        and not any(m.shown("prop") for m in asked.moments)
    )
    shown = replace(shown, props=shown.props and not sky, new_place=bool(sky))
    framing = _named(Framing, wish) or choose_framing(
        shown, actions, [was_framing] * 3 if was_framing else [], first=False, last=False, salt=salt
    )
    camera = _named(CameraMove, wish) or choose_camera(
        framing, mood, actions, [was_camera] * 3 if was_camera else [], last=False, salt=salt
    )
    transition = Transition.recognise(draft.transition) or Transition.NONE
    seconds = draft.seconds or pace.seconds(draft.narration)
    shot = Staged(
        replace(passage, moments=moments), draft.narration, moments, scene, cast, props, actions, mood, framing, camera, transition,
        palette.moods[mood.value]["music"], seconds,
    )  # fmt: skip
    writer = Writer(language, request.style, palette, story.cast, *salt)
    if wish:
        acts = bool(asked and any(m.phrase.beat for m in asked.moments))
        description = writer.describe_as(shot, wish, acts=acts)
    else:
        description = writer.describe(shot)
    return ShotDraft(
        title=titles.title(shot, language, {draft.title}, *salt),
        description=description,
        narration=draft.narration,
        prompt=prompt(shot, language, things_told(story)),
        camera=camera.word(language),
        framing=framing.value,
        transition=transition.value,
        voice=mood.word(language),
        bgm=shot.music,
        seconds=seconds,
    )


def _passage(request: RewriteRequest, story: Story) -> Passage:
    """The clauses that the shot tells: those that its narration speaks, or else its share of the story."""
    spoken = request.draft.narration.lower()
    said = tuple(m for m in story.moments if len(m.text) > 3 and m.text.strip(" ，。,.;；").lower() in spoken)
    if said:
        return Passage(said)
    total = max(request.total, request.sequence, 1)
    return Passage(planning.plan(story, total)[max(request.sequence, 1) - 1].moments)


def _wish(instruction: str) -> str:
    """What the director asks for, without the asking and on one line."""
    wish = " ".join(instruction.split()).rstrip("。.!！;； ")
    return _WISH.sub("", wish) or wish


def _changed(scene: Scene, asked: Story, lexicon: Lexicon) -> Scene:
    """The scene with what is asked for in it; stars and northern lights bring the night."""
    told = asked.moments[-1].scene
    weather = told.weather or scene.weather
    time = told.time or scene.time
    if told.time is None and any(w.slug in ("stars", "aurora") for w in told.weather):
        time = lexicon.get("time", "night")
    if told.time is not None and told.time.slug not in ("night", "dawn", "dusk"):
        weather = tuple(w for w in weather if w.slug not in ("stars", "aurora"))
    where = told if told.place else scene
    return Scene(where.place, told.afar or scene.afar, time, weather, where.called)


def _contradicts(moment: Moment, scene: Scene) -> bool:
    """Whether a clause tells of weather or an hour that the director has changed."""
    times = moment.shown("time")
    return any(w not in scene.weather for w in moment.shown("weather")) or bool(times and scene.time not in times)


def _joined(cast: Sequence[Member], asked: Story) -> tuple[Member, ...]:
    """The cast and whoever is asked for besides; somebody already there is not doubled."""
    new = [m for m in asked.cast if m.mentions and not any(known.answers_to(m.concept) for known in cast)]
    return (*cast, *new)[:3]


def _named(kind: Iterable[Word], text: str) -> Word | None:
    """The film-making word that `text` itself uses, as a whole word."""
    for found in kind:
        if any(_says(text, word) for word in (*found.words, *found.aliases)):
            return found
    return None


def _says(text: str, word: str) -> bool:
    if len(word) < 2:
        return False
    return bool(re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE)) if word.isascii() else word in text
