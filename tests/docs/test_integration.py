"""The quick start of integrators is executed as it is written."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from parcel_risk.serve import background_service
from serving.settings import environment_of
from tests.docs.make import DOCS
from tests.serving.bare import bare_settings

PAGE = (DOCS / "integration.md").read_text("utf-8")
BLOCKS = re.findall(r"```(sh|python)\n(.*?)```", PAGE, flags=re.S)
STARTED = "parcel-risk serve &"
LONGEST_S = 120


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


@pytest.mark.slow
def test_the_quick_start_leads_from_the_key_to_the_webhook(tmp_path: Path) -> None:
    settings = bare_settings(tmp_path).model_copy(update={"webhook_networks": "127.0.0.0/8"})
    folder, commands = tmp_path / "trial", tmp_path / "bin"
    for one in (folder, commands):
        one.mkdir()
    commands.joinpath("parcel-risk").write_text(f'#!/bin/sh\nexec {sys.executable} -m parcel_risk "$@"\n', "utf-8")
    commands.joinpath("parcel-risk").chmod(0o755)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PARCEL_RISK")},
        "PATH": f"{commands}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(DOCS.parent),
        **environment_of(settings),
    }
    with background_service(settings) as address:
        receiver = str(free_port())

        def here(text: str) -> str:
            return text.replace("http://127.0.0.1:8000", address).replace("8008", receiver)

        steps = ["set -euo pipefail", "trap 'kill $(jobs -p) || true' EXIT"]
        for language, block in BLOCKS:
            if language == "python":
                (folder / block.split("\n")[0].removeprefix("# ")).write_text(here(block), "utf-8")
            elif STARTED not in block:
                steps.append(here(block))
        done = subprocess.run(
            ["bash", "-c", "\n".join(steps)],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
        )
    said = done.stdout
    assert done.returncode == 0, said + done.stderr
    assert '"status":"valid"' in said
    assert '"is_delivered":true' in said
    assert said.count('"parcel_id":"RB473124829US"') >= 3
    assert "RB473124832US ask_operator" in said
    assert "correct it: line 3, parcel_id" in said
    assert "404 Unknown parcel" in said
    assert "pending: 3 parcel_id" in said
    assert "called about RB473124829US lodged" in said
    assert "1 rejected, 1 scored" in said
    assert (folder / "key.txt").stat().st_mode & 0o077 == 0


def test_every_step_is_executed_but_the_start_of_a_service() -> None:
    left_out = [block for language, block in BLOCKS if language == "sh" and STARTED in block]
    assert len(left_out) == 1
    assert all(block.startswith("# ") for language, block in BLOCKS if language == "python")
