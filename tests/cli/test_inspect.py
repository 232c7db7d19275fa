"""``gpsproto inspect``: one frame of a dump, byte by byte."""

from __future__ import annotations

import json
import os
import pty
import subprocess

import jsonschema
import pytest

from gpsproto.build import Record, login, tcp_frame, udp_packet
from gpsproto.cli.inspect import PERSONAL, REVEALED
from tests.cli.conftest import ICCID, IMEI, OTHER_IMEI
from tests.conftest import FIXTURES
from tests.view.wired import REFUSAL

pytestmark = pytest.mark.once

BAD = FIXTURES / "malformed" / "bad_crc.hex"
_TEXT = {"type": ["string", "null"]}
_COUNT = {"type": ["integer", "null"]}
SPAN = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        "offset", "size", "name", "hex", "masked", "raw", "value", "unit", "category", "action",
        "decided_by", "right", "wrong", "expected", "note", "children",
    ],
    "properties": {
        "offset": {"type": "integer"}, "size": {"type": "integer", "minimum": 1},
        "name": {"type": "string"}, "hex": _TEXT, "masked": {"type": "boolean"},
        "raw": {"type": ["integer", "string", "null"]}, "value": _TEXT, "unit": _TEXT,
        "category": _TEXT, "action": _TEXT, "decided_by": _TEXT,
        "right": {"type": ["boolean", "null"]}, "wrong": _TEXT, "expected": _TEXT, "note": _TEXT,
        "children": {"type": "array", "items": {"$ref": "#/$defs/span"}},
    },
}  # fmt: skip
SCHEMA = {
    "$defs": {"span": SPAN},
    "type": "object",
    "additionalProperties": False,
    "required": [
        "version", "kind", "frame", "offset", "size", "form", "records", "code", "reason", "at",
        "notes", "revealed", "masked_bytes", "spans", "frames", "frames_rejected", "policy",
        "family",
    ],
    "properties": {
        "version": {"const": 1},
        "kind": {"enum": ["login", "frame", "rejected", "skipped"]},
        "frame": _COUNT, "offset": {"type": "integer"}, "size": {"type": "integer"},
        "form": {"type": "string"}, "records": {"type": "integer"}, "code": _TEXT, "reason": _TEXT,
        "at": _COUNT, "notes": {"type": "array", "items": {"type": "string"}},
        "revealed": {"type": "boolean"}, "masked_bytes": {"type": "integer"},
        "spans": {"type": "array", "items": {"$ref": "#/$defs/span"}},
        "frames": _COUNT, "frames_rejected": _COUNT, "policy": {"type": "string"}, "family": _TEXT,
    },
}  # fmt: skip


def shown(done):
    """The lines of the view, by the field that they are of, blanks taken off."""
    lines = done.out.decode().partition("\n\n")[2].splitlines()
    start = lines[0].index("field")
    return {
        line[start:].split("  ")[0] or line[start:].strip().split("  ")[0]: line for line in lines
    }


def test_a_frame_is_shown_with_every_byte_and_what_it_says(run, dump):
    done = run("inspect", dump)
    assert done.status == 0
    text = done.out.decode()
    assert text.startswith("frame 1 of 2, at offset 17: ")
    assert (
        "TCP frame, Codec 8, 5 records\nit is decoded\npolicy tracking, family not given\n" in text
    )
    assert "EF 01" in text
    assert "239 ignition" in text
    assert "12500 mV" in text
    assert "52.37 degrees" in text
    assert "0B ·· ·· ·· ·· ·· ·· ··" in text


def test_no_identifier_is_shown_and_a_place_is_called_what_it_is(run, dump):
    for more in ((), ("--json",), ("--at", 0), ("--record", 2)):
        done = run("inspect", dump, *more)
        shown = done.out.decode() + done.err
        for secret in (IMEI, IMEI[4:14], *map(str, ICCID), IMEI.encode().hex()):
            assert secret not in shown.replace(" ", "").lower()
    assert PERSONAL in run("inspect", dump).err
    assert run("inspect", dump, "--at", 0).err == ""


