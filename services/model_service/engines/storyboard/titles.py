"""Titles of shots, made of the story's own deeds, things and places: 2 to 8 Chinese characters or 2 to 5 English words."""

import re
from collections.abc import Iterator

from services.core.model import Language
from services.core.vocabulary import Framing
from services.model_service.engines.storyboard import picking
from services.model_service.engines.storyboard.planning import Part
from services.model_service.engines.storyboard.reading import Moment
from services.model_service.engines.storyboard.staging import Staged

_SMALL = frozenset(
    [
        "a",
        "an",
        "the",
        "and",
        "or",
        "of",
        "in",
        "on",
        "at",
        "to",
        "with",
        "from",
        "by",
        "for",
        "into",
        "onto",
        "over",
        "under",
        "up",
        "out",
        "off",
        "down",
        "as",
        "through",
        "towards",
        "along",
        "across",
        "around",
    ]
)
_COUNTED = re.compile(r"^[一两二三四五几][个名位只匹条]")
_SPOKEN = re.compile(r"“[^”]*”|「[^」]*」|\"[^\"]*\"")
_HAN = re.compile(r"[㐀-鿿]+")
_WEAK_ENDS = re.compile(r"(?:[着了得过在到向给成开住]|起来|下来|过来|上去|出来|回来|长大|往上走|脸上|地方|时候|空气|起手|说话)$")
_EMPTY = frozenset({"down", "on", "up", "out", "over", "by", "off", "away", "back", "in", "along", "around", "through", "side"})
_FALLBACK = {
    Part.CLOSE: (("A Closer Look", "Face to Face"), ("凝神", "近看")),
    Part.DETAIL: (("The Small Things", "In Detail"), ("细处", "一处细节")),
    Part.WIDE: (("From Afar", "A Long View"), ("远望", "天地之间")),
}
_OTHERWISE = (("A Moment Later", "The Same Hour", "Another Angle", "Still There"), ("片刻", "此时此刻", "另一侧", "稍后"))


def title(shot: Staged, language: Language, taken: set[str], *salt: object) -> str:
    """A title that is not in `taken` as long as the shot offers one; it is added there."""
    candidates = [c for c in (_chinese(shot) if language is Language.ZH else _english(shot)) if _fits(c, language)]
    fallback = _FALLBACK.get(shot.passage.part, _OTHERWISE)[language is Language.ZH]
    fresh = [c for c in dict.fromkeys(candidates) if c not in taken]
    chosen = fresh[0] if fresh else picking.pick([f for f in fallback if f not in taken] or candidates or fallback, *salt)
    taken.add(chosen)
    return chosen


def _fits(text: str, language: Language) -> bool:
    if language is Language.ZH:
        return 2 <= len(text) <= 8 and len(_HAN.findall(text)) == 1 and _HAN.fullmatch(text) is not None
    return 2 <= len(text.split()) <= 5 and text.isascii() and len(text) <= 40


def _ordered(shot: Staged, deeds: list[str], scenery: list[str], things: list[str]) -> list[str]:
    match shot.passage.part:
        case Part.ESTABLISHING:
            return [*scenery, *deeds, *things]
        case Part.CLOSE | Part.DETAIL:
            return [*things, *deeds, *scenery]
        case _ if shot.framing is Framing.ESTABLISHING:
            return [*scenery[:1], *deeds, *things, *scenery[1:]]
        case _ if shot.framing is Framing.DETAIL and not shot.cast:
            return [*things, *deeds, *scenery]
        case _:
            return [*deeds, *things, *scenery]


def _deeds(shot: Staged) -> Iterator[tuple[float, str, Moment]]:
    """Score, deed and who does it: what is seen in the picture makes a better title than what is only said."""
    for rank, moment in enumerate(shot.told):
        deed = moment.phrase.action
        if deed:
            seen = sum(hit.spelling.lower() in deed.lower() for hit in moment.hits)
            yield (
                1.5 * min(seen, 2)
                + bool(moment.cast)
                + 0.6 * bool(moment.turn > 1)
                - 0.1 * rank
                - 1.5 * bool(_WEAK_ENDS.search(deed)),
                deed,
                moment,
            )


