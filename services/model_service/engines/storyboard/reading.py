"""A story read once from beginning to end: what each clause tells and shows, and the scene that it plays in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.core.model import Language
from services.model_service.engines.storyboard import cast as casting
from services.model_service.engines.storyboard import deeds, segmentation
from services.model_service.engines.storyboard.cast import Cast
from services.model_service.engines.storyboard.grammar import Grammar, Phrase
from services.model_service.engines.storyboard.lexicon import Concept, Hit, Lexicon, looks
from services.model_service.engines.storyboard.members import Member
from services.model_service.engines.storyboard.pointing import Pointed
from services.model_service.engines.storyboard.thread import Thread

_LOOK_AHEAD = 8
"""Clauses within which a place or time that is told late already holds at the beginning."""

_FEW_CLAUSES = 3
_HOMES = frozenset({"room", "living room", "bedroom", "kitchen", "study", "chinese room"})
_SCENERY = ("place", "time", "figure")

Span = tuple[int, int, int, bool]
"""Sentence, start, end, and whether a paragraph begins here."""

_SPOKEN = re.compile(r"“[^”\n]*”?|「[^」\n]*」?|『[^』\n]*』?|\"[^\"\n]*\"?|(?<!\w)‘[^‘’\n]*’(?!\w)")
_TELLS = {Language.ZH: re.compile(r"我"), Language.EN: re.compile(r"\b(?:I|[Mm]y|[Ww]e|me)\b")}
_FROM = {
    Language.ZH: re.compile(r"(?:离开|走出|逃出|告别|飞出|从)[^，。]{0,6}$"),
    Language.EN: re.compile(r"\b(?:left|leaves?|leaving|from|out of|away from)\s(?:\w+\s){0,3}$", re.IGNORECASE),
}
_AFAR = {
    Language.ZH: re.compile(
        r"(?:望向|望着|看见|看到|望见|远处的?|远方的?|指向|指着|遥望|远远的?|想起|梦见|天边的?|寻找|找寻)[^，。]{0,6}$"
    ),
    Language.EN: re.compile(
        r"\b(?:saw|sees?|looked|looks|gazed|gazes|pointed|points|towards?|far|distant|"
        r"beyond|over|above|remembered|find|search of|searching for|looking for)\s(?:\w+\s){0,4}$",
        re.IGNORECASE,
    ),
}
_LATER = {
    Language.ZH: re.compile(r"第[二三四五六七八九十\d]+天|[次翌]日|[几数]天后|[多几数十]年以?后|后来|从此"),
    Language.EN: re.compile(
        r"\b(?:the next (?:day|morning|night)|(?:years?|days?|weeks?|months?) (?:later|went by|passed)|the following|"
        r"on the \w+ (?:day|morning|evening|night)|(?:by|in) (?:spring|summer|autumn|winter)|"
        r"(?:spring|summer|autumn|winter) came)\b",
        re.IGNORECASE,
    ),
}
_RECALLED = {
    # Whoever is named here is spoken of, not seen.
    Language.ZH: re.compile(r"(?:那|这)?是[^，。]{2,}的[。，！]?$"),
    Language.EN: re.compile(r"(?:it|that|this) (?:was|had been) (?:from|written by|a gift from)\b", re.IGNORECASE),
}
_WHOSE = re.compile(r"[里中上]?的(主人|大王|国王|王|女儿|儿子|人)?")
_LAST_NOUN = re.compile(r"的([\u4e00-\u9fff]{1,3})$")
_SUDDEN = {
    Language.ZH: re.compile(r"忽然|突然|就在这时|就在此时|终于|没想到"),
    Language.EN: re.compile(r"suddenly|at last\b|finally|just then|all at once|but then", re.IGNORECASE),
}
_THERE = re.compile(r"\W*there (?:lay|stood|was|were|rose|came|hung|lies|stands|is|are)\b", re.IGNORECASE)
_ELSEWHERE = {
    # Where nobody is and what nobody sees now.
    Language.ZH: re.compile(r"(?:想起|想到|梦见|梦到|说起|提到|记得|忘记)了?[^，。]{0,8}$"),
    Language.EN: re.compile(
        r"\b(?:remembered|thought of|dream(?:ed|t) of|spoke of|told (?:\w+ )?(?:of|about))\s(?:\w+\s){0,4}$", re.IGNORECASE
    ),
}
_HOMEWARD = {
    # After this the story goes on at home.
    Language.ZH: re.compile(r"(?:(?<![想要不没能])[跑走赶带抱送]|一路[跑走]?|到)回了?家(?![的路])|回到了?家"),
    Language.EN: re.compile(
        r"\b(?:went|came|ran|walked|hurried|got|(?:took|carried|brought) \w+(?: \w+)?) (?:all the way )?(?:back )?home\b",
        re.IGNORECASE,
    ),
}
_ARRIVED = {
    Language.ZH: re.compile(r"回到了?家|到了家"),
    Language.EN: re.compile(r"\bgot (?:back )?home\b|\b(?:was|were) (?:back )?home\b", re.IGNORECASE),
}
_WITHIN = re.compile(r"\bthe (?!sky|sun|moon|stars|wind|rain|snow|fog)\w+ (?:in|of) the (?:\w+ )?$")
_STORY_OF = {
    Language.ZH: re.compile(r"^(?:这是)?(?:一个)?(?:关于|讲述了?)?(.{4,60}?)的(?:故事|童话|传说)[。！]?$"),
    Language.EN: re.compile(r"^(?:(?:this is )?(?:a|the) (?:short )?(?:story|tale) (?:about|of) )(.{6,160}?)[.!]?$", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Scene:
    """Where and when something is seen, as far as the story has told it."""

    place: Concept | None = None
    afar: Concept | None = None
    time: Concept | None = None
    weather: tuple[Concept, ...] = ()
    called: str = ""
    """What the story calls the place, where that can stand alone (a bookshop, where the concept is a room)."""

    def place_name(self, language: Language) -> str:
        return self.called or (self.place.name(language) if self.place else "")


@dataclass(frozen=True, slots=True)
class Moment:
    """One clause at `start:end` of the story's plain text, read. `turn` is how much begins anew with it, from 0."""

    text: str
    start: int
    end: int
    sentence: int
    phrase: Phrase
    hits: tuple[Hit, ...]
    cast: tuple[Member, ...]
    scene: Scene
    spoken: bool
    turn: float
    doer: Member | None = None
    """Whoever does it, where the story makes that clear; of a line of dialogue, who speaks."""
    new: tuple[Member, ...] = ()
    """Whoever is met here for the first time."""

    def shown(self, kind: str) -> tuple[Concept, ...]:
        return tuple(dict.fromkeys(h.concept for h in self.hits if h.concept.kind == kind))


