"""From this dialect's bodies to the core's commands. Every complaint names the field as the client spelled it."""

from typing import Any

from services.core.commands import CreateStory, PatchShot, Terms
from services.core.errors import InvalidArgument, NotFound
from services.core.model import AssetType, Language
from services.core.story_text import check_line, read_story, title_of
from services.core.vocabulary import Aspect, Style
from services.gateway.dialects.stories.schemas import (
    LONG_TEXT,
    SHORT_TEXT,
    CompileBody,
    CreateStoryBody,
    PatchShotBody,
    RegenerateBody,
    ShotFields,
)
from services.gateway.validation import quote

_MOST_DIGITS = 9
_LONG_FIELDS = frozenset({"description", "details", "narration"})


def create_story(body: CreateStoryBody, *, terms: Terms, max_characters: int) -> CreateStory:
    """Raises InvalidArgument or TooLarge."""
    detected = read_story(body.script_content, field="body.script_content", limit=max_characters)
    for field in ("display_name", "voice"):
        check_line(getattr(body, field) or "", field=f"body.{field}", limit=SHORT_TEXT)
    language = _language(body.language) if body.language else detected
    title = (body.display_name or "").strip()
    return CreateStory(
        content=body.script_content,
        title=title or title_of(body.script_content, language),
        style=_style(body.style).value if body.style else Style.MOVIE.value,
        language=language,
        aspect=_aspect(body.aspect).value if body.aspect else Aspect.WIDE.value,
        voice=body.voice or "",
        shot_count=body.shots,
        payload=body.sent(),
        terms=terms,
    )


def patch_shot(body: PatchShotBody) -> PatchShot:
    """Raises InvalidArgument NOTHING_TO_CHANGE, EMPTY_TEXT, …, or TooLarge."""
    fields = {name: text for name, text in body.shot.sent().items() if text is not None}
    if not fields:
        raise InvalidArgument("NOTHING_TO_CHANGE", field="body.shot", known=", ".join(ShotFields.model_fields))
    for name, text in fields.items():
        check_line(text, field=f"body.shot.{name}", limit=LONG_TEXT if name in _LONG_FIELDS else SHORT_TEXT)
    if "details" in fields and not fields["details"].strip():
        raise InvalidArgument("EMPTY_TEXT", field="body.shot.details")
    return PatchShot(**{"camera" if name == "type" else name: text for name, text in fields.items()})


def regenerate(body: RegenerateBody) -> tuple[AssetType, str | None]:
    """What to make again, and the new details if there are any. Raises InvalidArgument or TooLarge."""
    details = body.details or ""
    check_line(details, field="body.details", limit=LONG_TEXT)
    return asset_type(body.asset_type or AssetType.IMAGE.value, field="body.asset_type"), details if details.strip() else None


def film_options(body: CompileBody) -> dict[str, Any]:
    """The options that the client gave."""
    return {name: value for name, value in body.sent().items() if value is not None}


def version_number(text: str, of: AssetType) -> int:
    """Raises NotFound VERSION_NOT_FOUND for what can be no version's number."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and int(text) > 0):
        raise NotFound("VERSION_NOT_FOUND", number=quote(text), asset_type=of.value)
    return int(text)


def asset_type(text: str, *, field: str) -> AssetType:
    """Raises InvalidArgument UNKNOWN_VALUE."""
    try:
        return AssetType(text)
    except ValueError:
        raise _unknown(field, text, [member.value for member in AssetType]) from None


def _language(text: str) -> Language:
    try:
        return Language(text)
    except ValueError:
        raise _unknown("body.language", text, [member.value for member in Language]) from None


def _style(text: str) -> Style:
    wanted = text.strip().lower()
    for style in Style:
        if wanted in (style.value, *(word.lower() for word in (*style.words, *style.aliases))):
            return style
    raise _unknown("body.style", text, [f"{style.value} ({style.word(Language.ZH)})" for style in Style])


def _aspect(text: str) -> Aspect:
    wanted = text.strip()
    for aspect in Aspect:
        if wanted in (aspect.value, *aspect.words, *aspect.aliases):
            return aspect
    raise _unknown("body.aspect", text, [aspect.value for aspect in Aspect])


def _unknown(field: str, found: str, known: list[str]) -> InvalidArgument:
    return InvalidArgument("UNKNOWN_VALUE", field=field, found=quote(found), known=", ".join(known))
