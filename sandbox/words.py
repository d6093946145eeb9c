"""The words of the hosted pages in three languages; English is used where nothing else is asked for."""

LANGUAGES = {"en": "English", "zh-hans": "简体中文", "vi": "Tiếng Việt"}
TAGS = {"en": "en", "zh-hans": "zh-Hans", "vi": "vi"}

WORDS: dict[str, tuple[str, str, str]] = {
    "sandbox": (
        "SANDBOX: nothing here is real, no money moves.",
        "沙盒（SANDBOX）：均为模拟，不会产生真实资金往来。",
        "SANDBOX (môi trường thử): mọi thứ ở đây là mô phỏng, không có tiền thật.",
    ),
    "languages": ("Languages", "语言", "Ngôn ngữ"),
    "pay_by_card": ("Pay by card", "银行卡付款", "Thanh toán bằng thẻ"),
    "payee": ("Payee", "收款人", "Người nhận"),
    "amount": ("Amount", "金额", "Số tiền"),
    "reference": ("Reference", "付款附言", "Nội dung chuyển khoản"),
    "description": ("For", "用途", "Mục đích"),
    "account_number": ("Account number", "账号", "Số tài khoản"),
    "bank": ("Bank", "银行", "Ngân hàng"),
    "test_cards": ("Test cards", "测试卡", "Thẻ thử nghiệm"),
    "test_cards_hint": (
        "Choose one to pay with it at once.",
        "点选一张卡即可立即付款。",
        "Chọn một thẻ để thanh toán ngay.",
    ),
    "or_type": ("Or type a card", "或手动输入卡片信息", "Hoặc nhập thông tin thẻ"),
    "card_number": ("Card number", "卡号", "Số thẻ"),
    "expiry": ("Expiry (MM/YY)", "有效期（月/年）", "Ngày hết hạn (MM/YY)"),
    "cvc": ("Security code (CVC)", "安全码（CVC）", "Mã bảo mật (CVC)"),
    "name": ("Name on card", "持卡人姓名", "Tên trên thẻ"),
    "pay": ("Pay {amount}", "支付 {amount}", "Thanh toán {amount}"),
    "cancel": ("Cancel and go back", "取消并返回", "Hủy và quay lại"),
    "go_back": ("Go back to the shop", "返回商家", "Quay lại trang người bán"),
    "card_succeeds": ("Succeeds", "付款成功", "Thành công"),
    "card_declined": ("Is declined", "被拒绝", "Bị từ chối"),
    "card_insufficient": ("Has too little money", "余额不足", "Không đủ tiền"),
    "card_second_step": (
        "Asks for a second step (code 123456)",
        "需要二次验证（验证码 123456）",
        "Yêu cầu xác thực bước hai (mã 123456)",
    ),
    "card_silent": ("Never answers", "永无答复", "Không bao giờ trả lời"),
    "card_twice": ("Succeeds, is reported twice", "成功，并通知两次", "Thành công, báo tin hai lần"),
    "card_late": ("Succeeds late", "延迟后成功", "Thành công muộn"),
    "card_refund_fails": ("Succeeds, refunds fail", "成功，但退款失败", "Thành công, hoàn tiền thất bại"),
    "card_charged_back": (
        "Succeeds, is charged back later",
        "成功，之后被拒付（退单）",
        "Thành công, sau đó bị ngân hàng đòi lại tiền",
    ),
    "bad_card_number": (
        "Use one of the test cards listed here.",
        "请使用此处列出的测试卡。",
        "Hãy dùng một trong các thẻ thử nghiệm ở trên.",
    ),
    "bad_expiry": (
        "Give a month and a year that are not over, such as 12/39.",
        "请输入未过期的月份和年份，例如 12/39。",
        "Nhập tháng và năm chưa qua, ví dụ 12/39.",
    ),
    "bad_cvc": ("Give three or four digits.", "请输入三位或四位数字。", "Nhập ba hoặc bốn chữ số."),
    "bad_name": ("Give the name on the card.", "请输入持卡人姓名。", "Nhập tên trên thẻ."),
    "second_step": ("Confirm it is you", "确认是您本人", "Xác nhận chính là bạn"),
    "second_step_hint": (
        "Your bank sent you a code. In this sandbox it is always 123456.",
        "您的银行已发送验证码。在沙盒中始终为 123456。",
        "Ngân hàng đã gửi mã cho bạn. Trong môi trường thử, mã luôn là 123456.",
    ),
    "code": ("Code", "验证码", "Mã xác nhận"),
    "confirm": ("Confirm", "确认", "Xác nhận"),
    "bad_code": ("This code is wrong. Try again.", "验证码错误，请重试。", "Mã không đúng. Hãy thử lại."),
    "status": ("Status", "状态", "Trạng thái"),
    "requires_action": ("Waiting for you", "等待您操作", "Đang chờ bạn"),
    "pending": ("Waiting for the bank", "等待银行处理", "Đang chờ ngân hàng"),
    "succeeded": ("Paid", "已付款", "Đã thanh toán"),
    "failed": ("Failed", "失败", "Thất bại"),
    "canceled": ("Cancelled", "已取消", "Đã hủy"),
    "expired": ("Expired", "已过期", "Đã hết hạn"),
    "your_bank": ("Play the buyer's bank", "模拟买方银行", "Đóng vai ngân hàng của người mua"),
    "amount_due": ("Amount due", "应付金额", "Số tiền phải trả"),
    "received": ("Received so far", "已收到", "Đã nhận"),
    "left": ("Still to come", "尚欠", "Còn thiếu"),
    "arrived": ("Wires that arrived", "已到账的汇款", "Các khoản đã đến"),
    "nothing_arrived": ("None yet.", "暂无。", "Chưa có."),
    "late": ("late", "迟到", "muộn"),
    "send_wire": ("Send a wire", "发送汇款", "Gửi điện chuyển tiền"),
    "wire_amount": ("Amount in {currency}", "金额（{currency}）", "Số tiền ({currency})"),
    "remitter_name": ("Remitter's name", "汇款人名称", "Tên người chuyển"),
    "remitter_account": ("Remitter's account", "汇款人账号", "Tài khoản người chuyển"),
    "send_typed": ("Send this amount", "发送此金额", "Gửi số tiền này"),
    "send_exact": ("Send exactly what is due", "足额发送", "Gửi đúng số tiền"),
    "send_short": ("Send too little", "少付", "Gửi thiếu"),
    "send_over": ("Send too much", "多付", "Gửi thừa"),
    "sent": ("The wire has arrived.", "汇款已到账。", "Khoản chuyển đã đến."),
    "bad_amount": (
        "Give an amount above zero, such as {example}.",
        "请输入大于零的金额，例如 {example}。",
        "Nhập số tiền lớn hơn không, ví dụ {example}.",
    ),
    "bad_remitter_name": ("Give the remitter's name.", "请输入汇款人名称。", "Nhập tên người chuyển."),
    "bad_remitter_account": ("Give the remitter's account.", "请输入汇款人账号。", "Nhập tài khoản người chuyển."),
    "not_found": ("There is no such page.", "页面不存在。", "Không có trang này."),
}


def language_of(asked: str) -> str:
    return asked if asked in LANGUAGES else "en"


def say(word: str, language: str, **values: str) -> str:
    return WORDS[word][list(LANGUAGES).index(language)].format(**values)
