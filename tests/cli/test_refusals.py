from __future__ import annotations

import json
import re

import pytest

import gpsproto

IMEI = "490154203237518"
OTHER_IMEI = "356938035643809"


class TestUsage:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["decode"], "Missing argument 'DUMP...'"),
            (["decode", "--device", IMEI], "no such option; is --device-file meant?"),
            (["decode", f"--device-file-{IMEI}", "-"], "no such option"),
            (["decode", IMEI], "identifiers never stand on a command line; use --device-file"),
            (["decode", f"{IMEI}.bin"], "input#1: no such file"),
            (["decode", f"{IMEI}/x"], "input#1: no such file"),
            (["decode", "--quiet=" + IMEI, "-"], "--quiet lacks its value, or has one"),
            (["decode", "-", "--output"], "--output lacks its value, or has one"),
            (["decode", "-", "--family", IMEI], "--family wants one of: FM11, FM36, FMB"),
            (["decode", "-", "--input-format", IMEI], "--input-format wants one of: auto, stream"),
            (["decode", "-", "--group16", IMEI], "--group16 wants one of: never, auto, always"),
            (["decode", "-", "--batch-records", IMEI], "a whole number of at least 255"),
            (["decode", "-", "--batch-records", f"{IMEI}x"], "a whole number of at least 255"),
            (["decode", "-", "--max-frame-bytes", "2"], "a whole number of at least 3 and at most"),
            (["decode", "-", "-"], "standard input can be read once"),
            ([IMEI], "no such command; one of: decode, summary, inspect"),
            (["summary"], "Missing argument 'DUMP...'"),
            (["summary", IMEI], "identifiers never stand on a command line; use --device-file"),
            (["summary", "-", "-"], "standard input can be read once"),
            (["summary", "-", "--family", IMEI], "--family wants one of: FM11, FM36, FMB"),
            (["summary", "-", "--output", IMEI], "no such option"),
            (["fields", IMEI], "an argument too many"),
            (["fields", "--family", IMEI], "--family wants one of: FM11, FM36, FMB"),
            (["fields", "--search"], "--search lacks its value"),
            (["keys", IMEI], "no such command; one of: advance, id, new"),
            (["keys", "new"], "Missing argument 'FILE'"),
            (["keys", "new", "a", IMEI], "an argument too many"),
            (["completion", IMEI], "wants one of: bash, zsh, fish"),
            (["--" + IMEI], "no such option"),
        ],
    )
    def test_is_told_in_words_that_quote_nothing(self, run, arguments, said):
        done = run(*arguments)
        assert done.status == 2
        assert said in done.err
        assert done.out == b""
        assert not re.search("[0-9]{8}", done.err.replace("16777216", ""))

    @pytest.mark.parametrize("given", [IMEI, f"--device={IMEI}", f"--imei={IMEI}", f"-{IMEI}"])
    def test_an_identifier_as_an_argument_is_told_where_it_belongs(self, run, given):
        assert "identifiers never stand on a command line" in run("decode", given).err

    def test_a_timestamp_in_a_name_is_no_identifier(self, run):
        assert "identifiers" not in run("decode", "dump_20250101120000.bin").err

    def test_a_file_that_may_not_be_read_is_left_to_who_reads_it(self, run, dump, monkeypatch):
        # as root every file may be read, so the asking is what is tested
        monkeypatch.setattr("os.access", lambda *_, **__: False)
        assert run("decode", dump, "--device-file", dump).status == 1

    def test_nothing_is_decoded_where_one_of_the_dumps_is_missing(self, run, dump):
        done = run("decode", dump, dump.parent / "missing")
        assert (done.status, done.out) == (2, b"")
        assert "input#2: no such file" in done.err

    def test_an_output_is_no_folder(self, run, dump, tmp_path):
        assert run("decode", dump, "-o", tmp_path).status == 2

    @pytest.mark.parametrize("option", ["--output", "--summary-json"])
    def test_an_output_never_replaces_an_input(self, run, dump, made, option):
        done = run("decode", dump, option, dump.parent / "." / "dump.bin")
        assert done.status == 2
        assert dump.read_bytes() == made.stream

    def test_an_output_never_replaces_the_key(self, run, dump, key_file):
        before = key_file.read_bytes()
        assert run("decode", dump, "--key-file", key_file, "-o", key_file).status == 2
        assert key_file.read_bytes() == before

    def test_two_outputs_are_two_files(self, run, dump, tmp_path):
        assert (
            run("decode", dump, "-o", tmp_path / "o", "--summary-json", tmp_path / "o").status == 2
        )


