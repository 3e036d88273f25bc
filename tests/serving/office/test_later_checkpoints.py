"""A bag that was made in a restored copy of yesterday verifies against the checkpoint of today."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from parcel_risk.audit import make_checkpoint
from parcel_risk.backup import back_up_store
from parcel_risk.cli import app
from parcel_risk.demo import EXAMPLE
from parcel_risk.evidence import make_bags
from parcel_risk.restore import restore_store
from serving.api.records import lodging_of
from serving.intake.submissions import take_at_once
from serving.office.auditing import take_checkpoint
from serving.office.bag_verifier import Head, Refused, continues, verify
from serving.office.office import Office
from serving.settings import Settings, environment_of
from serving.store import Client, Role
from serving.tlog.tree import Frontier, consistency_proof, leaf_hash, node_hash
from serving.verification import checkpoints_of, public_key
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key, opened

POST = Client(client_id="post", role=Role.OPERATOR, operator="post-a")
NUMBER = EXAMPLE["parcel_id"]


def lodge(office: Office, *numbers: str) -> None:
    items = [{**EXAMPLE, "parcel_id": number} for number in numbers]
    take_at_once(office, [lodging_of(office, POST, items, explain=False)])


@dataclass
class Made:
    """Bags of a restored copy and of the log itself, and the settings of the latter."""

    copy: dict[str, Path]
    live: dict[str, Path]
    settings: Settings

    def later(self, since: Path, to: Path) -> str:
        """Checkpoint of today with the proof that it continues the one of a bag."""
        make_checkpoint(self.settings, to, since)
        return to.read_text("utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder, clock = tmp_path_factory.mktemp("later"), Clock()
    settings = bare_settings(folder)
    client_key(settings, "olaf", None)
    with opened(settings, clock) as office:
        lodge(office, NUMBER, "P-2", "P-3")
        take_checkpoint(office, checkpoints_of(settings))
        back_up_store(settings, folder / "saved", folder / "apart" / "keys.db")
        clock.pass_by(days=1)
        lodge(office, *(f"P-{n}" for n in range(4, 13)))
        take_checkpoint(office, checkpoints_of(settings))
    restored = settings.model_copy(update={"home": folder / "restored", "keys_dir": settings.keys})
    assert restore_store(restored, folder / "saved", folder / "apart" / "keys.db")
    return Made(
        copy=make_bags(restored, NUMBER, "olaf", "2026/17", folder / "bag of the copy"),
        live=make_bags(settings, NUMBER, "olaf", "2026/17", folder / "bag"),
        settings=settings,
    )


@pytest.mark.parametrize("edition", ["full", "disclosure"])
def test_a_bag_of_a_restored_backup_of_yesterday_verifies_against_today(
    made: Made, edition: str, tmp_path: Path
) -> None:
    bag, key = made.copy[edition], public_key(made.settings)
    today = made.later(bag / "data" / "audit" / "before.checkpoint", tmp_path / "today")
    *_, continued, outside = verify(bag, key, today)
    n_inside = len(list(bag.glob("data/audit/*.proof"))) - 1
    assert f"{n_inside} of them are in it" in continued
    assert "perhaps written in a restored copy" in outside
    # what the copy wrote after yesterday is not of the log, and cannot be shown to be
    made_then = bag / "data" / "audit" / "made.checkpoint"
    said = CliRunner().invoke(
        app, ["audit", "checkpoint", "--since", str(made_then)], env=environment_of(made.settings)
    )
    assert said.exit_code == 1
    script = shutil.copy(bag / "data" / "verify.py", tmp_path)
    words = [sys.executable, "-I", "-S", script, bag, key, tmp_path / "today"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, outside)


def test_a_bag_of_the_log_is_whole_in_every_later_checkpoint(made: Made, tmp_path: Path) -> None:
    bag, key = made.live["full"], public_key(made.settings)
    lines = verify(bag, key, made.later(bag / "data" / "audit" / "made.checkpoint", tmp_path / "later"))
    n = len(list(bag.glob("data/audit/*.proof")))
    assert lines[-1].endswith(f"{n} of them are in it")
    words = ["evidence", "verify", str(bag), "--checkpoint", str(tmp_path / "later")]
    said = CliRunner().invoke(app, words, env=environment_of(made.settings))
    assert (said.exit_code, f"{n} of them are in it" in " ".join(said.output.split())) == (0, True)


def test_a_checkpoint_that_shows_nothing_about_the_bag_is_refused(made: Made, tmp_path: Path) -> None:
    bag, key = made.copy["full"], public_key(made.settings)
    today = made.later(bag / "data" / "audit" / "before.checkpoint", tmp_path / "today")
    head, hashes, note = today.partition("\n")[0], today.partition("\n")[2], today.partition("\n\n")[2]
    size = int(head.split()[1])
    for wrong in (note, f"old {size - 1}\n{hashes}", f"{head}\n\n{note}"):
        with pytest.raises(Refused, match="later checkpoint: does not show that it continues a tree of this bag"):
            verify(bag, key, wrong)
    origin, n, *rest = note.split("\n")
    with pytest.raises(Refused, match="later checkpoint: checkpoint not by this key"):
        verify(bag, key, "\n".join([origin, str(int(n) + 1), *rest]))
    for junk in ("", "old\n\n", "old x\n\n" + note):
        with pytest.raises((Refused, ValueError, IndexError)):
            verify(bag, key, junk)


def test_continuing_is_that_of_the_tree() -> None:
    leaves = [leaf_hash(bytes([n])) for n in range(21)]

    def nodes(level: int, index: int) -> bytes:
        if level == 0:
            return leaves[index]
        return node_hash(nodes(level - 1, 2 * index), nodes(level - 1, 2 * index + 1))

    edge, heads = Frontier(), dict[int, Head]()
    for leaf in leaves:
        edge.append(leaf)
        heads[edge.size] = edge.size, edge.root()
    for before in heads:
        for after in range(before, 22):
            proof = consistency_proof(before, after, nodes)
            assert continues(heads[before], heads[after], proof)
            assert not continues((before, bytes(32)), heads[after], proof)
            assert not continues(heads[before], heads[after], [*proof, bytes(32)])
