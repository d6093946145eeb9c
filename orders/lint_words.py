"""Words that nobody can test, in the languages that people draft in, and days without a calendar."""

import re
import unicodedata

UNTESTABLE: dict[str, tuple[str, ...]] = {
    "en": (
        "good quality", "high quality", "best quality", "top quality", "nice quality", "fine quality",
        "superior quality", "premium quality", "excellent quality", "standard quality", "export quality",
        "acceptable quality", "first class", "top grade", "good workmanship", "no problem",
        "as agreed", "as discussed", "as usual", "as before", "to buyer's satisfaction", "to the buyer's satisfaction",
        "satisfactory", "durable", "strong enough", "beautiful", "perfect",
    ),
    "zh": (
        "质量好", "质量优", "质量上乘", "质量过硬", "品质好", "品质优", "优质", "高质量", "高品质", "好质量",
        "上等", "一流", "质量保证", "无质量问题", "令人满意", "客户满意", "买方满意", "结实耐用", "经久耐用",
        "如约定", "同以前一样",
        "質量好", "品質好", "優質", "高品質",
    ),
    "vi": (
        "chất lượng tốt", "chất lượng cao", "chất lượng đảm bảo", "đảm bảo chất lượng", "chất lượng tốt nhất",
        "hàng tốt", "hàng đẹp", "hàng loại tốt", "tốt nhất", "bền đẹp", "đạt yêu cầu", "khách hàng hài lòng",
        "như đã thỏa thuận", "như lần trước", "không có vấn đề",
    ),
}  # fmt: skip
BY_SAMPLE: dict[str, tuple[str, ...]] = {
    "en": (
        "as sample", "as per sample", "as the sample", "as in the sample", "same as sample", "same as the sample",
        "like sample", "like the sample", "according to sample", "according to the sample", "per sample",
        "as per the sample", "match sample", "match the sample", "matches the sample",
    ),
    "zh": (
        "按样品", "依样品", "同样品", "如样品", "与样品一致", "与样品相同", "和样品一样", "照样品", "按样",
        "按樣品",
    ),
    "vi": ("như mẫu", "theo mẫu", "giống mẫu", "đúng mẫu", "giống như mẫu", "theo hàng mẫu", "như hàng mẫu"),
}  # fmt: skip
"""These can be tested once a sealed sample has a number."""

_NUMBER = (
    r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen|fifteen|twenty|twenty-one|thirty|forty-five"
    r"|sixty|ninety)"
)
_SPAN = rf"{_NUMBER}(?:\s*(?:-|–|~|to|or)\s*{_NUMBER})?"
_DAYS_WITHOUT_CALENDAR = (
    re.compile(rf"\b(?:within|in|after|before)\s+{_SPAN}\s+(?:days?|weeks?)\b", re.I),
    re.compile(rf"\b{_SPAN}\s+(?:days?|weeks?)\s+(?:after|from|before|of)\b", re.I),
    re.compile(rf"\b{_SPAN}\s+(?:business|working)\s+days?\b(?!\s+(?:of|in|at)\b)", re.I),
    re.compile(r"\d+\s*(?:天|日|周|个星期)(?:之?内|以内|之?后|以后|之?前|以前)"),
    re.compile(r"\b(?:trong(?: vòng)?|sau|trước)\s+\d+(?:\s*-\s*\d+)?\s+(?:ngày|tuần)\b(?!\s+(?:làm việc|lịch))", re.I),
    re.compile(r"\b\d+(?:\s*-\s*\d+)?\s+(?:ngày|tuần)\s+(?:sau|trước|kể từ|tính từ)\b", re.I),
    re.compile(r"\b\d+\s+ngày làm việc\b(?!\s+(?:của|tại|ở|theo))", re.I),
)
_CHINESE_BUSINESS_DAYS = re.compile(
    r"(中国|越南|美国|德国|卖方|买方|卖家|买家)?[的之]?\d+\s*个?工作日(?:之?内|以内|之?后|以后|之?前)?"
)
"""Business days of a country or of a side are clear; of nobody they are not."""
_KINDS_OF_SAMPLE = re.compile(
    r"\b(?:approved|sealed|signed|confirmed|agreed|original|golden|counter|reference|pre-production)\s+(?=samples?\b)"
)
_AMBIGUOUS_DATE = re.compile(r"(?<![\d/.-])(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?![\d/.-])")
_CJK = "\u3400-\u9fff"
_BLANK_BETWEEN_CJK = re.compile(rf"(?<=[{_CJK}])\s+(?=[{_CJK}])")


def fold(text: str) -> str:
    """One form for comparing: compatible letters, no case, single blanks, none between Chinese characters."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'").split())
    return _BLANK_BETWEEN_CJK.sub("", folded)


def bare(text: str) -> str:
    """Letters without their marks, as Vietnamese is typed on a foreign keyboard."""
    decomposed = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def untestable_words(text: str) -> list[str]:
    """The phrases of `text` that nobody can test, as the table writes them."""
    return _found(text, UNTESTABLE)


def sample_words(text: str) -> list[str]:
    """The phrases of `text` that refer to a sample."""
    return _found(_KINDS_OF_SAMPLE.sub("", fold(text)).replace("samples", "sample"), BY_SAMPLE)


def days_without_calendar(text: str) -> str:
    """A term such as 'within 10 days' that doesn't say which days; empty when there is none."""
    folded = " ".join(unicodedata.normalize("NFKC", text).split())
    for pattern in _DAYS_WITHOUT_CALENDAR:
        match = pattern.search(folded)
        if match:
            return match.group(0)
    business = _CHINESE_BUSINESS_DAYS.search(folded)
    return business.group(0) if business and not business.group(1) else ""


def ambiguous_date(text: str) -> str:
    """A date such as 05/06/2026, which is in May for some readers and in June for others; empty when there is none."""
    for match in _AMBIGUOUS_DATE.finditer(unicodedata.normalize("NFKC", text)):
        first, second = int(match.group(1)), int(match.group(3))
        if first != second and 1 <= first <= 12 and 1 <= second <= 12:
            return match.group(0)
    return ""


def _found(text: str, table: dict[str, tuple[str, ...]]) -> list[str]:
    folded = fold(text).replace("-", " ")
    hits = [phrase for phrase in table["zh"] if phrase in folded]
    latin = [phrase for phrase in table["en"] if _has_words(folded, phrase)]
    # Vietnamese with its marks, or typed without them on a foreign keyboard, whatever else stands around it.
    latin += [phrase for phrase in table["vi"] if _has_words(folded, phrase) or _has_words(folded, bare(phrase))]
    return _longest(hits + latin)


def _has_words(text: str, phrase: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text) is not None


def _longest(phrases: list[str]) -> list[str]:
    """Without phrases that are part of another one found."""
    return [each for each in phrases if not any(each != other and each in other for other in phrases)]
