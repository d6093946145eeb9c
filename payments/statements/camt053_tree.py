"""XML to small trees, one at a time: the children of each statement, and apart from its entry each detail of a batch.

The parser is defusedxml's, so that no entity is ever expanded and nothing is fetched. What it builds is bounded here:
depth, names, elements of one tree, and bytes without an element.
"""

import codecs
import re
from collections import deque
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser
from django.utils.translation import gettext_lazy as _

from payments.statements.bytes_read import BytesRead
from payments.statements.limits import LONGEST_INFORMATION, MOST_DEPTH, MOST_NAMES, MOST_NODES, MOST_PIECE_BYTES
from payments.statements.refusals import unreadable

NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(?:0[2-9]|1[0-9])")
INTERIM = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.05[24]\.001\.[0-9]{2}")
XINCLUDE = "http://www.w3.org/2001/XInclude"
STATEMENT = ("Document", "BkToCstmrStmt", "Stmt")
OF_STATEMENT = len(STATEMENT) + 1
"""The depth of a statement's children."""

DETAIL = ("Ntry", "NtryDtls", "TxDtls")
DECLARED = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)""")
ENCODINGS = frozenset(["utf-8", "us-ascii", "ascii", "iso-8859-1", "windows-1252"])


class Node:
    """An element with its text and children. Elements of other namespaces have no name, so nothing finds them."""

    __slots__ = ("attributes", "children", "line", "name", "text")

    def __init__(self, name: str, line: int, attributes: dict[str, str]) -> None:
        self.name, self.line, self.attributes, self.text = name, line, attributes, ""
        self.children: list[Node] = []

    def all(self, name: str) -> list["Node"]:
        return [child for child in self.children if child.name == name]

    def at(self, path: str) -> "Node | None":
        """The first element of each step: "Acct/Id/IBAN"."""
        node = self
        for name in path.split("/"):
            for child in node.children:
                if child.name == name:
                    node = child
                    break
            else:
                return None
        return node

    def text_at(self, *paths: str) -> str:
        """The text of the first path that has any; empty if none does."""
        for path in paths:
            found = self.at(path)
            if found and found.text.strip():
                return found.text.strip()
        return ""


def nodes_of(file: BytesRead, head: bytes) -> Iterator[Node]:
    """In the order of the file: the children of a statement when they end, each TxDtls before its entry, and the
    statement itself, empty, at its end.
    """
    target = _Target()
    parser = XMLParser(target=target, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    target.expat = parser.parser
    check = _encoding_check(head)
    quiet_bytes, line = 0, 1
    while chunk := file.read():
        check(chunk, line)
        line += chunk.count(b"\n")
        target.events = 0
        _feed(parser, chunk)
        quiet_bytes = 0 if target.events else quiet_bytes + len(chunk)
        if quiet_bytes > MOST_PIECE_BYTES:
            raise unreadable("too_long", line)
        while target.ready:
            yield target.ready.popleft()
    _close(parser, line)


def _feed(parser: Any, chunk: bytes) -> None:
    try:
        parser.feed(chunk)
    except DefusedXmlException as forbidden:
        raise unreadable("hostile_xml", parser.parser.CurrentLineNumber, found=type(forbidden).__name__) from None
    except ParseError as broken:
        raise unreadable("broken_xml", broken.position[0]) from None


def _close(parser: Any, line: int) -> None:
    try:
        parser.close()
    except (ParseError, DefusedXmlException):
        raise unreadable("cut_off", line) from None


def _encoding_check(head: bytes) -> Any:
    """Refuses bytes that are not of the declared encoding. XML that says none is UTF-8."""
    declared = DECLARED.search(head)
    encoding = declared[1].decode().lower() if declared else "utf-8"
    if encoding not in ENCODINGS:
        raise unreadable("wrong_encoding", 1, found=encoding)
    decoder = codecs.getincrementaldecoder(encoding)()

    def check(chunk: bytes, line: int) -> None:
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as broken:
            line += chunk.count(b"\n", 0, broken.start)
            raise unreadable("wrong_encoding", line, found=f"0x{broken.object[broken.start]:02x}") from None

    return check


class _Target:
    """What the parser calls. `path` holds the names of the open elements, `open` the nodes that are being built."""

    def __init__(self) -> None:
        self.expat: Any = None
        self.events = 0
        self.ready: deque[Node] = deque()
        self._path: list[str] = []
        self._open: list[Node] = []
        self._namespace = ""
        self._names: dict[str, str] = {}
        self._nodes = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.events += 1
        name = self._names.get(tag)
        if name is None:
            name = self._name(tag)
        for attribute in attributes:
            self._name(attribute)
        self._path.append(name)
        if len(self._path) > MOST_DEPTH:
            raise unreadable("hostile_xml", self.expat.CurrentLineNumber, found=f"{MOST_DEPTH} levels")
        if not self._open and tuple(self._path[:3]) != STATEMENT:
            return
        node = Node(name, self.expat.CurrentLineNumber, attributes)
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise unreadable("too_many", node.line, most=MOST_NODES, found=_("elements"))
        self._open.append(node)

    def data(self, text: str) -> None:
        """Space before the first word is dropped: elements with children hold nothing else."""
        node = self._open[-1] if self._open else None
        if node and (node.text or not text.isspace()):
            node.text += text
            if len(node.text) > LONGEST_INFORMATION:
                raise unreadable("too_long", node.line)

    def end(self, tag: str) -> None:
        self.events += 1
        if self._open:
            node, depth = self._open.pop(), len(self._path)
            if depth <= OF_STATEMENT or (node.name == DETAIL[-1] and tuple(self._path[3:]) == DETAIL):
                self.ready.append(node)
                self._nodes = 0
            else:
                self._open[-1].children.append(node)
        self._path.pop()

    def close(self) -> None:
        return None

    def _name(self, tag: str) -> str:
        """The local name, if it is of the document's namespace; else nothing."""
        name = self._names.get(tag)
        if name is None:
            namespace, local = tag[1:].rpartition("}")[::2] if tag[:1] == "{" else ("", tag)
            if not self._path and not self._namespace:
                self._namespace = self._checked(namespace, local)
            if namespace == XINCLUDE:
                raise unreadable("hostile_xml", self.expat.CurrentLineNumber, found="XInclude")
            if len(self._names) >= MOST_NAMES:
                raise unreadable("hostile_xml", self.expat.CurrentLineNumber, found=f"{MOST_NAMES} names")
            name = self._names[tag] = local if namespace == self._namespace else ""
        return name

    def _checked(self, namespace: str, local: str) -> str:
        if INTERIM.fullmatch(namespace):
            raise unreadable("interim_report", self.expat.CurrentLineNumber)
        if local != STATEMENT[0] or not NAMESPACE.fullmatch(namespace):
            raise unreadable("unknown_format", self.expat.CurrentLineNumber)
        return namespace
