"""Words for people, what they do and how they feel; each tag with its spellings, `|` between them."""

from collections.abc import Mapping

PEOPLE: Mapping[str, str] = {
    "traveller": "traveller|traveler|wanderer|stranger|hiker|explorer|pilgrim|backpacker|adventurer|tourist|mountaineer|climber"
    "|merchant|旅人|行者|旅行者|路人|探险者|陌生人|徒步者|游客|探险家|登山者|冒险家|流浪者|过客|旅客|登山客|商人|信使",
    "child": "child|kid|children|kids|baby|babies|toddler|little one|孩子|小孩|孩童|儿童|娃娃|孩子们|婴儿|小朋友|宝宝",
    "boy": "boy|son|lad|little brother|grandson|apprentice|男孩|少年|小男孩|儿子|弟弟|小伙伴|孙子|徒弟|小和尚|放牛娃|书童|小小子",
    "girl": "girl|daughter|little sister|granddaughter|女孩|少女|小女孩|女儿|妹妹|姑娘|小姑娘|孙女|小丫头|丫头|女童",
    "teenager": "teenager|teen|youth|youngster|teenage boy|青少年|年轻人|小伙子|小青年",
    "old man": "old man|old men|grandfather|grandpa|elder|elderly man|keeper|clockmaker|watchmaker|toymaker|hermit|sage"
    "|老人|爷爷|老爷爷|老头|老者|外公|老翁|老伯|守塔人|老先生|老师傅|老木匠|祖父|老大爷|白胡子老人|钟表匠|老钟表匠|老人家",
    "old woman": "old woman|old women|old lady|old ladies|grandmother|grandma|granny|elderly woman"
    "|奶奶|老奶奶|外婆|老婆婆|老妇人|姥姥|婆婆|祖母|老太太|老妪",
    "woman": "woman|lady in red|mother|mom|mum|wife|sister|her|she|female|girlfriend|women|aunt|widow|dancer|singer"
    "|actress|heroine|女人|女子|母亲|妈妈|妻子|姐姐|女士|她|女性|女友|少妇|阿姨|妇人|姑姑|舞者|歌手|女主角",
    "man": "man|father|dad|husband|brother|he|him|his|person|guy|people|someone|hero|figure|male|men|human|pilot|driver"
    "|boyfriend|uncle|gentleman|shopkeeper|neighbor|neighbour|musician|poet"
    "|男人|男子|父亲|爸爸|丈夫|哥哥|他|人影|主角|男友|身影|飞行员|司机|叔叔|男性|青年|行人|店主|老板|先生|邻居|诗人|音乐家",
    "couple": "couple|lovers|sweethearts|newlyweds|恋人|情侣|夫妻|夫妇|两人|二人|他们俩|老两口",
    "warrior": "warrior|swordswoman|fighter|gladiator|viking|武士|战士|勇士|武者",
    "knight": "knight|paladin|crusader|骑士|圣骑士",
    "samurai": "samurai|ronin|日本武士|浪人",
    "king": "king|monarch|old king|国王|君王|老国王",
    "queen": "queen|empress|女王|王后|皇后|女皇",
    "princess": "princess|princesses|公主|小公主",
    "prince": "prince|王子|小王子",
    "wizard": "wizard|sorcerer|mage|magician|warlock|巫师|法师|魔法师|魔术师|老巫师",
    "witch": "witch|witches|sorceress|enchantress|女巫|巫婆|魔女",
    "monk": "monk|friar|priest|abbot|僧人|和尚|老和尚|僧侣|方丈|道士|神父|牧师",
    "doctor": "doctor|physician|surgeon|dentist|vet|医生|大夫|女医生|老医生|郎中",
    "scientist": "scientist|professor|inventor|researcher|科学家|教授|发明家|博士|研究员",
    "nurse": "nurse|护士|小护士",
    "soldier": "soldier|guard|sentry|sentries|sergeant|士兵|军人|哨兵|卫兵|战士们|红军|守卫",
    "police": "police|policeman|policewoman|police officer|cop|sheriff|警察|警官|民警|交警",
    "detective": "detective|private eye|sleuth|stranger in a coat|侦探|探长|名侦探",
    "sailor": "sailor|fisherman|fishermen|fisher|seaman|boatman|ferryman|old fisherman|old sailor|渔夫|水手|老渔夫"
    "|渔民|船夫|渔翁|艄公|老水手",
    "captain": "captain|skipper|admiral|船长|老船长|舰长",
    "farmer": "farmer|shepherd|gardener|peasant|cowboy|herdsman|农夫|农民|牧羊人|园丁|老农|牧民|牧童|花匠",
    "astronaut": "astronaut|cosmonaut|spaceman|space traveller|宇航员|航天员|太空人",
    "diver": "diver|scuba diver|潜水员|潜水者",
    "chef": "chef|cook|baker|厨师|大厨|面包师|厨子",
    "teacher": "teacher|librarian|老师|女老师|教师|图书管理员",
    "student": "student|pupil|schoolboy|schoolgirl|classmate|学生|小学生|同学|女生|男生|中学生|大学生",
    "worker": "worker|engineer|mechanic|builder|carpenter|miner|workman|workmen|electrician|工人|工程师|修理工|木匠"
    "|矿工|工匠|铁匠|师傅",
    "businessman": "businessman|businessmen|businesswoman|manager|lawyer|banker|boss|office worker|商务人士|经理|律师"
    "|上班族|总裁|白领|职员",
    "artist": "artist|painter|sculptor|艺术家|女画家|画师|老画家",
    "postman": "postman|postmen|mailman|courier|邮差|邮递员|快递员|外卖员",
    "hunter": "hunter|archer|ranger|robin hood|猎人|弓箭手|猎手",
    "angel": "angel|guardian angel|天使",
    "fairy": "fairy|fairies|elf|elves|pixie|精灵|小精灵|花仙子",
    "bride": "bride|新娘",
    "scholar": "scholar|书生|秀才|才子|文人|公子|诗仙|李白|举人",
    "swordsman": "swordsman|swordsmen|martial artist|剑客|侠客|大侠|剑士|少侠|刀客|女侠|剑侠|游侠|江湖人",
    "lady": "lady|court lady|noblewoman|palace maid|仙女|仙子|宫女|嫦娥|织女|古装女子|娘子|妃子|贵妃|小姐|七仙女",
    "general": "general|commander|将军|大将军|元帅|主将|统帅",
    "emperor": "emperor|皇帝|皇上|天子|玉帝|大王",
    "ninja": "ninja|assassin|shinobi|忍者|刺客|杀手",
    "pirate": "pirate|buccaneer|海盗|海盗船长",
    "thief": "thief|thieves|burglar|robber|bandit|小偷|盗贼|强盗|窃贼|飞贼|怪盗",
    "robot": "robot|android|droid|machine man|mech|机器人|机械人|仿生人|机甲",
    "crowd": "crowd|they|villagers|army|armies|audience|procession|people gather|townsfolk|onlookers|人群|众人|大家"
    "|村民|人们|军队|他们|士兵们"
    "|居民|百姓|村民们|观众",
}
ACTIONS: Mapping[str, str] = {
    "fighting": "fight|fighting|fights|battle|duel|clash|attack|attacks|attacking|combat|brawl|wrestling"
    "|打斗|战斗|搏斗|厮杀|拔剑|挥剑|决斗|打仗|作战|交战|迎战|搏杀|挥刀|对决|比武|打架|对战|格斗|交手",
    "hugging": "hug|hugging|hugs|embrace|embracing|embraces|holding each other|in each other's arms|cuddle|cuddling"
    "|拥抱|抱住|相拥|抱着|紧抱|相依|抱紧|搂住|依偎|搂着",
    "holding hands": "holding hands|hold hands|hand in hand|holds his hand|holds her hand|牵手|手牵手|手拉手|牵着"
    "|拉着手|牵着手|握住她的手|握住他的手|挽着",
    "crying": "cry|crying|cries|weep|weeping|weeps|sob|sobbing|sobs|in tears|tears|tearful|mourn"
    "|哭|哭泣|流泪|眼泪|泪水|抽泣|落泪|大哭|痛哭|哭着|泪流满面|泪|啜泣|含泪",
    "sleeping": "sleep|sleeping|sleeps|asleep|lying|lies down|lie down|doze|dozing|dream|dreaming"
    "|睡着|睡觉|入睡|熟睡|睡|躺|躺着|躺下|躺在|睡去|沉睡|入梦|做梦",
    "dancing": "dance|dancing|dances|waltz|ballet|跳舞|起舞|翩翩起舞|舞蹈|共舞|跳着舞",
    "jumping": "jump|jumping|jumps|leap|leaping|leaps|cheer|cheering|cheers|celebrate|celebrating|跳跃|跳起|欢呼|雀跃"
    "|蹦|跳起来|庆祝|欢跳|蹦蹦跳跳",
    "kneeling": "kneel|kneeling|kneels|crouch|crouching|crouches|bend down|跪|跪下|跪着|蹲|蹲下|蹲着|单膝跪地|俯身|蹲在",
    "praying": "pray|praying|prays|prayer|wish|making a wish|meditate|meditating|祈祷|祈求|许愿|合十|双手合十|祷告|拜佛|打坐",
    "climbing": "climb|climbing|climbs|clamber|scaling|攀登|爬|爬上|攀爬|登上|攀",
    "running": "run|running|runs|chasing|chase|chases|fleeing|flee|flees|dash|dashing|rush|rushing|race|racing|sprint"
    "|hurry|escape|escaping"
    "|跑|奔跑|追逐|逃跑|飞奔|奔向|跑向|追赶|冲向|冲进|冲出|狂奔|逃|追|奔去|跑去|跑来|赶去",
    "riding": "ride|riding|rides|rode|on horseback|骑|骑着|骑在|骑行|策马|骑上",
    "rowing": "row|rowing|rows|paddle|paddling|划船|划着|划桨|摇橹|泛舟",
    "fishing": "fishing|angling|垂钓|钓着鱼|撒网|捕鱼|打鱼",
    "working": "work|working|works|dig|digging|digs|plant|planting|hammering|repair|repairing|repairs|fix|fixing"
    "|forging|chop|chopping|sweeping|build"
    "|building a|干活|工作|劳动|挖|种|修理|修|打铁|砍柴|扫地|耕地|锄地|播种|劳作|忙碌|锻造|耕种",
    "reading": "read|reading|reads|studying|study book|读|阅读|看书|读书|读信|念书|看信|读着|翻阅|翻看|翻开",
    "raising": "raise|raising|raises|holds up|hold up|holding up|lifts up|lift|lifting|举起|高举|举着|提起|举|托起",
    "holding": "hold|holding|holds|carry|carrying|carries|with a letter in hand|clutching|clutch|offering|gives"
    "|hand over|picks up|pick up"
    "|拿着|捧着|提着|握着|手持|捧|抱起|捡起|递给|拾起|手里拿|手捧|端着|拿出|掏出|接过|捧起|手握|握住",
    "waving": "wave goodbye|waving|waves goodbye|waves|greet|greeting|farewell|say goodbye|挥手|招手|告别|道别|挥别|送别",
    "pointing": "point|pointing|points|reaching out|reach out|reaches|指|指向|指着|伸手|指了指|伸出手",
    "talking": "talk|talking|talks|speak|speaking|speaks|chat|chatting|discuss|argue|arguing|tell|tells|whisper"
    "|whispers|conversation"
    "|asks|says|交谈|聊天|说话|说|谈话|争吵|讲述|告诉|对话|讨论|问|回答|讲故事|低语|诉说",
    "looking up": "look up|looking up|looks up|gazing up|stargazing|stare up|gaze up|仰望|抬头|抬头看|仰头|抬起头"
    "|仰起头|看星星|望向天空",
    "gazing": "gaze|gazes|gazing|overlooking|looking at|looks at|looking into the distance|watching|watch the|stare"
    "|staring|stares|looks out"
    "|looking out|凝望|望向|望着|眺望|遥望|远望|看着|注视|凝视|远眺|观望|看向|目送|俯瞰|望见",
    "falling": "falling|fall down|falls down|falling down|stumble|stumbles|collapse|collapses|trip|跌倒|摔倒|倒下|跌落|绊倒|摔",
    "smiling": "smile|smiling|smiles|laugh|laughing|laughs|grin|giggle|微笑|笑|笑着|大笑|笑了|露出笑容|欢笑",
    "sitting": "sit|sitting|sits|seated|resting|rest|rests|坐|坐着|坐在|坐下|歇息|休息|盘腿|静坐|靠坐",
    "flying": "fly|flying|flies|flew|soar|soaring|soars|hover|hovering|take off|飞|飞过|飞翔|飞起|飞向|盘旋|腾空|起飞|飞来",
    "walking": "walk|walking|walks|wandering|wander|strolling|trudging|hiking|stroll|steps|heading|travels|march"
    "|marching|hike|trudge"
    "|crossing|set out|sets off|follow|follows|走|走着|行走|漫步|步行|前行|走向|走过|徒步|踏上|走进|走在|踏入|走去"
    "|散步|赶路|出发|穿过|跋涉|前进|上路",
    "standing": "stand|standing|stands|waiting|wait|waits|guarding|站|站着|站在|伫立|等待|站立|守着|等着|守望|站起",
}
"""From the most telling to the least: the first of them that a text names is shown."""
FEELINGS: Mapping[str, str] = {
    "happy": "happy|happily|joyful|glad|cheerful|delighted|proud|开心|高兴|快乐|喜悦|欣喜|幸福|兴奋|欢快|自豪",
    "sad": "sad|sadly|lonely|sorrow|sorrowful|grief|heartbroken|难过|悲伤|伤心|孤独|忧伤|失落|哀伤|寂寞|惆怅|沮丧|悲痛",
    "afraid": "afraid|scared|frightened|terrified|fearful|in fear|panic|害怕|恐惧|惊恐|惊慌|恐慌|吓坏|胆怯|惊吓|畏惧",
    "angry": "angry|angrily|furious|rage|enraged|愤怒|生气|怒吼|恼怒|大怒|怒视|愤恨",
    "wondering": "surprised|amazed|astonished|curious|in awe|惊讶|惊奇|吃惊|好奇|震惊|惊叹|目瞪口呆|惊喜",
    "determined": "determined|resolute|brave|bravely|courage|坚定|决心|勇敢|毅然|坚毅|不屈",
    "tender": "gentle|gently|tender|tenderly|loving|温柔|慈祥|深情|慈爱|亲切|轻轻地",
}
