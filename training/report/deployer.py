"""The pack of the office that uses the program: impact assessments to be filled, instructions for use, a letter.

What the system knows is filled in; what only the office knows is a line that says so. Nothing in it claims conformity.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policy.retention import Retention, Rule
from training.report.papers import Heading, Items, Part, Rows, Text
from training.report.technical import Known

OFFICE = "[to be filled by the office]"
PAPERS = ("fundamental-rights-impact", "data-protection-impact", "instructions-for-use", "letter")
"""Names of the papers, which are those of their files."""


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What is known of the office.

    Attributes
    ----------
    authority:
        Its name, as in packages to partners.
    capacity_share, random_share:
        Share of parcels that lines open, and of that the share which chance chooses; as set.
    operators:
        Operators who lodge here.
    """

    authority: str
    capacity_share: float
    random_share: float
    operators: tuple[str, ...]
    known: Known


def papers(office: Deployed) -> Iterator[tuple[str, str, list[Part]]]:
    """Name, title and content of each paper."""
    yield PAPERS[0], "Fundamental-rights impact assessment (template)", list(_rights(office))
    yield PAPERS[1], "Data-protection impact assessment (template)", list(_data_protection(office))
    yield PAPERS[2], "Instructions for use", list(_instructions(office))
    yield PAPERS[3], "Letter to the person concerned (template)", list(_letter(office))


def _head(office: Deployed) -> Iterator[Part]:
    yield Text(
        f"Office: {office.authority}. Facts were filled in by the program; lines in brackets are for the office. This "
        "is a template and claims no conformity; whether one is required, and whether it suffices, is for counsel."
    )


def _rights(office: Deployed) -> Iterator[Part]:
    yield from _head(office)
    yield Heading("1 Process in which the system is used")
    yield Items(
        (
            "advance manifests of operators are scored; a screening line looks at few parcels; a person decides",
            f"lines open {office.capacity_share:.2%} of parcels as set; of that, {office.random_share:.0%} by chance",
            f"operators who lodge: {', '.join(office.operators) or 'none yet'}",
            f"legal basis of the controls: {OFFICE}",
        )
    )
    yield Heading("2 Period and frequency")
    yield Text(
        f"Every parcel is scored when it is lodged, and again when it is amended or presented. From and to: {OFFICE}"
    )
    yield Heading("3 Persons and groups affected")
    yield Items(("senders and addressees of parcels", "employees of operators and officers", f"others: {OFFICE}"))
    yield Heading("4 Specific risks of harm")
    yield Rows(
        ("risk", "what the system does", "what the office does"),
        (
            ("a parcel is opened without need", "few are opened; false-positive rates by origin are reported", OFFICE),
            (
                "some origins are opened more",
                "disparity by origin in each training report; chance draws on every lane",
                OFFICE,
            ),
            ("an officer follows the score blindly", "`oversight` shows haste and looks without a case", OFFICE),
            ("a list names the wrong person", "lists of persons need a second person and end on a day", OFFICE),
            ("data serve another purpose", "roles, purposes in the audit, erasure by destroyed keys", OFFICE),
        ),
    )
    yield from _origin(office)
    yield Heading("5 Human oversight")
    yield Text(f"Who decides at the line, who supervises, who may stop referrals by score: {OFFICE}")
    yield Heading("6 If a risk occurs")
    yield Text(f"Complaints are registered and answered (`parcel-risk case`). Governance and remedies: {OFFICE}")


def _origin(office: Deployed) -> Iterator[Part]:
    bundle = office.known.bundle
    if bundle is None:
        yield Text("No model is in the model store: no figure of a model can be given.")
        return
    yield Text(
        f"Figures of model {bundle.name} on inspected parcels are in the technical file, and by origin in its report."
    )


