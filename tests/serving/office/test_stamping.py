"""Time stamps of RFC 3161: asked of a responder on this computer that is `openssl ts`, and checked up to its root."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from typer.testing import CliRunner

from features.parcel.problems import StoreError
from parcel_risk.cli import app
from parcel_risk.evidence import stamp_bags
from serving.office.stamping import STAMPED, asked_stamp, stamped_at

CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
"""


def certificate(folder: Path, name: str, issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None):  # type: ignore[no-untyped-def]
    """A certificate and its key, written to ``NAME.pem`` and ``NAME.key``: a root, or one that may stamp."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"example {name}")])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(
            subject_name=subject, public_key=key.public_key(), serial_number=x509.random_serial_number()
        )
        .issuer_name(subject if issuer is None else issuer[0].subject)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if issuer is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    made = builder.sign(key if issuer is None else issuer[1], hashes.SHA256())
    (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    text = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    (folder / f"{name}.key").write_bytes(text)
    return made, key


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of an authority: its root, its certificate, and the configuration of `openssl ts`."""
    folder = tmp_path_factory.mktemp("tsa")
    certificate(folder, "tsa", certificate(folder, "root"))
    certificate(folder, "other")
    (folder / "serial").write_text("01\n", "utf-8")
    (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder), "utf-8")
    return folder


def replied(folder: Path, query: bytes) -> bytes:
    (folder / "query").write_bytes(query)
    words = ["openssl", "ts", "-reply", "-config", folder / "tsa.cnf", "-section", "one"]
    subprocess.run([*words, "-queryfile", folder / "query", "-out", folder / "reply"], check=True, capture_output=True)
    return (folder / "reply").read_bytes()


@contextmanager
def responder(answer: bytes | None, folder: Path) -> Iterator[str]:
    """Address of a responder that answers one request, and ends by itself."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            content = replied(folder, query) if answer is None else answer
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.timeout = 20
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        thread.join()


def test_a_stamp_is_asked_kept_next_to_the_bag_and_says_when(authority: Path, tmp_path: Path) -> None:
    bag = tmp_path / "full"
    bag.mkdir()
    (bag / STAMPED).write_bytes(b"parcel-risk evidence bag 1\n")
    with responder(None, authority) as url:
        stamp_bags({"full": bag}, url)
    assert {path.name for path in tmp_path.iterdir()} == {"full", "full.tsr"}
    assert [path.name for path in bag.iterdir()] == [STAMPED]
    stamp, data = (tmp_path / "full.tsr").read_bytes(), (bag / STAMPED).read_bytes()
    at = stamped_at(stamp, data, authority / "root.pem")
    assert abs(at - datetime.now(UTC)) < timedelta(minutes=10)
    words = ["openssl", "ts", "-verify", "-data", bag / STAMPED, "-in", tmp_path / "full.tsr"]
    subprocess.run([*words, "-CAfile", authority / "root.pem"], check=True, capture_output=True)
    for wrong in ((stamp, data + b"x", "root.pem"), (stamp, data, "other.pem"), (stamp[:-3], data, "root.pem")):
        with pytest.raises(StoreError, match="the stamp is refused"):
            stamped_at(wrong[0], wrong[1], authority / wrong[2])
    changed = stamp[:-10] + bytes([stamp[-10] ^ 1]) + stamp[-9:]
    with pytest.raises(StoreError, match="the stamp is refused"):
        stamped_at(changed, data, authority / "root.pem")
    with pytest.raises(StoreError, match="holds no certificate"):
        stamped_at(stamp, data, authority / "tsa.key")


def test_junk_and_an_old_answer_are_no_stamps(authority: Path) -> None:
    with responder(b"<html>", authority) as url, pytest.raises(StoreError, match="gave no stamp"):
        asked_stamp(b"data", url)
    with responder(None, authority) as url:
        old = asked_stamp(b"data", url)
    with responder(old, authority) as url, pytest.raises(StoreError, match="refused"):
        asked_stamp(b"data", url)
    with pytest.raises(StoreError, match="look at PARCEL_RISK_STAMP_URL"):
        asked_stamp(b"data", url)


def test_nobody_is_asked_unless_an_authority_is_configured(tmp_path: Path) -> None:
    words = ["evidence", "make", "P-1", "--as", "olaf", "--case", "1", "--out", str(tmp_path), "--stamp"]
    done = CliRunner().invoke(app, words, env={"PARCEL_RISK_HOME": str(tmp_path / "home")})
    assert done.exit_code == 1
    assert "Set PARCEL_RISK_STAMP_URL" in str(done.exception)
