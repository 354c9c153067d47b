"""Sentences with known years and known places, written in all the ways gazetteers write them.

What a sentence names is known with the sentence, not read from it: so the reader's recall and precision can be told.
Between them stand sentences with numbers, durations and words that only look like years and places.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from mirror.extraction.structure.places import Code, codes_of

_DIGITS = "〇一二三四五六七八九"
_NUMERALS = "一二三四五六七八九十"

#: Reigns written out here once more, so that the reader's own table is not the judge of itself.
REIGNS = (
    ("清", "顺治", 1644, 18), ("清", "康熙", 1662, 61), ("清", "雍正", 1723, 13), ("清", "乾隆", 1736, 60),
    ("清", "嘉庆", 1796, 25), ("清", "道光", 1821, 30), ("清", "咸丰", 1851, 11), ("清", "同治", 1862, 13),
    ("清", "光绪", 1875, 34), ("清", "宣统", 1909, 3), ("明", "洪武", 1368, 31), ("明", "永乐", 1403, 22),
    ("明", "嘉靖", 1522, 45), ("明", "万历", 1573, 48), ("明", "崇祯", 1628, 17), ("宋", "庆历", 1041, 8),
    ("宋", "熙宁", 1068, 10), ("北宋", "宣和", 1119, 7), ("南宋", "绍兴", 1131, 32), ("金", "大定", 1161, 29),
    ("元", "至正", 1341, 28), ("元", "大德", 1297, 11), ("唐", "开元", 713, 29), ("唐", "贞观", 627, 23),
    ("隋", "开皇", 581, 20),
)  # fmt: skip
#: Names as the gazetteers shorten or traditionalise them.
TRADITIONAL = {"万历": "萬曆", "乾隆": "乾隆", "光绪": "光緒", "顺治": "順治", "嘉庆": "嘉慶", "庆历": "慶曆"}


@dataclass(frozen=True)
class Span:
    first: int
    last: int


@dataclass
class Dated:
    """A text, and every year and place that it names, in order."""

    text: str = ""
    years: list[tuple[str, Span]] = field(default_factory=list)  #: the form it is written in, and what it means
    places: list[tuple[str, str, frozenset[str]]] = field(default_factory=list)  #: form, name, codes of its years


def chinese(value: int) -> str:
    """1 to 99."""
    if value <= 10:
        return _NUMERALS[value - 1]
    tens, ones = divmod(value, 10)
    return (_NUMERALS[tens - 1] if tens > 1 else "") + "十" + (_NUMERALS[ones - 1] if ones else "")


def _ordinal(random: Random, value: int, *, figures: bool = True) -> str:
    if value == 1 and random.random() < 0.9:
        return "元"
    if value > 20 and value // 10 == 2 and value % 10 and random.random() < 0.1:
        return "廿" + _NUMERALS[value % 10 - 1]
    return str(value) if figures and random.random() < 0.5 else chinese(value)


def _digits(year: int) -> str:
    return "".join(_DIGITS[int(digit)] for digit in str(year))


Form = Callable[[Random], tuple[str, list[Span]]]


def _plain(random: Random) -> tuple[str, list[Span]]:
    year = random.randint(1840, 2010)
    return f"{year}年", [Span(year, year)]


def _month(random: Random) -> tuple[str, list[Span]]:
    year = random.randint(1912, 2010)
    return f"{year}年{random.randint(1, 12)}月{random.randint(1, 28)}日", [Span(year, year)]


def _wide(random: Random) -> tuple[str, list[Span]]:
    year = random.randint(1912, 2010)
    return f"{year}年".translate(str.maketrans("0123456789", "０１２３４５６７８９")), [Span(year, year)]


def _in_chinese(random: Random) -> tuple[str, list[Span]]:
    year = random.randint(1900, 1999)
    return f"{_digits(year).replace('〇', random.choice('〇○零'))}年", [Span(year, year)]


def _range(random: Random) -> tuple[str, list[Span]]:
    first = random.randint(1912, 1995)
    last = first + random.randint(1, 12)
    dash = random.choice(("—", "-", "～", "至", "——", "--", "－", "~", "到"))
    return f"{first}{random.choice(('', '年'))}{dash}{last}年", [Span(first, last)]


def _short_range(random: Random) -> tuple[str, list[Span]]:
    first = random.randint(1949, 1990)
    last = random.randint(first + 1, first // 100 * 100 + 99)
    return f"{first}{random.choice('—～-')}{last % 100:02}年", [Span(first, last)]


def _chinese_range(random: Random) -> tuple[str, list[Span]]:
    first = random.randint(1912, 1980)
    last = first + random.randint(1, 15)
    return f"{_digits(first)}年至{_digits(last)}年", [Span(first, last)]


def _two(random: Random) -> tuple[str, list[Span]]:
    first = random.randint(1950, 1990)
    last = first + random.randint(2, 9)
    return f"{first}、{last}年", [Span(first, first), Span(last, last)]


def _two_reigns(random: Random) -> tuple[str, list[Span]]:
    dynasty, era, first, length = random.choice([one for one in REIGNS if one[3] > 12])
    one, other = sorted(random.sample(range(2, min(length, 30)), 2))
    return f"{dynasty}{era}{chinese(one)}{random.choice(('', '年'))}、{chinese(other)}年", [
        Span(first + one - 1, first + one - 1),
        Span(first + other - 1, first + other - 1),
    ]


def _anno(random: Random) -> tuple[str, list[Span]]:
    year = random.randint(30, 990)
    return f"公元{year}年", [Span(year, year)]


def _before(random: Random) -> tuple[str, list[Span]]:
    year = random.randint(20, 690)
    return f"{random.choice(('公元前', '前'))}{year}年", [Span(-year, -year)]


def _republic(random: Random) -> tuple[str, list[Span]]:
    year = random.randint(1, 38)
    return f"民国{_ordinal(random, year)}年", [Span(1911 + year, 1911 + year)]


def _republic_stated(random: Random) -> tuple[str, list[Span]]:
    year = random.randint(1, 38)
    stated = random.choice((f"（{1911 + year}年）", f"（{1911 + year}）", f"(公元{1911 + year}年)"))
    return f"民国{_ordinal(random, year)}年{stated}", [Span(1911 + year, 1911 + year)] * (1 + ("年" in stated))


def _republic_range(random: Random) -> tuple[str, list[Span]]:
    first = random.randint(1, 30)
    last = first + random.randint(1, 8)
    said = (f"民国{first}—{last}年", f"民国{chinese(first)}年至{chinese(last)}年", f"民国{first}年至民国{last}年")
    return random.choice(said), [Span(1911 + first, 1911 + last)]


def _reign(random: Random) -> tuple[str, list[Span]]:
    dynasty, era, first, length = random.choice(REIGNS)
    year = random.randint(1, length)
    named = random.choice((dynasty, dynasty, dynasty + ("" if len(dynasty) > 1 else "朝"), dynasty + "·"))
    return f"{named}{era}{_ordinal(random, year)}年", [Span(first + year - 1, first + year - 1)]


def _reign_stated(random: Random) -> tuple[str, list[Span]]:
    dynasty, era, first, length = random.choice(REIGNS)
    year = random.randint(1, length)
    said = first + year - 1
    stated = random.choice((f"（{said}年）", f"（{said}）", f"（公元{said}年）", f"({said}年)"))
    return f"{dynasty}{era}{_ordinal(random, year)}年{stated}", [Span(said, said)] * (1 + ("年" in stated))


def _qing(random: Random) -> tuple[str, list[Span]]:
    _, era, first, length = random.choice(REIGNS[:10])
    year = random.randint(1, length)
    return f"{era}{_ordinal(random, year)}年", [Span(first + year - 1, first + year - 1)]


def _reign_range(random: Random) -> tuple[str, list[Span]]:
    dynasty, era, first, length = random.choice([one for one in REIGNS if one[3] > 9])
    one = random.randint(1, length - 3)
    other = random.randint(one + 1, length)
    return f"{dynasty}{era}{_ordinal(random, one, figures=False)}年至{chinese(other)}年", [
        Span(first + one - 1, first + other - 1)
    ]


def _reign_whole(random: Random) -> tuple[str, list[Span]]:
    dynasty, era, first, length = random.choice(REIGNS[:15])
    return f"{dynasty}{era}{random.choice(('年间', '间', '时'))}", [Span(first, first + length - 1)]


def _traditional(random: Random) -> tuple[str, list[Span]]:
    dynasty, era, first, length = random.choice([one for one in REIGNS if one[1] in TRADITIONAL])
    year = random.randint(1, length)
    return f"{dynasty}{TRADITIONAL[era]}{_ordinal(random, year, figures=False)}年", [
        Span(first + year - 1, first + year - 1)
    ]


def _abbreviated(random: Random) -> tuple[str, list[Span]]:
    """`86年` at the head of a paragraph: which century is not said."""
    return f"\n{random.randint(50, 99)}年", []


def _abbreviated_after(random: Random) -> tuple[str, list[Span]]:
    year = random.randint(1950, 1985)
    later = year + random.randint(0, 14)
    short = random.choice((str(later)[2:], _digits(later)[2:]))
    return f"\n{year}年动工，{short}年{random.choice(('3月', '12月', '十一月', '春', '底', '秋'))}", [
        Span(year, year),
        Span(later, later),
    ]


def _bare_decade(random: Random) -> tuple[str, list[Span]]:
    """`80年代` at the head of a paragraph, of a book whose years nobody knows."""
    return f"\n{random.choice(('50', '80', '六十', '上世纪70'))}年代", []


def _tens(random: Random, tens: int) -> str:
    return random.choice((f"{tens}0", _NUMERALS[tens - 1] + "十"))


def _decade(random: Random) -> tuple[str, list[Span]]:
    tens = random.randint(2, 8)
    first = 1900 + 10 * tens
    part = random.choice(("", "初", "末", "中期", "后期"))
    return random.choice(
        (
            (f"20世纪{tens}0年代{part}", [Span(first, first + 9)]),
            (f"二十世纪{_NUMERALS[tens - 1]}十年代{part}", [Span(first, first + 9)]),
            (f"{first}年代{part}", [Span(first, first + 9)]),
            (f"20世纪{_NUMERALS[tens - 1]}{_NUMERALS[tens]}十年代", [Span(first, first + 19)]),
            (f"20世纪{tens}0年代{part}{random.choice('—至')}{tens + 1}0年代", [Span(first, first + 19)]),
            (f"19世纪{tens}0年代", [Span(first - 100, first - 91)]),
        )
    )


def _decade_after(random: Random) -> tuple[str, list[Span]]:
    year = random.randint(1949, 1999)
    tens = random.randint(4, 8)
    first = 1900 + 10 * tens
    return random.choice(
        (
            (f"\n{year}年设，{_tens(random, tens)}年代", [Span(year, year), Span(first, first + 9)]),
            (f"\n{year}年建，{tens}0至{tens + 1}0年代", [Span(year, year), Span(first, first + 19)]),
            (
                f"\n{year}年建，{_NUMERALS[tens - 1]}、{_NUMERALS[tens]}十年代",
                [Span(year, year), Span(first, first + 19)],
            ),
            (f"\n1884年建，{tens}0年代", [Span(1884, 1884)]),
        )
    )


_SAID = ("1952年3月", "1978年", "一九五八年冬", "民国二十二年", "清光绪十年")
_SAID_YEARS = (1952, 1978, 1958, 1933, 1884)


def _same(random: Random) -> tuple[str, list[Span]]:
    """`同年`, `次年`, and cases in which another year may be meant."""
    at = random.randrange(len(_SAID))
    said, year = _SAID[at], _SAID_YEARS[at]
    one = Span(year, year)
    return random.choice(
        (
            (f"\n{said}设乡校2所。{random.choice(('同年8月', '是年冬', '同年'))}", [one, one]),
            (f"\n{said}动工，{random.choice(('次年', '翌年', '至次年', '于翌年'))}", [one, Span(year + 1, year + 1)]),
            (f"\n{said}设，同年裁，{random.choice(('次年', '翌年'))}", [one, one, Span(year + 1, year + 1)]),
            (f"\n{said}设校，3年后停办，同年", [one]),
            (f"\n{said}任知县（1911年生），次年", [one, Span(1911, 1911)]),
            (f"\n{said}设。\n同年", [one]),
            (f"\n{said}设，不同年级", [one]),
            ("\n1986—1990年设，次年", [Span(1986, 1990)]),
        )
    )


def _length(random: Random) -> tuple[str, list[Span]]:
    return random.choice(
        ("历时3年", "距今2000年", "已有1500多年", "1000年来", "百年", "三年", "第1986号", "1200年的历史")
    ), []


YEAR_FORMS: dict[str, Form] = {
    "1986年": _plain, "1986年3月1日": _month, "１９８６年": _wide, "一九八六年": _in_chinese,
    "1986—1990年": _range, "1985～90年": _short_range, "一九五一年至一九六〇年": _chinese_range,
    "1986、1990年": _two, "公元25年": _anno, "公元前209年，前209年": _before, "民国22年": _republic,
    "民国22年（1933）": _republic_stated, "民国19—21年": _republic_range, "明万历四十八年": _reign,
    "清光绪二十四年（1898）": _reign_stated, "康熙七年": _qing, "明嘉靖元年至十年": _reign_range,
    "清光绪十年、十二年": _two_reigns, "清乾隆年间，乾隆间，乾隆时": _reign_whole,
    "清光緒二十四年": _traditional, "86年": _abbreviated, "80年代": _bare_decade, "3年，1000年来": _length,
    "20世纪80年代，1980年代": _decade, "1958年……80年代": _decade_after, "1986年……88年3月": _abbreviated_after,
    "同年，次年": _same,
}  # fmt: skip

_YEAR_FRAMES = (
    "{0}，大旱，民多流亡。", "该桥建于{0}，长124米。", "自{0}起，改设3所。", "{0}全县播种小麦12.6万亩，亩产235公斤。",
    "是碑立于{0}，今佚。", "（{0}）重修。", "{0}冬，修渠7处，投工86万个。", "据{0}统计，全乡共有1450户、6210人。",
    "于{0}奉文裁撤。", "{0}春设", "至{0}止，共得银1986两。",
)  # fmt: skip

#: Names that one division alone bore, with their changes; and names that several bore.
COUNTIES = (
    "沂水县", "东明县", "平阴县", "汶上县", "章丘县", "章丘市", "莱芜市", "苍山县", "兰陵县", "诸城市",
    "诸城县", "曲阜市", "鱼台县", "单县", "曹县", "费县", "莘县", "临清市", "新泰市", "肥城县", "肥城市",
    "宁阳县", "广饶县", "寿光县", "昌邑县",
)  # fmt: skip
CITIES = ("济南市", "青岛市", "淄博市", "枣庄市", "东营市", "潍坊市", "泰安市", "威海市")
DISTRICTS = (
    ("济南市", "历下区"), ("济南市", "市中区"), ("枣庄市", "市中区"), ("青岛市", "市南区"),
    ("淄博市", "张店区"), ("泰安市", "岱岳区"), ("潍坊市", "奎文区"),
)  # fmt: skip
DISTRICT_CODES = {("济南市", "市中区"): "370103", ("枣庄市", "市中区"): "370402"}
_PLACE_FRAMES = (
    "{0}人，早年从军。", "东接{0}，西临黄河。", "与{0}交界处有古寺一座。", "时任{0}县长。", "由{0}迁入。",
    "，{0}志载其事。", "{0}、", "划归{0}管辖。", "原属{0}，后析出。", "山东省{0}有遗址3处。", "（今{0}境内）",
    "出席会议的有{0}代表12人。", "先后在{0}任教。",
)  # fmt: skip
_NO_PLACES = (
    "全县教育经费县财政拨付。", "本市郊区农民。", "该区地处平原。", "各县区自行安排。", "在城市北区新建。",
    "简单县情如此。", "省市县三级。", "黄河东区一带。", "该市场区划不清。", "中心市区扩大。", "外县市货物。",
    "为全国文明县。", "经费县自筹。",
)  # fmt: skip


def dated(random: Random, sentences: int, forms: dict[str, Form] = YEAR_FORMS) -> Dated:
    """A text of sentences, each with a year or two."""
    made = Dated()
    for _ in range(sentences):
        name = random.choice(list(forms))
        words, spans = forms[name](random)
        made.text += random.choice(_YEAR_FRAMES).format(words)
        made.years += [(name, span) for span in spans]
    return made


def placed(random: Random, sentences: int, first: int, last: int) -> Dated:
    """A text of sentences that name places, in the years it speaks of; each place once, as the reader gives them."""
    made = Dated()
    seen: set[tuple[str, str]] = set()
    for _ in range(sentences):
        kind = random.random()
        if kind < 0.2:
            made.text += random.choice(_NO_PLACES)
            continue
        if kind < 0.65:
            form, parts = "county", [random.choice(COUNTIES)]
        elif kind < 0.8:
            form, parts = "city", [random.choice(CITIES)]
        else:
            form, parts = "city and district", list(random.choice(DISTRICTS))
        frame = random.choice(_PLACE_FRAMES)
        made.text += frame.format("".join(parts))
        if frame.startswith("山东省") and ("山东省", "") not in seen:
            seen.add(("山东省", ""))
            made.places.append(("province", "山东省", frozenset({"370000"})))
        for at, name in enumerate(parts):
            only = DISTRICT_CODES.get((parts[0], name)) if at else None
            if (name, only or "") in seen:
                continue
            seen.add((name, only or ""))
            codes = frozenset(code.code for code in _held(name, only, first, last))
            made.places.append((form if at == len(parts) - 1 else "city", name, codes))
    return made


def _held(name: str, only: str | None, first: int, last: int) -> list[Code]:
    return [
        code
        for code in codes_of(name)
        if code.first <= last and (not code.last or code.last >= first) and (only is None or code.code == only)
    ]


@dataclass
class Tally:
    """How many there are of one form, and how many were found."""

    whole: int = 0
    found: int = 0


def weigh_years(texts: list[tuple[Dated, list[tuple[int, int]]]]) -> tuple[dict[str, Tally], int, int]:
    """By form what was found; and of all that was read how many there are, and how many of these are right."""
    tallies: dict[str, Tally] = {}
    read = right = 0
    for made, spans in texts:
        left = list(spans)
        read += len(left)
        for form, span in made.years:
            tally = tallies.setdefault(form, Tally())
            tally.whole += 1
            if (span.first, span.last) in left:
                left.remove((span.first, span.last))
                tally.found += 1
                right += 1
    return tallies, read, right
