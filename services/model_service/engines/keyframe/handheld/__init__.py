"""What hands hold: drawn from the grip, so that a thing follows the hand wherever the pose puts it."""

from collections.abc import Mapping

from services.model_service.engines.keyframe.handheld.arms import ARMS
from services.model_service.engines.keyframe.handheld.grip import Draw, Grip
from services.model_service.engines.keyframe.handheld.staves import STAVES
from services.model_service.engines.keyframe.handheld.things import THINGS

__all__ = ["HELD", "Grip"]

HELD: Mapping[str, Draw] = {**ARMS, **STAVES, **THINGS}
"""How each thing with a drawing for the hand is drawn."""
