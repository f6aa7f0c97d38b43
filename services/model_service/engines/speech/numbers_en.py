"""Numbers, dates, times, money and measures as English says them."""

import re

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MONTH_NAMES = frozenset(
    {*(month.lower() for month in _MONTHS), *("jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec")}
)
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
_UNITS = {
    "km/h": "kilometers an hour", "kg": "kilograms", "km": "kilometers", "cm": "centimeters", "mm": "millimeters",
    "ml": "milliliters", "mL": "milliliters",
    "m²": "square meters", "m³": "cubic meters", "m": "meters", "g": "grams", "L": "liters", "l": "liters", "℃": "degrees Celsius",
    "°C": "degrees Celsius", "°F": "degrees Fahrenheit", "℉": "degrees Fahrenheit", "°": "degrees", "GB": "gigabytes",
    "MB": "megabytes", "TB": "terabytes", "Hz": "hertz", "kHz": "kilohertz", "MHz": "megahertz", "GHz": "gigahertz",
    "%": "percent", "％": "percent", "年": "", "月": "", "日": "", "号": "", "点": "", "分": "", "秒": "",
}  # fmt: skip
_MONEY = {"$": ("dollar", "cent"), "¥": ("yuan", ""), "￥": ("yuan", ""), "€": ("euro", "cent"), "£": ("pound", "penny")}
_AMOUNT = r"\d+(?:,\d{3})*(?:\.\d+)?"
_SHAPE = re.compile(
    rf"(?P<sign>[-−])?(?P<money>[$¥￥€£])?(?P<first>{_AMOUNT})(?:\s?[-~～–—至]\s?(?P<last>{_AMOUNT}))?(?:/(?P<over>\d+))?"
    r"\s?(?P<unit>km/h|[%％年月日号点分秒]|[a-zA-Z²³℃°℉]+)?(?:\s?(?P<large>hundred|thousand|million|billion|trillion))?$"
)
_LARGE = frozenset({"hundred", "thousand", "million", "billion", "trillion"})


def spoken(text: str, before: str = "") -> str:
    """The English reading, words separated by spaces, of a number as `tokens` finds it; `before` is the word before it."""
    if before.rstrip(".").lower() in _MONTH_NAMES and re.fullmatch(r"[1-9]|[12]\d|3[01]", text):
        return ordinal(int(text))
    if numbered := re.fullmatch(r"(?:No\.|№)\s?(\d+)", text):
        return f"number {cardinal(int(numbered[1]))}"
    if tall := re.match(r"(\d)['’](\d{1,2})", text):
        return f"{cardinal(int(tall[1]))} foot {cardinal(int(tall[2]))}"
    if re.fullmatch(r"\d{3}-\d{3}-\d{4}|\d{3,4}-\d{7,8}|\d{3}-\d{4}", text):
        return _one_by_one(text)  # a telephone's
    if date := re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", text):
        month = int(date[2])
        if 1 <= month <= 12:
            return f"{_MONTHS[month - 1]} {ordinal(int(date[3]))} {year(int(date[1]))}"
    if clock := re.match(r"(\d{1,2})[:：](\d{2})(?:[:：](\d{2}))?\s?([aApP])?", text):
        return _clock(clock)
    if ratio := re.fullmatch(r"(\d+)[:：](\d+)", text):
        return f"{amount(ratio[1])} to {amount(ratio[2])}"
    if counted := re.fullmatch(r"(\d+)(st|nd|rd|th)", text):
        return ordinal(int(counted[1]))
    if decade := re.fullmatch(r"(\d+)s", text):
        return _plural(_bare(decade[1]))
    shape = _SHAPE.match(text)
    return _shaped(shape) if shape else _one_by_one(text)


