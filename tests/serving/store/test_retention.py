"""Retention: what is due is masked and erased whatever happens on the way, and after that no byte of it is found."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fastapi.testclient import TestClient
from pypdf import PdfReader
from sqlalchemy import create_engine, make_url, select
from typer.testing import CliRunner

import policy
from features.bundle import Learned
from features.parcel.problems import ParcelRiskError, StoreError
from features.parcel.undeclared import UNDECLARED
from features.reasons import Reason
from features.words import Words
from parcel_risk.cli import app
from parcel_risk.demo import EXAMPLE
from policy.retention import RetentionError, retention_of, shipped_retention
from serving.app import create_app
from serving.installation import Installation
from serving.keys import make_keys
from serving.office import holding, retaining, subjects
from serving.office.retaining import Keeping, retain
from serving.office.verifying import verify
from serving.settings import Settings
from serving.store import Client, Role, Store, holds, retention
from serving.store import log as event_log
from serving.store.audit import entries
from serving.store.clients import add_client
from serving.store.erasure import erase, reconcile, subject_of
from serving.store.masking import masked_texts_of
from serving.store.overwriting import overwrite_deleted
from serving.store.scores import personal_of, scores_of
from serving.store.tables import explanations, metadata
from tests.builders import write_a_bundle
from tests.conftest import Clock
from tests.serving.bare import put_environment

PERSON = {
    "name": "Zebulon Quxworthy",
    "street": "Xylophonallee",
    "number": "77",
    "postcode": "10115",
    "city": "Berlin",
    "country": "DE",
}
RECIPIENT = {f"recipient_{name}": text for name, text in PERSON.items()}
NUMBER, OTHER, FOUND, UNRELATED = "EE473124829TH", "EE473124832TH", "EE473124846TH", "EE473124850TH"
GOODS, BILL = "glockenspiel mallets", "HAWB-QZ1"
WORDS = ("Quxworthy", "Xylophonallee", "zebulon@", GOODS, NUMBER, OTHER, BILL)
SUE = Client(client_id="sue", role=Role.SUPERVISOR, operator=None)


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Clock]:
    """Home folder of an installation on SQLite after a few days of work, and its clock then."""
    clock, folder = Clock(), tmp_path_factory.mktemp("past")
    lead(settings_at(folder, f"sqlite:///{folder / 'home' / 'parcel-risk.db'}"), clock)
    return folder / "home", clock


@pytest.fixture
def lived(past: tuple[Path, Clock], clock: Clock, tmp_path: Path) -> Settings:
    """Settings of a copy of it; the clock says what its own did."""
    home, then = past
    clock.at = then.at
    shutil.copytree(home, tmp_path / "home")
    return settings_at(tmp_path, f"sqlite:///{tmp_path / 'home' / 'parcel-risk.db'}")


def settings_at(folder: Path, url: str) -> Settings:
    places = {"home": folder / "home", "models_dir": folder / "none", "segments_dir": folder / "home" / "segments"}
    return Settings(database_url=url, port=0, **places)  # type: ignore[arg-type]


def lead(settings: Settings, clock: Clock) -> Settings:
    """Work a few days on two parcels of one person, on one with a finding, and on another one; without a model."""
    make_keys(settings, approver="tester")
    roles = {"post": Role.OPERATOR, "olaf": Role.OFFICER, "sue": Role.SUPERVISOR}
    with Store(settings.database) as store, store.begin() as connection:
        clients = [
            Client(client_id=name, role=role, operator="post-a" if name == "post" else None)
            for name, role in roles.items()
        ]
        keys = {one.client_id: add_client(connection, one, at_us=0, sees_scores=False) for one in clients}
    with TestClient(create_app(settings, clock)) as api:
        work(api, keys, clock)
    return settings


def work(api: TestClient, keys: dict[str, str], clock: Clock) -> None:
    def send(path: str, body: Any, who: str) -> Any:
        done = api.post(path, json=body, headers={"Authorization": f"Bearer {keys[who]}"})
        assert done.status_code < 300, done.text
        return done.json()

    goods = {"pieces": [{"description": GOODS, "quantity": 3, "value_cents": 425, "currency": "EUR"}]}
    sent = {**EXAMPLE, **RECIPIENT, **goods, "recipient_email": "zebulon@quxworthy.example", "house_bill": BILL}
    label = {"parcel_id": NUMBER, "stream": "ems", "weight_g": 1900, "dispatch_country": "TH"}
    send("/v1/observed", {"items": [{**label, "recipient_postcode": "10115"}]}, "olaf")
    clock.pass_by(hours=1)
    send("/v1/parcels", sent, "post")
    send("/v1/parcels", {**sent, "gross_weight_g": 1950}, "post")
    send("/v1/outcomes", {"outcomes": [{"parcel_id": NUMBER, "result": "nothing_found", "officer": "O-1"}]}, "olaf")
    rejected = {**sent, "parcel_id": OTHER, "lodged_at": "never"}
    send("/v1/manifests", {"parcels": [rejected]}, "post")
    send("/v1/parcels", {**sent, "parcel_id": OTHER}, "post")
    send("/v1/parcels", {**EXAMPLE, "parcel_id": FOUND}, "post")
    send("/v1/outcomes", {"outcomes": [{"parcel_id": FOUND, "result": "found"}]}, "olaf")
    send("/v1/parcels", {**EXAMPLE, "parcel_id": UNRELATED, "recipient_name": "Somebody Else"}, "post")
    answers = api.post(
        "/v1/manifests",
        content=f"parcel_id,lodged_at,recipient_name\n{NUMBER},{clock.at.isoformat()},Zebulon Quxworthy\n",
        headers={"Authorization": f"Bearer {keys['post']}", "Content-Type": "text/csv", "Prefer": "respond-async"},
    )
    assert answers.status_code == 202
    while api.get(answers.headers["location"], headers={"Authorization": f"Bearer {keys['post']}"}).json()[
        "state"
    ] not in ("done", "failed"):
        pass


@contextmanager
def keeping_of(settings: Settings, clock: Clock) -> Iterator[Keeping]:
    installation = Installation.open(settings, clock)
    with installation.store() as store, installation.secrets.vault as vault:
        with store.begin() as connection:
            reconcile(connection, vault)
        yield Keeping(store=store, vault=vault, rules=shipped_retention(), client=SUE, clock=clock)


@pytest.fixture
def keeping(lived: Settings, clock: Clock) -> Iterator[Keeping]:
    with keeping_of(lived, clock) as keeping:
        yield keeping


def traces(settings: Settings) -> set[str]:
    """Words that are somewhere in a file of the installation, in a row of its database, or in what a row unpacks to."""
    return {word for word in WORDS if word.lower() in "\n".join(_contents(settings)).lower()}


def _contents(settings: Settings) -> Iterator[str]:
    for path in settings.home.parent.rglob("*"):
        if path.is_file():
            yield path.read_bytes().decode("latin-1")
            yield str(pl.read_parquet(path).to_dicts()) if path.suffix == ".parquet" else path.name
    engine = create_engine(settings.database)
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            yield from (str(tuple(row)) for row in connection.execute(select(table)))
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("CHECKPOINT")
            folder = Path(connection.exec_driver_sql("SHOW data_directory").scalar_one())
            number = connection.exec_driver_sql(
                "SELECT oid FROM pg_database WHERE datname = current_database()"
            ).scalar_one()
            for path in (folder / "base" / str(number)).iterdir():
                yield path.read_bytes().decode("latin-1")
    engine.dispose()
    with Store(settings.database, settings.segments) as store, store.begin_read() as connection:
        yield str(event_log.read(connection).to_dicts())


def a_model_that_learned_of_them(settings: Settings, clock: Clock) -> None:
    """Leave the bundle of a model that learned words of descriptions in which the person is named."""
    texts = pl.Series([f"{GOODS} of {PERSON['name']}, {PERSON['street']}"] * 5)  # to five recipients
    words = Words.learned(texts, pl.Series([True] * 5)).under(Installation.open(settings, clock).identity)
    write_a_bundle(settings.home.parent / "models" / "learned", learned=Learned(words=words))
    assert len(words.share) == 5


def replays(settings: Settings) -> int:
    with Store(settings.database, settings.segments) as store, store.begin_read() as connection:
        *_, found = verify(connection)
    assert found.is_sound
    return found.n_compared


def keys_of(settings: Settings, clock: Clock, **party: str) -> dict[str, int]:
    installation = Installation.open(settings, clock)
    return subjects.person_keys({**PERSON, **party}, installation.identity, installation.reference, clock.at)


def erased_of_person(settings: Settings, clock: Clock) -> None:
    """Report and erase one person; nothing of him is found then, and the replay agrees."""
    n_compared, keys = replays(settings), keys_of(settings, clock)
    a_model_that_learned_of_them(settings, clock)
    assert traces(settings) == {NUMBER, OTHER, GOODS, BILL}  # names are sealed from the first
    with keeping_of(settings, clock) as keeping:
        reported = subjects.report(keeping, keys, purpose="request 7")
        assert {one["person"]["recipient_name"] for one in reported} == {PERSON["name"]}
        assert not [name for one in reported for name in one["person"] if name.startswith("sender")]
        gone, kept = subjects.erase_person(keeping, keys, purpose="request 7")
        assert ({one.number for one in gone}, kept) == ({NUMBER, OTHER}, [])
        assert traces(settings) == set()
        assert replays(settings) == n_compared
        again = subjects.find(keeping, keys, purpose="request 8")
        assert [one.number for one in again] == [None] * len(gone)


def test_after_an_erasure_no_byte_of_a_person_is_found_on_postgresql(
    postgres_url: str, clock: Clock, tmp_path: Path
) -> None:
    erased_of_person(lead(settings_at(tmp_path, postgres_url), clock), clock)


def test_nor_on_sqlite_nor_on_a_restored_backup(lived: Settings, clock: Clock, tmp_path: Path) -> None:
    n_compared, database = replays(lived), lived.home / "parcel-risk.db"
    with tempfile.TemporaryDirectory() as folder:
        backup(database, Path(folder) / "backup.db")
        erased_of_person(lived, clock)
        shutil.copy(Path(folder) / "backup.db", database)
    assert traces(lived) == {NUMBER, OTHER, GOODS, BILL}
    with keeping_of(lived, clock) as restored:
        list(retain(restored))
    assert traces(lived) == set()
    assert replays(lived) == n_compared


def backup(database: Path, to: Path) -> None:
    with sqlite3.connect(database) as source, sqlite3.connect(to) as copy:
        source.backup(copy)
    source.close()
    copy.close()


def persons(keeping: Keeping, number: str) -> list[str | None]:
    """Recipients of the versions of a parcel, as the station would show them."""
    with keeping.store.begin_read() as connection:
        seqs = [event["seq"] for event in event_log.parcel_events_of(connection, [number])]
        return [personal_of(connection, keeping.vault, seq).get("recipient_name") for seq in seqs]


def test_six_months_mask_a_parcel_and_a_finding_keeps_it_readable(keeping: Keeping, lived: Settings) -> None:
    n_compared = replays(lived)
    *_, run = retain(keeping)
    assert (run.n_masked, run.n_erased) == (0, 0)
    keeping.clock.pass_by(days=184)  # type: ignore[attr-defined]
    assert retaining.due(keeping).n_masked == 3
    *_, run = retain(keeping)
    assert (run.n_masked, run.n_erased, run.n_rows) == (3, 0, 1)
    assert persons(keeping, NUMBER) == [None] * 4
    assert persons(keeping, FOUND) == [EXAMPLE["recipient_name"]]
    assert traces(lived) == {NUMBER, OTHER}, "descriptions and bills are sealed, numbers stay"
    with keeping.store.begin_read() as connection:
        (_, declared, *_) = event_log.parcel_events_of(connection, [NUMBER])
        assert masked_texts_of(connection, keeping.vault, declared["seq"])["pieces"] == [GOODS]
    assert replays(lived) == n_compared
    *_, again = retain(keeping)
    assert again.n_masked == 0


def test_what_is_masked_is_in_the_bag_of_a_supervisor_and_not_in_that_of_an_officer(
    keeping: Keeping, lived: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_environment(monkeypatch, lived)
    keeping.clock.pass_by(days=184)  # type: ignore[attr-defined]
    list(retain(keeping))
    for who, shown in (("olaf", set()), ("sue", {PERSON["name"], GOODS})):
        said("evidence", "make", OTHER, "--as", who, "--case", "2026/17", "--out", str(tmp_path / who))
        files = [path for path in (tmp_path / who).rglob("*") if path.is_file()]
        pdfs = [page.extract_text() for path in files if path.suffix == ".pdf" for page in PdfReader(path).pages]
        for bag in (b"\n".join(path.read_bytes() for path in files), "\n".join(pdfs).encode()):
            assert {word for word in (PERSON["name"], GOODS) if word.encode() in bag} == shown


def test_a_word_of_a_description_goes_out_of_the_reasons_that_name_it(keeping: Keeping, lived: Settings) -> None:
    why = Reason(family="wording", feature="riskiest_word_share", value=0.5, weight=1.0, word="glockenspiel")
    with keeping.store.begin() as connection:
        seqs = [event["seq"] for event in event_log.parcel_events_of(connection, [NUMBER])]
        rows = [{"seq": seq, "explained_at": 1, "facts": json.dumps([why.as_dict()])} for seq in seqs]
        connection.execute(explanations.insert(), rows)
    keeping.clock.pass_by(days=184)  # type: ignore[attr-defined]
    *_, run = retain(keeping)
    assert run.n_masked == 3
    assert "glockenspiel" not in "\n".join(_contents(lived))
    with keeping.store.begin_read() as connection:
        kept = scores_of(connection, seqs)
    assert {one.reasons for one in kept.values()} == {(replace(why, word=None),)}, "the reasons stay"


def test_five_years_erase_and_a_run_that_was_killed_resumes(
    keeping: Keeping, lived: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_and_resumed(keeping, lived, monkeypatch)


def test_it_resumes_on_postgresql(
    postgres_url: str, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = lead(settings_at(tmp_path, postgres_url), clock)
    with keeping_of(settings, clock) as keeping:
        killed_and_resumed(keeping, settings, monkeypatch)


def killed_and_resumed(keeping: Keeping, lived: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kill a run behind its first erasure, and let the next one do the rest; nothing of what was due is found then."""
    n_compared = replays(lived)
    monkeypatch.setattr(retaining, "PORTION", 1)
    keeping.clock.pass_by(days=1828)  # type: ignore[attr-defined]
    noted = retention.note_progress

    def killed(connection: Any, run: Any) -> None:
        if run.n_erased:
            raise KeyboardInterrupt
        noted(connection, run)

    monkeypatch.setattr(retention, "note_progress", killed)
    with pytest.raises(KeyboardInterrupt):
        list(retain(keeping))  # the key is destroyed, and the transaction rolled back
    monkeypatch.setattr(retention, "note_progress", noted)
    assert persons(keeping, NUMBER) == [None] * 4
    with keeping.store.begin() as connection:
        assert retention.unfinished(connection, keeping.rules.digest) is not None
        assert reconcile(connection, keeping.vault) == 2, "the item and its declaration"
    *_, run = retain(keeping)
    assert (run.id, run.n_erased, run.n_masked) == (1, 2, 0)
    assert traces(lived) == set()
    assert persons(keeping, FOUND) == [EXAMPLE["recipient_name"]]
    assert replays(lived) == n_compared
    with keeping.store.begin_read() as connection:
        proofs = [entry for entry in entries(connection, limit=1_000) if entry.action == "retained"]
    assert [proof.detail.partition(", rules ")[0][:5] for proof in proofs] == ["run 1"]