def _data_protection(office: Deployed) -> Iterator[Part]:
    yield from _head(office)
    yield Heading("1 Processing, purposes and retention")
    yield Rows(
        ("class", "holds", "purpose", "legal basis, as we read it", "erased after days"),
        tuple(
            (one.name, one.holds, one.purpose, one.legal_basis, _days(one.days))
            for one in office.known.retention.classes
        ),
    )
    yield Text(
        f"Rules of {office.known.retention.first_on:%Y-%m-%d}; their digest is {office.known.retention.digest[:16]}."
    )
    yield Heading("2 Necessity and proportionality")
    yield Items(
        (
            f"personal fields are masked after {_mask(office.known.retention)} days, unless a finding keeps them",
            "the log, the model and its training set hold keyed hashes and no names; these are personal data",
            f"why less would not do: {OFFICE}",
        )
    )
    yield Heading("3 Risks to persons")
    yield Items(
        (
            "whoever has the identity key can recognise persons in the log: guard it apart from backups",
            "a bag of evidence that was handed over is reached by no erasure",
            "the comparison of lists with other authorities was not reviewed by a cryptographer",
            f"others: {OFFICE}",
        )
    )
    yield Heading("4 Measures")
    yield Items(
        (
            "one data key per parcel, outside backups; erasure destroys it, also after a restore",
            "every look at personal data is an entry of a signed audit",
            "requests of persons: `parcel-risk subject find | report | erase`",
            f"view of the data-protection officer: {OFFICE}",
        )
    )


def _instructions(office: Deployed) -> Iterator[Part]:
    yield from _head(office)
    yield Heading("What it is for, and what not")
    yield Items(
        (
            "which parcels to look at first; never whether a person did anything",
            "nothing is seized, refused or released by it",
            "no inspection required is no clearance: chance opens some of these, too",
        )
    )
    yield Heading("How to read an answer")
    yield Items(
        (
            "open, x-ray, spot check, hold, ask the operator: what to do; reasons are facts to compare with the parcel",
            "of 100 parcels like this: measured on earlier inspections, with an interval in the model card",
            "not assessed, or check by hand: something was missing; it says nothing about the parcel",
        )
    )
    yield Heading("What an officer must do")
    yield Items(
        (
            "look at the parcel, then record what was found; nothing found is an outcome, too",
            "depart from the advice where the parcel says so, with a reason",
            "report what looks wrong to the supervisor, who can stop the score at once",
        )
    )
    yield Heading("Known limits")
    metrics = office.known.bundle.metrics if office.known.bundle is not None else {}
    shown = [name for name in metrics if name.startswith("test_") and f"{name}_low" in metrics]
    if shown:
        rows = ((name, metrics[name], metrics[f"{name}_low"], metrics[f"{name}_high"]) for name in shown)
        yield Rows(("figure on inspected parcels", "value", "90 % interval from", "to"), tuple(rows))
    yield Items(
        (
            "inspections miss some contraband, and so does a model of inspections",
            "habits of senders change: read `drift` and the random share each month",
            f"training of officers, and who may use it: {OFFICE}",
        )
    )


def _letter(office: Deployed) -> Iterator[Part]:
    yield Text(f"{office.authority}, {OFFICE} (date, file number)")
    yield Text(f"To {OFFICE}")
    yield Text("Your parcel was inspected. This letter explains what part an automated system had in that.")
    yield Heading("What happened")
    yield Text(f"Parcel {OFFICE} was selected on {OFFICE} because of {OFFICE} (list, rule, score or chance).")
    yield Heading("What part the system had")
    yield Text(
        "A program compares what was declared of a parcel with earlier inspections, and proposes which few to look at. "
        "It does not decide: an officer looked at your parcel and decided. It recognises earlier parcels of the same "
        "parties by keys, nationality is no field of it, and it says nothing about you as a person."
    )
    yield Text(f"The main facts that it gave the officer, and what spoke for you: {OFFICE} (bag for disclosure)")
    yield Heading("Your rights")
    mask = _mask(office.known.retention)
    yield Items(
        (
            "ask what is kept of you, have what is wrong corrected, and what may no longer be kept erased",
            f"your name and address are masked after {mask} days, unless a finding or a proceeding keeps them",
            f"complain to {OFFICE}, or to the supervisory authority {OFFICE}",
        )
    )


def _mask(retention: Retention) -> str:
    return _days(next((one.mask_days for one in retention.classes if one.rule is Rule.PARCEL), None))


def _days(days: int | None) -> str:
    return "-" if days is None else str(days)
