"""The words that the painter knows, English and Chinese, each leading to one canonical tag.

Words that merely contain a known one (浪花 is no flower, 马上 no horse) lead to `None` and are passed over.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

PLACES: Mapping[str, str] = {
    "city": "city|skyscraper|downtown|metropolis|skyline|rooftop|城市|都市|高楼|大厦|摩天楼|楼群|小城|天台",
    "ruins": "ruin|ruined|ruined city|wasteland|abandoned city|rubble|ancient city|temple|废墟|荒城|古城|遗迹|残垣"
    "|断壁|荒废|古庙|神庙",
    "street": "street|alley|road|lane|avenue|market|街|街道|街头|小巷|巷子|马路|路口|集市|公路|街角",
    "room": "room|bedroom|kitchen|indoors|interior|living room|office|classroom|library|hospital|study|attic|cafe"
    "|workshop|laboratory"
    "|房间|屋里|屋内|室内|卧室|厨房|客厅|办公室|教室|图书馆|医院|书房|阁楼|病房|咖啡馆|店里|家里|实验室",
    "forest": "forest|woods|woodland|jungle|grove|bamboo|森林|树林|丛林|林间|林中|竹林|密林|林海|林子",
    "meadow": "meadow|grassland|field|prairie|grass|pasture|hill|hillside|park|flower field"
    "|草地|草原|田野|原野|草坪|山坡|牧场|花田|花海|麦田|公园|稻田|草丛|山丘",
    "mountains": "mountain|cliff|canyon|valley|ridge|peak|山|山脉|群山|大山|高山|悬崖|峡谷|山谷|山顶|山峰|山路|山脊|崖边",
    "snow peaks": "snow peak|snowy peak|snow mountain|snowy mountain|snow-capped mountain|snow-capped peak|glacier|alpine|summit"
    "|snow-covered mountain|snow-covered peak|雪山|雪峰|冰川|雪岭|冰峰|雪线",
    "desert": "desert|dune|sahara|sand sea|沙漠|荒漠|沙丘|大漠|戈壁|沙海",
    "sea": "sea|ocean|wave|bay|at sea|seaside|海|大海|海洋|海面|海上|波浪|海浪|浪花|海湾|海边",
    "beach": "beach|shore|coast|seashore|island|沙滩|海滩|海岸|岸边|岛|小岛|海岛",
    "river": "river|stream|lake|creek|brook|pond|waterfall|河|小河|河流|溪|小溪|湖|湖面|湖边|江|江面|河边|池塘|瀑布|河岸",
    "village": "village|town|hamlet|cottages|村庄|村子|小镇|村落|小村|镇上|村口|村里|山村|渔村|乡村",
    "castle": "castle|palace|fortress|tower|citadel|城堡|宫殿|王宫|皇宫|堡垒|高塔|城楼|要塞",
    "space": "space|outer space|planet|galaxy|spaceship|spacecraft|cosmos|universe|moon surface|mars|alien planet"
    "|太空|宇宙|星球|行星|银河|飞船|星系|火星|月球|外星",
    "underwater": "underwater|under the sea|seabed|deep sea|coral|ocean floor|海底|水下|水底|深海|珊瑚",
    "cave": "cave|cavern|grotto|tunnel|mine|山洞|洞穴|岩洞|洞口|隧道|矿洞|洞里",
    "lighthouse": "lighthouse|灯塔",
    "garden": "garden|orchard|courtyard|花园|果园|庭院|院子|后院|园子",
}
TIMES: Mapping[str, str] = {
    "dawn": "dawn|sunrise|daybreak|first light|黎明|日出|拂晓|破晓|曙光|天亮|晨曦|朝阳",
    "morning": "morning|early light|清晨|早晨|早上|清早|晨光|晨",
    "day": "day|daytime|noon|sunny|sunlit|sunlight|afternoon|blue sky|sunshine|白天|正午|中午|阳光|下午|晴天|午后|蓝天|艳阳|明媚",
    "dusk": "dusk|sunset|twilight|evening|golden hour|sundown|黄昏|日落|夕阳|傍晚|落日|晚霞|暮色|余晖",
    "night": "night|midnight|moon|moonlight|moonlit|nightfall|夜|夜晚|夜里|深夜|午夜|月光|月亮|夜空|夜色|黑夜|月夜"
    "|明月|今夜|昨夜|当晚|晚上",
}
WEATHER: Mapping[str, str] = {
    "clear": "clear|clear sky|cloudless|晴朗|万里无云",
    "rain": "rain|rainy|raining|drizzle|downpour|wet|雨|下雨|大雨|细雨|雨水|雨中|雨夜|暴雨|小雨",
    "snow": "snow|snowy|snowing|snowfall|winter|ice|icy|frozen|blizzard|snowflake|雪|下雪|大雪|冰雪|风雪|雪花|冬天"
    "|冰|雪地|暴风雪|寒冬",
    "fog": "fog|foggy|mist|misty|haze|smoke|dust|雾|薄雾|大雾|迷雾|烟雾|尘土|浓雾|晨雾|云雾|雾气",
    "storm": "storm|stormy|thunder|lightning|thunderstorm|tempest|暴风雨|雷|闪电|风暴|暴风|雷雨|狂风|乌云",
    "wind": "wind|windy|breeze|gale|风|大风|微风|寒风|风吹|晚风|海风",
    "aurora": "aurora|northern light|northern lights|极光|北极光",
    "stars": "star|starry|starlight|stars|milky way|constellation|shooting star|星星|星空|繁星|群星|星光|星辰|流星"
    "|满天星|满天繁星|星河",
}
FIGURES: Mapping[str, str] = {
    "traveller": "traveller|traveler|wanderer|stranger|hiker|explorer|pilgrim|backpacker|adventurer|monk|wizard"
    "|旅人|行者|旅行者|路人|探险者|陌生人|徒步者|游客|探险家|僧人|巫师|法师|登山者",
    "child": "child|kid|children|kids|baby|toddler|孩子|小孩|孩童|儿童|娃娃|孩子们|婴儿|小朋友",
    "boy": "boy|son|lad|little brother|男孩|少年|小男孩|儿子|弟弟|小伙伴",
    "girl": "girl|daughter|princess|little sister|女孩|少女|小女孩|女儿|妹妹|公主|姑娘|小姑娘",
    "old man": "old man|grandfather|grandpa|elder|elderly man|keeper|老人|爷爷|老爷爷|老头|老者|外公|老翁|老渔夫|老伯|守塔人",
    "old woman": "old woman|grandmother|grandma|granny|elderly woman|奶奶|老奶奶|外婆|老婆婆|老妇人|姥姥|婆婆",
    "woman": "woman|lady|mother|mom|wife|queen|sister|nurse|her|she|female|bride|witch|girlfriend|women"
    "|女人|女子|母亲|妈妈|妻子|姐姐|女王|女士|护士|她|新娘|女性|女友|少妇|阿姨|女医生|女巫",
    "man": "man|father|dad|husband|king|brother|he|him|his|person|guy|fisherman|sailor|detective|doctor|soldier"
    "|teacher|people|someone"
    "|hero|figure|male|men|captain|farmer|human|worker|pilot|postman|scientist|driver|astronaut|boyfriend|stranger in a coat"
    "|男人|男子|父亲|爸爸|丈夫|哥哥|国王|他|人影|渔夫|水手|侦探|医生|士兵|老师|主角|男友|身影|船长|农夫|工人|飞行员"
    "|邮差|科学家|司机|宇航员|叔叔|男性|青年|行人|店主",
    "couple": "couple|lovers|恋人|情侣|夫妻|夫妇|两人|二人|他们俩",
    "warrior": "warrior|knight|swordsman|samurai|ninja|swordswoman|fighter|general|武士|战士|剑客|骑士|侠客|将军"
    "|勇士|剑士|忍者|大侠",
    "crowd": "crowd|they|villagers|army|audience|procession|people gather|人群|众人|大家|村民|人们|军队|他们|士兵们|居民",
    "puppy": "puppy|pup|puppies|小狗|狗仔|幼犬|小奶狗|狗狗|小黄狗|小白狗",
    "dog": "dog|hound|shepherd dog|狗|大狗|狗妈妈|猎犬|犬|黄狗|流浪狗",
    "cat": "cat|kitten|kitty|猫|小猫|猫咪|黑猫|白猫|橘猫",
    "bird": "bird|seagull|gull|crow|raven|eagle|pigeon|swallow|owl|crane|鸟|小鸟|海鸥|乌鸦|老鹰|鸽子|燕子|猫头鹰|飞鸟|鹤|雁|麻雀",
    "horse": "horse|stallion|mare|pony|unicorn|骏马|白马|战马|马儿|骑马|马匹|一匹马|小马|黑马|老马",
    "wolf": "wolf|wolves|狼|野狼|狼群",
    "fox": "fox|foxes|狐狸|小狐狸",
    "bear": "bear|polar bear|panda|cub|熊|小熊|大熊|北极熊|熊猫|狗熊",
    "deer": "deer|stag|elk|reindeer|鹿|小鹿|驯鹿",
    "rabbit": "rabbit|bunny|hare|兔|兔子|小兔",
    "fish": "fish|koi|shoal|goldfish|鱼|鱼群|小鱼|金鱼|锦鲤",
    "whale": "whale|dolphin|shark|鲸|鲸鱼|海豚|鲨鱼|巨鲸",
    "robot": "robot|android|droid|machine man|mech|机器人|机械人|仿生人|机甲",
    "dragon": "dragon|巨龙|飞龙|恶龙|神龙|龙",
    "ship": "ship|sailing ship|vessel|galleon|steamer|帆船|大船|轮船|船舶|海盗船|货轮",
    "boat": "boat|sailboat|canoe|raft|rowboat|小船|渔船|木船|小舟|船|孤舟|木筏|扁舟",
    "car": "car|taxi|truck|bus|automobile|jeep|van|汽车|轿车|出租车|卡车|公交车|跑车|车辆|越野车",
    "train": "train|locomotive|railway|subway train|火车|列车|蒸汽机车|地铁|高铁",
}
PROPS: Mapping[str, str] = {
    "lantern": "lantern|lamp|torch|candle|street lamp|灯笼|提灯|油灯|火把|蜡烛|路灯|孔明灯|灯光",
    "campfire": "campfire|bonfire|fire|flame|flames|篝火|火堆|营火|火焰|大火|炉火",
    "tree": "tree|oak|cherry tree|blossom tree|树|大树|树下|樱花|樱花树|古树|老树|枯树|树木",
    "flower": "flower|blossom|rose|petal|sunflower|tulip|lavender|花|鲜花|花朵|野花|玫瑰|花瓣|向日葵|薰衣草|郁金香",
    "door": "door|doorway|gate|gateway|portal|门口|大门|木门|房门|城门|门前|门外|门后|传送门|推开门|石门|拱门",
    "letter": "letter|envelope|postcard|note|信|信封|书信|来信|信件|信纸|明信片|情书",
    "compass": "compass|pocket watch|clock|watch|指南针|罗盘|怀表|钟表|时钟",
    "book": "book|diary|notebook|journal|scroll|map|书|日记|书本|笔记本|书籍|卷轴|古书|地图",
    "tent": "tent|camp|帐篷|营地|露营",
    "bridge": "bridge|桥|木桥|石桥|小桥|吊桥|大桥",
    "house": "house|home|cottage|cabin|hut|mill|farmhouse|房子|木屋|小屋|家|回家|家门|茅屋|农舍|屋子|老屋|石屋|老房子",
    "umbrella": "umbrella|parasol|伞|雨伞|撑伞|红伞|油纸伞",
    "snowman": "snowman|雪人",
    "fireflies": "firefly|fireflies|萤火虫|流萤|glowing particles|萤火",
    "neon": "neon|cyber|cyberpunk|hologram|霓虹|赛博|全息|霓虹灯",
    "balloon": "balloon|hot air balloon|kite|气球|热气球|风筝",
}
ACTIONS: Mapping[str, str] = {
    "walking": "walk|walking|walks|wandering|wander|strolling|trudging|hiking|climbing|climb|climbs|stroll|steps|heading|travels"
    "|走|走着|行走|漫步|步行|前行|走向|走过|徒步|踏上|攀登|爬|走进|走在|踏入|走去",
    "running": "run|running|runs|chasing|chase|fleeing|dash|dashing|rush|rushing|跑|奔跑|追逐|逃跑|飞奔|奔向|跑向|追赶|冲向|冲进",
    "sitting": "sit|sitting|sits|seated|resting|kneeling|坐|坐着|坐在|坐下|歇息|休息|蹲|跪",
    "standing": "stand|standing|stands|waiting|站|站着|站在|伫立|等待|站立",
    "hugging": "hug|hugging|hugs|embrace|embracing|embraces|holding each other|拥抱|抱住|相拥|抱着|紧抱|相依",
    "pointing": "point|pointing|points|reaching out|waving|wave goodbye|指|指向|指着|伸手|挥手|招手",
    "looking up": "look up|looking up|looks up|gazing|gaze|gazes|stargazing|gazing up|仰望|抬头|凝望|望向|抬头看|望着|眺望|遥望",
}
COLOURS: Mapping[str, str] = {
    "#b8332f": "red|crimson|scarlet|红|红色|赤|绯红",
    "#e07a2f": "orange|橙|橙色|橘色|橘",
    "#e8b93c": "yellow|golden|gold|blonde|黄|黄色|金|金色|金发",
    "#4c8a4a": "green|绿|绿色|翠绿",
    "#2f5fa8": "blue|navy|蓝|蓝色|深蓝|青|青色",
    "#4ab0c8": "teal|cyan|turquoise|天蓝|浅蓝",
    "#7a4fa0": "purple|violet|lavender|紫|紫色",
    "#e58aa8": "pink|rosy|粉|粉色|粉红|粉红色",
    "#f0ece4": "white|silver|ivory|白|白色|银|银色|银白",
    "#23232b": "black|dark|黑|黑色|乌黑",
    "#8a8d93": "grey|gray|灰|灰色",
    "#7a4e2d": "brown|tan|leather|chestnut|棕|棕色|褐色|咖啡色|棕褐",
}
PASSED_OVER = (
    "海报|脑海|上海|花费|花了|花时间|烟花|火花|眼花|昏花|马上|马路边|立马|日夜|昼夜|其他|他山|吉他|信任|相信|信心"
    "|信号|自信|信念|迷信|确信|信息"
    "|大家庭|专家|国家|作家|画家|家伙|人家|家人|风格|风景|风光|风采|威风|作风|冰箱|冰冷|指望|指示|手指|戒指|指导"
    "|指甲|江湖|龙头|走廊|走神"
    "|starts|started|starting|watch out|homework|bookshelf|rose up|starlings|花样|花白|雪白|林肯|山寨|书包|书写|秘书"
    "|尘封|桥段|白雪公主|火山|日光灯"
    "|the day|one day|every day|day by day|days|birthday|some day|雷达|鹿角|青春|青年时|金属|黄昏时|黑暗|风衣"
    "|look like|red-eye|goldfish bowl"
)

GROUPS: Mapping[str, Mapping[str, str]] = {
    "place": PLACES,
    "time": TIMES,
    "weather": WEATHER,
    "figure": FIGURES,
    "prop": PROPS,
    "action": ACTIONS,
}
_NEGATED = re.compile(r"(?:\bno|\bwithout|\bnot an?|\bnever|没有|无|不见|并无)\s*(?:any\s+)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A known word: the group and tag it leads to, and where it stands."""

    group: str
    tag: str
    start: int
    end: int


