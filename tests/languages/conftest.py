"""A station without a model, with a parcel in every state that it can have there, in all languages and in none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from parcel_risk.demo import EXAMPLE
from serving.app import create_app
from serving.pages.languages import station_languages
from serving.store import Role
from tests.conftest import Clock
from tests.languages.pseudo import CODE, LONGER, MIRRORED, longer, mirrored, pseudo
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer
from tests.serving.pages.conftest import browser
from tests.serving.pages.desk.conftest import seen
from tests.serving.pages.desk.test_policy_pages import LIST, RULE

__all__ = ["browser"]
DONE, TWICE, CANCELLED, FOUND = "RR516273840PL", "RB473124829US", "RB473124846US", "EE473124829TH"


@pytest.fixture(scope="session")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A signed-in browser at a station without a model, with a parcel in every state that it can have there."""
    settings = bare_settings(tmp_path_factory.mktemp("tongues"))
    post, courier = client_key(settings, "post", "post-a"), client_key(settings, "courier", "courier-a")
    officer = client_key(settings, "officer-7", None, Role.SUPERVISOR)
    app = create_app(settings, Clock())
    app.state.languages = {**station_languages(), CODE: pseudo(), LONGER: longer(), MIRRORED: mirrored()}
    with TestClient(app, raise_server_exceptions=False) as api:

        def lodge(number: str, key: str, **changes: object) -> None:
            parcel = {**EXAMPLE, "parcel_id": number, **changes}
            assert api.post("/v1/parcels", json=parcel, headers=bearer(key)).status_code == 200

        lodge(DONE, post, receptacle_id="PLWAWADEFRAACCN60417002110094", origin_office="PLWAWX")
        lodge(TWICE, post)
        lodge(TWICE, courier)
        lodge(CANCELLED, post)
        lodge(CANCELLED, post, function="cancel")
        lodge(FOUND, post, pieces=[], gross_weight_g=None)
        api.post("/station/login", data={"key": officer})
        api.post("/station/outcome", data={"parcel_id": DONE, "result": "nothing_found", "method": "opened"})
        found = {"parcel_id": FOUND, "finding_class": "cannabis", "method": "opened"}
        api.post("/station/outcome", data=found)
        api.post("/station/exhibit", data={"parcel_id": FOUND, "seal": "S1", "gross_g": "12"})
        for path, form in (("rules", RULE), ("lists", LIST)):
            shown = api.post(f"/station/desk/{path}", data=form)
            assert "Kept" in api.post(f"/station/desk/{path}", data={**form, "seen": seen(shown.text)}).text
        choice = {"round": "1", "number": "EE000000015ZZ", "choice": "inspect"}
        api.post("/station/practice", data=choice)
        api.post("/station/desk/shift", data={"text": "a note"})
        yield api
