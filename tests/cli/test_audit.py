"""``decode --audit-file`` and ``gpsproto audit``."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from gpsproto.build import Record, tcp_frame
from tests.cli.conftest import IMEI

pytestmark = pytest.mark.once

POLICY = """
name = "bench"
[pseudonym]
domain = "bench"
[allow]
device_id = { action = "pseudonymise" }
status = "keep"
[retain]
device_id = "P1D"
status = "P1D"
"""


@pytest.fixture
def log(run: Any, dump: Any, key_file: Any, tmp_path: Any) -> Any:
    """A log of three runs."""
    path = tmp_path / "log"
    for _ in range(3):
        out = tmp_path / "out.jsonl"
        done = run("decode", dump, "-o", out, "--key-file", key_file, "--audit-file", path, "-q")
        assert (done.status, done.err) == (0, "")
    return path


def lines(path: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_each_run_is_a_line(log: Any) -> None:
    found = lines(log)
    assert [line["number"] for line in found] == [1, 2, 3]
    assert {line["records"] for line in found} == {10}
    assert {line["policy"]["name"] for line in found} == {"tracking"}
    assert all(line["complete"] and line["closes"] for line in found)
    assert {len(line["key_ids"]) for line in found} == {1}


def test_no_value_name_or_path_is_in_a_line(
    run: Any, made: Any, key_file: Any, tmp_path: Any
) -> None:
    folder = tmp_path / "canary-folder"
    folder.mkdir()
    for name, content in (
        (f"{IMEI}.bin", made.stream), ("canary.toml", POLICY.encode()), ("canary-dev", IMEI.encode())
    ):  # fmt: skip
        (folder / name).write_bytes(content)
    done = run(
        "decode", folder / f"{IMEI}.bin", "-o", folder / "canary-out.jsonl", "--key-file", key_file,
        "--policy", folder / "canary.toml", "--device-file", folder / "canary-dev",
        "--audit-file", folder / "canary-log",
    )  # fmt: skip
    assert done.status == 0
    text = (folder / "canary-log").read_text()
    for canary in (IMEI, IMEI[:14], "canary", str(tmp_path), "dev_", "52.37", "523700000"):
        assert canary not in text
    rows = (folder / "canary-out.jsonl").read_text().splitlines()
    (subject,) = {json.loads(row)["subject"] for row in rows}
    assert subject not in text
    assert not re.search(r"\d{7}", re.sub(r'"[0-9a-f]{64}"', "", text))


def test_without_a_key_that_lasts_it_is_wrong_usage(run: Any, dump: Any, tmp_path: Any) -> None:
    done = run("decode", dump, "--audit-file", tmp_path / "a")
    assert done.status == 2
    assert "--audit-file wants --key-file" in done.err
    assert done.out == b""
    assert not (tmp_path / "a").exists()


def test_a_log_is_not_written_to_standard_output(run: Any, dump: Any, key_file: Any) -> None:
    done = run("decode", dump, "--key-file", key_file, "--audit-file", "-")
    assert done.status == 2
    assert "wants a file" in done.err


def test_an_input_or_output_is_no_log(run: Any, dump: Any, key_file: Any, tmp_path: Any) -> None:
    for place in (dump, key_file, tmp_path / "out"):
        before = dump.read_bytes(), key_file.read_bytes()
        done = run(
            "decode", dump, "--key-file", key_file, "-o", tmp_path / "out", "--audit-file", place
        )
        assert done.status == 2
        assert (dump.read_bytes(), key_file.read_bytes()) == before


def test_where_no_line_can_be_appended_nothing_is_decoded(
    run: Any, dump: Any, key_file: Any, log: Any, tmp_path: Any
) -> None:
    log.write_bytes(log.read_bytes()[:-20])
    out = tmp_path / "second.jsonl"
    done = run("decode", dump, "-o", out, "--key-file", key_file, "--audit-file", log)
    assert done.status == 1
    assert "audit_torn" in done.err
    assert "begin a new log" in done.err
    assert not out.exists()
    assert "log" not in done.err.replace("audit log", "").replace("a new log", "")


def test_where_the_line_fails_at_the_end_no_output_gets_its_name(
    run: Any, dump: Any, key_file: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    from gpsproto.errors import AuditError, ErrorCode
    from gpsproto.privacy.audit import AuditLog

    def full(*_: object) -> None:
        raise AuditError(ErrorCode.AUDIT_UNWRITABLE, errno=errno.ENOSPC)

    monkeypatch.setattr(AuditLog, "append", full)
    done = run(
        "decode", dump, "-o", tmp_path / "o.jsonl", "--key-file", key_file,
        "--audit-file", tmp_path / "a",
    )  # fmt: skip
    assert done.status == 1
    assert "No space left" in done.err
    assert not (tmp_path / "o.jsonl").exists()


def test_a_run_that_breaks_off_has_a_line_that_says_so(
    run: Any, dump: Any, key_file: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gpsproto.errors import SinkError
    from gpsproto.sinks.jsonl import JsonLinesSink

    def full(*_: object) -> None:
        raise SinkError(28)

    monkeypatch.setattr(JsonLinesSink, "_write", full)
    log = tmp_path / "a"
    done = run("decode", dump, "--key-file", key_file, "--audit-file", log)
    assert done.status == 1
    assert [line["complete"] for line in lines(log)] == [False]
    assert run("audit", "verify", log, "--key-file", key_file).status == 0


def test_verify_says_how_many_lines_are_whole(run: Any, log: Any, key_file: Any) -> None:
    done = run("audit", "verify", log, "--key-file", key_file)
    assert (done.status, done.out) == (0, b"3 lines, all as written\n")
    assert "--expect N" in done.err
    done = run("audit", "verify", log, "--key-file", key_file, "--expect", 3, "--json")
    assert done.status == 0
    assert json.loads(done.out) == {"whole": True, "lines": 3, "fault": None, "line": None}
    assert done.err == ""


def test_verify_names_the_line_and_not_what_is_in_it(run: Any, log: Any, key_file: Any) -> None:
    log.write_bytes(log.read_bytes().replace(b'"number":2', b'"number":7'))
    done = run("audit", "verify", log, "--key-file", key_file)
    assert done.status == 1
    assert done.err == (
        "Error: line 2: the line was changed, or another key made it; 1 line before it as written\n"
    )
    done = run("audit", "verify", log, "--key-file", key_file, "--json")
    assert json.loads(done.out) == {"whole": False, "lines": 1, "fault": "mac", "line": 2}


def test_lines_that_are_missing_at_the_end_are_said(run: Any, log: Any, key_file: Any) -> None:
    done = run("audit", "verify", log, "--key-file", key_file, "--expect", 4)
    assert done.status == 1
    assert "lines are missing at the end; 3 lines before it as written" in done.err


def test_export_gives_the_lines_as_they_are(run: Any, log: Any, key_file: Any) -> None:
    done = run("audit", "export", log, "--key-file", key_file)
    assert (done.status, done.out) == (0, log.read_bytes())


def test_export_in_buckets_shows_no_small_count(run: Any, log: Any, key_file: Any) -> None:
    done = run("audit", "export", log, "--key-file", key_file, "--bucketed")
    assert done.status == 0
    assert {row["records"] for row in done.rows} == {"10-99"}
    assert {row["logins"] for row in done.rows} == {"1-9"}
    assert not {"mac", "previous"} & set(done.rows[0])


def test_a_log_that_is_not_whole_is_not_exported(run: Any, log: Any, key_file: Any) -> None:
    log.write_bytes(log.read_bytes()[:-3])
    done = run("audit", "export", log, "--key-file", key_file, "--bucketed")
    assert (done.status, done.out) == (1, b"")
    assert "line 3: the line was not written to its end; 2 lines before it" in done.err


def test_audit_wants_a_key(run: Any, log: Any) -> None:
    done = run("audit", "verify", log)
    assert done.status == 2
    assert "--key-file" in done.err


def test_audit_without_a_verb_shows_help(run: Any) -> None:
    assert b"verify" in run("audit").out


@pytest.mark.parametrize("verb", ["verify", "export"])
def test_help_gives_an_example(run: Any, verb: str) -> None:
    assert b"Example:\n    gpsproto audit " in run("audit", verb, "--help").out


def test_what_the_catalog_lacks_is_said_at_the_end_of_a_run(run: Any, tmp_path: Any) -> None:
    one = Record(1_700_000_000_000, elements=[(60_001, 4, 123_456_789), (60_002, 1, 7)] * 2)
    (tmp_path / "d").write_bytes(tcp_frame(0x8E, [one, one]) + tcp_frame(0x8E, [one]))
    done = run("decode", tmp_path / "d", "--summary-json", tmp_path / "s")
    assert "12 elements with an id or a width that the catalog does not hold" in done.err
    assert "by id@bytes: 60001@4 (6), 60002@1 (6)" in done.err
    content = json.loads((tmp_path / "s").read_bytes())
    assert content["fields"]["unknown"] == {"60001@4": 6, "60002@1": 6}
    assert "123456789" not in done.err
