"""Persons sign in with a name and a passphrase: what is accepted and slowed, what ends or locks a session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from parcel_risk.person import add_person, new_passphrase, show_persons
from parcel_risk.revoke import revoke_keys
from serving.app import create_app
from serving.office import wrong_keys
from serving.office.idle import LastSeen
from serving.office.signing_in import FREE_FAILURES
from serving.office.writer import now
from serving.settings import Settings
from serving.store import Store, passphrases
from serving.store.audit import entries
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key

PHRASE = "seven grey herons wade"
OTHER = "eleven brass kettles sing"
SCANNED = "/station?parcel=RB473124829US"


@dataclass(frozen=True)
class Station:
    app: FastAPI
    http: TestClient
    settings: Settings
    clock: Clock

    def post(self, page: str, **form: str) -> str:
        """Where the browser is led."""
        answer = self.http.post(f"/station/{page}", data=form, follow_redirects=False)
        return str(answer.headers.get("location", answer.status_code))

    def get(self, path: str, **headers: str) -> str:
        answer = self.http.get(path, headers=headers, follow_redirects=False)
        return str(answer.headers.get("location", answer.status_code))

    def sign_in(self, name: str, phrase: str = PHRASE) -> str:
        self.http.cookies.clear()
        return self.post("sign-in", name=name, passphrase=phrase)

    def person(self, name: str, role: str = "officer") -> None:
        add_person(self.settings, name, role)
        new_passphrase(self.settings, name, PHRASE)

    def audited(self, name: str) -> list[tuple[str, str]]:
        with self.app.state.office.store.begin_read() as connection:
            return [(one.action, one.detail) for one in entries(connection, limit=1_000, who=name)]


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    settings = bare_settings(tmp_path_factory.mktemp("sign-in"))
    clock = Clock()
    app = create_app(settings, clock)
    with TestClient(app, raise_server_exceptions=False) as http:
        yield Station(app, http, settings, clock)


@pytest.fixture(autouse=True)
def _nobody_waits(station: Station) -> None:
    station.clock.at = now()  # as the commands have it
    station.app.state.wrong_keys._times.clear()
    station.app.state.last_seen = LastSeen(station.settings.idle_minutes)


def test_a_person_signs_in_with_name_and_passphrase_and_the_audit_says_so(station: Station) -> None:
    station.person("olga")
    assert station.sign_in("olga") == "/station"
    assert station.get("/station") == "200"
    assert station.post("logout") == "/station/login?message=signed_out"
    assert station.get("/station").startswith("/station/login")
    assert station.audited("olga") == [("signed in", ""), ("signed out", "")]


def test_a_one_time_passphrase_is_accepted_once_and_opens_only_the_choice_of_another(station: Station) -> None:
    once = add_person(station.settings, "otto", "officer")
    assert station.sign_in("otto", once) == "/station/passphrase"
    held = dict(station.http.cookies)
    for path in ("/station", "/station/queue", SCANNED):
        assert station.get(path) == "/station/passphrase"
    assert station.sign_in("otto", once).endswith("wrong_passphrase"), "it was used"
    station.http.cookies.update(held)
    assert station.post("passphrase", new="too short", again="too short") == "422"
    assert station.post("passphrase", new="i am OTTO the officer", again="i am OTTO the officer") == "422"
    assert station.post("passphrase", new=PHRASE, again=OTHER) == "422"
    assert station.post("passphrase", new=PHRASE, again=PHRASE) == "/station?message=changed"
    assert station.get("/station") == "200"
    assert station.sign_in("otto") == "/station"


def test_a_one_time_passphrase_ends_after_three_days(station: Station) -> None:
    once = add_person(station.settings, "ulla", "officer")
    station.clock.pass_by(days=800)
    assert station.sign_in("ulla", once).endswith("wrong_passphrase")


def test_another_passphrase_ends_every_other_session_and_asks_for_the_one_before(station: Station) -> None:
    station.person("petra")
    station.sign_in("petra")
    elsewhere = dict(station.http.cookies)
    station.sign_in("petra")
    refused = station.http.post("/station/passphrase", data={"old": OTHER, "new": OTHER, "again": OTHER})
    assert refused.status_code == 422
    assert "herons" not in refused.text
    assert "kettles" not in refused.text
    assert station.post("passphrase", old=PHRASE, new=PHRASE, again=PHRASE) == "422"
    assert station.post("passphrase", old=PHRASE, new=OTHER, again=OTHER) == "/station?message=changed"
    assert station.get("/station") == "200"
    station.http.cookies.clear()
    station.http.cookies.update(elsewhere)
    assert station.get("/station").startswith("/station/login")
    assert station.sign_in("petra").endswith("wrong_passphrase")
    assert station.sign_in("petra", OTHER) == "/station"


def test_a_revoked_person_is_let_in_nowhere(station: Station, capsys: pytest.CaptureFixture[str]) -> None:
    station.person("rita")
    station.sign_in("rita")
    revoke_keys(station.settings, "rita", None)
    assert "and the passphrase" in capsys.readouterr().out
    assert station.get("/station").startswith("/station/login")
    assert station.sign_in("rita").endswith("wrong_passphrase")
    show_persons(station.settings)
    assert "rita  officer  revoked" in capsys.readouterr().out


def test_wrong_passphrases_in_a_row_cost_minutes_which_survive_a_restart_and_the_right_one_ends_them(
    station: Station,
) -> None:
    station.person("wim")
    for _ in range(FREE_FAILURES):
        assert station.sign_in("wim", OTHER).endswith("wrong_passphrase")
    assert station.sign_in("wim").endswith("wrong_passphrase"), "right, and too early"
    with Store(station.settings.database) as another, another.begin_read() as connection:
        from serving.store.passphrases import person_named

        kept = person_named(connection, "wim")
    assert kept is not None
    assert kept.n_failed == FREE_FAILURES
    station.clock.pass_by(seconds=61)
    assert station.sign_in("wim", OTHER).endswith("wrong_passphrase")
    station.clock.pass_by(seconds=61)
    assert station.sign_in("wim").endswith("wrong_passphrase"), "the sixth costs two minutes"
    station.clock.pass_by(seconds=61)
    assert station.sign_in("wim") == "/station"
    assert station.audited("wim")[FREE_FAILURES - 1] == ("wrong passphrase", "5 in a row, waits 1 minutes")


def test_an_unknown_name_costs_the_same_work_and_gets_the_same_answer(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    from serving.office import passphrases

    n_compared, hasher = [], passphrases._HASHER

    class Counting:
        def verify(self, kept: str, text: str) -> bool:
            n_compared.append(kept[:30])
            return hasher.verify(kept, text)

    station.person("vera")
    monkeypatch.setattr(passphrases, "_HASHER", Counting())
    known, unknown = station.sign_in("vera", OTHER), station.sign_in("nobody has this name", OTHER)
    assert known == unknown
    assert len(n_compared) == 2
    assert n_compared[0] == n_compared[1], "with the same parameters"
    with station.app.state.office.store.begin_read() as connection:
        assert not any("nobody has" in f"{one.who} {one.detail}" for one in entries(connection, limit=1_000))


def test_many_wrong_passphrases_from_one_address_are_not_even_looked_at(station: Station) -> None:
    said = [station.sign_in(f"name-{n}") for n in range(wrong_keys.MOST + 2)]
    assert said[0].endswith("wrong_passphrase")
    assert said[-1].endswith("too_often")
    station.person("zoe")
    assert station.sign_in("zoe").endswith("too_often")


@pytest.mark.parametrize("role", ["analyst", "scientist", "auditor", "administrator"])
def test_a_person_of_another_role_signs_in_and_sees_no_page_of_the_station(station: Station, role: str) -> None:
    station.person(f"a-{role}", role)
    assert station.sign_in(f"a-{role}") == "/station/passphrase"
    page = station.http.get("/station/passphrase")
    assert page.status_code == 200
    assert "/station/queue" not in page.text
    assert station.get(SCANNED) == "403"
    assert station.get("/station/queue") == "403"


def test_an_idle_station_is_locked_and_unlocked_without_losing_the_scan(station: Station) -> None:
    seconds = [0.0]
    station.app.state.last_seen = LastSeen(15, lambda: seconds[0])
    station.person("ida")
    station.sign_in("ida")
    seconds[0] += 14 * 60
    assert station.get(SCANNED) == "200"
    seconds[0] += 14 * 60
    assert station.get("/station/queue", **{"X-Refresh": "queue"}) == "200", "which shows nobody"
    seconds[0] += 2 * 60
    locked = station.get(SCANNED)
    assert locked.startswith("/station/locked?")
    assert parse_qs(urlsplit(locked).query)["back"] == [SCANNED]
    assert station.post("outcome", parcel_id="RB473124829US").endswith("locked?message=not_recorded")
    assert SCANNED in station.http.get(locked).text.replace("&amp;", "&")
    assert "wrong" in station.post("unlock", passphrase=OTHER, back=SCANNED)
    assert station.get("/station").startswith("/station/locked")
    assert station.post("unlock", passphrase=PHRASE, back=SCANNED) == SCANNED
    assert station.get(SCANNED) == "200"


def test_who_locks_the_station_finds_it_locked_after_a_restart_too(station: Station) -> None:
    station.person("lea")
    station.sign_in("lea")
    assert station.get("/station/locked") == "200"
    station.app.state.last_seen = LastSeen(15)
    assert station.get("/station").startswith("/station/locked")


def test_a_session_of_a_key_is_unlocked_with_that_clients_key(station: Station) -> None:
    kim, sam = client_key(station.settings, "kim", None), client_key(station.settings, "sam", None)
    station.http.cookies.clear()
    assert station.post("login", key=kim) == "/station"
    assert station.get("/station/locked") == "200"
    assert "wrong" in station.post("unlock", passphrase=sam, back="/station")
    assert station.post("unlock", passphrase=kim, back="/station") == "/station"


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/station\\@evil", "/stationary", "/v1/x"])
def test_unlocking_leads_to_no_other_site(station: Station, back: str) -> None:
    station.person("ben")
    station.sign_in("ben")
    station.get("/station/locked")
    assert station.post("unlock", passphrase=PHRASE, back=back) == "/station"


def test_a_restart_unlocks_nothing() -> None:
    fresh = LastSeen(15)
    minute = 60_000_000
    assert not fresh.is_locked("t", unlocked_us=minute, at_us=minute * 15)
    assert fresh.is_locked("t", unlocked_us=minute, at_us=minute * 17)
    assert not LastSeen(0).is_locked("t", unlocked_us=minute, at_us=minute * 1_000)
    assert LastSeen(0).is_locked("t", unlocked_us=0, at_us=minute)


def test_the_file_of_the_store_holds_no_passphrase(station: Station) -> None:
    station.person("tom")
    station.sign_in("tom")
    folder = Path(station.settings.home)
    content = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert PHRASE.encode() not in content


PIN = {"pin_passphrase": PHRASE, "pin": "481516", "pin_again": "481516"}
TO_PIN = "/station/passphrase?message=pin_set"


def unlocked_by(station: Station, secret: str) -> bool:
    station.get("/station/locked")
    return station.post("unlock", passphrase=secret, back="/station") == "/station"


def test_a_pin_unlocks_the_station_and_signs_nobody_in(station: Station) -> None:
    station.person("pia")
    station.sign_in("pia")
    assert not unlocked_by(station, "481516")
    assert unlocked_by(station, PHRASE)
    assert station.post("pin", **PIN) == TO_PIN
    assert "PIN or passphrase" in station.http.get("/station/locked").text
    assert unlocked_by(station, "481516")
    assert unlocked_by(station, PHRASE)
    assert station.sign_in("pia", "481516").endswith("wrong_passphrase")
    assert ("PIN set", "") in station.audited("pia")
    with Store(station.settings.database) as store, store.begin_read() as connection:
        found = passphrases.person_named(connection, "pia")
    assert found is not None
    assert (found.pin_hash or "").startswith("$argon2id$")


@pytest.mark.parametrize("pin", ["12345", "123456", "765432", "121212", "48151a", "48151623421", ""])
def test_a_pin_that_is_easily_guessed_or_none_is_refused(station: Station, pin: str) -> None:
    station.person("pat")
    station.sign_in("pat")
    assert station.post("pin", **{**PIN, "pin": pin, "pin_again": pin}) == "422"
    assert station.post("pin", **{**PIN, "pin_again": "481517"}) == "422"


def test_a_pin_is_set_with_the_passphrase_only_and_ended_by_another_one(station: Station) -> None:
    station.person("pam")
    station.sign_in("pam")
    assert station.post("pin", **{**PIN, "pin_passphrase": OTHER}) == "422"
    assert station.post("pin", **PIN) == TO_PIN
    assert station.post("pin", **{**PIN, "pin_passphrase": "481516"}) == "422"
    assert station.post("passphrase", old="481516", new=OTHER, again=OTHER) == "422"
    assert station.post("passphrase", old=PHRASE, new=OTHER, again=OTHER) == "/station?message=changed"
    assert not unlocked_by(station, "481516")
    assert unlocked_by(station, OTHER)


def test_after_five_wrong_pins_only_the_passphrase_unlocks(station: Station) -> None:
    station.person("pim")
    station.sign_in("pim")
    station.post("pin", **PIN)
    for _ in range(FREE_FAILURES):
        assert not unlocked_by(station, "481517")
    assert not unlocked_by(station, PHRASE), "the fifth costs a minute"
    station.clock.pass_by(minutes=2)
    station.app.state.wrong_keys._times.clear()
    assert not unlocked_by(station, "481516")
    station.clock.pass_by(minutes=5)
    assert "PIN or passphrase" not in station.http.get("/station/locked").text
    assert unlocked_by(station, PHRASE)
    assert unlocked_by(station, "481516"), "the passphrase begins anew"
