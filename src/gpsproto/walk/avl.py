# cython: wraparound=False, initializedcheck=False, cdivision=True
"""Walk the AVL records of framed bodies into the cells of a block, with the projection applied.

The one decoder of Codec 8, 8 Extended and 16: compiled by Cython where a compiler is there, run as
it reads elsewhere.  A look-up in ``actions`` gives every element a slot, or a reason to be stepped
over; what has no slot is never read.  A frame that breaks off leaves no trace: its rows and its
counts are taken back, and its event says which byte was wrong.

Every length is checked against the end of the body before the bytes behind it are read.
"""

from __future__ import annotations

try:
    import cython
except ImportError:  # pragma: no cover - the suite runs with Cython's own shadow as well
    from gpsproto.walk import stand_in as cython  # type: ignore[no-redef]

from gpsproto.walk import codes

COMPILED: bool = cython.compiled

_AT = cython.declare(cython.Py_ssize_t, codes.AT)
_BODY = cython.declare(cython.Py_ssize_t, codes.BODY)
_OUT_OF_RANGE = cython.declare(cython.int, codes.OUT_OF_RANGE)
_TALLY_PERIODIC = cython.declare(cython.Py_ssize_t, codes.TALLY_PERIODIC)
_TALLY_PRIVATE_EVENTS = cython.declare(cython.Py_ssize_t, codes.TALLY_PRIVATE_EVENTS)
_BODY_SIZE = cython.declare(cython.Py_ssize_t, codes.BODY_SIZE)
_CAPACITY = cython.declare(cython.Py_ssize_t, codes.CONTROL_CAPACITY)
_CODE = cython.declare(cython.Py_ssize_t, codes.CODE)
_CODEC = cython.declare(cython.Py_ssize_t, codes.CODEC)
_CONVERSATION = cython.declare(cython.Py_ssize_t, codes.CONVERSATION)
_COUNT = cython.declare(cython.Py_ssize_t, codes.COUNT)
_COUNT_MISMATCH = cython.declare(cython.longlong, codes.COUNT_MISMATCH)
_ERROR = cython.declare(cython.Py_ssize_t, codes.CONTROL_ERROR)
_FIXED_ALTITUDE = cython.declare(cython.Py_ssize_t, codes.FIXED_ALTITUDE)
_FIXED_ANGLE = cython.declare(cython.Py_ssize_t, codes.FIXED_ANGLE)
_FIXED_CONVERSATION = cython.declare(cython.Py_ssize_t, codes.FIXED_CONVERSATION)
_FIXED_EVENT = cython.declare(cython.Py_ssize_t, codes.FIXED_EVENT)
_FIXED_FLAGS = cython.declare(cython.Py_ssize_t, codes.FIXED_FLAGS)
_FIXED_GENERATION = cython.declare(cython.Py_ssize_t, codes.FIXED_GENERATION)
_FIXED_LATITUDE = cython.declare(cython.Py_ssize_t, codes.FIXED_LATITUDE)
_FIXED_LONGITUDE = cython.declare(cython.Py_ssize_t, codes.FIXED_LONGITUDE)
_FIXED_PRIORITY = cython.declare(cython.Py_ssize_t, codes.FIXED_PRIORITY)
_FIXED_SATELLITES = cython.declare(cython.Py_ssize_t, codes.FIXED_SATELLITES)
_FIXED_SPEED = cython.declare(cython.Py_ssize_t, codes.FIXED_SPEED)
_FIXED_TIME = cython.declare(cython.Py_ssize_t, codes.FIXED_TIME)
_FRAME = cython.declare(cython.longlong, codes.FRAME)
_GROUP16 = cython.declare(cython.Py_ssize_t, codes.CONTROL_GROUP16)
_GROUP16_ALWAYS = cython.declare(cython.longlong, codes.GROUP16_ALWAYS)
_GROUP16_AUTO = cython.declare(cython.longlong, codes.GROUP16_AUTO)
_HAS_FIX = cython.declare(cython.int, codes.HAS_FIX)
_HAS_MOTION = cython.declare(cython.int, codes.HAS_MOTION)
_HAS_PLACE = cython.declare(cython.int, codes.HAS_PLACE)
_IS_PRIVATE = cython.declare(cython.int, codes.IS_PRIVATE)
_KIND = cython.declare(cython.Py_ssize_t, codes.KIND)
_LAST_KNOWN = cython.declare(cython.Py_ssize_t, codes.CONTROL_LAST_KNOWN)
_NO_RECORDS = cython.declare(cython.longlong, codes.NO_RECORDS)
_PLANE = cython.declare(cython.Py_ssize_t, codes.PLANE)
_REJECTED = cython.declare(cython.longlong, codes.REJECTED)
_ROW = cython.declare(cython.Py_ssize_t, codes.CONTROL_ROW)
_SHAPE_COUNT_SIZE = cython.declare(cython.Py_ssize_t, codes.SHAPE_COUNT_SIZE)
_SHAPE_GENERATION = cython.declare(cython.Py_ssize_t, codes.SHAPE_GENERATION)
_SHAPE_GROUP16 = cython.declare(cython.Py_ssize_t, codes.SHAPE_GROUP16)
_SHAPE_ID_SIZE = cython.declare(cython.Py_ssize_t, codes.SHAPE_ID_SIZE)
_SIZE = cython.declare(cython.Py_ssize_t, codes.SIZE)
_TALLY_BYTES = cython.declare(cython.Py_ssize_t, codes.TALLY_BYTES)
_TALLY_REJECTED = cython.declare(cython.Py_ssize_t, codes.TALLY_REJECTED)
_SHAPE_STRIDE = cython.declare(cython.Py_ssize_t, codes.SHAPE_STRIDE)
_SHAPE_VARIABLE = cython.declare(cython.Py_ssize_t, codes.SHAPE_VARIABLE)
_SLOTS = cython.declare(cython.Py_ssize_t, codes.CONTROL_SLOTS)
_SLOTS2 = cython.declare(cython.Py_ssize_t, codes.CONTROL_SLOTS2)
_SLOTS4 = cython.declare(cython.Py_ssize_t, codes.CONTROL_SLOTS4)
_SLOTS8 = cython.declare(cython.Py_ssize_t, codes.CONTROL_SLOTS8)
_STRIDE = cython.declare(cython.Py_ssize_t, codes.STRIDE)
_TALLY_DROPPED = cython.declare(cython.Py_ssize_t, codes.TALLY_DROPPED)
_TALLY_ELEMENTS = cython.declare(cython.Py_ssize_t, codes.TALLY_ELEMENTS)
_TALLY_EVENTS = cython.declare(cython.Py_ssize_t, codes.TALLY_EVENTS)
_TALLY_GENERATIONS = cython.declare(cython.Py_ssize_t, codes.TALLY_GENERATIONS)
_TALLY_MOTIONS = cython.declare(cython.Py_ssize_t, codes.TALLY_MOTIONS)
_TALLY_OUT_OF_RANGE = cython.declare(cython.Py_ssize_t, codes.TALLY_OUT_OF_RANGE)
_TALLY_PLACES = cython.declare(cython.Py_ssize_t, codes.TALLY_PLACES)
_TALLY_PRIVATE_CELLS = cython.declare(cython.Py_ssize_t, codes.TALLY_PRIVATE_CELLS)
_TALLY_PRIVATE_RECORDS = cython.declare(cython.Py_ssize_t, codes.TALLY_PRIVATE_RECORDS)
_TALLY_RECORDS = cython.declare(cython.Py_ssize_t, codes.TALLY_RECORDS)
_TALLY_REPEATED = cython.declare(cython.Py_ssize_t, codes.TALLY_REPEATED)
_TOTAL_MISMATCH = cython.declare(cython.longlong, codes.TOTAL_MISMATCH)
_TRAILING_BYTES = cython.declare(cython.longlong, codes.TRAILING_BYTES)
_TRUNCATED = cython.declare(cython.longlong, codes.TRUNCATED)
_UNKNOWN_CODEC = cython.declare(cython.longlong, codes.UNKNOWN_CODEC)
_WATCHED = cython.declare(cython.Py_ssize_t, codes.WATCHED)
_STALE = cython.declare(cython.longlong, codes.STALE)
_HEAD = cython.declare(cython.Py_ssize_t, 24)
_MASK32 = cython.declare(cython.ulonglong, 0xFFFFFFFF)
_LONGITUDE_SHIFT = cython.declare(cython.ulonglong, 1800000000)
_LONGITUDE_SPAN = cython.declare(cython.ulonglong, 3600000000)
_LATITUDE_SHIFT = cython.declare(cython.ulonglong, 900000000)
_LATITUDE_SPAN = cython.declare(cython.ulonglong, 1800000000)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _u16(data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t) -> cython.uint:
    return (data[at] << 8) | data[at + 1]


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _u32(data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t) -> cython.ulonglong:
    high: cython.ulonglong = (data[at] << 8) | data[at + 1]
    low: cython.ulonglong = (data[at + 2] << 8) | data[at + 3]
    return (high << 16) | low


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _u64(data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t) -> cython.ulonglong:
    return (_u32(data, at) << 32) | _u32(data, at + 4)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _clear(
    slot: cython.Py_ssize_t,
    row: cython.Py_ssize_t,
    slots: cython.longlong[::1],
    cells8: cython.uchar[::1],
    cells16: cython.ushort[::1],
    cells32: cython.uint[::1],
    cells64: cython.ulonglong[::1],
    control: cython.longlong[::1],
) -> cython.longlong:
    """Zero a cell and its validity; return what the validity was."""
    valid: cython.Py_ssize_t = slots[3 * slot + 1] + row
    was: cython.longlong = cells8[valid]
    cells8[valid] = 0
    if slot < control[_SLOTS8]:
        cells64[slots[3 * slot] + row] = 0
    elif slot < control[_SLOTS4]:
        cells32[slots[3 * slot] + row] = 0
    elif slot < control[_SLOTS2]:
        cells16[slots[3 * slot] + row] = 0
    else:
        cells8[slots[3 * slot] + row] = 0
    return was


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _walk_frame(
    data: cython.const[cython.uchar][::1],
    body: cython.Py_ssize_t,
    body_size: cython.Py_ssize_t,
    conversation: cython.longlong,
    id_size: cython.Py_ssize_t,
    count_size: cython.Py_ssize_t,
    generation: cython.Py_ssize_t,
    variable: cython.Py_ssize_t,
    group16: cython.Py_ssize_t,
    first_row: cython.Py_ssize_t,
    actions: cython.const[cython.short][::1],
    watched: cython.const[cython.short][::1],
    event_actions: cython.const[cython.uchar][::1],
    fixed: cython.const[cython.longlong][::1],
    private_slots: cython.const[cython.longlong][::1],
    slots: cython.longlong[::1],
    cells8: cython.uchar[::1],
    cells16: cython.ushort[::1],
    cells32: cython.uint[::1],
    cells64: cython.ulonglong[::1],
    tally: cython.longlong[::1],
    control: cython.longlong[::1],
) -> cython.longlong:
    """Walk one body into rows; return 0, or the error code with its byte in ``control``."""
    last_known: cython.longlong = control[_LAST_KNOWN]
    slot_time: cython.Py_ssize_t = 3 * fixed[_FIXED_TIME]
    slot_longitude: cython.Py_ssize_t = 3 * fixed[_FIXED_LONGITUDE]
    slot_latitude: cython.Py_ssize_t = 3 * fixed[_FIXED_LATITUDE]
    slot_altitude: cython.Py_ssize_t = 3 * fixed[_FIXED_ALTITUDE]
    slot_angle: cython.Py_ssize_t = 3 * fixed[_FIXED_ANGLE]
    slot_speed: cython.Py_ssize_t = 3 * fixed[_FIXED_SPEED]
    slot_event: cython.Py_ssize_t = 3 * fixed[_FIXED_EVENT]
    slot_priority: cython.Py_ssize_t = 3 * fixed[_FIXED_PRIORITY]
    slot_satellites: cython.Py_ssize_t = 3 * fixed[_FIXED_SATELLITES]
    slot_generation: cython.Py_ssize_t = 3 * fixed[_FIXED_GENERATION]
    at_conversation: cython.Py_ssize_t = slots[3 * fixed[_FIXED_CONVERSATION]]
    at_flags: cython.Py_ssize_t = slots[3 * fixed[_FIXED_FLAGS]]
    head_size: cython.Py_ssize_t = _HEAD + id_size + generation + count_size
    count: cython.Py_ssize_t = data[body + 1]
    end: cython.Py_ssize_t = body + body_size - 1  # the second count stands here
    pos: cython.Py_ssize_t = body + 2
    row: cython.Py_ssize_t
    start: cython.Py_ssize_t
    plane: cython.Py_ssize_t
    width: cython.Py_ssize_t
    groups: cython.Py_ssize_t = 4
    step: cython.Py_ssize_t
    members: cython.Py_ssize_t
    left: cython.Py_ssize_t
    size: cython.Py_ssize_t
    identifier: cython.Py_ssize_t
    base: cython.Py_ssize_t
    dropped: cython.Py_ssize_t = _TALLY_DROPPED - 1
    slot: cython.Py_ssize_t
    event: cython.Py_ssize_t
    announced: cython.Py_ssize_t
    total: cython.Py_ssize_t
    index: cython.Py_ssize_t
    action: cython.int
    flags: cython.int
    satellites: cython.int
    private: cython.int
    repeated: cython.longlong = 0
    longitude: cython.ulonglong
    latitude: cython.ulonglong
    control[_ERROR] = body
    if count == 0:
        return _NO_RECORDS
    if data[end] != count:
        control[_ERROR] = end
        return _COUNT_MISMATCH
    if group16:
        groups = 5
    for row in range(first_row, first_row + count):
        start = pos
        control[_ERROR] = start
        if end - pos < head_size:
            return _TRUNCATED
        satellites = data[pos + 21]
        flags = 0
        if slot_time >= 0:
            cells64[slots[slot_time] + row] = _u64(data, pos)
        if slot_priority >= 0:
            cells8[slots[slot_priority] + row] = data[pos + 8]
        if slot_satellites >= 0:
            cells8[slots[slot_satellites] + row] = data[pos + 21]
        if satellites:
            flags = _HAS_FIX | _HAS_MOTION
        if satellites or last_known:
            longitude = _u32(data, pos + 9)
            latitude = _u32(data, pos + 13)
            # two's complement, shifted so that one unsigned comparison checks both ends
            if ((longitude + _LONGITUDE_SHIFT) & _MASK32) <= _LONGITUDE_SPAN and (
                (latitude + _LATITUDE_SHIFT) & _MASK32
            ) <= _LATITUDE_SPAN:
                if satellites or longitude or latitude:
                    flags |= _HAS_PLACE
            else:
                flags |= _OUT_OF_RANGE
            if flags & _HAS_PLACE:
                if slot_longitude >= 0:
                    cells32[slots[slot_longitude] + row] = longitude
                if slot_latitude >= 0:
                    cells32[slots[slot_latitude] + row] = latitude
                if slot_altitude >= 0:
                    cells16[slots[slot_altitude] + row] = _u16(data, pos + 17)
        if satellites:
            if slot_angle >= 0:
                cells16[slots[slot_angle] + row] = _u16(data, pos + 19)
            if slot_speed >= 0:
                cells16[slots[slot_speed] + row] = _u16(data, pos + 22)
        pos += _HEAD
        event = data[pos]
        if id_size == 2:
            event = _u16(data, pos)
        pos += id_size
        if event == 0:
            tally[_TALLY_PERIODIC] += 1
        elif event_actions[event]:
            cells16[slots[slot_event] + row] = event
            tally[_TALLY_EVENTS] += 1
        if generation:
            if slot_generation >= 0:
                cells8[slots[slot_generation] + row] = data[pos]
                cells8[slots[slot_generation + 1] + row] = 1
                slots[slot_generation + 2] = row
            tally[_TALLY_GENERATIONS] += 1
            pos += 1
        announced = data[pos]
        if count_size == 2:
            announced = _u16(data, pos)
        pos += count_size
        total = 0
        private = 0
        width = 1
        base = 0
        for plane in range(groups):
            control[_ERROR] = pos
            if end - pos < count_size:
                return _TRUNCATED
            members = data[pos]
            if count_size == 2:
                members = _u16(data, pos)
            pos += count_size
            step = id_size + width
            if members * step > end - pos:
                return _TRUNCATED
            total += members
            if plane == 0:
                for left in range(members):
                    identifier = data[pos]
                    if id_size == 2:
                        identifier = _u16(data, pos)
                    pos += id_size
                    slot = actions[base + identifier]
                    if slot <= _WATCHED:
                        index = 2 * (_WATCHED - slot)
                        if data[pos] == watched[index]:
                            private = 1
                        slot = watched[index + 1]
                    if slot >= 0:
                        slot = slot * 3
                        cells8[slots[slot] + row] = data[pos]
                        cells8[slots[slot + 1] + row] = 1
                        repeated += slots[slot + 2] == row
                        slots[slot + 2] = row
                    else:
                        tally[dropped - slot] += 1
                    pos += width
            elif plane == 1:
                for left in range(members):
                    identifier = data[pos]
                    if id_size == 2:
                        identifier = _u16(data, pos)
                    pos += id_size
                    slot = actions[base + identifier]
                    if slot >= 0:
                        slot = slot * 3
                        cells16[slots[slot] + row] = _u16(data, pos)
                        cells8[slots[slot + 1] + row] = 1
                        repeated += slots[slot + 2] == row
                        slots[slot + 2] = row
                    else:
                        tally[dropped - slot] += 1
                    pos += width
            elif plane == 2:
                for left in range(members):
                    identifier = data[pos]
                    if id_size == 2:
                        identifier = _u16(data, pos)
                    pos += id_size
                    slot = actions[base + identifier]
                    if slot >= 0:
                        slot = slot * 3
                        cells32[slots[slot] + row] = _u32(data, pos)
                        cells8[slots[slot + 1] + row] = 1
                        repeated += slots[slot + 2] == row
                        slots[slot + 2] = row
                    else:
                        tally[dropped - slot] += 1
                    pos += width
            else:
                for left in range(members):
                    identifier = data[pos]
                    if id_size == 2:
                        identifier = _u16(data, pos)
                    pos += id_size
                    slot = actions[base + identifier]
                    if slot >= 0:
                        slot = slot * 3
                        cells64[slots[slot] + row] = _u64(data, pos)
                        cells8[slots[slot + 1] + row] = 1
                        repeated += slots[slot + 2] == row
                        slots[slot + 2] = row
                    else:
                        tally[dropped - slot] += 1
                    pos += width
            base += 65536
            width = width + width
        if variable:
            control[_ERROR] = pos
            if end - pos < 2:
                return _TRUNCATED
            members = _u16(data, pos)
            pos += 2
            total += members
            for left in range(members):
                control[_ERROR] = pos
                if end - pos < 4:
                    return _TRUNCATED
                identifier = _u16(data, pos)
                size = _u16(data, pos + 2)
                pos += 4
                if end - pos < size:
                    return _TRUNCATED
                action = actions[5 * _PLANE + identifier]
                tally[_TALLY_DROPPED - 1 - action] += 1
                pos += size
        if announced != total:
            # nobody says whether the unannounced group counts: both readings are taken
            control[_ERROR] = start + head_size - count_size
            if not group16 or announced > total:
                return _TOTAL_MISMATCH
        tally[_TALLY_ELEMENTS] += total
        if private:
            tally[_TALLY_PRIVATE_RECORDS] += 1
            flags = (flags & _HAS_FIX) | _IS_PRIVATE
            for index in range(len(private_slots)):
                slot = private_slots[index]
                tally[_TALLY_PRIVATE_CELLS] += _clear(
                    slot, row, slots, cells8, cells16, cells32, cells64, control
                )
            if event_actions[event] == 2:
                tally[_TALLY_PRIVATE_EVENTS] += 1
                cells16[slots[slot_event] + row] = 0
        if flags & _HAS_PLACE:
            tally[_TALLY_PLACES] += 1
        if flags & _HAS_MOTION:
            tally[_TALLY_MOTIONS] += 1
        if flags & _OUT_OF_RANGE:
            tally[_TALLY_OUT_OF_RANGE] += 1
        cells32[at_conversation + row] = conversation
        cells8[at_flags + row] = flags
    control[_ERROR] = pos
    if pos != end:
        return _TRAILING_BYTES
    tally[_TALLY_RECORDS] += count
    tally[_TALLY_REPEATED] += repeated
    return 0


