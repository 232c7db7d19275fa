"""Identity: the numbers of the SIM and of the watch.

ICCID iccid, imei, imsi or operator; CCID iccid; RYIMEI imei.  A watch sends them before its first
LK and again every few seconds until they are answered.
Source: the vendor's server protocol; server texts.  ``ICCID2,1`` is the answer of the server that
names ICCID1; the vendor answers ICCID with its own word.
"""

from __future__ import annotations

from gpsproto.category import Category
from gpsproto.codecs.watch.message import OTHER, Item, Kind, Message

ICCID = Item("iccid", Category.SIM_ID, "number of the SIM card")
IMSI = Item("imsi", Category.SIM_ID, "number of the subscriber, or the name of the operator")
IMEI = Item("imei", Category.DEVICE_ID, "number of the watch, or the ten digits of it that it uses")

MESSAGES = (
    Message(
        "ICCID", Kind.IDENTITY, "SIM card and watch", (ICCID, IMEI, IMSI), OTHER, answer="{word}"
    ),
    Message(
        "ICCID1", Kind.IDENTITY, "SIM card and watch", (ICCID, IMEI, IMSI), OTHER, answer="ICCID2,1"
    ),
    Message("CCID", Kind.IDENTITY, "SIM card", (ICCID,), OTHER, answer="{word}"),
    Message("RYIMEI", Kind.IDENTITY, "watch", (IMEI,), OTHER, answer="{word}"),
)
