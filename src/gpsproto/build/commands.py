"""Teltonika commands, their answers and what else Codec 12 to 15 carry, from typed values.

Each function gives a whole frame.  ``codec`` is 12, 13, 14 or 15; 13 and 15 have a time, 14 and 15 an
IMEI.  ValueError, without any value in it, for what does not fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from gpsproto import codecs
from gpsproto.build.teltonika import framed
from gpsproto.codecs import camera
from gpsproto.codecs.command import Command, Kind

_MOST_DIGITS = 16


def command(text: str, *, codec: int = 12, imei: str | None = None, quantity: int = 1) -> bytes:
    """What a server orders.  Codec 12, 14."""
    return _said(Kind.COMMAND, text, codec, imei=imei, quantity=quantity)


def answer(
    text: str, *, codec: int = 12, imei: str | None = None, time_s: int | None = None,
    quantity: int = 1,
) -> bytes:  # fmt: skip
    """What a device answers."""
    return _said(Kind.ANSWER, text, codec, imei=imei, time_s=time_s, quantity=quantity)


def refusal(imei: str) -> bytes:
    """That the device is not the one of this IMEI.  Codec 14."""
    return message(14, _type(_form(14), Kind.REFUSAL), b"", imei=imei)


def serial(
    data: bytes, *, codec: int = 12, type: int = 0x0B, imei: str | None = None,
    time_s: int | None = None,
) -> bytes:  # fmt: skip
    """What came over a serial port."""
    if _form(codec).kind(type) is not Kind.SERIAL:
        raise ValueError("this type is another message's")
    return message(codec, type, data, imei=imei, time_s=time_s)


def photo_order() -> bytes:
    """A server: take a picture."""
    return _pictured("order", {})


def photo_created(image: int, size: int) -> bytes:
    """A device: the picture is there, of so many bytes."""
    return _pictured("created", {"image": image, "size": size})


def photo_request(image: int, offset: int, size: int) -> bytes:
    """A server: send so many bytes from an offset on."""
    return _pictured("request", {"image": image, "offset": offset, "size": size})


def photo_part(image: int, offset: int, data: bytes) -> bytes:
    """A device: bytes of the picture from an offset on."""
    return _pictured("part", {"image": image, "offset": offset, "data": data})


def photo_error(command: int, error: int) -> bytes:
    """A device: a sub-command failed, and why."""
    return _pictured("error", {"command": command, "error": error})


def message(
    codec: int, type: int, data: bytes, *, imei: str | None = None, time_s: int | None = None,
    time_ms: int | None = None, quantity: int = 1,
) -> bytes:  # fmt: skip
    """A frame of any type.  ``time_ms`` writes the 8 bytes of an old example of Codec 13."""
    form = _form(codec)
    if form.imei != (imei is not None):
        raise ValueError("Codec 14 and 15 have an IMEI, 12 and 13 have none")
    if form.time != ((time_s is None) != (time_ms is None)) or (time_ms is not None and form.imei):
        raise ValueError("Codec 13 and 15 have one time, 12 and 14 have none")
    digits = imei or ""
    if imei is not None and not (imei.isascii() and imei.isdigit() and len(imei) <= _MOST_DIGITS):
        raise ValueError("an IMEI is at most 16 digits")
    body: bytes | None = None
    with suppress(Exception):  # construct has many, and each quotes the value
        body = form.body(
            type, data, time=time_s or time_ms or 0,
            imei=bytes.fromhex(digits.rjust(_MOST_DIGITS, "0")), quantity=quantity,
            milliseconds=time_ms is not None,
        )  # fmt: skip
    if body is None:
        raise ValueError("a value does not fit its field")
    return framed(body)


def _said(
    kind: Kind, text: str, codec: int, *, imei: str | None = None, time_s: int | None = None,
    quantity: int = 1,
) -> bytes:  # fmt: skip
    if not text.isascii():
        raise ValueError("the text is ASCII")
    type = _type(_form(codec), kind)
    data = text.encode("ascii")
    return message(codec, type, data, imei=imei, time_s=time_s, quantity=quantity)


def _pictured(name: str, parts: Mapping[str, int | bytes]) -> bytes:
    data: bytes | None = None
    with suppress(Exception):
        data = bytes(camera.GRAMMARS[name].build(parts))
    if data is None:
        raise ValueError("a value does not fit its field")
    return message(12, _type(_form(12), Kind.PHOTO), data)


def _form(codec: int) -> Command:
    """The codec's form, from its module."""
    for module in codecs.modules():
        form = getattr(module, "FORM", None)
        if isinstance(form, Command) and form.codec == codec:
            return form
    raise ValueError("no such codec of commands")


def _type(form: Command, kind: Kind) -> int:
    """The number of a kind; the latest, where a codec has had two."""
    found = [type for type, one in form.types.items() if one is kind]
    if not found:
        raise ValueError("this codec has no such message")
    return found[-1]
