"""Records of Codec 8, 8 Extended and 16, with the group of 16-byte elements that some send."""

from __future__ import annotations

from gpsproto import catalog
from gpsproto.catalog.units import unit
from gpsproto.codecs.avl import FIXED, Shape
from gpsproto.errors import ErrorCode
from gpsproto.view import beacons
from gpsproto.view.actions import Actions
from gpsproto.view.masking import Doubt
from gpsproto.view.reading import Node, Reading, Stop
from gpsproto.view.values import degrees, moment, of_this_age, said
from gpsproto.walk import codes

PRIORITIES = ("low", "high", "panic", "security")
GENERATIONS = (
    "on exit", "on entrance", "on both", "reserved", "hysteresis", "on change", "eventual",
    "periodical",
)  # fmt: skip
_WIDTHS = (1, 2, 4, 8)
_LEAST_MEMBER = 4  # bytes of an element of variable length: id and length
_LIMITS_E7 = {"longitude": 1_800_000_000, "latitude": 900_000_000}
_UNITS = {"altitude": "m", "angle": "degrees", "speed": "km/h"} | dict.fromkeys(
    _LIMITS_E7, "degrees"
)
_PLACE = ("longitude", "latitude", "altitude")
_MOTION = ("angle", "speed")


def records(r: Reading, shape: Shape, count: int, actions: Actions) -> None:
    """Read so many records up to ``r.stop``.  Stop at the byte at which decode() refuses them."""
    start = r.at
    first: Stop | None = None
    kept = list(r.siblings)
    for wide in (False, True) if shape.group16 else (False,):
        try:
            _records(r, shape, count, actions, wide=wide)
            return
        except Stop as stopped:
            # what the first reading says is what is reported
            if first is None:
                first, read, at = stopped, list(r.siblings), r.at
        r.at = start
        r.siblings[:] = kept
    assert first is not None
    r.siblings[:] = read
    r.at = at
    raise first


def _records(r: Reading, shape: Shape, count: int, actions: Actions, *, wide: bool) -> None:
    for number in range(1, count + 1):
        if r.left < FIXED.size + shape.id_size + shape.generation + shape.count_size:
            r.fault(ErrorCode.TRUNCATED)
        with r.group(f"record {number}") as record:
            try:
                _record(r, shape, actions, wide=wide)
            except Stop:
                # behind the fixed part any byte may stand under a name that is not its own
                for node in record.children[len(FIXED.fields) :]:
                    node.doubt = Doubt.LOST
                raise
        settle(record, actions)
    if r.left:
        r.fault(ErrorCode.TRAILING_BYTES)


def _record(r: Reading, shape: Shape, actions: Actions, *, wide: bool) -> None:
    fixed(r, actions)
    event(r, shape.id_size, actions)
    if shape.generation:
        raw = r.number("generation type", 1)
        r.last.value = GENERATIONS[raw] if raw < len(GENERATIONS) else "not known"
        r.last.becomes(actions.of("avl", "generation_type"))
    announced = r.number("total of elements", shape.count_size)
    total = r.last
    found = 0
    for width in (*_WIDTHS, 16) if wide else _WIDTHS:
        with r.group(f"{width}-byte elements"):
            found += elements(r, shape, width, actions)
    if shape.variable:
        with r.group("elements of variable length"):
            found += _variable(r, shape, actions)
    # nobody says whether the group of 16-byte elements counts
    if announced == found or (wide and announced < found):
        total.fits()
        return
    total.fails(f"the groups hold {found}", str(found))
    r.fault(ErrorCode.TOTAL_MISMATCH, total.start)


def fixed(r: Reading, actions: Actions) -> None:
    """The fixed part of a record."""
    for one in FIXED.fields:
        width = one.wire.dtype.itemsize
        raw = r.number(one.name, width, signed=one.wire.dtype.kind == "i")
        node = r.last
        node.unit = _UNITS.get(one.name, "")
        node.becomes(actions.of("avl", one.name))
        if one.name == "timestamp":
            node.name = "time"
            node.value = moment(raw) or "no such time"
            # decode() keeps none of these: such a number may be an identifier
            node.secret, node.plausible = raw > codes.LATEST_MS, of_this_age(raw)
        elif one.name == "priority":
            node.value = PRIORITIES[raw] if raw < len(PRIORITIES) else "not known"
        elif one.name in _LIMITS_E7:
            node.value = degrees(raw)
            if abs(raw) > _LIMITS_E7[one.name]:
                node.secret, node.note = True, "out of range: no such place"
        elif one.name == "satellites":
            node.value = str(raw) if raw else "no fix"
        else:
            node.value = str(raw)


