from __future__ import annotations

import math

import pytest

from features.compiled.source import READABLE, parameters
from features.declared import AcrossPart, HistoryPart, across, history
from features.declared.declare import Windowed
from features.history import kernel

NAN = float("nan")
DAY_S = 86_400
PARENTS = ("parent_found_share",)
PARTS = history.all_parts()
BOUND = ("found", "found_share", "found_against_expected")
Case = tuple[HistoryPart, dict[str, float], float]


def read(**values: float) -> dict[str, float]:
    """What a part reads of one parcel; what is not given was read as 0, as of an entity seen for the first time."""
    never = dict.fromkeys(("first_at", "last_at", "days_since_inspected", "days_since_found"), -1.0)
    first = dict.fromkeys(kernel.READ, 0.0) | never
    missing = dict.fromkeys(("declared_value_eur_cents", "gross_weight_g", *PARENTS), NAN)
    return first | missing | {"known_at_s": 100.0 * DAY_S} | values


def value(part: HistoryPart, known: dict[str, float]) -> float:
    """Value of a part by the names of what its parameters read."""
    return part.function(**{name: known[part.reads(name)] for name in parameters(part.function)})


def over_windows(declared: Windowed, expected: float, **measures: float) -> list[Case]:
    """A case for each window, in which it holds the measures and all others hold nothing."""
    return [
        (part, read(**{part.reads(name): n for name, n in measures.items()}), expected) for part in declared.values()
    ]


CASES = [
    *over_windows(history.n, 3.0, n=3),
    *over_windows(history.value, 2.5, value=250),
    *over_windows(history.inspected, 7.0, inspected=7),
    *over_windows(history.found, 2.0, found=2),
    *over_windows(history.found_share, 0.25, found=2, inspected=5),
    *over_windows(history.found_share, 0.05, inspected=5),
    *over_windows(history.found_share, 0.1),
    *over_windows(history.found_share, 0.35, parent_found_share=0.35),
    *over_windows(history.found_share, 0.675, found=5, inspected=5, parent_found_share=0.35),
    *over_windows(history.found_against_expected, 1.0),
    *over_windows(history.found_against_expected, 2.0, found=2, inspected=5),
    *over_windows(history.found_against_expected, 0.5, inspected=4, parent_found_share=0.25),
    (history.n_7d_share_of_28d, read(n_7d=3, n_28d=4), 0.75),
    (history.n_7d_share_of_28d, read(), NAN),
    (history.others_28d, read(others_28d=6), 6.0),
    (history.other_is_known, read(other_seen=1), 1.0),
    (history.days_since_last, read(last_at=98.5 * DAY_S), 1.5),
    (history.days_since_last, read(), NAN),
    (history.days_known, read(first_at=0), 100.0),
    (history.days_known, read(), NAN),
    (history.weight_against_usual, read(gross_weight_g=300, weight_90d=500, n_90d=5), 3.0),
    (history.weight_against_usual, read(gross_weight_g=300), NAN),
    (history.weight_against_usual, read(weight_90d=500, n_90d=5), NAN),
    (history.value_against_usual, read(declared_value_eur_cents=300, value_90d=500, n_90d=5), 3.0),
    (history.value_against_usual, read(declared_value_eur_cents=300), NAN),
    (history.burst, read(n_1d=2, n_90d=18), 10.0),
    (history.burst, read(), NAN),
    (history.others_per_parcel, read(others_28d=3, n_28d=6), 0.5),
    (history.others_per_parcel, read(), NAN),
    (history.others, read(others=9), 9.0),
    (history.random, read(random=4), 4.0),
    (history.random_found, read(random_found=1), 1.0),
    (history.days_since_inspected, read(days_since_inspected=0), 0.0),
    (history.days_since_inspected, read(), NAN),
    (history.days_since_found, read(days_since_found=12), 12.0),
    (history.days_since_found, read(), NAN),
    (history.doubts_per_parcel, read(value_28d=3, n_28d=2), 1.5),
    (history.doubts_per_parcel, read(), NAN),
    (history.late_share, read(weight_28d=1, n_28d=4), 0.25),
    (history.late_share, read(), NAN),
    (history.parties_90d, read(parties=17), 17.0),
    (history.is_hub, read(parties=17), 1.0),
    (history.is_hub, read(parties=16), 0.0),
    (history.hub_n_7d, read(hub_n_7d=40), 40.0),
    (history.hub_found_share, read(hub_found=2, hub_inspected=5), 0.25),
    (history.hub_found_share, read(hub_found=0, hub_inspected=0, parent_found_share=0.35), 0.35),
]


