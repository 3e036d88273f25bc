"""Bytes on disk of an event and its score, by table and index: `python -m benchmarks.storage [--parcels N] [--seed S]`.

A synthetic log is written into an empty SQLite store as the service writes it, batch by batch: events, scores, feature
rows, personal data under encryption, audit; then all whole segments of `--segment` events are sealed. The contents of
tables and indexes are summed up from the pages of the file, segments from their files. Feature rows are reported apart,
because all but a few are removed after some days. `--train` makes the dictionary of the facts anew; it belongs to their
format, so that only a new format may have another one.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from pathlib import Path

import msgpack
import polars as pl
import zstandard

from data.synthetic import generate, load_scenario
from data.synthetic.event_log import event_log as log_of
from features.catalogue import catalogue
from features.event_rows import Row, rows_of
from features.history import Engine
from features.identity import PERSONAL, IdentityKey
from features.log import PARCEL
from features.replay import feature_rows
from serving.office.sealing import SEGMENT
from serving.store import Scored, Store, facts, identifiers, sealing
from serving.store import log as event_log
from serving.store.database import note
from serving.store.erasure import subject_of
from serving.store.scores import insert_personal, insert_scores
from serving.store.times import microseconds
from serving.store.vault import Vault

KEY = IdentityKey(b"benchmark, nothing is kept: 32 b")
BATCH = 1_000
DICTIONARY_BYTES = 16_384


def main() -> None:
    """Write, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcels", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--segment", type=int, default=SEGMENT)
    parser.add_argument("--train", type=Path, help="write a dictionary to this file instead")
    arguments = parser.parse_args()
    if arguments.train:
        arguments.train.write_bytes(trained())
        return
    world = generate(load_scenario("baseline"), n_parcels=arguments.parcels, n_days=180, seed=arguments.seed)
    log = log_of(world, KEY)
    personal = {(row["operator"], row["parcel_id"]): row for row in _personal(world.parcels)}
    with tempfile.TemporaryDirectory(prefix="parcel-risk-") as name:
        folder = Path(name)
        _write(folder, log, personal)
        _seal(folder, arguments.segment)
        _report(folder, log.height)


def _personal(parcels: pl.DataFrame) -> list[Row]:
    names = [name for name in PERSONAL if name in parcels.columns]
    return parcels.select("operator", "parcel_id", *names).to_dicts()


def _write(folder: Path, log: pl.DataFrame, personal: dict[tuple[str, str], Row]) -> None:
    engine, spent = Engine(), 0.0
    vault = Vault.open(folder, wrapping_key=bytes(32), spool_key=bytes(32))
    with vault, Store(f"sqlite:///{folder / 'store.db'}") as store:
        for start in range(0, log.height, BATCH):
            part = log.slice(start, BATCH)
            events, computed = rows_of(part), feature_rows(part, engine)
            parcels = [event for event in events if event["kind"] == PARCEL]
            scores = [_scored(event, values) for event, values in zip(parcels, computed.values, strict=True)]
            with store.begin() as connection:
                begun = time.process_time()
                event_log.append(connection, events)
                identifiers.index(connection, events)
                insert_scores(connection, scores, catalogue().names)
                spent += time.process_time() - begun
                seqs = [one.seq for one in scores]
                note(connection, at_us=scores[0].scored_at, client_id="post-a", action="scored", seqs=seqs)
                clear = {event["seq"]: (subject_of(event), _clear(event, personal)) for event in parcels}
                insert_personal(connection, vault, clear, vault.begin(subject for subject, _ in clear.values()))
        print(f"events and scores: {spent / log.height * 1e6:.0f} us CPU each to write, in batches of {BATCH:,}")
        _read("tail", store)


def _read(what: str, store: Store) -> None:
    with store.begin_read() as connection:
        begun, n = time.process_time(), 0
        for part in event_log.parts(connection):
            n += part.height
            if n == part.height:
                print(f"{what}: first {n:,} events after {time.process_time() - begun:.2f} s CPU")
        print(f"{what}: {(time.process_time() - begun) / n * 1e6:.1f} us CPU to read an event of {n:,}")


def _seal(folder: Path, size: int) -> None:
    """Seal what the log has of whole segments; the file gives back its free pages, which the service would use."""
    with Store(f"sqlite:///{folder / 'store.db'}") as store:
        begun, n = time.process_time(), 0
        while segment := sealing.seal(store.begin_read, store.begin, store.segments, size=size):
            n += segment.last_seq + 1 - segment.first_seq
        if n:
            print(f"sealing: {(time.process_time() - begun) / n * 1e6:.0f} us CPU an event, in segments of {size:,}")
        _read("segments and tail", store)
    file = sqlite3.connect(folder / "store.db")
    file.execute("VACUUM")
    file.close()


def _clear(event: Row, personal: dict[tuple[str, str], Row]) -> dict[str, str]:
    row = personal[event["operator"], event["parcel_id"]]
    return {name: row[name] for name in PERSONAL if row.get(name)}


def _scored(event: Row, values: object) -> Scored:
    return Scored(
        seq=event["seq"],
        content=f"{hash(event['parcel_id']) & (1 << 63) - 1:032x}",
        scored_at=microseconds(event["known_at"]),
        fingerprint=catalogue().fingerprint,
        features=values,  # type: ignore[arg-type]
        bundle_id="2026-11-25-120000-baseline",
        raw_score=float(event["seq"]) / 7,
        probability=float(event["seq"]) / 9e9,
        flow_share=float(event["seq"]) / 11e9,
        referral="release",
        cause="none",
        propensity=float(event["seq"]) / 13e9,
        degraded=None,
        policy_id="0123456789abcdef",
    )


def _report(folder: Path, n_events: int) -> None:
    sealed = sum(path.stat().st_size for path in (folder / "segments").glob("*.parquet"))
    print(f"segments: {sealed / n_events:.1f} bytes an event")
    for name in ("store.db", "keys.db"):
        file = sqlite3.connect(folder / name)
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        sizes = file.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC").fetchall()
        file.close()
        print(f"{name}: {(folder / name).stat().st_size / n_events:.0f} bytes an event")
        for table, size in sizes:
            if size >= n_events:
                print(f"  {table:32s} {size / n_events:7.1f}")


def trained() -> bytes:
    """Dictionary of the facts of worlds that `main` does not measure."""
    pack = msgpack.Packer(datetime=True).pack
    worlds = ((scenario, seed) for scenario in ("baseline", "demo") for seed in (7, 8))
    samples = [
        pack(facts.values_of(event))
        for scenario, seed in worlds
        for event in rows_of(log_of(generate(load_scenario(scenario), n_parcels=6_000, n_days=60, seed=seed), KEY))
    ]
    return zstandard.train_dictionary(DICTIONARY_BYTES, samples).as_bytes()


if __name__ == "__main__":
    main()
