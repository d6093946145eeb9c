import re

from django.test import Client

STATIC = re.compile(r'(?:href|src)="(/static/[^"#]+)')


def first_visit_bytes(client: Client, path: str) -> int:
    """Bytes that a browser without a cache moves: the page and each static file that it names, compressed."""
    page = body_of(client, path)
    files = set(STATIC.findall(client.get(path).content.decode()))
    assert len(files) > 3, "a page has styles, scripts and icons"
    return len(page) + sum(len(body_of(client, name)) for name in files)


def body_of(client: Client, path: str) -> bytes:
    answer = client.get(path, headers={"accept-encoding": "gzip"})
    assert answer.status_code == 200, path
    assert answer["Content-Encoding"] == "gzip", f"{path} is sent uncompressed"
    return b"".join(answer.streaming_content) if answer.streaming else answer.content