def test_a_hold_keeps_a_parcel_whoever_wants_it_erased_until_it_is_lifted(
    keeping: Keeping, lived: Settings, clock: Clock
) -> None:
    given = {"reason": "case 7", "legal_basis": "StPO 94", "review_on": clock.at.date()}
    with keeping.store.begin() as connection:
        number = holding.add(connection, keeping.vault, NUMBER, client=keeping.client, at=clock(), **given)
    clock.pass_by(days=1828)
    assert retaining.due(keeping).n_held == 1
    _, kept = subjects.erase_person(keeping, keys_of(lived, clock), purpose="request 9")
    assert {(one.number, one.kept_by) for one in kept} == {(NUMBER, "hold")}
    *_, run = retain(keeping)
    assert (run.n_held, persons(keeping, NUMBER)[1]) == (1, PERSON["name"])
    with keeping.store.begin_read() as connection:
        assert [one.number for one in holds.all_holds(connection, is_open=True)] == [NUMBER]
    with keeping.store.begin() as connection:
        holding.lift(connection, number, client=keeping.client, at=clock())
    with pytest.raises(StoreError, match="no hold 1 is open"), keeping.store.begin() as connection:
        holding.lift(connection, number, client=keeping.client, at=clock())
    list(retain(keeping))
    assert persons(keeping, NUMBER) == []