def test_reveal_shows_it_and_says_so_on_standard_error(run, dump):
    done = run("inspect", dump, "--at", 0, "--reveal")
    assert IMEI in done.out.decode()
    assert done.err == f"{REVEALED}\n"
    assert str(ICCID[0]) in run("inspect", dump, "--reveal").out.decode()
    assert REVEALED in run("inspect", dump, "--reveal", "--json").err


def test_the_only_refused_frame_is_shown_with_its_reason_and_first_wrong_byte(run, tmp_path, made):
    path = tmp_path / "dump"
    path.write_bytes(made.stream + made.frame[:-1] + b"\0" + made.frame)
    done = run("inspect", path)
    head, _, view = done.out.decode().partition("\n\n")
    assert head.startswith("frame 3 of 4 (1 refused), at offset ")
    assert "\nrejected: bad_crc at byte " in head
    assert "the CRC-16 does not fit the bytes\nwhat to do: gpsproto explain bad_crc\n" in head
    [line] = [one for one in view.splitlines() if "first wrong byte" in one]
    assert "checksum" in line
    assert "WRONG: the CRC-16 does not fit the bytes, should be 0x" in line


def test_the_published_refusal_says_which_checksum_it_should_have(run, tmp_path):
    (tmp_path / "frame.txt").write_text(REFUSAL.hex())
    done = run("inspect", tmp_path / "frame.txt")
    assert done.status == 0
    assert "should be 0x635E" in done.out.decode()
    assert "352093081452468" not in done.out.decode()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--frame", 2), "frame 2, at offset"),
        (("--rejected",), "rejected: bad_crc"),
        (("--at", 3), "login"),
    ],
)
def test_a_frame_is_chosen_by_number_refusal_or_byte(run, tmp_path, made, more, says):
    path = tmp_path / "dump"
    path.write_bytes(made.stream + made.frame[:-1] + b"\0")
    done = run("inspect", path, *more)
    assert (done.status, says in done.out.decode()) == (0, True)


def test_one_record_is_shown_alone(run, dump):
    done = run("inspect", dump, "--record", 3, "--json")
    [span] = json.loads(done.out)["spans"]
    assert span["name"] == "record 3"
    done = run("inspect", dump, "--record", 6)
    assert (done.status, done.out) == (1, b"")
    assert done.err.endswith("Error: no record 6: the frame holds 5 that can be read\n")


def test_the_policy_says_what_becomes_of_a_field(run, dump):
    def actions(policy):
        found = json.loads(run("inspect", dump, "--policy", policy, "--json").out)
        [record] = [one for one in found["spans"] if one["name"] == "record 1"]
        return {one["name"]: (one["action"], one["decided_by"]) for one in record["children"]}

    assert actions("tracking")["latitude"] == ("keep", "allow.location")
    assert actions("support")["latitude"] == ("coarsen: grid 5km", "allow.location")


def test_the_family_names_what_differs_by_it(run, tmp_path):
    record = Record(1_750_000_000_000, 1, 2, 3, 4, 5, 6, elements=[(11, 8, 1), (69, 1, 1)])
    (tmp_path / "dump").write_bytes(tcp_frame(8, [record]))
    assert "--family says which" in run("inspect", tmp_path / "dump").out.decode()
    done = run("inspect", tmp_path / "dump", "--family", "FMB920")
    assert "family FMB" in done.out.decode()
    assert "--family says which" not in done.out.decode()


@pytest.mark.parametrize(
    "more", [(), ("--reveal",), ("--at", 0), ("--record", 1), ("--frame", 2, "--family", "FMB")]
)
def test_json_has_one_schema(run, dump, more):
    done = run("inspect", dump, "--json", *more)
    found = json.loads(done.out)
    jsonschema.validate(found, SCHEMA)
    assert found["revealed"] is ("--reveal" in more)


