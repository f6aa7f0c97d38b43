"""What of a prompt tells what is to be seen: its film-making words, comparisons, and what is over or gone are left out.

`seen` blanks those words in place, so that every other word keeps its offset.
"""

import re

__all__ = ["seen"]

_FILM_EN = re.compile(
    r"\b(?:low|high|mid)[- ]key\b|\bkey[- ]?light(?:ing|s)?\b|\b(?:hard|soft|white|only|single) (?:\w+ )?key\b"
    r"|\brule of thirds\b|\bdepth of field\b|\bfield of view\b|\b(?:shallow|soft|deep|rack) focus\b|\bfilm (?:grain|stock|still)\b"
    r"|\b(?:bird|worm|fish|eagle)(?:['’]?s)?[- ]eye(?:[- ](?:view|shot|angle|lens))?\b|\bfish[- ]?eye\b"
    r"|\b(?:crane|boom|dolly|train|jib)[- ](?:shot|up|down|in|out|move|moves|movement)\b"
    r"|\b(?:[\w-]+[- ])?(?:shots?|frames?|framing|lens|lenses|close-?ups?)\b"
    r"|\b(?:on|off)[- ]screen\b|\bscreen (?:left|right)\b|\b(?:left|right|edge|side) of (?:the )?screen\b"
    r"|\b(?:digital|matte|concept|ink|ink wash|watercolou?r|oil|chinese|acrylic) painting\b|\b(?:oil|ink) on canvas\b"
    r"|\b(?:picture|comic|story)[- ]?book (?:art|illustration|look|page)s?\b"
    r"|\b(?:[\w-]+ ){0,2}style\b|\bin the style of [^,.;\n]*|\bstar(?:s|ring)? of the film\b",
    re.IGNORECASE,
)
_CAMERA = re.compile(r"\bcamera(?:['’]s|s)?\b", re.IGNORECASE)
_A_REAL_CAMERA = re.compile(
    r"\b(?:his|her|my|their|your|old|vintage|broken|toy|photo|film|instant|digital|antique|new|small|little|holds?|holding|with|found"
    r"|finds?) (?:an? |the )?(?:[a-z]+ )?$",
    re.IGNORECASE,
)
_CAMERA_MOVES = re.compile(
    r"\s(?:is |slowly |gently )*(?:mov|pan|push|pull|tilt|track|follow|circl|orbit|ris|rest|linger|drift|glid|zoom|dol|sink|hold"
    r"|stay|near|close|low|high|angle|work|look|shak|crane|descend|sweep)",
    re.IGNORECASE,
)
_FILM_ZH = re.compile(
    r"镜头|画面|画外|画框里|机位|景深|构图|前景|中景|近景|远景|全景|特写|三分法|三分线|三分之[一二]|低调|高调|主光|侧光|逆光|运镜"
    r"|俯拍|仰拍|航拍|鱼眼|鸟瞰|虫眼|焦点|焦距|长焦|广角|景别|留白|灯光|光线|[\u4e00-\u9fff]{1,4}风格|(?:水墨|水彩|油|国|插|漫)画风?(?:质感|效果)"
)
_LIKE_EN = re.compile(
    r"\b(?:as \w+ as|(?<!would )(?<!they )(?<!children )(?<!i )(?<!you )(?<!we )like|as if|as though|bigger than|taller than)\b"
    r"(?! fireflies)"
    r"(?:(?!\b(?:and|but|while|with|under|over|in|on|at|by|from|into|stands?|walks?|runs?|flies)\b)[^,.;:!?\n]){0,48}",
    re.IGNORECASE,
)
_LIKE_ZH = re.compile(
    r"(?:(?<![画雕石塑铜佛偶图摄录肖想影])像(?!素|框)|如同|好似|仿佛|宛如|犹如|宛若|恍如|好比)(?!萤火虫)[^，。；！？、\n]{0,16}"
    r"|如[^，。；！？、\n]{1,4}[般似]的?|[和跟与][^，。；！？、\n]{1,5}一样"
)
_GONE_EN = re.compile(
    r"\b(?:the |her |his |their |all )?(?:\w+ )?\w+ (?:is|are|was|were|had) (?:all )?(?:gone|used up|vanished)\b"
    r"|\b(?:rain|snow|storm|blizzard|fog|mist|wind|clouds?|thunder)\w* (?:\w+ ){0,2}?(?:stop(?:s|ped)|end(?:s|ed)|lift(?:s|ed)"
    r"|clear(?:s|ed)|pass(?:es|ed)|die[sd] (?:down|away)|blew over|blows over|is over|was over)\b",
    re.IGNORECASE,
)
_GONE_ZH = re.compile(
    r"(?:暴风雪|暴风雨|风雪|风雨|风暴|大雨|大雪|大雾|雨|雪|雾|风)(?:[\u4e00-\u9fff]{0,2}?)(?:停|住了|散去|散开|散了|过去了|小了|退去|歇了)"
)
_ALL = (_FILM_EN, _FILM_ZH, _LIKE_EN, _LIKE_ZH, _GONE_EN, _GONE_ZH)


def seen(text: str) -> str:
    """`text` with blanks where its words show nothing: equally long, lines kept."""
    for pattern in _ALL:
        text = pattern.sub(_blank, text)
    return _CAMERA.sub(lambda match: match.group() if _is_thing(match) else _blank(match), text)


def _is_thing(match: re.Match[str]) -> bool:
    """Whether a camera is one that somebody has, not the film's own: `the camera` and a camera that moves are the film's."""
    before, after = match.string[max(0, match.start() - 28) : match.start()], match.string[match.end() :]
    alone = not before.rstrip() or before.rstrip()[-1] in ",，、\n"
    listed = alone and (not after.strip() or after.lstrip()[0] in ",，、\n")
    owned = _A_REAL_CAMERA.search(before) is not None and not before.lower().rstrip().endswith(" the")
    return (listed or owned or re.search(r"\ban? $", before) is not None) and not _CAMERA_MOVES.match(after)


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match.group())
