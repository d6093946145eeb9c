"""The words of the hosted pages in three languages, where the sandbox's own have none."""

from sandbox import words
from sandbox.words import LANGUAGES

WORDS: dict[str, tuple[str, str, str]] = {
    "card_second_step": ("Asks whether it is you", "需要本人确认", "Hỏi có phải chính bạn không"),
    "card_disputed": (
        "Succeeds, is charged back at once",
        "付款成功，随即被拒付（退单）",
        "Thành công, bị yêu cầu hoàn trả ngay",
    ),
    "card_refund_pending": ("Succeeds, refunds take a while", "付款成功，退款需等待", "Thành công, hoàn tiền chậm"),
    "declined": (
        "The payment was declined. Nothing was charged: try again or go back.",
        "付款被拒绝，未扣款：请重试或返回。",
        "Thanh toán bị từ chối, chưa trừ tiền: hãy thử lại hoặc quay lại.",
    ),
    "pay_page": ("Pay", "付款", "Thanh toán"),
    "pay_by_bank": ("Pay from your bank account", "用银行账户付款", "Trả từ tài khoản ngân hàng"),
    "pay_by_bank_hint": (
        "You go on to your bank, and allow the payment there.",
        "您将前往银行网站并授权付款。",
        "Bạn sẽ sang trang ngân hàng và duyệt khoản thanh toán.",
    ),
    "your_bank_allows": ("Allow this payment?", "是否授权此笔付款？", "Duyệt khoản thanh toán này?"),
    "authorise": ("Allow it", "授权", "Duyệt"),
    "refuse": ("Refuse it", "拒绝", "Từ chối"),
    "authorise_late": ("Allow it, the money comes later", "授权，款项稍后到账", "Duyệt, tiền đến sau"),
    "fail_late": ("Allow it, it fails later", "授权，随后失败", "Duyệt, sau đó thất bại"),
    "second_step_stripe": (
        "Your bank asks whether it is you who pays.",
        "您的银行要求确认是您本人付款。",
        "Ngân hàng hỏi có phải chính bạn đang trả tiền không.",
    ),
    "is_me": ("Yes, it is me", "是，是我本人", "Đúng, là tôi"),
    "is_not_me": ("No, refuse it", "不是，拒绝", "Không, từ chối"),
    "complete": ("Done", "已完成", "Đã xong"),
    "expired": (
        "This page is over. Go back and start again.",
        "此页面已失效,请返回重试。",
        "Trang đã hết hạn. Hãy quay lại.",
    ),
}

METHODS = {
    "ideal": "iDEAL",
    "bancontact": "Bancontact",
    "eps": "EPS",
    "p24": "Przelewy24",
    "pay_by_bank": "Pay by Bank",
}
"""Names, the same in every language."""


def say(word: str, language: str, **values: str) -> str:
    if word not in WORDS:
        return words.say(word, language, **values)
    return WORDS[word][list(LANGUAGES).index(language)].format(**values)