@dataclass(frozen=True, slots=True)
class Story:
    """The whole of it. `text` is what the moments' offsets count in."""

    text: str
    language: Language
    moments: tuple[Moment, ...]
    cast: tuple[Member, ...]


def read(text: str, title: str, language: Language, grammar: Grammar, lexicon: Lexicon) -> Story:
    """Read a story. Its title, where it stands above the text, is not part of it."""
    plain = segmentation.plain(text)
    logline = _STORY_OF[language].match(plain)
    if logline:
        plain = logline.group(1)[:1].upper() + logline.group(1)[1:]
    sentences = _told(segmentation.sentences(plain, language), title)
    spans = [(i, s.start + a, s.start + b, s.opens and a == 0) for i, s in enumerate(sentences) for a, b in grammar.clauses(s.text)]
    if len(spans) <= _FEW_CLAUSES:
        spans = [half for span in spans for half in _halved(span, plain, grammar)]
    spans = [span for span in spans if any(c.isalnum() for c in plain[span[1] : span[2]])]
    clauses = [plain[start:end] for _, start, end, _ in spans]
    narrated = "\n".join(s.text for s in sentences)
    names = [name for name, _ in grammar.names(narrated)]
    blank = "　" if language is Language.ZH else "_"
    silenced = _SPOKEN.sub(lambda m: blank * len(m.group()), plain)
    is_talk = len(silenced.replace(blank, "")) * 4 < len(plain)
    heard = plain if is_talk else silenced
    cast = Cast(
        language,
        lexicon,
        grammar,
        names,
        looks(),
        salt=plain,
        genders=casting.genders(clauses, names, grammar),
        first_person=not is_talk and sum(bool(_TELLS[language].search(heard[a:b])) for _, a, b, _ in spans) > 1,
    )
    thread = Thread(language)
    pointed = Pointed(language)
    thing_acts = False
    moments: list[Moment] = []
    scene = Scene()
    for (sentence, start, end, opens), clause in zip(spans, clauses, strict=True):
        outside = heard[start:end]
        begins = not moments or moments[-1].sentence != sentence
        phrase = _topical(grammar.parse(clause, many=not begins and moments[-1].phrase.many), moments[-1:], begins=begins)
        if phrase.subject[:1].isupper() and _is_common(phrase.subject, names, grammar):
            phrase = replace(phrase, subject=phrase.subject[0].lower() + phrase.subject[1:])
        hits = lexicon.find(outside, language, grammar.words(outside) if language is Language.ZH else ())
        hits = [h for h in hits if not any(h.start <= at < h.end for at in _found(outside, names))]
        if any(h.concept.slug in ("boat", "ship") for h in hits) and any(h.concept.kind == "figure" for h in hits) and scene.place:
            water = lexicon.get("place", "sea")
            hits += [Hit(water, len(outside), len(outside), water.name(language))] if scene.place.climate == "sea" else []
        if _RECALLED[language].match(outside):
            hits = [h for h in hits if h.concept.kind != "figure"]
        hits = [h for h in hits if not deeds.is_only_said(h.concept.slug, outside)]
        done = [
            *lexicon.deeds(deeds.meant(phrase.verbs, clause)),
            *(lexicon.get("action", d) for d in deeds.implied(outside, language)),
        ]
        hits += [Hit(deed, 0, 0, deed.slug) for deed in done]
        hits += pointed.at(outside, hits, lexicon)
        eyes = deeds.eyes_in_the_dark(outside, language)
        hits += [Hit(lexicon.get("prop", "glowing eyes"), *eyes, outside[slice(*eyes)])] if eyes else []
        known = len(cast.members)
        thing_acts = thing_acts and not begins and not phrase.subject  # dunes rose, and went on rising
        has_subject = bool(phrase.subject) or thing_acts or bool(_THERE.match(outside))
        present = cast.meet(outside, clause, hits, has_subject=has_subject, acts=bool(phrase.beat), opens=opens)
        thing_acts = has_subject and not present
        after = _move(scene, outside, hits, language, opens=opens)
        turn = _turn(scene, after, clause, language, opens=opens, begins=begins)
        turn += 0.5 if moments and present and not set(map(id, present)) & set(map(id, moments[-1].cast)) else 0.0
        homeward = after.place is not None and after.place.slug not in _HOMES and _HOMEWARD[language].search(outside) is not None
        home = replace(after, place=lexicon.get("place", "room"), called="") if homeward else after
        after = home if _ARRIVED[language].search(outside) else after
        scene = replace(home, afar=None)
        spoken = len(silenced[start:end].replace(blank, "").strip(" ，。,.!?！？")) * 3 < len(clause)
        doer = thread.follow(outside, phrase, hits, present, spoken=spoken, begins=begins, opens=opens)
        new = tuple(cast.members[known:])
        moments.append(Moment(clause, start, end, sentence, phrase, tuple(hits), present, after, spoken, turn, doer, new))
    cast.finish()
    return Story(plain, language, _look_ahead(moments), tuple(cast.members))


