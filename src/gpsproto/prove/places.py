"""The leak surface: which kind of canary goes where, by the rows of the specification.

The pairs of ``ELEMENTS`` are said here once more, and not taken from the catalog: an identifier that
is put into a wrong category there would else be hunted no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gpsproto import catalog
from gpsproto.category import Category
from gpsproto.privacy.policy import Policy
from gpsproto.prove.canaries import lengths
from gpsproto.prove.templates import Place

Filling = tuple[str, str]
"""A kind of canary and the form that it is planted in."""

_Pairs = tuple[tuple[int, int], ...]


def _pairs(width: int, *ids: int | range) -> _Pairs:
    return tuple((id, width) for one in ids for id in (one if isinstance(one, range) else (one,)))


ELEMENTS: Mapping[str, tuple[Category, _Pairs]] = {
    "L13": (Category.SIM_ID, _pairs(8, 11, 14, 219, 220, 221)),
    "L14": (Category.SIM_ID, _pairs(8, 218)),
    "L15": (Category.DRIVER_ID, _pairs(8, 78, 8, 207, 217, range(451, 455))),
    "L16": (
        Category.PERSON_NAME,
        (
            *_pairs(8, range(195, 199), range(147, 151)), *_pairs(36, range(10518, 10522)),
            *_pairs(35, 403), *_pairs(10, 11708, 12931), *_pairs(0, 12001),
        ),
    ),
    "L17": (Category.DRIVER_ID, (*_pairs(8, 222, 223), *_pairs(0, 404, 406, 407, 408))),
    "L18": (
        Category.VEHICLE_ID,
        (*_pairs(17, 256, 325, 528), *_pairs(8, 233, 234), *_pairs(0, 12002)),
    ),
    "L19": (
        Category.VEHICLE_ID,
        (*_pairs(8, 231, 232), *_pairs(40, 501), *_pairs(0, 264, 339, 10356, 10357)),
    ),
    "L20": (
        Category.DEVICE_ID, _pairs(8, 101, 388, 529, 13, range(62, 66), 71, 76, 77, 79, 5, 7)
    ),
    "L21": (Category.DEVICE_ID, (*_pairs(8, 238), *_pairs(4, 854), *_pairs(12, 891))),
    "L22": (
        Category.THIRD_PARTY_ID,
        _pairs(0, 385, 548, 585, 10500, 10828, 10829, 10831, 11317, range(331, 335),
               range(463, 479)),
    ),
    "L23": (Category.THIRD_PARTY_ID, (*_pairs(12, 875), *_pairs(32, 876))),
    # a text is never kept, where a place is kept either
    "L25": (Category.LOCATION, (*_pairs(34, 387), *_pairs(16, 667), *_pairs(0, 257))),
    "L29": (Category.OPAQUE, _pairs(0, 177, 10611, 10612)),
    "L31": (Category.PHOTO, _pairs(8, 244)),
}  # fmt: skip
"""Identifiers of the public lists that no policy keeps: by row, what they are, and (id, width)."""

ROWS = {
    Category.SIM_ID: "L13", Category.DRIVER_ID: "L15", Category.PERSON_NAME: "L16",
    Category.VEHICLE_ID: "L18", Category.DEVICE_ID: "L20", Category.THIRD_PARTY_ID: "L22",
    Category.NET_LOCATION: "L24", Category.ROAMING: "L24", Category.LOCATION: "L25",
    Category.ZONE: "L25", Category.HEALTH: "L26", Category.BEHAVIOUR: "L26",
    Category.COUNTER: "L27", Category.OPAQUE: "L29", Category.PRIVATE_MODE: "L30",
    Category.PHOTO: "L31", Category.VEHICLE_TECH: "L28",
}  # fmt: skip
"""The row of what is in no list, by its category; the rest is L32, what is denied by default."""

_EIGHT: Mapping[Category, tuple[Filling, ...]] = {
    Category.SIM_ID: (("iccid", "last ten as u64"), ("imsi", "u64")),
    Category.DRIVER_ID: (
        ("ibutton", "u64"), ("ibutton", "u64 reversed"), ("driver_card", "block 0"),
        ("driver_card", "block 1"),
    ),
    Category.VEHICLE_ID: (
        ("vehicle_number", "block 0"), ("vehicle_number", "block 1"), ("plate", "block 0")
    ),
    Category.PERSON_NAME: (("person_name", "block 0"),),
    Category.DEVICE_ID: (
        ("imei", "u64"), ("bluetooth_mac", "u64"), ("imei", "bcd"), ("watch_id", "u64")
    ),
    Category.THIRD_PARTY_ID: (
        ("other_imei", "u64"), ("bssid", "u64"), ("beacon_name", "block 0"), ("friend_id", "u64")
    ),
    Category.SECRET: (("password", "block 0"),),
    Category.CONTACT: (("phone", "u64"), ("phone", "bcd")),
    Category.MESSAGE: (("message", "block 0"),),
    Category.NETWORK_ADDR: (("address", "block 0"),),
    Category.ACCOUNT_REF: (("account", "block 0"),),
    Category.NET_LOCATION: (("cell_id", "u64"), ("lac", "u64")),
    Category.LOCATION: (("latitude", "u64"), ("longitude", "u64")),
}  # fmt: skip
_FOUR: Mapping[Category, tuple[Filling, ...]] = {
    Category.DEVICE_ID: (("watch_id", "u32"),),
    Category.THIRD_PARTY_ID: (("friend_id", "u32"),),
    Category.NET_LOCATION: (("cell_id", "u32"), ("lac", "u32")),
    Category.LOCATION: (("latitude", "u32"), ("longitude", "u32")),
}
_LONG: Mapping[Category, tuple[Filling, ...]] = {
    Category.SIM_ID: (("iccid", "ascii"), ("imsi", "ascii"), ("imsi", "bcd")),
    Category.DRIVER_ID: (("driver_card", "ascii"), ("ibutton", "ascii"), ("driver_card", "hex")),
    Category.VEHICLE_ID: (("vehicle_number", "ascii"), ("plate", "dashed"), ("plate", "ascii")),
    Category.PERSON_NAME: (("person_name", "ascii"), ("person_name", "utf-16be")),
    Category.DEVICE_ID: (
        ("imei", "ascii"), ("bluetooth_mac", "mac"), ("bluetooth_mac", "HEX"), ("imei", "hex")
    ),
    Category.THIRD_PARTY_ID: (
        ("beacon_uuid", "ascii"), ("beacon_name", "ascii"), ("bssid", "ascii"),
        ("other_imei", "ascii"), ("other_imei", "bcd"), ("other_imei", "hex of hex"),
    ),
    Category.OPAQUE: (("password", "ascii"), ("message", "ascii"), ("phone", "plus")),
    Category.PHOTO: (("photo", "ascii"),),
    Category.LOCATION: (("latitude", "degrees"), ("longitude", "degrees")),
    Category.NET_LOCATION: (("cell_id", "ascii"), ("ssid", "ascii")),
}  # fmt: skip
_ANY_EIGHT: tuple[Filling, ...] = (("counter", "u64"), ("imei", "u64"), ("message", "block 0"))
_ANY_FOUR: tuple[Filling, ...] = (("counter", "u32"),)
_ANY_LONG: tuple[Filling, ...] = (
    ("imei", "ascii"), ("person_name", "utf-16be"), ("message", "ascii"), ("voice", "ascii"),
)  # fmt: skip


def filling(category: Category | None, id: int, width: int) -> Filling | None:
    """What goes into an element of a category; None where it has too few bytes for a canary."""
    if width == 4:
        fit = _FOUR.get(category, _ANY_FOUR) if category else _ANY_FOUR
    elif width == 8:
        fit = _EIGHT.get(category, _ANY_EIGHT) if category else _ANY_EIGHT
    elif width in (1, 2):
        return None
    else:
        fit = _LONG.get(category, _ANY_LONG) if category else _ANY_LONG
        fit = tuple(one for one in fit if not width or lengths(*one) <= width) or tuple(
            one for one in (("person_name", "ascii"),) if lengths(*one) <= width
        )
    return fit[id % len(fit)] if fit else None


def planted(policy: Policy) -> Iterator[tuple[int, int, Category | None, str]]:
    """Elements of trackers that may not leave: (id, width, category, row), each once."""
    facts = catalog.load()
    seen: set[tuple[int, int]] = set()
    for row, (category, pairs) in ELEMENTS.items():
        for id, width in pairs:
            seen.add((id, width))
            yield id, width, category, row
    for id, width in facts.pairs():
        if (id, width) in seen or width in (1, 2):
            continue
        may_be = facts.categories(id, width, None)
        hidden = [one for one in may_be if not leaves_exactly(policy, one)]
        # what private mode clears is planted where it is in force
        if hidden and may_be:
            seen.add((id, width))
            category = min(hidden, key=lambda one: (one not in ROWS, one))
            yield id, width, category, ROWS.get(category, "L32")
    # known ids at a width that nobody knows, and ids that nobody knows
    for id in (1, 21, 66, 181, 239, 240):
        for width in (4, 8):
            if (id, width) not in seen and not facts.categories(id, width, None):
                yield id, width, None, "L32"
    for id in (60_001, 61_113, 64_999):
        for width in (4, 8, 0):
            yield id, width, None, "L32"


def leaves_exactly(policy: Policy, category: Category) -> bool:
    """Whether values of a category leave as they came, so that a canary would too."""
    rule = policy.rule(category)
    return rule is not None and rule.action == "keep"


def place_of(id: int, width: int, row: str) -> Place:
    """The place that an element is."""
    return Place(f"teltonika:{id}@{width or 'var'}", row)
