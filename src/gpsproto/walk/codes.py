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
BETWEEN_FRAMES = 18
NO_FRAME = 19
FOREIGN_IWAP = 20
FOREIGN_GT06 = 21
ENCRYPTED = 22
UNBRACKETED = 23
BAD_SMS_IMEI = 24
# ... and of a frame that is decoded all the same; of notes on a message too
LENGTH_MISMATCH = 25
SIGNED = 26
UNKNOWN_WORD = 27
MISSING_FIELDS = 28
EXTRA_FIELDS = 29
BAD_VALUE = 30
VALUE_OUT_OF_RANGE = 31
HEMISPHERE_MISSING = 32
CELLS_MISMATCH = 33
WIFI_MISMATCH = 34
FACTORY_PLACE = 35
# Behind the notes, fields that left no value: empty, without fix, not of their form
FIELDS_EMPTY = 36
FIELDS_NO_FIX = 37
FIELDS_BAD = 38
NOTES_SIZE = 40

# Columns of a scan's state
POSITION = 0  # first byte not yet consumed
NEEDED = 1  # bytes that must stand from POSITION on before the scan can go on
MODE = 2
FOUND = 3  # events written
REASON = 4  # code of what made the scan search
CURRENT = 5  # conversation that frames belong to
NEXT = 6  # number of the next conversation to begin
OTHERS = 7  # events written that are not frames
IDS_LEFT = 8  # of a bracket scan: watch ids that its table still has room for
HEAD_ID = 9  # of a bracket scan: where the head that was read last has its id
HEAD_LENGTH = 10  # ... and its length field
LOOKING = 11  # of a bracket scan that waits: what would end the wait before NEEDED
LOOKED = 12  # ... and up to which byte of the buffer it was looked for
DEPTH = 13  # ... and the brackets that are open there
HORIZON = 14  # of a TCP scan in a mixed dump: before this byte nothing of a watch begins
HORIZON_FOUND = 15  # ... and whether something of a watch does begin there
OWN = 16  # ... and whether what stands at POSITION is known to be no watch's
STATE_SIZE = 17

# A TCP scan that meets what is no frame of its own goes no farther than HORIZON
PURE = -1  # there are no watches
ASKED = -2  # the scan has come to it, and wants to know the next
LONGEST_HEAD = 69  # bytes from which it can be told whether a watch's head begins

# What ends a wait for NEEDED bytes before they have come
LOOKING_NOT = 0
LOOKING_HEADS = 1  # the head of another frame
LOOKING_BRACKETS = 2  # that, or the bracket that closes

# In front of a table of watch ids; behind it four integers an id: its bytes, its number
IDS_FACTORS = 0  # four odd numbers, drawn for the run
IDS_FIRST = 4
IDS_STRIDE = 4

# Modes of a scan
AT_START = 0
IN_STREAM = 1
SEARCHING = 2
ELSEWHERE = 3  # what stands at POSITION is the other protocol's: its scan goes on from there

DECODED_SIZE = 512  # codecs, or messages of the watch
SIGNATURE = 32  # hexadecimal digits that may stand before the name in a watch's frame
BRACKET = 0x5B  # stands for a codec in the events of a watch's frames

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
SHAPE_BARE = 6  # a record is a time and elements of ours, without a fixed part

# What SHAPE_KNOWN says: the walk reads such bodies, or stops: they are rewritten first
KNOWN = 1
REWRITTEN = 2

# In a rewritten body, a fixed field that was not sent
ALTITUDE_NOT_SENT = -32_768
ANGLE_NOT_SENT = 0xFFFF
SPEED_NOT_SENT = 0xFFFF

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
FIXED_STATUS = 13  # a watch's status word, those bits of it that the policy keeps
FIXED_MESSAGE = 14  # what kind of message a watch's record is from
FIXED_COUNT = 15

# Bits of the flags column
HAS_FIX = 1
HAS_PLACE = 2
HAS_MOTION = 4
IS_PRIVATE = 8
OUT_OF_RANGE = 16
NO_TIME = 32  # the timestamp cannot be one, and is not kept: it may be anything
HAS_STATUS = 128  # the message has a status word that could be read
NO_POSITION = 64  # the message has no position: it says nothing of a fix

LATEST_MS = 253_402_300_799_999  # the last millisecond of year 9999

# Tables over (width, id) hold one plane of 65,536 ids a width
PLANE = 65536
PLANES = 6
PLANE_OF_WIDTH = {1: 0, 2: 1, 4: 2, 8: 3, 16: 4}
PLANE_VARIABLE = 5

