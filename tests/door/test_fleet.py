"""A mixed fleet: each device's elements by the meaning of its own family."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto import Balance, ErrorCode, FleetError, PseudonymKey, catalog
from gpsproto.build import Record, login, tcp_frame, udp_packet
from gpsproto.checksum import crc16
from gpsproto.pipeline import BATCH_RECORDS
from tests.strategies import record_lists

IMEIS = ("001010000000016", "001010000000024", "001010000000032")
PRESSURE = Record(1_750_000_000_000, elements=[(50, 1, 90)])


def subjects(key: PseudonymKey) -> list[str]:
    data = b"".join(login(imei) + tcp_frame(8, [PRESSURE]) for imei in IMEIS)
    (batch,) = gpsproto.decode(data, key=key)
    return batch.column("subject").values.tolist()  # type: ignore[no-any-return]


def by_subject(data: bytes, **options: Any) -> dict[str, list[dict[str, Any]]]:
    balance = Balance()
    found: dict[str, list[dict[str, Any]]] = {}
    for batch in gpsproto.decode(data, balance=balance, **options):
        for row in batch.rows():
            subject = row.pop("subject")
            found.setdefault(subject, []).append({k: v for k, v in row.items() if v is not None})
    assert balance.discrepancies() == []
    return found


@pytest.fixture
def key(tmp_path: Path) -> PseudonymKey:
    return PseudonymKey.new_ephemeral()


def test_a_subjects_family_names_its_elements(key: PseudonymKey) -> None:
    one, other, third = subjects(key)
    data = b"".join(login(imei) + tcp_frame(8, [PRESSURE]) for imei in IMEIS)
    found = by_subject(data, key=key, families={one: "FMB920", other: "FMX6"})
    assert found[one][0]["attributes"] == {"obd_barometric_pressure_kpa": 90.0}
    assert "attributes" in found[third][0]
    assert found[third][0]["attributes"] == {"avl_50": 90.0}
    assert found[other][0].get("attributes") != found[one][0]["attributes"]


def test_who_is_not_listed_is_of_the_family_given(key: PseudonymKey) -> None:
    data = tcp_frame(8, [PRESSURE])
    found = by_subject(data, key=key, family="FMB", families={"unknown_2": "FMX6"})
    assert found["unknown_1"][0]["attributes"] == {"obd_barometric_pressure_kpa": 90.0}
    found = by_subject(data, key=key, family="FMX6", families={"unknown_1": "FMB"})
    assert found["unknown_1"][0]["attributes"] == {"obd_barometric_pressure_kpa": 90.0}


@given(more=st.data())
def test_a_mixed_fleet_comes_out_as_each_family_by_itself(more: st.DataObject) -> None:
    key = PseudonymKey.new_ephemeral()
    named = dict(zip(subjects(key), ("FMB", "FMC650", "TAT"), strict=True))
    turns = more.draw(st.lists(st.tuples(st.sampled_from(IMEIS), record_lists(8)), max_size=6))
    data = b"".join(login(imei) + tcp_frame(8, records) for imei, records in turns)
    size = more.draw(st.sampled_from([255, BATCH_RECORDS]))
    mixed = by_subject(data, key=key, families=named, batch_records=size)
    for subject, family in named.items():
        alone = by_subject(data, key=key, family=family).get(subject)
        assert _held(mixed.get(subject)) == _held(alone)


def _held(rows: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    # whether a column is there at all hangs on the others of the batch
    return [{k: v for k, v in row.items() if v not in (None, [])} for row in rows or []]


def test_packets_of_devices_in_turn_are_told_apart(key: PseudonymKey) -> None:
    one, other, _ = subjects(key)
    packets = [
        udp_packet(8, [Record(1_750_000_000_000 + n, elements=[(50, 1, n)])], imei)
        for n in range(40)
        for imei in IMEIS[:2]
    ]
    found = by_subject(
        b"".join(packets), key=key, families={one: "FMB", other: "FMX6"}, input_format="datagrams"
    )
    assert [row["attributes"] for row in found[one]] == [
        {"obd_barometric_pressure_kpa": float(n)} for n in range(40)
    ]
    assert len(found[other]) == 40


@pytest.mark.parametrize("families", [None, {"unknown_1": "FMB"}])
@pytest.mark.parametrize("codec", [0x08, 0x8E])
def test_what_was_counted_before_a_refused_frame_stays_counted(
    codec: int, families: dict[str, str] | None
) -> None:
    good = [Record(1_750_000_000_000, elements=[(66, 2, n)]) for n in range(100)]
    whole = tcp_frame(codec, good)
    body = bytearray(whole[8:-4])
    body[29 if codec == 0x8E else 27] ^= 2  # the first record's total
    refused = whole[:8] + bytes(body) + crc16(bytes(body)).to_bytes(4, "big")
    for last in (refused, refused + refused, b""):
        balance = Balance()
        sizes = [
            len(batch)
            for batch in gpsproto.decode(
                whole * 5 + last, batch_records=255, balance=balance, families=families
            )
        ]
        assert sum(sizes) == balance.records == 500
        assert 0 not in sizes
        assert balance.discrepancies() == []


def test_no_batch_is_empty_where_a_frame_needs_more_room() -> None:
    large = Record(1, elements=[(id, 1, 1) for id in range(1_000, 1_250)])
    data = login(IMEIS[0]) + tcp_frame(0x8E, [large] * 9)
    assert [len(batch) for batch in gpsproto.decode(data, batch_records=255)] == [9]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("dev_x = 5\n", ErrorCode.FLEET_BAD_FAMILY),
        ('dev_x = "FMB"\ndev_y = "356307042441013"\n', ErrorCode.FLEET_BAD_FAMILY),
        ("dev_x FMB\n", ErrorCode.FLEET_NOT_TOML),
        (b"\xff\xfe", ErrorCode.FLEET_NOT_TOML),
        ("a = " + "[" * 5_000, ErrorCode.FLEET_NOT_TOML),
        ("a = " + "9" * 5_000, ErrorCode.FLEET_NOT_TOML),
        (None, ErrorCode.FLEET_UNREADABLE),
    ],
)
def test_a_family_file_that_says_nothing_is_refused_by_code(
    tmp_path: Path, text: str | bytes | None, code: ErrorCode
) -> None:
    path = tmp_path / "fleet.toml"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(FleetError) as caught:
        catalog.load_fleet(path)
    assert caught.value.code is code
    assert "356307" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_family_file_names_keys_and_models(tmp_path: Path) -> None:
    path = tmp_path / "fleet.toml"
    path.write_text('unknown_1 = "fmb"\n"dev_x" = "FMC650"\n')
    assert dict(catalog.load_fleet(path)) == {"unknown_1": "FMB", "dev_x": "FMC650"}
