"""Who acts in a story: names and figures told apart, pronouns resolved, and one look for each that holds in every shot."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.core.model import Language
from services.model_service.engines.storyboard import attire, naming, picking
from services.model_service.engines.storyboard.grammar import Grammar
from services.model_service.engines.storyboard.lexicon import Concept, Hit, Lexicon
from services.model_service.engines.storyboard.members import HUMAN, Member

_MOST_SHOWN = 4
_PARENTS = frozenset({"妈妈", "母亲", "爸爸", "父亲", "mother", "father", "mum", "mom", "dad"})
_AT_THE_HEAD = {Language.ZH: 4, Language.EN: 3}
"""A clause that names someone this early is about them, even where the grammar saw no subject."""
_REACH = 16
"""Clauses after which `they` no longer means somebody who has not been named since."""
_SEVERAL = 4
_PLURALS = frozenset({"children", "men", "women", "people", "wolves", "mice", "geese", "oxen", "calves"})

_ZH_NUMBERS = {"两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "几": 5, "一群": 9, "一队": 9, "许多": 9}
_ZH_COUNTED = re.compile(r"(一群|一队|许多|[两二三四五几])[个名位只匹条头]?(?:[小年老][小轻年]?的?)?$")
_EN_NUMBERS = {
    "two": 2,
    "both": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "several": 5,
    "many": 9,
    "herd of": 9,
    "pack of": 9,
    "flock of": 9,
}
_EN_COUNTED = re.compile(rf"\b({'|'.join(_EN_NUMBERS)})\s(?:\w+\s)?$", re.IGNORECASE)

_INDEFINITE = {
    Language.ZH: re.compile(r"(?:一|另一?|是|有|来了?)[个名位只匹条头][^，。！？]{0,6}$"),
    Language.EN: re.compile(r"\b(?:an?|another)\s(?:\w+\s)?$", re.IGNORECASE),
}
_NEW = {Language.ZH: re.compile(r"[另别其]"), Language.EN: re.compile(r"\b(?:other|another|more|new)\s", re.IGNORECASE)}
_POINTS = {
    # What stands before a word for several who are there already.
    Language.ZH: re.compile(r"(?:这些?|那些?)[^，。]{0,3}$"),
    Language.EN: re.compile(r"\b(?:these|those|the two|both)\s(?:\w+\s)?$", re.IGNORECASE),
}
_NAME_IS = {
    # What stands before the name of whoever was just there.
    Language.ZH: re.compile(r"(?:^|[，。])[她他它](?:的名字)?(?:就|名)?(?:叫做?|名叫)$"),
    Language.EN: re.compile(r"\b(?:her|his|its) name (?:was|is) $|\b(?:she|he|it) was (?:named|called) $", re.IGNORECASE),
}
_FAMILIAR = 3
"""Mentions from which on an animal of its kind is the one that the story is about."""
_EN_AGE = re.compile(r"\b(old|elderly|little|young)\s$", re.IGNORECASE)
_EN_TITLED = re.compile(r"\b[Tt]he $")
_OWNS = {
    # Nothing but an owner named late in a clause, where it is the subject's own.
    Language.ZH: re.compile(r"(?!)"),
    Language.EN: re.compile(r"^(?!.*\bit\b).{8,}, and (?:\w+ )?its\b", re.IGNORECASE),
}
_LEFT = {
    Language.ZH: r"{name}(?:们)?(?:已经|早已)?(?:不见了|消失了|走远了|走了|离开了)",
    Language.EN: r"{name} (?:had |has |was )?(?:vanished|disappeared|gone|left)\b",
}
_NARRATOR = {Language.ZH: "我", Language.EN: "the narrator"}
_KIN = {
    # Whoever speaks of these as their own is drawn as a child.
    Language.ZH: re.compile(r"我[^，。！？“”]{0,3}(?:爷爷|奶奶|外公|外婆|姥姥|妈妈|爸爸|妈|爸|老师)|我小时候|我还小"),
    Language.EN: re.compile(
        r"\b(?:my (?:mother|mum|mom|father|dad|grand(?:mother|father|ma|pa)|granny|teacher)|when I was (?:a|little|small))\b",
        re.IGNORECASE,
    ),
}


@dataclass(slots=True)
class Cast:
    """The cast as the story goes on; `meet` is called for clause after clause, in order."""

    language: Language
    lexicon: Lexicon
    grammar: Grammar
    names: Sequence[str]
    looks: Mapping[str, Mapping[str, tuple[str, ...]]]
    salt: str
    genders: Mapping[str, str] = field(default_factory=dict)
    first_person: bool = False
    members: list[Member] = field(default_factory=list)
    _recent: list[Member] = field(default_factory=list)
    _acting: tuple[Member, ...] = ()
    _heard: dict[int, int] = field(default_factory=dict)
    _clock: int = 0

    def meet(self, clause: str, raw: str, hits: Sequence[Hit], *, has_subject: bool, acts: bool, opens: bool) -> tuple[Member, ...]:
        """Who is in this clause, the one it is about first; `raw` is the clause with what is spoken in it.

        Where it names nobody, who acted before goes on acting, unless it has a subject of its own (`has_subject`); where it `opens`
        a paragraph, the animals about them are left behind.
        """
        if opens and self._acting and self._acting[0].is_human:
            self._acting = tuple(m for m in self._acting if m.is_human)
        self._clock += 1
        left = _LEFT[self.language]
        gone = [m for m in self._recent if re.search(left.format(name=re.escape(m.name)), clause, re.IGNORECASE)]
        self._recent = [m for m in self._recent if m not in gone]
        self._acting = tuple(m for m in self._acting if m not in gone)
        figures = [h for h in hits if h.concept.kind == "figure" and not self._is_title(h, clause)]
        begun = {h.start for h in figures if h.concept.being not in HUMAN}
        figures = [
            h for h in figures if not (self.language is Language.EN and clause[h.end : h.end + 1] == " " and h.end + 1 in begun)
        ]
        found: dict[int, Member] = {}
        first = len(clause)  # where the first of them is named
        consumed: set[int] = set()
        for name in self.names:
            at = naming.find_name(clause, name, self.language)
            if at < 0:
                self._introduce_itself(name, raw)
                continue
            span = (at, at + len(name))
            ties = [h for h in figures if naming.is_one(clause, span, (h.start, h.end), self.language)]
            member = self._named(name, ties[-1].concept if ties else None, clause[:at])
            for hit in [*ties, *(h for h in figures for tie in ties if self._is_called(clause, h, tie))]:
                consumed.add(hit.start)
                member.aliases.add(hit.spelling.lower())
            found[id(member)] = member
            first = min(first, at)
        for hit in figures:
            if hit.start not in consumed and not any(
                h.start <= hit.start < h.end for h in figures if h is not hit and h.end - h.start > hit.end - hit.start
            ):
                for member in self._party(hit, clause) or [self._figure(hit, clause)]:
                    found[id(member)] = member
                first = min(first, hit.start)
        if found and acts and not has_subject and self._acting and first > _AT_THE_HEAD[self.language]:
            found = {id(m): m for m in self._acting} | found
        named = list(found.values())
        for who in self.grammar.pronouns(clause):
            if who == "n" and has_subject and _OWNS[self.language].search(clause):
                continue  # an island, and on its cliff a lighthouse
            for member in self._meant(who, [m for m in named if m.is_human or who == "n"], named):
                found.setdefault(id(member), member)
        if not found and not has_subject:
            self._notice(self._acting, clause)
            return self._acting if acts else ()
        present = tuple(found.values())
        for member in present:
            member.mentions += 1
            self._heard[id(member)] = self._clock
        self._notice(present, clause)
        if present:
            self._recent = [*present, *(m for m in self._recent if m not in present)][:6]
            self._acting = present[:_MOST_SHOWN]
        return present[:_MOST_SHOWN]

    def _notice(self, present: Sequence[Member], clause: str) -> None:
        """What the clause tells of how somebody looks and how old they are."""
        worn = attire.dress(clause, self.language)
        if worn:
            wearer = present[0] if len(present) == 1 else self._named_beside(present, clause, clause.find(worn[-3:]))
            if wearer is not None and wearer.is_human and not wearer.look:
                wearer.look = worn
        if len(present) != 1:
            return
        member = present[0]
        if member.is_human and not member.hair:
            member.hair = attire.hair(f"{clause} {member.name}", self.language)
        if attire.is_young(clause, self.language):
            self._grow_young(member)

    def _named_beside(self, present: Sequence[Member], clause: str, at: int) -> Member | None:
        """Whoever is named last before `at`, or in Chinese right after it, 穿黄雨衣的女孩; None where that is nobody."""
        named = {clause.find(m.name.removeprefix("the ")): m for m in present}
        before = [start for start in named if 0 <= start < at]
        after = [start for start in named if at < start <= at + 6]
        if self.language is Language.ZH and after:
            return named[min(after)]
        return named[max(before)] if before else None

    def finish(self) -> None:
        """Give a look to whoever the story gave none, and hair to whoever it only dressed; no two look the same."""
        used: set[str] = set()
        for member in self.members:
            being = member.concept.being
            gender = member.concept.gender if member.concept.gender != "n" else member.gender
            table = next(
                t for key in (member.concept.slug, f"{being}_{gender}", being, "adult") if (t := self.looks.get(key)) is not None
            )
            options = table[self.language.value]
            fresh = [look for look in options if look not in used] or list(options)
            given = picking.pick(fresh, self.salt, member.name)
            if not member.look:
                member.look = given
                used.add(given)
            elif member.is_human and member.count == 1:
                member.look = attire.with_hair(given, member.look, self.language)
            if member.hair and member.count == 1:
                member.look = attire.with_other_hair(member.look, member.hair, self.language)

    def _is_title(self, hit: Hit, clause: str) -> bool:
        """Whether an animal's word is a name here: a ship called the Swallow."""
        if self.language is Language.ZH or not hit.spelling[0].isupper() or hit.concept.being in HUMAN:
            return False
        before = clause[: hit.start]
        return (bool(_EN_TITLED.search(before)) and bool(before.strip())) or before.endswith(("was the ", "called the "))

    def _is_called(self, clause: str, first: Hit, second: Hit) -> bool:
        spans = (first.start, first.end), (second.start, second.end)
        return first is not second and naming.is_called(clause, *spans, self.language)

    def _introduce_itself(self, name: str, raw: str) -> None:
        """Whoever is acting gets the name by which they call themselves."""
        if name not in raw or not naming.names_itself(raw, name, self.language):
            return
        if any(m.name == name for m in self.members):
            return
        strangers = [m for m in (*self._acting, *self._recent) if m.is_human and not m.proper and m.count == 1]
        if strangers:
            strangers[0].aliases.add(strangers[0].name.removeprefix("the "))
            strangers[0].name, strangers[0].proper = name, True

    def _grow_young(self, member: Member) -> None:
        if member.concept.being == "adult" or member.concept.slug in ("man", "woman"):
            member.concept = self.lexicon.get("figure", {"m": "boy", "f": "girl"}.get(member.gender, "child"))

    def _named(self, name: str, concept: Concept | None, before: str) -> Member:
        known = next((m for m in self.members if m.name == name or (m.proper and _is_same_name(m.name, name))), None)
        if known:
            is_fitting = concept is not None and concept.gender in ("n", known.gender) and not known.answers_to(concept)
            if concept is not None and is_fitting and known.concept.slug in ("man", "woman", "child"):
                known.concept = concept
            return known
        member = None
        if concept:
            member = next((m for m in self._recent if not m.proper and m.answers_to(concept) and m.count == 1), None)
        if member:
            member.aliases.add(member.name.removeprefix("the "))
            member.name, member.proper = name, True
            return member
        if _NAME_IS[self.language].search(before):
            strangers = [m for m in (*self._acting, *self._recent) if not m.proper and m.count == 1]
            if strangers:
                strangers[0].aliases.add(strangers[0].name.removeprefix("the "))
                strangers[0].name, strangers[0].proper = name, True
                return strangers[0]
        gender = self.genders.get(name, "m")
        if concept is not None and concept.gender != "n" and self.grammar.gender(name) in ("", concept.gender):
            gender = concept.gender
        age = _EN_AGE.search(before)
        old = age and age.group(1).lower() in ("old", "elderly")
        slug = {"m": "old man" if old else "man", "f": "old woman" if old else "woman"}.get(gender, "child")
        if (age and age.group(1).lower() == "little") or self.grammar.is_childish(name):
            slug = {"m": "boy", "f": "girl"}.get(gender, "child")
        if concept is not None and concept.gender not in ("n", gender):
            concept = None  # Captain Ada is a woman, whatever captains mostly are
        return self._join(Member(name, concept or self.lexicon.get("figure", slug), 1, proper=True, gender=gender))

    def _party(self, hit: Hit, clause: str) -> list[Member]:
        """The members whom a word for several means: the two children are the boy and the girl who are there."""
        before = clause[max(0, hit.start - 24) : hit.start]
        count = max(_count(before, self.language), hit.concept.count)
        if count == 1 and _is_plural(hit, self.language) and _POINTS[self.language].search(before):
            count = 2
        if not 2 <= count <= 3 or hit.concept.being not in HUMAN or _NEW[self.language].search(before):
            return []
        alike = [m for m in self.members if m.count == 1 and m.is_human]
        alike = [m for m in alike if m.answers_to(hit.concept) or m.concept.being == hit.concept.being]
        near = [m for m in self._recent if m in alike and self._since(m) <= _REACH]
        leads = [m for m in alike if m.proper and m.mentions >= _FAMILIAR]
        return near[:count] if len(near) >= count else leads if len(leads) == count else []

    def _figure(self, hit: Hit, clause: str) -> Member:
        before = clause[max(0, hit.start - 24) : hit.start]
        count = max(hit.concept.count, _count(before, self.language))
        if count == 1 and _is_plural(hit, self.language):
            count = _SEVERAL
        is_new = bool(_INDEFINITE[self.language].search(before))
        word = hit.spelling.lower()
        called = [m for m in (*self._recent, *self.members) if word in m.aliases] if not is_new and count <= 1 else []
        if called:
            return called[0]
        for member in self._recent + self.members:
            familiar = not member.is_human and member.mentions >= _FAMILIAR and not _NEW[self.language].search(before)
            if is_new and not familiar and member not in self._acting and member.name not in (hit.spelling, f"the {word}"):
                continue
            if is_new and member.proper and member.is_human:
                continue
            if is_new and not member.is_human and not self._may_look_so(member, hit, before):
                continue
            if member.answers_to(hit.concept) and (member.count == count or (count == 1 and member.count == 2)):
                return member
        name = hit.spelling if self.language is Language.ZH else f"the {hit.spelling.lower()}"
        counted = _ZH_COUNTED.search(before) if self.language is Language.ZH else None
        if counted:
            name = counted.group() + name
        elif self.language is Language.EN and count > 1 and _EN_COUNTED.search(before):
            name = f"the {next(word for word, n in _EN_NUMBERS.items() if n == count)} {hit.spelling.lower()}"
        return self._join(
            Member(name, self._kind(hit), count, gender=hit.concept.gender, look=attire.coat(hit, before, self.language))
        )

    def _may_look_so(self, member: Member, hit: Hit, before: str) -> bool:
        """Whether nothing in an animal's known coat speaks against the one that is told of now."""
        coat = attire.coat(hit, before, self.language)
        return not coat or not member.look or coat == member.look

    def _kind(self, hit: Hit) -> Concept:
        """What kind of being is meant: among animals, a mother is one of them."""
        animals = [m for m in self._recent if not m.is_human]
        if hit.spelling.lower() in _PARENTS and animals and len(animals) == len(self._recent):
            return self.lexicon.get("figure", "dog") if animals[0].concept.slug == "puppy" else animals[0].concept
        return hit.concept

    def _join(self, member: Member) -> Member:
        self.members.append(member)
        return member

    def _narrator(self) -> Member:
        """Whoever tells the story as their own."""
        name = _NARRATOR[self.language]
        known = next((m for m in self.members if m.name == name), None)
        if known:
            return known
        slug = "child" if _KIN[self.language].search(self.salt) else "traveller"
        return self._join(Member(name, self.lexicon.get("figure", slug), 1, proper=True))

    def _group(self, size: int, *, beasts: bool) -> list[Member]:
        """Who `they` are: so many of the people named last, a companion of long standing, an animal that goes along."""
        near = [m for m in self._recent if self._since(m) <= _REACH]
        human = [m for m in near if m.is_human and m.concept.being != "crowd"]
        if beasts or not human:
            return near[:2]
        group = next((m for m in human if m.count > 1), None)
        if group is not None:
            return [group] if group is human[0] else human[:size]
        leads = [m for m in self.members if m.is_human and m.proper and m.mentions >= _FAMILIAR and self._since(m) <= 3 * _REACH]
        pets = [m for m in near if not m.is_human and m.count == 1 and m.mentions >= _FAMILIAR]
        others = [m for m in (*leads, *pets) if m not in human]
        return [*human, *others][:size]

    def _since(self, member: Member) -> int:
        """How many clauses ago somebody was named."""
        return self._clock - self._heard.get(id(member), 0)

    def _meant(self, who: str, named: Sequence[Member], present: Sequence[Member]) -> list[Member]:
        """Who a pronoun means: the last one of that kind; nobody new when one of them has been named beside it."""
        if who == "i":
            return [self._narrator()] if self.first_person else []
        if who in ("many", "three", "beasts"):
            return self._group(3 if who == "three" else 2, beasts=who == "beasts")
        if who == "n":
            return [m for m in self._recent if not m.is_human][:1] if not named else []
        if any(m.gender == who for m in named):
            return []
        nearest = [m for m in (*self._acting, *self._recent) if m.count == 1 and (m.is_human or m not in present)]
        known = [m for m in nearest if m.gender == who] or [m for m in nearest if m.is_human and m.gender == "n"]
        meant = (known or [m for m in nearest if m.gender == "n"])[:1]
        for member in meant:
            member.gender = who  # the bear is a he from now on
        return meant


