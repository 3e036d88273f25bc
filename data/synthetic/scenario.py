"""Scenario files: every number of a synthetic world, checked, with defaults taken from another scenario by `extends`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from data.synthetic.pools import goods_groups, known_countries
from features.parcel.fields import FINDING_CLASSES, STREAMS
from features.parcel.problems import ParcelRiskError

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
Weight = Annotated[float, Field(ge=0.0)]
Weights = dict[str, Weight]


class ScenarioError(ParcelRiskError):
    """A scenario file cannot be used; the message names file, key, reason and remedy."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Stream(_Table):
    """One mail stream: its share of honest traffic and its log-normal weight."""

    share: Weight
    weight_median_g: Positive
    weight_sigma: Positive
    weight_cap_g: int = Field(gt=0)
    travel_days: Positive
    postage_eur: Positive


class Origin(_Table):
    """A country that sends: its share of each kind of sender, transit countries, and how well its post fills forms."""

    marketplace: Weight = 0.0
    firm: Weight = 0.0
    hobby: Weight = 0.0
    private: Weight = 0.0
    returns: Weight = 0.0
    data_quality: Positive = 1.0
    via: dict[str, Share] = {}


class SenderKind(_Table):
    """One kind of honest sender."""

    share: Weight
    parcels_per_sender: Positive
    spread_sigma: Weight
    short_lived_share: Share
    lifetime_days: Positive
    catalogue_size: int = Field(ge=1)
    order_reference_share: Share
    generic_share: Share
    round_weight_share: Share


class Quality(_Table):
    """How manifests are filled in, over the whole flow."""

    contents_missing_share: Share
    hs_given_share: Share
    hs_plausible_share: Share
    recipient_phone_share: Share
    sender_contact_share: Share
    typo_share: Share
    value_missing_share: Share
    size_given_share: Share
    on_time_share: Share
    currency_missing_share: Share
    undervalued_share: Share
    wrong_check_digit_share: Share
    foreign_office_share: Share


class Recipients(_Table):
    """Who receives, and where parcels are delivered."""

    parcels_per_recipient: Positive
    spread_sigma: Weight
    locker_share: Share
    shared_place_share: Share
    po_box_share: Share
    parcels_per_shared_place: Positive


class Season(_Table):
    """Volumes over week and year, as factors of an ordinary weekday."""

    weekend_factor: Positive
    december_factor: Positive
    november_factor: Positive


class Contraband(_Table):
    """How much of the flow is contraband, all classes together, and what its buyers have in common."""

    prevalence_share: Share
    regular_buyers_share: Share


class Vendor(_Table):
    """A kind of contraband vendor."""

    goods: str
    share: Weight
    origins: Weights
    transit: Weights = {}
    masked_share: Share = 0.0
    streams: Weights
    mass_median_g: Positive
    mass_sigma: Weight
    packing_g: Positive
    covers: list[str] = Field(min_length=1)
    parcels_per_vendor: Positive
    campaign_days: Positive
    n_campaigns: Positive = 1.0
    careful_share: Share
    parcels_per_alias: Positive
    firm_alias_share: Share = 0.3
    generic_share: Share
    undervalued_share: Share
    drop_share: Share
    batch_share: Share = 0.5
    template_reuse_share: Share = 0.7
    losses_to_adapt: int = Field(ge=1)
    adapt_lag_days: Positive


class Drift(_Table):
    """From `at` (share of the window passed) over `days`, the posting of `vendor` changes to `factor` times before."""

    vendor: str
    at: Share
    days: Positive
    factor: Weight


class Rule(_Table):
    """A historic rule: an SQL predicate over the parcel record and its weight in the draw of a day's budget."""

    when: str
    weight: Positive


class Inspection(_Table):
    """The historic policy and what happens to a selected parcel."""

    share: Share
    random_share: Share
    max_rule_propensity: Share
    watch_list_weight: Weight
    watch_list_days: int = Field(gt=0)
    tip_share: Share
    presented_share: Share
    methods: Weights
    alarm_share: dict[str, Share]
    false_alarm_share: dict[str, Share]
    officer_detection_low: Share
    officer_detection_high: Share
    n_officers: int = Field(gt=0)
    outcome_lost_share: Share
    negative_delay_median_days: Positive
    finding_delay_median_days: Positive
    delay_sigma: Weight


class Scenario(_Table):
    """A whole synthetic world as parameters; see docs/world.md and the comments of `baseline.toml`."""

    name: str
    title: str
    says: str
    destinations: Weights
    streams: dict[str, Stream]
    origins: dict[str, Origin]
    couriers: Weights
    senders: dict[str, SenderKind]
    quality: Quality
    recipients: Recipients
    season: Season
    contraband: Contraband
    vendors: dict[str, Vendor]
    drifts: dict[str, Drift] = {}
    inspection: Inspection
    rules: dict[str, Rule]

    @property
    def active_vendors(self) -> dict[str, Vendor]:
        """Kinds of vendor that post anything."""
        if self.contraband.prevalence_share == 0.0:
            return {}
        return {name: vendor for name, vendor in self.vendors.items() if vendor.share > 0.0}


def scenarios() -> tuple[str, ...]:
    """Names of the scenarios that ship with the package."""
    folder = files("data.synthetic") / "scenarios"
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


