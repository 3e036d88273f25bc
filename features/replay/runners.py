"""How the tasks of a replay are spread: over processes of this machine, or over a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from joblib import Parallel, delayed

from features.parcel.problems import ParcelRiskError
from features.replay.runs import Runner, Task


def processes(n_workers: int) -> Runner:
    """Run tasks in `n_workers` processes of this machine."""

    def run(function: Callable[..., int], tasks: list[Task]) -> Iterator[int]:
        return iter(
            Parallel(n_jobs=n_workers, return_as="generator_unordered")(delayed(function)(*one) for one in tasks)
        )

    return run


@contextmanager
def cluster(address: str | None, n_workers: int) -> Iterator[Runner]:
    """Run tasks on the Dask cluster at `address`, or on one started here with `n_workers` processes.

    Every worker must see the folders of the log and of the output under the same names.

    Raises
    ------
    ParcelRiskError
        When Dask is not installed (``pip install parcel-risk[cluster]``) or the cluster does not answer.
    """
    try:
        from dask.distributed import Client, LocalCluster, as_completed
    except ImportError as error:
        raise ParcelRiskError("a cluster needs Dask: install parcel-risk with the extra [cluster].") from error

    def start() -> Client:
        if address is not None:
            return Client(address, timeout="10s")
        local = LocalCluster(
            n_workers=n_workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=40
        )
        return Client(local)

    def run(function: Callable[..., int], tasks: list[Task]) -> Iterator[int]:
        futures = [client.submit(function, *one, pure=False) for one in tasks]
        for _, result in as_completed(futures, with_results=True):
            yield int(result)

    try:
        client = start()
    except (OSError, ValueError) as error:
        raise ParcelRiskError(
            f"no Dask cluster answers at {address}. Give the address of its scheduler, as in tcp://host:8786, or local."
        ) from error
    try:
        yield run
    finally:
        local = client.cluster
        client.close()
        if address is None and local is not None:
            local.close()