def walk_avl(
    data: cython.const[cython.uchar][::1],
    events: cython.longlong[::1],
    first: cython.Py_ssize_t,
    last: cython.Py_ssize_t,
    shapes: cython.const[cython.uchar][::1],
    actions: cython.const[cython.short][::1],
    watched: cython.const[cython.short][::1],
    event_actions: cython.const[cython.uchar][::1],
    fixed: cython.const[cython.longlong][::1],
    private_slots: cython.const[cython.longlong][::1],
    slots: cython.longlong[::1],
    cells8: cython.uchar[::1],
    cells16: cython.ushort[::1],
    cells32: cython.uint[::1],
    cells64: cython.ulonglong[::1],
    tally: cython.longlong[::1],
    before: cython.longlong[::1],
    decoded: cython.longlong[::1],
    control: cython.longlong[::1],
) -> int:
    """Walk the frames among events ``first`` to ``last`` (exclusive) until the block is full.

    ``cells8`` to ``cells64`` are four views of one block; ``before`` is scratch as long as
    ``tally``; ``decoded`` counts frames by codec.  Returns the first event that was not taken.  A frame that is wrong becomes a
    rejected event with its code and byte; it adds no row and no count.
    """
    row: cython.Py_ssize_t = control[_ROW]
    event: cython.Py_ssize_t = first
    at: cython.Py_ssize_t
    count: cython.Py_ssize_t
    shape: cython.Py_ssize_t
    slot: cython.Py_ssize_t
    undone: cython.Py_ssize_t
    index: cython.Py_ssize_t
    wrong: cython.Py_ssize_t
    wide: cython.Py_ssize_t
    code: cython.longlong
    again: cython.longlong
    counters: cython.Py_ssize_t = len(tally)
    while event < last:
        at = event * _STRIDE
        if events[at + _KIND] != _FRAME:
            event += 1
            continue
        count = events[at + _COUNT]
        if row + count > control[_CAPACITY]:
            break
        shape = events[at + _CODEC] * _SHAPE_STRIDE
        wrong = events[at + _BODY]
        code = _UNKNOWN_CODEC
        wide = 0
        if shapes[shape]:
            if shapes[shape + _SHAPE_GROUP16] and control[_GROUP16] == _GROUP16_ALWAYS:
                wide = 1
            for index in range(counters):
                before[index] = tally[index]
            while True:
                again = _walk_frame(
                    data,
                    events[at + _BODY],
                    events[at + _BODY_SIZE],
                    events[at + _CONVERSATION],
                    shapes[shape + _SHAPE_ID_SIZE],
                    shapes[shape + _SHAPE_COUNT_SIZE],
                    shapes[shape + _SHAPE_GENERATION],
                    shapes[shape + _SHAPE_VARIABLE],
                    wide,
                    row,
                    actions,
                    watched,
                    event_actions,
                    fixed,
                    private_slots,
                    slots,
                    cells8,
                    cells16,
                    cells32,
                    cells64,
                                    tally,
                    control,
                )
                if again == 0:
                    code = 0
                    break
                if code == _UNKNOWN_CODEC:  # what the first reading says is what is reported
                    code = again
                    wrong = control[_ERROR]
                for index in range(counters):
                    tally[index] = before[index]
                for undone in range(row, row + count):
                    for slot in range(control[_SLOTS]):
                        _clear(slot, undone, slots, cells8, cells16, cells32, cells64, control)
                for slot in range(control[_SLOTS]):
                    if slots[3 * slot + 2] >= row:
                        slots[3 * slot + 2] = _STALE
                if wide or not shapes[shape + _SHAPE_GROUP16] or control[_GROUP16] != _GROUP16_AUTO:
                    break
                wide = 1
        if code:
            events[at + _KIND] = _REJECTED
            events[at + _CODE] = code
            events[at + _AT] = wrong
            tally[_TALLY_REJECTED] += 1
        else:
            row += count
            tally[_TALLY_BYTES] += events[at + _SIZE]
            decoded[events[at + _CODEC]] += 1
        event += 1
    control[_ROW] = row
    return event