@pytest.mark.parametrize(
    "path", sorted((FIXTURES / "malformed").glob("*.hex")), ids=lambda p: p.name
)
def test_json_of_what_was_refused_has_the_same_schema(run, path):
    form = "hex-datagrams" if path.name.startswith("udp") else "hex"
    done = run("inspect", path, "--json", "--input-format", form)
    found = json.loads(done.out)
    jsonschema.validate(found, SCHEMA)
    assert done.status == (0 if found["frames"] else 1)


def test_hex_binary_datagrams_and_a_pipe_show_the_same(run, tmp_path, made):
    (tmp_path / "bin").write_bytes(made.stream)
    (tmp_path / "hex").write_bytes(made.hex)
    wanted = run("inspect", tmp_path / "bin").out
    assert run("inspect", tmp_path / "hex").out == wanted
    assert run("inspect", "-", stdin=made.hex).out == wanted
    packet = udp_packet(8, [Record(1_750_000_000_000)], OTHER_IMEI)
    forms = [run("inspect", "-", "--json", stdin=one) for one in (packet, packet.hex().encode())]
    assert forms[0].out == forms[1].out
    assert json.loads(forms[0].out)["form"] == "UDP packet, Codec 8"


def test_a_watch_is_read_field_by_field(run):
    done = run("inspect", FIXTURES / "watch" / "day.txt", "--frame", 2)
    text = done.out.decode()
    assert "frame of a watch" in text
    assert "battery_percent" in text
    assert "84 %" in text
    assert "not read" not in text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the dump is empty, or none of its lines was read as bytes"),
        (b"\n", "the dump is empty, or none of its lines was read as bytes"),
        (b"# a note\n", "the dump is empty, or none of its lines was read as bytes"),
        (b"00f\n", "no bytes of a device are in the dump; gpsproto summary says what is"),
    ],
)
def test_an_empty_dump_is_said_to_be_empty(run, data, said):
    done = run("inspect", "-", "--input-format", "hex", stdin=data)
    assert (done.status, done.out) == (1, b"")
    assert done.err.endswith(f"Error: {said}\n")


def test_where_no_frame_is_what_stands_there_is_named(run):
    done = run("inspect", "-", stdin=b"GET /?id=356938035643809 HTTP/1.1\r\n\r\n")
    assert done.status == 1
    assert "skipped: foreign_http at byte 0: this is an HTTP request" in done.out.decode()
    assert done.err == "Error: no frame in the dump; this is what stands there\n"
    assert "356938035643809" not in done.out.decode()


def test_a_login_alone_is_no_frame_and_is_shown(run):
    done = run("inspect", "-", stdin=login(IMEI))
    assert done.status == 1
    assert "IMEI" in done.out.decode()
    assert IMEI not in done.out.decode()


def test_lines_that_are_no_hex_are_counted_on_standard_error(run, made):
    done = run("inspect", "-", stdin=made.hex + b"imei " + IMEI.encode() + b"\n")
    assert done.status == 0
    assert "left out as no hexadecimal digits: 1 line\n" in done.err
    assert IMEI not in done.err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--frame", 9), "the dump holds 2 frames"),
        (("--at", 10**9), "the dump does not hold that byte"),
        (("--rejected",), "no frame was refused: the dump holds 2 frames"),
    ],
)
def test_what_is_not_there_is_said_so(run, dump, more, said):
    done = run("inspect", dump, *more)
    assert (done.status, done.out, done.err) == (1, b"", f"Error: {said}\n")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--frame", 0), "--frame wants a whole number of at least 1"),
        (("--frame", "x"), "--frame wants"),
        (("--at", -1), "--at wants a whole number of at least 0"),
        (("--frame", 1, "--rejected"), "each say which frame; take one"),
        (("--family", "X"), "--family wants"),
        (("--input-format", "x"), "--input-format wants"),
        (("--colour",), "no such option"),
        (("more",), "an argument too many"),
    ],
)
def test_wrong_usage_is_status_2(run, dump, more, said):
    done = run("inspect", dump, *more)
    assert (done.status, done.out) == (2, b"")
    assert said in done.err


