"""The closed word classes of English: words that grammar is made of, and words that look like names and are none."""

import re
from collections.abc import Sequence

TOKEN = re.compile(r"(?:Mr|Mrs|Ms|Dr|St|Prof|Capt)\.|(?:[ap]\.m|e\.g|i\.e)\.?|[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,:]\d+)*|\S")


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


DETERMINERS = _words(
    "a an the this that these those my your his her its our their some any no every each another both all many several few "
    "one two three four five six seven eight nine ten first last next own such"
)
PREPOSITIONS = _words(
    "of in on at to from with without into onto over under through across by for about above below behind beside between near "
    "along around against towards toward upon inside outside before after beyond among past off up down out beneath during "
    "until like as"
)
PLURAL_PRONOUNS = _words("they we you both these those")
SUBJECT_PRONOUNS = _words("i he she it") | PLURAL_PRONOUNS
CONJUNCTIONS = _words(
    "and but or so yet nor then when while as because if although though until since where that who which whose whom than once"
)
ADVERBS = _words(
    "then now just only still again soon suddenly never always once there here too also even finally slowly quietly away back "
    "together already almost not"
)
FINITE_BE = {"was": "is", "were": "are", "is": "is", "are": "are", "am": "am"}
MODALS = {
    "could": "can",
    "would": "will",
    "might": "may",
    "can": "can",
    "will": "will",
    "may": "may",
    "must": "must",
    "should": "should",
}
NOT_NAMES = _words(
    "i monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september "
    "october november december christmas english chinese god mr mrs ms dr miss sir lady lord king queen captain "
    "north south east west detective doctor professor nurse sergeant inspector officer general president prince princess emperor "
    "chief mayor aunt uncle mother father mum mom dad grandma grandpa grandmother grandfather granny earth"
)
HONORIFICS = _words(
    "mr. mrs. ms. dr. mr mrs ms dr miss sir captain aunt uncle old little young king queen prince princess "
    "detective doctor professor nurse sergeant inspector officer general president chief mayor"
)
PLURALS = _words("men women children people wolves leaves feet teeth mice geese sheep knives wives lives shelves fish deer stars")
TAKES_OBJECT = _words("lost found made built caught given called named known hidden told")
"""Pasts that are participles where no object follows: travellers lost in the snow."""
PRONOUNS = {
    "i": "i",
    "me": "i",
    "my": "i",
    "we": "i",
    "us": "i",
    "our": "i",
    "he": "m",
    "him": "m",
    "his": "m",
    "she": "f",
    "her": "f",
    "it": "n",
    "they": "many",
    "them": "many",
    "their": "many",
}

CLOSED = (
    DETERMINERS
    | PREPOSITIONS
    | SUBJECT_PRONOUNS
    | CONJUNCTIONS
    | ADVERBS
    | frozenset(FINITE_BE)
    | frozenset(MODALS)
    | frozenset(PRONOUNS)
)


def is_plural(subject: Sequence[str]) -> bool:
    """Whether the noun phrase is about many, judged by its head."""
    lower = [t.lower() for t in subject]
    if not lower:
        return False
    if "and" in lower or lower[0] in PLURAL_PRONOUNS | {"two", "three", "four", "five", "many", "several", "few", "i"}:
        return True
    head = next((lower[i - 1] for i, word in enumerate(lower) if i and word in PREPOSITIONS), lower[-1])
    if head in PLURALS - {"fish", "deer", "sheep"}:
        return True
    is_name = len(subject) == 1 and subject[0][:1].isupper()
    return head.endswith("s") and not head.endswith(("ss", "us", "is", "'s", "’s")) and not is_name
