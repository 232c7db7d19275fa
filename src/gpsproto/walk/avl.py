# cython: wraparound=False, initializedcheck=False, cdivision=True
"""Walk the AVL records of framed bodies into the cells of a block, with the projection applied.

The one decoder of Codec 8, 8 Extended and 16: compiled by Cython where a compiler is there, run as
it reads elsewhere.  A look-up in ``actions`` gives every element a slot, or a reason to be stepped
over; what has no slot is never read.  Of a list of beacons that is not dropped as a whole, each
field is looked up in the same way.  A frame that breaks off leaves no trace: its rows and its counts
are taken back, and its event says which byte was wrong.

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
_ATTRIBUTE = cython.declare(cython.Py_ssize_t, codes.ATTRIBUTE)
_ATTRIBUTES = cython.declare(cython.Py_ssize_t, codes.CONTROL_ATTRIBUTES)
_ATTRIBUTES_MOST = cython.declare(cython.Py_ssize_t, codes.CONTROL_ATTRIBUTES_MOST)
_ATTRIBUTES_EXTRA = cython.declare(cython.Py_ssize_t, codes.ATTRIBUTES_EXTRA)
_BEACON = cython.declare(cython.Py_ssize_t, codes.BEACON)
_BEACON_BATTERY = cython.declare(cython.Py_ssize_t, codes.BEACON_BATTERY)
_BEACON_BATTERY_BYTE = cython.declare(cython.Py_ssize_t, codes.BEACON_BATTERY_BYTE)
_BEACON_DATA = cython.declare(cython.Py_ssize_t, codes.BEACON_DATA)
_BEACON_FURTHER = cython.declare(cython.Py_ssize_t, codes.BEACON_FURTHER)
_BEACON_HUMIDITY = cython.declare(cython.Py_ssize_t, codes.BEACON_HUMIDITY)
_BEACON_ID = cython.declare(cython.Py_ssize_t, codes.BEACON_ID)
_BEACON_LOW_BATTERY = cython.declare(cython.Py_ssize_t, codes.BEACON_LOW_BATTERY)
_BEACON_MAC = cython.declare(cython.Py_ssize_t, codes.BEACON_MAC)
_BEACON_MAGNET = cython.declare(cython.Py_ssize_t, codes.BEACON_MAGNET)
_BEACON_MOVEMENT_COUNT = cython.declare(cython.Py_ssize_t, codes.BEACON_MOVEMENT_COUNT)
_BEACON_MOVING = cython.declare(cython.Py_ssize_t, codes.BEACON_MOVING)
_BEACON_NAME = cython.declare(cython.Py_ssize_t, codes.BEACON_NAME)
_BEACON_OTHER = cython.declare(cython.Py_ssize_t, codes.BEACON_OTHER)
_BEACON_PITCH = cython.declare(cython.Py_ssize_t, codes.BEACON_PITCH)
_BEACON_ROLL = cython.declare(cython.Py_ssize_t, codes.BEACON_ROLL)
_BEACON_RSSI = cython.declare(cython.Py_ssize_t, codes.BEACON_RSSI)
_BEACON_SLOT = cython.declare(cython.Py_ssize_t, codes.BEACON_SLOT)
_BEACON_SLOTS = cython.declare(cython.Py_ssize_t, codes.BEACON_SLOTS)
_BEACON_TEMPERATURE = cython.declare(cython.Py_ssize_t, codes.BEACON_TEMPERATURE)
_BEACON_TEMPERATURE_WHOLE = cython.declare(cython.Py_ssize_t, codes.BEACON_TEMPERATURE_WHOLE)
_BEACON_TYPES = cython.declare(cython.Py_ssize_t, codes.BEACON_TYPES)
_BODY = cython.declare(cython.Py_ssize_t, codes.BODY)
_BODY_SIZE = cython.declare(cython.Py_ssize_t, codes.BODY_SIZE)
_CAPACITY = cython.declare(cython.Py_ssize_t, codes.CONTROL_CAPACITY)
_CLEARED_KEYS = cython.declare(cython.Py_ssize_t, codes.CONTROL_CLEARED_KEYS)
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
_FIXED_ENDS = cython.declare(cython.Py_ssize_t, codes.FIXED_ENDS)
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
_KEYS = cython.declare(cython.Py_ssize_t, codes.CONTROL_KEYS)
_KIND = cython.declare(cython.Py_ssize_t, codes.KIND)
_LAST_KNOWN = cython.declare(cython.Py_ssize_t, codes.CONTROL_LAST_KNOWN)
_LIST_BEACONS = cython.declare(cython.Py_ssize_t, codes.CONTROL_LIST_BEACONS)
_LIST_EYE = cython.declare(cython.Py_ssize_t, codes.LIST_EYE)
_LIST_FIELDS = cython.declare(cython.Py_ssize_t, codes.CONTROL_LIST_FIELDS)
_LIST_FIRST = cython.declare(cython.Py_ssize_t, codes.CONTROL_LIST_FIRST)
_LIST_GUESSED = cython.declare(cython.Py_ssize_t, codes.LIST_GUESSED)
_LIST_LAYOUTS = cython.declare(cython.Py_ssize_t, codes.LIST_LAYOUTS)
_LIST_REPEATED = cython.declare(cython.Py_ssize_t, codes.CONTROL_LIST_REPEATED)
_LIST_SIMPLE = cython.declare(cython.Py_ssize_t, codes.LIST_SIMPLE)
_LIST_STORED = cython.declare(cython.Py_ssize_t, codes.CONTROL_LIST_STORED)
_LIST_USED = cython.declare(cython.Py_ssize_t, codes.CONTROL_LIST_USED)
_NO_POSITION = cython.declare(cython.int, codes.NO_POSITION)
_NO_RECORDS = cython.declare(cython.longlong, codes.NO_RECORDS)
_OURS_BASE = cython.declare(cython.Py_ssize_t, codes.OURS_BASE)
_OURS_PLANE = cython.declare(cython.Py_ssize_t, codes.OURS_PLANE)
_OUT_OF_RANGE = cython.declare(cython.int, codes.OUT_OF_RANGE)
_PLACES = cython.declare(cython.Py_ssize_t, codes.PLACES)
_PLANE = cython.declare(cython.Py_ssize_t, codes.PLANE)
_REJECTED = cython.declare(cython.longlong, codes.REJECTED)
_REWRITTEN = cython.declare(cython.uchar, codes.REWRITTEN)
_ROW = cython.declare(cython.Py_ssize_t, codes.CONTROL_ROW)
_SHAPE_BARE = cython.declare(cython.Py_ssize_t, codes.SHAPE_BARE)
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
_STAMPS = cython.declare(cython.Py_ssize_t, codes.CONTROL_STAMPS)
_STENCILS = cython.declare(cython.Py_ssize_t, codes.STENCILS)
_STENCIL_ATTRIBUTES = cython.declare(cython.Py_ssize_t, codes.STENCIL_ATTRIBUTES)
_STENCIL_BYTES = cython.declare(cython.Py_ssize_t, codes.STENCIL_BYTES)
_STENCIL_CREDIT = cython.declare(cython.Py_ssize_t, codes.STENCIL_CREDIT)
_STENCIL_DROPS = cython.declare(cython.Py_ssize_t, codes.STENCIL_DROPS)
_STENCIL_DROPS_AT = cython.declare(cython.Py_ssize_t, codes.STENCIL_DROPS_AT)
_STENCIL_DROPS_MOST = cython.declare(cython.Py_ssize_t, codes.STENCIL_DROPS_MOST)
_STENCIL_ELEMENTS = cython.declare(cython.Py_ssize_t, codes.STENCIL_ELEMENTS)
_STENCIL_FORM = cython.declare(cython.Py_ssize_t, codes.STENCIL_FORM)
_STENCIL_LAST = cython.declare(cython.Py_ssize_t, codes.STENCIL_LAST)
_STENCIL_MOVES = cython.declare(cython.Py_ssize_t, codes.STENCIL_MOVES)
_STENCIL_FIRST = cython.declare(cython.Py_ssize_t, codes.STENCIL_FIRST)
_STENCIL_LIST = cython.declare(cython.Py_ssize_t, codes.STENCIL_LIST)
_STENCIL_MOVES_MOST = cython.declare(cython.Py_ssize_t, codes.STENCIL_MOVES_MOST)
_STENCIL_NEXT = cython.declare(cython.Py_ssize_t, codes.STENCIL_NEXT)
_STENCIL_SIZE = cython.declare(cython.Py_ssize_t, codes.STENCIL_SIZE)
_STENCIL_STORED = cython.declare(cython.Py_ssize_t, codes.STENCIL_STORED)
_STENCIL_STRIDE = cython.declare(cython.Py_ssize_t, codes.STENCIL_STRIDE)
_STENCIL_WORDS = cython.declare(cython.Py_ssize_t, codes.STENCIL_WORDS)
_STENCIL_WATCHED = cython.declare(cython.Py_ssize_t, codes.STENCIL_WATCHED)
_STENCIL_WATCHED_AT = cython.declare(cython.Py_ssize_t, codes.STENCIL_WATCHED_AT)
_STENCIL_WATCHED_MOST = cython.declare(cython.Py_ssize_t, codes.STENCIL_WATCHED_MOST)
_STRIDE = cython.declare(cython.Py_ssize_t, codes.STRIDE)
_TALLY_BARE = cython.declare(cython.Py_ssize_t, codes.TALLY_BARE)
_TALLY_BARE_TIMES = cython.declare(cython.Py_ssize_t, codes.TALLY_BARE_TIMES)
_TALLY_BYTES = cython.declare(cython.Py_ssize_t, codes.TALLY_BYTES)
_TALLY_DROPPED = cython.declare(cython.Py_ssize_t, codes.TALLY_DROPPED)
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
_UNKNOWN = cython.declare(cython.Py_ssize_t, -codes.TALLY_DROPPED)
_UNKNOWN_CODEC = cython.declare(cython.longlong, codes.UNKNOWN_CODEC)
_UNKNOWN_FACTOR = cython.declare(cython.Py_ssize_t, codes.UNKNOWN_FACTOR)
_UNKNOWN_FIRST = cython.declare(cython.Py_ssize_t, codes.UNKNOWN_FIRST)
_UNKNOWN_HELD = cython.declare(cython.Py_ssize_t, codes.UNKNOWN_HELD)
_UNKNOWN_KEY = cython.declare(cython.Py_ssize_t, codes.UNKNOWN_KEY)
_UNKNOWN_LIST = cython.declare(cython.Py_ssize_t, codes.UNKNOWN_LIST)
_UNKNOWN_MOST = cython.declare(cython.longlong, codes.UNKNOWN_MOST)
_UNKNOWN_PLACES = cython.declare(cython.Py_ssize_t, codes.UNKNOWN_PLACES)
_UNKNOWN_PROBES = cython.declare(cython.Py_ssize_t, codes.UNKNOWN_PROBES)
_UNKNOWN_STRIDE = cython.declare(cython.Py_ssize_t, codes.UNKNOWN_STRIDE)
_UNKNOWN_TOUCHED = cython.declare(cython.Py_ssize_t, codes.UNKNOWN_TOUCHED)
_VALUES = cython.declare(cython.Py_ssize_t, codes.CONTROL_VALUES)
_WATCHED = cython.declare(cython.Py_ssize_t, codes.WATCHED)
_NO_TIME = cython.declare(cython.int, codes.NO_TIME)
_KEPT_IN_PRIVATE = cython.declare(cython.int, codes.HAS_FIX | codes.NO_TIME)
_LATEST_MS = cython.declare(cython.ulonglong, codes.LATEST_MS)
_HEAD = cython.declare(cython.Py_ssize_t, 24)  # bytes before the IO element
_BARE_HEAD = cython.declare(cython.Py_ssize_t, 8)  # ... of a record that is but a time
_VARIABLE = cython.declare(cython.Py_ssize_t, codes.PLANE_VARIABLE * codes.PLANE)
_OURS_VARIABLE = cython.declare(
    cython.Py_ssize_t, codes.OURS_BASE + codes.PLANE_VARIABLE * codes.OURS_PLANE
)
_PLANE_VARIABLE = cython.declare(cython.Py_ssize_t, codes.PLANE_VARIABLE)
_MASK32 = cython.declare(cython.uint, 0xFFFFFFFF)
_LONGITUDE_SHIFT = cython.declare(cython.uint, 1800000000)
_LONGITUDE_SPAN = cython.declare(cython.uint, 3600000000)
_LATITUDE_SHIFT = cython.declare(cython.uint, 900000000)
_LATITUDE_SPAN = cython.declare(cython.uint, 1800000000)


# The readers below take the address of the last byte: that is what a bounds-checked build checks,
# and compilers see one load in bytes at constant distances from a pointer, eight loads otherwise.


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _u16(data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t) -> cython.uint:
    if not cython.compiled:
        return (data[at] << 8) | data[at + 1]
    byte: cython.pointer[cython.const[cython.uchar]] = cython.address(data[at + 1]) - 1
    return (byte[0] << 8) | byte[1]


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _u32(data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t) -> cython.uint:
    if not cython.compiled:
        return int.from_bytes(data[at : at + 4], "big")
    byte: cython.pointer[cython.const[cython.uchar]] = cython.address(data[at + 3]) - 3
    first: cython.uint = byte[0]
    return (first << 24) | (byte[1] << 16) | (byte[2] << 8) | byte[3]


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _u64(data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t) -> cython.ulonglong:
    if not cython.compiled:
        return int.from_bytes(data[at : at + 8], "big")
    byte: cython.pointer[cython.const[cython.uchar]] = cython.address(data[at + 7]) - 7
    high: cython.uint = byte[0]
    high = (high << 24) | (byte[1] << 16) | (byte[2] << 8) | byte[3]
    low: cython.uint = byte[4]
    low = (low << 24) | (byte[5] << 16) | (byte[6] << 8) | byte[7]
    return (cython.cast(cython.ulonglong, high) << 32) | low


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _word(data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t) -> cython.ulonglong:
    """Eight bytes as most machines hold them: one load, where their order is of no concern."""
    if not cython.compiled:
        return int.from_bytes(data[at : at + 8], "little")
    byte: cython.pointer[cython.const[cython.uchar]] = cython.address(data[at + 7]) - 7
    low: cython.uint = byte[3]
    low = (low << 24) | (byte[2] << 16) | (byte[1] << 8) | byte[0]
    high: cython.uint = byte[7]
    high = (high << 24) | (byte[6] << 16) | (byte[5] << 8) | byte[4]
    return (cython.cast(cython.ulonglong, high) << 32) | low


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
    """Zero a cell and its mark; say whether it was marked."""
    cell: cython.Py_ssize_t = desk[_DESK_SLOTS + 3 * slot] + row
    mark: cython.Py_ssize_t = desk[_DESK_SLOTS + 3 * slot + 2]
    was: cython.longlong = 0
    if slot < control[_SLOTS8]:
        cells64[cell] = 0
    elif slot < control[_SLOTS4]:
        cells32[cell] = 0
    elif slot < control[_SLOTS2]:
        cells16[cell] = 0
    else:
        cells8[cell] = 0
    if mark >= 0:
        was = cells8[mark + row]
        cells8[mark + row] = 0
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
            for row in range(first, first + count):
                _clear(slot, row, desk, cells8, cells16, cells32, cells64, control)
    at = control[_ATTRIBUTES]
    while at < control[_ATTRIBUTES_MOST] and cells16[control[_KEYS] + at]:
        desk[control[_STAMPS] + cells16[control[_KEYS] + at] - 1] = 0
        cells16[control[_KEYS] + at] = 0
        cells64[control[_VALUES] + at] = 0
        at += 1
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _without_cleared(
    first: cython.Py_ssize_t,
    used: cython.Py_ssize_t,
    desk: cython.longlong[::1],
    cells16: cython.ushort[::1],
    cells64: cython.ulonglong[::1],
    control: cython.longlong[::1],
) -> cython.Py_ssize_t:
    """Take out of a record's attributes those that private mode takes; how many there are then."""
    values: cython.Py_ssize_t = control[_VALUES]
    keys: cython.Py_ssize_t = control[_KEYS]
    stamps: cython.Py_ssize_t = control[_STAMPS]
    kept: cython.Py_ssize_t = first
    at: cython.Py_ssize_t
    key: cython.Py_ssize_t
    for at in range(first, used):
        key = cells16[keys + at] - 1
        if key < control[_CLEARED_KEYS]:
            desk[stamps + key] = 0
            desk[_TALLY_PRIVATE_CELLS] += 1
        else:
            cells16[keys + kept] = key + 1
            cells64[values + kept] = cells64[values + at]
            kept += 1
            desk[stamps + key] = kept
    for at in range(kept, used):
        cells16[keys + at] = 0
        cells64[values + at] = 0
    return kept


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _note(
    key: cython.Py_ssize_t, count: cython.longlong, unknown: cython.longlong[::1]
) -> cython.longlong:
    """Count an unknown element by id and width, for the frame under way."""
    bucket: cython.Py_ssize_t = (key * _UNKNOWN_FACTOR >> 6) % _UNKNOWN_PLACES
    place: cython.Py_ssize_t = 0
    probe: cython.Py_ssize_t
    for probe in range(_UNKNOWN_PROBES):
        place = _UNKNOWN_FIRST + _UNKNOWN_STRIDE * bucket
        if unknown[place] == key:
            break
        if unknown[place] == 0:
            if unknown[_UNKNOWN_HELD] == _UNKNOWN_MOST:
                return 0
            unknown[place] = key
            unknown[_UNKNOWN_HELD] += 1
            break
        bucket = (bucket + 1) % _UNKNOWN_PLACES
    if unknown[place] != key:
        return 0
    if unknown[place + 2] == 0:
        unknown[_UNKNOWN_LIST + unknown[_UNKNOWN_TOUCHED]] = place
        unknown[_UNKNOWN_TOUCHED] += 1
    unknown[place + 2] += count
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _keep_noted(whole: cython.int, unknown: cython.longlong[::1]) -> cython.longlong:
    """Add what a frame has counted where it is whole; else forget it, and the keys it brought.

    The last key goes first: so the table is as it was before.
    """
    place: cython.Py_ssize_t
    while unknown[_UNKNOWN_TOUCHED]:
        unknown[_UNKNOWN_TOUCHED] -= 1
        place = unknown[_UNKNOWN_LIST + unknown[_UNKNOWN_TOUCHED]]
        if whole:
            unknown[place + 1] += unknown[place + 2]
        elif unknown[place + 1] == 0:
            unknown[place] = 0
            unknown[_UNKNOWN_HELD] -= 1
        unknown[place + 2] = 0
    return 0


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _fits(
    data: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    size: cython.Py_ssize_t,
    word: cython.Py_ssize_t,
    stencils: cython.ulonglong[::1],
) -> cython.int:
    """Whether all bytes of structure are those of the stencil whose words begin at ``word``."""
    stop: cython.Py_ssize_t = at + size - 7
    while at < stop:
        if _word(data, at) & stencils[word] != stencils[word + 1]:
            return 0
        word += 2
        at += 8
    return _word(data, stop - 1) & stencils[word] == stencils[word + 1]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _alike(
    data: cython.const[cython.uchar][::1],
    pos: cython.Py_ssize_t,
    head: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    most: cython.Py_ssize_t,
    form: cython.ulonglong,
    first: cython.Py_ssize_t,
    places: cython.longlong[::1],
    stencils: cython.ulonglong[::1],
) -> cython.Py_ssize_t:
    """How many records from ``pos`` on are cut by one stencil; which, is left in ``stencils``.

    Where they begin is written into ``places`` from ``first`` on.  ``head`` bytes stand before the
    part that a stencil covers.  A record that orders private mode ends the run: it is walked by
    itself.
    """
    trial: cython.Py_ssize_t
    stencil: cython.Py_ssize_t = stencils[_STENCIL_LAST]
    about: cython.Py_ssize_t
    size: cython.Py_ssize_t
    index: cython.Py_ssize_t
    run: cython.Py_ssize_t = 0
    ordered: cython.int = 0
    at: cython.Py_ssize_t = pos + head
    for trial in range(_STENCILS):
        about = _STENCIL_FIRST + stencil * _STENCIL_STRIDE
        size = stencils[about + _STENCIL_SIZE]
        if stencils[about + _STENCIL_FORM] == form:
            while run < most and end - at >= size:
                if not _fits(data, at, size, about + _STENCIL_WORDS, stencils):
                    break
                for index in range(stencils[about + _STENCIL_WATCHED]):
                    if (
                        data[at + stencils[about + _STENCIL_WATCHED_AT + 2 * index]]
                        == stencils[about + _STENCIL_WATCHED_AT + 2 * index + 1]
                    ):
                        ordered = 1
                if ordered:
                    break
                places[first + run] = at - head
                run += 1
                at += head + size
            if run or ordered:
                stencils[_STENCIL_LAST] = stencil
                return run
        stencil += 1
        if stencil == _STENCILS:
            stencil = 0
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _give_fixed(
    data: cython.const[cython.uchar][::1],
    places: cython.longlong[::1],
    count: cython.Py_ssize_t,
    row: cython.Py_ssize_t,
    id_size: cython.Py_ssize_t,
    generation: cython.Py_ssize_t,
    event_actions: cython.const[cython.uchar][::1],
    fixed: cython.const[cython.longlong][::1],
    desk: cython.longlong[::1],
    cells8: cython.uchar[::1],
    cells16: cython.ushort[::1],
    cells32: cython.uint[::1],
    cells64: cython.ulonglong[::1],
    control: cython.longlong[::1],
) -> cython.longlong:
    """Fill the fixed part of rows from ``row`` on with the first records of ``places``.

    What is not to be said is made zero, not stepped over: a wrong guess of the processor costs more.
    """
    last_known: cython.longlong = control[_LAST_KNOWN]
    flags_at: cython.Py_ssize_t = desk[fixed[_FIXED_FLAGS]] + row
    at_time: cython.Py_ssize_t = _cells_of(fixed[_FIXED_TIME], desk)
    at_longitude: cython.Py_ssize_t = _cells_of(fixed[_FIXED_LONGITUDE], desk)
    at_latitude: cython.Py_ssize_t = _cells_of(fixed[_FIXED_LATITUDE], desk)
    place: cython.Py_ssize_t
    index: cython.Py_ssize_t
    at: cython.Py_ssize_t
    event: cython.Py_ssize_t
    taken: cython.int
    events: cython.Py_ssize_t = 0
    periodic: cython.Py_ssize_t = 0
    satellites: cython.int
    flags: cython.int
    time: cython.ulonglong
    longitude: cython.uint
    latitude: cython.uint
    for index in range(count):
        at = places[index]
        satellites = data[at + 21]
        flags = 0
        if at_time >= 0:
            time = _u64(data, at)
            if time <= _LATEST_MS:
                cells64[at_time + row + index] = time
            else:
                flags = _NO_TIME
        if satellites:
            flags |= _HAS_FIX | _HAS_MOTION
        if satellites or last_known:
            longitude = _u32(data, at + 9)
            latitude = _u32(data, at + 13)
            # two's complement, shifted so that one unsigned comparison checks both ends
            if (longitude + _LONGITUDE_SHIFT) & _MASK32 > _LONGITUDE_SPAN or (
                (latitude + _LATITUDE_SHIFT) & _MASK32 > _LATITUDE_SPAN
            ):
                flags |= _OUT_OF_RANGE
            elif satellites or longitude or latitude:
                flags |= _HAS_PLACE
                if at_longitude >= 0:
                    cells32[at_longitude + row + index] = longitude
                    cells32[at_latitude + row + index] = latitude
        cells8[flags_at + index] = flags
        desk[_TALLY_FLAGS + flags] += 1
    place = _cells_of(fixed[_FIXED_ALTITUDE], desk)
    if place >= 0:
        place += row
        for index in range(count):
            cells16[place + index] = _u16(data, places[index] + 17) & -(
                cells8[flags_at + index] & _HAS_PLACE != 0
            )
    place = _cells_of(fixed[_FIXED_ANGLE], desk)
    if place >= 0:
        place += row
        for index in range(count):
            cells16[place + index] = _u16(data, places[index] + 19) & -(
                cells8[flags_at + index] & _HAS_MOTION != 0
            )
    place = _cells_of(fixed[_FIXED_SPEED], desk)
    if place >= 0:
        place += row
        for index in range(count):
            cells16[place + index] = _u16(data, places[index] + 22) & -(
                cells8[flags_at + index] & _HAS_MOTION != 0
            )
    place = _cells_of(fixed[_FIXED_SATELLITES], desk)
    if place >= 0:
        place += row
        for index in range(count):
            cells8[place + index] = data[places[index] + 21]
    place = _cells_of(fixed[_FIXED_PRIORITY], desk)
    if place >= 0:
        place += row
        for index in range(count):
            cells8[place + index] = data[places[index] + 8]
    place = _cells_of(fixed[_FIXED_EVENT], desk)
    for index in range(count):
        event = data[places[index] + _HEAD]
        if id_size == 2:
            event = _u16(data, places[index] + _HEAD)
        taken = (event != 0) & (event_actions[event] != 0)
        periodic += event == 0
        events += taken
        if place >= 0:
            cells16[place + row + index] = event & -taken
    if generation:
        if fixed[_FIXED_GENERATION] >= 0:
            place = desk[fixed[_FIXED_GENERATION]] + row
            desk[fixed[_FIXED_GENERATION] + 1] = row + count - 1
            for index in range(count):
                cells16[place + index] = 256 | data[places[index] + _HEAD + id_size]
    desk[_TALLY_PERIODIC] += periodic
    desk[_TALLY_EVENTS] += events
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _cut(
    data: cython.const[cython.uchar][::1],
    places: cython.longlong[::1],
    count: cython.Py_ssize_t,
    row: cython.Py_ssize_t,
    stencil: cython.Py_ssize_t,
    used: cython.Py_ssize_t,
    shapes: cython.const[cython.uchar][::1],
    event_actions: cython.const[cython.uchar][::1],
    fixed: cython.const[cython.longlong][::1],
    desk: cython.longlong[::1],
    cells8: cython.uchar[::1],
    cells16: cython.ushort[::1],
    cells32: cython.uint[::1],
    cells64: cython.ulonglong[::1],
    stencils: cython.ulonglong[::1],
    unknown: cython.longlong[::1],
    control: cython.longlong[::1],
) -> cython.Py_ssize_t:
    """Fill rows from ``row`` on with the first records of ``places``, which fit a stencil.

    A column at a time: so each is written in a few steps.  Their conversations, and that they are
    records, say others.  Returns how many attributes the block holds then, of which ``used`` were
    there before.
    """
    about: cython.Py_ssize_t = _STENCIL_FIRST + stencil * _STENCIL_STRIDE
    shape: cython.Py_ssize_t = ((stencils[about + _STENCIL_FORM] - 1) >> 1) * _SHAPE_STRIDE
    id_size: cython.Py_ssize_t = shapes[shape + _SHAPE_ID_SIZE]
    generation: cython.Py_ssize_t = shapes[shape + _SHAPE_GENERATION]
    head: cython.Py_ssize_t = _HEAD + id_size + generation
    move: cython.Py_ssize_t = about + _STENCIL_DROPS_AT
    index: cython.Py_ssize_t
    entry: cython.Py_ssize_t
    cell: cython.Py_ssize_t
    source: cython.Py_ssize_t
    plane: cython.Py_ssize_t
    at: cython.Py_ssize_t
    ends: cython.Py_ssize_t = _cells_of(fixed[_FIXED_ENDS], desk)
    each: cython.Py_ssize_t = 0  # attributes a record
    value: cython.Py_ssize_t = control[_VALUES] + used
    key: cython.Py_ssize_t = control[_KEYS] + used
    _give_fixed(
        data, places, count, row, id_size, generation, event_actions, fixed, desk, cells8, cells16,
        cells32, cells64, control,
    )  # fmt: skip
    desk[_TALLY_ELEMENTS] += count * stencils[about + _STENCIL_ELEMENTS]
    desk[_TALLY_STORED] += count * stencils[about + _STENCIL_STORED]
    for index in range(stencils[about + _STENCIL_DROPS]):
        entry = stencils[move]
        if entry > _UNKNOWN_KEY:
            _note(entry - _UNKNOWN_KEY, count * stencils[move + 1], unknown)
            entry = _TALLY_DROPPED
        desk[entry] += count * stencils[move + 1]
        move += 2
    move = about + _STENCIL_LIST
    for plane in range(4):
        for index in range(stencils[about + _STENCIL_MOVES + plane]):
            source = head + stencils[move]
            entry = stencils[move + 1]
            move += 2
            desk[entry + 1] = row + count - 1
            cell = desk[entry] + row
            if plane == 0:
                for at in range(count):
                    cells8[cell + at] = data[places[at] + source]
            elif plane == 1:
                for at in range(count):
                    cells16[cell + at] = _u16(data, places[at] + source)
            elif plane == 2:
                for at in range(count):
                    cells32[cell + at] = _u32(data, places[at] + source)
            else:
                for at in range(count):
                    cells64[cell + at] = _u64(data, places[at] + source)
            cell = desk[entry + 2] + row
            for at in range(count):
                cells8[cell + at] = 1
    if ends < 0:
        return used
    for plane in range(4):
        each += stencils[about + _STENCIL_ATTRIBUTES + plane]
    for plane in range(4):
        for index in range(stencils[about + _STENCIL_ATTRIBUTES + plane]):
            source = head + stencils[move]
            for at in range(count):
                cells16[key + at * each] = stencils[move + 1]
            if plane == 0:
                for at in range(count):
                    cells64[value + at * each] = data[places[at] + source]
            elif plane == 1:
                for at in range(count):
                    cells64[value + at * each] = _u16(data, places[at] + source)
            elif plane == 2:
                for at in range(count):
                    cells64[value + at * each] = _u32(data, places[at] + source)
            else:
                for at in range(count):
                    cells64[value + at * each] = _u64(data, places[at] + source)
            move += 2
            key += 1
            value += 1
    for at in range(count):
        used += each
        cells32[ends + row + at] = used
    return used


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _solid(
    first: cython.Py_ssize_t,
    count: cython.Py_ssize_t,
    size: cython.Py_ssize_t,
    word: cython.Py_ssize_t,
    stencils: cython.ulonglong[::1],
) -> cython.longlong:
    """Make bytes of a stencil of ``size`` bytes structure, in its words and in the last eight."""
    index: cython.Py_ssize_t
    byte: cython.ulonglong = 255
    last: cython.Py_ssize_t = word + 2 * (size // 8)
    for index in range(first, first + count):
        if index < size // 8 * 8:
            stencils[word + 2 * (index // 8)] |= byte << (8 * (index % 8))
        if index >= size - 8:
            stencils[last] |= byte << (8 * (index - size + 8))
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _learn(
    data: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    size: cython.Py_ssize_t,
    form: cython.ulonglong,
    id_size: cython.Py_ssize_t,
    count_size: cython.Py_ssize_t,
    variable: cython.Py_ssize_t,
    groups: cython.Py_ssize_t,
    actions: cython.const[cython.short][::1],
    watched: cython.const[cython.short][::1],
    stencils: cython.ulonglong[::1],
) -> cython.longlong:
    """Make a stencil of a record that was walked to its end and repeats no element."""
    stencil: cython.Py_ssize_t = stencils[_STENCIL_NEXT]
    about: cython.Py_ssize_t = _STENCIL_FIRST + stencil * _STENCIL_STRIDE
    word: cython.Py_ssize_t = about + _STENCIL_WORDS
    move: cython.Py_ssize_t = about + _STENCIL_LIST
    pos: cython.Py_ssize_t = at + count_size
    plane: cython.Py_ssize_t
    width: cython.Py_ssize_t = 1
    value: cython.Py_ssize_t
    members: cython.Py_ssize_t
    left: cython.Py_ssize_t
    index: cython.Py_ssize_t
    identifier: cython.Py_ssize_t
    entry: cython.Py_ssize_t
    elements: cython.Py_ssize_t = 0
    stored: cython.Py_ssize_t = 0
    drops: cython.Py_ssize_t = 0
    orders: cython.Py_ssize_t = 0
    moved: cython.Py_ssize_t
    attributes: cython.Py_ssize_t
    slots: cython.Py_ssize_t = 0
    start: cython.Py_ssize_t
    counter: cython.ulonglong
    if size < 8 or size > _STENCIL_BYTES:
        return 0
    stencils[about + _STENCIL_FORM] = 0  # not to be used until it is whole
    for index in range(2 * (size // 8) + 2):
        stencils[word + index] = 0
    _solid(0, count_size, size, word, stencils)
    for plane in range(groups + variable):
        members = data[pos]
        if count_size == 2:
            members = _u16(data, pos)
        _solid(pos - at, count_size, size, word, stencils)
        pos += count_size
        elements += members
        moved = 0
        attributes = 0
        for left in range(members):
            start = pos
            identifier = data[pos]
            if id_size == 2:
                identifier = _u16(data, pos)
            pos += id_size
            if plane < groups:
                entry = actions[plane * _PLANE + identifier]
                value = width
            else:
                entry = actions[_VARIABLE + identifier]
                value = _u16(data, pos)
                pos += 2
            _solid(start - at, pos - start, size, word, stencils)
            if entry <= _WATCHED:
                if orders == _STENCIL_WATCHED_MOST:
                    return 0
                index = about + _STENCIL_WATCHED_AT + 2 * orders
                stencils[index] = pos - at
                stencils[index + 1] = watched[2 * (_WATCHED - entry)]
                orders += 1
                entry = watched[2 * (_WATCHED - entry) + 1]
            if entry >= 0:
                if stored == _STENCIL_MOVES_MOST:
                    return 0
                if entry < _ATTRIBUTE:
                    # slots come first: the attributes move up by one
                    for index in range(2 * (stored - slots)):
                        stencils[move + 2 * (stored - slots) + 1 - index] = stencils[
                            move + 2 * (stored - slots) - 1 - index
                        ]
                    stencils[move] = pos - at
                    stencils[move + 1] = entry
                    move += 2
                    slots += 1
                    moved += 1
                else:
                    stencils[move + 2 * (stored - slots)] = pos - at
                    stencils[move + 2 * (stored - slots) + 1] = entry - _ATTRIBUTE + 1
                    attributes += 1
                stored += 1
            else:
                counter = -entry
                if entry == _UNKNOWN:
                    counter = _UNKNOWN_KEY + 1 + identifier
                    counter += plane * _PLANE if plane < groups else _VARIABLE
                index = 0
                while index < drops and stencils[about + _STENCIL_DROPS_AT + 2 * index] != counter:
                    index += 1
                if index == drops:
                    if drops == _STENCIL_DROPS_MOST:
                        return 0
                    stencils[about + _STENCIL_DROPS_AT + 2 * index] = counter
                    stencils[about + _STENCIL_DROPS_AT + 2 * index + 1] = 0
                    drops += 1
                stencils[about + _STENCIL_DROPS_AT + 2 * index + 1] += 1
            pos += value
        if plane < 4:
            stencils[about + _STENCIL_MOVES + plane] = moved
            stencils[about + _STENCIL_ATTRIBUTES + plane] = attributes
        width += width
    index = 0
    while index < size - 7:
        stencils[word + 1] = _word(data, at + index) & stencils[word]
        word += 2
        index += 8
    stencils[word + 1] = _word(data, at + size - 8) & stencils[word]
    stencils[about + _STENCIL_SIZE] = size
    stencils[about + _STENCIL_ELEMENTS] = elements
    stencils[about + _STENCIL_STORED] = stored
    stencils[about + _STENCIL_DROPS] = drops
    stencils[about + _STENCIL_WATCHED] = orders
    stencils[about + _STENCIL_FORM] = form
    stencils[_STENCIL_LAST] = stencil
    stencils[_STENCIL_NEXT] = 0 if stencil + 1 == _STENCILS else stencil + 1
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _eye(
    data: cython.const[cython.uchar][::1],
    pos: cython.Py_ssize_t,
    size: cython.Py_ssize_t,
    layout: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Where the flags stand of what an EYE sensor measured; -1 where data are not of one.

    They begin with its maker and version, or in a list of EYE sensors with the flags.  What these
    announce must be all that there is: else bytes of an identifier would be read as numbers.
    """
    flags: cython.int
    if size > 3 and data[pos] == 0x9A and data[pos + 1] == 0x08 and data[pos + 2] == 1:
        pos += 3
        size -= 3
    elif layout != _LIST_EYE or size == 0:
        return -1
    flags = data[pos]
    size -= 1 + 2 * (flags & 1) + (flags >> 1 & 1)
    size -= 2 * (flags >> 4 & 1) + 3 * (flags >> 5 & 1) + (flags >> 7)
    if size != 0 or flags & 0x0C == 0x08:  # the state of a magnet sensor that is not there
        return -1
    return pos


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _beacons_in(
    data: cython.const[cython.uchar][::1],
    pos: cython.Py_ssize_t,
    size: cython.Py_ssize_t,
    layout: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """How many beacons a list holds; -1 where its lengths do not fit."""
    count: cython.Py_ssize_t = 0
    end: cython.Py_ssize_t = pos + size
    stop: cython.Py_ssize_t
    flags: cython.int
    if size == 0:
        return 0
    flags = data[pos]  # or which part it is of how many, or the version
    pos += 1
    if layout == _LIST_SIMPLE or layout == _LIST_GUESSED:
        if layout == _LIST_GUESSED and (flags < 16 or flags >> 4 > flags & 15):
            return -1
        while pos < end:
            flags = data[pos]
            if flags & 0xD8:  # nobody says what follows for these
                return -1
            pos += 17 + 4 * (flags >> 5) + (flags & 1) + (flags & 2) + (flags >> 1 & 2)
            count += 1
    else:
        if flags != 1:
            return -1
        while pos < end:
            stop = pos + 1 + data[pos]
            if stop > end:
                return -1
            if data[pos]:
                count += 1
            pos += 1
            while pos < stop:
                if stop - pos < 2:
                    return -1
                pos += 2 + data[pos + 1]
            if pos != stop:
                return -1
    return count if pos == end else -1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _give(
    beacon: cython.Py_ssize_t,
    kind: cython.Py_ssize_t,
    plane: cython.Py_ssize_t,
    value: cython.ulonglong,
    actions: cython.const[cython.short][::1],
    desk: cython.longlong[::1],
    cells16: cython.ushort[::1],
    cells64: cython.ulonglong[::1],
    control: cython.longlong[::1],
) -> cython.longlong:
    """Do with a field of the n-th beacon what the actions say: an attribute, or a reason counted.

    What has no cell, and what is of no beacon (n = 0), is the same for all.
    """
    used: cython.Py_ssize_t = control[_LIST_USED]
    index: cython.Py_ssize_t
    key: cython.Py_ssize_t
    entry: cython.Py_ssize_t = _UNKNOWN
    other: cython.Py_ssize_t = _BEACON_OTHER
    control[_LIST_FIELDS] += 1
    if beacon > _BEACON_SLOTS:
        other = _BEACON_FURTHER
    elif kind < _BEACON_SLOT:
        if plane == _PLANE_VARIABLE:
            beacon = 0
        entry = actions[_OURS_BASE + _OURS_PLANE * plane + _BEACON + _BEACON_SLOT * beacon + kind]
    if entry == _UNKNOWN:
        entry = actions[_OURS_BASE + _OURS_PLANE * _PLANE_VARIABLE + _BEACON + other]
    if entry < 0:
        desk[-entry] += 1
        return 0
    key = entry - _ATTRIBUTE
    index = desk[control[_STAMPS] + key] - 1
    if index >= control[_LIST_FIRST]:
        cells64[control[_VALUES] + index] = value
        control[_LIST_REPEATED] += 1
    else:
        cells64[control[_VALUES] + used] = value
        cells16[control[_KEYS] + used] = key + 1
        control[_LIST_USED] = used + 1
        desk[control[_STAMPS] + key] = used + 1
    control[_LIST_STORED] += 1
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _give_measured(
    data: cython.const[cython.uchar][::1],
    pos: cython.Py_ssize_t,
    beacon: cython.Py_ssize_t,
    actions: cython.const[cython.short][::1],
    desk: cython.longlong[::1],
    cells16: cython.ushort[::1],
    cells64: cython.ulonglong[::1],
    control: cython.longlong[::1],
) -> cython.longlong:
    """The fields of what an EYE sensor measured, from its flags on."""
    flags: cython.int = data[pos]
    word: cython.uint
    pos += 1
    if flags & 0x01:
        word = _u16(data, pos)
        _give(beacon, _BEACON_TEMPERATURE, 1, word, actions, desk, cells16, cells64, control)
        pos += 2
    if flags & 0x02:
        _give(beacon, _BEACON_HUMIDITY, 0, data[pos], actions, desk, cells16, cells64, control)
        pos += 1
    if flags & 0x04:
        word = flags >> 3 & 1
        _give(beacon, _BEACON_MAGNET, 0, word, actions, desk, cells16, cells64, control)
    if flags & 0x10:
        word = _u16(data, pos)
        _give(beacon, _BEACON_MOVING, 0, word >> 15, actions, desk, cells16, cells64, control)
        word &= 0x7FFF
        _give(beacon, _BEACON_MOVEMENT_COUNT, 1, word, actions, desk, cells16, cells64, control)
        pos += 2
    if flags & 0x20:
        _give(beacon, _BEACON_PITCH, 0, data[pos], actions, desk, cells16, cells64, control)
        word = _u16(data, pos + 1)
        _give(beacon, _BEACON_ROLL, 1, word, actions, desk, cells16, cells64, control)
        pos += 3
    word = flags >> 6 & 1
    _give(beacon, _BEACON_LOW_BATTERY, 0, word, actions, desk, cells16, cells64, control)
    if flags & 0x80:
        word = data[pos]
        _give(beacon, _BEACON_BATTERY_BYTE, 0, word, actions, desk, cells16, cells64, control)
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _give_list(
    data: cython.const[cython.uchar][::1],
    pos: cython.Py_ssize_t,
    size: cython.Py_ssize_t,
    about: cython.Py_ssize_t,
    otherwise: cython.Py_ssize_t,
    actions: cython.const[cython.short][::1],
    desk: cython.longlong[::1],
    cells16: cython.ushort[::1],
    cells64: cython.ulonglong[::1],
    control: cython.longlong[::1],
) -> cython.longlong:
    """The fields of a list of beacons; of one that does not fit, the element is dropped.

    The bytes of ids, names and further data are stepped over, as is what has no cell elsewhere.
    """
    layout: cython.Py_ssize_t = about % _LIST_LAYOUTS
    end: cython.Py_ssize_t = pos + size
    stop: cython.Py_ssize_t
    beacon: cython.Py_ssize_t
    kind: cython.Py_ssize_t
    length: cython.Py_ssize_t
    flags: cython.int
    word: cython.uint
    count: cython.Py_ssize_t = _beacons_in(data, pos, size, layout)
    control[_LIST_STORED] = 0
    control[_LIST_REPEATED] = 0
    control[_LIST_FIELDS] = 0
    if count < 0:
        desk[-otherwise] += 1
        return 0
    kind = about // _LIST_LAYOUTS
    _give(0, kind, 1, count, actions, desk, cells16, cells64, control)
    control[_LIST_FIELDS] = 0  # the record has announced one element
    pos += 1
    while pos < end:
        beacon = control[_LIST_BEACONS] + 1
        if layout == _LIST_SIMPLE or layout == _LIST_GUESSED:
            flags = data[pos]
            kind = _BEACON_ID
            _give(
                beacon, kind, _PLANE_VARIABLE, 0, actions, desk, cells16, cells64, control,
            )  # fmt: skip
            pos += 17 + 4 * (flags >> 5)
            if flags & 1:
                word = data[pos]
                _give(beacon, _BEACON_RSSI, 0, word, actions, desk, cells16, cells64, control)
                pos += 1
            if flags & 2:
                word = _u16(data, pos)
                _give(beacon, _BEACON_BATTERY, 1, word, actions, desk, cells16, cells64, control)
                pos += 2
            if flags & 4:
                word = _u16(data, pos)
                kind = _BEACON_TEMPERATURE_WHOLE
                _give(beacon, kind, 1, word, actions, desk, cells16, cells64, control)
                pos += 2
            control[_LIST_BEACONS] = beacon
            continue
        stop = pos + 1 + data[pos]
        if data[pos]:
            control[_LIST_BEACONS] = beacon
        pos += 1
        while pos < stop:
            kind = data[pos]
            length = data[pos + 1]
            pos += 2
            if kind == _BEACON_DATA and _eye(data, pos, length, layout) >= 0:
                _give_measured(
                    data, _eye(data, pos, length, layout), beacon, actions, desk, cells16,
                    cells64, control,
                )  # fmt: skip
            elif (
                kind == _BEACON_ID
                or kind == _BEACON_DATA
                or kind == _BEACON_NAME
                or kind == _BEACON_MAC
            ):
                _give(
                    beacon, kind, _PLANE_VARIABLE, 0, actions, desk, cells16, cells64, control,
                )  # fmt: skip
            else:
                word = 0
                if length == 1:
                    word = data[pos]
                elif length == 2:
                    word = _u16(data, pos)
                if kind >= _BEACON_TYPES or length == 0 or length > 2:
                    kind = _BEACON_SLOT  # unknown, or of no length that it has
                _give(
                    beacon, kind, length - 1, word, actions, desk, cells16, cells64, control,
                )  # fmt: skip
            pos += length
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _walk_frame(
    data: cython.const[cython.uchar][::1],
    body: cython.Py_ssize_t,
    body_size: cython.Py_ssize_t,
    conversation: cython.longlong,
    shapes: cython.const[cython.uchar][::1],
    shape: cython.Py_ssize_t,
    group16: cython.Py_ssize_t,
    form: cython.ulonglong,
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
    stencils: cython.ulonglong[::1],
    places: cython.longlong[::1],
    unknown: cython.longlong[::1],
    control: cython.longlong[::1],
) -> cython.longlong:
    """Walk one body into rows; return 0, or the error code with its byte in ``control``."""
    id_size: cython.Py_ssize_t = shapes[shape + _SHAPE_ID_SIZE]
    count_size: cython.Py_ssize_t = shapes[shape + _SHAPE_COUNT_SIZE]
    generation: cython.Py_ssize_t = shapes[shape + _SHAPE_GENERATION]
    variable: cython.Py_ssize_t = shapes[shape + _SHAPE_VARIABLE]
    bare: cython.Py_ssize_t = shapes[shape + _SHAPE_BARE]
    watch: cython.Py_ssize_t = _WATCHED
    plane_size: cython.Py_ssize_t = _OURS_PLANE if bare else _PLANE
    at_time: cython.Py_ssize_t = _cells_of(fixed[_FIXED_TIME], desk)
    at_event: cython.Py_ssize_t = _cells_of(fixed[_FIXED_EVENT], desk)
    at_conversation: cython.Py_ssize_t = desk[fixed[_FIXED_CONVERSATION]]
    at_flags: cython.Py_ssize_t = desk[fixed[_FIXED_FLAGS]]
    at_ends: cython.Py_ssize_t = _cells_of(fixed[_FIXED_ENDS], desk)
    at_variable: cython.Py_ssize_t = _OURS_VARIABLE if bare else _VARIABLE
    values: cython.Py_ssize_t = control[_VALUES]
    keys: cython.Py_ssize_t = control[_KEYS]
    stamps: cython.Py_ssize_t = control[_STAMPS]
    used: cython.Py_ssize_t = control[_ATTRIBUTES]
    used_before: cython.Py_ssize_t
    key: cython.Py_ssize_t
    value: cython.ulonglong
    # from a record's start to its total
    io_at: cython.Py_ssize_t = _BARE_HEAD if bare else _HEAD + id_size + generation
    head_size: cython.Py_ssize_t = io_at + count_size
    count: cython.Py_ssize_t = data[body + 1]
    end: cython.Py_ssize_t = body + body_size - 1  # the second count stands here
    pos: cython.Py_ssize_t = body + 2
    row: cython.Py_ssize_t = first_row
    stop_row: cython.Py_ssize_t = first_row + count
    run: cython.Py_ssize_t
    stencil: cython.Py_ssize_t
    at: cython.Py_ssize_t
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
    mark: cython.Py_ssize_t
    event: cython.Py_ssize_t
    announced: cython.Py_ssize_t
    total: cython.Py_ssize_t
    index: cython.Py_ssize_t
    elements: cython.Py_ssize_t = 0
    stored: cython.Py_ssize_t = 0
    repeated: cython.Py_ssize_t
    lists: cython.int
    flags: cython.int = 0
    private: cython.int
    time: cython.ulonglong
    if count == 0:
        return _wrong(control, body + 1, _NO_RECORDS)
    if data[end] != count:
        return _wrong(control, end, _COUNT_MISMATCH)
    if group16:
        groups = 5
    while row < stop_row:
        if end - pos < head_size:
            return _wrong(control, pos, _TRUNCATED)
        run = 0
        if not bare:
            run = _alike(data, pos, io_at, end, stop_row - row, form, 0, places, stencils)
        if run:
            stencil = stencils[_STENCIL_LAST]
            used = _cut(
                data, places, run, row, stencil, used, shapes, event_actions, fixed, desk, cells8,
                cells16, cells32, cells64, stencils, unknown, control,
            )  # fmt: skip
            stencils[_STENCIL_CREDIT] += run
            for index in range(row, row + run):
                cells32[at_conversation + index] = conversation
            row += run
            pos += run * (
                io_at + stencils[_STENCIL_FIRST + stencil * _STENCIL_STRIDE + _STENCIL_SIZE]
            )
            continue
        at = pos
        cells32[at_conversation + row] = conversation
        if bare:
            flags = _NO_POSITION
            time = _u64(data, at)
            if time > _LATEST_MS:
                flags |= _NO_TIME
            else:
                desk[_TALLY_BARE_TIMES] += 1
                if at_time >= 0:
                    cells64[at_time + row] = time
            cells8[at_flags + row] = flags
        else:
            places[0] = pos
            _give_fixed(
                data, places, 1, row, id_size, generation, event_actions, fixed, desk, cells8,
                cells16, cells32, cells64, control,
            )  # fmt: skip
            flags = cells8[at_flags + row]
        pos += io_at
        announced = data[pos]
        if count_size == 2:
            announced = _u16(data, pos)
        pos += count_size
        total = 0
        private = 0
        repeated = 0
        lists = 0
        used_before = used
        width = 1
        base = _OURS_BASE if bare else 0
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
            while pos < stop:
                identifier = data[pos]
                if id_size == 2:
                    identifier = _u16(data, pos)
                pos += id_size
                entry = actions[base + identifier]
                if entry <= watch:
                    index = 2 * (watch - entry)
                    if data[pos] == watched[index]:
                        private = 1
                    entry = watched[index + 1]
                if entry >= _ATTRIBUTE:
                    key = entry - _ATTRIBUTE
                    if plane == 0:
                        value = data[pos]
                    elif plane == 1:
                        value = _u16(data, pos)
                    elif plane == 2:
                        value = _u32(data, pos)
                    else:
                        value = _u64(data, pos)
                    index = desk[stamps + key] - 1
                    if index >= used_before:  # in this record: the later one counts
                        cells64[values + index] = value
                        repeated += 1
                    else:
                        cells64[values + used] = value
                        cells16[keys + used] = key + 1
                        used += 1
                        desk[stamps + key] = used
                    stored += 1
                elif entry >= 0:
                    if plane == 0:
                        cells8[desk[entry] + row] = data[pos]
                    elif plane == 1:
                        cells16[desk[entry] + row] = _u16(data, pos)
                    elif plane == 2:
                        cells32[desk[entry] + row] = _u32(data, pos)
                    else:  # 16-byte elements have no slot
                        cells64[desk[entry] + row] = _u64(data, pos)
                    mark = desk[entry + 2] + row
                    if cells8[mark]:
                        repeated += 1
                    cells8[mark] = 1
                    desk[entry + 1] = row
                    stored += 1
                else:
                    desk[-entry] += 1
                    if entry == _UNKNOWN:
                        _note(base + identifier + 1, 1, unknown)
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
                identifier = at_variable + _u16(data, pos)
                entry = actions[identifier]
                if entry <= watch:
                    if lists == 0:
                        lists = 1
                        control[_LIST_BEACONS] = 0
                        control[_LIST_FIRST] = used_before
                    control[_LIST_USED] = used
                    index = 2 * (watch - entry)
                    _give_list(
                        data, pos + 4, size, watched[index], watched[index + 1], actions, desk,
                        cells16, cells64, control,
                    )  # fmt: skip
                    used = control[_LIST_USED]
                    stored += control[_LIST_STORED]
                    repeated += control[_LIST_REPEATED]
                    elements += control[_LIST_FIELDS]
                else:
                    desk[-entry] += 1
                    if entry == _UNKNOWN:
                        _note(identifier + 1, 1, unknown)
                pos += 4 + size
        if announced != total:
            # nobody says whether the unannounced group counts: both readings are taken
            if not group16 or announced > total:
                return _wrong(control, at + io_at, _TOTAL_MISMATCH)
        elements += total
        desk[_TALLY_REPEATED] += repeated
        if private:
            if not bare:
                desk[_TALLY_FLAGS + flags] -= 1
            flags = (flags & _KEPT_IN_PRIVATE) | _IS_PRIVATE
            if not bare:
                desk[_TALLY_FLAGS + flags] += 1
            for index in range(len(private_slots)):
                desk[_TALLY_PRIVATE_CELLS] += _clear(
                    private_slots[index], row, desk, cells8, cells16, cells32, cells64, control
                )
            used = _without_cleared(used_before, used, desk, cells16, cells64, control)
            event = 0
            if not bare:
                event = data[at + _HEAD]
                if id_size == 2:
                    event = _u16(data, at + _HEAD)
            if event_actions[event] == 2:
                desk[_TALLY_PRIVATE_EVENTS] += 1
                cells16[at_event + row] = 0
            cells8[at_flags + row] = flags
        elif repeated == 0 and lists == 0 and not bare:
            # learning takes about as long as walking: where no record is like another, it is rare
            stencils[_STENCIL_CREDIT] += 1
            if stencils[_STENCIL_CREDIT] >= 8:
                stencils[_STENCIL_CREDIT] = min(stencils[_STENCIL_CREDIT], 64) - 8
                _learn(
                    data, at + io_at, pos - at - io_at, form, id_size, count_size, variable,
                    groups, actions, watched, stencils,
                )  # fmt: skip
        if bare:
            desk[_TALLY_BARE] += 1
        if at_ends >= 0:
            cells32[at_ends + row] = used
        row += 1
    if pos != end:
        return _wrong(control, pos, _TRAILING_BYTES)
    control[_ATTRIBUTES] = used
    desk[_TALLY_RECORDS] += count
    desk[_TALLY_ELEMENTS] += elements
    desk[_TALLY_STORED] += stored
    if generation:
        desk[_TALLY_GENERATIONS] += count
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _all_alike(
    data: cython.const[cython.uchar][::1],
    body: cython.Py_ssize_t,
    body_size: cython.Py_ssize_t,
    shapes: cython.const[cython.uchar][::1],
    shape: cython.Py_ssize_t,
    form: cython.ulonglong,
    first: cython.Py_ssize_t,
    places: cython.longlong[::1],
    stencils: cython.ulonglong[::1],
) -> cython.int:
    """Whether a body is whole, and all its records are cut by one stencil: see ``_alike``."""
    count: cython.Py_ssize_t = data[body + 1]
    end: cython.Py_ssize_t = body + body_size - 1
    head: cython.Py_ssize_t = (
        _HEAD + shapes[shape + _SHAPE_ID_SIZE] + shapes[shape + _SHAPE_GENERATION]
    )
    if shapes[shape + _SHAPE_BARE] or count == 0 or data[end] != count:
        return 0
    if _alike(data, body + 2, head, end, count, form, first, places, stencils) != count:
        return 0
    body = _STENCIL_FIRST + stencils[_STENCIL_LAST] * _STENCIL_STRIDE + _STENCIL_SIZE
    return places[first + count - 1] + head + stencils[body] == end


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _cut_waiting(
    data: cython.const[cython.uchar][::1],
    places: cython.longlong[::1],
    count: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    stencil: cython.Py_ssize_t,
    shapes: cython.const[cython.uchar][::1],
    event_actions: cython.const[cython.uchar][::1],
    fixed: cython.const[cython.longlong][::1],
    desk: cython.longlong[::1],
    cells8: cython.uchar[::1],
    cells16: cython.ushort[::1],
    cells32: cython.uint[::1],
    cells64: cython.ulonglong[::1],
    stencils: cython.ulonglong[::1],
    unknown: cython.longlong[::1],
    control: cython.longlong[::1],
) -> cython.longlong:
    """Cut the records of whole frames: the last ``count`` rows before ``stop``."""
    shape: cython.Py_ssize_t = _STENCIL_FIRST + stencil * _STENCIL_STRIDE + _STENCIL_FORM
    shape = ((stencils[shape] - 1) >> 1) * _SHAPE_STRIDE
    control[_ATTRIBUTES] = _cut(
        data, places, count, stop - count, stencil, control[_ATTRIBUTES], shapes, event_actions,
        fixed, desk, cells8, cells16, cells32, cells64, stencils, unknown, control,
    )  # fmt: skip
    desk[_TALLY_RECORDS] += count
    if shapes[shape + _SHAPE_GENERATION]:
        desk[_TALLY_GENERATIONS] += count
    if unknown[_UNKNOWN_TOUCHED]:
        _keep_noted(1, unknown)
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
    stencils: cython.ulonglong[::1],
    places: cython.longlong[::1],
    unknown: cython.longlong[::1],
    before: cython.longlong[::1],
    decoded: cython.longlong[::1],
    control: cython.longlong[::1],
) -> int:
    """Walk the frames among events ``first`` to ``last`` (exclusive) until the block is full.

    ``cells8`` to ``cells64`` are four views of one block; ``desk`` holds the tally and the slots;
    ``stencils`` keeps the forms of the last records that differed; ``places`` is scratch for where
    records of one form begin; ``unknown`` counts the elements that no table knows, by id and width;
    ``before`` is scratch for a tally; ``decoded`` counts frames by codec.  Returns the first event
    that was not taken: the block is full, or the codec is one that is rewritten first.  A frame that
    is wrong becomes a rejected event with its code and byte; it adds no row and no count.
    """
    row: cython.Py_ssize_t = control[_ROW]
    event: cython.Py_ssize_t = first
    at: cython.Py_ssize_t
    count: cython.Py_ssize_t
    shape: cython.Py_ssize_t
    form: cython.ulonglong
    index: cython.Py_ssize_t
    wrong: cython.Py_ssize_t
    wide: cython.Py_ssize_t
    code: cython.longlong
    again: cython.longlong
    conversation: cython.longlong
    counters: cython.Py_ssize_t = len(before)
    waiting: cython.Py_ssize_t = 0  # records of one form that are not cut yet: the last rows
    stencil: cython.Py_ssize_t = 0  # theirs
    each: cython.Py_ssize_t = 0  # attributes of such a record
    at_conversation: cython.Py_ssize_t = desk[fixed[_FIXED_CONVERSATION]]
    while event < last:
        at = event * _STRIDE
        if events[at + _KIND] != _FRAME:
            event += 1
            continue
        shape = events[at + _CODEC] * _SHAPE_STRIDE
        if shapes[shape] == _REWRITTEN:
            break
        count = events[at + _COUNT]
        if row + count > control[_CAPACITY]:
            break
        if (
            control[_ATTRIBUTES_MOST]  # an element is two bytes at least
            and control[_ATTRIBUTES]
            + waiting * each
            + events[at + _BODY_SIZE] // 2
            + _ATTRIBUTES_EXTRA * count
            > control[_ATTRIBUTES_MOST]
        ):
            break
        wrong = events[at + _BODY]
        code = _UNKNOWN_CODEC
        conversation = events[at + _CONVERSATION]
        if shapes[shape]:
            wide = 0
            if shapes[shape + _SHAPE_GROUP16] and control[_GROUP16] == _GROUP16_ALWAYS:
                wide = 1
            form = 2 * events[at + _CODEC] + wide + 1
            if _all_alike(
                data, wrong, events[at + _BODY_SIZE], shapes, shape, form, waiting, places, stencils
            ):
                if waiting and stencils[_STENCIL_LAST] != stencil:
                    _cut_waiting(
                        data, places, waiting, row, stencil, shapes, event_actions, fixed, desk,
                        cells8, cells16, cells32, cells64, stencils, unknown, control,
                    )  # fmt: skip
                    for index in range(count):
                        places[index] = places[waiting + index]
                    waiting = 0
                if waiting == 0:
                    stencil = stencils[_STENCIL_LAST]
                    index = _STENCIL_FIRST + stencil * _STENCIL_STRIDE + _STENCIL_ATTRIBUTES
                    each = (
                        stencils[index]
                        + stencils[index + 1]
                        + stencils[index + 2]
                        + stencils[index + 3]
                    )
                stencils[_STENCIL_CREDIT] += count
                for index in range(row, row + count):
                    cells32[at_conversation + index] = conversation
                row += count
                waiting += count
                desk[_TALLY_BYTES] += events[at + _SIZE]
                decoded[events[at + _CODEC]] += 1
                if waiting > _PLACES - 256:
                    _cut_waiting(
                        data, places, waiting, row, stencil, shapes, event_actions, fixed, desk,
                        cells8, cells16, cells32, cells64, stencils, unknown, control,
                    )  # fmt: skip
                    waiting = 0
                event += 1
                continue
            if waiting:
                _cut_waiting(
                    data, places, waiting, row, stencil, shapes, event_actions, fixed, desk, cells8,
                    cells16, cells32, cells64, stencils, unknown, control,
                )  # fmt: skip
                waiting = 0
            for index in range(counters):
                before[index] = desk[index]
            while True:
                again = _walk_frame(
                    data, events[at + _BODY], events[at + _BODY_SIZE], conversation, shapes, shape,
                    wide, form, row, actions, watched, event_actions, fixed, private_slots, desk,
                    cells8, cells16, cells32, cells64, stencils, places, unknown, control,
                )  # fmt: skip
                if unknown[_UNKNOWN_TOUCHED]:
                    _keep_noted(again == 0, unknown)
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
                form += 1
        if code:
            events[at + _KIND] = _REJECTED
            events[at + _CODE] = code
            events[at + _AT] = wrong
        else:
            row += count
            desk[_TALLY_BYTES] += events[at + _SIZE]
            decoded[events[at + _CODEC]] += 1
        event += 1
    if waiting:
        _cut_waiting(
            data, places, waiting, row, stencil, shapes, event_actions, fixed, desk, cells8, cells16,
            cells32, cells64, stencils, unknown, control,
        )  # fmt: skip
    control[_ROW] = row
    return event


def count_keys(keys: cython.const[cython.ushort][::1], counts: cython.longlong[::1]) -> int:
    """Add to ``counts`` how often each key is there; the keys are below its length."""
    index: cython.Py_ssize_t
    for index in range(len(keys)):
        counts[keys[index]] += 1
    return 0
