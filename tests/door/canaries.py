"""Canaries, the search for them, and every place at which one could come out."""

from __future__ import annotations

import base64
import io
import json
import random
import re
import traceback
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType

import numpy as np

import gpsproto
from gpsproto import PseudonymKey
from gpsproto.balance import Balance
from gpsproto.identity import Conversations
from gpsproto.privacy.policy import Policy
from gpsproto.sinks.arrow import ArrowSink
from gpsproto.sinks.csvfile import CsvSink
from gpsproto.sinks.jsonl import JsonLinesSink
from gpsproto.sinks.parquet import ParquetSink

SEED = 20_260_922
KEY = PseudonymKey(bytes(range(32)))
_ADDRESS = re.compile(r" at 0x[0-9a-f]+(?=>)")
_LEAST = 6  # bytes of a needle: what is shorter is found by accident


def imei(random_: random.Random) -> str:
    """A test IMEI: its allocation code, 00101, is given to no device."""
    body = "00101" + "".join(random_.choices("0123456789", k=9))
    total = sum(v - 9 if (v := int(d) * (1 + place % 2)) > 9 else v for place, d in enumerate(body))
    return body + str(-total % 10)


class Canaries:
    """Identifiers, texts and bytes planted, and every spelling of them to look for."""

    def __init__(self) -> None:
        self.random = random.Random(SEED)
        self.planted: list[str] = []
        self.planted_bytes: list[bytes] = []
        self._known = (0, 0)
        self._heads = np.empty(0, np.uint64)
        self._needles: dict[bytes, set[bytes]] = {}

    def new(self) -> str:
        """An IMEI."""
        self.planted.append(imei(self.random))
        return self.planted[-1]

    def digits(self, before: str, count: int) -> str:
        """Another number: of a watch, a SIM card, a telephone, a cell."""
        self.planted.append(before + "".join(self.random.choices("0123456789", k=count)))
        return self.planted[-1]

    def text(self, before: bytes = b"Qj", behind: bytes = b"") -> bytes:
        """A name, a password, what was written."""
        letters = bytes(self.random.choices(b"bcdfghjklmnpqrstvwxzBCDFGHJKLMNPQRSTVWXZ", k=10))
        self.planted_bytes.append(letters)
        return before + letters + behind

    def raw(self, count: int = 24) -> bytes:
        """Voice, or a picture."""
        self.planted_bytes.append(self.random.randbytes(count))
        return self.planted_bytes[-1]

    def needles(self) -> Iterator[bytes]:
        for digits in self.planted:
            number = int(digits)
            spelled = [
                digits, digits[::-1],
                # a shorter part would be found by accident
                *(part for part in (digits[:14], digits[4:14]) if len(part) >= 10),
                digits.encode().hex(), digits.encode().hex().upper(),
                f"{number:x}", f"{number:X}", number.to_bytes(9, "little").hex(),
                str(number), f"{float(number)!r}",
                base64.b64encode(digits.encode()).decode().rstrip("=")[:-1],
                ("0" + digits), digits + "f",
            ]  # fmt: skip
            for text in spelled:
                yield text.encode()
                yield text.encode("utf-16-le")
                yield text.encode("utf-16-be")
            for cell in (number, number + 1):  # as a cell keeps a number that may be null
                if cell < 1 << 64:
                    yield cell.to_bytes(8, "big")
                    yield cell.to_bytes(8, "little")
            bare = digits.lstrip("+")
            yield bytes.fromhex(bare if len(bare) % 2 == 0 else "0" + bare)
            yield bytes.fromhex(bare + "f" * (len(bare) % 2))
        for raw in self.planted_bytes:
            for spelling in (raw, raw[::-1], raw.lower(), raw.upper(), raw.swapcase()):
                yield spelling
                yield spelling.hex().encode()
                yield spelling.hex().upper().encode()
                yield base64.b64encode(spelling).rstrip(b"=")[:-1]
                yield repr(spelling).encode()[2:-1]
                wide = spelling.decode("latin-1").encode("utf-16-be")
                yield from (wide, wide.hex().encode(), wide.hex().upper().encode())
                yield from (wide[1:], spelling.decode("latin-1").encode())

    def _index(self) -> None:
        """The needles by their first bytes, which are looked for all at once."""
        known = len(self.planted), len(self.planted_bytes)
        if self._known == known:
            return
        self._known = known
        found: dict[bytes, set[bytes]] = defaultdict(set)
        for needle in self.needles():
            if len(needle) >= _LEAST:
                found[needle[:_LEAST]].add(needle)
        self._needles = dict(found)
        self._heads = np.array(sorted(int.from_bytes(head, "big") for head in found), np.uint64)

    def found(self, haystack: bytes) -> list[bytes]:
        """The needles that stand in some bytes."""
        self._index()
        size = len(haystack) - _LEAST + 1
        if size <= 0 or not len(self._heads):
            return []
        one = np.frombuffer(haystack, np.uint8)
        windows = np.zeros(size, np.uint64)
        for place in range(_LEAST):
            windows = windows << np.uint64(8) | one[place : place + size]
        places = np.searchsorted(self._heads, windows)
        places[places == len(self._heads)] = 0
        return [
            needle
            for at in np.flatnonzero(self._heads[places] == windows).tolist()
            for needle in self._needles[haystack[at : at + _LEAST]]
            if haystack.startswith(needle, at)
        ]


