"""What a policy says, in the words of a language: for people who answer to other people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gpsproto.category import Category
from gpsproto.privacy.policy.rules import LEGAL_BASES, Coarse, Retention, Rule
from gpsproto.privacy.retention import Period
from gpsproto.privacy.scope import Scope

Language = Literal["en", "nl"]
_YEARS_FROM = 24  # months; below it a year is called twelve months, as statements do
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


@dataclass(frozen=True, slots=True)
class Words:
    """A language.  Templates take one text, ``{}``; a unit is its singular and its plural."""

    head: tuple[str, str, str, str, str]
    categories: Mapping[Category, str]
    grounds: Mapping[str, str]
    units: Mapping[str, tuple[str, str]]
    both: str
    under_a_day: str
    at_most: str
    after_use: str
    until: Mapping[str, str]
    either: str
    pseudonym: str
    scopes: Mapping[Scope, str]
    grid: str
    rounded: str
    buckets: str
    delta: str
    decimal: str

    def count(self, number: int, unit: str) -> str:
        """A number of a unit."""
        one, many = self.units[unit]
        return f"{number} {one if number == 1 else many}"

    def period(self, period: Period) -> str:
        """A period: ``3 months``."""
        years, months = divmod(period.months, 12)
        if months or period.months < _YEARS_FROM:
            years, months = 0, period.months
        parts = [
            self.count(number, unit)
            for number, unit in ((years, "year"), (months, "month"), (period.days, "day"))
            if number
        ]
        return self.both.join(parts) or self.under_a_day

    def retention(self, found: Retention) -> str:
        """How long: ``until the account is closed, or 2 years after the last use``."""
        ends = []
        if found.until is not None:
            ends.append(self.until.get(found.until, found.until))
        if found.inactive is not None:
            ends.append(self.after_use.format(self.period(found.inactive)))
        parts = [self.either.join(ends)] if ends else []
        if found.bound is not None:
            parts.append(self.at_most.format(self.period(found.bound)))
        return ", ".join(parts)

    def ground(self, legal_basis: str) -> str:
        """A legal ground; a text of somebody's own stays as it is."""
        return self.grounds.get(legal_basis, legal_basis)

    def datum(self, category: Category, rule: Rule) -> str:
        """A category, and in which form it leaves."""
        parts = [self.categories[category]]
        if rule.action == "pseudonymise":
            parts.append(self.pseudonym)
            if rule.scope in self.scopes:
                parts.append(self.scopes[rule.scope])
        elif rule.action == "coarsen":
            parts.extend(self._coarse(rule.coarse))
        return ", ".join(parts)

    def _coarse(self, coarse: Coarse) -> list[str]:
        said = []
        if coarse.grid_m is not None:
            said.append(self.grid.format(self._length(coarse.grid_m)))
        elif coarse.time_s is not None:
            size, unit = next(one for one in _UNITS if coarse.time_s % one[0] == 0)
            said.append(self.rounded.format(self.count(coarse.time_s // size, unit)))
        if coarse.buckets:
            said.append(self.buckets)
        if coarse.delta:
            said.append(self.delta)
        return said

    def _length(self, metres: int) -> str:
        if metres < 1_000:
            return f"{metres} m"
        return f"{metres / 1_000:g} km".replace(".", self.decimal)


_EN = Words(
    head=("service", "data", "retention", "responsible", "legal ground"),
    categories={
        Category.SECRET: "passwords",
        Category.OPAQUE: "data of unknown meaning",
        Category.THIRD_PARTY_ID: "devices and networks of others",
        Category.PERSON_NAME: "names",
        Category.CONTACT: "contacts and phone numbers",
        Category.MESSAGE: "text messages",
        Category.VOICE: "voice recordings",
        Category.PHOTO: "pictures",
        Category.NETWORK_ADDR: "network addresses",
        Category.ACCOUNT_REF: "customer number",
        Category.DEVICE_ID: "device number (IMEI, id of a watch)",
        Category.SIM_ID: "number of the SIM card",
        Category.DRIVER_ID: "number of the driver",
        Category.VEHICLE_ID: "vehicle identification",
        Category.HEALTH: "health",
        Category.LOCATION: "location",
        Category.NET_LOCATION: "radio cells",
        Category.ZONE: "zones",
        Category.ROAMING: "network operator and roaming",
        Category.BEHAVIOUR: "behaviour",
        Category.ACTIVITY: "activity (steps, sleep)",
        Category.PRIVATE_MODE: "switch of private trips",
        Category.ALARM: "alarms",
        Category.MOTION: "speed, course and movement",
        Category.COUNTER: "counters (distance, engine hours, fuel)",
        Category.TRAFFIC: "volume of data traffic",
        Category.PRODUCT: "product and firmware",
        Category.VEHICLE_TECH: "technical data of the vehicle",
        Category.STATUS: "technical status (battery, signal, inputs)",
        Category.TIME: "time",
    },
    grounds=dict(zip(
        LEGAL_BASES,
        (
            "consent",
            "contract",
            "legal obligation",
            "vital interests",
            "public task",
            "legitimate interests",
        ),
        strict=True,
    )),
    units={
        "year": ("year", "years"), "month": ("month", "months"), "day": ("day", "days"),
        "hour": ("hour", "hours"), "minute": ("minute", "minutes"), "second": ("second", "seconds"),
    },
    both=" and ",
    under_a_day="a day",
    at_most="at most {}",
    after_use="{} after the last use",
    until={
        "account-closed": "until the account is closed",
        "case-closed": "until the case is closed",
        "service-end": "until the service ends",
    },
    either=", or ",
    pseudonym="as a pseudonym",
    scopes={
        Scope.RECORD: "a new one each record",
        Scope.SESSION: "a new one each connection",
        Scope.DAY: "a new one each day",
        Scope.MONTH: "a new one each month",
    },
    grid="in squares of {}",
    rounded="rounded down to {}",
    buckets="in steps",
    delta="increase of the day only",
    decimal=".",
)  # fmt: skip
_NL = Words(
    head=("dienst", "gegevens", "bewaartermijn", "verantwoordelijke", "grondslag"),
    categories={
        Category.SECRET: "wachtwoorden",
        Category.OPAQUE: "gegevens van onbekende betekenis",
        Category.THIRD_PARTY_ID: "apparaten en netwerken van anderen",
        Category.PERSON_NAME: "namen",
        Category.CONTACT: "contacten en telefoonnummers",
        Category.MESSAGE: "tekstberichten",
        Category.VOICE: "spraakopnamen",
        Category.PHOTO: "foto's",
        Category.NETWORK_ADDR: "netwerkadressen",
        Category.ACCOUNT_REF: "klantnummer",
        Category.DEVICE_ID: "apparaatnummer (IMEI, nummer van een horloge)",
        Category.SIM_ID: "nummer van de simkaart",
        Category.DRIVER_ID: "nummer van de bestuurder",
        Category.VEHICLE_ID: "identificatie van het voertuig",
        Category.HEALTH: "gezondheid",
        Category.LOCATION: "locatie",
        Category.NET_LOCATION: "zendmasten",
        Category.ZONE: "zones",
        Category.ROAMING: "netwerkaanbieder en roaming",
        Category.BEHAVIOUR: "gedrag",
        Category.ACTIVITY: "activiteit (stappen, slaap)",
        Category.PRIVATE_MODE: "schakelaar voor privéritten",
        Category.ALARM: "alarmen",
        Category.MOTION: "snelheid, richting en beweging",
        Category.COUNTER: "tellers (afstand, motoruren, brandstof)",
        Category.TRAFFIC: "hoeveelheid dataverkeer",
        Category.PRODUCT: "product en firmware",
        Category.VEHICLE_TECH: "technische gegevens van het voertuig",
        Category.STATUS: "technische status (batterij, signaal, ingangen)",
        Category.TIME: "tijdstip",
    },
    grounds=dict(zip(
        LEGAL_BASES,
        (
            "toestemming",
            "overeenkomst",
            "wettelijke verplichting",
            "vitale belangen",
            "taak van algemeen belang",
            "gerechtvaardigd belang",
        ),
        strict=True,
    )),
    units={
        "year": ("jaar", "jaar"), "month": ("maand", "maanden"), "day": ("dag", "dagen"),
        "hour": ("uur", "uur"), "minute": ("minuut", "minuten"), "second": ("seconde", "seconden"),
    },
    both=" en ",
    under_a_day="een dag",
    at_most="ten hoogste {}",
    after_use="{} na het laatste gebruik",
    until={
        "account-closed": "tot het account wordt gesloten",
        "case-closed": "tot de zaak is gesloten",
        "service-end": "tot het einde van de dienst",
    },
    either=", of ",
    pseudonym="als pseudoniem",
    scopes={
        Scope.RECORD: "per bericht een nieuw",
        Scope.SESSION: "per verbinding een nieuw",
        Scope.DAY: "per dag een nieuw",
        Scope.MONTH: "per maand een nieuw",
    },
    grid="in vakken van {}",
    rounded="naar beneden afgerond op {}",
    buckets="in stappen",
    delta="alleen de toename van de dag",
    decimal=",",
)  # fmt: skip
LANGUAGES: Mapping[Language, Words] = {"en": _EN, "nl": _NL}
