"""What each of Jimeng's models takes, by its `req_key`, as its page of the documentation says."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.model_service.engines.remote.volcano.settings import Mode, Video

FPS = 24
FRAMES = (121, 241)
"""`frames` of every video model: 24 a second and one, for 5 and 10 seconds."""
RATIOS = ("16:9", "4:3", "1:1", "3:4", "9:16", "21:9")
"""`aspect_ratio` of text to video."""
LONGEST_PROMPT = 800
"""Characters; the documentation advises 400."""

LARGEST_PICTURE = 4_700_000
"""Bytes of a JPEG or PNG before base64 (4.7 MB)."""
LONGEST_SIDE, SHORTEST_SIDE = 4096, 320
LONGEST_SHAPE = 3.0
"""The longer side by the shorter."""


@dataclass(frozen=True, slots=True)
class VideoModel:
    """A video model. `pictures` counts what it begins, and ends, with; `seconds` is about how long it works."""

    req_key: str
    pictures: int
    seconds: float


VIDEOS: Mapping[Video, tuple[VideoModel, VideoModel, VideoModel | None]] = {
    # of words alone, with a first picture, with a first and a last one
    Video.P720: (
        VideoModel("jimeng_t2v_v30", 0, 60.0),
        VideoModel("jimeng_i2v_first_v30", 1, 60.0),
        VideoModel("jimeng_i2v_first_tail_v30", 2, 60.0),
    ),
    Video.P1080: (
        VideoModel("jimeng_t2v_v30_1080p", 0, 120.0),
        VideoModel("jimeng_i2v_first_v30_1080", 1, 120.0),
        VideoModel("jimeng_i2v_first_tail_v30_1080", 2, 120.0),
    ),
    Video.PRO: (
        VideoModel("jimeng_ti2v_v30_pro", 0, 150.0),
        VideoModel("jimeng_ti2v_v30_pro", 1, 150.0),
        None,
    ),
}


def video_model(video: Video, mode: Mode, *, last: bool) -> VideoModel:
    """The model for a clip, which has a `last` picture or not."""
    of_words, of_first, of_both = VIDEOS[video]
    if mode is Mode.TEXT:
        return of_words
    return of_both if last and mode is Mode.AUTO and of_both is not None else of_first


def frames(seconds: float) -> int:
    """The fewest frames that last as long, or the most there are."""
    return next((count for count in FRAMES if count >= seconds * FPS), FRAMES[-1])


HUMAN = "jimeng_realman_avatar_picture_omni_v15"
"""OmniHuman1.5-视频生成: a figure that speaks, of a picture and a sound."""
SUBJECT = "jimeng_realman_avatar_picture_create_role_omni_v15"
"""OmniHuman1.5-主体识别: whether there is a person, or what is like one, in a picture."""
HUMAN_RESOLUTIONS: Mapping[Video, int] = {Video.P720: 720, Video.P1080: 1080, Video.PRO: 1080}
"""`output_resolution`; the page advises the fast mode with the lower one, as Jimeng's own clients do."""
LONGEST_SOUND = 60.0
"""Seconds that a sound has to stay below."""
LONGEST_HUMAN_PROMPT = 300
"""Characters that the page advises; it names no bound."""


@dataclass(frozen=True, slots=True)
class ImageModel:
    """An image model, with the sizes that its page recommends and the area it takes, in pixels."""

    sizes: tuple[tuple[int, int], ...]
    area: tuple[int, int]
    seed: bool
    references: int = 0


_K1 = ((1328, 1328), (1472, 1104), (1584, 1056), (1664, 936), (2016, 864))
_K2 = ((2048, 2048), (2304, 1728), (2496, 1664), (2560, 1440), (3024, 1296))

IMAGES: Mapping[str, ImageModel] = {
    # 图片生成4.0: an area of 1024² to 4096²; the page advises against less than 2K
    "jimeng_t2i_v40": ImageModel(_K2, (1024**2, 4096**2), seed=False, references=10),
    # 文生图3.1 and 3.0: an area of 512² to 2048², a shape of 1:3 to 3:1
    "jimeng_t2i_v31": ImageModel(_K1, (512**2, 2048**2), seed=True),
    "jimeng_t2i_v30": ImageModel(_K1, (512**2, 2048**2), seed=True),
}
