"""Contacts: who may be called and who may call, as echoes of what was commanded.

Names are UTF-16 in hexadecimal.  PHB and PHB2 have the number before the name, PHBX and PHBX2
behind it, and a portrait: so each argument counts as a name, which is the stricter.
The requests (PHLQ, PHBQ, SOSQ, APPCONTACTTEL) want a list that only the platform has.
Source: the vendor's server protocol; firmware and server texts.
"""

from __future__ import annotations

from gpsproto.category import Category
from gpsproto.codecs.watch.message import OTHER, RESULT, Item, Kind, Message

NUMBER = Item("contact_number", Category.CONTACT, "phone number")
ENTRY = Item("contact_entry", Category.PERSON_NAME, "name, number, relation, portrait")
SLOT = Item("contact_slot", Category.CONTACT, "place in the phone book")

_NUMBERS = {
    "CENTER": "sets the number of the owner",
    "SLAVE": "sets the second number of the owner",
    "SOS": "sets the SOS numbers",
    "SOS1": "sets an SOS number",
    "SOS2": "sets an SOS number",
    "SOS3": "sets an SOS number",
    "WHITELIST1": "sets who may call",
    "WHITELIST2": "sets who may call",
    "ACALL": "sets whom it answers by itself",
}
_ENTRIES = {
    "PHB": "sets the phone book",
    "PHB2": "sets the phone book",
    "PHL": "sets the phone book",
    "PHBX": "sets a contact",
    "PHBX2": "sets a contact",
}
_REQUESTS = {
    "PHLQ": "asks for the phone book",
    "PHBQ": "asks for the phone book",
    "SOSQ": "asks for the SOS numbers",
}

MESSAGES = (
    *(Message(word, Kind.CONTACTS, f"echo: {meaning}", rest=NUMBER)
      for word, meaning in _NUMBERS.items()),
    *(Message(word, Kind.CONTACTS, f"echo: {meaning}", rest=ENTRY)
      for word, meaning in _ENTRIES.items()),
    *(Message(word, Kind.CONTACTS, meaning, rest=NUMBER) for word, meaning in _REQUESTS.items()),
    Message("DPHBX", Kind.CONTACTS, "echo: takes a contact away", rest=SLOT),
    Message("DEVREFUSEPHONESWITCH", Kind.CONTACTS, "echo: refuses strangers", (RESULT,), OTHER),
    Message(
        "APPCONTACTTEL", Kind.CONTACTS, "asks for a number", rest=NUMBER, answer="appcontacttel,0"
    ),
    Message("MEMBERS", Kind.CONTACTS, "of one vendor", rest=OTHER),
)  # fmt: skip
