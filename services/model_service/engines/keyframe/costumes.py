"""Who looks how: body, clothes, hair and gear of every kind of person, and the colours that one character always wears."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from services.core.vocabulary import Style
from services.model_service.engines.keyframe.canvas import Array, luma, mix, rgb
from services.model_service.engines.keyframe.casting import Figure
from services.model_service.engines.keyframe.costume import Costume
from services.model_service.engines.keyframe.costumes_everyday import everyday_costumes
from services.model_service.engines.keyframe.costumes_tales import tale_costumes
from services.model_service.engines.keyframe.held import WORN, worn
from services.model_service.engines.keyframe.skeleton import scaled
from services.model_service.engines.keyframe.stage import Stage


@cache
def _costumes() -> Mapping[str, Costume]:
    return {**everyday_costumes(), **tale_costumes()}


_ANCIENT: Mapping[str, str] = {
    "man": "scholar", "woman": "lady", "princess": "lady", "queen": "lady", "king": "emperor", "warrior": "swordsman",
    "traveller": "scholar", "teacher": "scholar", "doctor": "scholar", "artist": "scholar", "businessman": "scholar",
    "student": "scholar", "teenager": "scholar", "soldier": "general", "bride": "lady", "prince": "scholar",
}  # fmt: skip
_LABOUR = frozenset({"sailor", "farmer", "worker", "hunter", "postman", "chef"})
_BARE = frozenset({"ringed", "receding", "bald"})
"""Heads that show no hair to speak of."""
_PALE = 0.62
"""The luminance from which on hair in warm light would be of the skin's colour."""
_BESIDE_WHITE = np.array([0.90, 0.83, 0.78], np.float32)
_SKINS = ("#f3cba8", "#efc09a", "#f6d3b3", "#e8b48a", "#d9a070")
_HAIRS = ("#2b2020", "#3a2620", "#241f26", "#5a3824", "#7a4a26")
_GREYS = ("#dcd9d3", "#c9c7c6", "#e6e2da")
_IRISES = ("#4a2e1e", "#3a2a22", "#5a3a20", "#35506a", "#3f5a3f")


_LEAST_WHITE = 0.66
"""How bright white cloth is at least, 0 to 1."""
_OWN = 0.22
"""How much of a colour stays its own whatever the light: a red scarf is red at night too."""


@dataclass(frozen=True, slots=True)
class Wardrobe:
    """What one character wears: the costume with its choices made, and its colours under the scene's light."""

    costume: Costume
    hair_style: str
    outer: Array
    inner: Array
    legs: Array
    boots: Array
    accent: Array
    pack: Array
    skin: Array
    hair: Array
    iris: Array
    lips: Array
    white: Array
    ink: Array
    metal: Array
    gold: Array
    wood: Array


def costume_of(figure: Figure, *, ancient: bool) -> Costume:
    """The costume of the figure's kind, on a body of its stature; in old China people wear what was worn there."""
    costume = _costume_of(figure, ancient=ancient)
    return costume if figure.stature == 1.0 else replace(costume, body=scaled(costume.body, figure.stature))


def _costume_of(figure: Figure, *, ancient: bool) -> Costume:
    costumes = _costumes()
    if ancient:
        if figure.tag in _ANCIENT:
            return costumes[_ANCIENT[figure.tag]]
        if figure.tag in _LABOUR:
            plain = costumes[figure.tag]
            return replace(
                plain, top="hanfu", cover=0.52, flare=0.03, sleeve="wide", hairs=("topknot",), hat="straw" if plain.hat else "",
                gear=frozenset(), outers=("#6a7078", "#7a6a52", "#56685e"), hand="",
            )  # fmt: skip
        if figure.tag in {"boy", "girl", "child", "old man", "old woman"}:
            plain = costumes[figure.tag]
            cut = replace(plain, top="hanfu", cover=max(plain.cover, 0.86), flare=0.04, sleeve="wide", boots=("#3a3030",))
            return replace(
                cut, hairs={"boy": ("topknot",), "girl": ("buns",), "old man": ("topknot",)}.get(figure.tag, plain.hairs)
            )
    return costumes[figure.tag]


def kinds() -> frozenset[str]:
    """The tags of people that have a costume."""
    return frozenset(_costumes())


def _with_things(stage: Stage, figure: Figure, costume: Costume) -> Costume:
    """The costume with what the character always wears, and what the scene says that its first person wears."""
    costume = _with_garments(figure, costume)
    if not _is_first(stage, figure):
        return costume
    for thing in sorted(worn(stage.scene)):
        name = WORN[thing]
        if any(name in other.wears for other in stage.scene.figures):  # somebody's own look has it
            continue
        if thing in {"hat", "straw hat", "crown", "helmet"}:
            costume = replace(costume, hat=name)
        else:
            costume = replace(costume, gear=costume.gear | {name})
    return costume


