"""Bags of evidence: whole, checked by a script alone, refused when a byte is changed, and two cuts of one whole."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bagit
import pytest
from fastapi.testclient import TestClient
from pypdf import PdfReader

from parcel_risk.demo import EXAMPLE
from parcel_risk.evidence import make_bags
from serving.app import create_app
from serving.office import bag_verifier
from serving.office.bag_verifier import Refused, verify
from serving.office.bags import Order, _bag, put
from serving.office.evidence import WITHHELD
from serving.settings import Settings
from serving.store import Client, Role, Store
from serving.store.clients import add_client
from serving.verification import public_key
from tests.conftest import Clock
from tests.serving.conftest import Keys, bearer
from tests.stores import put_store

Bags = dict[str, Path]
NUMBER = EXAMPLE["parcel_id"]


@pytest.fixture(scope="module")
def made(models: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bags, str]:
    """Both editions of a parcel that was opened, and the public key of the installation."""
    folder = tmp_path_factory.mktemp("bags")
    settings = put_store(
        Settings(
            home=folder / "home",
            models_dir=models / "models",
            keys_dir=models / "home" / "keys",
            approvers_file=models / "home" / "approvers.txt",
            port=0,
        )
    )
    with TestClient(create_app(settings, Clock())) as api:
        work(api, settings)
    return make_bags(settings, NUMBER, "olaf", "2026/17", folder / "bag"), public_key(settings)


def work(api: TestClient, settings: Settings) -> None:
    """Two parcels to one addressee: nothing was found in the first, the second was opened and its outcome corrected."""
    keys = {}
    with Store(settings.database) as store, store.begin() as connection:
        for name, role in (("post", Role.OPERATOR), ("olaf", Role.OFFICER)):
            client = Client(client_id=name, role=role, operator="post-a" if name == "post" else None)
            keys[name] = add_client(connection, client, at_us=0, sees_scores=False)

    def send(path: str, body: dict[str, Any], who: str) -> None:
        done = api.post(path, json=body, headers={"Authorization": f"Bearer {keys[who]}"})
        assert done.status_code == 200, done.text

    send("/v1/parcels", {**EXAMPLE, "parcel_id": "EE473124832TH"}, "post")
    send("/v1/outcomes", {"outcomes": [{"parcel_id": "EE473124832TH", "result": "nothing_found"}]}, "olaf")
    send("/v1/parcels", EXAMPLE, "post")
    assert api.get(f"/v1/parcels/{NUMBER}", headers={"Authorization": f"Bearer {keys['olaf']}"}).status_code == 200
    for more in ({"result": "nothing_found"}, {"result": "found", "correction_reason": "laboratory"}):
        send("/v1/outcomes", {"outcomes": [{"parcel_id": NUMBER, **more}]}, "olaf")


def test_the_api_gives_the_same_as_an_archive(api: TestClient, keys: Keys, settings: Settings, tmp_path: Path) -> None:
    order = {"parcel_id": NUMBER, "case": "2026/17"}
    assert api.post("/v1/evidence", json=order).status_code == 401
    assert api.post("/v1/evidence", json=order, headers=bearer(keys.post)).status_code == 403
    assert api.post("/v1/evidence", json=order, headers=bearer(keys.auditor)).status_code == 404
    assert api.post("/v1/parcels", json=EXAMPLE, headers=bearer(keys.post)).status_code == 200
    given = api.post("/v1/evidence", json=order, headers=bearer(keys.auditor))
    with zipfile.ZipFile(io.BytesIO(given.content)) as archive:
        archive.extractall(tmp_path / "bags")
    for edition in ("full", "disclosure"):
        assert verify(tmp_path / "bags" / edition, public_key(settings))


def claims(folder: Path) -> dict[str, Any]:
    said = json.loads((folder / "data" / "claims.json").read_text("utf-8"))
    return {name: value for name, (_, value) in said.items()}


def of_group(folder: Path, group: str) -> list[Any]:
    return [value for name, value in claims(folder).items() if name.split(".")[0] == group]


def test_the_full_edition_says_what_was_known_decided_and_done(made: tuple[Bags, str]) -> None:
    full = made[0]["full"]
    assert claims(full)["parcel.case"] == "2026/17"
    assert {one["known_at"] for one in of_group(full, "known")}
    (row,), (model,) = of_group(full, "row"), of_group(full, "model")
    assert len(row["names"]) * 8 == len(bag_verifier.base64.b64decode(row["row"]))
    assert model["signature.json"]["name"] == "test approver"
    assert [one["result"] for one in of_group(full, "outcome")] == ["nothing_found", "found"]
    assert of_group(full, "correction")
    assert {"scored", "viewed"} <= {one["action"] for one in of_group(full, "audit")}
    assert of_group(full, "reasons")[0]
    page = (full / "data" / "record.html").read_text("utf-8")
    assert EXAMPLE["recipient_name"] in page
    assert "<script" not in page


def test_what_speaks_for_the_addressee_is_in_every_edition(made: tuple[Bags, str]) -> None:
    bags, _ = made
    for folder in bags.values():
        assert claims(folder)["favour.earlier_inspections"]["recipient_key"] == {"nothing_found": 1, "found": 0}
    assert of_group(bags["disclosure"], "against") == of_group(bags["full"], "against")
    assert not {"favour", "against"} & set(WITHHELD)


def test_the_edition_for_disclosure_is_a_cut_of_the_same_whole(made: tuple[Bags, str]) -> None:
    bags, key = made
    full, cut = (bags[name] / "data" for name in ("full", "disclosure"))
    assert (full / "commitments.txt").read_bytes() == (cut / "commitments.txt").read_bytes()
    assert claims(bags["disclosure"]).items() <= claims(bags["full"]).items()
    assert not {name.split(".")[0] for name in claims(bags["disclosure"])} & set(WITHHELD)
    assert EXAMPLE["sender_name"].encode() not in b"".join(
        path.read_bytes() for path in cut.iterdir() if path.is_file()
    )
    for edition, is_there in ((full, True), (cut, False)):
        pdf = "".join(page.extract_text() for page in PdfReader(edition / "record.pdf").pages)
        assert (EXAMPLE["sender_name"] in pdf) is is_there
        assert EXAMPLE["recipient_name"] in pdf
    n_withheld = len(claims(bags["full"])) - len(claims(bags["disclosure"]))
    assert f"{n_withheld} are withheld" in verify(bags["disclosure"], key)[1]


@pytest.mark.parametrize("edition", ["full", "disclosure"])
def test_the_script_in_a_bag_verifies_it_alone_and_offline(
    made: tuple[Bags, str], edition: str, tmp_path: Path
) -> None:
    bags, key = made
    script = shutil.copy(bags[edition] / "data" / "verify.py", tmp_path)
    done = subprocess.run(
        [sys.executable, "-I", "-S", script, bags[edition], key], capture_output=True, text=True, cwd=tmp_path
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == verify(bags[edition], key)


@pytest.mark.parametrize("edition", ["full", "disclosure"])
def test_one_byte_changed_anywhere_is_refused_and_the_file_is_named(
    made: tuple[Bags, str], edition: str, tmp_path: Path
) -> None:
    bag = shutil.copytree(made[0][edition], tmp_path / "bag")
    for path in sorted(path for path in bag.rglob("*") if path.is_file()):
        content = path.read_bytes()
        for offset in {0, len(content) // 2, len(content) - 1}:
            path.write_bytes(content[:offset] + bytes([content[offset] ^ 1]) + content[offset + 1 :])
            with pytest.raises(Refused, match=path.name):
                verify(bag, made[1])
        path.write_bytes(content)
    assert verify(bag, made[1])
    (bag / "data" / "more.txt").touch()
    with pytest.raises(Refused, match=r"data/more\.txt: not in the manifests"):
        verify(bag, made[1])


def alter(bag: Path, other: Path) -> Iterator[tuple[str, Callable[[], object], str]]:
    """What is done to a bag without its key, how, and what the refusal names."""
    claims, proof = bag / "data" / "claims.json", next((bag / "data" / "audit").glob("*.proof"))
    foreign = (other / "data" / "claims.json").read_bytes()
    manifest = bag / "manifest-sha256.txt"
    digest = hashlib.sha256(foreign).hexdigest()
    lines = [f"{digest}  data/claims.json" if "claims" in one else one for one in manifest.read_text().splitlines()]
    old = claims.read_bytes()
    yield "removed", claims.unlink, "data/claims.json: missing"
    yield "renamed", lambda: claims.rename(bag / "data" / "claims.txt"), "data/claims.json: missing"
    yield "of the other edition", lambda: claims.write_bytes(foreign), "data/claims.json: changed"
    yield "with the manifest", lambda: manifest.write_text("\n".join(lines) + "\n"), "manifest-sha256.txt: changed"
    yield "proof of another entry", lambda: proof.write_bytes(proof.read_bytes()[::-1]), f"{proof.name}: changed"
    yield "hidden file", lambda: (bag / ".more").write_text("x"), ".more: not in the manifests"
    yield "empty folder", lambda: (bag / "data" / "more").mkdir(), "data/more: not in the manifests"
    yield "folder elsewhere", lambda: (bag / "data" / "more").symlink_to(other), "data/more: a link"
    yield "dead link", lambda: (bag / "gone").symlink_to("nowhere"), "gone: a link"
    yield "file elsewhere", lambda: (claims.unlink(), claims.symlink_to(_kept(old, bag.parent))), "claims.json: a link"


def _kept(content: bytes, folder: Path) -> Path:
    (folder / "outside").write_bytes(content)
    return folder / "outside"


def test_whatever_is_done_to_a_bag_without_its_key_is_refused_and_named(made: tuple[Bags, str], tmp_path: Path) -> None:
    full, other = made[0]["full"], made[0]["disclosure"]
    n = len(list(alter(full, other)))
    for number in range(n):
        bag = shutil.copytree(full, tmp_path / str(number) / "bag")
        what, change, why = list(alter(bag, other))[number]
        change()
        with pytest.raises(Refused) as refused:
            verify(bag, made[1])
        assert why in str(refused.value), what
    assert n == 10


def test_the_script_alone_names_every_file_in_which_one_byte_was_changed(
    made: tuple[Bags, str], tmp_path: Path
) -> None:
    bag = shutil.copytree(made[0]["full"], tmp_path / "bag")
    script = shutil.copy(bag / "data" / "verify.py", tmp_path)
    for path in sorted(path for path in bag.rglob("*") if path.is_file()):
        content = path.read_bytes()
        path.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])
        words = [sys.executable, "-I", "-S", script, bag, made[1]]
        done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("refused: ")
        assert path.name in done.stderr
        path.write_bytes(content)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_others_tools_validate_a_bag(made: tuple[Bags, str]) -> None:
    from case_utils.case_validate import validate

    for folder in made[0].values():
        assert bagit.Bag(str(folder)).validate()
    graph = made[0]["full"] / "data" / "case.jsonld"
    found = validate(str(graph), inference="none", allow_warnings=False)
    assert (found.conforms, found.undefined_concepts) == (True, set())


def test_bags_of_the_first_versions_without_checkpoints_of_their_own_are_verified(
    made: tuple[Bags, str], models: Path, tmp_path: Path
) -> None:
    data = made[0]["disclosure"] / "data"
    pages = {path.relative_to(data).as_posix(): path.read_bytes() for path in data.rglob("*") if path.is_file()}
    left = {name: one for name, one in pages.items() if not name.endswith(("checkpoint", "consistency.txt", ".pdf"))}
    assert len(left) < len(pages)
    client = Client(client_id="olaf", role=Role.OFFICER, operator=None)
    order = Order(number=NUMBER, operator=None, case="2026/17", client=client, at=datetime.now(UTC))
    put(tmp_path, {"old": _bag(left, models / "home" / "keys" / "verifier.pem", order)})
    assert verify(tmp_path / "old", made[1])


def test_another_key_is_refused(made: tuple[Bags, str], models: Path) -> None:
    from features.signing import public_key_of

    with pytest.raises(Refused, match=r"bag-signature\.txt: not by this key"):
        verify(made[0]["full"], public_key_of(models / "home" / "keys" / "approver.pem"))


@pytest.mark.parametrize(
    ("group", "field", "put"),
    [("row", "digest", "0" * 32), ("decision", "referral", "another"), ("row", "row", "AAAA")],
)
def test_a_claim_that_was_not_committed_to_is_refused(
    made: tuple[Bags, str], tmp_path: Path, group: str, field: str, put: str
) -> None:
    data = shutil.copytree(made[0]["full"] / "data", tmp_path / "data")
    said = json.loads((data / "claims.json").read_text("utf-8"))
    name = next(one for one in said if one.startswith(f"{group}."))
    said[name][1][field] = put
    (data / "claims.json").write_text(json.dumps(said), "utf-8")
    with pytest.raises(Refused, match=f"claim {name}: is not the one committed to"):
        bag_verifier.check_claims(data)
    if group == "row":
        with pytest.raises(Refused, match="does not have its digest"):
            bag_verifier.check_row(name, said[name][1])


def test_ed25519_is_that_of_the_library() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public, signature = key.public_key().public_bytes_raw(), key.sign(b"a message")
    assert bag_verifier.is_signed(b"a message", signature, public)
    assert not bag_verifier.is_signed(b"another one", signature, public)
