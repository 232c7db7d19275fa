"""How a mutant gets at an identifier, and the ways in which it lets it out."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from construct import ConstructError

import gpsproto
from gpsproto import codecs
from gpsproto.balance import Balance
from gpsproto.codecs import beacons
from gpsproto.identity import Conversations, DeviceId
from gpsproto.pipeline import Decoder
from gpsproto.privacy import arrow
from gpsproto.privacy.provenance import Provenance
from gpsproto.walk import codes
from gpsproto.wire.frame import FrameTable

Patch = pytest.MonkeyPatch
Write = Callable[[bytes], str]
Out = Callable[[bytes, Any], None]
"""Lets bytes out; the second is the balance of the run."""


class Plain:
    """A key that is none: what goes through it comes out."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def pseudonym(self, kind: str, canonical: bytes) -> str:
        return self._write(canonical)


def digits_of(device: DeviceId) -> bytes:
    return device.through(Plain(lambda data: data.decode())).encode()


def devices(conversations: Conversations) -> Iterator[bytes]:
    """The ids of all who spoke."""
    for number in range(1, len(conversations) + 1):
        device = conversations.device(number)
        if device is not None:
            yield digits_of(device)


# where it goes


def as_label(write: Write) -> Out:
    """The name of a count: a metric's label."""

    def out(data: bytes, balance: Balance) -> None:
        balance.messages[write(data)] += 1

    return out


def as_log(write: Write) -> Out:
    def out(data: bytes, _: Any) -> None:
        logging.getLogger("gpsproto.mutant").debug("odd frame %s", write(data))

    return out


def as_warning(write: Write) -> Out:
    def out(data: bytes, _: Any) -> None:
        warnings.warn(f"odd frame {write(data)}", stacklevel=2)

    return out


def as_print(write: Write, stream: str = "stderr") -> Out:
    def out(data: bytes, _: Any) -> None:
        print(write(data), file=getattr(sys, stream))

    return out


KEPT: list[bytes] = []
"""What was seen, for a sink that writes it into its file's metadata."""


def as_metadata(change: Callable[[bytes], bytes]) -> Out:
    def out(data: bytes, _: Any) -> None:
        KEPT.append(change(data))

    return out


def told_in_arrow(patch: Patch) -> None:
    """The schema of Arrow's files gets what was kept."""
    KEPT.clear()
    schema = arrow.schema

    def with_more(*given: Any, **named: Any) -> Any:
        made = schema(*given, **named)
        return made.with_metadata({**(made.metadata or {}), b"debug": b"\0".join(KEPT[-500:])})

    patch.setattr(arrow, "schema", with_more)


def told_in_parquet(patch: Patch, write: Callable[[bytes], str]) -> None:
    """The metadata of Parquet gets what was kept."""
    KEPT.clear()
    metadata = Provenance.metadata

    def with_more(self: Provenance) -> dict[str, str]:
        return {**metadata(self), "debug": " ".join(map(write, KEPT[-500:]))}

    patch.setattr(Provenance, "metadata", with_more)


# what it is


def of_bodies(patch: Patch, wanted: Callable[[bytes], list[bytes]], out: Out) -> None:
    """Of every frame that is decoded: parts of what it holds."""
    fills = codecs.fills()

    def spied(protocol: str) -> Any:
        def fill(table: FrameTable, first: int, last: int, columns: Any) -> int:
            for row in range(first, last):
                if table.cell(row, codes.KIND) == codes.FRAME:
                    for part in wanted(bytes(table.body(row))):
                        out(part, columns.balance)
            return fills[protocol](table, first, last, columns)

        return fill

    made = {protocol: spied(protocol) for protocol in fills}
    patch.setattr(codecs, "fills", lambda: made)


def of_others(patch: Patch, wanted: Callable[[bytes], list[bytes]], out: Out) -> None:
    """Of every frame that is refused or holds no record of AVL, and of all that is skipped."""
    count = FrameTable.count_others

    def spied(self: FrameTable, balance: Balance) -> None:
        for row in range(len(self)):
            kind, codec = self.cell(row, codes.KIND), self.cell(row, codes.CODEC)
            carried = kind == codes.FRAME and codec in codecs.readings()
            if carried or kind in (codes.REJECTED, codes.SKIPPED):
                start = self.cell(row, codes.OFFSET)
                for part in wanted(bytes(self.data[start : start + self.cell(row, codes.SIZE)])):
                    out(part, balance)
        count(self, balance)

    patch.setattr(FrameTable, "count_others", spied)


def of_devices(patch: Patch, out: Out) -> None:
    """Of every device that speaks: its id."""
    take = Decoder.finish

    def spied(self: Decoder) -> Any:
        for data in devices(self.conversations):
            out(data, self.balance)
        return take(self)

    patch.setattr(Decoder, "finish", spied)


def arguments(*words: str) -> Callable[[bytes], list[bytes]]:
    """The arguments of a watch's messages of some words."""
    wanted = {word.encode().upper() for word in words}

    def found(body: bytes) -> list[bytes]:
        word, *rest = body.split(b",")
        return rest if word.upper() in wanted else []

    return found


def elements(*ids: int) -> Callable[[bytes], list[bytes]]:
    """Elements of any length in a frame of Codec 8 Extended, by id."""
    grammar = codecs.shapes()[0x8E].grammar()

    def found(body: bytes) -> list[bytes]:
        if body[:1] != b"\x8e" or not any(id.to_bytes(2, "big") in body for id in ids):
            return []
        records: Any = ()
        with suppress(ConstructError):  # the bytes of an id stand elsewhere
            records = grammar.parse(body).records
        return [one.value for record in records for one in record.nx if one.id in ids]

    return found


def listed(type: int) -> Callable[[bytes], list[bytes]]:
    """The fields of a type in the advanced lists of beacons in a frame of Codec 8 Extended."""
    lists = elements(548, 10828, 10829, 10831, 11317)

    def found(body: bytes) -> list[bytes]:
        values: list[bytes] = []
        for data in lists(body):
            with suppress(ConstructError):  # a text was planted in place of a list
                records = beacons.ADVANCED.parse(data).records
                values += [one.value for fields in records for one in fields if one.type == type]
        return values

    return found


def in_library(name: str, source: str, **known: Any) -> Any:
    """A function as if it stood in a file of the library: its locals are the library's."""
    path = str(Path(gpsproto.__file__).parent / "wire" / "teltonika_tcp.py")
    scope = dict(known)
    exec(compile(source, path, "exec"), scope)
    return scope[name]
