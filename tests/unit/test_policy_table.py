"""The table of a privacy statement, in two languages."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto import Policy
from gpsproto.category import Category
from gpsproto.cli.policyname import looked_at
from gpsproto.errors import ErrorCode, PolicyError
from gpsproto.privacy.policy import presets
from gpsproto.privacy.policy.rules import LEGAL_BASES, Coarse, Purpose, Record, Retention, Rule
from gpsproto.privacy.policy.table import table
from gpsproto.privacy.policy.words import LANGUAGES
from gpsproto.privacy.retention import Period
from gpsproto.privacy.scope import Scope

pytestmark = pytest.mark.once

KEPT = Rule("keep")
YEAR = Retention(Period(12, 0))
CONTROLLER = Record("controller", "Example B.V.", (Purpose("tracking", "contract"),))
EN, NL = LANGUAGES["en"], LANGUAGES["nl"]

by_language = pytest.mark.parametrize("language", LANGUAGES)


def made(retain, allow=None, record=CONTROLLER) -> Policy:
    allowed = dict.fromkeys(retain, KEPT) | (allow or {})
    return Policy("n", "d", allowed, retain, record=record)


class TestRows:
    def test_have_what_the_policy_says_of_them(self):
        kept = dataclasses.replace(
            YEAR, service="support", responsible="Other B.V.", legal_basis="consent"
        )
        [row] = table(made({Category.STATUS: kept}))
        assert row == (
            "support", ("technical status (battery, signal, inputs)",), "at most 12 months",
            "Other B.V.", "consent",
        )  # fmt: skip

    def test_fall_back_on_the_record_of_processing(self):
        [row] = table(made({Category.STATUS: YEAR}))
        assert (row.service, row.responsible, row.legal_ground) == (
            "tracking", "Example B.V.", "contract",
        )  # fmt: skip

    def test_without_a_purpose_are_of_the_service_that_is_the_policy(self):
        [row] = table(made({Category.STATUS: YEAR}, record=Record(controller="E")))
        assert (row.service, row.legal_ground) == ("n", "")

    def test_say_a_legal_ground_in_the_language(self):
        kept = dataclasses.replace(YEAR, legal_basis="legitimate-interests")
        [row] = table(made({Category.STATUS: kept}), "nl")
        assert row.legal_ground == "gerechtvaardigd belang"

    def test_that_are_alike_are_one(self):
        retain = {
            Category.STATUS: YEAR,
            Category.LOCATION: Retention(Period(3, 0)),
            Category.TIME: YEAR,
        }
        assert [(row.data, row.retention) for row in table(made(retain))] == [
            (("time", "technical status (battery, signal, inputs)"), "at most 12 months"),
            (("location",), "at most 3 months"),
        ]

    def test_hold_every_category_that_leaves_once(self):
        for name in presets():
            policy = looked_at(name).policy
            named = dataclasses.replace(policy, record=CONTROLLER)
            said = [datum.split(",")[0] for row in table(named) for datum in row.data]
            leaving = [one for one in Category if policy.rule(one) is not None]
            assert sorted(said) == sorted(EN.categories[one].split(",")[0] for one in leaving)

    def test_hold_nothing_that_a_coarse_place_drops(self):
        grid = Rule("coarsen", coarse=Coarse(grid_m=5_000))
        retain = dict.fromkeys((Category.LOCATION, Category.MOTION), YEAR)
        [row] = table(made(retain, {Category.LOCATION: grid}))
        assert row.data == ("location, in squares of 5 km",)

    def test_are_as_many_in_each_language(self):
        policy = made(dict.fromkeys((Category.LOCATION, Category.TIME), YEAR))
        assert len(table(policy, "en")) == len(table(policy, "nl"))


@pytest.mark.parametrize("controller", ["", "  "])
@by_language
def test_without_a_controller_it_says_what_to_fill_in(language, controller):
    policy = made({Category.STATUS: YEAR}, record=Record(controller=controller))
    with pytest.raises(PolicyError) as caught:
        table(policy, language)
    assert caught.value.code is ErrorCode.POLICY_MISSING
    assert caught.value.key == "record.controller"
    assert "fill in" in str(caught.value)


P3M, P12M, P24M = Period(3, 0), Period(12, 0), Period(24, 0)


@pytest.mark.parametrize(
    ("kept", "english", "dutch"),
    [
        (Retention(P3M), "at most 3 months", "ten hoogste 3 maanden"),
        (Retention(Period(1, 0)), "at most 1 month", "ten hoogste 1 maand"),
        (Retention(P12M), "at most 12 months", "ten hoogste 12 maanden"),
        (Retention(P24M), "at most 2 years", "ten hoogste 2 jaar"),
        (Retention(Period(30, 0)), "at most 30 months", "ten hoogste 30 maanden"),
        (Retention(Period(0, 3)), "at most 3 days", "ten hoogste 3 dagen"),
        (Retention(Period(1, 1)), "at most 1 month and 1 day", "ten hoogste 1 maand en 1 dag"),
        (Retention(Period(0, 0)), "at most a day", "ten hoogste een dag"),
        (
            Retention(until="account-closed"),
            "until the account is closed",
            "tot het account wordt gesloten",
        ),
        (
            Retention(until="account-closed", inactive=P24M),
            "until the account is closed, or 2 years after the last use",
            "tot het account wordt gesloten, of 2 jaar na het laatste gebruik",
        ),
        (
            Retention(until="case-closed", most=P12M),
            "until the case is closed, at most 12 months",
            "tot de zaak is gesloten, ten hoogste 12 maanden",
        ),
        (Retention(until="service-end"), "until the service ends", "tot het einde van de dienst"),
        (Retention(P12M, most=P3M), "at most 3 months", "ten hoogste 3 maanden"),
    ],
)
def test_a_retention_in_words(kept, english, dutch):
    assert (EN.retention(kept), NL.retention(kept)) == (english, dutch)


@pytest.mark.parametrize(
    ("category", "rule", "english", "dutch"),
    [
        (Category.TIME, KEPT, "time", "tijdstip"),
        (
            Category.DEVICE_ID, Rule("pseudonymise"),
            "device number (IMEI, id of a watch), as a pseudonym",
            "apparaatnummer (IMEI, nummer van een horloge), als pseudoniem",
        ),
        (
            Category.ACCOUNT_REF, Rule("pseudonymise", scope=Scope.MONTH),
            "customer number, as a pseudonym, a new one each month",
            "klantnummer, als pseudoniem, per maand een nieuw",
        ),
        (
            Category.LOCATION, Rule("coarsen", coarse=Coarse(grid_m=2_500, time_s=60)),
            "location, in squares of 2.5 km", "locatie, in vakken van 2,5 km",
        ),
        (
            Category.LOCATION, Rule("coarsen", coarse=Coarse(grid_m=500)),
            "location, in squares of 500 m", "locatie, in vakken van 500 m",
        ),
        (
            Category.TIME, Rule("coarsen", coarse=Coarse(time_s=3_600)),
            "time, rounded down to 1 hour", "tijdstip, naar beneden afgerond op 1 uur",
        ),
        (
            Category.TIME, Rule("coarsen", coarse=Coarse(time_s=900)),
            "time, rounded down to 15 minutes", "tijdstip, naar beneden afgerond op 15 minuten",
        ),
        (
            Category.ACTIVITY, Rule("coarsen", coarse=Coarse(delta=True)),
            "activity (steps, sleep), increase of the day only",
            "activiteit (stappen, slaap), alleen de toename van de dag",
        ),
        (
            Category.TRAFFIC, Rule("coarsen", coarse=Coarse(buckets=(0.0, 9.0))),
            "volume of data traffic, in steps", "hoeveelheid dataverkeer, in stappen",
        ),
    ],
)  # fmt: skip
def test_what_leaves_in_words(category, rule, english, dutch):
    assert (EN.datum(category, rule), NL.datum(category, rule)) == (english, dutch)


@by_language
class TestLanguage:
    @pytest.mark.parametrize("category", Category)
    def test_has_a_word_for_every_category(self, language, category):
        assert LANGUAGES[language].categories[category]

    def test_calls_no_two_categories_the_same(self, language):
        found = list(LANGUAGES[language].categories.values())
        assert len(set(found)) == len(found)

    @pytest.mark.parametrize("scope", [one for one in Scope if one is not Scope.STABLE], ids=str)
    def test_has_words_for_every_scope(self, language, scope):
        assert LANGUAGES[language].scopes[scope]

    @pytest.mark.parametrize("basis", LEGAL_BASES)
    def test_has_words_for_every_legal_ground(self, language, basis):
        assert LANGUAGES[language].ground(basis)

    def test_leaves_another_legal_ground_as_it_is(self, language):
        assert LANGUAGES[language].ground("art. 6(1)(b)") == "art. 6(1)(b)"

    @given(
        months=st.integers(0, 9_999), days=st.integers(0, 99_999), inactive=st.integers(1, 9_999)
    )
    def test_says_any_retention(self, language, months, days, inactive):
        kept = Retention(Period(months, days), "case-closed", Period(inactive, 0))
        said = LANGUAGES[language].retention(kept)
        assert said
        assert "{" not in said


def test_the_languages_differ_in_every_word():
    for category in Category:
        if category not in (Category.ZONE,):
            assert EN.categories[category] != NL.categories[category]
