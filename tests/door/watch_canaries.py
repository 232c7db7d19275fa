"""A canary in every argument of every message that a watch may send; 15 % of the frames malformed."""

from __future__ import annotations

from collections.abc import Iterator

from gpsproto.build import Record, login, tcp_frame, watch
from gpsproto.build.watch import Cell, Position, Wifi
from gpsproto.category import Category
from gpsproto.codecs.watch import messages
from gpsproto.codecs.watch.message import Item, Message
from gpsproto.privacy.policy import Policy
from gpsproto.wire.bracket import escaped
from tests.door.canaries import Canaries

TRACKING = Policy.load("tracking")
MALFORMED = 0.15


def name(c: Canaries) -> bytes:
    """A name as watches are sent one: UTF-16 in hexadecimal."""
    return c.text().decode().encode("utf-16-be").hex().upper().encode()


def of_wifi(c: Canaries) -> bytes:
    """The name of a network, with what could be taken for the end of a field or of a frame."""
    before = c.random.choice([b"", b"[", b"fam, ", b"]", b"a}", b"[x] "])
    return c.text(before, c.random.choice([b"", b"]", b", 2", b"*"]))


def address(c: Canaries) -> str:
    """A hardware address; the spellings of its six bytes are looked for."""
    raw = b"\x02" + c.random.randbytes(5)
    text = raw.hex(c.random.choice([":", "-"]))
    c.planted_bytes += [raw, text.encode(), raw.hex(":").encode(), raw.hex("-").encode()]
    return c.random.choice([text, text.upper()])


def watch_id(c: Canaries) -> str:
    """As frames bear one: ten digits of an IMEI, or the whole of it."""
    return c.random.choice([c.digits("77", 8), c.new(), c.digits("0", 9)])


def fitting(c: Canaries, item: Item) -> bytes:
    """What could stand in a field; a number that is kept is a small one, and no canary."""
    if item.width and TRACKING.keeps(item.category):
        return b"%d" % max(item.least, min(item.most, 7))
    if item.width and item.most >= 10**8:
        return c.digits("", len(str(item.most)) - 1).encode()
    if item.width:
        return b"%d" % c.random.randint(max(item.least, 2), item.most)
    match item.category:
        case Category.DEVICE_ID | Category.THIRD_PARTY_ID:
            return c.random.choice([watch_id(c).encode(), of_wifi(c), address(c).encode()])
        case Category.SIM_ID:
            return c.random.choice([c.digits("8900", 16), c.digits("00101", 10)]).encode()
        case Category.CONTACT:
            return c.digits(c.random.choice(["+999", "00999", "06"]), 9).encode()
        case Category.PERSON_NAME | Category.MESSAGE:
            return c.random.choice([name(c), c.text(), c.digits("+999", 9).encode()])
        case Category.VOICE | Category.PHOTO:
            return escaped(b"#!AMR\n" + c.raw())
        case _:
            return c.random.choice([c.text(), c.text(b"", b".example"), watch_id(c).encode()])


def place(c: Canaries) -> bytes:
    """A position that is kept, with canaries in all that is not."""
    cells = tuple(
        Cell(204, "08", int(c.digits("15", 6)), int(c.digits("19", 7)), -70)
        for _ in range(c.random.randint(0, 3))
    )
    # an address behind each name tells where it ends, whatever commas it has
    wifi = tuple(Wifi(of_wifi(c), address(c), -61) for _ in range(c.random.randint(0, 4)))
    made = Position(
        1_750_000_000_000, c.random.random() < 0.7, 52.0000374, 5.1000201, speed_kmh=4.3,
        course_deg=87.5, altitude_m=12, satellites=9, signal_percent=80, battery_percent=64,
        steps=int(c.digits("4", 8)), steps_today=int(c.digits("5", 8)), rolls=int(c.digits("6", 8)),
        status=c.random.getrandbits(29), cells=cells, wifi=wifi, accuracy_m=9.5,
    )  # fmt: skip
    return watch.payload(made)


def contents(c: Canaries, message: Message) -> Iterator[bytes]:
    """Contents of a message: as it should be; with too much; with identifiers in every place."""
    word = message.word.encode()
    lead = [fitting(c, item) for item in message.items]
    if message.position:
        yield b",".join([word, *lead, place(c)])
        # whatever stands in a field of the fixed part, numbers too
        yield b",".join([word, *lead, *(watch_id(c).encode() for _ in range(20))])
        yield b",".join([word, *lead, *place(c).split(b",")[: c.random.randint(0, 16)]])
    rest = message.rest
    more = [] if rest is None else [fitting(c, rest) for _ in range(c.random.randint(1, 6))]
    yield b",".join([word, *lead, *more])
    yield b",".join([word.swapcase(), *lead, *more, c.text(), c.new().encode()])
    count = len(message.items) + 2
    yield b",".join([word, *(c.new().encode() for _ in range(count))])
    yield b",".join([word, *(c.text() for _ in range(count))])
    if message.keys:
        separator = message.separator.encode()
        pairs = [key.encode() + b":" + fitting(c, item) for key, item in message.keys.items()]
        pairs += [c.new().encode() + b":" + c.text(), c.text() + b":" + c.new().encode()]
        pairs += [c.text(), b":" + c.text(), b"GPS:OK(" + c.new().encode() + b")"]
        pairs += [key.encode() + b":" + c.new().encode() for key in message.keys]
        c.random.shuffle(pairs)
        yield word + b"," + separator.join(pairs)


