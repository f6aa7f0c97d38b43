"""How the places that a prompt names go together: the finer one of a kind wins over the wider one."""

from collections.abc import Sequence

from services.model_service.engines.keyframe.words_settings import FAMILIES


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
    finer = [place for place in rest if FAMILIES.get(place) in lead]
    return _finest([*lead, *finer])


def _finest(places: Sequence[str]) -> tuple[str, ...]:
    """Each wider place gives way to the first finer one of its kind, at its own position."""
    kept: list[str] = []
    for place in places:
        finer = next((other for other in places if FAMILIES.get(other) == place), place)
        if finer not in kept:
            kept.append(finer)
    return tuple(kept)