@pytest.mark.parametrize(
    "argument",
    [
        REFUSAL.hex(), REFUSAL.hex().upper(), "0x" + REFUSAL.hex(), REFUSAL.hex(" "), IMEI,
        "[3G*8800000015*0002*LK]", 40 * REFUSAL.hex(),
    ],
)  # fmt: skip
def test_a_frame_on_the_command_line_is_refused_and_not_said_again(run, argument):
    done = run("inspect", argument)
    assert (done.status, done.out) == (2, b"")
    assert "identifiers never stand on a command line, and a frame may hold one" in done.err
    assert "paste it into a file" in done.err
    assert argument not in done.err
    assert IMEI not in done.err


def test_a_file_that_is_called_like_a_frame_is_read(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "00112233445566778899").write_text(REFUSAL.hex())
    assert run("inspect", "00112233445566778899").status == 0


def test_a_dump_that_is_not_there_and_a_folder_are_wrong_usage(run, tmp_path):
    assert "no such file" in run("inspect", tmp_path / "nothing").err
    assert run("inspect", tmp_path).status == 2


def test_a_policy_that_is_not_there_is_an_error(run, dump):
    done = run("inspect", dump, "--policy", "no-such-policy")
    assert done.status == 1
    assert done.err.startswith("Error: policy_unknown")


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.parametrize("columns", ["80", "120", "200"])
def test_on_a_terminal_it_is_in_colour_and_no_line_is_wider(run, monkeypatch, terminal, columns):
    monkeypatch.setenv("COLUMNS", columns)
    text = run("inspect", BAD).out.decode()
    assert "\x1b[" in text
    assert "first" in text
    bare = text.replace("\x1b[", "\0").split("\0")
    plain = "".join(part.partition("m")[2] if n else part for n, part in enumerate(bare))
    assert max(map(len, plain.splitlines())) <= int(columns)
    assert ("category" in plain) is (columns != "80")


def colours(text):
    """Whether anything but bold and underlined is asked for."""
    return any(f"[{n}" in text for n in ("31", "32", "33", "35", "36", "1;31"))


def test_no_colour_and_no_color_take_the_colours_off(run, monkeypatch, terminal):
    assert colours(run("inspect", BAD).out.decode())
    for option in ("--no-colour", "--no-color"):
        assert not colours(run("inspect", BAD, option).out.decode())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colours(run("inspect", BAD).out.decode())


def test_in_a_pipe_no_line_is_folded_and_nothing_is_in_colour(run, monkeypatch, dump):
    monkeypatch.setenv("COLUMNS", "40")
    text = run("inspect", dump).out.decode()
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) > 100


def test_on_a_real_terminal_it_is_a_table(spawn):
    ours, theirs = pty.openpty()
    process = spawn("inspect", BAD, stdout=theirs)
    os.close(theirs)
    text = b""
    try:
        while part := os.read(ours, 1 << 16):
            text += part
    except OSError:
        pass  # the other end is closed
    finally:
        os.close(ours)
    assert process.wait() == 0
    assert b"first wrong" in text


def test_a_closed_pipe_ends_it_with_one_line(spawn, tmp_path):
    path = tmp_path / "dump"
    path.write_bytes(b"[3G*8800000015*FFFA*TK," + 65_527 * b"a" + b"]")
    records = [Record(1_750_000_000_000 + n, 1, 2, 3, 4, 5, 6) for n in range(200)]
    path.write_bytes(tcp_frame(8, records))
    process = spawn("inspect", path, "--json", stdout=subprocess.PIPE)
    process.stdout.read(10)
    process.stdout.close()
    assert process.wait() == 1
    assert process.stderr.read().splitlines()[-1] == b"output closed by the reader"


def test_a_frame_deep_in_a_large_dump_is_found_by_streaming(run, tmp_path, made):
    path = tmp_path / "dump"
    with path.open("wb") as file:
        for _ in range(200):
            file.write(made.frame * 500)
    done = run("inspect", path, "--frame", 99_000, "--record", 1)
    assert (done.status, done.out[:14]) == (0, b"frame 99000, a")
    assert run("inspect", path, "--record", 1).out.startswith(b"frame 1 of 100000, at offset 0")
