"""Voice and pictures: counted, never unescaped and never materialised.

TK voice, or file, part, total, voice; TK2 the same again, or friend, voice; JXTK kind, file, part,
total, voice; img kind, time, picture.  ``TK,1`` and ``TK,0`` are the watch's receipt for a voice
message that was sent to it.  TKQ and TKQ2 ask for voice that waits.
Source: the vendor's server protocol; server texts.
"""

from __future__ import annotations

from gpsproto.category import Category
from gpsproto.codecs.watch.message import OTHER, Item, Kind, Message

VOICE = Item("voice_data", Category.VOICE, "AMR, escaped")
PART = Item("voice_part", Category.VOICE, "kind and name of a recording, number of a part")
FRIEND_OR_VOICE = Item("voice_friend", Category.THIRD_PARTY_ID, "a friend's watch, or voice")
PICTURE = Item("picture_data", Category.PHOTO, "JPEG, escaped")
PICTURE_KIND = Item("picture_kind", Category.PHOTO, "5 = asked for from afar")
PICTURE_TIME = Item("picture_time", Category.PHOTO, "YYMMDDhhmmss of the watch, zone not known")

_ECHOES = {
    "rcapture": "asks for a picture", "SHOOT": "asks for a picture", "wdimgq": "asks for a picture"
}  # fmt: skip

MESSAGES = (
    Message(
        "TK", Kind.VOICE, "voice message", rest=VOICE, answer="{word},1", receipt=True
    ),
    Message(
        "TK2", Kind.VOICE, "voice message, again or to a friend", (FRIEND_OR_VOICE,), VOICE,
        answer="{word},1", receipt=True,
    ),
    Message(
        "JXTK", Kind.VOICE, "part of a voice message", (PART, PART, PART, PART), VOICE,
        answer="JXTKR,1",
    ),
    Message("TKQ", Kind.VOICE, "asks for voice that waits", rest=OTHER, answer="{word}"),
    Message("TKQ2", Kind.VOICE, "asks for voice of friends", rest=OTHER, answer="{word}"),
    Message("VOICE", Kind.VOICE, "of one vendor", rest=OTHER),
    Message("TALK", Kind.VOICE, "of one vendor", rest=OTHER),
    Message("img", Kind.PICTURE, "picture", (PICTURE_KIND, PICTURE_TIME), PICTURE),
    *(Message(word, Kind.PICTURE, f"echo: {meaning}", rest=PICTURE)
      for word, meaning in _ECHOES.items()),
)  # fmt: skip
