"""``gpsproto summary``: what dumps hold, without a record of them."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gpsproto
from gpsproto import catalog
from gpsproto.balance import Balance
from gpsproto.build import Record, login, tcp_frame
from gpsproto.captures.recognise import InputFormat
from gpsproto.cli import fit as fitting
from gpsproto.cli.fit import Sample, fit
from gpsproto.cli.run import Settings
from gpsproto.cli.survey import Survey
from gpsproto.wire.limits import Limits
from tests.cli.conftest import ICCID, IMEI, OTHER_IMEI

DAY_MS = 86_400_000
START_MS = 1_750_000_000_000  # 2025-06-15
PLAIN = Settings(None, InputFormat.AUTO, "auto", 4_096, Limits())


def summary(run, *arguments, stdin=b""):
    """What ``--json`` says."""
    done = run("summary", *arguments, "--json", stdin=stdin)
    assert done.status == 0, done.err
    return json.loads(done.out)


def of(ids, *, codec=8, at=START_MS, satellites=9):
    """A frame of a record with 1-byte elements of these ids."""
    return tcp_frame(
        codec, [Record(at, satellites=satellites, elements=[(id, 1, 1) for id in ids])]
    )


class TestCounts:
    def test_where_no_frame_is_it_says_so(self, run):
        assert (
            "nothing   no frame was found"
            in run("summary", "-", stdin=b"").err + run("summary", "-", stdin=b"").out.decode()
        )

    def test_of_records_devices_and_fixes_are_those_of_the_dump(self, run, dump):
        found = summary(run, dump)
        assert found["records"] == 10
        assert found["devices"] == 1
        assert found["fix"] == {"with": 10, "of": 10}
        assert found["time"] == {
            "first": "2025-06-15T15:06:40.000Z", "last": "2025-06-15T15:06:44.000Z",
            "records": 10, "suspect": 0,
        }  # fmt: skip
        assert found["records_by_day"] == {"2025-06-15": 10}

    def test_of_elements_are_by_name_the_most_seen_first(self, run, made):
        found = summary(run, "-", stdin=made.stream + of([239, 21]))
        assert found["elements"] == [
            {"name": "ignition", "unit": None, "records": 11},
            {"name": "external_voltage_mv", "unit": "mV", "records": 10},
            {"name": "signal_percent", "unit": "%", "records": 1},
        ]

    def test_of_elements_that_are_dropped_are_by_category(self, run, dump):
        assert summary(run, dump)["fields"]["dropped_by_category"] == {"sim_id": 20}

    def test_are_those_of_decode(self, run, dump, tmp_path):
        run("decode", dump, "-q", "-o", tmp_path / "o", "--summary-json", tmp_path / "s")
        balance = json.loads((tmp_path / "s").read_bytes())
        found = summary(run, dump)
        same = balance.keys() & found.keys()
        assert same >= {"bytes", "frames", "fields", "records", "closes", "conversations"}
        assert {key: found[key] for key in same} == {key: balance[key] for key in same}

    def test_of_devices_count_each_device_once(self, run, made):
        assert summary(run, "-", stdin=made.stream + made.stream)["devices"] == 1
        other = login(OTHER_IMEI) + made.frame
        assert summary(run, "-", stdin=made.stream + other)["devices"] == 2

    def test_of_devices_leave_out_who_did_not_log_in(self, run, made):
        found = summary(run, "-", stdin=made.anonymous)
        assert (found["devices"], found["unidentified_conversations"]) == (0, 1)
        done = run("summary", "-", stdin=made.anonymous)
        assert b"devices   0, and 1 conversation without login" in done.out

    def test_of_devices_know_the_device_file(self, run, made, tmp_path):
        (tmp_path / "device").write_text(IMEI)
        found = summary(run, "-", "--device-file", tmp_path / "device", stdin=made.anonymous)
        assert found["devices"] == 1

    def test_of_several_dumps_are_of_all_of_them(self, run, dump, made):
        found = summary(run, dump, "-", stdin=made.datagrams)
        assert (found["inputs"], found["records"], found["devices"]) == (2, 13, 2)

    @pytest.mark.parametrize("kind", ["stream", "hex", "datagrams", "hex_datagrams"])
    def test_are_of_each_kind_of_dump(self, run, made, kind):
        found = summary(run, "-", stdin=getattr(made, kind))
        assert found["records"] == (3 if "datagrams" in kind else 10)
        assert found["family_fit"]["elements"] == 4 * found["records"]

    def test_of_an_empty_file_are_zero(self, run, tmp_path):
        (tmp_path / "empty").touch()
        found = summary(run, tmp_path / "empty")
        assert (found["records"], found["elements"], found["family_fit"]["better"]) == (0, [], None)
        done = run("summary", tmp_path / "empty")
        assert (done.status, b"families" in done.out) == (0, False)

    def test_name_what_was_refused(self, run, made):
        bad = made.frame[:-1] + bytes([made.frame[-1] ^ 1])
        done = run("summary", "-", stdin=made.frame + bad + made.frame)
        assert done.status == 0
        assert f"input#1 at offset {len(made.frame)}: bad_crc" in done.out.decode()

    @settings(max_examples=20)
    @given(st.lists(st.integers(0, 400), min_size=1, max_size=40), st.integers(1, 5))
    def test_by_day_add_up_however_the_records_are_cut(self, days, size):
        frames = b"".join(of([239], at=START_MS + DAY_MS * day) for day in days)
        parts = [frames[at : at + 97 * size] for at in range(0, len(frames), 97 * size)]
        whole, cut = Survey(), Survey()
        for survey, source in ((whole, frames), (cut, parts)):
            for batch in gpsproto.decode(source, batch_records=255):
                survey.write(batch)
        assert whole.days == cut.days
        assert whole.days.total() == whole.records == len(days)
        assert len(whole.days) == len(set(days))


class TestTimes:
    def test_of_a_clock_that_was_never_set_are_on_no_day(self, run):
        found = summary(run, "-", stdin=of([239], at=5_000) + of([239]))
        assert found["time"]["suspect"] == 1
        assert found["time"]["first"] == found["time"]["last"]
        assert list(found["records_by_day"]) == ["2025-06-15"]

    @pytest.mark.parametrize(
        ("days", "period"), [(31, "2025-07-02"), (32, "2025-07 "), (1_200, "2026 ")]
    )
    def test_of_many_days_are_shown_by_month_or_year(self, run, days, period):
        dump = b"".join(of([239], at=START_MS + DAY_MS * n) for n in range(days))
        shown = run("summary", "-", stdin=dump).out.decode()
        bars = shown.partition("\ndays ")[2].partition("\nelements ")[0]
        assert period in bars
        assert len(bars.splitlines()) <= 31

    def test_that_the_policy_drops_are_not_shown(self, run, dump, tmp_path):
        (tmp_path / "p.toml").write_text(
            'name = "x"\n[pseudonym]\ndomain = "d"\n[allow]\nstatus = "keep"\n'
            '[retain]\nstatus = "P1M"\n'
        )
        found = summary(run, dump, "--policy", tmp_path / "p.toml")
        assert (found["time"]["first"], found["devices"], found["fix"]["of"]) == (None, None, 0)
        assert found["family_fit"]["elements"] == 40
        shown = run("summary", dump, "--policy", tmp_path / "p.toml").out
        assert b"the policy drops device ids" in shown


class TestFamilies:
    def test_the_elements_are_all_that_the_frames_announce(self, run):
        rng = random.Random(5)
        for codec in (8, 0x8E, 16):
            records, count = [], 0
            for n in range(40):
                ids = rng.sample(range(1, 250), rng.randint(0, 9))
                count += len(ids)
                records.append(
                    Record(START_MS + n, satellites=n % 3, elements=[(id, 1, n & 1) for id in ids])
                )
            for head in (b"", login(IMEI)):
                found = summary(run, "-", stdin=head + tcp_frame(codec, records))
                assert found["family_fit"]["elements"] == count, (codec, head)

    def test_a_family_is_charged_with_what_it_does_not_know(self, run):
        dump = of([239, 21, 200, 30])
        for family in catalog.FAMILIES:
            balance = Balance()
            list(gpsproto.decode(dump, family=family, balance=balance))
            entry = next(
                one for one in summary(run, "-", stdin=dump)["family_fit"]["families"]
                if one["family"] == family
            )  # fmt: skip
            assert entry["unknown"] == balance.fields_by_action["unknown"]
            assert entry["ambiguous"] == balance.ambiguous.total()
            assert entry["named_share"] == 1 - (entry["unknown"] + entry["ambiguous"]) / 4

    def test_one_that_fits_better_is_named(self, run):
        dump = of([30, 31, 32, 239], codec=0x8E)  # 31 and 32 are of OBD in FMB
        done = run("summary", "-", "--family", "GH", stdin=dump)
        assert b"--family GH, 0 %: --family FMB fits better" in done.out
        assert summary(run, "-", "--family", "GH", stdin=dump)["family_fit"]["better"] == "FMB"

    def test_the_one_that_was_given_stays_where_others_are_no_better(self, run):
        dump = of([239, 240])
        done = run("summary", "-", "--family", "TAT", stdin=dump)
        assert b"--family TAT, 100 %: no family fits much better" in done.out

    def test_one_that_would_name_what_has_several_names_is_named(self, run):
        done = run("summary", "-", stdin=of([50, 239]))
        assert b"avl_50 of 1 bytes: the name differs by device family" in done.out
        assert b"without --family, 50 %: --family FMB fits better" in done.out

    def test_elements_that_the_family_does_not_know_are_counted(self, run):
        done = run("summary", "-", "--family", "GH", stdin=of([239, 69]))
        assert b"unknown   2 elements with an id or a width that GH does not hold" in done.out

    def test_a_sample_is_the_first_bytes_of_each_dump(self, monkeypatch):
        monkeypatch.setitem(fitting._SAMPLE_BYTES, gpsproto.engine(), 10)
        sample = Sample(2)
        assert b"".join(sample.watch(iter([b"abc", b"defg"]))) == b"abcdefg"
        assert b"".join(sample.watch(iter([b"12"]))) == b"12"
        assert [bytes(part) for part in sample.parts] == [b"abcde", b"12"]
        assert not sample.whole
        assert "first 5e-06 MB of each dump" in sample.said
        assert repr(sample) == "Sample(7 bytes, redacted)"

    def test_a_long_dump_is_judged_by_its_beginning(self, run, monkeypatch, made):
        monkeypatch.setitem(fitting._SAMPLE_BYTES, gpsproto.engine(), 10_000)
        dump = made.stream + of([239]) * 2_000
        found = summary(run, "-", stdin=dump)
        assert found["family_fit"]["sample_bytes"] == 10_000
        assert b"of the elements in the first 0.01 MB" in run("summary", "-", stdin=dump).out
        assert found["family_fit"]["elements"] < 1_000
        assert found["records"] == 2_010

    @pytest.mark.parametrize(
        ("name", "family"), [("codec8_tcp_reads.hex", "FMX6"), ("codec8e_frames.hex", "FMB")]
    )
    def test_the_right_one_names_the_elements_of_a_capture(self, run, captures, name, family):
        path = captures / name
        found = summary(run, path, "--family", family)["family_fit"]
        by_family = {one["family"]: one for one in found["families"]}
        assert by_family[family]["named_share"] > 0.98
        assert found["better"] is None
        unnamed = sum(
            one["records"] for one in summary(run, path, "--family", family)["elements"]
            if one["name"].startswith("avl_")
        )  # fmt: skip
        unknown = summary(run, path, "--family", family)["fields"]["by_action"].get("unknown", 0)
        assert unnamed + unknown < 0.02 * found["elements"]
        wrong = "FMB" if family == "FMX6" else "FMX6"
        assert by_family[wrong]["named_share"] < 0.9
        shown = run("summary", path, "--family", wrong).out.decode()
        assert f"--family {family} fits better" in shown

    def test_the_better_one_is_never_worse(self):
        rng = random.Random(7)
        for _ in range(5):
            ids = rng.sample(range(1, 250), 8)
            sample = Sample(1)
            list(sample.watch(iter([of(ids)])))
            found = fit(sample, gpsproto.Policy.load("tracking"), PLAIN)
            best = found.best_first()[0]
            assert all(found.share(best) >= found.share(family) for family in catalog.FAMILIES)
            assert found.better in (best, None)


class TestShown:
    LONG = "fms_hv_battery_highest_cell_temperature_c"

    def lines(self, run):
        frame = tcp_frame(0x8E, [Record(START_MS, elements=[(10889, 2, 7)])])
        done = run("summary", "-", "--family", "FMB641", stdin=frame)
        assert done.status == 0
        return done.out.decode()

    def test_off_a_terminal_no_line_is_folded(self, run, monkeypatch):
        monkeypatch.setenv("COLUMNS", "40")
        assert f"elements  {self.LONG} (°C) 1 ███" in self.lines(run)
        assert not [line for line in self.lines(run).splitlines() if line.endswith(" ")]

    def test_on_a_terminal_it_is_as_wide_as_that(self, run, monkeypatch):
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.setenv("COLUMNS", "60")
        plain = re.sub(r"\x1b\[[0-9;]*m", "", self.lines(run))
        assert plain != self.lines(run)
        assert max(map(len, plain.splitlines())) <= 60


def test_no_identifier_and_no_pseudonym_is_shown(run, made, tmp_path):
    digits = [IMEI, OTHER_IMEI, *(str(part) for part in ICCID)]
    forms = [
        form for one in digits for form in (one, one[:14], f"{int(one):x}", one.encode().hex())
    ]
    cut = made.stream + made.stream[:-7] + made.stream
    for number, content in enumerate([cut, made.datagrams, made.hex, made.hex_datagrams]):
        (tmp_path / f"{number}-{IMEI}.bin").write_bytes(content)
    inputs = sorted(tmp_path.iterdir())
    for form in ((), ("--json",)):
        done = run("summary", *inputs, *form)
        assert done.status == 0
        said = done.out.decode().lower() + done.err.lower()
        assert not [one for one in forms if one in said]
        assert "dev_" not in said
        assert "key_id" not in said


def test_what_is_kept_of_a_run_shows_nothing(made):
    survey = Survey()
    for batch in gpsproto.decode(made.stream):
        survey.write(batch)
    assert repr(survey) == "Survey(10 records)"
    with pytest.raises(TypeError):
        survey.write(np.zeros(1))  # type: ignore[arg-type]


def test_the_limits_and_forms_are_those_of_decode(run, made):
    found = summary(run, "-", "--max-frame-bytes", 50, stdin=made.frame)
    assert found["frames"]["rejected"] == {"too_large": 1}
    found = summary(run, "-", "--input-format", "datagrams", stdin=made.stream)
    assert found["records"] == 0


def test_progress_is_shown_where_it_is_asked_for(run, dump):
    done = run("summary", dump, "--progress")
    assert "10 records" in done.err
    assert run("summary", dump).err == ""


def test_a_dump_that_is_missing_ends_it_before_anything(run, dump):
    done = run("summary", dump, dump.parent / "missing")
    assert (done.status, done.out) == (2, b"")
    assert "input#2: no such file" in done.err


def test_an_input_that_cannot_be_read_fails_it(run):
    done = run("summary", "n" * 300)
    assert (done.status, done.out) == (1, b"")
    assert done.err.startswith("Error: input#1: unreadable")


def test_standard_input_that_is_closed_fails_it(run, monkeypatch):
    monkeypatch.setattr("gpsproto.cli.inputs.standard", lambda _: None)
    assert "input#1: unreadable" in run("summary", "-").err


def test_a_balance_that_does_not_close_is_a_bug(run, dump, monkeypatch):
    monkeypatch.setattr(Balance, "discrepancies", lambda _: ["bytes"])
    done = run("summary", dump)
    assert done.status == 1
    assert b"BUG       the balance does not close" in done.out
    assert "this is a bug in gpsproto" in done.err


def test_a_closed_pipe_ends_it_with_one_line(spawn, dump):
    process = spawn("summary", dump, stdout=subprocess.PIPE)
    process.stdout.close()
    assert process.stderr.read() == b"output closed by the reader\n"
    assert process.wait() == 1


def test_a_pipe_is_read_once(spawn, made):
    process = spawn("summary", "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    out, err = process.communicate(made.stream)
    assert (process.returncode, err) == (0, b"")
    assert "records   10" in out.decode()
    assert "of all elements" in out.decode()


def test_a_terminal_of_another_encoding_is_no_bug(spawn, dump, environment):
    latin = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    process = spawn("summary", dump, stdout=subprocess.PIPE, env=environment | latin)
    out, _ = process.communicate()
    assert process.returncode == 0
    assert b"ignition" in out


@pytest.mark.parametrize("module", ["click", "rich"])
@pytest.mark.parametrize("verb", ["summary", "fields"])
def test_without_the_extra_one_line_says_how_to_install_it(environment, module, verb, dump):
    code = f"import sys; sys.modules[{module!r}] = None; from gpsproto.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, verb, str(dump)],
        capture_output=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.endswith(b"pip install 'gpsproto[cli]'\n")


def test_memory_does_not_grow_with_the_input(environment, made):
    code = (
        "import sys\n"
        "from gpsproto.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "status = open('/proc/self/status').read()\n"
        "sys.stderr.write(status.split('VmHWM:')[1].split()[0])\n"
    )

    def peak_kib(copies: int) -> int:
        done = subprocess.run(
            [sys.executable, "-c", code, "summary", "-"],
            input=made.stream + made.frame * copies,
            capture_output=True, env=environment, check=True,
        )  # fmt: skip
        return int(done.stderr)

    small, large = peak_kib(12_000), peak_kib(60_000)
    assert large < small + 30_000