def _said(shot: Staged) -> list[str]:
    """What is called out, if it is short enough to stand above the shot; the longer of two says more."""
    said = [
        part.strip()
        for m in shot.told
        for quoted in _SPOKEN.findall(m.text)
        for part in re.split(r"[，。！？,.!?…；;“”\"「」『』]+", quoted)
    ]
    return sorted((part for part in said if len(part) > 1), key=len, reverse=True)


def _chinese(shot: Staged) -> list[str]:
    deeds = []
    for _, deed, moment in sorted(_deeds(shot), key=lambda d: -d[0]):
        who = _COUNTED.sub("", moment.phrase.subject).rpartition("的")[2]
        if moment.cast and not any(
            who in m.name or m.name in who or who in h.spelling
            for m in moment.cast
            for h in moment.hits
            if h.concept.kind == "figure"
        ):
            who = ""
        if len(deed) <= 3 and 2 <= len(who) <= 5 and not who.startswith(("他", "她", "它", "我", "你")):
            deeds.append(who + deed)
        elif len(deed) <= 3 and moment.cast:
            deeds.append(_COUNTED.sub("", moment.cast[0].name) + deed)
        deeds.append(deed)
    deeds = [d for d in deeds if len(d) > 2]
    weak = [d for d in deeds if _WEAK_ENDS.search(d)]
    deeds = [d for d in deeds if d not in weak] + _said(shot)
    names = [_COUNTED.sub("", m.name) for m in shot.cast]
    props = [h.spelling for m in shot.told for h in m.hits if h.concept in shot.props and len(h.spelling) > 1]
    deeds += [f"{names[0]}与{other}" for other in (*names[1:], *props)] if names else []
    place = shot.scene.place_name(Language.ZH)
    time = shot.scene.time.names[1] if shot.scene.time else ""
    weather = [w.names[1] for w in shot.scene.weather if w.slug not in ("wind", "clear")]
    scenery = [
        f"{place}{time}",
        f"{place}的{time}" if place and time else "",
        *(f"{w}下的{place}" if len(w) > 1 else f"{place}飞{w}" for w in weather if place),
        place,
    ]
    things = [f"{prop.names[1]}与{weather[-1]}" for prop in shot.props if weather and len(prop.names[1]) > 1]
    things += [*props, *(m.phrase.thing for m in shot.told)]
    opening = next((run[:4] for m in shot.told for run in _HAN.findall(m.text)), "")
    return [*_ordered(shot, deeds, [s for s in scenery if s], [t for t in things if t]), *names, *weak, opening, time]


def _english(shot: Staged) -> list[str]:
    deeds = [_titled(deed) for _, deed, _ in sorted(_deeds(shot), key=lambda d: -d[0]) if set(deed.split()[1:]) - _EMPTY]
    deeds += [_titled(said) for said in _said(shot)]
    place, time = shot.scene.place, shot.scene.time
    scenery = (
        [f"{time.names[0]} {place.at}" for _ in (0,) if time and place]
        + [w.names[0] for w in shot.scene.weather]
        + ([shot.scene.place_name(Language.EN)] if place else [])
    )
    spelled = {h.spelling.lower() for m in shot.told for h in m.hits if h.concept.kind == "prop"}
    things = [
        f"the {m.phrase.thing}" for m in shot.told if m.phrase.thing.rpartition(" ")[2].lower() in spelled and " " in m.phrase.thing
    ]
    things += [f"the {p.slug}" for p in shot.props]
    things += [f"{shot.cast[0].name} and {other.name}" for other in shot.cast[1:]]
    things += [f"{m.name} and the {p.slug}" for m in shot.cast[:1] for p in shot.props]
    things += [f"{m.name} {place.at}" for m in shot.cast if place] + [f"the {m.phrase.thing}" for m in shot.told if m.phrase.thing]
    opening = next((words[:4] for m in shot.told if len(words := re.findall(r"[A-Za-z][\w'’-]*", m.text)) > 1), [])
    while opening and opening[-1].lower() in _SMALL:
        opening = opening[:-1]
    return [*_ordered(shot, deeds, [_titled(s) for s in scenery], [_titled(t) for t in things]), _titled(" ".join(opening))]


def _titled(text: str) -> str:
    words = re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text)
    return " ".join(
        w.lower() if i and w.lower() in _SMALL and i < len(words) - 1 else w[:1].upper() + w[1:] for i, w in enumerate(words)
    )