def unknown(c: Canaries) -> Iterator[bytes]:
    """Words that nobody knows: the word itself may be an identifier."""
    for _ in range(12):
        yield c.new().encode()
        yield watch_id(c).encode() + b"," + c.text()
        yield c.text() + b"," + c.digits("+999", 9).encode()
        yield b"UD" + c.text() + b"," + place(c)
        yield b"UD_" + c.text() + b"," + c.new().encode()
        yield b"NEWWORD," + c.new().encode() + b"," + name(c)
        yield b"," + c.new().encode()
        yield c.raw()


def spelled(c: Canaries, inside: bytes, *, off: int = 0) -> bytes:
    """A frame: mostly plain; some have an index, some a signature."""
    kind = c.random.random()
    index = b"%04X*" % c.random.getrandbits(16) if kind < 0.2 else b""
    signature = c.random.randbytes(16).hex().encode() if kind > 0.9 else b""
    if signature:
        c.planted_bytes.append(bytes.fromhex(signature.decode()))
    id = watch_id(c).encode() if c.random.random() < 0.9 else c.text()
    return b"[%s3G*%s*%s%04X*%s]" % (signature, id, index, len(inside) + off, inside)


def malformed(c: Canaries, inside: bytes) -> bytes:
    """A frame that is cut, whose LEN is wrong, or whose header is broken."""
    whole = spelled(c, inside)
    match c.random.randrange(6):
        case 0:
            return whole[: c.random.randint(1, len(whole) - 1)]
        case 1:
            return whole[c.random.randint(1, len(whole) - 1) :]
        case 2:
            return spelled(c, inside, off=c.random.choice([-3, -1, 1, 13, 300]))
        case 3:
            broken = bytearray(whole)
            broken[c.random.randrange(min(30, len(broken)))] ^= c.random.randrange(1, 256)
            return bytes(broken)
        case 4:
            return whole.replace(b"*", b"", 1)
        case _:
            broken = bytearray(whole)
            broken[c.random.randrange(len(broken))] = c.random.choice(b"[]*,}\0\xff")
            return bytes(broken)


def frames(c: Canaries) -> list[bytes]:
    """Frames of every message that is declared, and of words that are not."""
    found = []
    for inside in (*(one for m in messages() for one in contents(c, m)), *unknown(c)):
        found.append(spelled(c, inside))
        if c.random.random() < MALFORMED / (1 - MALFORMED):
            found.append(malformed(c, inside))
    return found


def dumps(c: Canaries) -> dict[str, bytes]:
    """Streams with a canary in every place of the wire; where there are no frames too."""
    good = frames(c)
    few = good[:: max(1, len(good) // 40)]
    junk = [c.new().encode(), b" [[[" + c.text(), c.raw(), b"\r\n"]
    tracker = login(c.new()) + tcp_frame(8, [Record(1_700_000_000_000, 1, 2, 3, 4, 5, 6)])
    hexed = [frame.hex().encode() for frame in few]
    return {
        "frames": b"".join(good),
        "lines": b"\r\n".join(few) + b"\r\n",
        "junk": b"".join(frame + c.random.choice(junk) for frame in few),
        "hex": b"\n".join([*hexed, b"id " + c.new().encode(), *hexed]),
        "mixed": b"".join(tracker + frame for frame in few),
        "cut": spelled(c, b"UD," + place(c))[:-30],
        "encrypted": b"\xffAQSH\x00\x2b\x01\0\0\0" + c.raw(37) + few[0],
        "bare": b"SG*" + c.new().encode() + b"*0002*LK\r\n" + few[0],
        "iwap": b"IWAP00" + c.new().encode() + b"#" + few[0],
        "gt06": b"\x78\x78\x0d\x01" + bytes.fromhex("0" + c.new()) + b"\0\1\x0d\x0a" + few[0],
        "tls": b"\x16\x03\x01" + c.raw() + few[0],
        "http": b"GET /?id=" + c.new().encode() + b" HTTP/1.1\r\n\r\n" + few[0],
        "half a head": b"[3G*" + c.new().encode(),
        "large": b"[3G*" + c.new().encode() + b"*FFFF*" + c.text(),
    }
