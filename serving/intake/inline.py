"""Small files: accepted, or only checked, part by part and answered at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from features.sources import Adapter
from serving.intake.parts import Part
from serving.intake.submissions import accept, lodging_of, valid
from serving.office.answers import Answer, RejectionModel, ValidAnswer, shown
from serving.office.office import Office
from serving.office.once import Once
from serving.office.writer import BULK_S
from serving.store import Client

Results = dict[int, list[Answer | ValidAnswer | RejectionModel]]


@dataclass(frozen=True, kw_only=True)
class FileAnswer:
    """What became of a file.

    Attributes
    ----------
    results:
        Answer or rejections of each line that has some, in the order of the lines.
    ignored, notes:
        Columns that were not read, and remarks on how the others were.
    is_replay:
        Whether all of it was answered before.
    """

    results: list[Answer | ValidAnswer | RejectionModel]
    n_rows: int
    ignored: list[str]
    notes: list[str]
    is_replay: bool

    @property
    def n_rejected(self) -> int:
        """Rows that could not be used."""
        return len({one.line for one in self.results if isinstance(one, RejectionModel)})


def accepted(
    office: Office, found: Iterable[Part], adapter: Adapter, client: Client, once: Once | None, *, explain: bool
) -> FileAnswer:
    """Accept the parts of a file, each in a transaction of its own."""
    replays: list[bool] = []

    def one(number: int, part: Part) -> tuple[Results, int]:
        with office.writer.transaction(can_wait=True, within_s=BULK_S) as transaction:
            done = accept(
                office,
                transaction,
                part,
                client,
                adapter.name,
                content=adapter.content,
                explain=explain,
                once=once,
                number=number,
            )
        replays.append(done.is_replay)
        results: Results = {line: [shown(answer, client)] for line, answer in done.answers.items()}
        return _with_rejections(results, map(RejectionModel.of, done.rejections)), done.n_rows

    return _answer(found, one, replays)


def checked(found: Iterable[Part], adapter: Adapter, client: Client) -> FileAnswer:
    """Say of each row whether it can be used, and lodge nothing."""

    def one(_: int, part: Part) -> tuple[Results, int]:
        lodging = lodging_of(part, client, adapter.name)
        results: Results = {line: [answer] for line, answer in valid(lodging).items()}
        return _with_rejections(results, map(RejectionModel.of, lodging.rejections)), lodging.n_rows

    return _answer(found, one, [])


def _with_rejections(results: Results, rejections: Iterable[RejectionModel]) -> Results:
    for rejection in rejections:
        results.setdefault(rejection.line, []).append(rejection)
    return results


def _answer(found: Iterable[Part], one: Callable[[int, Part], tuple[Results, int]], replays: list[bool]) -> FileAnswer:
    results: Results = {}
    ignored: dict[str, None] = {}
    notes: dict[str, None] = {}
    n_rows = 0
    for number, part in enumerate(found):
        ignored |= dict.fromkeys(part.ignored)
        notes |= dict.fromkeys(part.notes)
        more, n = one(number, part)
        n_rows += n
        for line, answers in more.items():
            results.setdefault(line, []).extend(answers)
    in_order = [answer for line in sorted(results) for answer in results[line]]
    is_replay = bool(replays) and all(replays)
    return FileAnswer(results=in_order, n_rows=n_rows, ignored=list(ignored), notes=list(notes), is_replay=is_replay)
