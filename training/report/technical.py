"""The technical file, in the order of Annex IV of the AI Act: what is asked, facts, our reading, and what is open.

Facts come from the code, the bundle, its run and the results of tests. **Nothing in it claims conformity.**
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from features.bundle import BundleMeta
from features.catalogue import Catalogue
from policy.retention import Retention
from training.report.data_sheet import sheet
from training.report.papers import Heading, Items, Part, Rows, Text
from training.report.test_results import SuiteResults

TITLE = "Technical file"
_NONE = "Nothing is known of this here; the office adds it."


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the file is built from; None where a source is not there, which the file then says.

    Attributes
    ----------
    program:
        Facts about the program by name: version, what it needs, commands.
    bundle:
        Of the model; `signature` of its approver.
    run:
        The training run in MLflow, by name of the fact.
    data_sheet:
        Facts of the training set, see `training.report.data_sheet`.
    """

    program: Mapping[str, str]
    catalogue: Catalogue
    retention: Retention
    bundle: BundleMeta | None = None
    signature: Mapping[str, Any] | None = None
    run: Mapping[str, str] | None = None
    data_sheet: Mapping[str, Any] | None = None
    tests: SuiteResults | None = None


def technical_file(known: Known) -> Iterator[Part]:
    """The whole file."""
    yield Text(
        "Built from the code, a model bundle, its training run and results of tests. Each section repeats in short "
        "what Annex IV of Regulation (EU) 2024/1689 asks, then facts, then our reading, which binds nobody. It claims "
        "no conformity: whether a law applies, and whether an office meets it, is for its counsel."
    )
    yield from _section("1 General description", "intended purpose, versions, hardware, instructions", _general(known))
    yield _reading("The score is advice about a consignment; a person decides. Its use about persons is not intended.")
    yield from _section("2 Elements and development", "design, data, validation, cybersecurity", _elements(known))
    yield _reading(
        "Labels exist only for inspected parcels, so that figures for all mail are estimates with intervals."
    )
    yield from _section("3 Monitoring, functioning and control", "limits, accuracy, oversight", _control())
    yield _reading("Without a model, history or database the answer says so, and is never low risk.")
    yield from _section("4 Suitability of the figures", "why these measures of performance", _figures(known))
    yield _reading(
        "Recall and precision are given at the capacity of a line, because a line inspects so many and no more."
    )
    yield from _section("5 Risk management", "the system of Article 9", [_open("The office's own risk file.")])
    yield from _section(
        "6 Changes over the lifecycle",
        "changes made by the provider",
        [
            Text(
                "CHANGELOG.md of the program says of every change whether scores change. Bundles are released by "
                "signature, and the model store keeps all that served."
            )
        ],
    )
    yield from _section(
        "7 Standards applied",
        "harmonised standards, or other solutions",
        [
            _open(
                "None is claimed. Formats that are followed: RFC 6962, 8493, 9162, 9457, 9497; C2SP checkpoints; CASE."
            )
        ],
    )
    yield from _section("8 Declaration of conformity", "a copy", [_open("There is none, and the program writes none.")])
    yield from _section(
        "9 Monitoring after release",
        "the plan of Article 72",
        [
            Text("`parcel-risk drift`, the random share, `accounts` and `oversight` give figures for it."),
            _open("The plan itself."),
        ],
    )
    yield Heading("Retention")
    rows = ((one.name, one.purpose, one.legal_basis, _period(one.days), one.because) for one in known.retention.classes)
    yield Rows(
        ("class of data", "purpose", "legal basis, as we read it", "erased after days", "kept because"), tuple(rows)
    )
    yield from _tests(known.tests)


def _section(title: str, asks: str, facts: Iterator[Part] | list[Part]) -> Iterator[Part]:
    yield Heading(title)
    yield Text(f"Asked, in short: {asks}.")
    yield Heading("Facts", 3)
    yield from facts


def _reading(text: str) -> Part:
    return Text(f"Our reading: {text}")


