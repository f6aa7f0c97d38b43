"""One of the cast: who it is, how it looks, and how painters are told of it."""

from dataclasses import dataclass, field

from services.core.model import Language
from services.model_service.engines.storyboard.lexicon import Concept

HUMAN = frozenset({"adult", "pair", "child", "old", "warrior"})
_IRREGULAR = {
    "child": "children", "man": "men", "woman": "women", "wolf": "wolves", "mouse": "mice", "fox": "foxes", "goose": "geese",
    "fairy": "fairies", "witch": "witches", "thief": "thieves", "lady": "ladies", "butterfly": "butterflies", "puppy": "puppies",
}  # fmt: skip


def several(slug: str, count: int) -> str:
    """So many of a kind, as painters read it: two children."""
    number = {2: "two", 3: "three"}.get(count, "several")
    head, _, last = slug.rpartition(" ")
    plural = _IRREGULAR.get(last, last if last.endswith(("s", "fish", "deer", "sheep", "police")) else f"{last}s")
    return " ".join(word for word in (number, head, plural) if word)


@dataclass(slots=True)
class Member:
    """One of the cast. `name` is how the story calls it; `tag` its canonical English word for painters; `hair` what
    the story says of it.
    """

    name: str
    concept: Concept
    count: int
    look: str = ""
    hair: str = ""
    proper: bool = False
    mentions: int = 0
    gender: str = "n"
    aliases: set[str] = field(default_factory=set)

    @property
    def is_human(self) -> bool:
        return self.concept.being in HUMAN

    @property
    def tag(self) -> str:
        slug = self.concept.slug
        if self.count < 2 or self.concept.count > 1:
            return slug
        return several(slug, self.count)

    def portrait(self, language: Language) -> str:
        """Who it is and how they look, for a bible: the role is told where the name does not tell it."""
        role = self.concept.name(language).removeprefix("the ")
        if language is Language.ZH:
            return self.look if role in self.name else f"{self.look}的{role}"
        return f"{role} {self.look}" if self.proper else self.look

    def answers_to(self, concept: Concept) -> bool:
        """Whether `concept` may be another word for this one: the girl, once Mia is known to be one."""
        return concept.slug == self.concept.slug or concept.slug in self.concept.kin or self.concept.slug in concept.kin
