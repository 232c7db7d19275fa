"""Calls and text: whom a watch calls, who calls it, and what was written.

CALLLOG number, name, kind, flag, time, seconds.  SMS date, time, number, nothing, text: a text that
the watch passes on; the bare word is the echo of the command to send one.  MESSAGE and TAKEPILLS
bring a text to the watch.  Text is UTF-16 in hexadecimal.  The rest is about video calls, by user
and IMEI, and each vendor wants another answer.
Source: the vendor's server protocol; firmware and server texts.
"""

from __future__ import annotations

from gpsproto.category import Category
from gpsproto.codecs.watch.contacts import ENTRY, NUMBER
from gpsproto.codecs.watch.message import Item, Kind, Message

CALL = Item("call_detail", Category.CONTACT, "kind, flag, time and seconds of a call")
PARTY = Item("call_party", Category.THIRD_PARTY_ID, "user and IMEI of a video call")
TEXT = Item("message_text", Category.MESSAGE, "what was written")
TEXT_TIME = Item("message_time", Category.MESSAGE, "date and time of day")

_VIDEO = ("UPGVUL", "UPVCALLAPP", "DOWNVCWW", "UPWATCHHANGUP", "DOWNAPPHANGUP")

MESSAGES = (
    Message(
        "CALLLOG", Kind.CALL, "a call that was made", (NUMBER, ENTRY), CALL, answer="{word}"
    ),
    *(Message(word, Kind.CALL, "video call of one vendor", rest=PARTY) for word in _VIDEO),
    Message("CALL", Kind.CALL, "echo: calls a number", rest=NUMBER),
    Message("MONITOR", Kind.CALL, "echo: calls a number without a sign, to listen", rest=NUMBER),
    Message(
        "SMS", Kind.TEXT, "a text that came by SMS", (TEXT_TIME, TEXT_TIME, NUMBER), TEXT,
        answer="{word}", receipt=True,
    ),
    Message("MESSAGE", Kind.TEXT, "echo: shows a text", rest=TEXT),
    Message("TAKEPILLS", Kind.TEXT, "echo: reminds of a medicine", rest=TEXT),
    Message("FLOWER", Kind.TEXT, "echo: gives a reward", rest=TEXT),
)  # fmt: skip
