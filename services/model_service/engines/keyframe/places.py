"""How the places that a prompt names go together: the finer one of a kind wins over the wider one."""

from collections.abc import Sequence

from services.model_service.engines.keyframe.words_settings import FAMILIES

_STAIRED = ("lighthouse", "castle", "room")
"""Places that have stairs inside, for whoever is told to be on them."""
_BANKED = ("river", "lake", "beach")
"""Waters on whose banks a wood may stand that a later line names."""


def is_kind_of(place: str, wider: str) -> bool:
    """Whether `place` is `wider` or a kind of it."""
    return place == wider or FAMILIES.get(place) == wider


def settled(lead: Sequence[str], rest: Sequence[str]) -> tuple[str, ...]:
    """The places of a prompt whose first line names `lead` and whose other lines name `rest`.

    Where `lead` says only "room" and a later line "classroom", it is a classroom; other places of `rest` count only when
    `lead` names none.
    """
    if not lead:
        return _finest(rest)
    if "stairs" in rest and any(is_kind_of(place, wider) for place in lead for wider in _STAIRED):
        return ("stairs", *_finest(lead))
    banked = any(is_kind_of(place, wet) for place in lead for wet in _BANKED)
    woods = [place for place in rest if banked and FAMILIES.get(place) == "forest"]
    finer = [place for place in rest if FAMILIES.get(place) in lead]
    return _finest([*lead, *finer, *woods])


def _finest(places: Sequence[str]) -> tuple[str, ...]:
    """Each wider place gives way to the first finer one of its kind, at its own position."""
    kept: list[str] = []
    for place in places:
        finer = next((other for other in places if FAMILIES.get(other) == place), place)
        if finer not in kept:
            kept.append(finer)
    return tuple(kept)
