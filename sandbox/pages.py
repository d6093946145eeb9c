"""The hosted pages' door: they act without a key, since they stand for the customer's own bank."""

import re
from urllib.parse import parse_qsl

from sandbox import bank_page, checkout_page, markup
from sandbox.gateway import Gateway, Request, Response
from sandbox.problems import Problem
from sandbox.visit import Visit
from sandbox.words import language_of, say

PAYMENT = "(?P<payment>sp_[0-9a-f]{32})"
PAGES = {
    ("GET", f"/checkout/{PAYMENT}"): checkout_page.show,
    ("POST", f"/checkout/{PAYMENT}"): checkout_page.pay,
    ("POST", f"/checkout/{PAYMENT}/verify"): checkout_page.verify,
    ("GET", f"/bank/{PAYMENT}"): bank_page.show,
    ("POST", f"/bank/{PAYMENT}"): bank_page.send,
}


def answer(gateway: Gateway, request: Request) -> Response:
    if request.path == "/sandbox.css":
        return markup.style()
    language = language_of(request.query.get("lang", ""))
    for (method, path), do in PAGES.items():
        match = re.fullmatch(path, request.path)
        if match and method == request.method:
            form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
            visit = Visit(gateway, match["payment"], language, request.query, form)
            try:
                return do(visit)
            except Problem as problem:
                return markup.page(language, say("not_found", language), "", path=request.path, status=problem.status)
    return markup.page(language, say("not_found", language), "", path="/", status=404)
