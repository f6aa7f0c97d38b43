"""The words of film-making that the API speaks, in both languages: styles, camera moves, moods, transitions, aspects.

An enum's value is the canonical slug; `word()` gives what users read, and `recognise()` finds the slug in free text.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from services.core.model import Language


class _Word(StrEnum):
    """A slug with its words in English and Chinese and further spellings by which it is recognised."""

    words: tuple[str, str]
    aliases: tuple[str, ...]

    def __new__(cls, slug: str, english: str, chinese: str, *aliases: str) -> Self:
        member = str.__new__(cls, slug)
        member._value_ = slug
        member.words = (english, chinese)
        member.aliases = aliases
        return member

    def word(self, language: Language) -> str:
        return self.words[1] if language is Language.ZH else self.words[0]

    @classmethod
    def of(cls, slug: str) -> Self:
        """The member with this slug; raises ValueError when there is none."""
        for member in cls:
            if member.value == slug:
                return member
        raise ValueError(slug)

    @classmethod
    def recognise(cls, text: str) -> Self | None:
        """The member whose slug, word or alias is `text`, or else the one whose longest spelling is contained in it."""
        wanted = text.strip().lower()
        if not wanted:
            return None
        spellings = [(s.lower(), m) for m in cls for s in (m.value, *m.words, *m.aliases)]
        for spelling, member in spellings:
            if spelling == wanted:
                return member
        contained = [(len(s), m) for s, m in spellings if len(s) > 1 and s in wanted]
        return max(contained, key=lambda found: found[0])[1] if contained else None


class Style(_Word):
    MOVIE = "movie", "movie", "电影", "cinematic", "film", "电影感", "电影风格"
    REALISTIC = "realistic", "realistic", "写实", "photo", "写实风格", "真实"
    ANIME = "anime", "anime", "动漫", "动画", "日漫", "二次元", "manga"
    CARTOON = "cartoon", "cartoon", "卡通", "卡通风格", "comic"
    WATERCOLOR = "watercolor", "watercolour", "水彩", "watercolor", "水彩画"
    INK = "ink", "ink wash", "水墨", "水墨画", "国画", "sumi-e"
    CYBERPUNK = "cyberpunk", "cyberpunk", "赛博朋克", "neon"
    PIXEL = "pixel", "pixel art", "像素", "像素风", "pixelart"
    STORYBOOK = "storybook", "storybook", "绘本", "童话", "picture book"


class CameraMove(_Word):
    STATIC = "static", "Static shot", "固定机位", "固定镜头", "locked-off", "static"
    PAN = "pan", "Lateral tracking shot", "水平横移拍摄", "横移", "pan", "tracking", "truck"
    PUSH = "push", "Push in", "镜头推进", "推镜头", "推近", "推进", "dolly in", "zoom in", "push"
    PULL = "pull", "Pull back", "镜头拉远", "拉镜头", "拉远", "dolly out", "zoom out", "pull"
    ORBIT = "orbit", "Orbit left", "绕轴横向左旋转", "环绕", "旋转", "orbit", "arc"
    CRANE = "crane", "Crane shot", "垂直升降拍摄", "升降", "crane", "pedestal", "jib"
    TILT = "tilt", "Tilt up", "镜头上摇", "上摇", "仰拍", "tilt"
    HANDHELD = "handheld", "Handheld", "手持拍摄", "手持", "hand-held"


class Framing(_Word):
    ESTABLISHING = "establishing", "establishing shot", "大远景", "远景"
    WIDE = "wide", "wide shot", "全景", "full shot", "long shot"
    MEDIUM = "medium", "medium shot", "中景", "waist shot"
    CLOSE = "close", "close-up", "近景", "特写", "close up"
    DETAIL = "detail", "detail", "细节特写", "macro", "insert"
    LOW = "low", "low angle", "低角度", "仰视", "low-angle"


class Mood(_Word):
    """The narrator's mood; the API's `voice`."""

    CALM = "calm", "calm", "冷静", "平静", "neutral"
    TENSE = "tense", "tense", "紧张", "urgent"
    LONELY = "lonely", "lonely", "孤独", "sad", "悲伤", "忧伤"
    DESPAIR = "despair", "despairing", "绝望", "despair"
    HOPE = "hope", "hopeful", "希望", "hope"
    WARM = "warm", "warm", "温暖", "温柔", "tender", "gentle"
    JOY = "joy", "joyful", "欢快", "快乐", "happy", "cheerful"
    WONDER = "wonder", "full of wonder", "惊奇", "神秘", "mysterious", "wonder"
    EPIC = "epic", "epic", "史诗", "壮阔", "heroic"


class Transition(_Word):
    """How a shot begins after the one before it.

    NONE is a cut. Of MORPH the clip before ends on the shot's own picture, and a cut joins them; where no engine can make such a
    clip it is a DISSOLVE. All others overlap the two shots.
    """

    NONE = "none", "none", "无", "cut", "硬切"
    DISSOLVE = "dissolve", "dissolve", "叠化", "crossfade", "cross fade", "溶解", "交叉淡化"
    FADE = "fade", "fade through black", "黑场过渡", "fadeblack", "淡入淡出", "黑场"
    WHITE = "white", "fade through white", "白场过渡", "fadewhite", "flash", "闪白", "白场"
    WIPE = "wipe", "wipe", "划像", "wipeleft", "划变", "擦除"
    SLIDE = "slide", "slide", "滑动", "slideleft", "推移"
    COVER = "cover", "cover", "覆盖", "slideup", "翻页"
    IRIS = "iris", "iris", "圈入", "circleopen", "circle", "圆形展开"
    CLOCK = "clock", "clock wipe", "时钟划像", "radial"
    BLUR = "blur", "blur", "虚化", "hblur", "模糊"
    ZOOM = "zoom", "zoom through", "变焦", "zoomin", "穿越"
    PIXELATE = "pixelate", "pixelate", "像素化", "mosaic", "马赛克"
    MORPH = "morph", "morph", "变形过渡", "morphing", "first and last frame", "首尾帧", "变形"


OVERLAPPING = tuple(kind for kind in Transition if kind not in {Transition.NONE, Transition.MORPH})
"""Those in which both shots are seen: what an engine of films draws."""


class Quality(_Word):
    """How much care a film is made with: a draft is small, quick, and spoken by a lesser voice."""

    STANDARD = "standard", "standard", "标准"
    DRAFT = "draft", "draft", "草稿", "preview", "预览"


class Aspect(_Word):
    WIDE = "16:9", "16:9", "横屏"
    TALL = "9:16", "9:16", "竖屏"
    SQUARE = "1:1", "1:1", "方形"
    CLASSIC = "4:3", "4:3", "4:3 画幅"

    @property
    def size(self) -> tuple[int, int]:
        """The default film size, width × height in pixels."""
        return SIZES[self]

    @property
    def draft_size(self) -> tuple[int, int]:
        """The size of a draft: 360 pixels on the shorter side."""
        shorter = min(self.size)
        width, height = (round(side * 360 / shorter / 8) * 8 for side in self.size)
        return width, height


SIZES: Mapping[Aspect, tuple[int, int]] = {
    Aspect.WIDE: (1280, 720),
    Aspect.TALL: (720, 1280),
    Aspect.SQUARE: (960, 960),
    Aspect.CLASSIC: (960, 720),
}