def event(r: Reading, size: int, actions: Actions) -> None:
    """The id of the element that made the record."""
    raw = r.number("event", size)
    node = r.last
    node.becomes(actions.of("avl", "event"))
    node.secret = False
    if not raw:
        node.value, node.action, node.by = "none: periodical", "keep", "neutral"
        return
    found = actions.terms.facts.event(raw, actions.family)
    node.value = "not known" if found is None else found[0]
    if found is None or not all(actions.policy.leaves(one) for one in found[1]):
        node.action = "drop"


def elements(r: Reading, shape: Shape, width: int, actions: Actions) -> int:
    """A group of elements of one width; how many."""
    if r.left < shape.count_size:
        r.fault(ErrorCode.TRUNCATED)
    count = r.number("count", shape.count_size)
    room = r.left // (shape.id_size + width)
    if count > room:
        r.last.fails(
            f"{count} elements of {shape.id_size + width} bytes do not fit", f"at most {room}"
        )
        r.fault(ErrorCode.TRUNCATED)
    r.last.fits()
    for _ in range(count):
        with r.group("element", inline=True) as node:
            id = r.number("id", shape.id_size)
            value(r, node, id, width, actions)
    return count


def value(r: Reading, node: Node, id: int, width: int, actions: Actions) -> None:
    """The value of an element with an id, which names its node."""
    raw = r.number("value", width)
    leaf = r.last
    leaf.is_value = True
    found = actions.element(id, width)
    name_of(node, id, width, actions)
    leaf.becomes(found)
    if found is None:
        return
    meaning = catalog.load().meaning(id, width, actions.family)
    if meaning is None:
        leaf.value, leaf.note = str(raw), "more than one meaning; --family says which"
        return
    leaf.value = said(meaning, raw)
    if leaf.value != "no value" and not meaning.labels:
        leaf.unit = unit(meaning.name)


def name_of(node: Node, id: int, width: int, actions: Actions) -> None:
    """Name an element by its id, and by what that means."""
    found = actions.element(id, width)
    node.common = "element"
    node.name = f"{id} {'not known' if found is None else found.declared.name}"


def _variable(r: Reading, shape: Shape, actions: Actions) -> int:
    if r.left < 2:
        r.fault(ErrorCode.TRUNCATED)
    count = r.number("count", 2)
    counted = r.last
    if count * _LEAST_MEMBER > r.left:
        counted.fails(f"{count} elements do not fit", f"at most {r.left // _LEAST_MEMBER}")
    for _ in range(count):
        with r.group("element", inline=True) as node:
            if r.left < _LEAST_MEMBER:
                r.fault(ErrorCode.TRUNCATED)
            id = r.number("id", 2)
            size = r.number("length", 2)
            if size > r.left:
                r.last.fails(f"{r.left} bytes are left", f"at most {r.left}")
                r.fault(ErrorCode.TRUNCATED, r.last.start)
            r.last.fits()
            name_of(node, id, catalog.VARIABLE, actions)
            _bytes(r, node, id, size, actions)
    if counted.right is None:
        counted.fits()
    return count


def _bytes(r: Reading, node: Node, id: int, size: int, actions: Actions) -> None:
    """A value of variable length: a list of beacons, or a text or bytes, which are not shown."""
    found = actions.element(id, catalog.VARIABLE)
    inside = beacons.found(r.data[r.at : r.at + size], id, found)
    if inside:
        node.inline = False
        beacons.read(r, inside)
        return
    leaf = r.leaf("value", size)
    leaf.is_value = True
    leaf.becomes(found)
    leaf.secret = size > 0
    leaf.note = f"{size} bytes" if size else "empty"


def settle(record: Node, actions: Actions) -> None:
    """What a record says of itself decides, too: without fix no place, in private mode even less."""
    nodes = {node.name: node for node in record.children}
    if nodes["satellites"].raw == 0:
        gone = _MOTION if actions.policy.last_known else (*_PLACE, *_MOTION)
        for name in gone:
            nodes[name].action, nodes[name].by = "drop", "no fix"
    orders = actions.terms.private_orders
    private = False
    for node in record.all():
        if node.inline and len(node.children) == 2:
            id, leaf = node.children
            if isinstance(id.raw, int):
                order = orders.get((id.raw, leaf.end - leaf.start))
                private = private or (order is not None and order == leaf.raw)
    if private:
        record.note = "in private mode"
        for node in record.all():
            if node.cleared and node.action != "drop":
                node.action, node.by = "drop", "private mode"
