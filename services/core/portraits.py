"""Portraits: pictures of a story's characters, by which an engine that takes references keeps a face from shot to shot.

A character of the bible is painted once, alone, as the bible says, before the first shot that shows it. The recipe has
nothing of any shot: shots are changed and made anew with the same portraits, and only another look is another portrait.
"""

import re
from collections.abc import Iterator

from services.core import recipes
from services.core.film_options import FilmOptions
from services.core.ledger import Ledger
from services.core.model import BibleEntry, Digest, Language, Story
from services.core.ports import Work
from services.core.requests import MOST_REFERENCES, KeyframeRequest, Service
from services.core.vocabulary import Framing

_WORDS = {
    Language.EN: "portrait of {name}, {look}\nfacing the viewer, nobody else, plain light background",
    Language.ZH: "{name}的肖像，{look}\n正面，没有别人，浅色纯背景",
}
_NAMELESS = "portrait of {look}\nfacing the viewer, nobody else, plain light background"
"""For an engine to which a name in Chinese means nothing."""
_CHINESE = re.compile(r"[\u3400-\u9fff]")


def references(work: Work, seen: str, ledger: Ledger) -> tuple[Digest, ...] | None:
    """The portraits of the characters that a picture of `seen` shows, the bible's first ones first, as many as the engine takes.

    None while one of them must be made: its step is noted, for no one shot. A character of whom the engine cannot read any look
    has no portrait: it would show somebody else.
    """
    accepts = ledger.accepts(Service.KEYFRAMES)
    wanted = [request(work.story, entry, chinese=accepts.chinese) for entry in _shown(work.story, seen)]
    most = min(accepts.references, MOST_REFERENCES)
    found = [ledger.need(portrait) for portrait in [each for each in wanted if each is not None][:most]]
    there = [artifact.parts["image"].digest for artifact in found if artifact is not None]
    return tuple(there) if len(there) == len(found) else None


def request(story: Story, entry: BibleEntry, *, chinese: bool) -> KeyframeRequest | None:
    """A square picture of a character, as wide as the story's pictures are on their shorter side.

    Asked in English of an engine that reads no `chinese`; None where there are no English words for the look.
    """
    words = _WORDS[story.language].format(name=entry.name, look=entry.look)
    if not chinese and _CHINESE.search(entry.look):
        if not entry.look_en:
            return None
        words = _NAMELESS.format(look=entry.look_en)
    side = min(FilmOptions.picture_size(story))
    return KeyframeRequest(
        prompt=words,
        style=story.style,
        language=story.language,
        width=side,
        height=side,
        seed=recipes.seed(story.content, entry.name),
        framing=Framing.MEDIUM,
    )


def _shown(story: Story, seen: str) -> Iterator[BibleEntry]:
    """The characters that the words name, or show by their look."""
    told = seen.lower()
    for entry in story.bible:
        if entry.kind == "character" and entry.name and entry.look:
            # A short name is not a piece of another word; Chinese has no spaces to tell by.
            named = re.search(rf"(?<![a-z]){re.escape(entry.name.lower())}(?![a-z])", told)
            if named or entry.look.lower() in told:
                yield entry
