"""The declarations of the watch protocol: what stands in its sheet is declared, and strictly."""

from __future__ import annotations

import re
from typing import Any

import pytest

from gpsproto import catalog
from gpsproto.catalog.units import unit
from gpsproto.category import FLOOR, IDENTITIES, STRICTNESS, Category
from gpsproto.codecs import watch
from gpsproto.codecs.watch import checked, distinct, positions
from gpsproto.codecs.watch.message import KIND_CATEGORIES, OTHER, Item, Kind, Message
from tests.unit import lock

pytestmark = pytest.mark.once

KNOWN = {message.word.upper(): message for message in watch.messages()}

SENT = """
LK UD UD2 UD3 UD_LTE UD_WCDMA UD_TDSCDMA UD_CDMA UD_CDMA2 UD2_LTE UD_GPS UP UP2 AL AL_LTE AL_WCDMA
AL_TDSCDMA AL_CDMA ALARM ALCUSTOMER1 WAD WG WT WT_LTE WT_FUTR PP PPQ PPR KA DD
INIT CONFIG ICCID ICCID1 CCID RYIMEI TS VERNO APPANDFNREPORT SMSREMINDSTATUSINFO DEVICEFUNCCOUNT
GETFACEOPEN DSSYNCUP eicard COST2 MFD FDL APPCONTACTTEL appcontacttel FFZDPAYH5 TIME Time LGZONE
ZONE PING PHLQ PHBQ SOSQ REMINDQ SCHEDULEQ DLT WIFISEARCH WIFISET WIFIDEL WIFICUR WIFIINFOUP
WIFI_SYNC VOICE EASE MEMBERS TALK CID
TK TK2 JXTK TKQ TKQ2 img CALLLOG calllog SMS UPGVUL UPVCALLAPP DOWNVCWW UPWATCHHANGUP DOWNAPPHANGUP
PULSE heart HEART HR BLOOD blood bphrt BPHRT oxygen TEMP btemp2
"""
"""Every word of the tables of what a watch sends."""

ECHOED = """
CR UPLOAD LZ IP APN apn VERNO TS RESET POWEROFF FACTORY APPLOCK LOWBAT SOSSMS REMOVE REMOVESMS PEDO
FALLDOWN LSSET ANY BT gprsgps WORK WORK2 WORKTIME WORKMODE UPGRADE URL BOOTOFF SPOF HSW MOD FON
SEDENTARY SMSONOFF FTPIP FTPPWD PIC WIFISEARCH WIFISET WIFIDEL WIFICUR WIFIFENCE
CENTER SLAVE SOS SOS1 SOS2 SOS3 PHB PHB2 PHL PHBX PHBX2 DPHBX WHITELIST1 WHITELIST2 ACALL
DEVREFUSEPHONESWITCH CALL MONITOR SMS MESSAGE TK rcapture SHOOT wdimgq PW PPR
REMIND REMIND2 SILENCETIME SILENCETIME2 WALKTIME SLEEPTIME SCHEDULE FIND FLOWER profile PULSE
hrtstart HEALTHAUTOSET bodytemp bodytemp2 BTWARNSET BTTIMESET TAKEPILLS WDSTART LOCATION REJECT
"""
"""Every word of the tables of commands, which a watch echoes."""

WORDS = list(dict.fromkeys(f"{SENT}{ECHOED}".split()))

OWED = {
    "LK": "LK", "AL": "AL", "AL_LTE": "AL", "AL_WCDMA": "AL", "ALARM": "AL", "ALCUSTOMER1": "AL",
    "TK": "TK,1", "TK2": "TK2,1", "TKQ": "TKQ", "TKQ2": "TKQ2", "CONFIG": "CONFIG,1",
    "ICCID": "ICCID", "CCID": "CCID", "RYIMEI": "RYIMEI", "INIT": "INIT,1", "JXTK": "JXTKR,1",
    "bphrt": "bphrt", "BPHRT": "BPHRT", "btemp2": "btemp2", "oxygen": "oxygen,1",
    "WIFIINFOUP": "WIFIINFOUP,1", "KA": "KA", "PULSE": "PULSE", "heart": "heart", "HEART": "HEART",
    "HR": "HR", "BLOOD": "BLOOD", "blood": "blood", "TEMP": "TEMP", "GETFACEOPEN": "GETFACEOPEN,0",
    "DSSYNCUP": "DSSYNCUP,1", "appcontacttel": "appcontacttel,0", "LGZONE": "LGZONE",
    "ZONE": "ZONE", "PING": "PING", "DLT": "DLT", "calllog": "calllog", "SMS": "SMS",
    "APPANDFNREPORT": "APPANDFNREPORT", "SMSREMINDSTATUSINFO": "SMSREMINDSTATUSINFO",
    "DEVICEFUNCCOUNT": "DEVICEFUNCCOUNT", "eicard": "eicard", "COST2": "COST2", "MFD": "MFD",
    "FDL": "FDL", "ICCID1": "ICCID2,1", "AL_TDSCDMA": "AL", "AL_CDMA": "AL",
    "APPCONTACTTEL": "appcontacttel,0", "CALLLOG": "CALLLOG",
}  # fmt: skip
"""What is owed by the sheet, by the word as it was sent; for the rest of ``SENT`` nothing is."""


