"""Which lights of a text do not burn: blown out, died, or never lit."""

import re
from collections.abc import Collection

from services.model_service.engines.keyframe import lexicon

__all__ = ["unlit"]

_LIGHT = r"(?:lamp|lantern|light|candle|torch|lighthouse|beacon|flame|campfire|bonfire|fire)s?"
_OUT = re.compile(
    rf"\b(?:unlit|dark|darkened|dead|blown-out|burnt-out)\s(?:\w+\s)?{_LIGHT}\b"
    rf"|\b(?:blew|blows?|blown|puts?|snuff(?:s|ed)) out (?:the |an? |his |her |its |their )?(?:\w+ )?{_LIGHT}\b"
    rf"|\b{_LIGHT}\b(?! of (?:day|the sun))[^.;,\n]{{0,24}}?"
    r"\b(?:went out|goes out|gone out|died?|dies|is out|(?:was|is|stands?|stood|lies|lay) dark"
    r"|(?:not|never) (?:been )?lit|unlit|blown out)\b"
    r"|(?:吹灭|熄灭|扑灭)了?[^，。；\n]{0,4}(?:灯|烛|火)|(?:熄灭|灭了|没点亮|没点|没有亮|不亮|漆黑)的[^，。；\n]{0,3}(?:灯塔|灯|蜡烛|烛|火)"
    r"|(?:灯塔|(?<!眼)灯|烛|火把|篝火|火堆)[^，。；\n眼窗]{0,6}?(?:熄|灭了|没有亮|没亮|不亮|不再亮|黑着|漆黑)",
    re.IGNORECASE,
)
_HOUSE_LAMP = re.compile(r"\b(?:lamp|light|beacon)s?\b|灯(?!笼)", re.IGNORECASE)
"""What at a lighthouse is the lighthouse's own."""


def unlit(told: str, lights: Collection[str], places: Collection[str]) -> frozenset[str]:
    """The tags of `lights` that are said to be out, and "lighthouse" where its lamp is."""
    found: set[str] = set()
    for match in _OUT.finditer(told):
        found |= {word.tag for word in lexicon.find(match.group()) if word.tag in lights or word.tag == "lighthouse"}
        if "lighthouse" in places and _HOUSE_LAMP.search(match.group()):
            found.add("lighthouse")
    return frozenset(found)