# Ids of ours name what has no id of its own on the wire: fields inside of a list, keys of a text.
# Their actions stand behind those planes, a smaller plane a width: in OURS_BASE + OURS_PLANE * plane
# + id.  So an element of a device whose id is one of them is an unknown one.  Who walks a body that
# is ours altogether begins with OURS_BASE, and goes on by OURS_PLANE from width to width.
OURS = 0xF000
OURS_PLANE = PLANE - OURS
OURS_BASE = PLANES * PLANE - OURS
ACTIONS = PLANES * (PLANE + OURS_PLANE)

# A list of beacons: how it is laid out
LIST_SIMPLE = 0  # one after another, what is there is said by flags
LIST_ADVANCED = 1  # records of types, lengths and values
LIST_EYE = 2  # the same, of EYE sensors: additional data are what they measure
LIST_GUESSED = 3  # as a simple one, where it fits: nobody says that it is one
LIST_LAYOUTS = 4

# Ids of ours of beacons: BEACON + BEACON_SLOT * n + a type of the advanced list, for the n-th beacon
# of a record from 1 on; with n = 0 what is the same for all.  From 0x10 on are types of ours.
BEACON = 0xF100
BEACON_SLOT = 32
BEACON_SLOTS = 10
BEACON_END = BEACON + BEACON_SLOT * (BEACON_SLOTS + 1)
BEACON_RSSI = 0x00
BEACON_ID = 0x01
BEACON_DATA = 0x02
BEACON_NAME = 0x05
BEACON_TEMPERATURE = 0x06
BEACON_HUMIDITY = 0x07
BEACON_MAGNET = 0x08
BEACON_MOVING = 0x09
BEACON_MOVEMENT_COUNT = 0x0A
BEACON_PITCH = 0x0B
BEACON_ROLL = 0x0C
BEACON_LOW_BATTERY = 0x0D
BEACON_BATTERY = 0x0E
BEACON_MAC = 0x0F
BEACON_TYPES = 0x10
BEACON_TEMPERATURE_WHOLE = 0x10  # of a simple list: degrees
BEACON_BATTERY_BYTE = 0x11  # of EYE data: 10 mV from 2 V on
BEACON_OTHER = 0x10  # with n = 0: a type that is unknown, or not of that length
BEACON_FURTHER = 0x11  # ... a field of a beacon behind the last slot
BEACON_COUNT = 0x18  # ... how many beacons a list holds, by kind of list

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
CONTROL_STATUS = 15  # bits of a watch's status word that the policy keeps
CONTROL_LIST_FIRST = 16  # where a list is read: the first attribute of its record
CONTROL_LIST_USED = 17  # ... attributes in the block
CONTROL_LIST_STORED = 18  # ... its fields that were given a cell
CONTROL_LIST_REPEATED = 19
CONTROL_LIST_FIELDS = 20  # ... all of them, but the one that the list itself counts as
CONTROL_LIST_BEACONS = 21  # ... beacons in the lists of its record
CONTROL_SIZE = 22

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
TALLY_BARE = 11  # records without a fixed part
TALLY_BARE_TIMES = 12  # those of them that have a time
TALLY_DROPPED = 13
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
STENCIL_DROPS_AT = 32  # pairs: place of the counter, or UNKNOWN_KEY + key; elements
STENCIL_DROPS_MOST = DROP_REASONS + 64
STENCIL_LIST = 240  # pairs: byte, place of the slot; behind these: byte, key + 1
STENCIL_MOVES_MOST = 128
STENCIL_WORDS = 496  # pairs: mask and value of eight bytes each; the last pair is the last eight
STENCIL_STRIDE = 628

PLACES = 640  # records of one form that are cut at once: their bytes stay in the first cache

# Which elements were unknown: a table that is searched from a product of the key on.  A key is
# plane * PLANE + id + 1.  A pair that finds no room is counted as unknown, and not named.
UNKNOWN_TOUCHED = 0  # places that the frame under way has counted in
UNKNOWN_HELD = 1  # keys in the table
UNKNOWN_LIST = 8  # of those places
UNKNOWN_MOST = 128
UNKNOWN_FIRST = UNKNOWN_LIST + UNKNOWN_MOST
UNKNOWN_PLACES = 256
UNKNOWN_STRIDE = 3  # a place: key, elements, and those of the frame under way
UNKNOWN_SIZE = UNKNOWN_FIRST + UNKNOWN_PLACES * UNKNOWN_STRIDE
UNKNOWN_PROBES = 32
UNKNOWN_FACTOR = 40503
UNKNOWN_KEY = 1 << 20  # above every counter on the desk

# An action is the place of a slot on the desk, or ATTRIBUTE + key, or minus the place of a drop
# reason's counter, or WATCHED - n: the n-th pair of the watched.  That is a 1-byte element which
# orders private mode by its value and then is treated by an action of its own; or, in the plane of
# variable length, a list that is read: its layout + LIST_LAYOUTS * the type of its count, and the
# action where it does not fit.
WATCHED = -1000
ATTRIBUTE = 16384