def found(word: str) -> Message | None:
    """The message of a word, as it is matched."""
    if word.upper() in KNOWN:
        return KNOWN[word.upper()]
    stem = re.sub(r"[0-9]*(_[0-9A-Z]+)?$", "", word.upper())
    message = KNOWN.get(stem)
    return message if message and message.suffixes else None


def known(word: str) -> Message:
    """The message of a word that has one."""
    one = found(word)
    assert one is not None
    return one


def item(**facts: Any) -> Item:
    return Item(**{"name": "level", "category": Category.STATUS, "meaning": "a level", **facts})


def message(word: str, **facts: Any) -> Message:
    return Message(word, Kind.COMMAND, "a word", **facts)


@pytest.mark.parametrize("word", WORDS)
def test_every_word_of_the_sheet_is_declared(word: str) -> None:
    assert found(word)


def test_no_word_is_declared_that_the_sheet_does_not_have() -> None:
    wanted = {one.word for word in WORDS if (one := found(word))}
    assert {one.word for one in watch.messages()} == wanted


@pytest.mark.parametrize("word", ["TKS", "MOVE", "8800000015", "UDX", "AL_", "LK2", ""])
def test_another_word_is_unknown(word: str) -> None:
    assert found(word) is None


@pytest.mark.parametrize(("word", "answer"), OWED.items())
def test_what_is_owed_is_what_the_sheet_says(word: str, answer: str) -> None:
    declared = known(word).answer
    assert declared is not None
    assert declared.replace("{word}", word) == answer


@pytest.mark.parametrize("word", [word for word in WORDS if word not in OWED])
def test_nothing_is_owed_for_another_word(word: str) -> None:
    assert known(word).answer is None


@pytest.mark.parametrize("word", ECHOED.split())
def test_nothing_is_owed_for_the_echo_of_a_command(word: str) -> None:
    """Else both sides would answer each other for ever."""
    one = known(word)
    assert one.answer is None or one.receipt


def test_only_a_sign_of_life_is_owed_at_once() -> None:
    at_once = {one.word for one in watch.messages() if one.at_once}
    assert at_once == {"LK", "KA", "PING"}
    assert all(KNOWN[word].answer for word in at_once)


def test_the_messages_with_a_position_payload() -> None:
    positions = {one.word for one in watch.messages() if one.position}
    assert positions == {"UD", "UP", "AL", "ALARM", "ALCUSTOMER", "WT", "WAD", "WG", "PP"}


def test_messages_are_sorted_and_no_two_words_differ_by_case_only() -> None:
    words = [one.word.upper() for one in watch.messages()]
    assert words == sorted(set(words))


def test_a_word_is_declared_once() -> None:
    with pytest.raises(ValueError, match="the word lk is declared twice"):
        checked([message("LK"), message("lk")])


def test_no_word_is_another_with_a_suffix() -> None:
    with pytest.raises(ValueError, match="the word UD2_LTE is UD with a suffix"):
        checked([message("UD", suffixes=True), message("UD2_LTE")])
    assert checked([message("UD2"), message("UD")])


def test_a_name_is_one_thing() -> None:
    with pytest.raises(ValueError, match="the field level is declared twice"):
        distinct([item(), item(category=Category.HEALTH)])
    assert distinct([item(), item()]) == (item(),)


def test_fields_are_sorted_and_hold_those_of_the_payload() -> None:
    names = [one.name for one in watch.items()]
    assert names == sorted(set(names))
    assert {*positions.PAYLOAD} <= {*watch.items()}
    assert {one for message in watch.messages() for one in message.fields} <= {*watch.items()}


def test_what_may_not_leave_in_clear_is_never_a_number() -> None:
    strict = [one for one in watch.items() if one.category in FLOOR | IDENTITIES]
    assert strict
    assert not [one for one in strict if one.width]
    for category in FLOOR | IDENTITIES:
        with pytest.raises(ValueError, match="is text"):
            item(category=category, width=4, most=9)


def test_a_number_has_a_unit_in_its_name_or_is_a_count_or_a_code() -> None:
    plain = {
        "body_temperature_mode", "cell_cid", "cell_lac", "cell_mcc", "cell_mnc",
        "education_function", "gps_count", "language_code", "net_count", "oxygen_mode",
        "pill_function", "remote_camera_function", "ring_profile", "rolls", "satellites", "sex",
        "steps",
    }  # fmt: skip
    assert {one.name for one in watch.items() if one.width and not unit(one.name)} == plain
    assert not [one for one in watch.items() if one.digits and not unit(one.name)]


def test_text_has_neither_range_nor_decimals() -> None:
    for one in watch.items():
        if not one.width:
            assert one == Item(one.name, one.category, one.meaning)


def test_a_field_of_the_catalog_has_the_category_that_it_has_there() -> None:
    known = {one.name: one.category for one in catalog.load().meanings}
    shared = [one for one in watch.items() if one.name in known]
    assert {"battery_percent", "signal_percent", "imei"} <= {one.name for one in shared}
    assert not [one for one in shared if one.category is not known[one.name]]


