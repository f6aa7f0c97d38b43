"""Which of our languages a reader prefers, by `Accept-Language` (RFC 9110, 12.5.4)."""

from services.core.model import Language


def preferred(header: str | None) -> Language | None:
    """The language with the highest weight that we speak; None when the header names neither."""
    best: tuple[float, Language] | None = None
    for part in (header or "").split(","):
        tag, _, parameters = part.partition(";")
        language = _LANGUAGES.get(tag.strip().lower().split("-")[0])
        weight = _weight(parameters)
        if language and weight > 0 and (best is None or weight > best[0]):
            best = (weight, language)
    return best[1] if best else None


_LANGUAGES = {"zh": Language.ZH, "en": Language.EN}


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
