"""Frames of trackers in bulk: construct makes one of each form, numpy writes what differs into copies.

Where a field stands is not written down here: construct makes a record with zeros and one with the
field's highest value, and the bytes that differ are the field.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gpsproto import codecs
from gpsproto.build.draws import Ints
from gpsproto.build.layouts import Element, Layout, Steady, Text, members
from gpsproto.build.teltonika import Record, body, tcp_frame, udp_packet
from gpsproto.build.trips import Motion
from gpsproto.checksum import crc16, tables
from gpsproto.walk import frames as walk
from gpsproto.wire.limits import AVL

Transport = Literal["tcp", "udp"]
Bytes = npt.NDArray[np.uint8]

_NO_IMEI = "0" * 15
_ON_CHANGE = 239  # the id of ignition: what made the record
_FIXED = (
    ("timestamp_ms", (1 << 64) - 1), ("priority", 255), ("longitude_e7", -1),
    ("latitude_e7", -1), ("altitude_m", -1), ("angle_deg", 65_535), ("satellites", 255),
    ("speed_kmh", 65_535), ("generation", 255),
)  # fmt: skip
_GENERATIONS = 8


def differing(one: bytes, other: bytes) -> list[int]:
    """The places at which two frames of a length differ."""
    if len(one) != len(other):
        raise ValueError("frames of one length are wanted")
    return [at for at, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]]


class TrackerTemplate:
    """Frames of ``records`` records of one codec and layout, over TCP or as datagrams.

    Raises ValueError for a frame over the limit of decoders, 8,192 bytes of data.
    """

    def __init__(
        self, codec: int, layout: Layout, records: int, transport: Transport = "tcp"
    ) -> None:
        self._codec = codec
        self._records = records
        self._udp = transport == "udp"
        self._shape = codecs.shapes()[codec]
        sent = members(layout, self._shape)
        self._elements = [one for one in sent if isinstance(one, (Element, Steady))]
        self._texts = [one for one in sent if isinstance(one, Text)]
        blank = self._blank()
        self._frame = self._built([blank] * records, _NO_IMEI, 0)
        inside = body(codec, [blank])
        if len(body(codec, [blank] * records)) > AVL:
            raise ValueError("a frame would be over 8,192 bytes: fewer records, or another layout")
        self._start = self._frame.index(body(codec, [blank] * records))
        self._first = self._start + 2  # behind codec id and count
        self._record_size = len(inside) - 3
        self._dtype = self._structure(inside, blank)

    @property
    def size(self) -> int:
        """Bytes of a frame."""
        return len(self._frame)

    @property
    def records(self) -> int:
        """Records of a frame."""
        return self._records

    @property
    def damageable(self) -> tuple[int, int]:
        """First byte, and one past the last, whose change makes nothing but the CRC wrong."""
        return self._first, self.size - 5

    def _blank(self) -> Record:
        return Record(
            0,
            elements=[
                (one.id, one.width, one.always if isinstance(one, Steady) else 0)
                for one in self._elements
            ],
            variable=[(one.id, one.head + b"0" * one.digits) for one in self._texts],
        )

    def _built(self, records: Sequence[Record], imei: str, number: int) -> bytes:
        if not self._udp:
            return tcp_frame(self._codec, records)
        return udp_packet(
            self._codec, records, imei, channel_packet_id=number & 0xFFFF,
            avl_packet_id=number & 0xFF,
        )  # fmt: skip

    def _changes(self, blank: Record) -> Iterator[tuple[str, Record]]:
        """A name for each field, and a record that differs from the blank one in it."""
        changes: dict[str, Any]
        for name, highest in _FIXED:
            changes = {name: highest}
            if name != "generation" or self._shape.generation:
                yield name, replace(blank, **changes)
        yield "event", replace(blank, event=(1 << (8 * self._shape.id_size)) - 1)
        for place, one in enumerate(self._elements):
            if isinstance(one, Element):
                changed = list(blank.elements)
                changed[place] = (one.id, one.width, (1 << (8 * one.width)) - 1)
                yield f"element {place}", replace(blank, elements=changed)
        for place, text in enumerate(self._texts):
            if text.digits:
                changed_texts = list(blank.variable)
                changed_texts[place] = (text.id, text.head + b"9" * text.digits)
                yield f"text {place}", replace(blank, variable=changed_texts)

    def _structure(self, inside: bytes, blank: Record) -> np.dtype[Any]:
        """A record as a numpy type of big-endian integers at the places that construct shows."""
        names: list[str] = []
        formats: list[Any] = []
        offsets: list[int] = []
        for name, changed in self._changes(blank):
            at = differing(inside, body(self._codec, [changed]))
            if at != list(range(at[0], at[-1] + 1)):
                raise AssertionError("a field is not in one piece")
            names.append(name)
            formats.append(("u1", (len(at),)) if name.startswith("text") else f">u{len(at)}")
            offsets.append(at[0] - 2)
        return np.dtype({
            "names": names, "formats": formats, "offsets": offsets,
            "itemsize": self._record_size,
        })  # fmt: skip

    @cached_property
    def _blank_row(self) -> Bytes:
        return np.frombuffer(self._frame, np.uint8)

    def written(self, motion: Motion, imeis: Sequence[str], numbers: Ints) -> tuple[bytes, Ints]:
        """Frames of the motion's records, one behind the other, and the bytes of each.

        The motion has a row a frame.  ``imeis`` and ``numbers`` (which make the packet ids) are of
        the frames, and stand in datagrams only.
        """
        count = len(motion.time_ms)
        rows = np.empty((count, self.size), np.uint8)
        rows[:] = self._blank_row
        inside = rows[:, self._first : self._first + self._records * self._record_size]
        # a record's bytes are the last axis: viewed as the record
        cells = inside.reshape(count, self._records, self._record_size).view(self._dtype)[:, :, 0]
        for name, values in self._columns(motion):
            cells[name] = values
        if self._udp:
            rows[:, 8:23] = np.frombuffer("".join(imeis).encode(), np.uint8).reshape(count, 15)
            rows[:, 2], rows[:, 3], rows[:, 5] = numbers >> 8 & 255, numbers & 255, numbers & 255
        else:
            sums = self._sums(rows.tobytes(), count)
            rows[:, -2:] = sums.astype(">u2").view(np.uint8).reshape(count, 2)
        return rows.tobytes(), np.full(count, self.size, np.int64)

    def _sums(self, data: bytes, count: int) -> npt.NDArray[np.uint16]:
        start, stop = self._start, self.size - 4
        begins = range(0, count * self.size, self.size)
        if walk.COMPILED:
            ways = tables()
            found = [walk.crc16(data, at + start, at + stop, ways) for at in begins]
        else:
            found = [crc16(data[at + start : at + stop]) for at in begins]
        return np.array(found, np.uint16)

    def _columns(self, motion: Motion) -> Iterator[tuple[str, Any]]:
        yield "timestamp_ms", motion.time_ms
        yield "priority", motion.ignition_changes
        yield "longitude_e7", motion.longitude_e7
        yield "latitude_e7", motion.latitude_e7
        yield "altitude_m", motion.altitude_m
        yield "angle_deg", motion.course_deg
        yield "satellites", motion.satellites
        yield "speed_kmh", motion.speed_kmh
        yield "event", motion.ignition_changes * _ON_CHANGE
        if self._shape.generation:
            yield "generation", _generation(motion)
        for place, one in enumerate(self._elements):
            if isinstance(one, Element):
                yield f"element {place}", one.value(motion)
        for place, text in enumerate(self._texts):
            if text.digits:
                yield f"text {place}", _digits(motion, text)

    def meant(self, motion: Motion, row: int) -> list[Record]:
        """The records of a frame, by its row in the motion."""
        one = motion.row(row)
        values = [(each.id, each.width, _unsigned(one, each)) for each in self._elements]
        texts = [(text.id, _texts(one, text)) for text in self._texts]
        generations = _generation(one)[0] if self._shape.generation else [0] * self._records
        return [
            Record(
                int(one.time_ms[0, n]), int(one.longitude_e7[0, n]), int(one.latitude_e7[0, n]),
                int(one.altitude_m[0, n]), int(one.course_deg[0, n]), int(one.satellites[0, n]),
                int(one.speed_kmh[0, n]), int(one.ignition_changes[0, n]),
                int(one.ignition_changes[0, n]) * _ON_CHANGE, int(generations[n]),
                [(id, width, int(column[n])) for id, width, column in values],
                [(id, column[n]) for id, column in texts],
            )
            for n in range(self._records)
        ]  # fmt: skip

    def by_construct(self, motion: Motion, row: int, imei: str, number: int) -> bytes:
        """The same frame, made by construct from typed values."""
        return self._built(self.meant(motion, row), imei, number)


def _generation(motion: Motion) -> Ints:
    """What made a record of Codec 16: a change of the ignition, or the clock."""
    return np.where(motion.ignition_changes > 0, 5, _GENERATIONS - 1)


def _unsigned(motion: Motion, one: Element | Steady) -> npt.NDArray[np.uint64]:
    """Raw values of the only row, as they are sent."""
    values = np.array([[one.always]]) if isinstance(one, Steady) else one.value(motion)
    sent = values.astype(np.uint64) & np.uint64((1 << (8 * one.width)) - 1)
    row: npt.NDArray[np.uint64] = np.broadcast_to(sent, motion.time_ms.shape)[0]
    return row


def _digits(motion: Motion, text: Text) -> Bytes:
    """The digits of a text: a row of bytes a record."""
    rest = np.broadcast_to(motion.device, motion.time_ms.shape)
    out = np.empty((*rest.shape, text.digits), np.uint8)
    for place in range(text.digits - 1, -1, -1):
        rest, out[..., place] = rest // 10, 48 + rest % 10
    return out


def _texts(motion: Motion, text: Text) -> list[bytes]:
    drawn = _digits(motion, text)[0] if text.digits else None
    count = motion.time_ms.shape[1]
    return [text.head + (b"" if drawn is None else drawn[n].tobytes()) for n in range(count)]
