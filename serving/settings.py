"""Settings: every path, port and key, each with a default that works on one machine.

Each setting is read from the environment variable ``PARCEL_RISK_`` followed by its name in capitals.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from features.parcel.problems import StoreError
from policy import LinePolicy

SECRET_BYTES = 32


class Exchanges(BaseSettings):
    """What comes in and goes out while the service runs: models, webhooks, packages of partners."""

    model_config = SettingsConfigDict(env_prefix="PARCEL_RISK_", extra="ignore", frozen=True)

    model_look_s: float = Field(
        default=5.0,
        gt=0,
        description="Seconds between two looks at `models_dir`: an approved bundle serves without a restart.",
    )
    webhook_networks: str = Field(
        default="",
        description="Networks of the authority that webhooks may reach though they are not public, and without https, "
        "as in `10.1.0.0/16`, separated by commas. Default: none.",
    )
    authority: str = Field(
        default="this-office",
        pattern=r"^[a-z0-9][a-z0-9-]{1,39}$",
        description="Name of this authority among those with which it exchanges packages.",
    )
    partners_file: Path | None = Field(
        default=None,
        description="Partner authorities with their keys, see docs/exchange.md. Default: `home`/partners.toml.",
    )
    stamp_url: str = Field(
        default="",
        pattern=r"^(https?://[!-~]+)?$",
        description="Time-stamping authority (RFC 3161) that `evidence make --stamp` asks. Default: none is asked.",
    )


class Shared(Exchanges):
    """How services on several hosts share one store."""

    lease_s: float = Field(
        default=3.0,
        ge=1.0,
        description="Seconds after which the standby of a service on PostgreSQL takes over from one that was killed or "
        "hangs; the service renews its lease three times in that time.",
    )


class AtTheStation(Shared):
    """How people work at the station."""

    language: Literal["en", "de", "fr", "pl"] = Field(
        default="en", description="Language of the station for people who chose none, and whose browser asks for none."
    )
    session_hours: int = Field(default=12, gt=0, description="Hours after which an officer signs in again.")
    idle_minutes: int = Field(
        default=15,
        ge=0,
        description="Minutes after which a station that nobody uses is locked until the passphrase or key is given; "
        "0: never.",
    )


_HIDDEN = (
    "Share of parcels whose score and reasons the station hides until an outcome is on record, to learn whether "
    "officers decide alike without them."
)


class Settings(AtTheStation):
    """All settings; `docs/settings.md` is generated from them."""

    home: Path = Field(
        default=Path("var"), description="Folder for everything that is written: database, keys, MLflow store."
    )
    database_url: str = Field(
        default="", description="SQLAlchemy URL of the store, SQLite or PostgreSQL. Default: SQLite in `home`."
    )
    segments_dir: Path | None = Field(
        default=None,
        description="Folder of the sealed part of the event log; belongs to the database, in backups, too. "
        "Default: `home`/segments.",
    )
    segment_events: int = Field(
        default=50_000,
        ge=1_000,
        description="Events of one segment of the log. The newest ones, up to twice as many, stay in the database.",
    )
    models_dir: Path = Field(default=Path("models"), description="Folder of the bundles.")
    keys_dir: Path | None = Field(default=None, description="Folder of the secret keys. Default: `home`/keys.")
    approvers_file: Path | None = Field(
        default=None,
        description="Public keys of trusted approvers, one in hex per line. Default: `home`/approvers.txt.",
    )
    mlflow_uri: str = Field(
        default="", description="MLflow tracking store. Default: `MLFLOW_TRACKING_URI`, else SQLite in `home`."
    )
    host: str = Field(default="127.0.0.1", description="Address on which the service listens.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port of the service.")
    mlflow_port: int = Field(
        default=5000, ge=0, le=65535, description="Port of the MLflow UI that the demonstration starts."
    )
    max_body_bytes: int = Field(default=32 * 1024 * 1024, gt=0, description="Largest request body that is accepted.")
    max_manifest_bytes: int = Field(
        default=2 * 1024**3, gt=0, description="Largest manifest file that the API accepts, before and after unpacking."
    )
    inline_bytes: int = Field(
        default=2 * 1024**2,
        gt=0,
        description="Manifest files up to this size are answered at once, larger ones by a job.",
    )
    max_pending_jobs: int = Field(
        default=20, gt=0, description="Jobs that may be pending; further large files are turned away for a while."
    )
    reference_dir: Path | None = Field(
        default=None,
        description="Folder with the office's own codes.toml, rates.toml, gate.toml, amendments.toml, clocks.toml and "
        "limits.toml.",
    )
    sensitivity_file: Path | None = Field(
        default=None,
        description="TOML file with sensitivities of methods of inspection as the office measured or assumes them; its "
        "lines replace those that are shipped, see docs/stages.md.",
    )
    mappings_dir: Path | None = Field(
        default=None,
        description="Folder with mappings, NAME.toml each, that clients may name with a file (`?mapping=NAME`).",
    )
    max_items: int = Field(default=10_000, gt=0, description="Most parcels or outcomes in one request.")
    secure_cookies: bool | None = Field(
        default=None,
        description="Send the station's cookie over HTTPS only. By default so, unless the service listens on the "
        "loopback address, where a browser reaches it without HTTPS.",
    )
    client_key_days: int = Field(
        default=400, ge=0, description="Days after which a new API key expires; 0 for keys that never expire."
    )
    capacity_share: float = Field(
        default=0.005, ge=0, le=1, description="Share of the mail flow that the line can open."
    )
    row_days: int = Field(
        default=30,
        gt=0,
        description="Days for which the feature row of every parcel is kept whole. Later no reasons can be found for a "
        "parcel that was neither referred, drawn, inspected nor explained.",
    )
    audit_minutes: int = Field(
        default=60,
        gt=0,
        description="Minutes between two signed checkpoints of the audit: so long an entry can be changed unseen.",
    )
    random_share: float = Field(default=0.1, ge=0, le=1, description="Share of that capacity which is drawn at random.")
    hidden_score_share: float = Field(default=0.0, ge=0, le=0.5, description=_HIDDEN)

    @property
    def database(self) -> str:
        """URL of the store."""
        return self.database_url or f"sqlite:///{(self.home / 'parcel-risk.db').as_posix()}"

    @property
    def segments(self) -> Path:
        """Folder of the sealed part of the log."""
        return self.segments_dir or self.home / "segments"

    @property
    def checkpoints(self) -> Path:
        """Folder of the signed checkpoints of the audit, apart from the database."""
        return self.home / "audit"

    @property
    def keys(self) -> Path:
        """Folder of the secret keys."""
        return self.keys_dir or self.home / "keys"

    @property
    def approvers(self) -> Path:
        """File of trusted public keys."""
        return self.approvers_file or self.home / "approvers.txt"

    @property
    def mlflow(self) -> str:
        """URI of the MLflow tracking store."""
        default = f"sqlite:///{(self.home / 'mlflow.db').as_posix()}"
        return self.mlflow_uri or os.environ.get("MLFLOW_TRACKING_URI", "") or default

    @property
    def policy(self) -> LinePolicy:
        """Selection policy of the line."""
        return LinePolicy(capacity_share=self.capacity_share, random_share=self.random_share)

    def trusted(self) -> frozenset[str]:
        """Public keys of trusted approvers; empty when the file does not exist."""
        if not self.approvers.exists():
            return frozenset()
        lines = (line.split("#")[0].strip() for line in self.approvers.read_text("utf-8").splitlines())
        return frozenset(line.split()[0] for line in lines if line)

    def secret(self, name: str) -> bytes:
        """Read the secret key `name`.

        Raises
        ------
        StoreError
            When it does not exist or is too short: keys are made once, by `parcel-risk init`, and never silently again.
        """
        path = self.keys / f"{name}.key"
        try:
            secret = path.read_bytes()
        except OSError as error:
            raise StoreError(f"there is no key {path}. Make the keys with `parcel-risk init`.") from error
        if len(secret) < SECRET_BYTES:
            raise StoreError(
                f"the key {path} has {len(secret)} bytes instead of {SECRET_BYTES}: anybody could guess it. "
                "Put it back from your copy of the keys."
            )
        return secret


def environment_of(settings: Settings) -> dict[str, str]:
    """Variables by which another process has just these settings; what is unset stays so."""
    given = settings.model_dump(mode="json", exclude_none=True)
    return {f"{Settings.model_config['env_prefix']}{name.upper()}": str(value) for name, value in given.items()}