@pytest.mark.parametrize(
    ("word", "category"),
    [
        ("TK", Category.VOICE), ("JXTK", Category.VOICE), ("img", Category.PHOTO),
        ("MESSAGE", Category.MESSAGE), ("SMS", Category.MESSAGE), ("TAKEPILLS", Category.MESSAGE),
        ("FLOWER", Category.MESSAGE), ("CENTER", Category.CONTACT), ("SOS1", Category.CONTACT),
        ("CALL", Category.CONTACT), ("MONITOR", Category.CONTACT), ("ACALL", Category.CONTACT),
        ("WHITELIST1", Category.CONTACT), ("PHB", Category.PERSON_NAME),
        ("PHB2", Category.PERSON_NAME), ("PHBX", Category.PERSON_NAME),
        ("PHBX2", Category.PERSON_NAME), ("PW", Category.SECRET), ("APN", Category.SECRET),
        ("FTPPWD", Category.SECRET), ("WIFISET", Category.SECRET), ("WIFIINFOUP", Category.SECRET),
        ("WIFISEARCH", Category.THIRD_PARTY_ID), ("WIFICUR", Category.THIRD_PARTY_ID),
        ("PPR", Category.THIRD_PARTY_ID), ("CCID", Category.OPAQUE), ("REMIND", Category.BEHAVIOUR),
        ("SLEEPTIME", Category.BEHAVIOUR), ("TK2", Category.VOICE), ("INIT", Category.OPAQUE),
    ],
)  # fmt: skip
def test_what_stands_behind_the_known_arguments_is_strict(word: str, category: Category) -> None:
    rest = known(word).rest
    assert rest is not None
    assert rest.category is category


@pytest.mark.parametrize(
    ("word", "categories"),
    [
        ("ICCID", ["sim_id", "device_id", "sim_id"]), ("CCID", ["sim_id"]),
        ("RYIMEI", ["device_id"]), ("bphrt", ["health"] * 7), ("oxygen", ["health"] * 2),
        ("LK", [*["activity"] * 2, "status", *["activity"] * 2, "status"]),
        ("CALLLOG", ["contact", "person_name"]), ("SMS", ["message", "message", "contact"]),
        ("TK2", ["third_party_id"]),
    ],
)  # fmt: skip
def test_arguments_have_the_categories_of_the_sheet(word: str, categories: list[str]) -> None:
    assert [argument.category.value for argument in known(word).items] == categories


@pytest.mark.parametrize("word", ["CONFIG", "TS"])
def test_a_key_that_is_not_listed_is_opaque(word: str) -> None:
    assert known(word).keys
    assert known(word).rest == OTHER


@pytest.mark.parametrize(
    ("key", "category"),
    [
        ("ID", "device_id"),
        ("imei", "device_id"),
        ("pw", "secret"),
        ("center", "contact"),
        ("sos3", "contact"),
        ("ip_url", "network_addr"),
        ("zone", "net_location"),
        ("bat level", "status"),
        ("ver", "product"),
    ],
)
def test_the_keys_of_a_state_report_have_strict_categories(key: str, category: str) -> None:
    assert known("TS").keys[key].category.value == category


def test_a_kind_is_as_strict_as_the_least_of_its_numbers() -> None:
    """A row of such a message must not say more than the fields that bring it about."""
    for one in watch.messages():
        says = KIND_CATEGORIES.get(one.kind)
        numbers = [field for field in one.fields if field.width]
        if numbers and not one.position:
            mildest = max(STRICTNESS[field.category] for field in numbers)
            assert says is None or STRICTNESS[says] >= mildest, one


@pytest.mark.parametrize("wrong", ["", "A" * 25, "A,B", "A]", "Ä", "A B"])
def test_a_word_is_letters_digits_and_underscores(wrong: str) -> None:
    with pytest.raises(ValueError, match="a word has"):
        message(wrong)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"width": 3}, "a cell has"),
        ({"width": 1, "most": 128}, "must fit"),
        ({"width": 1, "digits": 1, "most": 13}, "must fit"),
        ({"core": True}, "no column"),
        ({"width": 2, "least": 5, "most": 4}, "must fit"),
    ],
)
def test_a_field_fits_its_cell(facts: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        item(**facts)


def test_a_field_has_a_category() -> None:
    with pytest.raises(TypeError, match="category"):
        item(category="status")


def test_keys_do_not_differ_by_case_only() -> None:
    with pytest.raises(ValueError, match="case only"):
        message("TS", keys={"ID": item(), "id": item()})


def test_an_answer_begins_with_a_word() -> None:
    with pytest.raises(ValueError, match="begins with a word"):
        message("LK", answer="")
    assert message("LK", answer="{word},1").answer == "{word},1"


def test_fields_and_answers_are_those_of_the_lock_file() -> None:
    assert lock.WATCH_LOCK.read_text("ascii").splitlines() == list(lock.watch_lines()), (
        "a field or an answer of the watch protocol has changed; if it is meant, run: make lock, "
        "and let its diff be reviewed"
    )