def _open(text: str) -> Part:
    return Text(f"Open, for the office: {text}")


def _general(known: Known) -> Iterator[Part]:
    yield Text(
        "parcel-risk reads advance manifests of postal and express operators, scores parcels by a model of "
        "inspections, and proposes which few a screening line looks at, why, and how sure that is."
    )
    yield Rows(("fact", "value"), tuple(known.program.items()))
    yield Items(("for customs and postal screening lines under law", "not for judging persons, nor for deciding alone"))


def _elements(known: Known) -> Iterator[Part]:
    features = known.catalogue.features
    entities = Counter(str(one.entity) for one in features)
    yield Text(f"The catalogue has {len(features):,} features, fingerprint {known.catalogue.fingerprint}.")
    yield Rows(("features of", "number"), tuple(entities.most_common()))
    if known.bundle is None:
        yield _open("No bundle is in the model store: nothing is said of a model.")
        return
    training = known.bundle.training
    wanted = ("as_of", "data_digest", "n_trees", "seed", "weights", "n_background", "monotone", "trained_by", "regime")
    yield Heading(f"Model {known.bundle.name}", 3)
    yield Rows(("fact", "value"), tuple((name, str(training.get(name, "-"))) for name in wanted))
    yield Text(f"It reads {len(known.bundle.features):,} features. {_approved(known.signature)}")
    if known.run is None:
        yield _open("MLflow has no run of this bundle: how it was trained cannot be repeated from here.")
    else:
        yield Rows(("training run", "value"), tuple(known.run.items()))
    if known.data_sheet is None:
        yield _open("No data sheet is kept with the run; models trained before data sheets were made have none.")
    else:
        yield Heading("Data sheet of the training set", 3)
        yield from (_lower(part) for part in sheet(known.data_sheet))


def _approved(signature: Mapping[str, Any] | None) -> str:
    if signature is None:
        return "Nobody approved it: it is no champion."
    note = f"; noted: {signature['note']}" if signature.get("note") else ""
    return f"Approved by {signature.get('name', '?')} on {str(signature.get('signed_at', '?'))[:10]}{note}."


def _lower(part: Part) -> Part:
    return Heading(part.text, 4) if isinstance(part, Heading) else part


def _control() -> Iterator[Part]:
    yield Items(
        (
            "every answer says what was missing (no model, no history, no database) and is a manual check then",
            "an officer reads facts with what is usual, what speaks for and against, and records the outcome",
            "a stop switch ends referrals by score from the next parcel on; lists and rules decide as before",
            "every look at personal data is an entry of the audit, which is signed and checked against witnesses",
        )
    )


def _figures(known: Known) -> Iterator[Part]:
    metrics = known.bundle.metrics if known.bundle is not None else {}
    names = [name for name in metrics if not name.endswith(("_low", "_high"))]
    if not names:
        yield _open(_NONE)
        return
    rows = ((name, metrics[name], metrics.get(f"{name}_low", "-"), metrics.get(f"{name}_high", "-")) for name in names)
    yield Rows(("figure", "value", "90 % interval from", "to"), tuple(rows))
    yield Text(
        "Figures named test_ are of inspected parcels that the model had not seen; the others are estimates for all."
    )


def _tests(tests: SuiteResults | None) -> Iterator[Part]:
    yield Heading("Results of tests")
    if tests is None:
        yield _open("No results were given: `pytest --junitxml FILE` writes them, and `--tests FILE` reads them.")
        return
    yield Text(f"{tests.n:,} tests ran at {tests.at}: {tests.n_failed:,} failed, {tests.n_skipped:,} were skipped.")
    rows = tuple((one.module, one.n, one.n_failed, one.n_skipped) for one in tests.modules)
    yield Rows(("module", "tests", "failed", "skipped"), rows)
    if tests.failed:
        yield Items(tests.failed)


def _period(days: int | None) -> str:
    return "-" if days is None else str(days)