# A record has at most an attribute for two of its bytes, and these: bits of EYE data are fields too.
# Ten beacons at 2.5 more than half of their bytes, less half of 38 bytes of head and 4 of an element.
ATTRIBUTES_EXTRA = 5

# The program of the watch's messages.  A word: its capitals as three numbers, and the message's
# number; the table is searched from the product with WORD_FACTOR on.
WORD_STRIDE = 4
WORD_FACTOR = 0x9E3779B97F4A7C15

# A message
MESSAGE_STRIDE = 12
MESSAGE_ITEMS = 0  # the first of its fields
MESSAGE_ITEM_COUNT = 1
MESSAGE_REST = 2  # action of every further argument, or -1
MESSAGE_POSITION = 3  # a position follows its fields
MESSAGE_LEAST = 4  # with fewer arguments none is read
MESSAGE_RECEIPT = 5  # with one digit as its first argument it is an echo
MESSAGE_SUFFIXES = 6  # digits and _RADIO may follow the word
MESSAGE_KIND = 7
MESSAGE_KEYS = 8  # the first of its keys
MESSAGE_KEY_COUNT = 9
MESSAGE_SEPARATOR = 10  # of its keys

# A field: its place among the actions, bytes of its cell (0: text), decimals, range, null values
ITEM_STRIDE = 8
ITEM_ACTION = 0
ITEM_WIDTH = 1
ITEM_DIGITS = 2
ITEM_LEAST = 3
ITEM_MOST = 4
ITEM_NULLS = 5
ITEM_NULL = 6

# A key: as a word, and the field of its value
KEY_STRIDE = 4

# The fields of a position behind those of its message, by their place in the program
POSITION_TIME = 0
POSITION_PLACE = 1
POSITION_NUMBERS = 2  # speed, course, altitude, satellites, signal, battery, steps, rolls
POSITION_STATUS = 10
POSITION_MCC = 11
POSITION_MNC = 12
POSITION_LAC = 13
POSITION_CID = 14
POSITION_CELL_OTHER = 15
POSITION_WIFI_NAME = 16
POSITION_WIFI_OTHER = 17
POSITION_ACCURACY = 18
POSITION_RECEIPT = 19  # what a receipt says
POSITION_SATELLITES = 3  # among the numbers: those before it are there with a fix only
TOKENS_MOST = 256  # fields that are looked at behind a status word

STATUS_ALARMS = 0x1FFF0000  # bits that are alarms
STATUS_UNKNOWN_ALARM = (
    1 << 31
)  # no bit of the wire: an alarm message without any alarm that is kept
KIND_ALARM = 1

# The packets of a capture: a row of eight integers and forty bytes of key each.  A key is protocol,
# IP version and both ends, the lower one first; a row says from which of them the packet came.
PACKET_STRIDE = 8
PACKET_KIND = 0
PACKET_SIDE = 1  # 0: from the lower end; 1: from the other
PACKET_SEQUENCE = 2  # of TCP
PACKET_FLAGS = 3  # of TCP
PACKET_OFFSET = 4  # first byte of the payload in the buffer; of a fragment, of its IP head
PACKET_SIZE = 5  # bytes that were captured of it
PACKET_WHOLE = 6  # bytes that were sent
PACKET_KEY = 40

# Kinds of packets
PACKET_TCP = 1
PACKET_UDP = 2
PACKET_FRAGMENT = 3
PACKET_OTHER = 4

# Columns of the state of a scan of packets
PACKETS_POSITION = 0  # first byte not yet consumed
PACKETS_STOP = 1  # bytes of the buffer that are filled
PACKETS_FORM = 2
PACKETS_BIG = 3  # whether its integers are big-endian
PACKETS_HEAD = 4  # bytes of a record's head, of pcap
PACKETS_ROWS = 5
PACKETS_REASON = 6  # why the scan stopped
PACKETS_SKIP = 7  # bytes beyond the buffer that belong to a block that is not read
PACKETS_LINKS = 8  # interfaces that are described
PACKETS_SNAP = 9  # most bytes that the first interface captured of a packet; 0: all
PACKETS_SIZE = 10

# Forms of captures
FORM_PCAP = 0
FORM_PCAPNG = 1

# Why a scan of packets stopped
STOP_MORE = 0  # the record is not whole yet
STOP_FULL = 1  # no row is left
STOP_BLOCK = 2  # a section or an interface is described
STOP_DAMAGED = 3

RECORD_MOST = 1 << 20  # bytes of a packet in a capture, its head included; tools write 262,144

# Flags of TCP
TCP_FIN = 1
TCP_SYN = 2
TCP_RST = 4
TCP_PSH = 8
TCP_ACK = 16

IP_TCP = 6
IP_UDP = 17
