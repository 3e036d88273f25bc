"""Settings come from variables of this service and from no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.settings import Settings, environment_of


def test_only_variables_of_this_service_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere/else")
    monkeypatch.setenv("LANGUAGE", "pl")
    assert (Settings().home, Settings().language) == (Path("var"), "en")


def test_another_process_is_given_every_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Settings(
        home=Path("there"), port=0, capacity_share=1e-6, secure_cookies=True, database_url="sqlite:///a.db", lease_s=1.5
    )
    for name, value in environment_of(office).items():
        monkeypatch.setenv(name, value)
    assert Settings() == office


def test_what_is_unset_stays_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment_of(Settings()).items():
        monkeypatch.setenv(name, value)
    assert Settings() == Settings.model_construct()
