"""A backup of a running service is restored as it was, and what is wrong with an installation is named."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from features.parcel.problems import StoreError
from parcel_risk.backup import back_up_store
from parcel_risk.demo import EXAMPLE
from parcel_risk.doctor import examined
from parcel_risk.restore import restore_store
from parcel_risk.rewrap import rewrap_vault
from serving.api.records import lodging_of
from serving.intake.submissions import take_at_once
from serving.office.auditing import take_checkpoint
from serving.office.lookup import look_up
from serving.office.office import Office
from serving.settings import Settings
from serving.store import Client, Role
from serving.verification import checkpoints_of
from tests.conftest import Clock
from tests.serving.bare import bare_settings, opened

POST = Client(client_id="post", role=Role.OPERATOR, operator="post-a")
OFFICER = Client(client_id="officer", role=Role.OFFICER, operator=None)


def lodge(office: Office, *numbers: str) -> None:
    items = [{**EXAMPLE, "parcel_id": number} for number in numbers]
    take_at_once(office, [lodging_of(office, POST, items, explain=False)])


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Path, Path]:
    """Settings, backup, and the file of the vault's keys, made while the office was open and lodged more."""
    folder = tmp_path_factory.mktemp("backup")
    settings = bare_settings(folder).model_copy(update={"segment_events": 1_000})
    with opened(settings, Clock()) as office:
        lodge(office, *(f"P-{n}" for n in range(5)))
        take_checkpoint(office, checkpoints_of(settings))
        back_up_store(settings, folder / "saved", folder / "apart" / "keys.db")
        lodge(office, "P-later")
    return settings, folder / "saved", folder / "apart" / "keys.db"


def elsewhere(settings: Settings, home: Path) -> Settings:
    """An empty installation with the same secrets."""
    return settings.model_copy(update={"home": home, "keys_dir": settings.keys})


def test_a_restored_installation_is_that_of_the_moment_and_verifies(
    saved: tuple[Settings, Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, folder, vault = saved
    again = elsewhere(settings, tmp_path / "home")
    assert restore_store(again, folder, vault)
    said = capsys.readouterr().out
    assert "5 events" in said
    assert "1 of 1 checkpoints agree" in said
    with opened(again, Clock()) as office:
        assert look_up(office, "P-4", OFFICER, with_label=True).parcels[0].label
        assert look_up(office, "P-later", OFFICER).parcels == []
    with pytest.raises(StoreError, match="nothing is overwritten"):
        restore_store(again, folder, vault)


def test_without_the_keys_nobody_reads_personal_data(saved: tuple[Settings, Path, Path], tmp_path: Path) -> None:
    settings, folder, _ = saved
    again = elsewhere(settings, tmp_path / "home")
    assert restore_store(again, folder, None)
    assert not list((folder).rglob("keys.db"))


def test_a_changed_backup_is_refused_and_a_backup_replaces_none(
    saved: tuple[Settings, Path, Path], tmp_path: Path
) -> None:
    settings, folder, _ = saved
    with pytest.raises(StoreError, match="not empty"):
        back_up_store(settings, folder, None)
    with pytest.raises(StoreError, match="must not be kept in the backup"):
        back_up_store(settings, tmp_path / "new", tmp_path / "new" / "keys.db")
    copy = tmp_path / "copy"
    back_up_store(settings, copy, None)
    data = bytearray((copy / "store.db").read_bytes())
    data[-1] ^= 1
    (copy / "store.db").write_bytes(data)
    with pytest.raises(StoreError, match="was changed"):
        restore_store(elsewhere(settings, tmp_path / "home"), copy, None)
    (copy / "backup.json").unlink()
    with pytest.raises(StoreError, match="no whole backup"):
        restore_store(elsewhere(settings, tmp_path / "home"), copy, None)


def test_the_doctor_names_what_is_wrong(saved: tuple[Settings, Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    settings, _, _ = saved
    assert not examined(settings)  # it has no model
    lines = capsys.readouterr().out.splitlines()
    found = {line[7:].split(":")[0]: line[:5].strip() for line in lines if line.startswith(("ok ", "WRONG"))}
    assert found == dict.fromkeys(found, "ok") | {"model": "WRONG"}
    key = settings.keys / "draw.key"
    key.chmod(0o644)
    assert not examined(settings)
    assert "chmod 600" in capsys.readouterr().out
    key.chmod(0o600)
    key = settings.keys / "vault.key"
    right = key.read_bytes()
    key.write_bytes(bytes(reversed(right)))
    examined(settings)
    assert "WRONG  vault" in capsys.readouterr().out
    key.write_bytes(right)


def interruption(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("interrupted", ["", "before", "after"])
def test_another_secret_of_the_vault_changes_no_content_and_an_interruption_loses_neither(
    interrupted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = bare_settings(tmp_path)
    with opened(settings, Clock()) as office:
        lodge(office, "P-1")
    before = settings.secret("vault")
    with monkeypatch.context() as patch:
        if interrupted == "before":
            patch.setattr("serving.store.vault.Vault.rewrap", interruption)
        if interrupted == "after":
            patch.setattr("parcel_risk.rewrap._put", interruption)
        with pytest.raises(KeyboardInterrupt) if interrupted else nullcontext():
            rewrap_vault(settings)
    if interrupted:
        assert settings.secret("vault") == before
        rewrap_vault(settings)
    assert settings.secret("vault") != before
    assert [path.name for path in settings.keys.glob("vault.key*")] == ["vault.key"]
    with opened(settings, Clock()) as office:
        assert look_up(office, "P-1", OFFICER, with_label=True).parcels[0].label
