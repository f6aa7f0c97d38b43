"""What the words around a thing say of it: that it is not there, only compared to, missed, over, or seen from inside."""

import re
from dataclasses import dataclass

from services.core.model import Language

_ABSENT = {
    # What stands right before a thing that is not there, or is only compared to.
    Language.ZH: re.compile(r"(?:没有|没|无|不见|不再有|[像如]同?|比|仿佛|宛如|好似)[^，。！？；、]{0,10}$"),
    Language.EN: re.compile(
        r"\b(?:no|without(?: an?| the| any)?|not an?|never an?|"
        r"like (?:an?|the|some)|as \w+ as(?: an?| the)?|than(?: an?| the)?)\s?(?:\w+\s)?$",
        re.IGNORECASE,
    ),
}
_SOUGHT = {
    # What stands right before somebody who is missed, and so not here.
    Language.ZH: re.compile(r"(?:寻找|找(?!到)|思念|想念|等待|怀念|写给|寄给)(?:自己|他|她|它)?的?$"),
    Language.EN: re.compile(
        r"\b(?:(?:look|search|wait|long)(?:s|ed|ing)? for|miss(?:es|ed|ing)?|(?:written|writes|wrote) to)\s"
        r"(?:an?\s|the\s|his\s|her\s|its\s|their\s)?$",
        re.IGNORECASE,
    ),
}
_PARTS_ZH = "手脸眼背肩头怀身"
_DWELLINGS = frozenset({"house", "cottage", "cabin", "hut", "木屋", "小屋", "屋子", "房子", "帐篷", "tent"})
"""Places when somebody is in them, things when they are seen from outside."""
_INDOORS = {
    Language.ZH: (re.compile(r"(?:进|回到|住在|待在|躲在|坐在|躺在)[^，。]{0,5}$"), re.compile(r"^(?:里|中|内)")),
    Language.EN: (re.compile(r"\b(?:in|into|inside|entered|within)\s(?:\w+\s){0,3}$", re.IGNORECASE), None),
}
_VERBLIKE = frozenset(
    {
        "rose",
        "roses",
        "bear",
        "bears",
        "duck",
        "ducks",
        "crane",
        "cranes",
        "seal",
        "seals",
        "bat",
        "bats",
        "swallow",
        "swallows",
        "rock",
        "rocks",
        "log",
        "logs",
        "bow",
        "bows",
        "ring",
        "rings",
        "fan",
        "drum",
        "drums",
        "train",
        "trains",
        "plane",
        "planes",
        "key",
        "hammer",
        "anchor",
        "mask",
        "mirror",
        "flag",
        "bowl",
        "carriage",
        "cart",
        "bell",
        "sled",
        "ship",
        "ships",
        "box",
        "cricket",
        "badger",
        "lock",
        "gear",
        "horn",
        "camera",
    }
)
"""Words that are as often something else as a thing; a noun's own words stand before the thing."""
_NOUNLIKE = re.compile(
    r"\b(?:an?|the|one|two|three|each|every|some|any|no|his|her|its|their|my|your|our|this|that|first|last|old|young|little|big|small|"
    r"great|huge|tiny|wild|single|wooden|iron|brass|paper|gold|golden|silver|red|white|pink|yellow|blue|black|green|brown|gr[ae]y|of|"
    r"sailing|broken|polar|steam|music|great|lone|stray|among)\s(?:the\s)?$",
    re.IGNORECASE,
)
_GONE = {
    # What stands right after somebody who is not here any more, or whose thing it is that is meant.
    Language.ZH: re.compile(r"^(?:们)?(?:不见了|消失了|已经走了|走远了|去世|死了很久|的(?:歌|话|信|名字|故事|声音)|留下的)"),
    Language.EN: re.compile(
        r"^(?: (?:had |was |were )?(?:vanished|disappeared|gone\b|passed away)|['’]s (?!face|eyes?|hands?|arms?|head|hair|back))"
    ),
}
_TRACE = {
    # What stands right after an animal of which only a trace is there.
    Language.ZH: re.compile(r"^的?(?:脚印|爪印|足迹|蹄印|气味|叫声|巢|窝)"),
    Language.EN: re.compile(r"^(?:['’]s?)? (?:\w+ )?(?:foot|paw|hoof)?(?:prints?|tracks?|scent|nests?)\b", re.IGNORECASE),
}
_YARDSTICK = re.compile(r"\bas (?:big|large|tall|high) as the (?:\w+ )?$", re.IGNORECASE)
_TOLD_OF = re.compile(
    r"\b(?:told|tells|spoke|sang|dreamed|dreamt|thought|read|story|tale|song) (?:\w+ ){0,2}(?:about|of)\b", re.IGNORECASE
)
_RECALLED = {
    # What stands right before somebody or something that is only thought or spoken of.
    Language.ZH: re.compile(r"(?:想起|想到|梦见|梦到|说起|提到|记得)了?(?:自己|他|她|它)?的?[^，。！？；]{0,4}$"),
    Language.EN: re.compile(
        r"\b(?:remembered|thought of|dream(?:ed|t) of|spoke of)\s(?:an?\s|the\s|his\s|her\s|its\s|their\s)?(?:\w+\s)?$",
        re.IGNORECASE,
    ),
}
_AWAITED = {
    Language.ZH: re.compile(r"等(?:待|着|候)?(?:一[条只艘封辆列趟])?$"),
    Language.EN: re.compile(r"\bwait(?:s|ed|ing)? for (?:an? |the |his |her |their )?(?:\w+ )?$", re.IGNORECASE),
}
_USED_UP = {
    Language.ZH: re.compile(r"^(?:已经|都|全)?(?:没了|用完|吃完|喝完|吃光|喝光|不见了)"),
    Language.EN: re.compile(r"^ (?:was|were|is|are|had) (?:all )?(?:gone|used up|run out)\b"),
}
_CRAFT = frozenset({"飞船", "宇宙飞船", "spaceship", "spacecraft"})
_LANDS = {
    Language.ZH: re.compile(r"^[^，。！？；]{0,4}(?:降落|着陆|坠落)"),
    Language.EN: re.compile(r"^ (?:\w+ )?(?:land(?:s|ed)|touched down|came down|crashed)\b"),
}
_LIGHT_WORDS = frozenset({"灯", "灯光", "a light", "the lights"})
_TOWN_LIGHTS = {
    # Whose lights are lit windows and lamps far off, no lamp that somebody has.
    Language.ZH: re.compile(r"(?:城|街|窗|楼|万家|家家户户|镇|村)[^，。！？；]{0,5}$"),
    Language.EN: re.compile(r"\b(?:city|town|street|window|harbou?r)s?['’]?s?\s$", re.IGNORECASE),
}
_KIN = frozenset(
    {
        "父亲",
        "母亲",
        "爸爸",
        "妈妈",
        "爷爷",
        "奶奶",
        "外婆",
        "外公",
        "祖父",
        "祖母",
        "father",
        "mother",
        "dad",
        "mum",
        "mom",
        "grandfather",
        "grandmother",
        "grandpa",
        "grandma",
        "granny",
    }
)
_OVER = {
    Language.ZH: re.compile(r"^(?:[^，。！？；]{0,3}(?:停|退去|过去了|平息)|[^。！？；]{0,9}散|来得快，去得)"),
    Language.EN: re.compile(
        r"^\s(?:had |has |finally |at last )*(?:stop|end|clear|lift|pass|die|dies|died|subsid|blew itself out|is over|was over)",
        re.IGNORECASE,
    ),
}


