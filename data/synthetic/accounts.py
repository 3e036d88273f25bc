"""A world of known accounts: every parcel is looked at, and good senders and recipients turn bad for a while.

The opposite of the mail of strangers in which hardly anything is inspected: few senders and recipients, each with many
parcels, every result known after the same delay. What is contraband follows nothing but these three:

- a recipient turns bad for some weeks, and all that it receives is contraband;
- a sender's account is taken over for some days; a share of its parcels is contraband, declared at a multiple of the
  usual value;
- parcels above a value that no account usually reaches are contraband.

Only short histories of findings, and values against the usual one, can tell. The kinds of fraud are those of the
simulator of the *Reproducible Machine Learning for Credit Card Fraud Detection* handbook (Le Borgne and others, 2022);
no code or data of it is used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from data.synthetic.calendar import DAY_S, Calendar
from data.synthetic.drawing import Flags, Floats, Ints, masked, picked
from data.synthetic.parties import Parties, written_parties
from data.synthetic.pools import countries
from data.synthetic.settings import Accounts, Scenario
from features.parcel.schema import LINE, OUTCOME_SCHEMA, PARCEL_SCHEMA, TIME, conform

OPERATOR = "post"
_MOST_EUR = 100.0
_LEAST_EUR = 5.0
_RATE_OF_BUSIEST = 4.0


@dataclass(frozen=True, kw_only=True)
class Postings:
    """Parcels in the order of lodging, arrays of shape ``(n,)``: who, when, what for, and why it is contraband.

    `cause` is 0 for an honest parcel, 1 for a bad recipient, 2 for a sender taken over, 3 for an unusual value.
    """

    sender: Ints
    recipient: Ints
    lodged_s: Ints
    value_cents: Ints
    cause: Ints

    @property
    def holds(self) -> Flags:
        """Whether each holds contraband."""
        return self.cause > 0


def postings(accounts: Accounts, calendar: Calendar, rng: np.random.Generator, n_parcels: int) -> Postings:
    """Draw `n_parcels` parcels of the accounts over the days of the calendar."""
    rate = np.cumsum(rng.random(accounts.n_senders) * _RATE_OF_BUSIEST)
    usual_eur = rng.uniform(_LEAST_EUR, _MOST_EUR, accounts.n_senders)
    known = rng.integers(0, accounts.n_recipients, (accounts.n_senders, accounts.recipients_per_sender))
    day = rng.integers(0, calendar.n_days, n_parcels)
    second = np.clip(rng.normal(DAY_S / 2, DAY_S / 4, n_parcels), 0, DAY_S - 1).astype(np.int64)
    order = np.argsort(day * DAY_S + second, kind="stable")
    day, second = day[order], second[order]
    sender = np.searchsorted(rate, rng.random(n_parcels) * rate[-1], side="right")
    recipient = known[sender, rng.integers(0, accounts.recipients_per_sender, n_parcels)]
    value_eur = _values(rng, usual_eur[sender])
    is_bad = _turned(rng, calendar, accounts.n_recipients, accounts.bad_per_day, accounts.bad_days)
    is_taken = _turned(rng, calendar, accounts.n_senders, accounts.taken_over_per_day, accounts.taken_over_days)
    is_raised = is_taken[day, sender] & (rng.random(n_parcels) < accounts.raised_share)
    value_eur[is_raised] *= accounts.raised_factor
    cause = np.where(is_bad[day, recipient], 1, np.where(is_raised, 2, np.where(value_eur > accounts.most_eur, 3, 0)))
    return Postings(
        sender=sender,
        recipient=recipient,
        lodged_s=calendar.start_s + day * DAY_S + second,
        value_cents=np.maximum(1, np.round(100 * value_eur)).astype(np.int64),
        cause=cause.astype(np.int64),
    )


def _values(rng: np.random.Generator, usual_eur: Floats) -> Floats:
    """Values around the usual one of each sender, none below zero."""
    drawn = rng.normal(usual_eur, usual_eur / 2)
    return np.where(drawn > 0, drawn, rng.uniform(0, 2 * usual_eur))


def _turned(rng: np.random.Generator, calendar: Calendar, n: int, per_day: int, n_days: int) -> Flags:
    """Whether each of `n` accounts is bad on each day, shape ``(days, n)``: every day some turn bad for `n_days`."""
    is_bad = np.zeros((calendar.n_days, n), dtype=np.bool_)
    for day in range(calendar.n_days):
        is_bad[day : day + n_days, rng.choice(n, min(per_day, n), replace=False)] = True
    return is_bad


def parcels_of(scenario: Scenario, accounts: Accounts, posted: Postings, rng: np.random.Generator) -> pl.DataFrame:
    """Records of the postings, rows of ``PARCEL_SCHEMA``; what is not said of them, such as identifiers, is null."""
    weight_g = np.clip(rng.lognormal(6.0, 0.7, posted.sender.size), 20, 30_000).astype(np.int64)
    home = next(iter(scenario.destinations))
    country = [one.code for one in countries()].index(home)
    written = []
    for role, n, rows in (
        ("sender", accounts.n_senders, posted.sender),
        ("recipient", accounts.n_recipients, posted.recipient),
    ):
        parties = Parties(country=np.full(n, country), is_firm=np.zeros(n, dtype=np.bool_))
        texts = written_parties(parties, rng).with_columns(
            pl.format(role[0].upper() + "{}", "account").alias("account")
        )
        written.append(texts.select(pl.all().name.prefix(f"{role}_"))[rows])
    piece = {"description": "goods", "quantity": 1, "currency": "EUR"}
    pieces = [[{**piece, "value_cents": value}] for value in posted.value_cents.tolist()]
    frame = pl.concat(written, how="horizontal").with_columns(
        pl.lit(OPERATOR).alias("operator"),
        pl.lit("parcel").alias("stream"),
        pl.lit(home).alias("dispatch_country"),
        pl.lit(f"{home}AAAA").alias("origin_office"),
        pl.lit(f"{home}BBBA").alias("destination_office"),
        pl.Series("lodged_at", posted.lodged_s * 1_000_000).cast(TIME),
        pl.Series("gross_weight_g", weight_g),
        pl.Series("pieces", pieces, dtype=PARCEL_SCHEMA["pieces"]),
    )
    return conform(frame, PARCEL_SCHEMA).drop(LINE)


def outcomes_of(accounts: Accounts, posted: Postings, parcels: pl.DataFrame, *, until_s: int) -> pl.DataFrame:
    """Result of every parcel, known after the delay but not at `until_s` or later; rows of ``OUTCOME_SCHEMA``."""
    known_s = posted.lodged_s + accounts.delay_days * DAY_S
    frame = parcels.select("parcel_id", "operator").with_columns(
        picked(("nothing_found", "found"), posted.holds.astype(np.int64)).alias("result"),
        pl.Series("inspected_at", known_s * 1_000_000).cast(TIME),
        pl.Series("known_at", known_s * 1_000_000).cast(TIME),
        masked(np.full(known_s.size, "other"), posted.holds).alias("finding_class"),
        pl.lit("opened").alias("method"),
        pl.lit("random").alias("cause"),
        pl.lit(1.0).alias("propensity"),
    )
    return conform(frame, OUTCOME_SCHEMA).drop(LINE).filter(pl.Series(known_s < until_s))
