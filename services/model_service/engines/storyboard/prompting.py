"""A staged shot put into plain words for painters."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.core.model import Language
from services.model_service.engines.storyboard.adjectives import Described, described
from services.model_service.engines.storyboard.lexicon import Concept
from services.model_service.engines.storyboard.members import Member, several
from services.model_service.engines.storyboard.showing import hit_of
from services.model_service.engines.storyboard.staging import Staged

_HUGE = {
    Language.ZH: re.compile(r"像[^，。]{0,4}(?:小山|大山|房子|城墙|高楼|塔)|比房子|比山|巨大|庞大"),
    Language.EN: re.compile(
        r"\bas (?:big|large|tall|high) as (?:an? |the )?(?:\w+ )?"
        r"(?:cottage|house|hill|mountain|church|tower|ship|castle|barn)|\bhuge\b|\benormous\b|\bgigantic\b",
        re.IGNORECASE,
    ),
}
_EYES_OUT = {
    Language.ZH: re.compile(r"眼[灯睛][^，。]{0,6}(?:熄|灭|暗了|黑了)"),
    Language.EN: re.compile(
        r"\beyes?\b[^,.;]{0,16}\b(?:went|go|goes|turned|grew) (?:out|dark|dim)\b|\beyes? (?:dimmed|faded)\b", re.IGNORECASE
    ),
}
_GROWING = frozenset({"living", "flower", "tree"})
"""What opens and shuts without a door."""


def prompt(shot: Staged, language: Language, known: Mapping[Concept, Described]) -> str:
    """Comma-separated plain words: place, time, weather, figures with their look, things, deeds.

    The canonical English tags come first, so that a text encoder that reads 77 tokens has them; a Chinese story's own words follow.
    `known` is what the story has said of its things: a thing keeps its colour where the line does not name it.
    """
    scene = shot.scene
    places = [p for p in (scene.place, scene.afar) if p]
    conditions = [c for c in (scene.time, *scene.weather) if c]
    deeds = [a.slug for a in shot.actions[:3]]
    tags = [t for p in places for t in (_lit(p, shot), p.also)] + [c.slug for c in conditions]
    props = [_stated(p, shot, language, known) for p in shot.props]
    if language is Language.EN:
        people = [_qualified(m, _figure(m), shot, language) for m in shot.cast]
        called = scene.called.removeprefix("the ")
        return _joined([*tags, "" if f"unlit {called}" in tags else called, *people, *props, *deeds])
    words = [scene.called, *(p.names[1] for p in places)] + [c.names[1] for c in conditions]
    things = [
        next((h.spelling for m in shot.told for h in m.hits if h.concept is p and len(h.spelling) > 1), p.names[1])
        for p, stated in zip(shot.props, props, strict=True)
        if not stated.startswith("wearing ")
    ]
    things += [h.spelling for m in shot.told for h in m.hits if h.concept.slug == "rowing" and "rowing" in deeds]
    return _joined([*tags, *_tags(shot, language), *props, *deeds, *words, *map(_portrait, shot.cast), *things])


def _lit(place: Concept, shot: Staged) -> str:
    return f"unlit {place.slug}" if shot.unlit and place.slug == "lighthouse" else place.slug


def _tags(shot: Staged, language: Language) -> list[str]:
    """The figures by their tags, two of a kind as two."""
    alike = Counter(m.tag for m in shot.cast if m.count == 1)
    return [several(m.tag, alike[m.tag]) if alike[m.tag] > 1 else _qualified(m, m.tag, shot, language) for m in shot.cast]


def _stated(prop: Concept, shot: Staged, language: Language, known: Mapping[Concept, Described]) -> str:
    """A thing by its tag, with the number, colour and state that the story gives it; what somebody wears is worn."""
    found = hit_of(prop, shot.told)
    if found is None:
        return prop.slug
    moment, hit = found
    beside = described(moment.text, hit.start, hit.end, language)
    beside = beside.keeping(known.get(prop))
    if beside.worn and prop.being == "cloth":
        return f"wearing {beside.colour} {prop.slug}".replace("  ", " ")
    return (replace(beside, state="") if prop.being in _GROWING else beside).english(prop.slug)


def _figure(member: Member) -> str:
    """Who stands there, in plain English: the role of somebody with a name, the tag of anybody else."""
    portrait = member.portrait(Language.EN)
    return portrait if member.proper else f"{member.tag} {portrait}"


def _qualified(member: Member, words: str, shot: Staged, language: Language) -> str:
    """`words` for somebody, with the size that the shot's lines give an animal or a giant, and a machine's eyes gone out."""
    own = [m.text for m in shot.told if member in m.cast]
    if member.concept.being == "machine" and any(_EYES_OUT[language].search(m.text) for m in shot.told):
        return f"switched-off {words}"
    return f"huge {words}" if not member.is_human and any(_HUGE[language].search(text) for text in own) else words


def _portrait(member: Member) -> str:
    """Who stands there, in Chinese; a common noun may name more than who is meant (撑船人 has a boat in it), so the role stands."""
    portrait = member.portrait(Language.ZH)
    if portrait != member.look:
        return f"{portrait}{member.name}" if member.proper else portrait
    return f"{portrait}的{member.name}" if portrait else member.name


def _joined(words: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(word.strip() for word in words if word.strip()))
