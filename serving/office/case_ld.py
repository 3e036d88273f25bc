"""Claims as an investigation in CASE (Cyber-investigation Analysis Standard Expression) on UCO, as JSON-LD.

Only classes and properties that the ontology has are used: the parcel as an item, stages and outcomes as actions with
their time, and a record of provenance. Names of nodes are derived, so that the same claims give the same text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

_CONTEXT = {
    "kb": "http://example.org/kb/",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_ACTIONS = ("stage", "outcome", "correction")


def investigation(claims: Mapping[str, Any], *, case: str, at: datetime) -> dict[str, Any]:
    """JSON-LD of an investigation about one parcel."""
    number = str(claims["parcel.number"])

    def node(kind: str, name: str) -> str:
        return f"kb:{kind}-{uuid5(NAMESPACE_URL, f'{case}|{number}|{name}')}"

    parcel: dict[str, Any] = {"@id": node("parcel", number), "@type": "uco-core:Item", "uco-core:name": number}
    actions = list(_actions(claims, node))
    record: dict[str, Any] = {
        "@id": node("provenance", "bag"),
        "@type": "case-investigation:ProvenanceRecord",
        "uco-core:description": "Bag of evidence made by parcel-risk.",
        "uco-core:objectCreatedTime": _time(at.isoformat()),
        "uco-core:object": [{"@id": parcel["@id"]}],
    }
    whole = {
        "@id": node("investigation", case),
        "@type": "case-investigation:Investigation",
        "uco-core:name": case,
        "uco-core:object": [{"@id": one["@id"]} for one in (parcel, record, *actions)],
    }
    return {"@context": _CONTEXT, "@graph": [whole, parcel, record, *actions]}


def _actions(claims: Mapping[str, Any], node: Any) -> Iterator[dict[str, Any]]:
    for name, value in claims.items():
        group = name.partition(".")[0]
        if group in _ACTIONS:
            result = value.get("result")
            yield {
                "@id": node("action", name),
                "@type": "case-investigation:InvestigativeAction",
                "uco-core:name": group if result is None else f"{group}: {result}",
                "uco-action:startTime": _time(value["known_at"]),
            }


def _time(text: str) -> dict[str, str]:
    return {"@type": "xsd:dateTime", "@value": text}
