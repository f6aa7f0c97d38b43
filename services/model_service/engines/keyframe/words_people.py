"""Words for people and what they do; each tag with its spellings, `|` between them."""

from collections.abc import Mapping

PEOPLE: Mapping[str, str] = {
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