def _topical(phrase: Phrase, before: Sequence[Moment], *, begins: bool) -> Phrase:
    """The phrase with the thing that a clause before it only named, 整座城市的灯，一盏接一盏亮了起来, as what it is about."""
    if begins or phrase.subject or not phrase.beat or not before or before[0].phrase.beat or before[0].cast:
        return phrase
    last = _LAST_NOUN.search(before[0].text.rstrip("，, "))
    topic = last.group(1) if last else before[0].phrase.thing
    is_scenery = topic[-1:] in "里上下中外边口前间底内后旁时候" or any(
        h.concept.kind in _SCENERY and h.spelling == topic for h in before[0].hits
    )
    return phrase if not topic or is_scenery or topic.isascii() else replace(phrase, subject=topic)


def _is_common(subject: str, names: Sequence[str], grammar: Grammar) -> bool:
    """Whether a subject is capital only because it begins the sentence."""
    words = subject.split()
    named = words[0] in names or grammar.gender(words[0]) or words[0].endswith(".") or words[0] == "I"
    return not named and not any(word[0].isupper() for word in words[1:])


def _found(clause: str, names: Sequence[str]) -> list[int]:
    return [clause.find(name) for name in names if name in clause]


def _halved(span: Span, plain: str, grammar: Grammar) -> list[Span]:
    """A clause that tells two things as two, so that a story of one sentence has as much to show as it tells."""
    sentence, start, end, opens = span
    cut = grammar.halves(plain[start:end])
    return (
        [span]
        if cut is None
        else [(sentence, start, start + cut, opens), *_halved((sentence, start + cut, end, False), plain, grammar)]
    )


