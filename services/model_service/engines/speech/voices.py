"""The narrators: which there are, and which one a request means."""

from dataclasses import dataclass
from enum import Enum

from services.core.model import Language


class Gender(Enum):
    FEMALE = "female"
    MALE = "male"


@dataclass(frozen=True, slots=True)
class Voice:
    """A narrator. `sha256` is of the style file `voices/<name>.npy`.

    `pace` is the model's speed at which the voice tells a story as narrators do: 4.3 characters of Chinese or 2.8 words of
    English a second, pauses within the line included. At 1 these voices hurry.
    """

    name: str
    language: Language
    gender: Gender
    sha256: str
    pace: float


VOICES: tuple[Voice, ...] = (
    Voice("zf_xiaoxiao", Language.ZH, Gender.FEMALE, "470a11b0548471ded0b4445d57af0937223fbe93271f90f717a635af919ab194", 0.9),
    Voice("zm_yunxi", Language.ZH, Gender.MALE, "e6219f957d4152206629c53601f5f2764657468ee678067495b19eb562055035", 0.84),
    Voice("af_heart", Language.EN, Gender.FEMALE, "7b546fe40a300c543e10b766edb28a2c54f958c9289ac27a891cf617e2000c9b", 0.82),
    Voice("am_michael", Language.EN, Gender.MALE, "6e2cb8bcd0da6224d0a5a053fcc9a9084ec451bd62f395fa45337830fc5bc651", 0.87),
)

_GENDERS = {
    **dict.fromkeys(("", "default", "默认", "female", "woman", "女", "女声", "女性"), Gender.FEMALE),
    **dict.fromkeys(("male", "man", "男", "男声", "男性"), Gender.MALE),
}


def choose(wanted: str, language: Language) -> Voice:
    """The voice of this name, or the language's male or female one.

    A name that is not known here (a story may name another engine's voice) gets the language's default, the female one; the
    result's meta says which voice spoke.
    """
    asked = wanted.strip().lower()
    named = next((voice for voice in VOICES if voice.name == asked), None)
    gender = _GENDERS.get(asked, Gender.FEMALE)
    return named or next(voice for voice in VOICES if voice.language is language and voice.gender is gender)
