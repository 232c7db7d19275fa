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
    from gpsproto.walk import stand_in as cython

from gpsproto.walk import codes

COMPILED: bool = cython.compiled

_AT = cython.declare(cython.Py_ssize_t, codes.AT)
_BODY = cython.declare(cython.Py_ssize_t, codes.BODY)
_BODY_SIZE = cython.declare(cython.Py_ssize_t, codes.BODY_SIZE)
_CAPACITY = cython.declare(cython.Py_ssize_t, codes.CONTROL_CAPACITY)
_CODE = cython.declare(cython.Py_ssize_t, codes.CODE)
_CODEC = cython.declare(cython.Py_ssize_t, codes.CODEC)
_CONVERSATION = cython.declare(cython.Py_ssize_t, codes.CONVERSATION)
_COUNT = cython.declare(cython.Py_ssize_t, codes.COUNT)
_COUNT_MISMATCH = cython.declare(cython.longlong, codes.COUNT_MISMATCH)
_DESK_SLOTS = cython.declare(cython.Py_ssize_t, codes.DESK_SLOTS)
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
_OUT_OF_RANGE = cython.declare(cython.int, codes.OUT_OF_RANGE)
_PLANE = cython.declare(cython.Py_ssize_t, codes.PLANE)
_REJECTED = cython.declare(cython.longlong, codes.REJECTED)
_ROW = cython.declare(cython.Py_ssize_t, codes.CONTROL_ROW)
_SHAPE_COUNT_SIZE = cython.declare(cython.Py_ssize_t, codes.SHAPE_COUNT_SIZE)
_SHAPE_GENERATION = cython.declare(cython.Py_ssize_t, codes.SHAPE_GENERATION)
_SHAPE_GROUP16 = cython.declare(cython.Py_ssize_t, codes.SHAPE_GROUP16)
_SHAPE_ID_SIZE = cython.declare(cython.Py_ssize_t, codes.SHAPE_ID_SIZE)
_SHAPE_STRIDE = cython.declare(cython.Py_ssize_t, codes.SHAPE_STRIDE)
_SHAPE_VARIABLE = cython.declare(cython.Py_ssize_t, codes.SHAPE_VARIABLE)
_SIZE = cython.declare(cython.Py_ssize_t, codes.SIZE)
_SLOTS = cython.declare(cython.Py_ssize_t, codes.CONTROL_SLOTS)
_SLOTS2 = cython.declare(cython.Py_ssize_t, codes.CONTROL_SLOTS2)
_SLOTS4 = cython.declare(cython.Py_ssize_t, codes.CONTROL_SLOTS4)
_SLOTS8 = cython.declare(cython.Py_ssize_t, codes.CONTROL_SLOTS8)
_STALE = cython.declare(cython.longlong, codes.STALE)
_STRIDE = cython.declare(cython.Py_ssize_t, codes.STRIDE)
_TALLY_BYTES = cython.declare(cython.Py_ssize_t, codes.TALLY_BYTES)
_TALLY_ELEMENTS = cython.declare(cython.Py_ssize_t, codes.TALLY_ELEMENTS)
_TALLY_EVENTS = cython.declare(cython.Py_ssize_t, codes.TALLY_EVENTS)
_TALLY_GENERATIONS = cython.declare(cython.Py_ssize_t, codes.TALLY_GENERATIONS)
_TALLY_PERIODIC = cython.declare(cython.Py_ssize_t, codes.TALLY_PERIODIC)
_TALLY_PRIVATE_CELLS = cython.declare(cython.Py_ssize_t, codes.TALLY_PRIVATE_CELLS)
_TALLY_PRIVATE_EVENTS = cython.declare(cython.Py_ssize_t, codes.TALLY_PRIVATE_EVENTS)
_TALLY_RECORDS = cython.declare(cython.Py_ssize_t, codes.TALLY_RECORDS)
_TALLY_FLAGS = cython.declare(cython.Py_ssize_t, codes.TALLY_FLAGS)
_TALLY_STORED = cython.declare(cython.Py_ssize_t, codes.TALLY_STORED)
_TALLY_REPEATED = cython.declare(cython.Py_ssize_t, codes.TALLY_REPEATED)
_TOTAL_MISMATCH = cython.declare(cython.longlong, codes.TOTAL_MISMATCH)
_TRAILING_BYTES = cython.declare(cython.longlong, codes.TRAILING_BYTES)
_TRUNCATED = cython.declare(cython.longlong, codes.TRUNCATED)
_UNKNOWN_CODEC = cython.declare(cython.longlong, codes.UNKNOWN_CODEC)
_WATCHED = cython.declare(cython.Py_ssize_t, codes.WATCHED)
_NO_TIME = cython.declare(cython.int, codes.NO_TIME)
_KEPT_IN_PRIVATE = cython.declare(cython.int, codes.HAS_FIX | codes.NO_TIME)
_LATEST_MS = cython.declare(cython.ulonglong, codes.LATEST_MS)
_HEAD = cython.declare(cython.Py_ssize_t, 24)  # bytes before the IO element
_VARIABLE = cython.declare(cython.Py_ssize_t, codes.PLANE_VARIABLE * codes.PLANE)
_FILLED32 = cython.declare(cython.ulonglong, 1 << 32)
_MASK32 = cython.declare(cython.uint, 0xFFFFFFFF)
_LONGITUDE_SHIFT = cython.declare(cython.uint, 1800000000)
_LONGITUDE_SPAN = cython.declare(cython.uint, 3600000000)
_LATITUDE_SHIFT = cython.declare(cython.uint, 900000000)
_LATITUDE_SPAN = cython.declare(cython.uint, 1800000000)


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
def _u32(data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t) -> cython.uint:
    first: cython.uint = data[at]
    second: cython.uint = data[at + 1]
    third: cython.uint = data[at + 2]
    fourth: cython.uint = data[at + 3]
    return (first << 24) | (second << 16) | (third << 8) | fourth


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _u64(data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t) -> cython.ulonglong:
    high: cython.ulonglong = _u32(data, at)
    low: cython.ulonglong = _u32(data, at + 4)
    return (high << 32) | low


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _cells_of(place: cython.Py_ssize_t, desk: cython.longlong[::1]) -> cython.Py_ssize_t:
    """First cell of a slot, or -1 where the policy gives the field none."""
    return desk[place] if place >= 0 else -1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _wrong(
    control: cython.longlong[::1], at: cython.Py_ssize_t, code: cython.longlong
) -> cython.longlong:
    control[_ERROR] = at
    return code


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _clear(
    slot: cython.Py_ssize_t,
    row: cython.Py_ssize_t,
    desk: cython.longlong[::1],
    cells8: cython.uchar[::1],
    cells16: cython.ushort[::1],
    cells32: cython.uint[::1],
    cells64: cython.ulonglong[::1],
    control: cython.longlong[::1],
) -> cython.longlong:
    """Zero a cell; say whether it held anything."""
    cell: cython.Py_ssize_t = desk[_DESK_SLOTS + 3 * slot] + row
    was: cython.longlong
    if slot < control[_SLOTS8]:
        was = cells64[cell] != 0
        cells64[cell] = 0
    elif slot < control[_SLOTS4]:
        was = cells32[cell] != 0
        cells32[cell] = 0
    elif slot < control[_SLOTS2]:
        was = cells16[cell] != 0
        cells16[cell] = 0
    else:
        was = cells8[cell] != 0
        cells8[cell] = 0
    return was


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _take_back(
    first: cython.Py_ssize_t,
    count: cython.Py_ssize_t,
    fixed: cython.const[cython.longlong][::1],
    desk: cython.longlong[::1],
    cells8: cython.uchar[::1],
    cells16: cython.ushort[::1],
    cells32: cython.uint[::1],
    cells64: cython.ulonglong[::1],
    control: cython.longlong[::1],
) -> cython.longlong:
    """Zero the rows of a frame that broke off: its fixed fields, and what its elements filled."""
    slot: cython.Py_ssize_t
    mark: cython.Py_ssize_t
    row: cython.Py_ssize_t
    at: cython.Py_ssize_t
    for at in range(len(fixed)):
        if fixed[at] >= 0:
            slot = (fixed[at] - _DESK_SLOTS) // 3
            for row in range(first, first + count):
                _clear(slot, row, desk, cells8, cells16, cells32, cells64, control)
    for slot in range(control[_SLOTS]):
        at = _DESK_SLOTS + 3 * slot
        if desk[at + 1] >= first:
            desk[at + 1] = _STALE
            mark = desk[at + 2]
            for row in range(first, first + count):
                _clear(slot, row, desk, cells8, cells16, cells32, cells64, control)
                if mark:
                    cells8[desk[mark] + row] = 0
    return 0


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
    desk: cython.longlong[::1],
    cells8: cython.uchar[::1],
    cells16: cython.ushort[::1],
    cells32: cython.uint[::1],
    cells64: cython.ulonglong[::1],
    control: cython.longlong[::1],
) -> cython.longlong:
    """Walk one body into rows; return 0, or the error code with its byte in ``control``."""
    last_known: cython.longlong = control[_LAST_KNOWN]
    watch: cython.Py_ssize_t = _WATCHED
    plane_size: cython.Py_ssize_t = _PLANE
    at_time: cython.Py_ssize_t = _cells_of(fixed[_FIXED_TIME], desk)
    at_longitude: cython.Py_ssize_t = _cells_of(fixed[_FIXED_LONGITUDE], desk)
    at_latitude: cython.Py_ssize_t = _cells_of(fixed[_FIXED_LATITUDE], desk)
    at_altitude: cython.Py_ssize_t = _cells_of(fixed[_FIXED_ALTITUDE], desk)
    at_angle: cython.Py_ssize_t = _cells_of(fixed[_FIXED_ANGLE], desk)
    at_speed: cython.Py_ssize_t = _cells_of(fixed[_FIXED_SPEED], desk)
    at_event: cython.Py_ssize_t = _cells_of(fixed[_FIXED_EVENT], desk)
    at_priority: cython.Py_ssize_t = _cells_of(fixed[_FIXED_PRIORITY], desk)
    at_satellites: cython.Py_ssize_t = _cells_of(fixed[_FIXED_SATELLITES], desk)
    at_generation: cython.Py_ssize_t = fixed[_FIXED_GENERATION]
    at_conversation: cython.Py_ssize_t = desk[fixed[_FIXED_CONVERSATION]]
    at_flags: cython.Py_ssize_t = desk[fixed[_FIXED_FLAGS]]
    head_size: cython.Py_ssize_t = _HEAD + id_size + generation + count_size
    count: cython.Py_ssize_t = data[body + 1]
    end: cython.Py_ssize_t = body + body_size - 1  # the second count stands here
    pos: cython.Py_ssize_t = body + 2
    row: cython.Py_ssize_t
    start: cython.Py_ssize_t
    stop: cython.Py_ssize_t
    base: cython.Py_ssize_t
    plane: cython.Py_ssize_t
    width: cython.Py_ssize_t
    groups: cython.Py_ssize_t = 4
    members: cython.Py_ssize_t
    left: cython.Py_ssize_t
    size: cython.Py_ssize_t
    identifier: cython.Py_ssize_t
    entry: cython.Py_ssize_t
    event: cython.Py_ssize_t
    announced: cython.Py_ssize_t
    total: cython.Py_ssize_t
    index: cython.Py_ssize_t
    slot: cython.Py_ssize_t
    elements: cython.Py_ssize_t = 0
    stored: cython.Py_ssize_t = 0
    periodic: cython.Py_ssize_t = 0
    events: cython.Py_ssize_t = 0
    flags: cython.int
    satellites: cython.int
    private: cython.int
    time: cython.ulonglong
    longitude: cython.uint
    latitude: cython.uint
    if count == 0:
        return _wrong(control, body + 1, _NO_RECORDS)
    if data[end] != count:
        return _wrong(control, end, _COUNT_MISMATCH)
    if group16:
        groups = 5
    for row in range(first_row, first_row + count):
        start = pos
        if end - pos < head_size:
            return _wrong(control, pos, _TRUNCATED)
        satellites = data[pos + 21]
        flags = 0
        if at_time >= 0:
            time = _u64(data, pos)
            if time <= _LATEST_MS:
                cells64[at_time + row] = time
            else:
                flags = _NO_TIME
        if at_priority >= 0:
            cells8[at_priority + row] = data[pos + 8]
        if at_satellites >= 0:
            cells8[at_satellites + row] = data[pos + 21]
        if satellites or last_known:
            longitude = _u32(data, pos + 9)
            latitude = _u32(data, pos + 13)
            # two's complement, shifted so that one unsigned comparison checks both ends
            if (longitude + _LONGITUDE_SHIFT) & _MASK32 > _LONGITUDE_SPAN or (
                (latitude + _LATITUDE_SHIFT) & _MASK32 > _LATITUDE_SPAN
            ):
                flags |= _OUT_OF_RANGE
            elif satellites or longitude or latitude:
                flags |= _HAS_PLACE
                if at_longitude >= 0:
                    cells32[at_longitude + row] = longitude
                    cells32[at_latitude + row] = latitude
                    cells16[at_altitude + row] = _u16(data, pos + 17)
        if satellites:
            flags |= _HAS_FIX | _HAS_MOTION
            if at_angle >= 0:
                cells16[at_angle + row] = _u16(data, pos + 19)
                cells16[at_speed + row] = _u16(data, pos + 22)
        pos += _HEAD
        event = data[pos]
        if id_size == 2:
            event = _u16(data, pos)
        pos += id_size
        if event == 0:
            periodic += 1
        elif event_actions[event]:
            cells16[at_event + row] = event
            events += 1
        if generation:
            if at_generation >= 0:
                cells16[desk[at_generation] + row] = 256 | data[pos]
                desk[at_generation + 1] = row
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
            if end - pos < count_size:
                return _wrong(control, pos, _TRUNCATED)
            members = data[pos]
            if count_size == 2:
                members = _u16(data, pos)
            pos += count_size
            stop = pos + members * (id_size + width)
            if stop > end:
                return _wrong(control, pos, _TRUNCATED)
            total += members
            if plane == 0:
                while pos < stop:
                    identifier = data[pos]
                    if id_size == 2:
                        identifier = _u16(data, pos)
                    pos += id_size
                    entry = actions[identifier]
                    if entry <= watch:
                        index = 2 * (watch - entry)
                        if data[pos] == watched[index]:
                            private = 1
                        entry = watched[index + 1]
                    if entry >= 0:
                        cells16[desk[entry] + row] = 256 | data[pos]
                        if desk[entry + 1] == row:
                            desk[_TALLY_REPEATED] += 1
                        desk[entry + 1] = row
                        stored += 1
                    else:
                        desk[-entry] += 1
                    pos += 1
            elif plane == 1:
                while pos < stop:
                    identifier = data[pos]
                    if id_size == 2:
                        identifier = _u16(data, pos)
                    pos += id_size
                    entry = actions[base + identifier]
                    if entry >= 0:
                        cells32[desk[entry] + row] = 65536 | _u16(data, pos)
                        if desk[entry + 1] == row:
                            desk[_TALLY_REPEATED] += 1
                        desk[entry + 1] = row
                        stored += 1
                    else:
                        desk[-entry] += 1
                    pos += 2
            elif plane == 2:
                while pos < stop:
                    identifier = data[pos]
                    if id_size == 2:
                        identifier = _u16(data, pos)
                    pos += id_size
                    entry = actions[base + identifier]
                    if entry >= 0:
                        cells64[desk[entry] + row] = _FILLED32 | _u32(data, pos)
                        if desk[entry + 1] == row:
                            desk[_TALLY_REPEATED] += 1
                        desk[entry + 1] = row
                        stored += 1
                    else:
                        desk[-entry] += 1
                    pos += 4
            else:
                # 8 bytes leave no room for the mark: it stands in a column of its own; 16-byte
                # elements have no slot
                while pos < stop:
                    identifier = data[pos]
                    if id_size == 2:
                        identifier = _u16(data, pos)
                    pos += id_size
                    entry = actions[base + identifier]
                    if entry >= 0:
                        cells64[desk[entry] + row] = _u64(data, pos)
                        cells8[desk[desk[entry + 2]] + row] = 1
                        if desk[entry + 1] == row:
                            desk[_TALLY_REPEATED] += 1
                        desk[entry + 1] = row
                        stored += 1
                    else:
                        desk[-entry] += 1
                    pos += width
            base += plane_size
            width += width
        if variable:
            if end - pos < 2:
                return _wrong(control, pos, _TRUNCATED)
            members = _u16(data, pos)
            pos += 2
            total += members
            for left in range(members):
                if end - pos < 4:
                    return _wrong(control, pos, _TRUNCATED)
                size = _u16(data, pos + 2)
                if end - pos - 4 < size:
                    return _wrong(control, pos + 2, _TRUNCATED)
                desk[-actions[_VARIABLE + _u16(data, pos)]] += 1
                pos += 4 + size
        if announced != total:
            # nobody says whether the unannounced group counts: both readings are taken
            if not group16 or announced > total:
                return _wrong(control, start + head_size - count_size, _TOTAL_MISMATCH)
        elements += total
        if private:
            flags = (flags & _KEPT_IN_PRIVATE) | _IS_PRIVATE
            for index in range(len(private_slots)):
                slot = private_slots[index]
                if slot >= 0:
                    desk[_TALLY_PRIVATE_CELLS] += _clear(
                        slot, row, desk, cells8, cells16, cells32, cells64, control
                    )
                else:
                    _clear(-1 - slot, row, desk, cells8, cells16, cells32, cells64, control)
            if event_actions[event] == 2:
                desk[_TALLY_PRIVATE_EVENTS] += 1
                cells16[at_event + row] = 0
        cells32[at_conversation + row] = conversation
        cells8[at_flags + row] = flags
        desk[_TALLY_FLAGS + flags] += 1
    if pos != end:
        return _wrong(control, pos, _TRAILING_BYTES)
    desk[_TALLY_RECORDS] += count
    desk[_TALLY_ELEMENTS] += elements
    desk[_TALLY_STORED] += stored
    desk[_TALLY_PERIODIC] += periodic
    desk[_TALLY_EVENTS] += events
    if generation:
        desk[_TALLY_GENERATIONS] += count
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
    desk: cython.longlong[::1],
    cells8: cython.uchar[::1],
    cells16: cython.ushort[::1],
    cells32: cython.uint[::1],
    cells64: cython.ulonglong[::1],
    before: cython.longlong[::1],
    decoded: cython.longlong[::1],
    control: cython.longlong[::1],
) -> int:
    """Walk the frames among events ``first`` to ``last`` (exclusive) until the block is full.

    ``cells8`` to ``cells64`` are four views of one block; ``desk`` holds the tally and the slots;
    ``before`` is scratch for a tally; ``decoded`` counts frames by codec.  Returns the first event
    that was not taken.  A frame that is wrong becomes a rejected event with its code and byte; it
    adds no row and no count.
    """
    row: cython.Py_ssize_t = control[_ROW]
    event: cython.Py_ssize_t = first
    at: cython.Py_ssize_t
    count: cython.Py_ssize_t
    shape: cython.Py_ssize_t
    index: cython.Py_ssize_t
    wrong: cython.Py_ssize_t
    wide: cython.Py_ssize_t
    code: cython.longlong
    again: cython.longlong
    counters: cython.Py_ssize_t = len(before)
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
                before[index] = desk[index]
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
                    desk,
                    cells8,
                    cells16,
                    cells32,
                    cells64,
                    control,
                )
                if again == 0:
                    code = 0
                    break
                if code == _UNKNOWN_CODEC:  # what the first reading says is what is reported
                    code = again
                    wrong = control[_ERROR]
                for index in range(counters):
                    desk[index] = before[index]
                _take_back(row, count, fixed, desk, cells8, cells16, cells32, cells64, control)
                if wide or not shapes[shape + _SHAPE_GROUP16] or control[_GROUP16] != _GROUP16_AUTO:
                    break
                wide = 1
        if code:
            events[at + _KIND] = _REJECTED
            events[at + _CODE] = code
            events[at + _AT] = wrong
        else:
            row += count
            desk[_TALLY_BYTES] += events[at + _SIZE]
            decoded[events[at + _CODEC]] += 1
        event += 1
    control[_ROW] = row
    return event
