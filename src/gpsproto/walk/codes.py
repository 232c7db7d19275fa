"""Numbers that the walk writes and the layers above read.

The walk knows integers only.  ``wire`` turns a code into an ``ErrorCode`` by its name, so a
name here and a member of ``ErrorCode`` are one word.
"""

from __future__ import annotations

# One event is STRIDE integers in a flat table; these are its columns.
STRIDE = 10
KIND = 0  # what was found, see below
OFFSET = 1  # first byte in the buffer
SIZE = 2  # bytes, envelope included
BODY = 3  # first byte of the codec id
BODY_SIZE = 4  # bytes from the codec id to the second count, both included
CODEC = 5
COUNT = 6  # records (or commands) that the frame announces
CONVERSATION = 7  # number of the conversation in the run
CODE = 8  # error code, 0 where nothing is wrong
AT = 9  # byte in the buffer at which the error shows

# Kinds of event
FRAME = 1
HANDSHAKE = 2
REJECTED = 3
SKIPPED = 4
LOST = 5

# Error codes: names are those of ErrorCode
BAD_PREAMBLE = 1
BAD_LENGTH = 2
TOO_LARGE = 3
BAD_CRC = 4
BAD_CRC_PADDING = 5
COUNT_MISMATCH = 6
TOTAL_MISMATCH = 7
TRUNCATED = 8
TRAILING_BYTES = 9
UNKNOWN_CODEC = 10
BAD_HANDSHAKE = 11
FOREIGN_TLS = 12
FOREIGN_HTTP = 13
FOREIGN_TEXT = 14
FOREIGN_DATAGRAM = 15
KEEP_ALIVE = 16
NO_RECORDS = 17

# Columns of a scan's state
POSITION = 0  # first byte not yet consumed
NEEDED = 1  # bytes that must stand from POSITION on before the scan can go on
MODE = 2
FOUND = 3  # events written
REASON = 4  # code of what made the scan search
CURRENT = 5  # conversation that frames belong to
NEXT = 6  # number of the next conversation to begin
OTHERS = 7  # events written that are not frames
STATE_SIZE = 8

# Modes of a scan
AT_START = 0
IN_STREAM = 1
SEARCHING = 2

# Columns of a framer's limits: 256 greatest data field lengths by codec, then
LIMIT_DIGITS_LEAST = 256
LIMIT_DIGITS_MOST = 257

# Columns of a codec's shape, see codecs/avl.py
SHAPE_STRIDE = 8
SHAPE_KNOWN = 0
SHAPE_ID_SIZE = 1
SHAPE_COUNT_SIZE = 2
SHAPE_GENERATION = 3
SHAPE_VARIABLE = 4
SHAPE_GROUP16 = 5

# Fixed fields of an AVL record, in the order of the projection's fixed table
FIXED_TIME = 0
FIXED_LONGITUDE = 1
FIXED_LATITUDE = 2
FIXED_ALTITUDE = 3
FIXED_ANGLE = 4
FIXED_SPEED = 5
FIXED_EVENT = 6
FIXED_PRIORITY = 7
FIXED_SATELLITES = 8
FIXED_GENERATION = 9
FIXED_CONVERSATION = 10
FIXED_FLAGS = 11
FIXED_ENDS = 12  # how many attributes the block holds up to this record's last
FIXED_COUNT = 13

# Bits of the flags column
HAS_FIX = 1
HAS_PLACE = 2
HAS_MOTION = 4
IS_PRIVATE = 8
OUT_OF_RANGE = 16
NO_TIME = 32  # the timestamp cannot be one, and is not kept: it may be anything

LATEST_MS = 253_402_300_799_999  # the last millisecond of year 9999

# Tables over (width, id) hold one plane of 65,536 ids a width
PLANE = 65536
PLANES = 6
PLANE_OF_WIDTH = {1: 0, 2: 1, 4: 2, 8: 3, 16: 4}
PLANE_VARIABLE = 5

