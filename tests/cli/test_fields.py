"""``gpsproto fields``: the catalog under a policy."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto import Policy, catalog, codecs
from gpsproto.catalog import VARIABLE
from gpsproto.cli.listing import entries
from gpsproto.privacy.select import select

KNOWN = catalog.load()
TRACKING = Policy.load("tracking")
LOOSE = """
name = "workshop"
[pseudonym]
domain = "d"
[allow]
sim_id = { action = "pseudonymise" }
counter = "keep"
[retain]
sim_id = "P1M"
counter = "P1M"
"""


def lines(done):
    """The lines of a table, by the names of their columns."""
    head, *rows = (line.split("\t") for line in done.out.decode().splitlines())
    return [dict(zip(head, row, strict=True)) for row in rows]


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")


def test_without_an_option_every_meaning_has_a_line(run):
    done = run("fields")
    assert (done.status, done.err) == (0, "")
    found = lines(done)
    assert len(found) == len(KNOWN.meanings)
    assert [(int(line["id"]), line["name"]) for line in found] == [
        (one.id, one.name) for one in sorted(KNOWN.meanings, key=lambda m: (m.id, m.width))
    ]


def test_a_line_says_what_the_element_is(run):
    assert lines(run("fields", "--search", "67@2")) == [
        {
            "id": "67", "bytes": "2", "name": "battery_voltage_mv", "unit": "mV", "value": "",
            "category": "status", "leaves as": "column",
            "families": "FM36 FMB FMX6 TAT TFT TST FT",
        }
    ]  # fmt: skip


@pytest.mark.parametrize("family", [None, *catalog.FAMILIES])
@pytest.mark.parametrize("policy", [TRACKING, Policy.from_toml(LOOSE)], ids=lambda one: one.name)
def test_what_leaves_is_what_the_filter_lets_through(family, policy):
    selection = select(policy, codecs.terms()[codecs.AVL], family)
    kept = {(one.id, one.width): one for one in selection.elements}
    parts = {part for identity in selection.identities for part in identity.parts}
    for meaning, leaves_as in entries(policy, family):
        pair = meaning.id, meaning.width
        if leaves_as == "pseudonym":
            assert pair in parts
        elif leaves_as in ("dropped", "floor"):
            assert selection.dropped[pair].action == leaves_as
        elif leaves_as == f"avl_{meaning.id}":
            assert kept[pair].meaning is None
        else:
            assert kept[pair].core == (leaves_as == "column")
            assert kept[pair].name == meaning.name


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_a_family_lists_what_it_knows_and_no_more(run, family):
    found = {(int(line["id"]), line["bytes"]) for line in lines(run("fields", "--family", family))}
    assert found == {
        (id, str(width or "var"))
        for id, width in KNOWN.pairs(family)
        if KNOWN.categories(id, width, family)
        and (
            width != VARIABLE or id >= catalog.OURS or family not in catalog.ANY_WIDTH
        )  # its widths stand there
    }


def test_a_model_stands_for_its_family(run):
    assert run("fields", "--family", "fmc130").out == run("fields", "--family", "FMB").out


def test_without_a_family_each_of_several_names_has_a_line(run):
    assert [(line["name"], line["leaves as"]) for line in lines(run("fields", "--search", "50@1"))] == [
        ("obd_barometric_pressure_kpa", "avl_50"), ("digital_output_3_state", "avl_50"),
    ]  # fmt: skip


def test_a_policy_of_ones_own_says_what_leaves(run, tmp_path):
    (tmp_path / "p.toml").write_text(LOOSE)
    found = lines(run("fields", "--policy", tmp_path / "p.toml", "--family", "FMB"))
    by_name = {line["name"]: line["leaves as"] for line in found}
    assert by_name["iccid_high"] == "pseudonym"
    assert by_name["total_odometer_m"] == "column"
    assert by_name["ignition"] == "dropped"
    assert "floor" in by_name.values()


class TestSearch:
    def names(self, run, text):
        return {line["name"] for line in lines(run("fields", "--search", text))}

    @pytest.mark.parametrize("text", ["ignition", "IGNITION", "Ignit"])
    def test_finds_a_part_of_a_name_in_any_case(self, run, text):
        assert "ignition" in self.names(run, text)

    @pytest.mark.parametrize("text", ["239", "avl_239", "239@1"])
    def test_finds_an_id(self, run, text):
        assert "ignition" in self.names(run, text)

    def test_a_number_is_an_id_as_a_whole(self, run):
        assert {line["id"] for line in lines(run("fields", "--search", "66"))} == {"66"}

    def test_finds_a_category(self, run):
        found = lines(run("fields", "--search", "private_mode"))
        assert {"private_mode"} <= {line["category"] for line in found}

    def test_finds_a_label(self, run):
        assert "gnss_status" in self.names(run, "without fix")

    def test_wants_every_word(self, run):
        found = self.names(run, "battery voltage")
        assert "battery_voltage_mv" in found
        assert all("battery" in name and "voltage" in name for name in found)

    def test_a_number_beside_words_is_a_word_of_the_name(self, run):
        assert self.names(run, "analog input 1") >= {"analog_input_1_mv"}

    @given(st.sampled_from(list(entries(TRACKING, None))))
    def test_every_entry_is_found_by_what_stands_in_its_line(self, entry):
        meaning = entry.meaning
        for text in (
            meaning.name, meaning.name.upper(), meaning.name.replace("_", " "), f"{meaning.id}",
            meaning.category.value, *(label for _, label in meaning.labels),
        ):  # fmt: skip
            assert entry.fits(text), text

    @given(st.text(max_size=20))
    def test_takes_any_text(self, text):
        for entry in entries(TRACKING, "GH"):
            assert entry.fits(text) in (True, False)

    @pytest.mark.parametrize("form", [(), ("--json",)])
    def test_that_finds_nothing_says_so_and_quotes_nothing(self, run, form):
        done = run("fields", "--search", "490154203237518", *form)
        assert done.status == 1
        assert done.err == "nothing in the catalog fits\n"
        assert done.out == (b"[]\n" if form else b"")


class TestJson:
    def test_holds_each_meaning_in_full(self, run):
        [one] = json.loads(run("fields", "--search", "72@4", "--family", "FMB", "--json").out)
        assert one == {
            "id": 72, "bytes": 4, "name": "dallas_temperature_1_c", "unit": "°C",
            "dtype": "float64", "signed": True, "scale": 0.1, "offset": 0.0,
            "null_raw": [850, 2000, 3000, 4000, 5000], "labels": {}, "category": "vehicle_tech",
            "leaves_as": "column", "families": one["families"],
        }  # fmt: skip
        assert "FMB" in one["families"]

    def test_a_variable_width_and_no_unit_are_null(self, run):
        found = json.loads(run("fields", "--family", "FMB", "--json").out)
        assert any(one["bytes"] is None and one["unit"] is None for one in found)

    def test_is_the_same_list_as_the_lines(self, run):
        found = json.loads(run("fields", "--json").out)
        assert [one["name"] for one in found] == [line["name"] for line in lines(run("fields"))]
        assert sum(one["bytes"] is None for one in found) == sum(
            one.width == VARIABLE for one in KNOWN.meanings
        )


@pytest.mark.parametrize("columns", [80, 119, 120, 140, 200])
def test_on_a_terminal_it_is_a_table_as_wide_as_that(run, monkeypatch, terminal, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = re.sub(r"\x1b\[[0-9;]*m", "", run("fields", "--family", "FMB").out.decode())
    rows = shown.splitlines()
    assert "\t" not in shown
    assert ("families" in rows[0]) == (columns >= 120)
    assert ("--json" in rows[-1]) == (columns < 120)
    assert max(map(len, rows)) <= columns
    ids = [row.split()[0] for row in rows[2:] if row[:5].strip().isdecimal()]
    assert ids == [line["id"] for line in lines_of_family(run, monkeypatch, "FMB")]


def lines_of_family(run, monkeypatch, family):
    monkeypatch.delenv("FORCE_COLOR")
    return lines(run("fields", "--family", family))


@pytest.mark.parametrize("columns", [80, 120])
def test_on_a_terminal_a_usual_name_is_not_folded(run, monkeypatch, terminal, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = run("fields", "--search", "fms_hv_battery_highest_cell_temperature_c").out.decode()
    assert " fms_hv_battery_highest_cell_temperature_c " in shown


def test_unknown_policy_fails(run):
    done = run("fields", "--policy", "no-such-policy")
    assert (done.status, done.out) == (1, b"")
    assert "policy_unknown" in done.err


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_closed_pipe_ends_it_with_one_line(spawn, environment, unbuffered, form):
    environment["PYTHONUNBUFFERED"] = unbuffered
    process = spawn("fields", *form, stdout=subprocess.PIPE, env=environment)
    assert process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b"output closed by the reader\n"
    assert process.wait() == 1


def test_a_full_disk_fails_it(spawn):
    with open("/dev/full", "wb") as full:
        process = spawn("fields", stdout=full)
        _, err = process.communicate()
    assert process.returncode == 1
    assert err.startswith(b"Error: sink_failed: ")


def test_standard_output_that_is_closed_is_no_bug(run, monkeypatch):
    monkeypatch.setattr("gpsproto.cli.answer.standard", lambda _: None)
    done = run("fields")
    assert done.status == 1
    assert "sink_failed" in done.err


def test_a_shell_is_given_the_families(run, monkeypatch):
    monkeypatch.setenv("_GPSPROTO_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "gpsproto fields --family TA")
    monkeypatch.setenv("COMP_CWORD", "3")
    assert run().out == b"plain,TAT\n"
