"""Examples of bodies, as the description of the API shows them; a test sends each of them, in this order."""

from __future__ import annotations

from typing import Any

from policy.typologies import shipped_typologies, written

PARCEL: dict[str, Any] = {
    "parcel_id": "RB473124829US",
    "lodged_at": "2026-11-02T08:15:00Z",
    "stream": "letter",
    "category": "gift",
    "sender_name": "Jun Exampleson",
    "sender_street": "Harbour Street",
    "sender_city": "Springfield",
    "sender_country": "US",
    "recipient_name": "Lea Meyer",
    "recipient_street": "Mill Lane 7",
    "recipient_postcode": "10115",
    "recipient_city": "Berlin",
    "recipient_country": "DE",
    "origin_office": "USJFKA",
    "destination_office": "DEFRAX",
    "gross_weight_g": 480,
    "pieces": [
        {
            "description": "cotton t-shirt",
            "quantity": 2,
            "value_cents": 2900,
            "currency": "EUR",
            "hs_code": "610910",
            "origin_country": "US",
        }
    ],
}
_TERMS = {
    "name": "seized-senders",
    "kind": "watch",
    "fields": ["sender"],
    "owner": "intelligence unit",
    "legal_basis": "Customs Code, article 46",
    "reason": "senders of seized parcels",
    "source": "own findings",
    "source_code": "A",
    "information_code": 1,
    "review_on": "2100-01-01",
}
_ENTRIES = "name,street,number,postcode,city,country\nJun Exampleson,Harbour Street,3,22201,Arlington,US\n"
_RULE = {
    "name": "cover-letters",
    "when": "stream = 'letter' AND gross_weight_g > 400",
    "refer": "open",
    "owner": "analysis unit",
    "legal_basis": "Customs Code, article 46",
    "expires_on": "2099-12-31",
    "must_match": [{"stream": "letter", "gross_weight_g": 480}],
    "must_not_match": [{"stream": "letter", "gross_weight_g": 20}],
}
_ADOPTION = {"owner": "analysis unit", "expires_on": "2099-12-31"}
_SHIFT = {"line": "hall 1", "weekdays": ["mon", "tue", "wed"], "begins": "06:00", "ends": "14:00", "hands": 6}
_FOUND = {
    "parcel_id": "RB473124829US",
    "inspected_at": "2026-11-03T09:30:00Z",
    "station": "hall 1",
    "result": "found",
    "finding_class": "synthetic",
}
EXAMPLES: dict[tuple[str, str], dict[str, Any]] = {
    ("post", "/v1/parcels"): PARCEL,
    ("post", "/v1/manifests"): {"parcels": [PARCEL, {**PARCEL, "parcel_id": "RB473124832US"}]},
    ("post", "/v1/scans"): {"scans": [{"parcel_id": "RB473124829US", "state": "in_hall", "station": "hall 1"}]},
    ("post", "/v1/clocks"): {
        "entries": [{"parcel_id": "RB473124829US", "end": "let_go", "reason": "no capacity before the cut-off"}]
    },
    ("post", "/v1/stages"): {
        "stages": [
            {
                "parcel_id": "RB473124829US",
                "stage": "presented",
                "result": "presented",
                "inspected_at": "2026-11-03T09:00:00Z",
            }
        ]
    },
    ("post", "/v1/stages/runs"): {
        "stage": "xray",
        "result": "nothing_found",
        "inspected_at": "2026-11-03T09:10:00Z",
        "parcel_ids": ["RB473124832US"],
        "duration_s": 40,
    },
    ("post", "/v1/outcomes"): {"outcomes": [_FOUND]},
    ("post", "/v1/seizures"): {
        "parcel_id": "RB473124829US",
        "finding_class": "synthetic",
        "substance": "3-MMC",
        "identified_by": "presumptive_test",
        "quantity": 250,
        "unit": "g",
        "form": "crystals",
        "hiding_place": "in_goods",
        "status": "seized",
    },
    ("post", "/v1/exchange/packages"): {
        "recipient": "customs-b",
        "purpose": "parcels of one sender to several countries",
        "legal_basis": "agreement on mutual assistance, article 4",
        "urgency": "urgent",
        "source_code": "A",
        "information_code": 1,
        "handling": "H1",
        "tlp": "amber",
        "pap": "amber",
        "typologies": ["drop-addresses"],
    },
    ("post", "/v1/comparisons"): {
        "partner": "customs-b",
        "case_reference": "2026/17",
        "purpose": "whether the partner looks for the same contact",
        "legal_basis": "agreement on mutual assistance, article 4",
        "entries": [{"field": "contact", "values": {"phone": "+4930901820"}}],
    },
    ("post", "/v1/overlaps"): {
        "partner": "customs-b",
        "case_reference": "2026/18",
        "purpose": "whether joint work on listed senders would be useful",
        "legal_basis": "agreement on mutual assistance, article 4",
    },
    ("post", "/v1/score-stops"): {"reason": "findings of the score dropped since Monday"},
    ("post", "/v1/score-stops/end"): {"line": None},
    ("post", "/v1/investigations"): {
        "parcel_id": "RB473124829US",
        "case_reference": "2026/17",
        "legal_basis": "code of criminal procedure, section 163",
    },
    ("post", "/v1/holds"): {
        "parcel_id": "RB473124829US",
        "reason": "2026/17",
        "legal_basis": "code of criminal procedure, section 94",
    },
    ("post", "/v1/withdrawals"): {
        "client_id": "officer-7",
        "since": "2026-11-01T00:00:00Z",
        "reason": "the key was stolen",
    },
    ("post", "/v1/complaints"): {"subject": "delay", "reference": "C-2026/4", "parcel_id": "RB473124829US"},
    ("post", "/v1/complaints/{row_id}/answer"): {"answer": "rejected", "reference": "C-2026/4-2"},
    ("post", "/v1/waivers"): {
        "operator": "post-a",
        "origin_country": "US",
        "reason": "the sending post has no system yet",
        "instead": "every tenth receptacle is x-rayed",
        "first_on": "2026-10-01",
        "last_on": "2026-12-31",
    },
    ("post", "/v1/exhibits"): {"parcel_id": "RB473124829US", "seal": "S-1001", "gross_g": 120},
    ("post", "/v1/exhibits/{number}/entries"): {"kind": "weighed", "gross_g": 119},
    ("post", "/v1/observed"): {"items": [{"stream": "letter", "recipient_postcode": "10115", "weight_g": 300}]},
    ("post", "/v1/trials"): {"parcel_id": "RX000000015DE", "finding_class": "synthetic"},
    ("post", "/v1/trials/revealed"): {"parcel_id": "RX000000015DE"},
    ("post", "/v1/lists"): {"terms": _TERMS, "csv": _ENTRIES},
    ("put", "/v1/lists/{name}/entries"): {"csv": f"{_ENTRIES}Kim Exampleson,Mill Lane,9,22222,Arlington,US\n"},
    ("post", "/v1/lists/from-parcels"): {
        "terms": {**_TERMS, "name": "seized-recipients"},
        "parcel_ids": ["RB473124829US"],
    },
    ("post", "/v1/rules/check"): _RULE,
    ("post", "/v1/rules"): _RULE,
    ("post", "/v1/typologies"): {**_ADOPTION, "text": written(shipped_typologies()["letters-of-tablets"])},
    ("post", "/v1/typologies/{typology}/adopt"): _ADOPTION,
    ("post", "/v1/hunts"): {"kind": "typology", "name": "drop-addresses"},
    ("post", "/v1/capacity/preview"): {"shifts": [_SHIFT]},
    ("post", "/v1/capacity"): {"shifts": [_SHIFT], "minutes": {"open": 20}},
    ("post", "/v1/evidence"): {"parcel_id": "RB473124829US", "case": "2026/17"},
    ("post", "/v1/whatif"): {"since": "2026-11-01T00:00:00Z", "until": "2026-12-01T00:00:00Z", "capacity_share": 0.01},
    ("post", "/v1/shadow"): {"rules": [_RULE]},
    ("post", "/v1/reports"): {"parcel_id": "RB473124832US", "condition": "damaged"},
    ("post", "/v1/sort"): {"readings": ["RB473124829US", "DE10115"], "weight_g": 482},
    ("post", "/v1/sort/{sort_id}/confirmation"): {"chute": "2"},
    ("post", "/v1/webhooks"): {"url": "https://hooks.example.org/parcel-risk"},
    ("post", "/v1/webhooks/{webhook_id}/replay"): {"since": "2026-11-02T00:00:00Z"},
}