def genders(clauses: Sequence[str], names: Sequence[str], grammar: Grammar) -> dict[str, str]:
    """For each name `m` or `f`, `n` when neither it nor the pronoun that follows it most often within two clauses tells."""
    votes: dict[str, dict[str, int]] = {name: {} for name in names}
    heard = [set(grammar.pronouns(clause)) & {"m", "f"} for clause in clauses]
    for at, clause in enumerate(clauses):
        present = [name for name in names if naming.find_name(clause, name, grammar.language) >= 0]
        for name in present if len(present) == 1 else []:
            for distance, who in ((d, w) for d in range(3) for w in (heard[at + d] if at + d < len(heard) else ())):
                votes[name][who] = votes[name].get(who, 0) + 3 - distance
    by_name = {name: grammar.gender(name) for name in names}
    by_pronoun = {name: max(sorted(count), key=lambda who: count[who]) for name, count in votes.items() if count}
    first, second = (by_name, by_pronoun) if grammar.language is Language.EN else (by_pronoun, by_name)
    return {name: first.get(name) or second.get(name) or "n" for name in names}


def _is_same_name(full: str, short: str) -> bool:
    """Whether one is the other without its surname: 林小满 and 小满."""
    longer, shorter = (full, short) if len(full) > len(short) else (short, full)
    return len(longer) == 3 and len(shorter) == 2 and longer.endswith(shorter) and ord(shorter[0]) > 0x2E80


def _is_plural(hit: Hit, language: Language) -> bool:
    word = hit.spelling.lower()
    if language is Language.ZH:
        return word.endswith("们")
    return word in _PLURALS or (word.endswith("s") and not word.endswith("ss"))


def _count(before: str, language: Language) -> int:
    found = (_ZH_COUNTED if language is Language.ZH else _EN_COUNTED).search(before)
    if not found:
        return 1
    return _ZH_NUMBERS[found.group(1)] if language is Language.ZH else _EN_NUMBERS[found.group(1).lower()]
