"""Wi-Fi: networks that a watch sees and knows, with their passwords; nothing of it is ever read.

WIFISEARCH count, (name, address)...; WIFICUR and WIFIDEL name, address; WIFISET name, password;
WIFIINFOUP name, password, name.  A name may hold commas, so where a password may follow, every
argument is one.
Source: the vendor's server protocol.
"""

from __future__ import annotations

from gpsproto.category import Category
from gpsproto.codecs.watch.message import OTHER, Item, Kind, Message
from gpsproto.codecs.watch.positions import WIFI_NAME, WIFI_OTHER

WIFI_PASSWORD = Item("wifi_password", Category.SECRET, "of a Wi-Fi network, with its name")

MESSAGES = (
    Message(
        "WIFISEARCH", Kind.CONFIGURATION, "networks around", (WIFI_OTHER,), WIFI_NAME
    ),
    Message("WIFICUR", Kind.CONFIGURATION, "the network that it is in", rest=WIFI_NAME),
    Message("WIFIDEL", Kind.CONFIGURATION, "echo: forgets a network", rest=WIFI_NAME),
    Message("WIFISET", Kind.CONFIGURATION, "echo: sets a network", rest=WIFI_PASSWORD),
    Message("WIFIFENCE", Kind.CONFIGURATION, "echo: sets a fence by a network", rest=WIFI_NAME),
    Message(
        "WIFIINFOUP", Kind.CONFIGURATION, "a network that it was given", rest=WIFI_PASSWORD,
        answer="{word},1",
    ),
    Message("WIFI_SYNC", Kind.CONFIGURATION, "of one vendor", rest=OTHER),
)  # fmt: skip