# Control of a walk
CONTROL_ROW = 0
CONTROL_CAPACITY = 1
CONTROL_LAST_KNOWN = 2
CONTROL_GROUP16 = 3
CONTROL_SLOTS8 = 4  # slots below this one hold 8-byte cells
CONTROL_SLOTS4 = 5
CONTROL_SLOTS2 = 6
CONTROL_SLOTS = 7
CONTROL_ERROR = 8  # where the last frame that failed was wrong
CONTROL_ATTRIBUTES = 9  # attributes in the block
CONTROL_ATTRIBUTES_MOST = 10
CONTROL_VALUES = 11  # the first of their values, in cells of 8 bytes
CONTROL_KEYS = 12  # the first of their keys + 1, in cells of 2 bytes
CONTROL_STAMPS = 13  # on the desk: for each key, the attribute that was given it last, + 1
CONTROL_CLEARED_KEYS = 14  # attributes of a key below this one go in private mode
CONTROL_SIZE = 15

# What to do about a 16-byte group that nothing announces (Codec 8)
GROUP16_NEVER = 0
GROUP16_AUTO = 1
GROUP16_ALWAYS = 2

# The desk of a walk is its tally, then three integers a slot.

# The tally; from TALLY_DROPPED on, one counter a drop reason.  Place 0 is nobody's.
TALLY_RECORDS = 1
TALLY_ELEMENTS = 2
TALLY_REPEATED = 3
TALLY_PRIVATE_CELLS = 4
TALLY_PRIVATE_EVENTS = 5
TALLY_EVENTS = 6
TALLY_PERIODIC = 7  # records without an event
TALLY_GENERATIONS = 8
TALLY_BYTES = 9  # of frames that were decoded
TALLY_STORED = 10  # elements that were given a cell
TALLY_DROPPED = 11
DROP_REASONS = 40
TALLY_FLAGS = TALLY_DROPPED + DROP_REASONS  # records by their flags
FLAGS_SIZE = 64
TALLY_SIZE = TALLY_FLAGS + FLAGS_SIZE

# A slot: its first cell, counted in cells of its own width; the row that filled it last; and for
# an element the byte of the block at which its marks begin, one a row: 1 where it is filled.
DESK_SLOTS = TALLY_SIZE
SLOT_STRIDE = 3
SLOT_CELL = 0
SLOT_STAMP = 1
SLOT_MARK = 2
NEVER = -1
STALE = -2  # filled in this block, in a row that was taken back
NO_MARK = -1

# A stencil is the form of a record from its total to its end: which bytes are structure, what they
# are, and where the values stand between them.  A record that fits is cut without being walked.
STENCILS = 8
STENCIL_BYTES = 512  # the longest part of a record that is given one

# In front of the stencils
STENCIL_LAST = 0  # the one that fitted last
STENCIL_NEXT = 1  # the one to be replaced next
STENCIL_CREDIT = 2  # learning costs some, records that fitted bring some
STENCIL_FIRST = 8

# Of a stencil
STENCIL_FORM = 0  # 2 * codec + whether 16-byte elements are read + 1; 0: not in use
STENCIL_SIZE = 1
STENCIL_ELEMENTS = 2
STENCIL_STORED = 3
STENCIL_DROPS = 4
STENCIL_WATCHED = 5
STENCIL_MOVES = 6  # elements that get a cell, by plane
STENCIL_ATTRIBUTES = 10  # elements that become attributes, by plane
STENCIL_WATCHED_AT = 16  # pairs: byte, value that orders private mode
STENCIL_WATCHED_MOST = 8
STENCIL_DROPS_AT = 32  # pairs: place of the counter, elements
STENCIL_DROPS_MOST = DROP_REASONS
STENCIL_LIST = 112  # pairs: byte, place of the slot; behind these: byte, key + 1
STENCIL_MOVES_MOST = 128
STENCIL_WORDS = 368  # pairs: mask and value of eight bytes each; the last pair is the last eight
STENCIL_STRIDE = 500

# An action is the place of a slot on the desk, or ATTRIBUTE + key, or minus the place of a drop
# reason's counter, or WATCHED - n: the n-th watched 1-byte element, which orders private mode by its
# value and then is treated by an action of its own.
WATCHED = -1000
ATTRIBUTE = 16384
