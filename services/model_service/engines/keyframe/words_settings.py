"""Words for where and when: places, times of day, weather; each tag with its spellings, `|` between them."""

from collections.abc import Mapping

PLACES: Mapping[str, str] = {
    # -- towns
    "city": "city|skyscraper|downtown|metropolis|skyline|城市|都市|高楼|大厦|摩天楼|楼群|小城",
    "rooftops": "rooftop|on the roof|天台|屋顶|楼顶|屋脊",
    "street": "street|road|avenue|sidewalk|crossroads|街|街道|街头|马路|路口|公路|街角|大街|路边|人行道",
    "market": "market|bazaar|fair|food stall|night market|集市|市场|夜市|市集|菜市场|摊位",
    "old street": "old street|ancient street|old town|alley|lane|backstreet|chinese street|小巷|巷子|巷口|胡同|老街|古街"
    "|古镇|青石板|石板路|弄堂|长安|京城|集镇",
    "ruins": "ruin|ruined|ruined city|wasteland|abandoned city|rubble|ancient city|废墟|荒城|古城|遗迹|残垣"
    "|断壁|荒废|断墙|遗址|古墓",
    "village": "village|town|hamlet|cottages|村庄|村子|小镇|村落|小村|镇上|村口|村里|渔村|乡村",
    "chinese village": "chinese village|mountain village|water town|山村|水乡|农家|农家院|古村|山寨村|客栈",
    "castle": "castle|fortress|tower|citadel|城堡|堡垒|高塔|要塞|古堡|塔楼",
    "palace": "palace|forbidden city|city gate tower|宫殿|皇宫|王宫|紫禁城|宫门|城楼|宫墙|殿前",
    "temple": "temple|pagoda|shrine|monastery|寺庙|寺|古庙|神庙|宝塔|佛塔|庙|道观|神社|寺院|古寺|塔寺",
    "garden": "garden|orchard|backyard|花园|果园|后院|园子|菜园",
    "courtyard": "courtyard|yard|chinese garden|庭院|院子|小院|四合院|园林|院落",
    "park": "park|playground|公园|游乐场|操场",
    "stadium": "stadium|arena|sports field|football pitch|体育场|球场|赛场|足球场|竞技场",
    "stage": "stage|theatre|theater|concert|concert hall|auditorium|舞台|剧院|戏台|音乐厅|礼堂|剧场|演唱会",
    "station": "station|platform|railway station|train station|车站|站台|火车站|月台|地铁站",
    "harbour": "harbour|harbor|pier|dock|quay|port|wharf|jetty|码头|港口|海港|港湾|栈桥",
    "graveyard": "graveyard|cemetery|grave|tomb|tombstone|墓地|坟墓|墓园|坟场|墓碑|坟",
    "battlefield": "battlefield|battle|war|frontline|trench|战场|沙场|战火|前线|战争|硝烟",
    # -- indoors
    "room": "room|indoors|interior|attic|workshop|房间|屋里|屋内|室内|阁楼|家里|家中|屋子里|门厅",
    "living room": "living room|parlour|parlor|lounge|sofa|客厅|起居室|沙发|厅里",
    "bedroom": "bedroom|bed|bedside|dormitory|卧室|床|床上|床边|宿舍|睡房|被窝",
    "study": "study|desk|书房|书桌|办公桌|案头|书案",
    "kitchen": "kitchen|stove|dining room|dining table|厨房|灶台|餐厅|餐桌|饭桌|灶前",
    "chinese room": "chinese room|ancient room|tea room|厢房|茶室|堂屋|闺房|禅房|古宅|老宅|正厅|大堂|客房|茶馆",
    "classroom": "classroom|school|lecture hall|教室|学校|课堂|学堂|黑板|讲台",
    "hospital": "hospital|ward|sickbed|clinic|operating room|医院|病房|诊所|病床|手术室",
    "office": "office|meeting room|workplace|cubicle|办公室|会议室|公司|写字楼|工位",
    "library": "library|bookshop|bookstore|archive|图书馆|书店|藏书阁|旧书店|书库",
    "cafe": "cafe|café|coffee shop|coffeehouse|bar|pub|tavern|inn|restaurant|咖啡馆|咖啡厅|酒馆|酒吧|饭馆|餐馆|小酒馆|咖啡店",
    "shop": "shop|store|grocery|bakery|convenience store|店里|商店|小店|杂货铺|店铺|超市|便利店|面包店|店内|铺子|花店",
    "throne room": "throne room|throne|great hall|royal hall|palace hall|ballroom|王座|大殿|朝堂|宝座|龙椅|金銮殿|殿内|殿上|宴会厅",
    "prison": "prison|cell|dungeon|jail|prison cell|监狱|牢房|囚室|地牢|牢里|狱中|铁窗",
    "laboratory": "laboratory|lab|实验室|研究所|实验台",
    "carriage": "carriage|train carriage|train compartment|compartment|on the train|bus seat|车厢|列车上|火车上|地铁上|车窗",
    "spaceship": "spaceship|spacecraft|cockpit|bridge of the ship|control room|space station"
    "|飞船|太空船|驾驶舱|空间站|太空站|舰桥|舱内|控制室|太空舱",
    "church": "church|cathedral|chapel|教堂|礼拜堂|大教堂",
    "factory": "factory|warehouse|plant hall|工厂|车间|仓库|厂房",
    "stairs": "stairs|staircase|stairwell|stairway|spiral steps|spiral staircase|winding stair|楼梯|旋梯|螺旋梯|阶梯",
    "corridor": "corridor|hallway|走廊|过道|楼道|长廊",
    "balcony": "balcony|gallery|parapet|阳台|露台|瞭望台",
    # -- woods and fields
    "forest": "forest|woods|wood|woodland|jungle|grove|rainforest|森林|树林|丛林|林间|林中|密林|林海|林子|深林|雨林",
    "pine forest": "pine forest|pine wood|fir forest|taiga|松林|松树林|杉树林|针叶林",
    "bamboo forest": "bamboo forest|bamboo grove|bamboo|竹林|竹海|竹子",
    "autumn forest": "autumn forest|autumn wood|maple|red leaves|枫林|红叶|枫叶|秋林",
    "cherry grove": "cherry blossom|cherry grove|peach blossom|plum blossom|樱花林|樱花|桃花林|桃花|桃林|梅花|桃花源|花树",
    "meadow": "meadow|grassland|field|prairie|grass|pasture|hill|hillside|flower field|moor"
    "|草地|草原|田野|原野|草坪|山坡|牧场|花田|花海|草丛|山丘|野地",
    "wheat field": "wheat field|wheat|cornfield|farmland|farm|harvest|麦田|麦浪|麦子|庄稼|农田|金色的田|农场|高粱地",
    "rice terraces": "rice terrace|terrace|rice field|paddy|paddy field|梯田|稻田|水田|田埂|秧田",
    # -- heights
    "mountains": "mountain|valley|ridge|peak|mountain pass|山|山脉|群山|大山|高山|山谷|山顶|山峰|山路|山脊|山里|山中|山脚",
    "snow peaks": "snow peak|snowy peak|snow mountain|snowy mountain|snow-capped mountain|snow-capped peak|glacier|alpine|summit"
    "|snow-covered mountain|snow-covered peak|snowfield|雪山|雪峰|冰川|雪岭|冰峰|雪线|雪原|冰原|雪坡",
    "cliff": "cliff|precipice|cliff edge|悬崖|崖边|峭壁|断崖|崖上|崖顶|绝壁",
    "canyon": "canyon|gorge|ravine|grand canyon|峡谷|大峡谷|深谷|裂谷",
    "volcano": "volcano|lava|magma|crater|eruption|火山|熔岩|岩浆|火山口",
    "cave": "cave|cavern|grotto|tunnel|mine|山洞|洞穴|岩洞|洞口|隧道|矿洞|洞里|溶洞|地洞",
    # -- dry land and wet
    "desert": "desert|dune|sand dune|sahara|sand sea|gobi|沙漠|荒漠|沙丘|大漠|戈壁|沙海",
    "oasis": "oasis|绿洲|月牙泉",
    "pyramids": "pyramid|sphinx|egypt|金字塔|狮身人面像|埃及",
    "swamp": "swamp|marsh|bog|wetland|mangrove|沼泽|湿地|泥沼|芦苇荡",
    "sea": "sea|ocean|wave|bay|at sea|seaside|海|大海|海洋|海面|海上|波浪|海浪|浪花|海湾|海边",
    "ship's deck": "ship's deck|deck|on deck|aboard|on board|甲板|船上|船头|船舷|桅杆",
    "beach": "beach|shore|coast|seashore|island|沙滩|海滩|海岸|岸边|岛|小岛|海岛|礁石",
    "lighthouse": "lighthouse|灯塔",
    "river": "river|stream|creek|brook|riverbank|ferry landing|渡口|江心|江上"
    "|大江|河心|河上|河|小河|河流|溪|小溪|江|江面|河边|河岸|江边|河面|溪边|河水",
    "lake": "lake|pond|lakeside|湖|湖面|湖边|池塘|湖水|湖泊|湖畔|荷塘",
    "waterfall": "waterfall|cascade|瀑布|飞瀑|水帘",
    "underwater": "underwater|under the sea|seabed|deep sea|coral|ocean floor|sea floor|海底|水下|水底|深海|珊瑚|珊瑚礁",
    "wreck": "shipwreck|wreck|sunken ship|沉船|船骸",
    # -- above
    "space": "space|outer space|galaxy|cosmos|universe|moon surface|mars|alien planet|planet|太空|宇宙|星球|行星|银河|星系"
    "|火星|月球|外星",
    "orbit": "orbit|earth from space|above the earth|轨道|地球|环绕地球",
    "clouds": "above the clouds|sea of clouds|cloudscape|in the clouds|sky island|云海|云端|云上|天空之城|云层之上",
}
FAMILIES: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("living room", "bedroom", "study", "kitchen", "chinese room", "classroom", "hospital", "office", "library"),
            *(
                "cafe",
                "shop",
                "throne room",
                "prison",
                "laboratory",
                "carriage",
                "spaceship",
                "church",
                "factory",
                "corridor",
                "stairs",
            ),
            "stage",
        ),
        "room",
    ),
    **dict.fromkeys(("pine forest", "bamboo forest", "autumn forest", "cherry grove"), "forest"),
    **dict.fromkeys(("market", "old street"), "street"),
    **dict.fromkeys(("wheat field", "rice terraces", "park"), "meadow"),
    **dict.fromkeys(("canyon", "cliff", "volcano"), "mountains"),
    **dict.fromkeys(("oasis", "pyramids"), "desert"),
    **dict.fromkeys(("lake", "waterfall"), "river"),
    "rooftops": "city",
    "chinese village": "village",
    "palace": "castle",
    "temple": "ruins",
    "courtyard": "garden",
    "harbour": "beach",
    "ship's deck": "sea",
    "wreck": "underwater",
    "orbit": "space",
}
"""The wider place that each finer one is a kind of."""
TIMES: Mapping[str, str] = {
    "dawn": "dawn|sunrise|daybreak|first light|黎明|日出|拂晓|破晓|曙光|天亮|晨曦|朝阳",
    "morning": "morning|early light|清晨|早晨|早上|清早|晨光|晨|上午",
    "day": "day|daytime|noon|sunny|sunlit|sunlight|afternoon|blue sky|sunshine|白天|正午|中午|阳光|下午|晴天|午后|蓝天|艳阳|明媚",
    "golden hour": "golden hour|golden light|late afternoon|夕照|斜阳|黄金时刻|金色的阳光|斜晖",
    "dusk": "dusk|sunset|evening|sundown|黄昏|日落|夕阳|傍晚|落日|晚霞|暮色|余晖",
    "blue hour": "blue hour|twilight|nightfall|after sunset|蓝调时刻|入夜|天黑|暮霭|华灯初上|夜幕降临",
    "night": "night|midnight|moon|moonlight|moonlit|夜|夜晚|夜里|深夜|午夜|月光|月亮|夜空|夜色|黑夜|月夜"
    "|明月|今夜|昨夜|当晚|晚上|半夜|夜幕",
}
WEATHER: Mapping[str, str] = {
    "clear": "clear|clear sky|cloudless|晴朗|万里无云",
    "cloudy": "cloudy|overcast|grey sky|gray sky|阴天|多云|阴云|阴沉|云层|阴霾",
    "rain": "rain|rainy|raining|drizzle|downpour|雨|下雨|大雨|细雨|雨水|雨中|雨夜|暴雨|小雨",
    "snow": "snow|snowy|snowing|snowfall|winter|ice|icy|frozen|blizzard|snowflake|雪|下雪|大雪|冰雪|风雪|雪花|冬天"
    "|冰|雪地|暴风雪|寒冬",
    "fog": "fog|foggy|mist|misty|haze|smoke|dust|雾|薄雾|大雾|迷雾|烟雾|尘土|浓雾|晨雾|云雾|雾气",
    "storm": "storm|stormy|thunder|lightning|thunderstorm|tempest|暴风雨|雷|闪电|风暴|暴风|雷雨|狂风|乌云",
    "sandstorm": "sandstorm|dust storm|沙尘暴|沙暴|风沙|黄沙漫天",
    "wind": "wind|windy|breeze|gale|风|大风|微风|寒风|风吹|晚风|海风",
    "rainbow": "rainbow|彩虹|雨后|雨过天晴",
    "aurora": "aurora|northern light|northern lights|极光|北极光",
    "stars": "star|starry|starlight|stars|milky way|constellation|shooting star|星星|星空|繁星|群星|星光|星辰|流星"
    "|满天星|满天繁星|星河",
}