class TestRefused:
    """A key, policy or device file that is refused: status 1, and nothing was decoded."""

    def test_missing_key(self, run, dump, tmp_path):
        done = run("decode", dump, "--key-file", tmp_path / "no.key")
        assert (done.status, done.out) == (1, b"")
        assert "key_missing" in done.err

    def test_key_that_others_can_read(self, run, dump, key_file):
        key_file.chmod(0o644)
        done = run("decode", dump, "--key-file", key_file)
        assert (done.status, done.out) == (1, b"")
        assert "key_open_mode" in done.err

    def test_unknown_policy(self, run, dump):
        done = run("decode", dump, "--policy", IMEI)
        assert (done.status, done.out) == (1, b"")
        assert "policy_unknown" in done.err
        assert "tracking" in done.err
        assert IMEI not in done.err

    def test_policy_under_the_floor(self, run, dump, tmp_path):
        (tmp_path / "p.toml").write_text(
            'name = "x"\n[pseudonym]\ndomain = "d"\n[allow]\ndevice_id = "keep"\n'
            '[retain]\ndevice_id = "P1M"\n'
        )
        done = run("decode", dump, "--policy", tmp_path / "p.toml")
        assert (done.status, done.out) == (1, b"")
        assert "policy_floor" in done.err

    @pytest.mark.parametrize(
        "content",
        ["", "12345", IMEI + "123", f"imei {IMEI}", IMEI + " " * 80, IMEI + "\n" + OTHER_IMEI],
    )
    def test_device_file_without_one_imei(self, run, made, tmp_path, content):
        (tmp_path / "device").write_text(content)
        done = run("decode", "-", "--device-file", tmp_path / "device", stdin=made.anonymous)
        assert (done.status, done.out) == (1, b"")
        assert done.err.startswith("Error: device_file: ")
        assert IMEI not in done.err

    @pytest.mark.parametrize("name", ["missing", "."])
    def test_device_file_that_cannot_be_read(self, run, made, tmp_path, name):
        done = run("decode", "-", "--device-file", tmp_path / name, stdin=made.anonymous)
        assert (done.status, done.out) == (1, b"")
        assert "device_file" in done.err

    def test_error_of_a_device_file_holds_nothing_of_it(self, tmp_path):
        from gpsproto.cli.inputs import device_in

        (tmp_path / "device").write_text(f"x{IMEI}")
        with pytest.raises(gpsproto.GpsprotoError) as caught:
            device_in(tmp_path / "device")
        assert caught.value.__context__ is None
        assert not {"content", "digits"} & caught.traceback[-1].frame.f_locals.keys()

    def test_too_little_memory(self, run, dump, monkeypatch):
        def exhausted(*_, **__):
            raise MemoryError

        monkeypatch.setattr("gpsproto.cli.run.decode_through", exhausted)
        done = run("decode", dump)
        assert done.status == 1
        assert "--batch-records" in done.err


class TestBug:
    """An error that should not be: class and lines of source, never a text or a value."""

    def test_is_named_without_its_text(self, run, dump, monkeypatch):
        def broken(*_, **__):
            raise KeyError(IMEI)

        monkeypatch.setattr("gpsproto.cli.run.decode_through", broken)
        done = run("decode", dump)
        assert done.status == 1
        assert "this is a bug in gpsproto, please report it: KeyError at " in done.err
        assert re.search(r"gpsproto\.cli\.run:\d+", done.err)
        assert IMEI not in done.err
        assert "Traceback" not in done.err


class TestNoIdentifier:
    """Logins and datagrams go in; nothing of them comes out, whatever becomes of the run."""

    FORMS = tuple(
        form
        for imei in (IMEI, OTHER_IMEI)
        for form in (imei, imei[:14], imei[4:14], imei.encode().hex(), f"{int(imei):x}")
    )

    def leaks(self, *texts: bytes) -> list[str]:
        return [form for form in self.FORMS for text in texts if form.encode() in text.lower()]

    def test_in_records_summary_and_messages(self, run, made, tmp_path):
        cut = made.stream + made.stream[:-7] + made.stream
        for number, content in enumerate([cut, made.datagrams, made.hex, made.hex_datagrams]):
            (tmp_path / f"{number}-{IMEI}.bin").write_bytes(content)
        inputs = sorted(tmp_path.iterdir())
        done = run("decode", *inputs, "--summary-json", tmp_path / "s")
        summary = (tmp_path / "s").read_bytes()
        assert done.status == 0
        assert json.loads(summary)["logins"] >= 3
        assert not self.leaks(done.out, done.err.encode(), summary)

    @pytest.mark.parametrize("kind", ["stream", "hex", "datagrams", "hex_datagrams"])
    @pytest.mark.parametrize("read_as", ["stream", "hex", "datagrams", "hex-datagrams"])
    def test_where_the_input_is_not_what_was_said(self, run, made, tmp_path, kind, read_as):
        done = run(
            "decode", "-", "--input-format", read_as, "--strict", "--summary-json", tmp_path / "s",
            stdin=getattr(made, kind),
        )  # fmt: skip
        assert done.status in (0, 3)
        assert not self.leaks(done.out, done.err.encode(), (tmp_path / "s").read_bytes())

    def test_where_every_byte_is_wrong_in_turn(self, run, made):
        head = made.stream[:40]
        broken = b"".join(
            head[:at] + bytes([head[at] ^ 0x5A]) + made.stream[at + 1 :] for at in range(len(head))
        )
        done = run("decode", "-", stdin=broken)
        assert not self.leaks(done.out, done.err.encode())