def load_scenario(which: str | Path) -> Scenario:
    """Load a scenario by the name of a shipped one, or from a TOML file.

    Parameters
    ----------
    which:
        A name from `scenarios`, or the path of a file that ends in ``.toml``.

    Raises
    ------
    ScenarioError
        When the file is missing, is not TOML, or holds a key or value that the world cannot use.
    """
    text, name = _text(which)
    document = _document(text, name)
    try:
        scenario = Scenario.model_validate({"name": name.removesuffix(".toml"), **document})
    except ValidationError as error:
        raise ScenarioError(f"{name}: {_sentence(error)}") from error
    _check(scenario, name)
    return scenario


def _text(which: str | Path) -> tuple[str, str]:
    if str(which).endswith(".toml"):
        path = Path(which)
        try:
            return path.read_text("utf-8"), path.name
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise ScenarioError(f"{path}: the scenario file cannot be read ({reason}). Check the path.") from error
    if which not in scenarios():
        raise ScenarioError(
            f"there is no scenario {str(which)!r}. Known: {', '.join(scenarios())}; "
            "or give the path of your own file, ending in .toml."
        )
    return (files("data.synthetic") / "scenarios" / f"{which}.toml").read_text("utf-8"), f"{which}.toml"


def _document(text: str, name: str) -> dict[str, Any]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{name}: not a TOML file: {error}. Correct the line.") from error
    parent = document.pop("extends", None)
    if parent is None:
        return document
    if parent not in scenarios() or f"{parent}.toml" == name:
        raise ScenarioError(
            f"{name}: extends is {parent!r}, which is no other shipped scenario. Known: {', '.join(scenarios())}."
        )
    return _merged(_document(*_text(parent)), document)


_REPLACED_WHOLE = frozenset({"origins", "transit", "streams", "methods", "via"})
"""Tables of weights inside a vendor, an origin or the inspection: a scenario that names one replaces all of it."""


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """Put `changes` over `base`, table by table; a table of weights is replaced as a whole."""
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        whole = depth > 0 and key in _REPLACED_WHOLE
        merged[key] = (
            _merged(old, value, depth + 1) if isinstance(old, dict) and isinstance(value, dict) and not whole else value
        )
    return merged


def _sentence(error: ValidationError) -> str:
    """First complaint of pydantic as what, which, why and remedy."""
    first = error.errors()[0]
    *tables, key = (str(part) for part in first["loc"])
    where = f"[{'.'.join(tables)}] {key}" if tables else key
    if first["type"] == "missing":
        return f'{where} is missing. Add it, or write `extends = "baseline"` to take what is not said from there.'
    if first["type"] == "extra_forbidden":
        return f"{where} is not a setting of a scenario. Remove it or correct its spelling; docs/world.md lists them."
    return f"{where} is {first['input']!r}: {first['msg'][:1].lower()}{first['msg'][1:]}. Correct the value."


def _check(scenario: Scenario, name: str) -> None:
    """Cross-checks that no single field can make."""
    countries = known_countries()
    named = {"destinations": scenario.destinations, "origins": scenario.origins}
    for kind, origin in scenario.origins.items():
        named[f"origins.{kind}.via"] = origin.via
    for kind, vendor in scenario.vendors.items():
        _check_vendor(kind, vendor, name)
        named[f"vendors.{kind}.origins"] = vendor.origins
        named[f"vendors.{kind}.transit"] = vendor.transit
    for table, keys in named.items():
        for country in keys:
            if country not in countries:
                raise ScenarioError(
                    f"{name}: [{table}] names the country {country!r}, for which there are no names and places. "
                    f"Use one of {', '.join(countries)}, or add it to data/synthetic/pools/places.toml."
                )
    if set(scenario.streams) != set(STREAMS):
        raise ScenarioError(f"{name}: [streams] must hold exactly {', '.join(STREAMS)}; give an unused one share = 0.")
    if set(scenario.senders) != set(SENDER_KINDS):
        raise ScenarioError(f"{name}: [senders] must hold exactly {', '.join(SENDER_KINDS)}.")
    for kind, drift in scenario.drifts.items():
        if drift.vendor not in scenario.vendors:
            raise ScenarioError(
                f"{name}: [drifts.{kind}] vendor is {drift.vendor!r}, which is no table of [vendors]. "
                f"Known: {', '.join(scenario.vendors)}."
            )


SENDER_KINDS = ("marketplace", "firm", "hobby", "private", "returns")


def _check_vendor(kind: str, vendor: Vendor, name: str) -> None:
    if vendor.goods not in FINDING_CLASSES:
        raise ScenarioError(
            f"{name}: [vendors.{kind}] goods is {vendor.goods!r}, which is no class of finding. "
            f"Use one of {', '.join(FINDING_CLASSES)}."
        )
    for cover in vendor.covers:
        if cover not in goods_groups():
            raise ScenarioError(
                f"{name}: [vendors.{kind}] covers names {cover!r}, which is no group of goods. "
                f"Use some of {', '.join(goods_groups())}."
            )
    unknown = set(vendor.streams) - set(STREAMS)
    if unknown:
        raise ScenarioError(
            f"{name}: [vendors.{kind}.streams] names {sorted(unknown)[0]!r}, which is no stream. "
            f"Use some of {', '.join(STREAMS)}."
        )
