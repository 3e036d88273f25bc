"""A bundle is refused for the features that it reads, and for no others."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from features.bundle import META, Bundle, Learned, load
from features.catalogue import Catalogue, aligned, catalogue
from features.declared.declare import Floats
from features.fingerprints import Pinned, differences, fingerprint, pinned, pinned_by
from features.golden import golden_log
from features.history import Engine
from features.log import PARCEL
from features.parcel.problems import BundleError
from features.reasons import Reason, described, reasons
from features.typical import LANE, TypicalValues
from features.words import Words
from parcel_risk.reference import FOLDER as REFERENCE
from tests.builders import SMALL_FEATURES, write_a_bundle
from tests.features.catalogues import catalogue_of, weight_again, with_changed, with_one_more, without
from tests.golden.pin import PATH

NOT_READ = "n_pieces"


def golden_parcels() -> pl.DataFrame:
    log = golden_log()
    return log.filter(pl.col("kind") == PARCEL)


def golden_rows(of: Catalogue) -> Floats:
    log = golden_log()
    return of.rows(log, Engine().advance(log)).values


def answers(bundle: Bundle) -> tuple[bytes, list[list[Reason]]]:
    """Raw scores to the bit, and the reasons, of the golden parcels."""
    events = golden_parcels()
    values = bundle.completed(golden_rows(bundle.catalogue), events["description"])
    return bundle.raw(values).tobytes(), reasons(bundle, values, *described(events))


def as_format_2(folder: Path, fingerprint: str | None = None) -> None:
    """Write ``bundle.json`` as it was when a bundle named its whole catalogue only: one of the shipped table."""
    document = json.loads((folder / META).read_text("utf-8"))
    document["catalogue"] = {
        "fingerprint": fingerprint or next(iter(json.loads(PATH.read_text("utf-8")))),
        "features": list(document["catalogue"]["features"]),
    }
    (folder / META).write_text(json.dumps(document | {"format": 2}), "utf-8")


@pytest.fixture(scope="module", params=[2, 3], ids=["format 2", "format 3"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of the present catalogue, or of the one of the shipped table, with words and typical values."""
    lanes = golden_parcels().select(LANE.alias("lane"))["lane"]
    typical = TypicalValues.of(lanes, golden_rows(catalogue()), catalogue().names)
    learned = Learned(words=Words({"tea": 0.4, "cotton": 0.1}), typical=typical)
    folder = write_a_bundle(tmp_path_factory.mktemp("models") / "released", learned=learned)
    if request.param == 2:
        as_format_2(folder)
    return folder


def test_the_catalogue_with_one_more_has_it_in_the_middle():
    column = with_one_more().column(weight_again.name)
    assert 0 < column < len(catalogue())
    assert with_one_more().fingerprint != catalogue().fingerprint


def test_a_bundle_scores_and_explains_to_the_bit_alike_when_a_feature_is_added(written: Path):
    before, after = load(written, trusted=None), load(written, trusted=None, of=with_one_more())
    assert answers(before) == answers(after)
    assert any(answers(before)[1])


def test_the_reference_bundle_loads_as_it_is_and_scores_alike_when_a_feature_is_added():
    before, after = load(REFERENCE, trusted=None), load(REFERENCE, trusted=None, of=with_one_more())
    assert answers(before) == answers(after)
    history = [reason for row in answers(before)[1] for reason in row if reason.typical is not None]
    assert history, "reasons that are set against a typical value, which are found by name"


@pytest.mark.parametrize("name", SMALL_FEATURES)
def test_a_bundle_is_refused_when_a_feature_that_it_reads_is_computed_otherwise(written: Path, name: str):
    with pytest.raises(
        BundleError, match=rf"released: the model reads features .* not any more: {name} \(changed\)\. "
    ):
        load(written, trusted=None, of=with_changed(name))


@pytest.mark.parametrize("name", SMALL_FEATURES)
def test_a_bundle_is_refused_when_a_feature_that_it_reads_is_gone(written: Path, name: str):
    with pytest.raises(BundleError, match=rf"not any more: {name} \(gone\)\. Train again"):
        load(written, trusted=None, of=without(name))


@pytest.mark.parametrize("other", [with_changed(NOT_READ), without(NOT_READ)], ids=["changed", "gone"])
def test_what_becomes_of_a_feature_that_it_does_not_read_is_no_matter(written: Path, other: Catalogue):
    assert answers(load(written, trusted=None, of=other)) == answers(load(written, trusted=None))


