"""A package as MISP JSON: one event with objects of two templates of our own, and tags of public taxonomies.

The templates `postal-parcel` and `drug-seizure` are next to this module; a receiving instance needs them to edit the
objects, not to read them. Identifiers are derived from the package, so that the same package gives the same event.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from policy.exchange import Handling, Indicator, Item, Package, SeizureRecord, SentTypology

_SPACE = uuid.UUID("6f1c1b0e-5c7a-5d2e-9b0a-3f6f7c6a2d11")
_RELIABILITY = {"A": "a", "B": "b", "C": "d", "X": "f"}
_CREDIBILITY = {1: "1", 2: "2", 3: "2", 4: "6"}
_UNDEFINED, _INITIAL, _ORGANISATION_ONLY = "4", "0", "0"
_NO_CORRELATION = {"role", "stream", "unit", "form", "status", "method", "country"}


def misp_event(package: Package) -> dict[str, Any]:
    """The event, as MISP writes one into a file."""
    at = datetime.fromisoformat(package.made_at)
    seconds = str(int(at.timestamp()))
    objects = [_object(package, item, n, seconds) for n, item in enumerate(package.items) if _is_object(item)]
    return {
        "Event": {
            "uuid": _id(package, "event"),
            "info": f"Package {package.number}: {package.purpose}",
            "date": f"{at:%Y-%m-%d}",
            "timestamp": seconds,
            "published": False,
            "threat_level_id": _UNDEFINED,
            "analysis": _INITIAL,
            "distribution": _ORGANISATION_ONLY,
            "Orgc": {"name": package.sender, "uuid": str(uuid.uuid5(_SPACE, package.sender))},
            "Tag": [{"name": name} for name in tags(package.handling)],
            "Attribute": list(_attributes(package, seconds)),
            "Object": objects,
        }
    }


def tags(codes: Handling) -> list[str]:
    """Tags: TLP and PAP as they are, and the nearest codes of the Admiralty scale; own ones for the exact codes."""
    return [
        f"tlp:{codes.tlp}",
        f"PAP:{codes.pap.upper()}",
        f'admiralty-scale:source-reliability="{_RELIABILITY[codes.source_code]}"',
        f'admiralty-scale:information-credibility="{_CREDIBILITY[codes.information_code]}"',
        f'parcel-risk:source="{codes.source_code}"',
        f'parcel-risk:information="{codes.information_code}"',
        f'parcel-risk:handling="{codes.handling}"',
    ]


@cache
def template(name: str) -> dict[str, Any]:
    """Template of an object, as MISP keeps one."""
    path = files("serving.messages").joinpath("misp_objects", name, "definition.json")
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def _is_object(item: Item) -> bool:
    return not isinstance(item, SentTypology)


def _object(package: Package, item: Item, number: int, seconds: str) -> dict[str, Any]:
    name, values = _values(item)
    made = template(name)
    return {
        "uuid": _id(package, f"object {number}"),
        "name": name,
        "meta-category": made["meta-category"],
        "description": made["description"],
        "template_uuid": made["uuid"],
        "template_version": str(made["version"]),
        "timestamp": seconds,
        "distribution": _ORGANISATION_ONLY,
        "Attribute": [
            {
                "uuid": _id(package, f"object {number} {relation}"),
                "object_relation": relation,
                "type": made["attributes"][relation]["misp-attribute"],
                "category": "Other",
                "value": value,
                "to_ids": False,
                "disable_correlation": relation in _NO_CORRELATION,
                "timestamp": seconds,
                "distribution": _ORGANISATION_ONLY,
            }
            for relation, value in values.items()
        ],
    }


def _values(item: Item) -> tuple[str, Mapping[str, str]]:
    """Name of the template and values by relation."""
    if isinstance(item, Indicator):
        words = {_relation(name): value for name, value in item.values.items()}
        return "postal-parcel", {
            "role": item.field.value,
            **words,
            "reason": item.reason,
            "expires": item.expires_on.isoformat(),
        }
    if isinstance(item, SeizureRecord):
        form = {_relation(name): str(value) for name, value in item.form.items() if value is not None}
        stream = {"stream": item.stream} if item.stream else {}
        return "drug-seizure", {"made-on": item.made_on.isoformat(), **stream, **form}
    raise TypeError("a typology is no object of MISP")


def _relation(name: str) -> str:
    return name.replace("_", "-")


def _attributes(package: Package, seconds: str) -> Iterator[dict[str, Any]]:
    """Typologies, each as one text."""
    for number, item in enumerate(package.items):
        if isinstance(item, SentTypology):
            yield {
                "uuid": _id(package, f"typology {number}"),
                "type": "text",
                "category": "Other",
                "value": item.text,
                "comment": f"typology {item.typology.name}",
                "to_ids": False,
                "timestamp": seconds,
                "distribution": _ORGANISATION_ONLY,
            }


def _id(package: Package, part: str) -> str:
    return str(uuid.uuid5(_SPACE, f"{package.digest} {part}"))