@dataclass(frozen=True, slots=True)
class Around:
    """A spelling at `start:end` of a text, with what stands about it."""

    text: str
    start: int
    end: int
    language: Language

    @property
    def word(self) -> str:
        return self.text[self.start : self.end].lower()

    @property
    def is_dwelling(self) -> bool:
        """Whether it is a place for whoever is in it, and a thing for whoever is not."""
        return self.word in _DWELLINGS

    def is_absent(self) -> bool:
        """Whether the text says that there is none, or only that something is like one."""
        if self.is_dwelling and self.language is Language.EN and _YARDSTICK.search(self._before(40)):
            return False  # the size of what stands beside it
        return bool(_ABSENT[self.language].search(self._before(40)))

    def is_thing(self) -> bool:
        """Whether a word that is as often a deed is a thing here: the sun, too, rose."""
        return self.word not in _VERBLIKE or bool(_NOUNLIKE.search(self._before(20)))

    def is_used_up(self) -> bool:
        """Whether the text says that it is there no more."""
        return bool(_USED_UP[self.language].search(self._after(16)))

    def is_far_light(self) -> bool:
        """Whether a light is a town's."""
        return self.word in _LIGHT_WORDS and bool(_TOWN_LIGHTS[self.language].search(self._before(16)))

    def is_awaited(self) -> bool:
        """Whether somebody waits for it, so that it has not come."""
        return bool(_AWAITED[self.language].search(self._before(24)))

    def is_recalled(self) -> bool:
        """Whether somebody only thinks or speaks of it."""
        if self.language is Language.EN and _TOLD_OF.search(self.text, 0, self.start):
            return True
        return bool(_RECALLED[self.language].search(self._before(24)))

    def is_landing(self) -> bool:
        """Whether a ship of the skies is seen from outside, coming down."""
        return self.word in _CRAFT and bool(_LANDS[self.language].search(self._after(20)))

    def is_sought(self) -> bool:
        """Whether somebody is missed or looked for."""
        return bool(_SOUGHT[self.language].search(self._before(24)))

    def is_gone(self) -> bool:
        """Whether somebody has left, or only a thing or a trace of theirs is meant."""
        if _TRACE[self.language].match(self._after(24)):
            return True
        is_kin = self.word in _KIN
        if is_kin and self.language is Language.ZH and self._after(1) == "的" and self._after(2)[1:] not in _PARTS_ZH:
            return True
        after = _GONE[self.language].match(self._after(24))
        return after is not None and (is_kin or after.group()[0] not in "'’")

    def is_indoors(self) -> bool:
        before, after = _INDOORS[self.language]
        return bool(before.search(self._before(32))) or (after is not None and bool(after.match(self._after(2))))

    def is_over(self) -> bool:
        """Whether weather is said to end."""
        return bool(_OVER[self.language].search(self._after(24)))

    def _before(self, most: int) -> str:
        return self.text[max(0, self.start - most) : self.start]

    def _after(self, most: int) -> str:
        return self.text[self.end : self.end + most]
