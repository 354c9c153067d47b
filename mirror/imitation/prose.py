"""Made-up gazetteer prose: sentences about places, years and harvests that never were."""

from __future__ import annotations

from random import Random

PLACES = ("临河", "湖东", "青岩", "白堤", "柳渡", "石桥", "双泉", "望岭", "清溪", "沙窝", "大屯", "古城")
TRADES = ("棉纺", "酿造", "陶瓷", "农机修造", "面粉加工", "木器", "印刷", "水泥", "化肥", "蔬菜贮运", "柳编", "制砖")
CROPS = ("小麦", "玉米", "大豆", "甘薯", "棉花", "花生", "高粱", "谷子", "西瓜", "大蒜")
WORKS = ("灌溉渠", "拦河闸", "排水沟", "扬水站", "防护林带", "乡村公路", "变电站", "石拱桥")
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "学刚承志文博玉兰振东春生建国海峰瑞雪明远思敏"
#: In GBK and not in GB2312; in GB18030 alone (four bytes); of a private use area.
RARE_GBK = "镕喆垚堃淼囍頔玥旻昇"
RARE_GB18030 = "㐂䶮𠮷𡊮"
PRIVATE_USE = "\ue4c6\ue7c8"

_SENTENCES = (
    "{year}年，{place}镇{trade}业兴起，有作坊{small}处，从业{number}人。",
    "全县播种{crop}{number}亩，平均亩产{small}.{small}公斤，比上年增长{small}%。",
    "{place}{work}于{year}年动工，{year2}年竣工，总投资{number}万元，受益面积{small}平方公里。",
    "是年冬，{place}一带大雪，积雪厚{small}厘米，交通断绝{small}日，官府开仓赈济。",
    "{year}年底，共有学校{small}所，在校学生{number}人，教师{small}人；入学率达到{small}.{small}%。",
    "{place}古称“{place2}”，因傍水而得名，旧有城垣，周{small}里，门四座，今仅存遗址。",
    "境内土壤以潮土、褐土为主，有机质含量低，经多年改良，{crop}、{crop2}等作物产量稳步提高。",
    "县{trade}厂始建于{year}年，占地{small}亩，固定资产{number}万元，产品销往省内外（含{place}、{place2}等地）。",
    "民间尚有“{place}{crop}不出村”之谚，言其味美，采收之日即为四邻争购。",
    "据清代旧志载：“{place}之民，勤于耕织，岁晚务闲，则相与修{work}。”",
    "{year}年，撤销{place}区，设{place2}乡；{year2}年，复称{place}镇，辖{small}个行政村。",
    "共清理档案{number}卷，其中永久{small}卷，长期{small}卷；整理编目，分类上架，供各界查阅利用。",
)


def sentence(random: Random) -> str:
    year = random.randint(1949, 2004)
    return random.choice(_SENTENCES).format(
        year=year,
        year2=year + random.randint(1, 3),
        place=random.choice(PLACES),
        place2=random.choice(PLACES),
        trade=random.choice(TRADES),
        crop=random.choice(CROPS),
        crop2=random.choice(CROPS),
        work=random.choice(WORKS),
        small=random.randint(2, 97),
        number=random.randint(101, 98_000),
    )


def paragraph(random: Random, sentences: int) -> str:
    text = "".join(sentence(random) for _ in range(sentences))
    if random.random() < 0.06:
        text += f"（主事者{name(random)}，一作{random.choice(RARE_GBK)}生，原碑□□二字漫漶。）"
    return text


def name(random: Random) -> str:
    return random.choice(SURNAMES) + "".join(random.choice(GIVEN) for _ in range(random.randint(1, 2)))


def subject(random: Random) -> str:
    return random.choice((*TRADES, *CROPS, *WORKS))
