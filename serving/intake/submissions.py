"""Accept what a format adapter has read: score parcels, store movements and receptacles, keep what cannot be used."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from features.event_rows import Row
from features.parcel.numbers import MOST_CHARACTERS, Verdict, candidates, lodged_number
from features.parcel.problems import Doubt, Rejection
from features.parcel.schema import LINE
from features.sources import Batch, Content
from features.sources.reading import Reading
from serving.intake.parts import PART_ROWS, Part, of_lines
from serving.intake.ready import Ready
from serving.office.answers import Answer, ValidAnswer, with_doubts
from serving.office.batching import Submission
from serving.office.content import Derived
from serving.office.current import current_parcels
from serving.office.office import Office
from serving.office.once import Once
from serving.office.scoring import Answers, rescore, score
from serving.office.writer import Transaction
from serving.store import Client, movements, receptacles
from serving.store.erasure import subject_of
from serving.store.quality import count_rejected
from serving.store.quarantine import DOUBTFUL, Used, hold
from serving.store.times import microseconds


@dataclass(frozen=True, kw_only=True)
class Lodging:
    """Parcels as one client sent them, read and validated.

    Attributes
    ----------
    rows:
        Those that can be used; ``operator`` is set.
    rejections:
        Why the others cannot.
    doubts:
        Values of the former that are not used as they were sent.
    n_rows:
        How many there were.
    original:
        Text of a line as it was sent.
    source:
        Format in which it came.
    explain:
        Find the reasons for all answers now.
    numbers:
        Identifiers of lines that cannot be used, where they gave one.
    derived:
        What was made of rows before they came here, by line.
    once:
        The request that it is a part of, where that has a key of its own.
    part:
        Which part of that request, counted from 0.
    """

    rows: Sequence[Row]
    rejections: tuple[Rejection, ...]
    n_rows: int
    original: Callable[[int], str]
    client: Client
    source: str
    explain: bool = False
    numbers: Mapping[int, str] = field(default_factory=dict)
    doubts: tuple[Doubt, ...] = ()
    derived: Mapping[int, Derived] = field(default_factory=dict)
    once: Once | None = None
    part: int = 0

    def doubts_by_line(self) -> dict[int, list[Doubt]]:
        """Doubts of each line that has some."""
        by_line: dict[int, list[Doubt]] = {}
        for doubt in self.doubts:
            by_line.setdefault(doubt.line, []).append(doubt)
        return by_line


@dataclass(frozen=True, kw_only=True)
class PartResult:
    """What became of a part of a file.

    Attributes
    ----------
    answers:
        Answer by line; lines without one were movements, receptacles, or could not be used.
    rejections:
        Reasons why rows could not be used.
    n_rows:
        Rows of the part.
    is_replay:
        Whether the same request came before, and this is what became of it then.
    """

    answers: dict[int, Answer]
    rejections: tuple[Rejection, ...]
    n_rows: int
    is_replay: bool = False

    def as_json(self) -> str:
        """How it is kept."""
        answers = {line: one.model_dump(mode="json") for line, one in self.answers.items()}
        rejections = [one.as_dict() for one in self.rejections]
        return json.dumps({"answers": answers, "rejections": rejections, "n_rows": self.n_rows})

    @classmethod
    def replayed(cls, text: str) -> PartResult:
        """What was kept."""
        given = json.loads(text)
        answers = {int(line): Answer.model_validate(one) for line, one in given["answers"].items()}
        rejections = tuple(Rejection(**one) for one in given["rejections"])
        return cls(answers=answers, rejections=rejections, n_rows=given["n_rows"], is_replay=True)

    @property
    def n_rejected(self) -> int:
        """Rows that could not be used."""
        return len({rejection.line for rejection in self.rejections})

    def results(self) -> Answers:
        """Answer of each line; of several reasons of one line the first stands for it."""
        refused = {rejection.line: rejection for rejection in reversed(self.rejections)}
        return {**self.answers, **refused}


def accept(
    office: Office,
    transaction: Transaction,
    part: Part | Ready,
    client: Client,
    source: str,
    *,
    content: Content = Content.PARCELS,
    explain: bool = False,
    once: Once | None = None,
    number: int = 0,
) -> PartResult:
    """Accept one part of a file within a transaction.

    Parameters
    ----------
    source:
        Format in which it came.
    content:
        What its rows are.
    explain:
        Find the reasons for all answers now.
    once, number:
        The request that lodges the file, where that has a key of its own, and which part this is, from 0.
    """
    if isinstance(part, Batch):
        _events(office, transaction, part, client, content)
    lodging = replace(lodging_of(part, client, source, explain=explain), once=once, part=number)
    return take(office, transaction, [lodging])[0]


def lodging_of(part: Part | Ready, client: Client, source: str, *, explain: bool = False) -> Lodging:
    """One part of a file as what its sender lodges; a part that holds no parcels lodges none."""
    if isinstance(part, Batch):
        return Lodging(
            rows=[],
            rejections=part.rejections,
            n_rows=part.n_rows,
            original=part.original,
            client=client,
            source=source,
        )
    ready = Ready.of(part, client.operator) if isinstance(part, Reading) else part
    return Lodging(**vars(ready), client=client, source=source, explain=explain)


def valid(lodging: Lodging) -> dict[int, ValidAnswer]:
    """Answers to the rows that can be used, by line; nothing is lodged."""
    doubts = lodging.doubts_by_line()
    return {row[LINE]: ValidAnswer.of(row, doubts.get(row[LINE], ())) for row in lodging.rows}


def take(office: Office, transaction: Transaction, lodgings: Sequence[Lodging]) -> list[PartResult]:
    """Score parcels that may come from several clients, and keep what cannot be used.

    What came before with the same key is answered as it was then; of two that come at once the second is.
    """
    done: dict[int, PartResult] = {}
    while len(done) < len(lodgings):
        fresh: dict[object, int] = {}
        for number, one in enumerate(lodgings):
            if number not in done and not _replay(transaction, one, number, done):
                fresh.setdefault((one.once.key, one.part) if one.once is not None else number, number)
        taken = _take(office, transaction, [lodgings[number] for number in fresh.values()])
        for number, result in zip(fresh.values(), taken, strict=True):
            one, done[number] = lodgings[number], result
            if one.once is not None:
                at_us = microseconds(office.clock())
                one.once.keep(transaction.connection, result.as_json(), at_us, one.part)
    return [done[number] for number in range(len(lodgings))]


def _replay(transaction: Transaction, one: Lodging, number: int, done: dict[int, PartResult]) -> bool:
    kept = one.once.kept(transaction.connection, one.part) if one.once is not None else None
    if kept is not None:
        done[number] = PartResult.replayed(kept)
    return kept is not None


def _take(office: Office, transaction: Transaction, lodgings: Sequence[Lodging]) -> list[PartResult]:
    submissions = [
        Submission(rows=one.rows, client=one.client, explain=one.explain, derived=one.derived) for one in lodgings
    ]
    results = []
    for one, answers in zip(lodgings, score(office, transaction, submissions), strict=True):
        refused = (answer for answer in answers.values() if isinstance(answer, Rejection))
        accepted = {line: answer for line, answer in answers.items() if isinstance(answer, Answer)}
        doubts = one.doubts_by_line()
        doubted = {line: with_doubts(accepted[line], told) for line, told in doubts.items() if line in accepted}
        result = PartResult(answers={**accepted, **doubted}, rejections=(*one.rejections, *refused), n_rows=one.n_rows)
        _keep(office, transaction, one, result)
        results.append(result)
    return results


def slices(lodging: Lodging) -> Iterator[Lodging]:
    """Parts of at most ``PART_ROWS`` rows; what cannot be used is kept with the first."""
    rows = lodging.rows[:PART_ROWS]
    doubts = of_lines(lodging.doubts, (row[LINE] for row in rows))
    yield replace(lodging, rows=rows, doubts=doubts, n_rows=lodging.n_rows - len(lodging.rows[PART_ROWS:]))
    for part, start in enumerate(range(PART_ROWS, len(lodging.rows), PART_ROWS), start=1):
        rows = lodging.rows[start : start + PART_ROWS]
        doubts = of_lines(lodging.doubts, (row[LINE] for row in rows))
        yield replace(lodging, rows=rows, rejections=(), doubts=doubts, n_rows=len(rows), part=part)


def take_at_once(office: Office, lodgings: Sequence[Lodging]) -> list[PartResult]:
    """The same in one transaction of its own."""
    with office.writer.transaction() as transaction:
        return take(office, transaction, lodgings)


def _keep(office: Office, transaction: Transaction, lodging: Lodging, result: PartResult) -> None:
    """Keep what was sent of rows that were rejected, and of those that were used otherwise than they were sent."""
    doubted = [one for one in lodging.doubts if one.line in result.answers and result.answers[one.line].is_news]
    if not result.rejections and not doubted:
        return
    at = office.clock()
    operator = lodging.client.operator or ""
    keep = partial(
        hold,
        transaction.connection,
        office.secrets.vault,
        operator=operator,
        source=lodging.source,
        original=lodging.original,
        at_us=microseconds(at),
    )
    n_new = keep(remarks=result.rejections, numbers=lambda line: _number(lodging, line))
    if doubted:
        used = _used(transaction, {one.line: result.answers[one.line] for one in doubted}, at)
        keep(remarks=doubted, numbers=lambda line: result.answers[line].parcel_id, state=DOUBTFUL, parcels=used)
    count_rejected(transaction.connection, operator, n_new, at)


def _used(transaction: Transaction, answers: dict[int, Answer], at: datetime) -> dict[int, Used]:
    """Parcels for which doubtful rows were used, by line."""
    current = current_parcels(transaction.connection, (answer.parcel_id for answer in answers.values()), at)
    used = {}
    for line, answer in answers.items():
        on_record = current.latest((answer.operator or "", answer.parcel_id))
        if on_record is not None:
            used[line] = Used(subject=subject_of(on_record.event), version=answer.version)
    return used


def _number(lodging: Lodging, line: int) -> str | None:
    """Number of the parcel on a line that cannot be used: as it was given, else the likeliest in its text."""
    given = lodging.numbers.get(line)
    if given is not None:
        return lodged_number(given)
    found = candidates(lodging.original(line)[:MOST_CHARACTERS])
    sound = [one.number for one in found if one.verdict is Verdict.RIGHT and one.is_certain]
    return sound[0] if sound else None


def _events(office: Office, transaction: Transaction, part: Batch, client: Client, content: Content) -> None:
    at = office.clock()
    operator = client.operator or ""
    if content is Content.MOVEMENTS:
        movements.put(transaction.connection, operator, part.rows, microseconds(at))
        return
    receptacles.put(transaction.connection, operator, part.rows, microseconds(at))
    listed = part.rows.unique("parcel_id", keep="last", maintain_order=True).drop(LINE)
    current = current_parcels(transaction.connection, listed["parcel_id"], at)
    for receptacle_id, parcel_id in listed.select("receptacle_id", "parcel_id").iter_rows():
        on_record = current.latest((operator, parcel_id))
        if on_record is not None and on_record.event["receptacle_id"] != receptacle_id:
            rescore(office, transaction, on_record, {"receptacle_id": receptacle_id}, client)
