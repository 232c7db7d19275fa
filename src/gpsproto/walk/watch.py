# cython: wraparound=False, initializedcheck=False, cdivision=True
"""Walk the messages of watches into the cells of a block, with the projection applied.

``UD,180916,025723,A,22.570733,N,113.8626083,E,0.00,249.5,0.0,6,100,60,0,0,00000010,1,...``: a word,
then arguments behind commas.  The program (``codes``) says what each argument of a word is; a
look-up in ``actions`` gives it a slot, or a reason to be stepped over.  What has no slot is passed
over up to its comma and never read.

A message is never refused: a field that is not of its form is left empty, and noted by code.  What
stands behind the status word of a position is read last, so that nothing there costs a fix.
"""

from __future__ import annotations

try:
    import cython
except ImportError:  # pragma: no cover - the suite runs with Cython's own shadow as well
    from gpsproto.walk import stand_in as cython

from gpsproto.walk import codes

COMPILED: bool = cython.compiled

_ATTRIBUTE = cython.declare(cython.Py_ssize_t, codes.ATTRIBUTE)
_ATTRIBUTES = cython.declare(cython.Py_ssize_t, codes.CONTROL_ATTRIBUTES)
_ATTRIBUTES_MOST = cython.declare(cython.Py_ssize_t, codes.CONTROL_ATTRIBUTES_MOST)
_BAD_VALUE = cython.declare(cython.Py_ssize_t, codes.BAD_VALUE)
_BODY = cython.declare(cython.Py_ssize_t, codes.BODY)
_BODY_SIZE = cython.declare(cython.Py_ssize_t, codes.BODY_SIZE)
_CAPACITY = cython.declare(cython.Py_ssize_t, codes.CONTROL_CAPACITY)
_CELLS_MISMATCH = cython.declare(cython.Py_ssize_t, codes.CELLS_MISMATCH)
_CONVERSATION = cython.declare(cython.Py_ssize_t, codes.CONVERSATION)
_EXTRA_FIELDS = cython.declare(cython.Py_ssize_t, codes.EXTRA_FIELDS)
_FIELDS_BAD = cython.declare(cython.Py_ssize_t, codes.FIELDS_BAD)
_FIELDS_EMPTY = cython.declare(cython.Py_ssize_t, codes.FIELDS_EMPTY)
_FIELDS_NO_FIX = cython.declare(cython.Py_ssize_t, codes.FIELDS_NO_FIX)
_FIXED_CONVERSATION = cython.declare(cython.Py_ssize_t, codes.FIXED_CONVERSATION)
_FIXED_ENDS = cython.declare(cython.Py_ssize_t, codes.FIXED_ENDS)
_FIXED_EVENT = cython.declare(cython.Py_ssize_t, codes.FIXED_EVENT)
_FIXED_FLAGS = cython.declare(cython.Py_ssize_t, codes.FIXED_FLAGS)
_FIXED_LATITUDE = cython.declare(cython.Py_ssize_t, codes.FIXED_LATITUDE)
_FIXED_LONGITUDE = cython.declare(cython.Py_ssize_t, codes.FIXED_LONGITUDE)
_FIXED_MESSAGE = cython.declare(cython.Py_ssize_t, codes.FIXED_MESSAGE)
_FIXED_STATUS = cython.declare(cython.Py_ssize_t, codes.FIXED_STATUS)
_FIXED_TIME = cython.declare(cython.Py_ssize_t, codes.FIXED_TIME)
_FRAME = cython.declare(cython.longlong, codes.FRAME)
_HAS_FIX = cython.declare(cython.int, codes.HAS_FIX)
_HAS_PLACE = cython.declare(cython.int, codes.HAS_PLACE)
_HAS_STATUS = cython.declare(cython.int, codes.HAS_STATUS)
_HEMISPHERE_MISSING = cython.declare(cython.Py_ssize_t, codes.HEMISPHERE_MISSING)
_ITEM_STRIDE = cython.declare(cython.Py_ssize_t, codes.ITEM_STRIDE)
_KEYS = cython.declare(cython.Py_ssize_t, codes.CONTROL_KEYS)
_KEY_STRIDE = cython.declare(cython.Py_ssize_t, codes.KEY_STRIDE)
_KIND = cython.declare(cython.Py_ssize_t, codes.KIND)
_KIND_ALARM = cython.declare(cython.longlong, codes.KIND_ALARM)
_LAST_KNOWN = cython.declare(cython.Py_ssize_t, codes.CONTROL_LAST_KNOWN)
_MESSAGE_ITEMS = cython.declare(cython.Py_ssize_t, codes.MESSAGE_ITEMS)
_MESSAGE_ITEM_COUNT = cython.declare(cython.Py_ssize_t, codes.MESSAGE_ITEM_COUNT)
_MESSAGE_KEYS = cython.declare(cython.Py_ssize_t, codes.MESSAGE_KEYS)
_MESSAGE_KEY_COUNT = cython.declare(cython.Py_ssize_t, codes.MESSAGE_KEY_COUNT)
_MESSAGE_KIND = cython.declare(cython.Py_ssize_t, codes.MESSAGE_KIND)
_MESSAGE_LEAST = cython.declare(cython.Py_ssize_t, codes.MESSAGE_LEAST)
_MESSAGE_POSITION = cython.declare(cython.Py_ssize_t, codes.MESSAGE_POSITION)
_MESSAGE_RECEIPT = cython.declare(cython.Py_ssize_t, codes.MESSAGE_RECEIPT)
_MESSAGE_REST = cython.declare(cython.Py_ssize_t, codes.MESSAGE_REST)
_MESSAGE_SEPARATOR = cython.declare(cython.Py_ssize_t, codes.MESSAGE_SEPARATOR)
_MESSAGE_STRIDE = cython.declare(cython.Py_ssize_t, codes.MESSAGE_STRIDE)
_MESSAGE_SUFFIXES = cython.declare(cython.Py_ssize_t, codes.MESSAGE_SUFFIXES)
_MISSING_FIELDS = cython.declare(cython.Py_ssize_t, codes.MISSING_FIELDS)
_NO_POSITION = cython.declare(cython.int, codes.NO_POSITION)
_NO_TIME = cython.declare(cython.int, codes.NO_TIME)
_FACTORY_PLACE = cython.declare(cython.Py_ssize_t, codes.FACTORY_PLACE)
_POSITION_ACCURACY = cython.declare(cython.Py_ssize_t, codes.POSITION_ACCURACY)
_POSITION_CELL_OTHER = cython.declare(cython.Py_ssize_t, codes.POSITION_CELL_OTHER)
_POSITION_CID = cython.declare(cython.Py_ssize_t, codes.POSITION_CID)
_POSITION_LAC = cython.declare(cython.Py_ssize_t, codes.POSITION_LAC)
_POSITION_MCC = cython.declare(cython.Py_ssize_t, codes.POSITION_MCC)
_POSITION_MNC = cython.declare(cython.Py_ssize_t, codes.POSITION_MNC)
_POSITION_NUMBERS = cython.declare(cython.Py_ssize_t, codes.POSITION_NUMBERS)
_POSITION_PLACE = cython.declare(cython.Py_ssize_t, codes.POSITION_PLACE)
_POSITION_RECEIPT = cython.declare(cython.Py_ssize_t, codes.POSITION_RECEIPT)
_POSITION_STATUS = cython.declare(cython.Py_ssize_t, codes.POSITION_STATUS)
_POSITION_TIME = cython.declare(cython.Py_ssize_t, codes.POSITION_TIME)
_POSITION_WIFI_NAME = cython.declare(cython.Py_ssize_t, codes.POSITION_WIFI_NAME)
_POSITION_WIFI_OTHER = cython.declare(cython.Py_ssize_t, codes.POSITION_WIFI_OTHER)
_ROW = cython.declare(cython.Py_ssize_t, codes.CONTROL_ROW)
_SIZE = cython.declare(cython.Py_ssize_t, codes.SIZE)
_STAMPS = cython.declare(cython.Py_ssize_t, codes.CONTROL_STAMPS)
_STATUS = cython.declare(cython.Py_ssize_t, codes.CONTROL_STATUS)
_STRIDE = cython.declare(cython.Py_ssize_t, codes.STRIDE)
_TALLY_BYTES = cython.declare(cython.Py_ssize_t, codes.TALLY_BYTES)
_TALLY_ELEMENTS = cython.declare(cython.Py_ssize_t, codes.TALLY_ELEMENTS)
_TALLY_RECORDS = cython.declare(cython.Py_ssize_t, codes.TALLY_RECORDS)
_TALLY_REPEATED = cython.declare(cython.Py_ssize_t, codes.TALLY_REPEATED)
_TALLY_STORED = cython.declare(cython.Py_ssize_t, codes.TALLY_STORED)
_TALLY_UNKNOWN = cython.declare(
    cython.Py_ssize_t, codes.TALLY_DROPPED
)  # UNKNOWN is the first reason
_TOKENS_MOST = cython.declare(cython.Py_ssize_t, codes.TOKENS_MOST)
_UNKNOWN_WORD = cython.declare(cython.Py_ssize_t, codes.UNKNOWN_WORD)
_VALUES = cython.declare(cython.Py_ssize_t, codes.CONTROL_VALUES)
_VALUE_OUT_OF_RANGE = cython.declare(cython.Py_ssize_t, codes.VALUE_OUT_OF_RANGE)
_WIFI_MISMATCH = cython.declare(cython.Py_ssize_t, codes.WIFI_MISMATCH)
_WORD_FACTOR = cython.declare(cython.ulonglong, codes.WORD_FACTOR)
_WORD_STRIDE = cython.declare(cython.Py_ssize_t, codes.WORD_STRIDE)