def find(text: str) -> Iterator[Found]:
    """The known words of `text` in order, the longest reading first; negated ones ("no rain", 没有雨) are passed over."""
    pattern, meaning = _scene_words()
    for match in pattern.finditer(text):
        sense = meaning(match.group(0))
        if sense is not None and not _NEGATED.search(text, 0, match.start()):
            yield Found(*sense, match.start(), match.end())


def find_colours(text: str) -> Iterator[Found]:
    """The colour words of `text`; the tag is a colour code such as `#b8332f`."""
    pattern, meaning = _colour_words()
    for match in pattern.finditer(text):
        sense = meaning(match.group(0))
        if sense is not None:
            yield Found(*sense, match.start(), match.end())


class _Meaning:
    def __init__(self, words: Mapping[str, tuple[str, str] | None]) -> None:
        self._words = words

    def __call__(self, spelling: str) -> tuple[str, str] | None:
        word = spelling.lower()
        for form in (word, word.removesuffix("s"), word.removesuffix("es")):
            if form in self._words:
                return self._words[form]
        return None


def _compile(groups: Mapping[str, Mapping[str, str]], passed_over: str) -> tuple[re.Pattern[str], _Meaning]:
    words: dict[str, tuple[str, str] | None] = {}
    for group, tags in groups.items():
        for tag, spellings in tags.items():
            for spelling in (*((tag,) if not tag.startswith("#") else ()), *spellings.split("|")):
                words.setdefault(spelling, (group, tag))
    words |= dict.fromkeys(filter(None, passed_over.split("|")))
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    latin = "|".join(re.escape(word) for word in longest_first if word.isascii())
    chinese = "|".join(re.escape(word) for word in longest_first if not word.isascii())
    return re.compile(rf"(?<![a-z])(?:{latin})(?:e?s)?(?![a-z])|(?:{chinese})", re.IGNORECASE), _Meaning(words)


@cache
def _scene_words() -> tuple[re.Pattern[str], _Meaning]:
    return _compile(GROUPS, PASSED_OVER)


@cache
def _colour_words() -> tuple[re.Pattern[str], _Meaning]:
    return _compile({"colour": COLOURS}, "")
