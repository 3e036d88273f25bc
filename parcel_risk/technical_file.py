"""Command `technical-file`: papers about the program, a model and its training, for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parcel_risk.console import out
from serving.settings import Settings

if TYPE_CHECKING:
    from training.report.technical import Known

OutOpt = Annotated[Path, typer.Option("--out", help="Folder for the papers.", show_default=False)]
BundleOpt = Annotated[str, typer.Option(help="Name of a bundle. Default: the champion, else the newest.")]


def technical_file(
    to: OutOpt,
    bundle: BundleOpt = "",
    tests: Annotated[
        Path | None, typer.Option(help="Results of tests, as `pytest --junitxml FILE` writes them.")
    ] = None,
) -> None:
    """Write the technical file (Annex IV of the AI Act) from code, bundle, training run, data sheet and tests."""
    from training.report.papers import write
    from training.report.technical import TITLE
    from training.report.technical import technical_file as parts

    for path in write(to, "technical-file", TITLE, parts(known(Settings(), bundle, tests))):
        out.print(str(path), markup=False, soft_wrap=True)


def known(settings: Settings, name: str, tests: Path | None) -> Known:
    """What papers are built from."""
    from features.bundle import META, SIGNATURE
    from features.bundle.meta import from_json
    from features.catalogue import catalogue
    from policy.retention import load_retention
    from training.report.technical import Known
    from training.report.test_results import read_results

    folder = _bundle(settings, name)
    given: dict[str, Any] = {}
    if folder is not None:
        meta, _ = from_json((folder / META).read_text("utf-8"), folder.name)
        given = {"bundle": meta, "run": _run(settings, meta.name), "data_sheet": _data_sheet(settings, meta.name)}
        given["signature"] = _json(folder / SIGNATURE)
    return Known(
        program=_program(settings),
        catalogue=catalogue(),
        retention=load_retention(settings.reference_dir),
        tests=read_results(tests) if tests is not None else None,
        **given,
    )


def _bundle(settings: Settings, name: str) -> Path | None:
    """Folder of the bundle; None where there is none and none was named."""
    from features.model_store import ModelStore

    models = ModelStore(settings.models_dir)
    if name:
        return models.path(name)
    return models.champion() or (models.latest() if models.names() else None)


def _run(settings: Settings, bundle: str) -> dict[str, str] | None:
    """Facts of the training run of a bundle, where MLflow has one."""
    from training.registry import aliases, tracking  # take seconds to import

    tracking.connect(settings.mlflow, settings.home / "mlflow-artifacts")
    found = next((one for one in aliases.runs() if one.bundle == bundle), None)
    if found is None:
        return None
    plain = ("run_id", "started_at", "trained_by", "data_digest", "alias")
    return {name: getattr(found, name) or "-" for name in plain}


def _data_sheet(settings: Settings, bundle: str) -> dict[str, Any] | None:
    from training.report.data_sheet import FILE

    return _json(settings.home / "reports" / bundle / f"{FILE}.json")


def _json(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found


def _program(settings: Settings) -> dict[str, str]:
    from importlib.metadata import metadata, version

    from serving.store.engines import parsed

    about = metadata("parcel-risk").json
    return {
        "version": version("parcel-risk"),
        "licence": str(about.get("license_expression", "-")),
        "Python": str(about.get("requires_python", "-")),
        "store": parsed(settings.database).get_backend_name(),
        "hardware": "no accelerator is used; figures of benchmarks/ were measured on two cores",
        "instructions": "README.md, docs/ and the deployer's pack",
    }