def _told(sentences: Sequence[segmentation.Sentence], title: str) -> list[segmentation.Sentence]:
    """The sentences without headings and without a title line, unless there is nothing else."""
    body = [s for s in sentences if not s.heading and s.text.strip('《》"“” ') != title.strip()]
    if (
        len(body) > 2
        and len(body[0].text) <= (14 if body[0].text[0] > "⺀" else 48)
        and body[1].opens
        and body[0].text[-1].isalnum()
    ):
        body = body[1:]
    return body or list(sentences)


def _move(scene: Scene, clause: str, hits: Sequence[Hit], language: Language, *, opens: bool) -> Scene:
    """The scene after what a clause says of place, time and weather."""
    here: list[Concept] = []
    ground = (scene.place.family or scene.place.slug) if scene.place else ""
    called: dict[str, str] = {}
    origin: list[Concept] = []
    afar: list[Concept] = []
    for hit in hits:
        if hit.concept.kind == "place" and not _is_part_of(hit, ground):
            before = clause[max(0, hit.start - 32) : hit.start]
            if scene.place is not None and _is_origin(hit, clause, hits, language):
                continue
            if _ELSEWHERE[language].search(before) or (scene.place is not None and _is_attribute(hit, clause, hits, language)):
                continue
            group = origin if _FROM[language].search(before) else afar if _AFAR[language].search(before) else here
            group.append(hit.concept)
            called[hit.concept.slug] = _calling(hit, clause, language)
    specific = [p for p in here if p.slug != "mountains"] or here
    stays = scene.place if not (opens and scene.place and scene.place.inside and _LATER[language].search(clause)) else None
    place = specific[-1] if specific else stays or next(iter(origin), None)
    if origin and not here and place is not None and place in origin and place.inside:
        place = afar[0] if afar else None  # out of the cave: into whatever lies around it
    elif origin and not here and not origin[-1].inside and (place is None or place.inside):
        place = origin[-1]  # leaving the village is seen in the village
    times = [h.concept for h in hits if h.concept.kind == "time"]
    time = times[-1] if times else (None if _LATER[language].search(clause) else scene.time)
    told = [h for h in hits if h.concept.kind == "weather"]
    is_new_day = time is not scene.time and time is not None and time.slug in ("dawn", "morning") and not told
    by_day = time is not None and time.slug in ("morning", "day")
    told = [h for h in told if not (by_day and h.concept.slug in ("stars", "aurora"))]
    night_over = time is not None and time.slug != "night"
    weather = [] if is_new_day or _LATER[language].search(clause) else list(scene.weather)
    if opens and place is not None and not place.inside and (place.family or place.slug) != ground:
        weather = [w for w in weather if w.slug not in ("storm", "rain", "sandstorm", "fog")]
    if (
        place is not None
        and place is not scene.place
        and place.climate not in ("snow", "cold")
        and (opens or time is not scene.time or place.climate in ("sea", "desert"))
    ):
        weather = [w for w in weather if w.slug != "snow"]
    weather = [w for w in weather if not (night_over and w.slug in ("stars", "aurora"))]
    for hit in told:
        weather = [w for w in weather if w.slug != hit.concept.slug and w.slug not in _BANISHES.get(hit.concept.slug, ())]
        if hit.ended:
            weather = (
                [w for w in weather if w.slug not in ("storm", "rain", "snow", "fog")]
                if hit.concept.slug in ("wind", "storm")
                else weather
            )
        else:
            weather.append(hit.concept)
    known = scene.called if place is scene.place else ""
    name = called.get(place.slug, known) or known if place else ""
    return Scene(place, next((p for p in afar if p is not place and not p.inside), None), time, tuple(weather[-2:]), name)