def table_bytes(batch: gpsproto.FilteredBatch) -> Iterator[bytes]:
    """Every buffer of a batch's Arrow table, raw."""
    for column in batch.to_arrow().columns:
        for chunk in column.chunks:
            yield from (buffer.to_pybytes() for buffer in chunk.buffers() if buffer is not None)


def every_output(data: bytes, kind: str, policy: Policy | str = "tracking") -> bytes:
    """All bytes that a run lets out: every sink, columns, rows, reprs, balance, memory of batches."""
    out = io.BytesIO()
    balance, conversations = Balance(), Conversations()
    with ExitStack() as stack:
        made = (JsonLinesSink, CsvSink, ParquetSink, ArrowSink)
        sinks = [stack.enter_context(sink(out)) for sink in made]
        for batch in gpsproto.decode(
            data,
            key=KEY,
            policy=policy,
            balance=balance,
            conversations=conversations,
            input_format=kind,
            batch_records=256,
        ):
            for sink in sinks:
                sink.write(batch)
            out.writelines(table_bytes(batch))
            out.write(repr(batch).encode() + repr(list(batch.rows())).encode())
            for name in (*batch.columns, *batch.attributes):
                values, validity = batch.column(name)
                out.write(name.encode() + repr(values.tolist()).encode() + validity.tobytes())
                if values.dtype != object:
                    out.write(values.tobytes())
            *numbers, labels = batch.attribute_map()
            out.writelines(repr(part.tolist()).encode() + part.tobytes() for part in numbers)
            out.write(repr(labels).encode())
            out.write(batch._FilteredBatch__contents.cells.tobytes())  # type: ignore[attr-defined]
            out.write(b"".join(names.encode() for names in batch.columns))
    assert balance.discrepancies() == []
    out.write(json.dumps(balance.as_dict()).encode() + repr(balance).encode())
    out.write(repr(conversations).encode())
    return out.getvalue()


def everything_of(error: BaseException, ours: str) -> str:
    """An error's text, attributes, chain, and the locals of the library's own frames."""
    shown = [str(error), repr(error), repr(vars(error)), repr(error.args)]
    assert error.__context__ is None
    assert error.__cause__ is None
    step: TracebackType | None = error.__traceback__
    while step is not None:
        if ours in step.tb_frame.f_code.co_filename:
            shown.append(repr(step.tb_frame.f_locals))
        step = step.tb_next
    shown.append("".join(traceback.TracebackException.from_exception(error).format()))
    # where an object stands in memory is by accident what a short number is in hexadecimal
    return _ADDRESS.sub("", "\n".join(shown))
