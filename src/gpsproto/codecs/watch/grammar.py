"""The bracket protocol as constructs: what is well formed, for the builder and as an oracle.

::

    [VV*ID*LEN*CONTENT]      [VV*ID*IDX*LEN*CONTENT]      [<32 hex digits>VV*ID*LEN*CONTENT]

VV is two letters or digits (up to four where a signature stands before them), IDX and LEN four hex
digits; LEN counts the bytes of the content as sent.  A position payload is sixteen fields, cells,
Wi-Fi and an accuracy, all behind commas; see ``positions``.

This is the protocol as it is written down.  What watches make of it is the walk's to bear.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import construct as c

_WHOLE = rb"[0-9]+"
_NUMBER = rb" *[+-]?[0-9]+(\.[0-9]+)?"
_MAC = rb"[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}"
_CELL = rb"-?[0-9A-Fa-f]*"


def _spelt(part: Any, form: bytes) -> Any:
    """ASCII text of a form; what is not of the form is neither read nor written."""
    checked = c.ExprValidator(part, lambda text, _: re.fullmatch(form, text) is not None)
    return c.ExprAdapter(checked, lambda text, _: text.decode(), lambda text, _: text.encode())


def _four_digits() -> Any:
    """Four hexadecimal digits, as an integer."""
    return c.ExprAdapter(
        _spelt(c.Bytes(4), rb"[0-9A-Fa-f]{4}"),
        lambda digits, _: int(digits, 16),
        lambda number, _: f"{number:04X}",
    )


def frame(*, indexed: bool = False, signed: bool = False) -> Any:
    """A frame from bracket to bracket; it writes LEN, and refuses one that is not right."""
    header = c.NullTerminated(c.GreedyBytes, term=b"*")
    opening = ["signature" / _spelt(c.Bytes(32), rb"[0-9A-Fa-f]{32}")] if signed else []
    counted = ["index" / _four_digits(), c.Const(b"*")] if indexed else []
    return c.Struct(
        c.Const(b"["),
        *opening,
        "prefix" / _spelt(header, rb"[0-9A-Za-z]{2,4}" if signed else rb"[0-9A-Za-z]{2}"),
        "id" / _spelt(header, rb"[0-9A-Za-z]{1,20}"),
        *counted,
        "length" / c.Rebuild(_four_digits(), c.len_(c.this.content)),
        c.Const(b"*"),
        "content" / c.Bytes(c.this.length),
        c.Const(b"]"),
        c.Terminated,
    )


# Every field of a payload ends with a comma; that of the last one is put there, and taken away.
_FIELD = c.NullTerminated(c.GreedyBytes, term=b",")


def _separated(fields: Any) -> Any:
    return c.Transformed(fields, lambda data: data + b",", None, lambda data: data[:-1], None)


def _text(form: bytes) -> Any:
    return _spelt(_FIELD, form)


def _number(form: bytes = _NUMBER) -> Any:
    """A number with the decimals that it is written with; an empty field is None."""
    return c.ExprAdapter(
        _text(rb"(" + form + rb")?"),
        lambda text, _: Decimal(text) if text else None,
        lambda number, _: "" if number is None else f"{Decimal(str(number)):f}",
    )


def _count() -> Any:
    number = c.ExprAdapter(_text(_WHOLE), lambda text, _: int(text), lambda n, _: str(n))
    return c.Rebuild(number, c.len_(c.this.members))


def _there(name: str) -> Callable[[Any], bool]:
    """Whether a part that may be left out is there: more bytes stand, or a value is given."""

    def there(this: Any) -> bool:
        if this._building:
            return this[name] is not None
        at = this._io.tell()
        more = bool(this._io.read(1))
        this._io.seek(at)
        return more

    return there


def _network() -> Any:
    """A Wi-Fi network.  A comma in its name is sent as it is: the hardware address tells its end."""
    signal = "signal" / _number()
    name = "name" / _FIELD
    plain = c.Struct(name, "bssid" / _text(_MAC + rb"|0?"), signal)
    address = c.RepeatUntil(lambda part, _, __: re.fullmatch(_MAC, part) is not None, _FIELD)
    shifted = c.ExprAdapter(
        c.Struct("parts" / address, signal),
        lambda found, _: c.Container(
            name=b",".join(found.parts[:-1]), bssid=found.parts[-1].decode(), signal=found.signal
        ),
        lambda made, _: {"parts": [made.name, made.bssid.encode()], "signal": made.signal},
    )
    return c.Select(plain, shifted)


def position(*, end_code: bool = False) -> Any:
    """A position payload.  With ``end_code`` it is that of the ``SG`` firmware: behind the cells an
    empty field and two digits, no Wi-Fi, and a network even where there is no cell.
    """
    fixed = (
        "date" / _text(rb"[0-9]{6}"),
        "time" / _text(rb"[0-9]{6}"),
        "validity" / _text(rb"[AV]"),
        "latitude" / _number(),
        "latitude_letter" / _text(rb"[NS]?"),
        "longitude" / _number(),
        "longitude_letter" / _text(rb"[EW]?"),
        "speed_kmh" / _number(),
        "course_deg" / _number(),
        "altitude_m" / _number(),
        "satellites" / _number(),
        "signal_percent" / _number(),
        "battery_percent" / _number(),
        "steps" / _text(rb"(" + _NUMBER + rb"(@[0-9]+)?)?"),
        "rolls" / _number(),
        "status" / _text(rb"([0-9A-Fa-f]{4}|[0-9A-Fa-f]{8})?"),
    )
    network = c.Struct(
        "timing_advance" / _number(),
        "mcc" / _text(rb"[0-9]{0,3}|FFFF"),
        "mnc" / _text(rb"[0-9]{0,3}|FFFF"),
    )
    cell = c.Struct("lac" / _text(_CELL), "cid" / _text(_CELL), "signal" / _number())
    cells = c.Struct(
        "count" / _count(),
        "network" / c.If(lambda this: end_code or this.count, network),
        "members" / c.Array(c.this.count, cell),
    )
    if end_code:

        def spare(this: Any) -> bool:
            # behind a cell without signal the empty field is that signal's
            members = this.cells.members
            return not members or members[-1].signal is not None

        tail = ("cells" / cells, c.If(spare, c.Const(b",")), "end_code" / _text(rb"[0-9]{2}"))
    else:
        wifi = c.Struct("count" / _count(), "members" / c.Array(c.this.count, _network()))
        tail = tuple(
            name / c.If(_there(name), part)
            for name, part in (("cells", cells), ("wifi", wifi), ("accuracy_m", _number()))
        )
    return _separated(c.Struct(*fixed, *tail, c.Terminated))