@pytest.mark.parametrize(("part", "view", "expected"), [pytest.param(*case, id=case[0].name) for case in CASES])
def test_a_part_has_the_value_worked_out_by_hand(part: HistoryPart, view: dict[str, float], expected: float):
    assert value(part, view) == pytest.approx(expected, nan_ok=True)


def test_every_part_is_worked_out_by_hand_at_least_once():
    assert {part.name for part in PARTS} == {part.name for part, _, _ in CASES}


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_every_part_is_missing_for_a_parcel_without_the_entity(part: HistoryPart):
    view = read(gross_weight_g=300, declared_value_eur_cents=300, **dict.fromkeys(READABLE, NAN))
    assert math.isnan(value(part, view))


def test_only_what_can_be_forgotten_binds_the_model_to_a_direction():
    bound = {part.name for part in PARTS if part.direction}
    assert bound == {f"{name}_{days}d" for name in BOUND for days in kernel.WINDOWS}


def test_a_share_seen_in_few_inspections_is_drawn_towards_one_in_ten():
    one, many = (value(history.found_share[0], read(found=n, inspected=n)) for n in (1, 100))
    assert 0.1 < one < 0.3
    assert many > 0.95


def together(**views: dict[str, float]) -> dict[str, float]:
    """What is known of entities, by entity and name; one that is not given was seen for the first time."""
    names = ("sender", "sender_loose", "recipient", "address", "contact", "lane", "commodity", "look_alike")
    known = {name: read(present=1) for name in names} | views
    return {f"{entity}_{name}": number for entity, view in known.items() for name, number in view.items()}


KNOWN, ABSENT = read(present=1, n=3), read(**dict.fromkeys(READABLE, NAN))
TOGETHER = [
    (across.new_sender_of_known_look, together(look_alike=KNOWN), 1.0),
    (across.new_sender_of_known_look, together(), 0.0),
    (across.new_sender_of_known_look, together(look_alike=KNOWN, sender=KNOWN), 0.0),
    (across.new_sender_of_known_look, together(look_alike=ABSENT), NAN),
    (across.new_sender_of_known_contact, together(contact=KNOWN), 1.0),
    (across.new_writing_of_known_sender, together(sender_loose=KNOWN), 1.0),
    (across.new_writing_of_known_sender, together(sender_loose=KNOWN, sender=KNOWN), 0.0),
    (across.new_recipient_at_known_address, together(address=KNOWN), 1.0),
    (across.new_recipient_at_known_address, together(address=KNOWN, recipient=KNOWN), 0.0),
    (across.sender_share_of_lane, together(sender=read(n_28d=3), lane=read(n_28d=12)), 0.25),
    (across.sender_share_of_lane, together(), NAN),
    (across.commodity_against_lane, together(commodity=read(n_28d=3), lane=read(n_28d=12)), 0.25),
    (
        across.sender_found_against_lane,
        together(sender=read(found=2, inspected=4), lane=read(found=9, inspected=40)),
        2.0,
    ),
    (across.sender_found_against_lane, together(lane=ABSENT), NAN),
    (across.look_alike_share_of_commodity, together(look_alike=read(n_90d=1), commodity=read(n_90d=4)), 0.25),
]


@pytest.mark.parametrize(
    ("part", "views", "expected"), [pytest.param(*case, id=case[0].feature.name) for case in TOGETHER]
)
def test_what_entities_say_together_is_worked_out_by_hand(part: AcrossPart, views: dict[str, float], expected: float):
    computed = part.function(**{name: views[name] for name in parameters(part.function)})
    assert computed == pytest.approx(expected, nan_ok=True)


def test_everything_that_entities_say_together_is_worked_out_at_least_once():
    declared = {value.feature.name for value in vars(across).values() if isinstance(value, AcrossPart)}
    assert declared == {part.feature.name for part, _, _ in TOGETHER}
