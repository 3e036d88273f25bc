"""A package as XML that is shaped like UMF: entities, relations and evaluation codes, under our own names.

UMF is defined by Europol and by Implementing Decisions (EU) 2023/220 and 2023/221. Its schema was not read for this
project: the document says of itself that it is shaped like UMF and does not conform to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape, quoteattr

from policy.exchange import Indicator, Item, Package, SeizureRecord
from policy.lists.terms import ListField

SHAPED = "shaped like UMF, not conformant"
_NAMESPACE = "urn:parcel-risk:umf-shaped:1"
_ENTITY = {
    ListField.SENDER: "Person",
    ListField.RECIPIENT: "Person",
    ListField.SENDER_NAME: "Person",
    ListField.RECIPIENT_NAME: "Person",
    ListField.ADDRESS: "Location",
    ListField.CONTACT: "CommunicationMeans",
    ListField.ACCOUNT: "CommunicationMeans",
    ListField.LANE: "Route",
    ListField.NUMBER_BLOCK: "Item",
    ListField.DESCRIPTION: "Item",
    ListField.CODE: "Item",
}


def umf_shaped(package: Package) -> str:
    """The document."""
    codes = package.handling
    head = {
        "number": package.number,
        "sender": package.sender,
        "recipient": package.recipient,
        "madeAt": package.made_at,
        "urgency": package.urgency.value,
        "conformance": SHAPED,
    }
    evaluation = {
        "source": codes.source_code,
        "information": str(codes.information_code),
        "handling": codes.handling,
        "tlp": codes.tlp,
        "pap": codes.pap,
    }
    parts = [part for number, item in enumerate(package.items, start=1) for part in _item(number, item)]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<Message xmlns="{_NAMESPACE}"{_attributes(head)}>',
            f"<Evaluation{_attributes(evaluation)}/>",
            f"<Purpose>{escape(package.purpose)}</Purpose>",
            f"<LegalBasis>{escape(package.legal_basis)}</LegalBasis>",
            *parts,
            "</Message>",
            "",
        ]
    )


def _item(number: int, item: Item) -> Iterator[str]:
    if isinstance(item, Indicator):
        yield _entity(_ENTITY[item.field], f"E{number}", {"role": item.field.value, **item.values})
        yield _relation(f"E{number}", "isRecognisedIn", f"P{number}")
        yield _entity("Item", f"P{number}", {"kind": "parcel", "reason": item.reason})
    elif isinstance(item, SeizureRecord):
        form = {name: str(value) for name, value in item.form.items() if value is not None}
        yield _entity("Event", f"E{number}", {"kind": "seizure", "on": item.made_on.isoformat()})
        yield _entity("Item", f"I{number}", {"kind": "goods", **form})
        yield _relation(f"I{number}", "wasSeizedIn", f"E{number}")
    else:
        yield f'<Document id="D{number}" kind="typology">{escape(item.text)}</Document>'


def _entity(name: str, entity_id: str, values: Mapping[str, str]) -> str:
    fields = "".join(f"<Field name={quoteattr(key)}>{escape(value)}</Field>" for key, value in values.items())
    return f'<{name} id="{entity_id}">{fields}</{name}>'


def _relation(of: str, kind: str, to: str) -> str:
    return f'<Relation from="{of}" kind="{kind}" to="{to}"/>'


def _attributes(values: Mapping[str, str]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in values.items())
