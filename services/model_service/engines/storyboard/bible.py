"""A story's bible: its characters, props and places with the look that every shot keeps."""

from collections import Counter
from collections.abc import Mapping

from services.core.model import BibleEntry, Language
from services.model_service.engines.storyboard import picking
from services.model_service.engines.storyboard.adjectives import Described, described, joined
from services.model_service.engines.storyboard.lexicon import Concept, looks
from services.model_service.engines.storyboard.reading import Story

_MOST = 8


def bible(story: Story) -> tuple[BibleEntry, ...]:
    """The most mentioned come first; a prop is in it when it comes up twice or somebody handles it."""
    people = sorted((m for m in story.cast if m.mentions), key=lambda m: -m.mentions)[:_MOST]
    entries = [BibleEntry("character", member.name, member.portrait(story.language)) for member in people]
    seen: Counter[Concept] = Counter()
    handled: set[Concept] = set()
    names: dict[Concept, str] = {}
    called: dict[Concept, str] = {}
    for moment in story.moments:
        seen.update({hit.concept for hit in moment.hits if hit.concept.kind == "prop"})
        seen.update(place for place in (moment.scene.place, moment.scene.afar) if place)
        if moment.scene.place:
            called.setdefault(moment.scene.place, moment.scene.place_name(story.language))
        for hit in moment.hits:
            if hit.concept.kind == "place" and hit.concept is moment.scene.afar:
                called.setdefault(hit.concept, hit.spelling if story.language is Language.ZH else hit.concept.name(story.language))
        handled.update(moment.shown("prop") if moment.cast else ())
        for hit in moment.hits:
            if hit.concept.kind == "prop":
                names.setdefault(
                    hit.concept,
                    hit.spelling
                    if story.language is Language.ZH
                    else f"the {hit.spelling.lower().removeprefix('the ').removeprefix('a ')}",
                )
    table = looks()
    told = things_told(story)
    props = [c for c, count in seen.most_common() if c.kind == "prop" and (count > 1 or c in handled)][:_MOST]
    places = [c for c, _ in seen.most_common() if c.kind == "place"][:_MOST]
    for prop in props:
        made = picking.pick(table.get(prop.slug, table[prop.being])[story.language.value], story.text, prop.slug)
        entries.append(BibleEntry("prop", names[prop], joined(told.get(prop), made, story.language)))
    world = picking.pick(table["place"][story.language.value], story.text, "place")  # one film, one world
    entries += [BibleEntry("place", called.get(place) or place.name(story.language), world) for place in places]
    return tuple(entries)


def things_told(story: Story) -> Mapping[Concept, Described]:
    """What the story says of each of its things where it first says something of it."""
    told: dict[Concept, Described] = {}
    for moment in story.moments:
        for hit in moment.hits:
            if hit.concept.kind == "prop" and not (hit.concept in told and told[hit.concept].as_told):
                told[hit.concept] = described(moment.text, hit.start, hit.end, story.language)
    return told
