"""Commands `exchange ...`: two authorities exchange packages as files, each with persons and clocks of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from features.signing import public_key_of
from parcel_risk.cli import app
from parcel_risk.console import out
from policy.exchange import Handling, Urgency
from policy.lists.terms import ListField
from serving.api.records import lodging_of
from serving.intake.submissions import take_at_once
from serving.office.comparing import ask, read_answer
from serving.office.exchanging import Draft, is_overdue
from serving.office.exchanging import draft as draft_package
from serving.office.overlapping import ask_count, read_count
from serving.settings import Settings, environment_of
from serving.store import Client, Role, packages
from serving.store.times import time_of
from serving.verification import contact_point_of
from tests.builders import a_parcel
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key, opened

ANA = Client(client_id="ana", role=Role.ANALYST, operator=None)
POST = Client(client_id="post", role=Role.OPERATOR, operator="post-a")
INDICATOR = {
    "field": "sender",
    "values": {"name": "Example Trading Ltd", "street": "Mill Lane", "postcode": "60601", "country": "US"},
    "reason": "sender of a seized parcel",
    "expires_on": "2099-12-31",
}


@dataclass
class Authority:
    """An installation whose service is stopped, as its persons use it from a shell."""

    name: str
    settings: Settings

    def run(self, *words: str | Path, ends_with: int = 0) -> str:
        env = {**environment_of(self.settings), "PARCEL_RISK_AUTHORITY": self.name, "COLUMNS": "200"}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(out, "width", 200)
            done = CliRunner().invoke(app, ["exchange", *map(str, words)], env=env)
        assert done.exit_code == ends_with, done.output + repr(done.exception)
        return done.output if ends_with == 0 else str(done.exception)

    def draft(self, recipient: str, urgency: Urgency, **items: object) -> str:
        handling = Handling(source_code="A", information_code=1, handling="H1", tlp="amber", pap="amber")
        given = {"purpose": "parcels of one sender", "legal_basis": "agreement", "urgency": urgency, **items}
        order = Draft(recipient=recipient, handling=handling, **given)  # type: ignore[arg-type]
        with opened(self.settings, Clock(at=datetime.now(UTC))) as office, office.writer.transaction() as transaction:
            return draft_package(office, transaction.connection, contact_point_of(self.settings), order, ANA).number


def authority(folder: Path, name: str) -> Authority:
    settings = bare_settings(folder).model_copy(update={"authority": name})
    for person, role in (("ana", Role.ANALYST), ("sue", Role.SUPERVISOR), ("olaf", Role.OFFICER)):
        client_key(settings, person, None, role)
    return Authority(name=name, settings=settings)


def know(here: Authority, partner: Authority) -> None:
    key = public_key_of(contact_point_of(partner.settings).key)
    text = f'[{partner.name}]\ntitle = "Customs"\nkey = "{key}"\nlegal_basis = "agreement of 2026"\n'
    (here.settings.home / "partners.toml").write_text(text, "utf-8")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Authority, Authority]:
    folder = tmp_path_factory.mktemp("pair")
    a, b = authority(folder / "a", "customs-a"), authority(folder / "b", "customs-b")
    know(a, b)
    know(b, a)
    yesterday = Clock(at=datetime.now(UTC) - timedelta(days=1))
    times = {name: yesterday.at for name in ("lodged_at", "posted_at", "due_at")}
    with opened(b.settings, yesterday) as office:
        take_at_once(office, [lodging_of(office, POST, [a_parcel(**times)], explain=False)])
    return a, b


def test_a_package_is_released_received_adopted_and_answered(pair: tuple[Authority, Authority], tmp_path: Path) -> None:
    a, b = pair
    sent, receipt, answer = (tmp_path / name for name in ("sent", "receipt", "answer"))
    assert "nothing is open" in a.run("list")
    number = a.draft("customs-b", Urgency.IMMEDIATE, indicators=[INDICATOR], typologies=["drop-addresses"])
    assert "draft" in a.run("list")
    for person in ("ana", "olaf", "nobody"):
        a.run("release", number, "--as", person, "--out", sent, ends_with=1)
    assert not sent.exists()
    assert f"{number} released" in a.run("release", number, "--as", "sue", "--out", sent)
    assert f"{number} is in quarantine" in b.run("receive", sent, "--as", "ana", "--out", receipt)
    shown = b.run("matches", number, "--as", "ana")
    assert "indicator: sender" in shown
    assert "typology: drop-addresses" in shown
    assert "Example Trading" not in shown
    assert f"{number}: received" in a.run("receipt", receipt, "--as", "ana")
    b.run("decide", number, "adopt", "--as", "ana", "--out", answer, ends_with=1)
    assert "Give adopt or refuse" in b.run("decide", number, "perhaps", "--as", "sue", "--out", answer, ends_with=1)
    assert f"{number}: adopt" in b.run("decide", number, "adopt", "--as", "sue", "--out", answer)
    assert f"{number}: adopted" in a.run("receipt", answer, "--as", "ana")
    assert "nothing is open" in a.run("list") + b.run("list")


def test_a_refusal_says_why_and_what_was_changed_on_its_way_is_refused(
    pair: tuple[Authority, Authority], tmp_path: Path
) -> None:
    a, b = pair
    sent, changed, receipt = (tmp_path / name for name in ("sent", "changed", "receipt"))
    number = b.draft("customs-a", Urgency.ROUTINE, indicators=[INDICATOR])
    b.run("release", number, "--as", "sue", "--out", sent)
    changed.write_text(sent.read_text("utf-8").replace("Mill Lane", "Hill Lane"), "utf-8")
    assert "signature" in a.run("receive", changed, "--as", "ana", "--out", receipt, ends_with=1)
    changed.write_bytes(b"\xff\xfe\x00")
    assert "Ask the partner" in a.run("receive", changed, "--as", "ana", "--out", receipt, ends_with=1)
    assert not receipt.exists()
    a.run("receive", sent, "--as", "ana", "--out", receipt)
    a.run("decide", number, "refuse", "--as", "sue", "--out", receipt, ends_with=1)
    a.run("decide", number, "refuse", "--as", "sue", "--reason", "no legal basis here", "--out", receipt)
    assert f"{number}: refused" in b.run("receipt", receipt, "--as", "ana")


def test_a_question_without_names_is_answered_by_command_and_is_in_the_log(
    pair: tuple[Authority, Authority], tmp_path: Path
) -> None:
    a, b = pair
    assert "nothing was asked" in b.run("log")
    given = {"partner": "customs-b", "case": "2026/17", "purpose": "same contact", "legal_basis": "agreement"}
    entry = (ListField.CONTACT, {"phone": "+4930901820"})
    with opened(a.settings, Clock(at=datetime.now(UTC))) as office:
        point = contact_point_of(a.settings)
        with office.writer.transaction() as transaction:
            pending, words = ask(office, transaction.connection, point, [entry], ANA, **given)
        counting, count = ask_count(office, point, ANA, **given)
        for name, text in (("words", words), ("count", count)):
            (tmp_path / name).write_text(text, "utf-8")
            answer = tmp_path / f"{name}.answer"
            b.run("answer", tmp_path / name, "--as", "ana", "--out", answer, ends_with=1)
            assert not answer.exists()
            assert "nobody here learns" in b.run("answer", tmp_path / name, "--as", "sue", "--out", answer)
        with office.writer.transaction() as transaction:
            said = (tmp_path / "words.answer").read_text("utf-8")
            assert read_answer(office, transaction.connection, point, pending, said, ANA) == [False]
        assert read_count(office, point, counting, (tmp_path / "count.answer").read_text("utf-8"), ANA) == 0
    log = b.run("log")
    assert (log.count("2026/17"), "901820" in log) == (2, False)


@pytest.mark.parametrize(
    ("urgency", "within"),
    [
        (Urgency.IMMEDIATE, timedelta(hours=8)),
        (Urgency.URGENT, timedelta(days=3)),
        (Urgency.ROUTINE, timedelta(days=7)),
    ],
)
def test_an_answer_is_due_within_the_time_of_its_urgency(
    pair: tuple[Authority, Authority], urgency: Urgency, within: timedelta, tmp_path: Path
) -> None:
    a, _ = pair
    number = a.draft("customs-b", urgency, indicators=[INDICATOR])
    a.run("release", number, "--as", "sue", "--out", tmp_path / "sent")
    with opened(a.settings, Clock()) as office, office.store.begin_read() as connection:
        one = packages.one(connection, packages.OUT, number)
    assert one is not None
    assert one.decided_at is not None
    released_at = time_of(one.decided_at)
    assert not is_overdue(one, released_at + within)
    assert is_overdue(one, released_at + within + timedelta(seconds=1))
    assert number in a.run("list")
