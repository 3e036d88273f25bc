"""The settings of a synthetic world: one frozen model per table of a scenario file."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
Weight = Annotated[float, Field(ge=0.0)]
Weights = dict[str, Weight]


SENDER_KINDS = ("marketplace", "firm", "hobby", "private", "returns")
"""Kinds of honest senders, in the order of all tables about them."""


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
    """How manifests are filled in, over the whole mail flow."""

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
    rewritten_share: Share = 0.0


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
    """How much of the mail flow is contraband, all classes together, and what its buyers have in common."""

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


class RuleSettings(_Table):
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


class Handling(_Table):
    """What happens to mail on its way; see `data.synthetic.handling`.

    `presented_low` and `presented_high` are the shares of selected parcels that the worst and the best post present;
    the countries of dispatch lie evenly between them. `dog_run_parcels` lie each day on a table that a dog is led past;
    for this and what is sent back, sent on or declared again see `data.synthetic.second_ways`.
    """

    undeclared_letter_share: Share = 0.0
    presented_low: Share = 1.0
    presented_high: Share = 1.0
    transit_share: Share = 0.0
    returned_share: Share = 0.0
    redirected_share: Share = 0.0
    declared_again_share: Share = 0.0
    dog_run_parcels: int = Field(default=0, ge=0)


class Accounts(_Table):
    """A world of known accounts in which every parcel is looked at; see `data.synthetic.accounts`."""

    n_senders: int = Field(gt=0)
    n_recipients: int = Field(gt=0)
    recipients_per_sender: int = Field(gt=0)
    delay_days: int = Field(ge=0)
    bad_per_day: int = Field(ge=0)
    bad_days: int = Field(ge=0)
    taken_over_per_day: int = Field(ge=0)
    taken_over_days: int = Field(ge=0)
    raised_share: Share
    raised_factor: Positive
    most_eur: Positive


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
    rules: dict[str, RuleSettings]
    accounts: Accounts | None = None
    handling: Handling | None = None

    @property
    def active_vendors(self) -> dict[str, Vendor]:
        """Kinds of vendor that post anything."""
        if self.contraband.prevalence_share == 0.0:
            return {}
        return {name: vendor for name, vendor in self.vendors.items() if vendor.share > 0.0}
