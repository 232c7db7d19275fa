"""The status word of a position: every bit that is known, all of them at once.

The low half is states, the high half alarms.  Bits 5 to 13 and 15 are not known to mean anything.
Without a vendor profile bit 22 may be a fall or an abnormal heart rate, so it is health.

Source: the vendor's server protocol (0-4, 16-21); server texts (14, 22, 23-28).
"""

from __future__ import annotations

from gpsproto.category import Category
from gpsproto.terms import StatusBit
from gpsproto.walk import codes

_STATES = (
    StatusBit(0, "battery_low", Category.STATUS, False),
    StatusBit(1, "outside_fence", Category.ZONE, False),
    StatusBit(2, "inside_fence", Category.ZONE, False),
    StatusBit(3, "watch_off", Category.BEHAVIOUR, False),
    StatusBit(4, "still", Category.MOTION, False),
    StatusBit(14, "power_cut", Category.STATUS, False),
)
_ALARMS = (
    StatusBit(16, "sos", Category.ALARM, True),
    StatusBit(17, "low_battery", Category.ALARM, True),
    StatusBit(18, "left_fence", Category.ALARM, True),
    StatusBit(19, "entered_fence", Category.ALARM, True),
    StatusBit(20, "watch_removed", Category.ALARM, True),
)
_FALL = (
    StatusBit(21, "fall", Category.ALARM, True),
    StatusBit(22, "abnormal_heart_rate_or_fall", Category.HEALTH, True),
)
_HEART = (
    StatusBit(21, "fall", Category.ALARM, True),
    StatusBit(22, "abnormal_heart_rate", Category.HEALTH, True),
)
_FALL_22 = (StatusBit(22, "fall", Category.ALARM, True),)
_REST = (
    StatusBit(23, "powered_off", Category.ALARM, True),
    StatusBit(24, "heart_rate_drop", Category.HEALTH, True),
    StatusBit(25, "vehicle_start", Category.ALARM, True),
    StatusBit(26, "temperature_low", Category.HEALTH, True),
    StatusBit(27, "temperature_high", Category.HEALTH, True),
    StatusBit(28, "imsi_changed", Category.SIM_ID, True),
    StatusBit(codes.STATUS_UNKNOWN_ALARM.bit_length() - 1, "unknown", Category.ALARM, True),
)

STATUS_BITS = {
    None: (*_STATES, *_ALARMS, *_FALL, *_REST),
    "WATCH4P": (*_STATES, *_ALARMS, *_HEART, *_REST),
    "REACHFAR": (*_STATES, *_ALARMS, *_FALL_22, *_REST),
}
"""By vendor profile: what a family is to a tracker.  The last bit is none of the wire: an alarm
message without any alarm that is kept."""
