"""``gpsproto policy``: what a privacy officer reads."""

from __future__ import annotations

import json
import re

import pytest

from gpsproto import Policy, catalog, codecs
from gpsproto.cli.policyname import looked_at
from gpsproto.codecs import watch
from gpsproto.codecs.declared import declared
from gpsproto.privacy.policy import presets
from gpsproto.privacy.policy.check import preset_text
from gpsproto.privacy.policy.schema import schema
from gpsproto.privacy.policy.table import Row
from gpsproto.privacy.policy.words import LANGUAGES

pytestmark = pytest.mark.once

CANARY = "490154203237518"
VERBS = ["list", "show", "check", "diff", "explain", "table", "schema"]
MINE = """
name = "mine"
[record]
role = "controller"
controller = "Example B.V."
purposes = [{ purpose = "finding a bicycle", legal_basis = "contract" }]
[pseudonym]
domain = "mine"
[allow]
device_id = { action = "pseudonymise", scope = "P1M" }
time = "keep"
location = { action = "coarsen", grid = "5km" }
counter = "keep"
status = "keep"
[retain]
device_id = "P3M"
time = "P3M"
location = "P3M"
counter = "P3M"
status = { period = "P12M", service = "support", legal_basis = "consent" }
[override]
"teltonika:ignition" = "drop"
"watch:no_such_field" = "drop"
"""
EXACT = """
name = "{0}"
[pseudonym]
domain = "{0}"
[allow]
device_id = "pseudonymise"
time = "keep"
location = "keep"
[retain]
device_id = "P3M"
time = "P3M"
location = "P3M"
"""


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(MINE)
    return path


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")


def lines(done):
    """The lines of a table, by the names of their columns."""
    head, *rows = (line.split("\t") for line in done.out.decode().splitlines())
    return [dict(zip(head, row, strict=True)) for row in rows]


def shown(done):
    return re.sub(r"\x1b\[[0-9;]*m", "", done.out.decode())


