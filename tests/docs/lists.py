"""The generated page about lists: kinds, fields, columns of the CSV, terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from policy.lists import MAX_ENTRIES, ListField, ListKind
from policy.lists.cells import COLUMNS
from policy.lists.faults import MAX_FAULTS
from policy.lists.keys import PARCEL_COLUMNS
from policy.lists.terms import HANDLING_CODES, INFORMATION_CODES, SOURCE_CODES, USUAL_THRESHOLD, usual_referral

Table = Callable[[Sequence[str], Iterable[Sequence[object]]], str]
_KINDS = {
    ListKind.MANDATORY: "The parcel is referred, whatever score, rules and trust say.",
    ListKind.WATCH: "Somebody looks at the parcel, unless a trusted list names it as well.",
    ListKind.TRUSTED: "Neither score nor watch lists select the parcel. It is drawn with the probability of any other "
    "parcel of its score; mandatory lists and rules select it all the same.",
    ListKind.REFERENCE: "Nothing by itself: rules read its words and codes ([decision-rules.md](decision-rules.md)).",
}
_FIELDS = {
    ListField.SENDER: (
        "`name` with address, or `tax_id` and `country`, or `account` and `operator`",
        "strict or loose key",
    ),
    ListField.RECIPIENT: ("the same", "strict or loose key"),
    ListField.ADDRESS: (
        "`street`, `number`, `additional`, `po_box`, `postcode`, `city`, `country`",
        "address of delivery",
    ),
    ListField.CONTACT: ("`phone`, `email`, `country`", "the sender's phone; where there is none, the mailbox"),
    ListField.ACCOUNT: ("`account` and `operator`", "account of sender or recipient"),
    ListField.LOOK_ALIKE: ("`key`", "goods, dispatch, wording and weight"),
    ListField.NUMBER_BLOCK: ("`parcel_id` and `operator`", "a hundred consecutive numbers"),
    ListField.LANE: ("`origin` and `destination`, offices or countries as parcels give them", "the same lane"),
    ListField.DESCRIPTION: ("`words`", "all of the words, in any order"),
    ListField.CODE: ("`words`", "nothing by itself: a code as manifests write it, for rules"),
    ListField.SENDER_NAME: ("`name`, `country`", "a similar name"),
    ListField.RECIPIENT_NAME: ("`name`, `country`", "a similar name"),
}
_TEXT = Path(__file__).with_suffix(".md")


def page(note: str, table: Table) -> str:
    """Whole page."""
    kinds = table(
        ("kind", "what follows", "asks by default"),
        (
            (f"`{kind}`", says, f"`{usual_referral(kind)}`" if usual_referral(kind) else "")
            for kind, says in _KINDS.items()
        ),
    )
    fields = table(
        ("field", "columns of an entry", "recognises", "needs a second person"),
        ((f"`{field}`", *_FIELDS[field], "yes" if field.is_person else "") for field in ListField),
    )
    return _TEXT.read_text("utf-8").format(
        note=note,
        kinds=kinds,
        fields=fields,
        source=", ".join(SOURCE_CODES),
        information=" to ".join(str(INFORMATION_CODES[at]) for at in (0, -1)),
        handling=" to ".join(HANDLING_CODES[at] for at in (0, -1)),
        of_parcels=", ".join(f"`{field}`" for field in PARCEL_COLUMNS),
        columns=", ".join(f"`{column}`" for column in COLUMNS),
        threshold=USUAL_THRESHOLD,
        most=MAX_ENTRIES,
        faults=MAX_FAULTS,
    )
