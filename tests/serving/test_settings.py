"""Settings come from variables of this service and from no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.settings import Settings


def test_only_variables_of_this_service_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere/else")
    monkeypatch.setenv("LANGUAGE", "pl")
    assert (Settings().home, Settings().language) == (Path("var"), "en")