def completions(run, monkeypatch, *words):
    monkeypatch.setenv("_GPSPROTO_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(["gpsproto policy", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words) + 1))
    return run().out.decode().split()


def test_without_a_verb_it_shows_help(run):
    done = run("policy")
    assert (done.status, done.out) == (0, run("policy", "--help").out)
    assert all(f"  {verb} " in done.out.decode() for verb in VERBS)


@pytest.mark.parametrize("verb", [(), *((verb,) for verb in VERBS)])
def test_help_gives_an_example(run, verb):
    assert b"Example:\n    gpsproto policy " in run("policy", *verb, "--help").out


@pytest.mark.parametrize("verb", ["check", "diff", "explain", "table"])
def test_a_shell_is_offered_the_policies_and_files(run, monkeypatch, verb):
    assert completions(run, monkeypatch, verb, "track") == ["plain,tracking", "file,track"]


class TestList:
    def test_has_a_line_a_preset(self, run):
        done = run("policy", "list")
        assert (done.status, done.err) == (0, "")
        assert [line["name"] for line in lines(done)] == list(presets())
        assert all(line["description"] for line in lines(done))

    def test_says_which_have_blanks(self, run):
        found = json.loads(run("policy", "list", "--json").out)
        assert {one["name"]: tuple(one["blanks"]) for one in found} == {
            name: looked_at(name).blanks for name in presets()
        }

    def test_is_a_table_on_a_terminal(self, run, terminal):
        assert "tracking" in shown(run("policy", "list"))
        assert "\t" not in shown(run("policy", "list"))


class TestShow:
    @pytest.mark.parametrize("name", presets())
    def test_prints_the_text_as_it_is(self, run, name):
        done = run("policy", "show", name)
        assert (done.status, done.err) == (0, "")
        assert done.out.decode() == preset_text(name)

    def test_what_it_prints_is_a_policy(self, run, tmp_path):
        (tmp_path / "p.toml").write_bytes(run("policy", "show", "tracking").out)
        assert Policy.load(tmp_path / "p.toml") == Policy.load("tracking")

    @pytest.mark.parametrize("name", [CANARY, "../policy", "Tracking", ""])
    def test_of_no_preset_names_those_there_are(self, run, name):
        done = run("policy", "show", name)
        assert (done.status, done.out) == (2, b"")
        assert f"NAME wants one of: {', '.join(presets())}" in done.err
        assert CANARY not in done.err

    def test_a_shell_is_offered_the_names(self, run, monkeypatch):
        assert completions(run, monkeypatch, "show", "tr") == ["plain,tracking"]


class TestCheck:
    def test_of_what_is_well_says_so(self, run):
        done = run("policy", "check", "tracking")
        assert (done.status, done.out) == (0, b"")
        assert done.err == "1 policy, 0 errors, 0 warnings\n"

    @pytest.mark.parametrize("name", presets())
    def test_a_preset_fails_where_it_has_blanks_alone(self, run, name):
        done = run("policy", "check", name, "--json")
        found = [one["key"] for one in json.loads(done.out) if one["severity"] == "error"]
        assert found == list(looked_at(name).blanks)
        assert done.status == bool(found)

    def test_warnings_leave_the_status(self, run, mine):
        done = run("policy", "check", mine)
        assert done.status == 0
        assert {line["severity"] for line in lines(done)} == {"warning"}
        assert {line["code"] for line in lines(done)} == {
            "counter_links_epochs", "counter_beside_grid", "coarse_place",
            "override_matches_nothing",
        }  # fmt: skip
        assert {line["policy"] for line in lines(done)} == {"policy#1 mine"}

    def test_a_finding_says_severity_code_key_and_what_to_do(self, run, mine):
        found = json.loads(run("policy", "check", mine, "--json").out)
        assert all(
            set(one) == {"severity", "code", "policy", "key", "text", "advice"}
            and all(one.values())
            for one in found
        )

    def test_delta_satisfies_the_counter(self, run, mine):
        mine.write_text(
            MINE.replace('counter = "keep"', 'counter = { action = "coarsen", delta = true }')
        )
        found = {line["code"] for line in lines(run("policy", "check", mine))}
        assert found == {"coarse_place", "override_matches_nothing"}

    def test_two_domains_with_exact_times_and_places_are_told(self, run, tmp_path):
        for name in ("one", "two"):
            (tmp_path / name).write_text(EXACT.format(name))
        [line] = lines(run("policy", "check", tmp_path / "one", tmp_path / "two"))
        assert line["code"] == "same_place_twice"
        assert line["policy"] == "policy#1 one, policy#2 two"

    def test_the_same_policy_twice_is_none(self, run, tmp_path):
        (tmp_path / "one").write_text(EXACT.format("one"))
        done = run("policy", "check", tmp_path / "one", tmp_path / "one", "tracking", "tracking")
        assert [line["policy"] for line in lines(done)] == [
            "policy#1 one, policy#2 one, tracking, policy#4 tracking"
        ]

    @pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00", b"a = [", b"a = 1\n"])
    def test_a_file_that_is_no_policy_is_an_error_among_others(self, run, tmp_path, content):
        path = tmp_path / CANARY
        if content is not None:
            path.write_bytes(content)
        done = run("policy", "check", "tracking", path)
        assert done.status == 1
        assert [(line["severity"], line["policy"]) for line in lines(done)] == [
            ("error", "policy#2")
        ]
        assert CANARY not in done.err + done.out.decode()

    def test_a_folder_is_an_error(self, run, tmp_path):
        assert run("policy", "check", tmp_path).status == 1

    def test_without_a_policy_is_wrong_usage(self, run):
        done = run("policy", "check")
        assert done.status == 2
        assert "NAME_OR_FILE" in done.err

    def test_with_nothing_to_say_is_an_empty_list(self, run):
        assert run("policy", "check", "tracking", "--json").out == b"[]\n"

    @pytest.mark.parametrize("columns", [80, 120, 200])
    def test_is_a_table_as_wide_as_the_terminal(self, run, monkeypatch, terminal, mine, columns):
        monkeypatch.setenv("COLUMNS", str(columns))
        found = shown(run("policy", "check", mine))
        assert "\t" not in found
        assert max(map(len, found.splitlines())) <= columns


class TestDiff:
    def test_of_a_policy_with_itself_is_nothing(self, run):
        done = run("policy", "diff", "tracking", "tracking", "--fail-if-looser")
        assert (done.status, done.out) == (0, b"")
        assert done.err == "the policies do the same\n"

    def test_has_a_line_a_change(self, run, tmp_path):
        (tmp_path / "p").write_text(EXACT.format("tracking"))
        done = run("policy", "diff", "tracking", tmp_path / "p")
        found = {line["key"]: line for line in lines(done)}
        assert found["allow.status"]["change"] == "stricter"
        assert found["allow.status"]["was"] == "keep"
        assert done.err == "nothing is looser\n"

    def test_fails_where_something_is_looser_and_that_is_asked(self, run, tmp_path):
        (tmp_path / "p").write_text(EXACT.format("tracking"))
        pair = (tmp_path / "p", "tracking")
        assert run("policy", "diff", *pair).status == 0
        done = run("policy", "diff", *pair, "--fail-if-looser")
        assert done.status == 1
        assert done.err.startswith("looser in ")

    def test_does_not_fail_where_all_is_stricter(self, run, tmp_path):
        (tmp_path / "p").write_text(EXACT.format("tracking"))
        assert run("policy", "diff", "tracking", tmp_path / "p", "--fail-if-looser").status == 0

    def test_as_json_has_the_same(self, run, mine):
        found = json.loads(run("policy", "diff", "tracking", mine, "--json").out)
        assert found
        assert [one["key"] for one in found] == [
            line["key"] for line in lines(run("policy", "diff", "tracking", mine))
        ]
        assert all(set(one) == {"key", "kind", "was", "now"} for one in found)

    def test_what_is_not_filled_in_is_neither_stricter_nor_looser(self, run, mine, tmp_path):
        (tmp_path / "blank").write_text(
            MINE.replace('counter = "P3M"', 'counter = "FILL IN: how long"')
        )
        for pair in ((mine, tmp_path / "blank"), (tmp_path / "blank", mine)):
            done = run("policy", "diff", *pair, "--fail-if-looser", "--json")
            assert done.status == 0
            assert {one["kind"] for one in json.loads(done.out)} <= {"other"}

    @pytest.mark.parametrize("name", [CANARY, "."])
    def test_of_no_policy_fails(self, run, name):
        done = run("policy", "diff", "tracking", name)
        assert (done.status, done.out) == (1, b"")
        assert done.err.startswith("Error: policy_unknown: ")
        assert CANARY not in done.err

    def test_wants_two(self, run):
        assert run("policy", "diff", "tracking").status == 2


class TestExplain:
    def test_has_a_line_a_field_of_every_protocol(self, run):
        done = run("policy", "explain", "tracking")
        assert (done.status, done.err) == (0, "")
        assert [(one["protocol"], one["message"], one["field"]) for one in lines(done)] == [
            (one.protocol, one.message, one.field)
            for protocol in codecs.terms()
            for one in declared(protocol)
        ]

    @pytest.mark.parametrize("name", presets())
    def test_explains_every_preset(self, run, name):
        found = {
            (one["message"], one["field"]): one
            for one in json.loads(run("policy", "explain", name, "--json").out)
        }
        rule = looked_at(name).policy.rule("device_id")
        assert found["login", "imei"]["action"] == ("drop" if rule is None else "pseudonymise")

    def test_a_message_is_named_by_its_last_word_too(self, run):
        found = json.loads(
            run("policy", "explain", "tracking", "--message", "command", "--json").out
        )
        assert {one["message"] for one in found} == {
            "Codec 12 command", "Codec 14 command", "Codec 15 command",
        }  # fmt: skip

    def test_a_line_says_what_becomes_of_a_field_and_why(self, run, mine):
        [line] = lines(run("policy", "explain", mine, "--search", "longitude", "--message", "avl"))
        assert line == {
            "protocol": "teltonika", "message": "avl", "field": "longitude", "name": "longitude",
            "unit": "1e-7 deg", "category": "location", "action": "coarsen: grid 5km",
            "decided by": "allow.location", "retention": "P3M",
        }  # fmt: skip

    def test_names_the_override_that_decided(self, run, mine):
        [line] = lines(run("policy", "explain", mine, "--search", "239"))
        assert (line["action"], line["decided by"]) == ("drop", "override.teltonika:ignition")

    def test_as_json_holds_each_field_in_full(self, run, mine):
        [found] = json.loads(
            run("policy", "explain", mine, "--search", "16", "--family", "FMB", "--json").out
        )
        assert found == {
            "protocol": "teltonika", "message": "avl", "field": "16@4",
            "names": ["total_odometer_m"], "meaning": "", "unit": "m", "category": "counter",
            "may_be": ["counter"], "action": "keep", "how": None, "scope": None,
            "decided_by": "allow.counter", "retention": "P3M", "cleared_in_private_mode": True,
        }  # fmt: skip

    @pytest.mark.parametrize("protocol", codecs.terms())
    def test_of_one_protocol_is_that_alone(self, run, protocol):
        found = lines(run("policy", "explain", "tracking", "--protocol", protocol))
        assert {line["protocol"] for line in found} == {protocol}

    @pytest.mark.parametrize("message", ["UD", "ud", "avl", "login"])
    def test_of_one_message_is_that_alone(self, run, message):
        found = lines(run("policy", "explain", "tracking", "--message", message))
        assert {line["message"].lower() for line in found} == {message.lower()}

    @pytest.mark.parametrize(
        ("family", "protocol"), [("FMB920", codecs.AVL), ("WATCH4P", codecs.WATCH)]
    )
    def test_of_a_family_is_of_its_protocol(self, run, family, protocol):
        found = lines(run("policy", "explain", "tracking", "--family", family))
        assert {line["protocol"] for line in found} == {protocol}

    def test_of_a_family_has_what_it_knows(self, run):
        found = lines(run("policy", "explain", "tracking", "--family", "GH", "--message", "avl"))
        pairs = {line["field"] for line in found if "@" in line["field"]}
        known = catalog.load()
        assert pairs == {
            f"{id}@{width}"
            for id, width in known.pairs("GH")
            if id < catalog.OURS and known.categories(id, width, "GH")
        }

    def test_every_watch_message_is_there(self, run):
        found = lines(run("policy", "explain", "tracking", "--protocol", codecs.WATCH))
        assert {one.word for one in watch.messages()} <= {line["message"] for line in found}

    def test_what_is_not_filled_in_says_so(self, run, tmp_path):
        (tmp_path / "p").write_text(MINE.replace('counter = "P3M"', 'counter = "FILL IN: long"'))
        [line] = lines(run("policy", "explain", tmp_path / "p", "--search", "16"))
        assert line["retention"] == "fill in"

    @pytest.mark.parametrize("form", [(), ("--json",)])
    def test_that_finds_nothing_says_so_and_quotes_nothing(self, run, form):
        done = run("policy", "explain", "tracking", "--search", CANARY, *form)
        assert (done.status, done.err) == (1, "no field fits\n")
        assert done.out == (b"[]\n" if form else b"")

    @pytest.mark.parametrize("columns", [80, 119, 120, 200])
    def test_is_a_table_as_wide_as_the_terminal(self, run, monkeypatch, terminal, columns):
        monkeypatch.setenv("COLUMNS", str(columns))
        found = shown(run("policy", "explain", "tracking", "--message", "UD")).splitlines()
        assert max(map(len, found)) <= columns
        assert ("retention" in found[0]) == (columns >= 120)
        assert ("--json" in found[-1]) == (columns < 120)

    def test_of_no_policy_fails(self, run):
        done = run("policy", "explain", CANARY)
        assert done.status == 1
        assert CANARY not in done.err.replace("identifiers never", "")


class TestTable:
    def test_has_a_row_a_service(self, run, mine):
        done = run("policy", "table", mine)
        assert (done.status, done.err) == (0, "")
        assert lines(done) == [
            {
                "service": "finding a bicycle",
                "data": "time, rounded down to 1 hour; counters (distance, engine hours, fuel);"
                " location, in squares of 5 km; device number (IMEI, id of a watch), as a"
                " pseudonym, a new one each month",
                "retention": "at most 3 months",
                "responsible": "Example B.V.",
                "legal ground": "contract",
            },
            {
                "service": "support",
                "data": "technical status (battery, signal, inputs)",
                "retention": "at most 12 months",
                "responsible": "Example B.V.",
                "legal ground": "consent",
            },
        ]

    def test_speaks_dutch(self, run, mine):
        found = lines(run("policy", "table", mine, "--lang", "nl"))
        assert tuple(found[0]) == LANGUAGES["nl"].head
        assert found[0]["bewaartermijn"] == "ten hoogste 3 maanden"

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_is_markdown(self, run, mine, lang):
        found = run("policy", "table", mine, "--lang", lang, "--markdown").out.decode().splitlines()
        assert found[0] == f"| {' | '.join(LANGUAGES[lang].head)} |"
        assert found[1] == "| --- | --- | --- | --- | --- |"
        assert len(found) == 4

    def test_of_markdown_holds_no_mark_of_the_policy(self, run, mine):
        mine.write_text(MINE.replace('service = "support"', 'service = "a|b <i> [c](d) # e"'))
        found = run("policy", "table", mine, "--markdown").out.decode().splitlines()
        assert r"| a\|b \<i\> \[c\](d) # e |" in found[3]
        assert len(found) == 4

    @pytest.mark.parametrize("form", [(), ("--markdown",)])
    def test_a_tab_or_a_line_end_ends_no_cell(self, run, monkeypatch, mine, form):
        row = Row("a\tb\nc\x1bd", (), "e", "f", "g")
        monkeypatch.setattr("gpsproto.cli.policytable.tables.table", lambda *_: (row,))
        done = run("policy", "table", mine, *form)
        assert "a b c d" in done.out.decode()
        assert "\x1b" not in done.out.decode()

    def test_as_json_has_the_same(self, run, mine):
        found = json.loads(run("policy", "table", mine, "--json").out)
        assert [(one["service"], "; ".join(one["data"])) for one in found] == [
            (line["service"], line["data"]) for line in lines(run("policy", "table", mine))
        ]

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_without_a_controller_says_what_to_fill_in(self, run, mine, lang):
        mine.write_text(MINE.replace('controller = "Example B.V."', ""))
        done = run("policy", "table", mine, "--lang", lang)
        assert (done.status, done.out) == (1, b"")
        assert "at record.controller" in done.err
        assert 'fill in [record] controller = "..."' in done.err

    def test_with_a_blank_fails(self, run, tmp_path):
        (tmp_path / "p").write_text(MINE.replace('counter = "P3M"', 'counter = "FILL IN: long"'))
        assert run("policy", "table", tmp_path / "p").status == 1

    def test_takes_one_form(self, run, mine):
        done = run("policy", "table", mine, "--markdown", "--json")
        assert done.status == 2
        assert "two forms" in done.err

    def test_in_another_language_is_wrong_usage(self, run, mine):
        done = run("policy", "table", mine, "--lang", "de")
        assert done.status == 2
        assert "one of: en, nl" in done.err


def test_schema_is_the_one_of_the_library(run):
    done = run("policy", "schema")
    assert (done.status, done.err) == (0, "")
    assert json.loads(done.out) == schema()


@pytest.mark.parametrize(
    "arguments", [("list", "x"), ("schema", "x"), ("show",), ("explain",), ("table",), ("nothing",)]
)
def test_wrong_arguments_are_wrong_usage(run, arguments):
    done = run("policy", *arguments)
    assert done.status == 2
    assert "Usage: gpsproto policy" in done.err


@pytest.mark.parametrize("verb", ["list", "check", "explain", "schema"])
def test_standard_output_that_is_closed_is_no_bug(run, monkeypatch, mine, verb):
    monkeypatch.setattr("gpsproto.cli.answer.standard", lambda _: None)
    done = run("policy", verb, *([mine] if verb in ("check", "explain") else []))
    assert done.status == 1
    assert "sink_failed" in done.err