def _is_origin(hit: Hit, clause: str, hits: Sequence[Hit], language: Language) -> bool:
    """Whether a place only tells whose somebody is: the children of the village, 村里的孩子们, 大海的主人."""
    if language is Language.ZH:
        after = _WHOSE.match(clause, hit.end)
        return after is not None and (
            after.group(1) is not None or any(h.start == after.end() for h in hits if h.concept.kind == "figure")
        )
    return any(
        h.concept.kind == "figure" and re.fullmatch(r" of (?:the |this |that |an? )?(?:\w+ )?", clause[h.end : hit.start])
        for h in hits
    )


def _is_attribute(hit: Hit, clause: str, hits: Sequence[Hit], language: Language) -> bool:
    """Whether a place only tells which thing is meant, with nobody there: the water in the pond, 池塘里的水."""
    within = re.match(r"[里中上边]的", clause[hit.end :]) if language is Language.ZH else _WITHIN.search(clause[: hit.start])
    seen_from = _AFAR[language].search(clause[: hit.start])
    return within is not None and not seen_from and not any(h.concept.kind in ("figure", "action") for h in hits)


def _is_part_of(hit: Hit, ground: str) -> bool:
    """Whether a place's word means a part of where the story already is: the streets of a ruined city, the bow of a river boat."""
    if ground in ("ruins", "castle"):
        return hit.concept.slug in ("city", "street")
    return ground == "river" and hit.concept.slug == "ship's deck"


def _calling(hit: Hit, clause: str, language: Language) -> str:
    """The word for a place by which it can be named without its sentence; "" when the word means a side or a surface of it."""
    word = hit.spelling
    if language is Language.ZH:
        old = "旧" if clause[max(0, hit.start - 1) : hit.start] == "旧" else ""
        return "" if len(word) < 2 or word[-1] in "里上下中外边口前间底内角头" else old + word
    before = clause[: hit.start].rsplit(None, 1)[-1:] if clause[: hit.start].strip() else []
    has_article = bool(before) and before[0].lower() in (
        "the",
        "a",
        "an",
        "his",
        "her",
        "their",
        "old",
        "small",
        "little",
        "narrow",
    )
    return f"the {word.lower()}" if has_article and not word.endswith("s") else ""


_BANISHES = {
    "clear": ("rain", "snow", "fog", "storm"),
    "stars": ("rain", "storm", "fog", "snow", "clear"),
    "aurora": ("rain", "storm", "fog", "snow"),
    "storm": ("clear", "stars"),
}


def _turn(before: Scene, after: Scene, clause: str, language: Language, *, opens: bool, begins: bool) -> float:
    turn = 1.0 if opens else 0.4 if begins else 0.0
    turn += 0.8 if _SUDDEN[language].match(clause) else 0.0
    turn += 1.5 if before.place and after.place is not before.place else 0.0
    turn += 1.2 if before.time and after.time is not before.time else 0.0
    turn += 1.0 if _LATER[language].search(clause) else 0.0
    return turn + (0.6 if after.weather != before.weather and before.weather else 0.0)


def _look_ahead(moments: Sequence[Moment]) -> tuple[Moment, ...]:
    """What is first told a little later already holds at the beginning; the world outside a cave is the last one told."""
    first_place = next((m.scene for m in moments[:_LOOK_AHEAD] if m.scene.place), Scene())
    first_time = next((m.scene.time for m in moments[:_LOOK_AHEAD] if m.scene.time), None)
    near = moments[:_LOOK_AHEAD]
    outdoors = next((m.scene for m in near if m.scene.place and not m.scene.place.inside), Scene())
    filled = []
    seen_place = seen_time = False
    for moment in moments:
        scene = moment.scene
        seen_place, seen_time = seen_place or scene.place is not None, seen_time or scene.time is not None
        if scene.place and not (scene.place.inside and outdoors.place and not outdoors.place.inside):
            outdoors = scene
        where = scene if scene.place else outdoors if seen_place else first_place
        time = scene.time or (None if seen_time else first_time)
        filled.append(replace(moment, scene=replace(scene, place=where.place, called=where.called, time=time)))
    return tuple(filled)