def _shaped(shape: re.Match[str]) -> str:
    unit, large, last = shape["unit"] or "", shape["large"] or "", shape["last"]
    if unit in _LARGE:
        unit, large = "", unit
    alone = not (shape["money"] or unit or large or shape["over"] or shape["sign"])
    read = _bare if alone else amount
    words = ["minus"] if shape["sign"] else []
    if shape["money"]:
        return " ".join([*words, _money(shape["first"], last, shape["money"], large)])
    if shape["over"]:
        return " ".join([*words, _fraction(int(shape["first"].replace(",", "").partition(".")[0]), int(shape["over"]))])
    words.append(read(shape["first"]))
    if last:
        words += ["to", read(last)]
    said = _UNITS.get(unit, unit)
    if said.split()[:1] and amount(last or shape["first"]) == "one":
        said = re.sub(r"s\b", "", said, count=1) if unit not in ("Hz", "℃", "°C", "%", "％") else said
    return " ".join(word for word in [*words, large, said] if word)


def cardinal(number: int) -> str:
    """A whole number below 10¹⁵."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f" {_ONES[ones]}" if ones else "")
    for power, name in ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= power:
            many, rest = divmod(number, power)
            return f"{cardinal(many)} {name}" + (f" {cardinal(rest)}" if rest else "")
    raise AssertionError("unreachable: every number from 100 on has a hundred")


def ordinal(number: int) -> str:
    """The place in a row: twenty first."""
    *before, last = cardinal(number).split()
    if last in _ORDINALS:
        counted = _ORDINALS[last]
    elif last.endswith("y"):
        counted = last[:-1] + "ieth"
    else:
        counted = last + "th"
    return " ".join([*before, counted])


def year(number: int) -> str:
    """A year: nineteen oh five, two thousand one, twenty twenty six."""
    century, rest = divmod(number, 100)
    if number % 1000 < 10 or not 10 <= century <= 99:
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {f'oh {_ONES[rest]}' if rest < 10 else cardinal(rest)}"


def amount(text: str) -> str:
    """A quantity with or without thousands separators and decimals."""
    whole, _, fraction = text.replace(",", "").partition(".")
    if len(whole) > 15 or (len(whole) > 1 and whole[0] == "0"):
        return _one_by_one(whole)
    return cardinal(int(whole)) + (f" point {_one_by_one(fraction)}" if fraction else "")


def _bare(text: str) -> str:
    """A number that nothing explains: four digits from 1100 to 2099 are a year, long ones are dictated."""
    if len(text) == 4 and text.isdecimal() and 1100 <= int(text) <= 2099:
        return year(int(text))
    return _one_by_one(text) if len(text) > 9 and text.isdecimal() else amount(text)


def _one_by_one(text: str) -> str:
    return " ".join(_ONES[int(c)] for c in text if c.isdecimal())


def _plural(said: str) -> str:
    *before, last = said.split()
    last = last[:-1] + "ies" if last.endswith("y") else last + ("es" if last.endswith("x") else "s")
    return " ".join([*before, last])


def _fraction(over: int, under: int) -> str:
    if under == 2 and over == 1:
        return "one half"
    if over >= under:
        return f"{cardinal(over)} {cardinal(under)}"  # 24/7, 50/50
    part = "quarter" if under == 4 else "half" if under == 2 else ordinal(under)
    return f"{cardinal(over)} {part}{'s' if over != 1 else ''}"


def _money(first: str, last: str | None, sign: str, large: str) -> str:
    main, small = _MONEY[sign]
    whole, _, cents = first.replace(",", "").partition(".")
    if last or large or len(cents) not in (0, 2) or not small:
        said = amount(first) + (f" to {amount(last)}" if last else "") + (f" {large}" if large else "")
        return f"{said} {main if main == 'yuan' else main + 's'}"
    many, few = int(whole), int(cents or 0)
    parts = [f"{cardinal(many)} {main}{'' if many == 1 else 's'}"] if many or not few else []
    if few:
        several = "pence" if small == "penny" else small + "s"
        parts.append(f"{cardinal(few)} {small if few == 1 else several}")
    return " and ".join(parts)


def _clock(found: re.Match[str]) -> str:
    hour, minute, second, half = found.groups()
    words = [cardinal(int(hour))]
    if int(minute):
        words.append(f"oh {_ONES[int(minute)]}" if int(minute) < 10 else cardinal(int(minute)))
    elif not half:
        words.append("o'clock")
    if second:
        words += ["and", cardinal(int(second)), "seconds"]
    if half:
        words.append(f"{half.upper()} M")
    return " ".join(words)
