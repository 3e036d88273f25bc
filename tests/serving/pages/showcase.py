"""A service with one parcel for every state of a page: for the tests of pages, and for their screenshots."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parcel_risk.demo import EXAMPLE
from parcel_risk.serve import background_service
from serving.office.current import outcomes_of, versions_of
from serving.settings import Settings
from serving.store import Role, Store
from tests.serving.bare import client_key
from tests.serving.conftest import Keys
from tests.stores import put_store

OPEN, RELEASED, DONE, CANCELLED, TWICE, REUSED = (
    "EE473124829TH",
    "RR516273840PL",
    "EE473124832TH",
    "RR516273853PL",
    "RR516273867PL",
    "RR516273875PL",
)
RECEPTACLE = "THBKKADEFRAAAEN60417002110094"
REJECTED, NOWHERE, MISREAD = "EG230930844KR", "RB473124829US", "RR516273440PL"
_PLAIN: dict[str, Any] = {
    "stream": "letter",
    "category": "sale",
    "sender_name": "Biblioteka Miejska",
    "sender_street": "ul. Lipowa 4",
    "sender_postcode": "00-950",
    "sender_city": "Warszawa",
    "sender_country": "PL",
    "dispatch_country": "PL",
    "origin_office": "PLWAWX",
    "destination_office": "DEFRAX",
    "recipient_name": "Jonas Becker",
    "recipient_street": "Lindenstr. 7",
    "recipient_postcode": "10115",
    "recipient_city": "Berlin",
    "recipient_country": "DE",
    "gross_weight_g": 350,
    "postage_cents": 640,
    "pieces": [
        {"description": "printed books", "quantity": 1, "value_cents": 2400, "currency": "EUR", "hs_code": "490199"}
    ],
}


def numbers() -> Iterator[str]:
    """Item numbers with right check digits."""
    for serial in range(50_000_000, 60_000_000):
        total = sum(int(one) * weight for one, weight in zip(f"{serial:08}", (8, 6, 4, 2, 3, 5, 9, 7), strict=True))
        check = 11 - total % 11
        digit = {10: 0, 11: 5}.get(check, check)
        yield f"EE{serial:08}{digit}TH"


_NUMBERS = numbers()


@dataclass(frozen=True, kw_only=True)
class Showcase:
    """A running service and the keys of its clients."""

    address: str
    keys: Keys
    store: Store

    def post(self, path: str, body: Any, key: str) -> dict[str, Any]:
        """Send JSON; what is answered."""
        request = urllib.request.Request(
            self.address + path,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {key}"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            answer: dict[str, Any] = json.load(response)
            return answer

    def lodge(self, number: str, *, key: str = "", **given: Any) -> None:
        """Lodge a harmless parcel, with some of its facts otherwise."""
        self.post("/v1/parcels", {**_PLAIN, "parcel_id": number, **given}, key or self.keys.post)

    def lodge_example(self, number: str, **given: Any) -> None:
        """Lodge a parcel that looks like some in which contraband was hidden."""
        self.post("/v1/parcels", {**EXAMPLE, "parcel_id": number, **given}, self.keys.post)

    def fresh(self) -> str:
        """Lodge such a parcel under a number of its own, by a sender that nobody has seen; its number."""
        number = next(_NUMBERS)
        street = f"Harbour Street {number[2:10]}"
        self.lodge_example(number, sender_name=f"Jun {number[2:10]}", sender_street=street, receptacle_id=RECEPTACLE)
        return number

    def without_blanks(self) -> str:
        """Lodge such a parcel whose names, addresses and contents are long words without a blank; its number."""
        number, word = next(_NUMBERS), "Wolkenkratzer" * 5
        piece = {"description": word * 2, "quantity": 1, "value_cents": 425, "currency": "EUR"}
        parties = {f"{who}_{what}": word for who in ("sender", "recipient") for what in ("name", "street")}
        self.lodge_example(number, **parties, receptacle_id=RECEPTACLE, pieces=[piece])
        return number

    def outcomes(self, number: str) -> list[tuple[str, str | None, str | None]]:
        """Outcomes on record of a parcel: result, method and class of each event that was not retracted."""
        with self.store.begin_read() as connection:
            versions = versions_of(connection, [number])
            (events,) = outcomes_of(connection, versions).values() or [[]]
        return [(one["result"], one["method"], one["finding_class"]) for one in events]


def keys_of(settings: Settings) -> Keys:
    """Keys of new clients."""
    return Keys(
        post=client_key(settings, "post", "post-a"),
        courier=client_key(settings, "courier", "courier-a"),
        officer=client_key(settings, "officer-7", None),
        supervisor=client_key(settings, "supervisor-1", None, Role.SUPERVISOR),
        auditor=client_key(settings, "auditor-1", None, Role.AUDITOR),
        analyst=client_key(settings, "analyst-1", None, Role.ANALYST),
    )


@contextmanager
def showcase(settings: Settings) -> Iterator[Showcase]:
    """Service with a parcel for every state; its line opens three in twenty-five."""
    keys = keys_of(settings)
    served = settings.model_copy(update={"capacity_share": 0.12})
    with background_service(served) as address, Store(settings.database) as store:
        shown = Showcase(address=address, keys=keys, store=store)
        stock(shown)
        yield shown


def stock(shown: Showcase) -> None:
    """Lodge the parcels of every state."""
    for number in (RELEASED, CANCELLED, TWICE, REUSED):
        shown.lodge(number)
    for number in (OPEN, DONE):
        shown.lodge_example(number)
    shown.lodge(CANCELLED, function="cancel")
    shown.lodge(TWICE, key=shown.keys.courier)
    others = {"sender_name": "Anna Nowak", "recipient_name": "Mia Wolf", "recipient_street": "Am Markt 1"}
    vase = {"description": "ceramic vase", "quantity": 1, "value_cents": 9000, "currency": "EUR", "hs_code": "691390"}
    shown.lodge(REUSED, **others, sender_street="ul. Krucza 9", gross_weight_g=2400, pieces=[vase])
    outcome = {"parcel_id": DONE, "operator": "post-a", "result": "nothing_found", "method": "opened"}
    shown.post("/v1/outcomes", {"outcomes": [outcome]}, shown.keys.officer)
    undated = {**_PLAIN, "parcel_id": REJECTED, "lodged_at": "11/12/2026"}
    rejected = {"parcels": [undated, {**_PLAIN, "parcel_id": "RR516273884PL"}]}
    shown.post("/v1/manifests", rejected, shown.keys.post)


def copy_of(models: Path, home: Path) -> Settings:
    """Settings of an installation of its own with the approved model of the tests; no parcel is drawn by chance."""
    return put_store(
        Settings(
            home=home,
            models_dir=models / "models",
            keys_dir=models / "home" / "keys",
            approvers_file=models / "home" / "approvers.txt",
            random_share=0.0,
            port=0,
        )
    )
