"""Words for where and when: places, times of day, weather; each tag with its spellings, `|` between them."""

from collections.abc import Mapping

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