def test_a_bundle_serves_a_catalogue_without_the_word_feature_that_it_does_not_read(written: Path):
    other = load(written, trusted=None, of=without("riskiest_word_share"))
    assert answers(other)[0] == answers(load(written, trusted=None))[0]


def test_of_many_changed_features_the_first_few_are_named():
    renamed = catalogue_of(lambda all_: tuple(replace(one, unit=f"{one.unit}!") for one in all_))
    with pytest.raises(BundleError, match=r"declared_value_eur \(changed\), .* and 133 more\. Train again"):
        load(REFERENCE, trusted=None, of=renamed)


def test_a_bundle_of_a_catalogue_that_the_shipped_table_does_not_hold_is_refused(tmp_path: Path):
    folder = write_a_bundle(tmp_path / "older", fingerprint="0123456789abcdef")
    assert load(folder, trusted=None).meta.fingerprint == "0123456789abcdef", "format 3 needs no table"
    as_format_2(folder, "0123456789abcdef")
    with pytest.raises(BundleError, match="older: trained with feature catalogue '0123456789abcdef', of which"):
        load(folder, trusted=None)


def test_a_bundle_of_format_2_that_names_a_feature_its_catalogue_never_had_is_refused(tmp_path: Path):
    folder = write_a_bundle(tmp_path / "odd", of=with_one_more(), features=(*SMALL_FEATURES[:2], weight_again.name))
    as_format_2(folder)
    with pytest.raises(BundleError, match=r"weight_again \(changed\)"):
        load(folder, trusted=None, of=with_one_more())


def test_a_renamed_feature_a_unit_and_a_kind_each_change_the_fingerprint_and_words_do_not():
    first = catalogue()["gross_weight_g"]
    trained = pinned(catalogue(), ["gross_weight_g"])
    for change, expected in (
        ({"unit": "kg"}, ["gross_weight_g (changed)"]),
        ({"kind": "code"}, ["gross_weight_g (changed)"]),
        ({"name": "weight"}, ["gross_weight_g (gone)"]),
        ({"says": "{value} grams", "description": "Weight.", "direction": 1}, []),
    ):
        other = replace(first, **change)  # type: ignore[arg-type]
        changed = catalogue_of(lambda all_, other=other: tuple(other if one is first else one for one in all_))
        assert differences(trained, changed) == expected, change


def test_features_are_compared_by_the_golden_parcels_that_there_were():
    n = golden_parcels().height
    assert pinned(catalogue(), ["n_pieces"]).n_golden == n
    shorter = {name: fingerprint(catalogue(), name, n - 1) for name in SMALL_FEATURES}
    assert differences(Pinned(n_golden=n - 1, features=shorter), catalogue()) == []
    assert len(differences(Pinned(n_golden=n, features=shorter), catalogue())) == len(SMALL_FEATURES)
    assert len(differences(Pinned(n_golden=n + 1, features=shorter), catalogue())) == len(SMALL_FEATURES)


def test_the_shipped_table_holds_the_catalogue_of_bundles_of_format_2():
    ((fingerprint, stored),) = json.loads(PATH.read_text("utf-8")).items()
    known = pinned_by(fingerprint)
    assert known is not None
    assert len(known.features) == 379
    assert stored["n_golden"] == known.n_golden
    assert differences(known, catalogue()) == []
    assert pinned_by("0123456789abcdef") is None


def test_a_row_of_other_names_is_read_by_name():
    row = aligned(np.array([340.0, 5.0, 1.0]), ["gross_weight_g", "no_such_feature", "n_pieces"])
    assert row.shape == (len(catalogue()),)
    assert (row[catalogue().column("gross_weight_g")], row[catalogue().column("n_pieces")]) == (340.0, 1.0)
    assert np.isnan(row).sum() == len(catalogue()) - 2


def test_a_row_stored_under_the_present_names_comes_back_to_the_bit():
    rows = golden_rows(catalogue())
    assert aligned(rows, catalogue().names).tobytes() == rows.tobytes()


def test_a_row_with_another_number_of_values_than_names_is_refused():
    with pytest.raises(ValueError, match="rows of 2 columns cannot be read by 1 names"):
        aligned(np.zeros(2), ["n_pieces"])
