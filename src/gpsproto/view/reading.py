"""A reading under way: nodes over the bytes of one frame, which become spans."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NoReturn

from gpsproto.category import Category, strictest
from gpsproto.errors import ErrorCode
from gpsproto.privacy.policy.explain import Explained
from gpsproto.view.masking import MASKED, Doubt, hidden
from gpsproto.view.spans import Span


class Stop(Exception):
    """Nothing behind this byte can be read.  Never leaves this package."""

    def __init__(self, code: ErrorCode, at: int) -> None:
        super().__init__()
        self.code = code
        self.at = at


@dataclass(slots=True, eq=False, repr=False)
class Node:
    """A stretch that is being read.  ``name`` may say what its bytes say, ``common`` never does."""

    name: str
    start: int
    end: int
    common: str = ""
    raw: int | str | None = None
    value: str = ""
    unit: str = ""
    category: Category | None = None
    action: str = ""
    by: str = ""
    right: bool | None = None
    wrong: str = ""
    expected: str = ""
    note: str = ""
    plain: bool = False
    secret: bool = False
    plausible: bool = True
    is_value: bool = False  # no count, id or length, and not of the fixed part
    cleared: bool = False  # goes in private mode
    guarded: bool = False  # is masked where anything is: a checksum
    inline: bool = False
    doubt: Doubt = Doubt.SURE
    children: list[Node] = field(default_factory=list)

    def __repr__(self) -> str:
        return "Node(redacted)"

    def becomes(self, found: Explained | None) -> None:
        """Take over what the policy makes of a field; None: of one that is not known."""
        if found is None:
            self.category, self.action, self.by = Category.OPAQUE, "drop", "unknown"
            self.secret = True
            return
        may_be = found.declared.may_be
        self.category = strictest(may_be) if may_be else None
        self.action, self.by, self.cleared = found.how, found.by, found.cleared
        self.secret = self.secret or not may_be.isdisjoint(MASKED)

    def fails(self, wrong: str, expected: str = "") -> None:
        """Mark it wrong."""
        self.right, self.wrong, self.expected = False, wrong, expected

    def fits(self) -> None:
        """Mark it right."""
        self.right = True

    def all(self) -> Iterator[Node]:
        """It and every node below."""
        yield self
        for child in self.children:
            yield from child.all()


class Reading:
    """The bytes of a frame, and how far they have been read: up to ``at``, never beyond ``stop``."""

    def __init__(self, data: bytes, base: int = 0) -> None:
        self.data = data
        self.base = base
        self.at = 0
        self.stop = len(data)
        self._root = Node("", 0, len(data))
        self._open = [self._root]

    def __repr__(self) -> str:
        return f"Reading({self.at} of {len(self.data)} bytes)"

    @property
    def left(self) -> int:
        """Bytes to go."""
        return self.stop - self.at

    @property
    def siblings(self) -> list[Node]:
        """What was read so far in the group that is being read."""
        return self._open[-1].children

    @contextmanager
    def group(self, name: str, *, common: str = "", inline: bool = False) -> Iterator[Node]:
        """What is read meanwhile stands together; so it does where the reading stops."""
        node = Node(name, self.at, self.at, common, inline=inline)
        siblings = self._open[-1].children
        siblings.append(node)
        self._open.append(node)
        try:
            yield node
        finally:
            self._open.pop()
            node.end = self.at
            if not node.children:
                siblings.remove(node)

    @contextmanager
    def within(self, stop: int) -> Iterator[None]:
        """Read no further than ``stop`` meanwhile."""
        before, self.stop = self.stop, min(self.stop, stop)
        try:
            yield
        finally:
            self.stop = before

    def leaf(self, name: str, size: int, *, plain: bool = False) -> Node:
        """The next bytes as they are; Stop where so many are not there."""
        if size > self.left:
            raise Stop(ErrorCode.TRUNCATED, self.at)
        node = Node(name, self.at, self.at + size, plain=plain)
        self.at += size
        if size:
            self._open[-1].children.append(node)
        return node

    def number(self, name: str, size: int, *, signed: bool = False, plain: bool = False) -> int:
        """The next bytes as an integer, big end first; ``last`` is its node."""
        node = self.leaf(name, size, plain=plain)
        raw = int.from_bytes(self.data[node.start : node.end], "big", signed=signed)
        node.raw = raw
        return raw

    @property
    def last(self) -> Node:
        """The leaf that was read last."""
        node = self._open[-1].children[-1]
        while node.children:
            node = node.children[-1]
        return node

    def bytes_of(self, node: Node) -> bytes:
        """The bytes of a node."""
        return self.data[node.start : node.end]

    def rest(self, name: str = "not read", *, note: str = "") -> Node | None:
        """All that is left, as a leaf that is never shown: it may be anything."""
        if not self.left:
            return None
        node = self.leaf(name, self.left)
        node.secret, node.note = True, note
        return node

    def fault(self, code: ErrorCode, at: int | None = None) -> NoReturn:
        """End the reading at a byte."""
        raise Stop(code, self.at if at is None else at)

    @property
    def nodes(self) -> list[Node]:
        """What was read at the top."""
        return self._root.children

    def spans(self, *, reveal: bool) -> tuple[Span, ...]:
        """What was read, its last byte included, with what may not be shown taken out."""
        self.stop = len(self.data)
        self.rest()
        masks = any(_hides(leaf, doubt) for leaf, doubt in _leaves(self._root, Doubt.SURE))
        return tuple(
            self._span(node, Doubt.SURE, masks and not reveal, reveal) for node in self.nodes
        )

    def _span(self, node: Node, doubt: Doubt, masks: bool, reveal: bool) -> Span:
        doubt = max(doubt, node.doubt)
        if node.children:
            children = tuple(self._span(one, doubt, masks, reveal) for one in node.children)
            named = reveal or not node.common or doubt is not Doubt.LOST
            return Span(
                self.base + node.start, node.end - node.start,
                node.name if named else node.common, value=node.value if named else "",
                right=node.right, wrong=node.wrong, expected=node.expected, note=node.note,
                inline=node.inline, children=children,
            )  # fmt: skip
        mask = not reveal and (_hides(node, doubt) or (node.guarded and masks))
        if mask and doubt is Doubt.LOST:
            # under which name it stands says nothing of what it is
            return Span(
                self.base + node.start, node.end - node.start, node.common or node.name,
                masked=True,
            )  # fmt: skip
        return Span(
            self.base + node.start, node.end - node.start, node.name,
            None if mask else node.raw, "" if mask else node.value, node.unit, node.category,
            node.action, node.by, node.right, node.wrong, node.expected, node.note, mask,
            data=b"" if mask else self.bytes_of(node),
        )  # fmt: skip


def _leaves(node: Node, doubt: Doubt) -> Iterator[tuple[Node, Doubt]]:
    doubt = max(doubt, node.doubt)
    if not node.children:
        yield node, doubt
    for child in node.children:
        yield from _leaves(child, doubt)


def _hides(node: Node, doubt: Doubt) -> bool:
    return hidden(
        doubt, node.end - node.start, plain=node.plain, secret=node.secret,
        plausible=node.plausible, value=node.is_value, wrong=bool(node.wrong),
    )  # fmt: skip
