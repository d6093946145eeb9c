"""The frame and the pieces of the hosted pages. Every value is escaped here and nowhere else."""

from html import escape
from pathlib import Path
from urllib.parse import quote

from sandbox.gateway import Response
from sandbox.words import LANGUAGES, TAGS, say

STYLE = (Path(__file__).parent / "sandbox.css").read_bytes()
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def style() -> Response:
    return Response(200, STYLE, "text/css; charset=utf-8", {"Cache-Control": "max-age=300"})


def page(language: str, title: str, main: str, *, path: str, status: int = 200) -> Response:
    """A whole page; `main` is HTML, all else is text."""
    others = "".join(
        f'<li><a href="{escape(path)}?lang={code}" lang="{TAGS[code]}" hreflang="{TAGS[code]}">{name}</a></li>'
        for code, name in LANGUAGES.items()
        if code != language
    )
    text = (
        f'<!doctype html><html lang="{TAGS[language]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)} · SANDBOX</title><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="/sandbox.css"></head>'
        f"<body><header>{escape(say('sandbox', language))}</header><main><h1>{escape(title)}</h1>{main}</main>"
        f'<footer><nav aria-label="{escape(say("languages", language))}"><ul>{others}</ul></nav></footer></body></html>'
    )
    return Response(status, text.encode(), "text/html; charset=utf-8", HEADERS)


def see_other(address: str) -> Response:
    """Go on by GET; a return address may hold letters that a header can't."""
    location = quote(address, safe="%/:?#[]@!$&'()*+,;=~-._")
    return Response(303, headers={"Location": location, "Cache-Control": "no-store"})


def facts(rows: list[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows) + "</dl>"


def field(name: str, label: str, value: str, *, reason: str = "", attributes: str = "") -> str:
    """A labelled input that keeps what was typed, with the reason beside it when it was refused."""
    broken = f' aria-invalid="true" aria-describedby="{name}-reason"' if reason else ""
    why = f'<p class="reason" id="{name}-reason" role="alert">{escape(reason)}</p>' if reason else ""
    return (
        f'<label for="{name}">{escape(label)}</label>'
        f'<input id="{name}" name="{name}" value="{escape(value)}" {attributes}{broken}>{why}'
    )


def button(label: str, *, name: str, value: str) -> str:
    """The page's main button."""
    return f'<button type="submit" name="{escape(name)}" value="{escape(value)}">{escape(label)}</button>'


def choice(label: str, detail: str, *, name: str, value: str) -> str:
    """A quieter button, one of several ways to go on."""
    return (
        f'<button type="submit" class="quiet" name="{escape(name)}" value="{escape(value)}">'
        f"<span>{escape(label)}</span><span>{escape(detail)}</span></button>"
    )


def form(path: str, language: str, inside: str) -> str:
    return f'<form method="post" action="{escape(path)}?lang={language}" novalidate>{inside}</form>'


def link(address: str, label: str) -> str:
    return f'<p><a href="{escape(address)}">{escape(label)}</a></p>'
