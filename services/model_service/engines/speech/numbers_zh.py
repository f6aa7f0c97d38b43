"""Numbers, dates, times, money and measures as Chinese says them."""

import re

_DIGITS = "零一二三四五六七八九"
_UNITS = {
    "km/h": "公里每小时", "kg": "公斤", "km": "公里", "cm": "厘米", "mm": "毫米", "ml": "毫升", "mL": "毫升",
    "m²": "平方米", "m³": "立方米",
    "m": "米", "g": "克", "L": "升", "l": "升", "℃": "摄氏度", "°C": "摄氏度", "°F": "华氏度", "℉": "华氏度", "°": "度",
    "GB": "吉字节", "MB": "兆字节", "TB": "太字节", "Hz": "赫兹", "kHz": "千赫", "MHz": "兆赫", "GHz": "吉赫",
}  # fmt: skip
_MONEY = {"$": "美元", "¥": "元", "￥": "元", "€": "欧元", "£": "英镑"}
_LARGE = {"hundred": "百", "thousand": "千", "million": "百万", "billion": "十亿", "trillion": "万亿"}
_MEASURES = frozenset(
    "个只位条名次天年岁倍把张本件座家间棵朵颗双对群滴步里米元块万亿千公吨升杯碗瓶盒箱包袋台辆架艘匹头口篇页幅句声段场部周星小夜晚"
)
_PAIRED = frozenset({"年", "点", "秒"})
"""Chinese units before which a lone 2 is 两."""
_AMOUNT = r"\d+(?:,\d{3})*(?:\.\d+)?"
_SHAPE = re.compile(
    rf"(?P<sign>[-−])?(?P<money>[$¥￥€£])?(?P<first>{_AMOUNT})(?:\s?[-~～–—至]\s?(?P<last>{_AMOUNT}))?(?:/(?P<over>\d+))?"
    r"\s?(?P<unit>年|月|日|号|点|分|秒|％|%|[a-zA-Z/²³℃°℉]+)?(?:\s(?P<large>[a-z]+))?"
)


def spoken(text: str, after: str = "", before: str = "") -> str:
    """The Chinese reading of a number as `tokens` finds it; `before` and `after` are the texts around it in the line."""
    if numbered := re.fullmatch(r"(?:No\.|№)\s?(\d+)", text):
        return f"{cardinal(numbered[1])}号"
    if date := re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", text):
        return f"{digits(date[1])}年{cardinal(date[2])}月{cardinal(date[3])}日"
    if clock := re.match(r"(\d{1,2})[:：](\d{2})(?:[:：](\d{2}))?\s?([aApP])?", text):
        return _clock(clock)
    if ratio := re.fullmatch(r"(\d+)[:：](\d+)", text):
        return f"{amount(ratio[1])}比{amount(ratio[2])}"
    if tall := re.match(r"(\d)['’](\d{1,2})", text):
        return f"{cardinal(tall[1])}英尺{cardinal(tall[2])}英寸"
    if re.fullmatch(r"1[3-9]\d{9}|\d{3,4}-\d{7,8}|\d{3}-\d{4}", text):
        return digits(text).replace("一", "幺")  # a telephone's
    shape = _SHAPE.match(text)
    if shape is None:
        return digits(text)
    unit = shape["unit"] or ""
    read = digits if unit == "年" and len(shape["first"]) == 4 else amount
    first = read(shape["first"])
    if shape["first"] == "2" and not (shape["last"] or shape["over"]) and _counts(unit, before, after):
        first = "两"
    value = ("负" if shape["sign"] else "") + first
    if shape["over"]:
        value = f"{amount(shape['over'])}分之{value}"
    if shape["last"]:
        value = f"{value}到{read(shape['last'])}"
    if unit in ("%", "％"):
        return f"百分之{value}"
    return (
        value
        + _LARGE.get(shape["large"] or "", "")
        + _UNITS.get(unit, "" if unit in _NO_UNIT else unit)
        + _MONEY.get(shape["money"] or "", "")
    )


def _counts(unit: str, before: str, after: str) -> bool:
    """Whether a 2 counts things, and so is 两: 两只, 两点, 两公里; but 第二次 and 二月."""
    if before.endswith("第"):
        return False
    if unit == "分":
        return after.startswith("钟")
    return unit in _PAIRED or unit in _UNITS if unit else after[:1] in _MEASURES and bool(after)


_NO_UNIT = frozenset({"st", "nd", "rd", "th", "s"})


def digits(text: str) -> str:
    """One digit after another."""
    return "".join(_DIGITS[int(c)] for c in text if c.isdecimal())


def amount(text: str) -> str:
    """A quantity; long numbers that are not round and those that begin with a needless zero are read digit by digit."""
    whole, _, fraction = text.replace(",", "").partition(".")
    if (
        len(whole) > 12
        or (len(whole) > 1 and whole[0] == "0")
        or (len(whole) > 6 and not whole.endswith("000") and "," not in text and not fraction)
    ):
        return digits(whole)
    return cardinal(whole) + (f"点{digits(fraction)}" if fraction else "")


def cardinal(text: str) -> str:
    """A whole number below 10¹⁶."""
    number = int(text)
    if number == 0:
        return "零"
    groups: list[str] = []
    for power, name in ((10**12, "万亿"), (10**8, "亿"), (10**4, "万"), (1, "")):
        part, number = divmod(number, power)
        if part:
            gap = "零" if groups and part < 1000 else ""
            groups.append(gap + _below_ten_thousand(part) + name)
        elif groups and number and not groups[-1].endswith("零"):
            groups.append("零")
    joined = re.sub("零+", "零", "".join(groups)).rstrip("零")
    return joined.removeprefix("一") if joined.startswith("一十") else joined


def _below_ten_thousand(number: int) -> str:
    said, gap = "", False
    for power, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, power)
        if digit:
            said += ("零" if gap and said else "") + _DIGITS[digit] + name
            gap = False
        else:
            gap = True
    return said


def _clock(found: re.Match[str]) -> str:
    hour, minute, second, half = found.groups()
    part = {"a": "上午", "p": "下午"}.get((half or "").lower(), "")
    if int(minute) == 0 and not second:
        return f"{part}{_hour(hour)}点整" if not part else f"{part}{_hour(hour)}点"
    minutes = f"零{_DIGITS[int(minute)]}" if 0 < int(minute) < 10 else cardinal(minute)
    return f"{part}{_hour(hour)}点{minutes}分" + (f"{cardinal(second)}秒" if second else "")


def _hour(text: str) -> str:
    return "两" if int(text) == 2 else cardinal(text)
