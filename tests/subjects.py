"""What the stream, mutation and agreement suites run over: one subject a codec of the registry.

A subject says how frames of a codec are drawn, found, damaged and read; the suites say what must
hold of them all.  A protocol of ``codecs.terms()`` that is not in ``_OF_PROTOCOL`` fails here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from gpsproto import catalog, codecs
from gpsproto.build import body, codec7_frame, framed, login, tcp_frame, watch
from gpsproto.codecs import codec4, codec7
from gpsproto.codecs.avl import Shape
from gpsproto.codecs.command import Command
from gpsproto.codecs.watch import grammar
from gpsproto.errors import FramingLost, TruncatedStream
from gpsproto.privacy.policy import Policy
from gpsproto.wire.bracket import BracketFramer
from gpsproto.wire.frame import Frame, Handshake, Rejected, Skipped
from gpsproto.wire.stream import StreamFramer
from gpsproto.wire.teltonika_tcp import TcpFramer
from tests import command_strategies, watch_strategies
from tests.gh_strategies import gh_bodies, gh_record_lists
from tests.strategies import IMEI, damaged, record_lists
from tests.walk import command_oracle, gh_oracle, oracle, watch_oracle
from tests.watch_rows import expected, says_something

Found = tuple[list[dict[str, Any]], set[str]]
"""Rows, and the names of what is noted."""


@dataclass(frozen=True)
class Subject:
    """A codec, for the suites.

    ``conversations`` are whole and right; ``streams`` hold what else may come.
    ``content`` is what a framer gives as the body of an intact frame, and ``framed`` puts any body
    into a frame whose length and checksum are right.  From ``head(frame)`` bytes on it is known how
    many are to come; ``ends`` says whether a prefix of a frame could end at its last byte.
    ``groups`` are frames, each with those that hold its records one by one.  ``oracle`` says what a
    body gives under a policy, None where it does not read such a body; ``rebuilt`` is a body through
    its grammar and back.
    """

    name: str
    protocol: str
    frames: st.SearchStrategy[bytes]
    conversations: st.SearchStrategy[bytes]
    streams: st.SearchStrategy[bytes]
    groups: st.SearchStrategy[tuple[bytes, list[bytes]]]
    bodies: st.SearchStrategy[bytes]
    live: Callable[..., Any]
    content: Callable[[bytes], bytes]
    framed: Callable[[bytes], bytes]
    head: Callable[[bytes], int]
    ends: Callable[[bytes], bool]
    oracle: Callable[[bytes, Policy, str | None], Found | None]
    rebuilt: Callable[[bytes], bytes]
    families: Sequence[str | None]
    damaged: Callable[[bytes], st.SearchStrategy[bytes]] = damaged

    def resyncs(self) -> list[Any]:
        """Fresh framers of a dump: of this protocol alone, and of a mixed one."""
        return [self.live(resync=True), StreamFramer()]


# trackers


def _read_tracker(data: bytes, policy: Policy, family: str | None) -> Found | None:
    """The codec stands in the body: damage may have made it another one."""
    if len(data) >= 3 and data[0] in codecs.readings():
        if data[0] != codec7.CODEC:
            return None
        of_gh = gh_oracle.parse(data)
        return ([] if of_gh is None else gh_oracle.records(of_gh, policy)), set()
    parsed = oracle.parse(data[0], data) if len(data) >= 3 else None
    return ([] if parsed is None else oracle.records(parsed, policy, family)), set()


def _tracked(shape: Shape) -> Subject:
    codec = shape.codec
    records = record_lists(codec)

    @st.composite
    def conversations(draw: st.DrawFn) -> bytes:
        """Logins, keep-alives and frames in an order that devices send."""
        parts = [login(IMEI)] if draw(st.booleans()) else []
        for _ in range(draw(st.integers(1, 4))):
            parts.append(b"\xff" * draw(st.integers(0, 2)))
            parts.append(tcp_frame(codec, draw(records)))
            if draw(st.integers(0, 5)) == 0:
                parts.append(login(IMEI))
        return b"".join(parts)

    parser = shape.grammar()
    return Subject(
        name=f"codec 0x{codec:02X}",
        protocol=codecs.AVL,
        frames=records.map(lambda found: tcp_frame(codec, found)),
        conversations=conversations(),
        streams=conversations(),
        groups=records.map(
            lambda found: (tcp_frame(codec, found), [tcp_frame(codec, [one]) for one in found])
        ),
        bodies=records.map(lambda found: body(codec, found)),
        live=TcpFramer,
        content=lambda frame: frame[8:-4],
        framed=framed,
        head=lambda _: 9,
        ends=lambda _: False,
        oracle=_read_tracker,
        rebuilt=lambda data: bytes(parser.build(parser.parse(data))),
        families=[None, *(name for name in catalog.FAMILIES)],
    )


def _commanded(form: Command) -> Subject:
    bodies = command_strategies.bodies(form)
    frames = bodies.map(framed)

    @st.composite
    def conversations(draw: st.DrawFn) -> bytes:
        """A login or none, then messages, keep-alives and frames of records between them."""
        parts = [login(IMEI)] if draw(st.booleans()) else []
        for _ in range(draw(st.integers(1, 4))):
            parts += [b"\xff" * draw(st.integers(0, 2)), draw(frames)]
            if draw(st.booleans()):
                parts.append(tcp_frame(0x08, draw(record_lists(0x08))))
        return b"".join(parts)

    def read(data: bytes, policy: Policy, family: str | None) -> Found | None:
        if data[:1] != bytes([form.codec]):
            return None  # damage has made it another codec's
        return command_oracle.read(form, data, policy), set()

    parser = form.grammar()
    return Subject(
        name=f"codec 0x{form.codec:02X}",
        protocol=codecs.AVL,
        frames=frames,
        conversations=conversations(),
        streams=conversations(),
        groups=frames.map(lambda frame: (frame, [frame])),
        bodies=bodies,
        live=TcpFramer,
        content=lambda frame: frame[8:-4],
        framed=framed,
        head=lambda _: 9,
        ends=lambda _: False,
        oracle=read,
        rebuilt=lambda data: bytes(parser.build(parser.parse(data))),
        families=[None, "FMB", "FMX6", "GH"],
    )


def _gh() -> Subject:
    frames = gh_record_lists.map(codec7_frame)

    @st.composite
    def conversations(draw: st.DrawFn) -> bytes:
        """A login, keep-alives and frames."""
        parts = [login(IMEI)] if draw(st.booleans()) else []
        for _ in range(draw(st.integers(1, 3))):
            parts += [b"\xff" * draw(st.integers(0, 2)), draw(frames)]
        return b"".join(parts)

    parser = codec7.grammar()
    return Subject(
        name="codec 0x07",
        protocol=codecs.AVL,
        frames=frames,
        conversations=conversations(),
        streams=conversations(),
        groups=gh_record_lists.map(
            lambda found: (codec7_frame(found), [codec7_frame([one]) for one in found])
        ),
        bodies=gh_bodies,
        live=TcpFramer,
        content=lambda frame: frame[8:-4],
        framed=framed,
        head=lambda _: 9,
        ends=lambda _: False,
        oracle=_read_tracker,
        rebuilt=lambda data: bytes(parser.build(parser.parse(data))),
        families=[None, "GH", "FMB"],
    )


def _trackers() -> list[Subject]:
    """A codec a module of the registry; one that no line here knows fails."""
    found = []
    for module in codecs.modules():
        if hasattr(module, "SHAPE"):
            found.append(_tracked(module.SHAPE))
        elif hasattr(module, "FORM"):
            found.append(_commanded(module.FORM))
        elif module is codec7:
            found.append(_gh())
        else:  # of SMS, which no stream carries
            assert module is codec4
    return found


# watches

_ID = "8800000015"
_BETWEEN = st.sampled_from([b"", b"", b"\r\n", b" ", b"\t\n", b" [[[", b"junk"])
_COUNTS = st.sampled_from([b"", b"0", b"50", b"100", b"7.5", b"1000000000", b"-1", b"x", b" 9"])
_LINKS = st.tuples(
    st.sampled_from([b"LK", b"lk", b"KA", b"Lk"]), st.lists(_COUNTS, max_size=7)
).map(lambda parts: b",".join([parts[0], *parts[1]]))
_POSITIONS = st.builds(
    watch_strategies.content, watch_strategies.words, watch_strategies.positions()
)


def _content_at(frame: bytes) -> int:
    """Where the content of an intact frame begins: behind its third star, or the fourth."""
    parts = frame.split(b"*", 4)
    stars = 4 if frame.startswith(b"[ZJ") else 3
    return len(b"*".join(parts[:stars])) + 1


@st.composite
def _watched(draw: st.DrawFn, inside: bytes | None = None) -> bytes:
    """A frame whose length is right; its prefix says whether it has an index."""
    if inside is None:
        inside = draw(_LINKS | _POSITIONS | _POSITIONS)
    prefix = draw(st.sampled_from(["3G", "SG", "ZJ"]))
    index = draw(st.integers(0, 0xFFFF)) if prefix == "ZJ" else None
    return watch.frame(_ID, inside, prefix=prefix, index=index)


@st.composite
def _watch_conversations(draw: st.DrawFn) -> bytes:
    """Frames of one watch, with what stands between them."""
    parts = []
    for _ in range(draw(st.integers(1, 4))):
        parts += [draw(_BETWEEN), draw(_watched())]
    return b"".join(parts) + draw(st.sampled_from([b"", b"\r\n"]))


def _read_watch(data: bytes, policy: Policy, family: str | None) -> Found | None:
    found = watch_oracle.read(data, reachfar=family == "REACHFAR")
    if found["message"] not in ("position", "alarm", "link"):
        return None
    if b"," not in data or not says_something(found, policy):
        return [], found["notes"] if b"," in data else set()
    row = {name: value for name, value in expected(found, policy).items() if value is not None}
    return [row], found["notes"]


def _rebuilt_position(data: bytes) -> bytes:
    """A position payload through the grammar and back; other contents as they are."""
    word, _, payload = data.partition(b",")
    leads = watch_strategies.LEADS.get(word.decode("latin-1").upper())
    if word.upper() in (b"LK", b"KA"):
        return data
    before = b""
    if leads:
        before, _, payload = payload.partition(b",")
        before += b","
    fields = payload.split(b",")
    form = grammar.position(end_code=fields[-2:-1] == [b""] and fields[-1] in (b"00", b"10"))
    return bytes(word + b"," + before + form.build(form.parse(payload)))


def _watch() -> Subject:
    return Subject(
        name="watch",
        protocol=codecs.WATCH,
        frames=_watched(),
        conversations=_watch_conversations(),
        streams=watch_strategies.any_streams() | _watch_conversations(),
        groups=_watched().map(lambda frame: (frame, [frame])),
        bodies=_LINKS | _POSITIONS | _POSITIONS | _POSITIONS,
        live=BracketFramer,
        content=lambda frame: frame[_content_at(frame) : -1],
        framed=lambda data: b"[3G*%b*%04X*%b]" % (_ID.encode(), len(data), data),
        # two bytes of a word tell that they are no index
        head=lambda frame: _content_at(frame) + (0 if frame.startswith(b"[ZJ") else 2),
        ends=lambda prefix: b"]" in prefix,
        oracle=_read_watch,
        rebuilt=_rebuilt_position,
        families=[None, "REACHFAR"],
    )


_OF_PROTOCOL: dict[str, Callable[[], list[Subject]]] = {
    codecs.AVL: _trackers,
    codecs.WATCH: lambda: [_watch()],
}

SUBJECTS = [subject for protocol in codecs.terms() for subject in _OF_PROTOCOL[protocol]()]


def events(pieces: list[bytes], framer: Any, *, eof: bool = True) -> list[tuple[Any, ...]]:
    """What a framer finds, as comparable values; runs of skipped bytes joined."""
    found: list[tuple[Any, ...]] = []

    def take() -> None:
        for event in framer.events():
            place = event.offset, event.size
            if isinstance(event, Frame):
                number = event.envelope.conversation
                found.append(("frame", *place, bytes(event.body), event.notes, number))
            elif isinstance(event, Handshake):
                found.append(("login", *place, event.conversation))
            elif isinstance(event, Rejected):
                found.append(("rejected", *place, event.code, event.at))
            elif isinstance(event, Skipped):
                last = found[-1] if found else ()
                if last[:1] + last[3:] == ("skipped", event.code):
                    assert last[1] + last[2] == event.offset
                    found[-1] = (*last[:2], last[2] + event.size, event.code)
                else:
                    found.append(("skipped", *place, event.code))

    try:
        for piece in pieces:
            framer.receive(piece)
            take()
        if eof:
            framer.receive_eof()
            take()
    except FramingLost as lost:
        found.append(("lost", lost.offset, 0, lost.code))
    except TruncatedStream as cut:
        found.append(("truncated", cut.offset, cut.buffered, cut.needed))
    return found


def bytewise(data: bytes) -> list[bytes]:
    """Every byte as a read of its own."""
    return [data[at : at + 1] for at in range(len(data))]


def whole(found: list[tuple[Any, ...]], size: int) -> bool:
    """Whether every byte is in exactly one event."""
    edges = [(event[1], event[1] + event[2]) for event in found]
    starts = [0, *(end for _, end in edges)]
    return [start for start, _ in edges] + [size] == starts and all(b > a for a, b in edges)
