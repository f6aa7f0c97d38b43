"""Who acts in a story: names and figures told apart, pronouns resolved, and one look for each that holds in every shot."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.core.model import Language
from services.model_service.engines.storyboard import picking
from services.model_service.engines.storyboard.grammar import Grammar
from services.model_service.engines.storyboard.lexicon import Concept, Hit, Lexicon

_MOST_SHOWN = 3
_PARENTS = frozenset({"妈妈", "母亲", "爸爸", "父亲", "mother", "father", "mum", "mom", "dad"})
_AT_THE_HEAD = {Language.ZH: 4, Language.EN: 3}
"""A clause that names someone this early is about them, even where the grammar saw no subject."""
_HUMAN = frozenset({"adult", "pair", "child", "old", "warrior"})

_ZH_NUMBERS = {"两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "几": 5, "一群": 9, "一队": 9, "许多": 9}
_ZH_COUNTED = re.compile(r"(一群|一队|许多|[两二三四五几])[个名位只匹条头]?$")
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
    Language.ZH: re.compile(r"一[个名位只匹条头]$"),
    Language.EN: re.compile(r"\b(?:an?|another)\s(?:\w+\s)?$", re.IGNORECASE),
}
_ZH_COLOUR = re.compile(r"([白黑红黄灰棕橘蓝金银绿])色?的?$")
_EN_COLOUR = re.compile(r"\b(white|black|red|yellow|gr[ae]y|brown|orange|blue|golden|silver|green)\s(?:\w+\s)?$", re.IGNORECASE)
_ZH_DRESS = re.compile(r"(?:身穿|穿着|戴着|披着|围着|穿(?![过越行梭]))(?:一[件条顶身双副])?([^，。；！？、“”的在]{2,9})")
_EN_DRESS = re.compile(
    r"\b(?:wearing|dressed in|wrapped in|in) ((?:an? |his |her |their )(?:[\w-]+ ){0,2}"
    r"(?:coat|cloak|dress|hat|scarf|jacket|raincoat|robe|armou?r|cap|shawl|sweater|uniform|hood|gown|cape))\b"
)
_EN_AGE = re.compile(r"\b(old|elderly|little|young)\s$", re.IGNORECASE)


@dataclass(slots=True)
class Member:
    """One of the cast. `name` is how the story calls it; `tag` its canonical English word for painters."""

    name: str
    concept: Concept
    count: int
    look: str = ""
    proper: bool = False
    mentions: int = 0
    gender: str = "n"

    @property
    def is_human(self) -> bool:
        return self.concept.being in _HUMAN

    @property
    def tag(self) -> str:
        slug = self.concept.slug
        if self.count < 2 or self.concept.count > 1:
            return slug
        several = {2: "two", 3: "three"}.get(self.count, "several")
        plural = {"child": "children", "man": "men", "woman": "women", "old man": "old men", "old woman": "old women"}.get(
            slug, f"{slug}s"
        )
        return f"{several} {plural}"

    def answers_to(self, concept: Concept) -> bool:
        """Whether `concept` may be another word for this one: the girl, once Mia is known to be one."""
        return concept.slug == self.concept.slug or concept.slug in self.concept.kin or self.concept.slug in concept.kin


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
    members: list[Member] = field(default_factory=list)
    _recent: list[Member] = field(default_factory=list)
    _acting: tuple[Member, ...] = ()

    def meet(self, clause: str, hits: Sequence[Hit], *, has_subject: bool, acts: bool) -> tuple[Member, ...]:
        """Who is in this clause, the one it is about first.

        Where it names nobody, who acted before goes on acting, unless it has a subject of its own (`has_subject`).
        """
        figures = [h for h in hits if h.concept.kind == "figure"]
        found: dict[int, Member] = {}
        first = len(clause)  # where the first of them is named
        consumed: set[int] = set()
        for name in self.names:
            at = _name_at(clause, name, self.language)
            if at < 0:
                continue
            near = min((h for h in figures if h.start not in consumed), key=lambda h: abs(h.start - at), default=None)
            is_near = near is not None and min(abs(near.start - at - len(name)), abs(at - near.end)) <= (
                6 if self.language is Language.ZH else 14
            )
            member = self._named(name, near.concept if near and is_near else None, clause[:at])
            if near and is_near and member.answers_to(near.concept):
                consumed.add(near.start)
            found[id(member)] = member
            first = min(first, at)
        for hit in figures:
            if hit.start not in consumed and not any(
                h.start <= hit.start < h.end for h in figures if h is not hit and h.end - h.start > hit.end - hit.start
            ):
                member = self._figure(hit, clause)
                found[id(member)] = member
                first = min(first, hit.start)
        if found and acts and not has_subject and self._acting and first > _AT_THE_HEAD[self.language]:
            found = {id(m): m for m in self._acting} | found
        named = list(found.values())
        for who in self.grammar.pronouns(clause):
            for member in self._meant(who, [m for m in named if m.is_human or who == "n"]):
                found.setdefault(id(member), member)
        if not found and acts and not has_subject:
            return self._acting
        present = tuple(found.values())
        for member in present:
            member.mentions += 1
            if not member.look:
                member.look = self._look(member, clause, alone=len(present) == 1)
        if present:
            self._recent = [*present, *(m for m in self._recent if m not in present)][:6]
            self._acting = present[:_MOST_SHOWN]
        return present[:_MOST_SHOWN]

    def finish(self) -> None:
        """Give a look to whoever the story gave none."""
        used: set[str] = set()
        for member in self.members:
            if member.look:
                used.add(member.look)
                continue
            options = self.looks.get(member.concept.being, self.looks["adult"])[self.language.value]
            fresh = [look for look in options if look not in used] or list(options)
            member.look = picking.pick(fresh, self.salt, member.name)
            used.add(member.look)

    def _named(self, name: str, concept: Concept | None, before: str) -> Member:
        known = next((m for m in self.members if m.name == name), None)
        if known:
            if (
                concept
                and known.concept.slug in ("man", "woman")
                and concept.gender in ("n", known.gender)
                and not known.answers_to(concept)
            ):
                known.concept = concept
            return known
        member = None
        if concept:
            member = next((m for m in self.members if not m.proper and m.answers_to(concept) and m.count == 1), None)
        if member:
            member.name, member.proper = name, True
            return member
        gender = self.genders.get(name, "m")
        age = _EN_AGE.search(before)
        old = age and age.group(1).lower() in ("old", "elderly")
        slug = {"m": "old man" if old else "man", "f": "old woman" if old else "woman"}.get(gender, "child")
        if age and age.group(1).lower() == "little":
            slug = {"m": "boy", "f": "girl"}.get(gender, "child")
        if concept is None and gender == "n":
            slug = "child"
        return self._join(Member(name, concept or self.lexicon.get("figure", slug), 1, proper=True, gender=gender))

    def _figure(self, hit: Hit, clause: str) -> Member:
        before = clause[max(0, hit.start - 24) : hit.start]
        count = max(hit.concept.count, _count(before, self.language))
        is_new = bool(_INDEFINITE[self.language].search(before))
        for member in self._recent + self.members:
            if is_new and member.proper:
                continue
            if member.answers_to(hit.concept) and (count <= 1 or count == member.count):
                return member
        name = hit.spelling if self.language is Language.ZH else f"the {hit.spelling.lower()}"
        counted = _ZH_COUNTED.search(before) if self.language is Language.ZH else None
        if counted:
            name = counted.group() + name
        elif self.language is Language.EN and count > 1 and hit.concept.count == 1:
            name = f"the {next(word for word, n in _EN_NUMBERS.items() if n == count)} {hit.spelling.lower()}"
        return self._join(Member(name, self._kind(hit), count, gender=hit.concept.gender, look=self._colour(hit, before)))

    def _kind(self, hit: Hit) -> Concept:
        """What kind of being is meant: among animals, a mother is one of them."""
        animals = [m for m in self._recent if not m.is_human]
        if hit.spelling.lower() in _PARENTS and animals and len(animals) == len(self._recent):
            return self.lexicon.get("figure", "dog") if animals[0].concept.slug == "puppy" else animals[0].concept
        return hit.concept

    def _join(self, member: Member) -> Member:
        self.members.append(member)
        return member

    def _meant(self, who: str, named: Sequence[Member]) -> list[Member]:
        """Who a pronoun means: the last one of that kind; nobody new when one of them has been named beside it."""
        if who == "many":
            group = next((m for m in self._recent if m.count > 1 and m.concept.being != "crowd"), None)
            return [group] if group else [m for m in self._recent if m.is_human][:2] or self._recent[:2]
        if who == "n":
            return [m for m in self._recent if not m.is_human][:1] if not named else []
        if any(m.gender == who for m in named):
            return []
        nearest = [*self._acting, *self._recent]
        human = [m for m in nearest if m.is_human and (m.gender in (who, "n")) and m.count == 1]
        if human:
            return human[:1]
        return [m for m in nearest if m.gender in (who, "n") and m.count == 1][:1]

    def _colour(self, hit: Hit, before: str) -> str:
        """The coat of an animal whose colour the story tells."""
        if hit.concept.being not in ("furry", "wild", "feathered", "finned"):
            return ""
        if self.language is Language.ZH:
            found = _ZH_COLOUR.search(before) or re.match(r"([白黑红黄灰棕橘蓝金])", hit.spelling)
            return (
                f"毛色{found.group(1)}亮" if found and hit.concept.being == "furry" else f"一身{found.group(1)}色" if found else ""
            )
        match = _EN_COLOUR.search(before)
        return f"all {match.group(1).lower()}" if match else ""

    def _look(self, member: Member, clause: str, *, alone: bool) -> str:
        """The dress that the story itself gives, as an attributive phrase."""
        if not alone or not member.is_human:
            return ""
        match = (_ZH_DRESS if self.language is Language.ZH else _EN_DRESS).search(clause)
        if not match:
            return ""
        return (
            f"穿{match.group(1)}"
            if self.language is Language.ZH and match.group()[0] in "身穿"
            else (
                match.group()
                if self.language is Language.ZH
                else f"in {match.group(1)}".replace("in his", "in a").replace("in her", "in a")
            )
        )


def genders(clauses: Sequence[str], names: Sequence[str], grammar: Grammar) -> dict[str, str]:
    """For each name the pronoun that follows it most often within two clauses, `n` when none does."""
    votes: dict[str, dict[str, int]] = {name: {} for name in names}
    heard = [set(grammar.pronouns(clause)) & {"m", "f"} for clause in clauses]
    for at, clause in enumerate(clauses):
        present = [name for name in names if _name_at(clause, name, grammar.language) >= 0]
        for name in present if len(present) == 1 else []:
            for distance, who in ((d, w) for d in range(3) for w in (heard[at + d] if at + d < len(heard) else ())):
                votes[name][who] = votes[name].get(who, 0) + 3 - distance
    told = {name: gender for name in names if (gender := grammar.gender(name))}
    return told | {
        name: max(sorted(count), key=lambda who: count[who]) if (count := votes[name]) else "n"
        for name in names
        if name not in told
    }


def _name_at(clause: str, name: str, language: Language) -> int:
    if language is Language.ZH:
        return clause.find(name)
    found = re.search(rf"\b{re.escape(name)}\b", clause)
    return found.start() if found else -1


def _count(before: str, language: Language) -> int:
    found = (_ZH_COUNTED if language is Language.ZH else _EN_COUNTED).search(before)
    if not found:
        return 1
    return _ZH_NUMBERS[found.group(1)] if language is Language.ZH else _EN_NUMBERS[found.group(1).lower()]
