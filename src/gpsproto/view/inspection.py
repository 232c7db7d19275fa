"""A frame of a dump, read for the eye: its spans, what decode() made of it, and where it is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gpsproto import codecs
from gpsproto.errors import MEANINGS, ErrorCode
from gpsproto.privacy.policy import Policy
from gpsproto.view import body, envelope, watch
from gpsproto.view.actions import Actions
from gpsproto.view.masking import PERSONAL
from gpsproto.view.reading import Reading, Stop
from gpsproto.view.spans import Span, leaves
from gpsproto.view.units import Kind, Unit

VERSION = 1
"""Of the JSON form."""


class Setting:
    """Under which policy a frame is looked at, and as of which device family."""

    def __init__(self, policy: Policy, family: str | None = None) -> None:
        self.policy = policy
        self.family = family

    @cached_property
    def trackers(self) -> Actions:
        """What becomes of a tracker's fields."""
        return Actions(self.policy, codecs.AVL, self.family)

    @cached_property
    def watches(self) -> Actions:
        """What becomes of a watch's fields."""
        return Actions(self.policy, codecs.WATCH, self.family)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Inspection:
    """A unit of a dump, read.  ``code`` and ``at`` say why it was refused, and at which byte."""

    kind: Kind
    number: int
    offset: int
    size: int
    form: str
    spans: tuple[Span, ...]
    code: ErrorCode | None
    at: int | None
    notes: tuple[ErrorCode, ...]
    records: int
    revealed: bool

    def __repr__(self) -> str:
        return f"Inspection({self.kind.value}, offset={self.offset}, size={self.size})"

    @property
    def reason(self) -> str:
        """Why it was refused or skipped, in words."""
        return "" if self.code is None else MEANINGS[self.code]

    @property
    def masked_bytes(self) -> int:
        """How many bytes are not shown."""
        return sum(one.size for one in leaves(self.spans) if one.masked)

    @property
    def is_personal(self) -> bool:
        """Whether what is shown tells of a person by itself."""
        return any(one.category in PERSONAL for one in leaves(self.spans) if not one.masked)

    def record(self, number: int) -> Inspection:
        """The same with one record or command alone, counted from 1.  ValueError for none of that
        number."""
        records = [one for one in self.spans if _is_record(one)]
        if not 1 <= number <= len(records):
            raise ValueError("no record of that number")
        return Inspection(
            self.kind, self.number, self.offset, self.size, self.form, (records[number - 1],),
            self.code, self.at, self.notes, self.records, self.revealed,
        )  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "version": VERSION,
            "kind": self.kind.value,
            "frame": self.number or None,
            "offset": self.offset,
            "size": self.size,
            "form": self.form,
            "records": self.records,
            "code": None if self.code is None else self.code.value,
            "reason": self.reason or None,
            "at": self.at,
            "notes": [one.value for one in self.notes],
            "revealed": self.revealed,
            "masked_bytes": self.masked_bytes,
            "spans": [one.as_dict() for one in self.spans],
        }


def _is_record(span: Span) -> bool:
    return bool(span.children) and span.name.partition(" ")[0] in ("record", "command")


def inspected(unit: Unit, setting: Setting, *, reveal: bool = False) -> Inspection:
    """Read a unit: each byte of it is in one leaf of the spans; without ``reveal`` no identifier."""
    r = Reading(unit.data, unit.offset)
    form, stopped = _read(r, unit, setting)
    spans = r.spans(reveal=reveal)
    if unit.size > len(unit.data):
        # more of the same, which was not copied
        more = Span(
            unit.offset + len(unit.data), unit.size - len(unit.data), "not read", masked=True
        )
        spans = (*spans, more)
    code, at = unit.code, None if unit.code is None else unit.at
    if stopped is not None and (code is None or code is stopped.code):
        # a framer may know the packet only, and no byte of it
        code, at = stopped.code, unit.offset + stopped.at
    return Inspection(
        unit.kind, unit.number, unit.offset, unit.size, form, spans, code, at, unit.notes,
        sum(_is_record(one) for one in spans), reveal,
    )  # fmt: skip


def _read(r: Reading, unit: Unit, setting: Setting) -> tuple[str, Stop | None]:
    """Read by what the unit is; its form in words, and where the reading stopped."""
    data = unit.data
    if unit.kind is Kind.LOGIN:
        return "login", envelope.login(r, setting.trackers)
    if unit.kind is Kind.SKIPPED:
        return _skipped(r, unit, setting), None
    if unit.watch:
        return "frame of a watch", watch.frame(r, setting.watches, unit.body)
    if unit.message or (unit.body is not None and unit.body[0] == 0):
        stopped = envelope.short_message(r, setting.trackers)
        return _named("SMS", data, 0), stopped
    if _is_packet(unit):
        stopped = envelope.udp(r, setting.trackers)
        return _named("UDP packet", data, 8 + data[7] if len(data) > 8 else len(data)), stopped
    if data[:1] == b"\0" and data[1:2] and data[1]:
        return "login", envelope.login(r, setting.trackers)
    return _named("TCP frame", data, 8), envelope.tcp(r, setting.trackers, code=unit.code)


def _is_packet(unit: Unit) -> bool:
    """Whether it is a channel packet: by where its body begins, else by the form of the dump."""
    return unit.datagram if unit.body is None else unit.body[0] > 8


def _named(form: str, data: bytes, at: int) -> str:
    name = body.name_of(data[at]) if at < len(data) else ""
    return f"{form}, {name}" if name else form


def _skipped(r: Reading, unit: Unit, setting: Setting) -> str:
    """Bytes that belong to no frame: shown where all of them are known."""
    if unit.code is ErrorCode.KEEP_ALIVE:
        envelope.keep_alive(r)
    elif unit.code is ErrorCode.BETWEEN_FRAMES:
        r.leaf("line ends and blanks", r.left, plain=True)
    elif unit.code is ErrorCode.BAD_HANDSHAKE:
        envelope.login(r, setting.trackers)
    elif unit.code is ErrorCode.BAD_PREAMBLE:
        envelope.tcp(r, setting.trackers)
    return "no frame"