def _with_garments(figure: Figure, costume: Costume) -> Costume:
    for garment in figure.wears:
        if garment == "bamboo hat":
            costume = replace(costume, hat="bamboo")
        elif garment == "cap":
            if not costume.hat:
                costume = replace(costume, hat="beret" if costume.female else "flat", gear=costume.gear | {"own cap"})
        elif garment in {"coat", "long coat"}:
            if costume.top == "dress":
                long = 0.80 if garment == "long coat" else max(costume.cover, 0.56)
                costume = replace(costume, top="coat", cover=long)
        elif not costume.uniform:
            costume = replace(costume, gear=costume.gear | {garment, f"own {garment}"})
    return costume


def _is_first(stage: Stage, figure: Figure) -> bool:
    return figure == next((other for other in stage.scene.figures if other.tag in kinds()), None)


def _colour_worn(stage: Stage, figure: Figure) -> str:
    """The colour that the text gives to what the first person wears."""
    if not _is_first(stage, figure):
        return ""
    return next((thing.colour for thing in stage.scene.things if thing.tag in worn(stage.scene) and thing.colour), "")


def lit_cloth(stage: Stage, code: str) -> Array:
    """A colour that people wear or hold, under the scene's light: never so dim or tinted that it cannot be told from others."""
    lift = np.float32((2.8 if stage.overcast else 2.4) if stage.dark else 1.28 if stage.palette.low_sun else 1.06)
    lift = max(lift, np.float32(_LEAST_WHITE / max(float(luma(stage.lit(rgb("#ffffff")))), 0.05)))
    own = rgb(code)
    return np.clip(mix(stage.lit(own) * lift, own * np.float32(0.62 if stage.dark or stage.overcast else 0.92), _OWN), 0, 1)


def dress(stage: Stage, figure: Figure) -> Wardrobe:
    """The character's own wardrobe: colours from its look, else from its name; never from the picture's seed.

    Two in one look have its named garments in common; hair, pack and the shade of the coat tell them apart.
    """
    costume = _with_things(stage, figure, costume_of(figure, ancient=stage.scene.ancient))
    rng = np.random.default_rng(zlib.crc32(f"{figure.name or figure.tag}/{figure.ordinal}".encode()))
    pick = [int(v) for v in rng.integers(0, 5040, 8)]

    def choose(codes: tuple[str, ...], k: int, step: int = 0) -> str:
        return codes[(pick[k] + step) % len(codes)]

    # Others of the same kind take the next of the choices, so that a pair never wears the same.
    pick[0] = zlib.crc32((figure.name or figure.tag).encode()) % 5040 + figure.ordinal
    pick[1] = pick[0] + figure.ordinal
    named, outer = figure.outer, choose(costume.outers, 0)
    if named and not costume.uniform:
        outer = named
    inner = named if named and costume.uniform else choose(costume.inner, 2)
    accent = _colour_worn(stage, figure) or figure.accent or choose(costume.accents, 3, figure.ordinal)
    hair = figure.hair or choose(_GREYS if costume.grey else _HAIRS[:3] if stage.scene.ancient else _HAIRS, 4)
    if figure.ordinal and figure.hair and not costume.grey:
        hair = _HAIRS[(figure.ordinal * 2 + 1) % len(_HAIRS)]
    if costume.grey and figure.hair:  # the grey of old age is light
        hair = _GREYS[1] if float(luma(rgb(figure.hair))) < 0.8 else _GREYS[2]
    styles = tuple(style for style in costume.hairs if not (figure.hair and style in _BARE)) or ("swept",)

    def lit(code: str) -> Array:
        return lit_cloth(stage, code)

    cloth, skin_code = lit(outer), choose(_SKINS, 7)
    bright = np.float32(0.66 if stage.dark else 0.90)
    skin, locks = mix(lit(skin_code), rgb(skin_code) * bright, 0.42), lit(hair)
    if float(luma(rgb(hair))) > _PALE:  # white in any light, on a face that is not
        locks = mix(locks, rgb(hair) * bright, 0.66)
        skin = skin if stage.scene.style is Style.INK else np.asarray(skin * _BESIDE_WHITE, np.float32)
    if figure.ordinal and named and not costume.uniform:  # one look for a pair: the second a shade lighter or darker
        cloth = np.clip(mix(cloth, lit("#f2ead8") if float(luma(rgb(named))) < 0.45 else lit("#2a2430"), 0.34), 0, 1)
    legs = outer if costume.legs == ("match",) else choose(costume.legs, 5, figure.ordinal)
    return Wardrobe(
        costume,
        choose(styles, 1),
        cloth,
        lit(inner),
        lit(legs),
        lit(choose(costume.boots, 6)),
        lit(accent),
        lit(_colour_worn(stage, figure) or choose(costume.accents, 3, figure.ordinal)),
        skin,
        locks,
        lit(_IRISES[pick[4] % 3 if "#2" in hair else pick[4] % len(_IRISES)]),
        lit("#c8584e"),
        lit("#fdfbf6"),
        lit("#2a1c1c") * np.float32(0.8),
        lit("#c3ccd6"),
        lit("#e8bd4f"),
        lit("#7a5233"),
    )