def test_a_finding_is_not_erased_by_a_request_within_its_period(
    keeping: Keeping, lived: Settings, clock: Clock
) -> None:
    party = {name.removeprefix("recipient_"): text for name, text in EXAMPLE.items() if name.startswith("recipient_")}
    installation = Installation.open(lived, clock)
    keys = subjects.person_keys(party, installation.identity, installation.reference, clock.at)
    gone, kept = subjects.erase_person(keeping, keys, purpose="request 10")
    assert (gone, [(one.number, one.kept_by) for one in kept]) == ([], [(FOUND, "finding")])
    clock.pass_by(days=3654)
    gone, _ = subjects.erase_person(keeping, keys, purpose="request 11")
    assert [one.number for one in gone] == [FOUND]


def test_an_item_is_erased_with_the_declaration_that_it_was_joined_to(keeping: Keeping) -> None:
    with keeping.store.begin() as connection:
        item, *_ = event_log.parcel_events_of(connection, [NUMBER])
        assert item["operator"] == UNDECLARED
        erase(connection, keeping.vault, [subject_of(item)], at_us=1)
        assert event_log.parcel_events_of(connection, [NUMBER]) == []


def test_the_commands_do_the_same(lived: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_environment(monkeypatch, lived)
    words, report = tmp_path / "words.toml", tmp_path / "report.json"
    words.write_text("".join(f'{name} = "{text}"\n' for name, text in PERSON.items()), "utf-8")
    asked = (str(words), "--purpose", "request 12", "--as", "sue")
    given = ("--reason", "case 7", "--legal-basis", "StPO 94", "--as", "sue")
    assert "0 parcels would be masked" in said("retain", "--dry-run", "--as", "sue")
    assert NUMBER in said("subject", "find", *asked)
    assert said("hold", "add", OTHER, *given).startswith("hold 1, to be reviewed on")
    assert "case 7" in said("hold", "list")
    said("subject", "report", *asked, "--out", str(report))
    assert PERSON["name"] in report.read_text("utf-8")
    assert report.stat().st_mode & 0o077 == 0
    assert "1 are kept by a legal hold" in said("subject", "erase", *asked)
    assert said("hold", "lift", "1", "--as", "sue") == "hold 1 lifted\n"
    assert "0 were erased" in said("retain", "--run", "--as", "sue")
    with pytest.raises(ParcelRiskError, match="either --dry-run or --run"):
        said("retain", "--as", "sue")


def said(*words: str) -> str:
    """What a command prints; a failure is raised as it is."""
    done = CliRunner().invoke(app, words)
    if done.exception is not None:
        raise done.exception
    return done.stdout


def test_words_that_name_nobody_are_refused(lived: Settings, clock: Clock) -> None:
    installation = Installation.open(lived, clock)
    with pytest.raises(subjects.SubjectError, match="no key of a person"):
        subjects.person_keys({"city": "Berlin"}, installation.identity, installation.reference, clock.at)


def test_every_table_and_every_file_of_an_installation_belongs_to_one_class(lived: Settings) -> None:
    rules = shipped_retention()
    assert [name for name in sorted(metadata.tables) if rules.of_table(name) is None] == []
    assert {table for one in rules.classes for table in one.tables} <= metadata.tables.keys()
    paths = [path.relative_to(lived.home).as_posix() for path in lived.home.rglob("*")]
    assert [path for path in paths if rules.of_file(path) is None] == []


TABLE = (Path(policy.__file__).parent / "retention.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("days = 92", "days = 0", "days are whole numbers"),
        ('rule = "age"', 'rule = "ages"', "rule is none of"),
        ("mask_days = 183\n", "", "mask_days is missing"),
        ("from = 2026-11-26", "", "from is missing"),
        ('tables = ["jobs"]', 'tables = ["jobs", "personal"]', "belongs to several classes"),
        ("days = 1827", "days = 400", "longer than"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(before: str, after: str, why: str) -> None:
    assert before in TABLE
    with pytest.raises(RetentionError, match=why):
        retention_of(TABLE.replace(before, after, 1))


def test_deleted_bytes_are_overwritten_where_the_database_leaves_them(tmp_path: Path) -> None:
    file = tmp_path / "left.db"
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA secure_delete=OFF")
        connection.execute("CREATE TABLE kept (words TEXT)")
        connection.execute("INSERT INTO kept VALUES (?)", [GOODS])
        connection.commit()
        connection.execute("DELETE FROM kept")
        connection.commit()
    assert GOODS.encode() in file.read_bytes()
    overwrite_deleted(make_url(f"sqlite:///{file}"))
    assert GOODS.encode() not in file.read_bytes()
