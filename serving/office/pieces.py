"""Pieces of one parcel that one file declares far apart: they are added to what its earlier rows said."""

from __future__ import annotations

from features.parcel.joining import IS_MORE, is_same_consignment, joined
from serving.office.batching import Lodged
from serving.office.content import content_of
from serving.office.current import Current
from serving.office.office import Office
from serving.store import Connection
from serving.store.scores import personal_of


def with_pieces_of(office: Office, connection: Connection, one: Lodged, on_record: Current) -> Lodged:
    """The row with the pieces on record, where it continues a parcel that its file has begun further up."""
    if not one.row.get(IS_MORE) or on_record.known.is_cancelled:
        return one
    clear = personal_of(connection, office.secrets.vault, on_record.known.seq)
    before = {**one.row, **{name: on_record.event[name] for name in one.row if name in on_record.event}, **clear}
    now = {**one.row, "version": before["version"] if one.version is None else one.version}
    if not is_same_consignment(before, now):
        return one
    whole = {**joined([before, now]), "version": one.version, "quality_flags": one.row["quality_flags"]}
    return Lodged(row=whole, content=content_of(whole, office.secrets.digest), submission=one.submission)