_MASK64 = cython.declare(cython.ulonglong, (1 << 64) - 1)
_COMMAS = cython.declare(cython.ulonglong, 0x2C2C2C2C2C2C2C2C)
_LOW4 = cython.declare(cython.ulonglong, 0x0F0F0F0F0F0F0F0F)
_LOW7 = cython.declare(cython.ulonglong, 0x7F7F7F7F7F7F7F7F)
_HIGH = cython.declare(cython.ulonglong, 0x8080808080808080)
_ONES = cython.declare(cython.ulonglong, 0x0101010101010101)
_PLACES = cython.declare(cython.ulonglong, 0x0001020304050607)
_ZEROS = cython.declare(cython.ulonglong, 0x3030303030303030)  # eight digits 0
_OVER_9 = cython.declare(cython.ulonglong, 0x7676767676767676)  # takes what is over 9 over 127
_BLANKS = cython.declare(cython.ulonglong, 0x2020202020202020)
_FROM_0 = cython.declare(cython.ulonglong, 0x5050505050505050)  # to 128 from a digit 0 on
_BEHIND_9 = cython.declare(cython.ulonglong, 0x4646464646464646)
_FROM_A = cython.declare(cython.ulonglong, 0x1F1F1F1F1F1F1F1F)
_BEHIND_F = cython.declare(cython.ulonglong, 0x1919191919191919)
_BETWEEN = cython.declare(cython.ulonglong, 0x0000800000800000)  # no digits: the third, the sixth
_PAIRS = cython.declare(cython.ulonglong, 0x00FF00FF00FF00FF)
_FOURS = cython.declare(cython.ulonglong, 0x0000FFFF0000FFFF)
_LAC_MOST = cython.declare(cython.longlong, 0xFFFFFF)  # of 5G; of others it has 16 bits
_MASK31 = cython.declare(cython.longlong, 0x7FFFFFFF)
_MASK32 = cython.declare(cython.longlong, 0xFFFFFFFF)
_EMPTY = cython.declare(cython.longlong, -(1 << 62))  # no value
_BAD = cython.declare(cython.longlong, -(1 << 62) + 1)  # not of the form of a number
_HUGE = cython.declare(cython.longlong, -(1 << 62) + 2)  # more digits than any number of ours
_MOST = cython.declare(cython.longlong, 10**16)
_COMMA = cython.declare(cython.int, 44)
_LATITUDE_MOST = cython.declare(cython.longlong, 900_000_000)
_LONGITUDE_MOST = cython.declare(cython.longlong, 1_800_000_000)
_DAY_MS = cython.declare(cython.longlong, 86_400_000)
_NUMBERS = cython.declare(cython.Py_ssize_t, codes.POSITION_STATUS - codes.POSITION_NUMBERS)
_WITH_FIX = cython.declare(cython.Py_ssize_t, codes.POSITION_SATELLITES)  # the numbers before it
_ALARM_BITS = cython.declare(cython.longlong, codes.STATUS_ALARMS)
_ALARM_UNKNOWN = cython.declare(cython.longlong, codes.STATUS_UNKNOWN_ALARM)
# where a factory's test place lies; a watch elsewhere that gives it has never had a fix
_TEST_SOUTH = cython.declare(cython.longlong, 224_000_000)
_TEST_NORTH = cython.declare(cython.longlong, 229_000_000)
_TEST_WEST = cython.declare(cython.longlong, 1_137_000_000)
_TEST_EAST = cython.declare(cython.longlong, 1_143_000_000)
_TEST_MCC = cython.declare(cython.longlong, 460)
# a word, the 16 fields of a position, the 7 of one cell, and how many networks come behind them
_TO_WIFI = cython.declare(cython.Py_ssize_t, 25)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _skip(
    data: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    separator: cython.int,
) -> cython.Py_ssize_t:
    """The next separator, or ``stop``."""
    while at < stop and data[at] != separator:
        at += 1
    return at


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _eight(data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t) -> cython.ulonglong:
    """Eight bytes, the first the lowest."""
    if not cython.compiled:
        return int.from_bytes(data[at : at + 8], "little")
    byte: cython.pointer[cython.const[cython.uchar]] = cython.address(data[at + 7]) - 7
    word: cython.ulonglong = byte[7]
    # compilers see one load in it
    word = (word << 8) | byte[6]
    word = (word << 8) | byte[5]
    word = (word << 8) | byte[4]
    word = (word << 8) | byte[3]
    word = (word << 8) | byte[2]
    word = (word << 8) | byte[1]
    return (word << 8) | byte[0]


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _lowest(hits: cython.ulonglong) -> cython.Py_ssize_t:
    """Which byte of eight is the first that is marked by its highest bit, the only one set."""
    word: cython.ulonglong = ((hits & (~hits + 1)) >> 7) * _PLACES
    if not cython.compiled:
        word &= _MASK64
    return word >> 56


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _comma(
    data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, stop: cython.Py_ssize_t
) -> cython.Py_ssize_t:
    """The next comma, or ``stop``.

    Eight bytes are looked at together, also behind ``stop``: few fields are longer, and where in
    them the comma stands is hard to guess for a processor.
    """
    word: cython.ulonglong
    hits: cython.ulonglong
    while at < stop and at + 8 <= len(data):
        word = _eight(data, at) ^ _COMMAS
        hits = (word - _ONES) & ~word & _HIGH  # the lowest is right, and no other is asked for
        if hits:
            return min(stop, at + _lowest(hits))
        at += 8
    while at < stop and data[at] != _COMMA:
        at += 1
    return min(at, stop)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _no_digits(word: cython.ulonglong) -> cython.ulonglong:
    """Mark the bytes that are over 9."""
    return (((word & _LOW7) + _OVER_9) | word) & _HIGH


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _first_of(word: cython.ulonglong, size: cython.Py_ssize_t) -> cython.ulonglong:
    """The first of eight bytes, 1 to 8 of them, moved to the end: zeros come before them."""
    word <<= 8 * (8 - size)
    if not cython.compiled:
        word &= _MASK64
    return word


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _decimal(word: cython.ulonglong) -> cython.longlong:
    """The number that eight bytes of 0 to 9 are the digits of, the first the lowest byte."""
    word = (word * 10 + (word >> 8)) & _PAIRS
    word = (word * 100 + (word >> 16)) & _FOURS
    return (word * 10_000 + (word >> 32)) & _MASK32


