"""XML as a tree with line numbers, read within limits: no document types, no entities, no depth without end.

What comes before a fault is kept: a statement that was cut off while it was sent still tells of its first entries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

import defusedxml.common
from defusedxml.sax import make_parser

from seawall.engine.kernel.errors import FileRejected, Where
from seawall.exchange import limits
from seawall.exchange.encoding import NAMES, to_utf8

_DECLARATION: Final = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([\w.-]+)[\"'][^>]*\?>")


@dataclass(slots=True)
class Node:
    """One element: its name without namespace, its attributes, its text, its children and its line."""

    name: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def all(self, path: str) -> Iterator[Node]:
        """Every element at a path of names below this one."""
        first, _, rest = path.partition("/")
        for child in self.children:
            if child.name == first:
                yield from child.all(rest) if rest else (child,)

    def one(self, *paths: str) -> Node | None:
        """The first element found at any of the paths."""
        return next((found for path in paths for found in self.all(path)), None)

    def said(self, *paths: str) -> str:
        """The text of the first element found at any of the paths, on one line."""
        found = self.one(*paths)
        return " ".join(found.text.split()) if found is not None else ""


@dataclass(frozen=True, slots=True)
class Tree:
    """What could be read, and where and why it ended before its end."""

    root: Node | None
    fault: tuple[int, str] | None = None


class _Builder(ContentHandler):
    def __init__(self, file: str) -> None:
        super().__init__()
        self.file = file
        self.root: Node | None = None
        self.open: list[Node] = []
        self.count = 0
        self.place: Any = None

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        self.count += 1
        if self.count > limits.STATEMENT_ELEMENTS or len(self.open) >= limits.XML_DEPTH:
            raise _refused(self.file, "bomb", "{file} holds more than a bank statement does.")
        node = Node(name.rpartition(":")[2], dict(attrs.items()), self.place.getLineNumber())
        if self.open:
            self.open[-1].children.append(node)
        elif self.root is None:
            self.root = node
        self.open.append(node)

    def characters(self, content: str) -> None:
        node = self.open[-1]
        if len(node.text) < limits.CELL_CHARACTERS:
            node.text += content

    def endElement(self, name: str) -> None:  # noqa: ARG002, N802
        self.open.pop()


def read(data: bytes, *, file: str) -> Tree:
    """The tree of a document, as far as it can be read.

    Raises:
        FileRejected: it declares a document type or entities, or holds more than a statement does.
    """
    builder, parser = _Builder(file), make_parser()
    parser.forbid_dtd = True
    builder.place = parser
    parser.setContentHandler(builder)
    text = _in_utf8(data, file)
    try:
        for first in range(0, len(text), limits.MIB):
            parser.feed(text[first : first + limits.MIB])
        parser.close()
    except defusedxml.common.DefusedXmlException:
        raise _refused(file, "xml_entity", "{file} declares a document type or entities.") from None
    except SAXParseException as error:
        return Tree(builder.root, (error.getLineNumber() or 0, error.getMessage()))
    return Tree(builder.root)


def _in_utf8(data: bytes, file: str) -> bytes:
    """The parser knows few encodings; Chinese banks write GB18030."""
    declared = _DECLARATION.match(data[:200])
    name = declared[1].decode("ascii", "replace").lower() if declared else ""
    if not declared or name in ("utf-8", "utf8") or name not in NAMES:
        return data
    text, _ = to_utf8(data, file=file, asked=name)
    return text.replace(declared[1], b"UTF-8", 1)


def _refused(file: str, code: str, message: str) -> FileRejected:
    return FileRejected(message, where=Where(file), code=code, file=file)
