"""Messages of Codec 12 to 15 for hypothesis: every type, texts that have keys and texts that do not."""

from __future__ import annotations

from hypothesis import strategies as st

from gpsproto.codecs import camera
from gpsproto.codecs.command import Command

_NUMBERS = st.sampled_from(["0", "5", "6", "100", "101", "4116", "65535", "65536", "17234s"]) | (
    st.integers(0, 10**10).map(str)
)
_KEYS = st.sampled_from(
    ["Uptime", "UpTime", "Signal", "BatV", "BatLvl", "IMEI", "xUptime", "ExtV", "uptime"]
)
_BEGINS = st.sampled_from(
    ["", "Ver:1 ", "INI:2019/7/22 7:22 ", "RTC:1 ", "DI1:1 ", "Data Link: 1 ", "BatState: 1 ",
     "ChargerType: X ", " Ver:1 ", "Ver", "Param ID:2001 Val:"]
)  # fmt: skip


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """An answer, or what could be taken for one."""
    parts = [draw(_BEGINS)]
    for _ in range(draw(st.integers(0, 4))):
        colon = draw(st.sampled_from([":", ": ", ":  ", ":\n", ""]))
        end = draw(st.sampled_from([" ", "\r\n", "\n", ";", "", "  "]))
        parts.append(draw(_KEYS) + colon + draw(_NUMBERS) + end)
    return "".join(parts).encode()


_LENGTHS = st.sampled_from([0, 1, 32, 33, 128, 129, 512, 513, 2_048, 2_049]).map(bytes)
_PHOTOS = st.sampled_from([
    camera.GRAMMARS[name].build({
        "image": 7, "size": 9, "offset": 3, "data": b"\xff\xd8abc", "command": 2, "error": 11,
    })
    for name in camera.GRAMMARS
])  # fmt: skip
data = texts() | _LENGTHS | _PHOTOS | st.binary(max_size=40)
_SECONDS = st.sampled_from([0, 0x0A81C320, 946_684_799, 946_684_800, 0xFFFFFFFF])
_MILLISECONDS = st.sampled_from([946_684_799_999, 946_684_800_000, 0x16C0A81C320, 1 << 42])


@st.composite
def bodies(draw: st.DrawFn, form: Command) -> bytes:
    """A body that its grammar takes."""
    milliseconds = form.time and not form.imei and draw(st.booleans())
    type = draw(st.sampled_from([*form.types]) | st.integers(0, 255))
    return form.body(
        type, draw(data),
        time=draw(_MILLISECONDS if milliseconds else _SECONDS | st.integers(0, 0xFFFFFFFF)),
        imei=draw(st.binary(min_size=8, max_size=8)),
        quantity=draw(st.sampled_from([0, 1, 1, 1, 2, 255])), milliseconds=milliseconds,
    )  # fmt: skip