# what few frames need is not inlined: compilers stop where a function has grown too much
@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _any_number(
    data: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    digits: cython.longlong,
) -> cython.longlong:
    """A decimal number with so many decimals as an integer, rounded half away from zero.

    Blanks stand around it, a sign before it; behind ``@`` another number may follow, which is not
    read.  EMPTY for none, BAD for what is no number, HUGE for one of too many digits.
    """
    value: cython.longlong = 0
    left: cython.longlong = digits
    first: cython.Py_ssize_t
    negative: cython.int = 0
    up: cython.int = 0
    huge: cython.int = 0
    while at < stop and data[at] == 32:
        at += 1
    while at < stop and data[stop - 1] == 32:
        stop -= 1
    if at == stop:
        return _EMPTY
    if data[at] == 45 or data[at] == 43:
        negative = data[at] == 45
        at += 1
    first = at
    while at < stop and 48 <= data[at] <= 57:
        value = value * 10 + (data[at] - 48)
        if value > _MOST:
            huge = 1
            value = 0
        at += 1
    if at == first:
        return _BAD
    if at < stop and data[at] == 46:
        at += 1
        first = at
        while at < stop and 48 <= data[at] <= 57:
            if left > 0:
                value = value * 10 + (data[at] - 48)
                if value > _MOST:
                    huge = 1
                    value = 0
            elif left == 0:
                up = data[at] >= 53
            left -= 1
            at += 1
        if at == first:
            return _BAD
    if at < stop and data[at] == 64:
        at += 1
        first = at
        while at < stop and 48 <= data[at] <= 57:
            at += 1
        if at == first:
            return _BAD
    if at < stop:
        return _BAD
    while left > 0:
        value *= 10
        left -= 1
        if value > _MOST:
            huge = 1
            value = 0
    if huge:
        return _HUGE
    value += up
    return -value if negative else value


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _scaled(value: cython.longlong, digits: cython.longlong) -> cython.longlong:
    """A number with up to seven zeros behind it."""
    value *= 10 if digits & 1 else 1
    value *= 100 if digits & 2 else 1
    return value * (10_000 if digits & 4 else 1)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _pointed(
    data: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    digits: cython.longlong,
) -> cython.longlong:
    """A number as ``_any_number`` reads it, at once where it is digits, a point and digits."""
    word: cython.ulonglong
    decimals: cython.ulonglong
    whole: cython.Py_ssize_t
    size: cython.Py_ssize_t
    if at + 16 <= len(data) and digits < 8:
        word = _eight(data, at) ^ _ZEROS
        whole = _lowest(_no_digits(word))  # 0 where there are eight or more
        size = stop - at - whole - 1
        if whole and 0 < size <= 8 and data[at + whole] == 46:
            decimals = _first_of(_eight(data, at + whole + 1) ^ _ZEROS, size)
            if not _no_digits(decimals):
                decimals >>= 8 * (8 - size)
                # as many of them as are asked for, and the next one for rounding
                return (
                    _scaled(_decimal(_first_of(word, whole)), digits)
                    + _decimal(_first_of(_first_of(decimals, 1 + digits), 7))
                    + (((decimals >> (8 * digits)) & 0xFF) > 4)
                )
    return _any_number(data, at, stop, digits)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _number(
    data: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    digits: cython.longlong,
) -> cython.longlong:
    """A number as ``_any_number`` reads it, at once where it is up to eight digits."""
    size: cython.Py_ssize_t = stop - at
    word: cython.ulonglong
    if digits == 0 and 0 < size <= 8 and at + 8 <= len(data):
        word = _first_of(_eight(data, at) ^ _ZEROS, size)
        if not _no_digits(word):
            return _decimal(word)
    return _pointed(data, at, stop, digits)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _two(data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t) -> cython.longlong:
    """Two decimal digits; something great where they are none."""
    tens: cython.longlong = data[at]
    ones: cython.longlong = data[at + 1]
    if tens < 48 or tens > 57 or ones < 48 or ones > 57:
        return 1000
    return 10 * (tens - 48) + (ones - 48)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _time(
    data: cython.const[cython.uchar][::1], date: cython.Py_ssize_t, clock: cython.Py_ssize_t
) -> cython.longlong:
    """Milliseconds of DDMMYY and HHMMSS in UTC; BAD where there is no such time."""
    day: cython.longlong = _two(data, date)
    month: cython.longlong = _two(data, date + 2)
    year: cython.longlong = _two(data, date + 4)
    hour: cython.longlong = _two(data, clock)
    minute: cython.longlong = _two(data, clock + 2)
    second: cython.longlong = _two(data, clock + 4)
    long_month: cython.longlong
    if year > 99 or month < 1 or month > 12 or hour > 23 or minute > 59 or second > 59:
        return _BAD
    if month == 2:
        long_month = 28 if year % 4 else 29
    elif month == 4 or month == 6 or month == 9 or month == 11:
        long_month = 30
    else:
        long_month = 31
    if day < 1 or day > long_month:
        return _BAD
    # days since 2000-03-01, of years that begin in March; 2000 is a leap year
    if month < 3:
        month += 12
        year -= 1
    day += 365 * year + (year + 4) // 4 - 1 + (153 * (month - 3) + 2) // 5 - 1
    return (day + 11017) * _DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _no_hex(word: cython.ulonglong) -> cython.ulonglong:
    """Mark the bytes that are no hexadecimal digits: a sum of seven bits says by the eighth."""
    byte: cython.ulonglong = word & _LOW7
    small: cython.ulonglong = byte | _BLANKS  # letters
    digit: cython.ulonglong = (byte + _FROM_0) & ~(byte + _BEHIND_9)
    letter: cython.ulonglong = (small + _FROM_A) & ~(small + _BEHIND_F)
    return (~(digit | letter) | word) & _HIGH


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _hex(
    data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, stop: cython.Py_ssize_t
) -> cython.longlong:
    """Up to sixteen hexadecimal digits (15 bits shy of a sign); BAD, or EMPTY for none."""
    value: cython.longlong = 0
    byte: cython.int
    word: cython.ulonglong
    if at >= stop:
        return _EMPTY
    if stop - at > 12:
        return _BAD
    if stop - at == 8:
        word = _eight(data, at)
        if not _no_hex(word):
            # of a letter, 9 more than its low bits say
            word = (word & _LOW4) + 9 * ((word >> 6) & _ONES)
            word = ((word << 4) | (word >> 8)) & _PAIRS
            word = ((word << 8) | (word >> 16)) & _FOURS
            return ((word << 16) | (word >> 32)) & _MASK32
    while at < stop:
        byte = data[at]
        if 48 <= byte <= 57:
            byte -= 48
        elif 65 <= byte <= 70:
            byte -= 55
        elif 97 <= byte <= 102:
            byte -= 87
        else:
            return _BAD
        value = value * 16 + byte
        at += 1
    return value


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _is_mac(
    data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, stop: cython.Py_ssize_t
) -> cython.int:
    """Whether a field is six bytes in hexadecimal with ``:`` or ``-`` between."""
    index: cython.Py_ssize_t
    if stop - at != 17:
        return 0
    if _no_hex(_eight(data, at)) != _BETWEEN or _no_hex(_eight(data, at + 9)) != _BETWEEN:
        return 0
    for index in range(2, 17, 3):
        if data[at + index] != 58 and data[at + index] != 45:
            return 0
    return 1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _no_mac(
    data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, stop: cython.Py_ssize_t
) -> cython.int:
    """Whether a field says that there is no address: empty or 0."""
    return at == stop or (stop - at == 1 and data[at] == 48)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _like_cell(
    data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, stop: cython.Py_ssize_t
) -> cython.int:
    """What a part of a cell looks like: 0 like none, 1 decimal or empty, 2 hexadecimal by a letter."""
    found: cython.int = 1
    byte: cython.int
    if stop - at > 11:
        return 0
    if at < stop <= at + 8 <= len(data):
        if not _no_digits(_first_of(_eight(data, at) ^ _ZEROS, stop - at)):
            return 1
    if at < stop and data[at] == 45:
        at += 1
        if at == stop:
            return 0
    while at < stop:
        byte = data[at]
        if 65 <= byte <= 70 or 97 <= byte <= 102:
            found = 2
        elif (byte < 48 or byte > 57) and byte != 46:
            return 0
        at += 1
    return found


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _count(
    data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, stop: cython.Py_ssize_t
) -> cython.longlong:
    """A count of at most three digits; BAD, or EMPTY for none."""
    value: cython.longlong = 0
    if at == stop:
        return _EMPTY
    if stop - at > 3:
        return _BAD
    while at < stop:
        if data[at] < 48 or data[at] > 57:
            return _BAD
        value = value * 10 + (data[at] - 48)
        at += 1
    return value


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _in_word(byte: cython.int) -> cython.int:
    """Whether a byte may stand in a word: a letter, a digit, an underscore."""
    return 65 <= byte <= 90 or 97 <= byte <= 122 or 48 <= byte <= 57 or byte == 95


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _capitals(
    data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, stop: cython.Py_ssize_t
) -> cython.ulonglong:
    """Up to eight bytes in capitals as a number, the first the highest; what is not there is 0."""
    packed: cython.ulonglong = 0
    byte: cython.ulonglong
    index: cython.Py_ssize_t
    for index in range(min(stop - at, 8)):
        byte = data[at + index]
        if byte >= 97 and byte <= 122:
            byte -= 32
        packed |= byte << (56 - 8 * index)
    return packed


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _find(
    data: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    words: cython.const[cython.ulonglong][::1],
) -> cython.Py_ssize_t:
    """Number of the message of a word, in any case; 0 where it is none of ours."""
    size: cython.Py_ssize_t = stop - at
    first: cython.ulonglong
    second: cython.ulonglong
    third: cython.ulonglong
    mixed: cython.ulonglong
    index: cython.Py_ssize_t
    mask: cython.Py_ssize_t = len(words) // _WORD_STRIDE - 1
    if size < 1 or size > 24:
        return 0
    for index in range(at, stop):
        if not _in_word(data[index]):
            return 0
    first = _capitals(data, at, stop)
    second = _capitals(data, at + 8, stop)
    third = _capitals(data, at + 16, stop)
    mixed = ((first ^ (second >> 3) ^ (third >> 7)) * _WORD_FACTOR) & _MASK64
    index = (mixed >> 40) & mask
    while words[_WORD_STRIDE * index + 3]:
        if (
            words[_WORD_STRIDE * index] == first
            and words[_WORD_STRIDE * index + 1] == second
            and words[_WORD_STRIDE * index + 2] == third
        ):
            return words[_WORD_STRIDE * index + 3]
        index = (index + 1) & mask
    return 0


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _stem(
    data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, stop: cython.Py_ssize_t
) -> cython.Py_ssize_t:
    """Where a word ends without ``_RADIO`` and without digits; ``at`` where it is no word."""
    index: cython.Py_ssize_t
    for index in range(at, stop):
        if not _in_word(data[index]):
            return at
    stop = _skip(data, at, stop, 95)
    while stop > at and data[stop - 1] >= 48 and data[stop - 1] <= 57:
        stop -= 1
    return stop


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _message(
    data: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    words: cython.const[cython.ulonglong][::1],
    messages: cython.const[cython.longlong][::1],
) -> cython.Py_ssize_t:
    """Number of the message of a word, which may have a suffix; 0 where it is none of ours."""
    number: cython.Py_ssize_t = _find(data, at, stop, words)
    if number == 0:
        number = _find(data, at, _stem(data, at, stop), words)
        if number and not messages[_MESSAGE_STRIDE * (number - 1) + _MESSAGE_SUFFIXES]:
            number = 0
    return number


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _same(
    data: cython.const[cython.uchar][::1],
    one: cython.Py_ssize_t,
    other: cython.Py_ssize_t,
    size: cython.Py_ssize_t,
) -> cython.bint:
    """Whether the same 1 to 8 bytes stand in two places; of more it is not said."""
    if size < 1 or size > 8 or max(one, other) + 8 > len(data):
        return False
    return _first_of(_eight(data, one) ^ _eight(data, other), size) == 0


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _fields(
    data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, stop: cython.Py_ssize_t
) -> cython.Py_ssize_t:
    """How many fields stand from ``at`` on; behind the last comma stands one more."""
    found: cython.Py_ssize_t = 0
    if at > stop:
        return 0
    while at < stop:
        found += data[at] == _COMMA
        at += 1
    return found + 1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _cut(
    data: cython.const[cython.uchar][::1],
    stop: cython.Py_ssize_t,
    tokens: cython.longlong[::1],
    fields: cython.Py_ssize_t,
    least: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Cut at ``least`` so many fields, if there are; the first ``fields`` have been.  How many are.

    ``tokens``: where they begin, and behind them where one more would.  Eight bytes are looked at
    together.  How many commas are among them is hard to guess for a processor, so two always are.
    """
    at: cython.Py_ssize_t = tokens[fields]
    most: cython.Py_ssize_t = min(least, _TOKENS_MOST - 8)
    word: cython.ulonglong
    hits: cython.ulonglong
    while fields < most and at + 8 <= stop:
        word = _eight(data, at) ^ _COMMAS
        hits = ~(((word & _LOW7) + _LOW7) | word | _LOW7)
        if not cython.compiled:
            hits &= _MASK64
        tokens[fields + 1] = at + _lowest(hits) + 1
        fields += hits != 0
        hits &= hits - 1
        tokens[fields + 1] = at + _lowest(hits) + 1
        fields += hits != 0
        hits &= hits - 1
        while hits:
            tokens[fields + 1] = at + _lowest(hits) + 1
            fields += 1
            hits &= hits - 1
        at += 8
    while fields < least and at < stop:
        tokens[fields + 1] = at + 1
        fields += data[at] == _COMMA
        at += 1
    if fields < least and at == stop:
        fields += 1
        tokens[fields] = stop + 1
    return fields


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _ends_in_code(
    data: cython.const[cython.uchar][::1],
    tokens: cython.longlong[::1],
    tail: cython.Py_ssize_t,
    fields: cython.Py_ssize_t,
) -> cython.int:
    """Whether an empty field and 00 or 10 stand in place of an accuracy: one maker's way to end."""
    at: cython.Py_ssize_t
    if fields - tail < 2:
        return 0
    at = tokens[fields - 1]
    return (
        tokens[fields] - 1 - at == 2
        and tokens[fields - 2] == at - 1
        and (data[at] == 48 or data[at] == 49)
        and data[at + 1] == 48
    )


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _read_cells(
    data: cython.const[cython.uchar][::1],
    tokens: cython.longlong[::1],
    tail: cython.Py_ssize_t,
    fields: cython.Py_ssize_t,
) -> cython.longlong:
    """How many cells stand at the front, + 1000 if hexadecimal; BAD where they do not fit."""
    count: cython.longlong = _count(data, tokens[tail], tokens[tail + 1] - 1)
    index: cython.Py_ssize_t
    found: cython.int
    letters: cython.int = 0
    if count < 0:
        return _BAD
    if count == 0:
        return 0
    if 4 + 3 * count > fields - tail:
        return _BAD
    for index in range(1, 4 + 3 * count):
        found = _like_cell(data, tokens[tail + index], tokens[tail + index + 1] - 1)
        if found == 0:
            return _BAD
        if found == 2 and index > 3 and index % 3:
            letters = 1000
    return count + letters


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _accuracy_at(
    data: cython.const[cython.uchar][::1],
    tokens: cython.longlong[::1],
    first: cython.Py_ssize_t,
    fields: cython.Py_ssize_t,
    notes: cython.longlong[::1],
) -> cython.Py_ssize_t:
    """The field that holds the accuracy, behind the Wi-Fi whose count stands at ``first``; or -1.

    A name may hold commas: where the fields do not fit the count, the addresses say where they are.
    """
    count: cython.longlong
    left: cython.Py_ssize_t = fields - first - 1
    index: cython.Py_ssize_t
    addresses: cython.Py_ssize_t = 0
    last: cython.Py_ssize_t = -1
    if left < 0:
        return -1
    count = _count(data, tokens[first], tokens[first + 1] - 1)
    if count >= 0 and (left == 3 * count or left == 3 * count + 1):
        for index in range(first + 2, first + 1 + 3 * count, 3):
            if not (
                _is_mac(data, tokens[index], tokens[index + 1] - 1)
                or _no_mac(data, tokens[index], tokens[index + 1] - 1)
            ) or _is_mac(data, tokens[index + 1], tokens[index + 2] - 1):
                break
        else:
            return fields - 1 if left == 3 * count + 1 else -1
    for index in range(first + 1, fields):
        if _is_mac(data, tokens[index], tokens[index + 1] - 1):
            addresses += 1
            last = index
    if addresses != count:
        notes[_WIFI_MISMATCH] += 1
        return -1
    return last + 2 if last >= 0 and last + 3 == fields else -1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _step_over(
    data: cython.const[cython.uchar][::1],
    stop: cython.Py_ssize_t,
    tokens: cython.longlong[::1],
    tail: cython.Py_ssize_t,
    fields: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """How many fields there are, if Wi-Fi ends the tail in its usual form: its fields are not cut.

    0 where it has another form, or none.  In an address stands no comma, so none is looked for.
    """
    cells: cython.longlong = _count(data, tokens[tail], tokens[tail + 1] - 1)
    first: cython.Py_ssize_t = tail + 4 + 3 * cells if cells else tail + 1
    count: cython.longlong
    at: cython.Py_ssize_t
    end: cython.Py_ssize_t
    index: cython.Py_ssize_t
    if cells < 0:
        return 0
    fields = _cut(data, stop, tokens, fields, min(first + 1, _TOKENS_MOST))
    if first >= fields:
        return 0
    count = _count(data, tokens[first], tokens[first + 1] - 1)
    fields = first + 1 + 3 * count
    if count < 0 or fields >= _TOKENS_MOST:
        return 0
    at = tokens[first + 1]
    for index in range(count):
        at = _comma(data, at, stop) + 1
        end = at + 17
        if end >= stop or data[end] != _COMMA or not _is_mac(data, at, end):
            return 0
        at = end + 1
        end = _comma(data, at, stop)
        if end == at or end - at == 17:
            return 0
        at = end + 1
    if at <= stop:  # the accuracy
        if _comma(data, at, stop) < stop:
            return 0
        tokens[fields] = at
        fields += 1
    tokens[fields] = stop + 1
    return fields


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _cell_part(
    data: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    hexadecimal: cython.int,
) -> cython.longlong:
    """An area or an identity, + 1; 0 where it is one of the numbers that say it is not known."""
    value: cython.longlong
    if hexadecimal:
        value = _hex(data, at, stop)
    else:
        value = _number(data, at, stop, 0)
    # an identity has 28 bits: a greater number may be a telephone's, or the id of a watch
    if value < 0 or value == 0xFFFF or value >= 0xFFFFFFF:
        return 0
    return value + 1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _network(
    data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, stop: cython.Py_ssize_t
) -> cython.longlong:
    """A network code of one to three digits as its characters: 01 is not 1; 0 for none."""
    value: cython.longlong = 0
    if stop - at > 3:
        return 0
    while at < stop:
        if data[at] < 48 or data[at] > 57:
            return 0
        value = (value << 8) | data[at]
        at += 1
    return value


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _append(
    entry: cython.Py_ssize_t,
    value: cython.longlong,
    cells16: cython.ushort[::1],
    cells64: cython.ulonglong[::1],
    control: cython.longlong[::1],
) -> cython.longlong:
    """Write one more attribute."""
    used: cython.Py_ssize_t = control[_ATTRIBUTES]
    cells64[control[_VALUES] + used] = value & _MASK64
    cells16[control[_KEYS] + used] = entry - _ATTRIBUTE + 1
    control[_ATTRIBUTES] = used + 1
    return 1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _store(
    value: cython.longlong,
    item: cython.Py_ssize_t,
    row: cython.Py_ssize_t,
    used_before: cython.Py_ssize_t,
    items: cython.const[cython.longlong][::1],
    actions: cython.const[cython.short][::1],
    desk: cython.longlong[::1],
    cells8: cython.uchar[::1],
    cells16: cython.ushort[::1],
    cells32: cython.uint[::1],
    cells64: cython.ulonglong[::1],
    notes: cython.longlong[::1],
    control: cython.longlong[::1],
) -> cython.longlong:
    """Put a number where the policy wants it; 1 where it was kept, 0 where it is no value."""
    entry: cython.Py_ssize_t = actions[items[item]]
    index: cython.Py_ssize_t
    if value == _EMPTY or (
        items[item + 5]
        and (value == items[item + 6] or (items[item + 5] == 2 and value == items[item + 7]))
    ):
        notes[_FIELDS_EMPTY] += 1
        return 0
    if value == _BAD:
        notes[_BAD_VALUE] += 1
        notes[_FIELDS_BAD] += 1
        return 0
    if value < items[item + 3] or value > items[item + 4]:
        notes[_VALUE_OUT_OF_RANGE] += 1
        notes[_FIELDS_BAD] += 1
        return 0
    if entry >= _ATTRIBUTE:
        index = desk[control[_STAMPS] + entry - _ATTRIBUTE] - 1
        if index >= used_before:  # in this message: the later one counts
            cells64[control[_VALUES] + index] = value & _MASK64
            desk[_TALLY_REPEATED] += 1
            return 1
        desk[control[_STAMPS] + entry - _ATTRIBUTE] = control[_ATTRIBUTES] + 1
        return _append(entry, value, cells16, cells64, control)
    index = desk[entry] + row
    if items[item + 1] == 1:
        cells8[index] = value & 0xFF
    elif items[item + 1] == 2:
        cells16[index] = value & 0xFFFF
    elif items[item + 1] == 4:
        cells32[index] = value & _MASK32
    else:
        cells64[index] = value & _MASK64
    index = desk[entry + 2] + row
    if cells8[index]:
        desk[_TALLY_REPEATED] += 1
    cells8[index] = 1
    desk[entry + 1] = row
    return 1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _key(
    data: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    keys: cython.const[cython.ulonglong][::1],
    first: cython.Py_ssize_t,
    count: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """The field that a key stands for, or -1."""
    one: cython.ulonglong = _capitals(data, at, stop)
    two: cython.ulonglong = _capitals(data, at + 8, stop)
    three: cython.ulonglong = _capitals(data, at + 16, stop)
    index: cython.Py_ssize_t
    if stop - at > 24:
        return -1
    for index in range(first, first + count):
        if (
            keys[_KEY_STRIDE * index] == one
            and keys[_KEY_STRIDE * index + 1] == two
            and keys[_KEY_STRIDE * index + 2] == three
        ):
            return keys[_KEY_STRIDE * index + 3]
    return -1


def walk_watch(
    data: cython.const[cython.uchar][::1],
    events: cython.longlong[::1],
    first: cython.Py_ssize_t,
    last: cython.Py_ssize_t,
    words: cython.const[cython.ulonglong][::1],
    messages: cython.const[cython.longlong][::1],
    items: cython.const[cython.longlong][::1],
    keys: cython.const[cython.ulonglong][::1],
    actions: cython.const[cython.short][::1],
    kinds: cython.const[cython.uchar][::1],
    shown: cython.const[cython.uchar][::1],
    fixed: cython.const[cython.longlong][::1],
    desk: cython.longlong[::1],
    cells8: cython.uchar[::1],
    cells16: cython.ushort[::1],
    cells32: cython.uint[::1],
    cells64: cython.ulonglong[::1],
    tokens: cython.longlong[::1],
    decoded: cython.longlong[::1],
    notes: cython.longlong[::1],
    control: cython.longlong[::1],
) -> int:
    """Walk the frames among events ``first`` to ``last`` (exclusive) until the block is full.

    ``words``, ``messages``, ``items`` and ``keys`` are the program; ``cells8`` to ``cells64`` are
    four views of one block; ``tokens`` is scratch of TOKENS_MOST + 1; ``decoded`` counts frames by
    message (0: unknown word), ``notes`` by code.  Returns the first event that was not taken.
    A message of which the policy keeps nothing makes no row.
    """
    at_time: cython.Py_ssize_t = desk[fixed[_FIXED_TIME]] if fixed[_FIXED_TIME] >= 0 else -1
    at_longitude: cython.Py_ssize_t = -1
    at_latitude: cython.Py_ssize_t = -1
    at_status: cython.Py_ssize_t = desk[fixed[_FIXED_STATUS]] if fixed[_FIXED_STATUS] >= 0 else -1
    at_event: cython.Py_ssize_t = desk[fixed[_FIXED_EVENT]] if fixed[_FIXED_EVENT] >= 0 else -1
    at_ends: cython.Py_ssize_t = desk[fixed[_FIXED_ENDS]] if fixed[_FIXED_ENDS] >= 0 else -1
    at_message: cython.Py_ssize_t = desk[fixed[_FIXED_MESSAGE]]
    at_flags: cython.Py_ssize_t = desk[fixed[_FIXED_FLAGS]]
    at_conversation: cython.Py_ssize_t = desk[fixed[_FIXED_CONVERSATION]]
    used_before: cython.Py_ssize_t
    last_known: cython.bint = control[_LAST_KNOWN] != 0
    status_kept: cython.longlong = control[_STATUS]
    row: cython.Py_ssize_t = control[_ROW]
    event: cython.Py_ssize_t = first
    base: cython.Py_ssize_t
    start: cython.Py_ssize_t
    stop: cython.Py_ssize_t
    end: cython.Py_ssize_t
    at: cython.Py_ssize_t
    number: cython.Py_ssize_t
    message: cython.Py_ssize_t
    item: cython.Py_ssize_t
    item_stop: cython.Py_ssize_t
    entry: cython.Py_ssize_t
    index: cython.Py_ssize_t
    kept: cython.Py_ssize_t
    field: cython.Py_ssize_t
    fields: cython.Py_ssize_t
    least: cython.Py_ssize_t
    more: cython.Py_ssize_t
    word_at: cython.Py_ssize_t = 0
    word_size: cython.Py_ssize_t = -1
    stepped: cython.Py_ssize_t
    left: cython.Py_ssize_t
    tail: cython.Py_ssize_t
    wifi_at: cython.Py_ssize_t
    accuracy_at: cython.Py_ssize_t
    place_fields: cython.Py_ssize_t
    place_wrong: cython.int
    in_position: cython.int
    flags: cython.int
    alarm: cython.bint
    letter: cython.int
    valid: cython.int
    north: cython.int
    south: cython.int
    most: cython.longlong
    separator: cython.int
    hexadecimal: cython.int
    kind: cython.longlong
    value: cython.longlong
    time: cython.longlong
    latitude: cython.longlong
    longitude: cython.longlong
    status: cython.longlong
    cells: cython.longlong
    mcc: cython.longlong
    lac: cython.longlong
    cid: cython.longlong
    if fixed[_FIXED_LONGITUDE] >= 0:
        at_longitude = desk[fixed[_FIXED_LONGITUDE]]
        at_latitude = desk[fixed[_FIXED_LATITUDE]]
    while event < last:
        base = event * _STRIDE
        if events[base + _KIND] != _FRAME:
            event += 1
            continue
        if row >= control[_CAPACITY]:
            break
        start = events[base + _BODY]
        stop = start + events[base + _BODY_SIZE]
        if (
            control[_ATTRIBUTES_MOST]  # no field takes less than a byte and its comma
            and control[_ATTRIBUTES] + stop - start > control[_ATTRIBUTES_MOST]
        ):
            break
        event += 1
        desk[_TALLY_BYTES] += events[base + _SIZE]
        # one word comes after another, and mostly the same
        end = _comma(data, start, stop)
        if end - start != word_size or not _same(data, start, word_at, word_size):
            number = _message(data, start, end, words, messages)
            word_at = start
            word_size = end - start
        decoded[number] += 1
        if number == 0:
            # whatever it is called, and whatever it says, may be an identifier
            fields = _fields(data, start, stop)
            notes[_UNKNOWN_WORD] += 1
            desk[_TALLY_ELEMENTS] += fields - 1
            desk[_TALLY_UNKNOWN] += fields - 1
            continue
        message = _MESSAGE_STRIDE * (number - 1)
        kind = messages[message + _MESSAGE_KIND]
        alarm = kind == _KIND_ALARM and status_kept & _ALARM_UNKNOWN != 0
        # the word is the first of the fields; their number counts those that were not cut too
        least = _TOKENS_MOST
        if messages[message + _MESSAGE_POSITION]:
            least = messages[message + _MESSAGE_ITEM_COUNT] + _TO_WIFI
        tokens[0] = start
        fields = _cut(data, stop, tokens, 0, least)
        more = 0 if messages[message + _MESSAGE_POSITION] else _fields(data, tokens[fields], stop)
        desk[_TALLY_ELEMENTS] += fields - 1 + more
        if fields == 1:
            continue  # a bare word is an answer or an echo
        if messages[message + _MESSAGE_RECEIPT] and stop - end == 2 and 48 <= data[end + 1] <= 57:
            desk[-actions[items[_ITEM_STRIDE * _POSITION_RECEIPT]]] += 1
            continue
        if fields <= messages[message + _MESSAGE_LEAST]:
            notes[_MISSING_FIELDS] += 1
            desk[_TALLY_UNKNOWN] += fields - 1 + more
            continue
        kept = 0
        field = 1
        used_before = control[_ATTRIBUTES]
        flags = _NO_TIME | _NO_POSITION
        item = messages[message + _MESSAGE_ITEMS]
        item_stop = item + messages[message + _MESSAGE_ITEM_COUNT]
        in_position = 0
        place_fields = 0
        place_wrong = 0
        valid = 0
        latitude = 0
        longitude = 0
        status = 0
        while True:
            # the fields of the message, then the numbers of its position
            while item < item_stop and field < fields:
                index = _ITEM_STRIDE * item
                entry = actions[items[index]]
                item += 1
                field += 1
                if entry < 0:
                    desk[-entry] += 1
                elif in_position and valid != 65 and item - _POSITION_NUMBERS <= _WITH_FIX:
                    notes[_FIELDS_NO_FIX] += 1
                else:
                    kept += _store(
                        _number(data, tokens[field - 1], tokens[field] - 1, items[index + 2]),
                        index, row, used_before, items, actions, desk, cells8, cells16, cells32,
                        cells64, notes, control,
                    )  # fmt: skip
            if in_position or not messages[message + _MESSAGE_POSITION]:
                break
            in_position = 1
            if field >= fields:
                notes[_MISSING_FIELDS] += 1
                break
            item = _POSITION_NUMBERS
            item_stop = item + _NUMBERS
            # date and time
            flags = _NO_TIME
            at = tokens[field]
            end = tokens[field + 1] - 1
            left = 1
            time = _EMPTY
            if field + 1 < fields:
                left = 2
                time = _BAD
                if end - at == 6 and tokens[field + 2] - end == 8:
                    time = _time(data, at, end + 1)
            field += left
            if time == _BAD:
                notes[_BAD_VALUE] += 1
            if at_time < 0:
                desk[-actions[items[_ITEM_STRIDE * _POSITION_TIME]]] += left
            elif time >= 0:
                cells64[at_time + row] = time
                flags = 0
                kept += left
            elif time == _EMPTY:
                notes[_FIELDS_EMPTY] += left
            else:
                notes[_FIELDS_BAD] += left
            # validity, latitude, letter, longitude, letter
            place_fields = min(5, fields - field)
            if place_fields:
                at = tokens[field]
                end = tokens[field + 1] - 1
                if end - at == 1 and (data[at] == 65 or data[at] == 86):
                    valid = data[at]
                    if valid == 65 and at_longitude >= 0:
                        flags |= _HAS_FIX
                else:
                    notes[_BAD_VALUE] += 1
            if at_longitude >= 0 and (valid == 65 or (valid == 86 and last_known)):
                for index in range(2):
                    if 2 * index + 1 >= place_fields:
                        place_wrong = max(place_wrong, 1)
                        break
                    north = 69 if index else 78  # E, N
                    south = 87 if index else 83  # W, S
                    most = _LONGITUDE_MOST if index else _LATITUDE_MOST
                    at = field + 2 * index + 1
                    value = _number(data, tokens[at], tokens[at + 1] - 1, 7)
                    letter = 0
                    if 2 * index + 2 < place_fields:
                        end = tokens[at + 2] - 1 - tokens[at + 1]
                        if end == 1:
                            letter = data[tokens[at + 1]] & 0xDF  # in capitals
                        if end and letter != north and letter != south:
                            # whichever half of the earth is meant: not to be guessed
                            letter = 1
                            place_wrong = 2
                            notes[_BAD_VALUE] += 1
                    if value == _EMPTY:
                        place_wrong = max(place_wrong, 1)
                    elif value == _BAD:
                        place_wrong = 2
                        notes[_BAD_VALUE] += 1
                    elif value < -most or value > most:
                        place_wrong = 2
                        notes[_VALUE_OUT_OF_RANGE] += 1
                    elif value > 0 and letter == south:
                        value = -value
                    elif value > 0 and letter == 0 and valid == 65:
                        notes[_HEMISPHERE_MISSING] += 1
                    if index == 0:
                        latitude = value
                    else:
                        longitude = value
                if place_wrong == 0 and (valid == 65 or latitude or longitude):
                    flags |= _HAS_PLACE
            field += place_fields
        if not flags & _NO_POSITION:
            mcc = -1
            # the status word
            status = _EMPTY
            if field < fields:
                at = tokens[field]
                end = tokens[field + 1] - 1
                field += 1
                status = _hex(data, at, end)
                if status > _MASK32 or end - at > 8:
                    status = _BAD
                if status == _BAD:
                    notes[_BAD_VALUE] += 1
                if at_status < 0:
                    desk[-actions[items[_ITEM_STRIDE * _POSITION_STATUS]]] += 1
                elif status >= 0:
                    kept += 1
                elif status == _EMPTY:
                    notes[_FIELDS_EMPTY] += 1
                else:
                    notes[_FIELDS_BAD] += 1
            else:
                notes[_MISSING_FIELDS] += 1
            if status >= 0:
                flags |= _HAS_STATUS
            else:
                status = 0
            status = status & status_kept & _MASK31
            if alarm and not status & _ALARM_BITS:
                # one that the policy keeps back looks like one that nobody knows
                status = status | _ALARM_UNKNOWN
                flags |= _HAS_STATUS
            # the tail
            if field < fields:
                tail = field
                stepped = 0
                if tokens[fields] <= stop:
                    # there is more than was cut
                    desk[_TALLY_ELEMENTS] -= fields
                    stepped = _step_over(data, stop, tokens, tail, fields)
                    fields = stepped or _cut(data, stop, tokens, fields, _TOKENS_MOST)
                    more = _fields(data, tokens[fields], stop)
                    desk[_TALLY_ELEMENTS] += fields + more
                field = fields
                left = 0  # of its fields, those that are certainly of the cells
                at = fields - tail  # those that are of nothing known yet
                accuracy_at = -1
                cells = _BAD
                if more:
                    notes[_WIFI_MISMATCH] += 1  # more than anybody sends: none of it is read
                else:
                    cells = _read_cells(data, tokens, tail, fields)
                    notes[_CELLS_MISMATCH] += cells == _BAD
                hexadecimal = cells >= 1000
                if hexadecimal:
                    cells -= 1000
                if cells >= 0:
                    left = 4 + 3 * cells if cells else 1
                    wifi_at = tail + left
                    if stepped:
                        accuracy_at = fields - 1 if (fields - wifi_at) % 3 == 2 else -1
                    elif wifi_at < fields and _ends_in_code(data, tokens, tail, fields):
                        # without a count of Wi-Fi, as a rule
                        if cells and wifi_at < fields - 1:
                            if (
                                wifi_at + 1 < fields - 1
                                or tokens[wifi_at + 1] - tokens[wifi_at] > 1
                            ):
                                _accuracy_at(data, tokens, wifi_at, fields - 1, notes)
                    elif wifi_at < fields:
                        accuracy_at = _accuracy_at(data, tokens, wifi_at, fields, notes)
                if cells > 0:
                    mcc = _count(data, tokens[tail + 2], tokens[tail + 3] - 1)
                    if actions[items[_ITEM_STRIDE * _POSITION_LAC]] >= 0:
                        _append(
                            actions[items[_ITEM_STRIDE * _POSITION_MCC]], mcc + 1 if mcc > 0 else 0,
                            cells16, cells64, control,
                        )  # fmt: skip
                        _append(
                            actions[items[_ITEM_STRIDE * _POSITION_MNC]],
                            _network(data, tokens[tail + 3], tokens[tail + 4] - 1),
                            cells16, cells64, control,
                        )  # fmt: skip
                        for index in range(tail + 4, tail + 4 + 3 * cells, 3):
                            lac = _cell_part(
                                data, tokens[index], tokens[index + 1] - 1, hexadecimal
                            )
                            cid = _cell_part(
                                data, tokens[index + 1], tokens[index + 2] - 1, hexadecimal
                            )
                            if lac == 0xFFFE + 1 or lac > _LAC_MOST + 1:
                                lac = 0
                            if lac or cid:
                                _append(
                                    actions[items[_ITEM_STRIDE * _POSITION_LAC]], lac, cells16,
                                    cells64, control,
                                )  # fmt: skip
                                _append(
                                    actions[items[_ITEM_STRIDE * _POSITION_CID]], cid, cells16,
                                    cells64, control,
                                )  # fmt: skip
                        kept += 2 + 2 * cells
                        left -= 2 + 2 * cells
                        at -= 2 + 2 * cells
                if accuracy_at >= 0:
                    at -= 1
                    index = _ITEM_STRIDE * _POSITION_ACCURACY
                    entry = actions[items[index]]
                    if entry < 0:
                        desk[-entry] += 1
                    else:
                        kept += _store(
                            _number(
                                data, tokens[accuracy_at], tokens[accuracy_at + 1] - 1,
                                items[index + 2],
                            ),
                            index, row, used_before, items, actions, desk, cells8, cells16,
                            cells32, cells64, notes, control,
                        )  # fmt: skip
                desk[-actions[items[_ITEM_STRIDE * _POSITION_CELL_OTHER]]] += left
                desk[-actions[items[_ITEM_STRIDE * _POSITION_WIFI_NAME]]] += at - left + more
                more = 0
            # the place, now that the country is known
            if flags & _HAS_PLACE and valid == 86 and mcc > 0 and mcc != _TEST_MCC:
                if _TEST_SOUTH <= latitude <= _TEST_NORTH and _TEST_WEST <= longitude <= _TEST_EAST:
                    notes[_FACTORY_PLACE] += 1
                    flags ^= _HAS_PLACE
            if at_longitude < 0:
                desk[-actions[items[_ITEM_STRIDE * _POSITION_PLACE]]] += place_fields
            elif flags & _HAS_PLACE:
                cells32[at_latitude + row] = latitude & _MASK32
                cells32[at_longitude + row] = longitude & _MASK32
                kept += place_fields
            elif valid != 65:
                notes[_FIELDS_NO_FIX] += place_fields
            elif place_wrong == 1:
                notes[_FIELDS_EMPTY] += place_fields
            else:
                notes[_FIELDS_BAD] += place_fields
        elif messages[message + _MESSAGE_KEY_COUNT] and field < fields:
            # their separator need not be a comma
            separator = messages[message + _MESSAGE_SEPARATOR]
            at = tokens[field]
            desk[_TALLY_ELEMENTS] -= fields - field + more
            fields = field
            more = 0
            while at <= stop:
                desk[_TALLY_ELEMENTS] += 1
                end = _skip(data, at, stop, separator)
                index = _skip(data, at, end, 58)
                item = _key(
                    data, at, index, keys, messages[message + _MESSAGE_KEYS],
                    messages[message + _MESSAGE_KEY_COUNT],
                )  # fmt: skip
                if item < 0 or index == end:
                    if messages[message + _MESSAGE_REST] >= 0:
                        desk[-actions[messages[message + _MESSAGE_REST]]] += 1
                    else:
                        desk[_TALLY_UNKNOWN] += 1
                elif actions[items[_ITEM_STRIDE * item]] < 0:
                    desk[-actions[items[_ITEM_STRIDE * item]]] += 1
                else:
                    at = index + 1
                    left = end
                    index = _skip(data, at, end, 40)
                    if index < end:
                        at = index + 1  # OK(100), NO(0)
                        left = _skip(data, at, end, 41)
                    item *= _ITEM_STRIDE
                    kept += _store(
                        _number(data, at, left, items[item + 2]), item, row, used_before, items,
                        actions, desk, cells8, cells16, cells32, cells64, notes, control,
                    )  # fmt: skip
                at = end + 1
        if field < fields or more:
            left = fields - field + more
            if messages[message + _MESSAGE_REST] >= 0:
                desk[-actions[messages[message + _MESSAGE_REST]]] += left
            else:
                notes[_EXTRA_FIELDS] += 1
                desk[_TALLY_UNKNOWN] += left
        if kept == 0 and not alarm:
            continue  # of an alarm at least that it was one is kept: it will be answered
        desk[_TALLY_STORED] += kept
        cells8[at_flags + row] = flags
        cells8[at_message + row] = kinds[kind]
        cells32[at_conversation + row] = events[base + _CONVERSATION]
        if at_status >= 0:
            cells32[at_status + row] = status
        if at_event >= 0 and shown[number]:
            cells16[at_event + row] = number
        if at_ends >= 0:
            cells32[at_ends + row] = control[_ATTRIBUTES]
        row += 1
        desk[_TALLY_RECORDS] += 1
    control[_ROW] = row
    return event
