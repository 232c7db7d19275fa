"""Configuration: what a watch says that it is and how it is set.

INIT and CONFIG ``KEY:value,...`` come behind a start and are repeated until they are answered.
TS ``key:value;...`` and VERNO are replies to commands of that name.  Some builds put the IMEI,
phone numbers and the password of the watch among them, so only the keys of the tables are read.
Source: the vendor's server protocol; server texts.
"""

from __future__ import annotations

from gpsproto.category import Category
from gpsproto.codecs.watch.contacts import NUMBER
from gpsproto.codecs.watch.identity import IMEI
from gpsproto.codecs.watch.link import BATTERY
from gpsproto.codecs.watch.message import OTHER, Item, Kind, Message

MODEL = Item("model_text", Category.PRODUCT, "model, chip and system")
FIRMWARE = Item("firmware_text", Category.PRODUCT, "firmware")
UPLOAD = Item(
    "upload_interval_s", Category.STATUS, "between positions while it moves", 4, 0, 2, 10**7, (0, 1)
)
LINK = Item("link_interval_s", Category.STATUS, "between signs of life", 4, 0, 0, 10**7)
LANGUAGE = Item("language_code", Category.STATUS, "0 = en, 1 = zh, 16 = nl ...", 1, 0, 0, 99)
LANGUAGES = Item("language_list", Category.STATUS, "languages that it can be set to")
PROFILE = Item(
    "ring_profile", Category.STATUS,
    "1 = vibrate and ring, 2 = ring, 3 = vibrate, 4 = silent", 1, 0, 1, 4,
)  # fmt: skip
EDUCATION = Item("education_function", Category.STATUS, "whether it has it", 2, 0, 0, 999)
CAMERA = Item("remote_camera_function", Category.STATUS, "whether it has it", 2, 0, 0, 999)
PILLS = Item("pill_function", Category.STATUS, "whether it has it", 2, 0, 0, 999)
GPS = Item("gps_count", Category.STATUS, "the number n of GPS:OK(n) or NO(n)", 2, 0, 0, 999)
NETWORK = Item("net_count", Category.STATUS, "the number n of NET:OK(n) or NO(n)", 2, 0, 0, 999)
SWITCHES = Item("radio_switch", Category.STATUS, "whether Wi-Fi and data are on")
SERVER = Item("server_address", Category.NETWORK_ADDR, "host and port that it calls")
TIME_ZONE = Item("time_zone", Category.NET_LOCATION, "hours from UTC: a coarse place")
PASSWORD = Item("password", Category.SECRET, "of the watch, or of a server")
APPS = Item("app_list", Category.BEHAVIOUR, "apps and functions that it has")

CONFIG_KEYS = {
    "TY": MODEL, "VR": FIRMWARE, "CHIP": MODEL, "OS": MODEL, "UL": UPLOAD, "LG": LANGUAGES,
    "SY": EDUCATION, "CM": CAMERA, "DD": PILLS, "IMEI": IMEI, "ID": IMEI,
}  # fmt: skip
TS_KEYS = {
    "ver": FIRMWARE, "ID": IMEI, "imei": IMEI, "url": SERVER, "ip_url": SERVER, "port": SERVER,
    "upload": UPLOAD, "lk": LINK, "batlevel": BATTERY, "bat level": BATTERY, "language": LANGUAGE,
    "zone": TIME_ZONE, "profile": PROFILE, "GPS": GPS, "NET": NETWORK, "GPRS": NETWORK,
    "wifiOpen": SWITCHES, "wifiConnect": SWITCHES, "gprsOpen": SWITCHES, "center": NUMBER,
    "slave": NUMBER, "sos1": NUMBER, "sos2": NUMBER, "sos3": NUMBER, "pw": PASSWORD,
}  # fmt: skip

_TELEMETRY = ("SMSREMINDSTATUSINFO", "DEVICEFUNCCOUNT", "eicard", "COST2", "MFD", "FDL")

MESSAGES = (
    Message("INIT", Kind.CONFIGURATION, "it has started", rest=OTHER, answer="{word},1"),
    Message(
        "CONFIG", Kind.CONFIGURATION, "what it is and can do", rest=OTHER, keys=CONFIG_KEYS,
        answer="{word},1",
    ),
    Message(
        "TS", Kind.CONFIGURATION, "how it is set", rest=OTHER, keys=TS_KEYS, separator=";"
    ),
    Message("VERNO", Kind.CONFIGURATION, "its firmware", rest=FIRMWARE),
    Message("APPANDFNREPORT", Kind.CONFIGURATION, "its apps", rest=APPS, answer="{word}"),
    *(Message(word, Kind.CONFIGURATION, "of one vendor", rest=OTHER, answer="{word}")
      for word in _TELEMETRY),
    Message("GETFACEOPEN", Kind.CONFIGURATION, "of one vendor", rest=OTHER, answer="{word},0"),
    Message("DSSYNCUP", Kind.CONFIGURATION, "of one vendor", rest=OTHER, answer="{word},1"),
    Message("FFZDPAYH5", Kind.CONFIGURATION, "not known", rest=OTHER),
    Message(
        "LGZONE", Kind.CONFIGURATION, "asks for language and time zone", rest=TIME_ZONE,
        answer="{word}",
    ),
    Message("ZONE", Kind.CONFIGURATION, "asks for the time zone", rest=TIME_ZONE, answer="{word}"),
    Message("DLT", Kind.CONFIGURATION, "it is nobody's any more", rest=OTHER, answer="{word}"),
    Message("EASE", Kind.CONFIGURATION, "of one vendor", rest=OTHER),
    Message("CID", Kind.CONFIGURATION, "of one vendor", rest=OTHER),
)  # fmt: skip
