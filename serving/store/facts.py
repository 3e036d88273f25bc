"""Facts of an event as bytes: the columns of the log that have no column of their own in the store.

The first byte is the format, the second the version of the derivation that made keys and facts (`DERIVATION`). In
format 1 two bytes follow that say which of the entity keys are there, then those keys, eight bytes each, which
nothing can compress, then the other values in the order of ``VALUES``: a MessagePack array, compressed by Zstandard
with a shipped dictionary. A column that is added to the log is appended to ``VALUES``; an array that was written
before is shorter, and what it lacks is null. What cannot be had that way needs another format; this one is read for
ever. Format 2 is that of events whose numbers and texts were erased: what features read of these follows the values,
in the order of ``FACTS_OF_WITHHELD``, so that the event is replayed to the same bits.

The dictionary ``facts-1.zdict`` was trained on synthetic events (`python -m benchmarks.storage --train FILE`). It
belongs to the format: with another one nothing that is stored can be read.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import chain, repeat
from operator import itemgetter
from typing import Any

import msgpack
import zstandard

from features.identity import DERIVATION
from features.parcel.problems import StoreError

FORMAT, ERASED = 1, 2


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


KEYS = _names(
    """
    sender_key contact_key recipient_key address_key lane_key office_key country_key commodity_key chapter_key
    look_alike_key wording_key number_block_key operator_key
    """
)
"""Frozen: the two bytes have room for sixteen; a key that is added later is a value like any other."""
VALUES = _names(
    """
    counted_at stream manifest_id version function lodged_at posted_at due_at sender_country recipient_country
    origin_office transit_offices destination_office dispatch_country receptacle_id mail_class mail_subclass
    house_bill master_bill category postage_cents postage_currency postage_paid_by insured_value_cents
    insured_currency marketplace gross_weight_g length_mm width_mm height_mm packaging measured_weight_g
    measured_length_mm measured_width_mm measured_height_mm pieces quality_flags sender_is_organisation
    sender_has_contact sender_has_tax_number sender_has_hidden_marks sender_mixes_scripts sender_name_has_digits
    sender_phone_is_foreign sender_mail_is_free sender_mail_names_party sender_n_name_words sender_n_address_parts
    recipient_is_organisation recipient_has_contact recipient_has_tax_number recipient_has_hidden_marks
    recipient_mixes_scripts recipient_name_has_digits recipient_phone_is_foreign recipient_mail_is_free
    recipient_mail_names_party recipient_n_name_words recipient_n_address_parts recipient_is_po_box
    recipient_is_locker recipient_is_care_of recipient_is_lodging parties_share_a_name parties_share_contact
    has_order_reference recipient_postcode_region n_pieces n_units net_weight_g declared_value_eur_cents
    postage_eur_cents insured_value_eur_cents hs_code goods_origin_country description n_pieces_with_hs n_hs_chapters
    n_goods_origins n_descriptions main_piece_value_eur_cents result inspected_at finding_class finding_mass_g method
    station cause propensity sender_loose_key recipient_loose_key sender_name_key recipient_name_key
    declared_regime tax_regime transport_mode procedure payment_terms extra_1 extra_2 extra_3 extra_4 extra_5 extra_6
    extra_7 extra_8 tax_rate_bp certainty duration_s image_sha256 batch_id
    """
)
"""In the order in which they are stored; append only. `PIECE` likewise."""
PIECE = ("description", "quantity", "net_weight_g", "value_cents", "currency", "hs_code", "origin_country")
COLUMNS = (*KEYS, *VALUES)
_PIECES = VALUES.index("pieces")
_HEAD = struct.Struct("<BBH")
_LEVEL = 3
_keys_of, _values_of, _piece_of = itemgetter(*KEYS), itemgetter(*VALUES), itemgetter(*PIECE)
_NO_PIECE = dict.fromkeys(PIECE)
_RARE = VALUES[VALUES.index("declared_regime") :]
_NONE_OF_THEM = [None] * len(_RARE)


def packed(event: Mapping[str, Any], *, derivation: int = DERIVATION, withheld: Sequence[float] | None = None) -> bytes:
    """Facts of an event, a value for every column of the log, as they are stored.

    `withheld` are the facts of numbers and texts that were erased (``FACTS_OF_WITHHELD``); None where they are there.
    """
    mask, layout, present = _present(_keys_of(event))
    values = values_of(event)
    body = compressed(values if withheld is None else [values, list(withheld)])
    return _HEAD.pack(FORMAT if withheld is None else ERASED, derivation, mask) + layout.pack(*present) + body


def derivation_of(facts: bytes) -> int:
    """Version of the derivation that made the keys and facts of an event."""
    return facts[1]


def compressed(values: Sequence[Any]) -> bytes:
    """Values as a MessagePack array, compressed with the shipped dictionary."""
    return _TOOLS.compress(_TOOLS.pack(values))


def decompressed(body: bytes) -> list[Any]:
    """Values of `compressed`, times as UTC times."""
    values: list[Any] = msgpack.unpackb(_TOOLS.decompress(body), timestamp=_AS_TIMES)
    return values


def values_of(event: Mapping[str, Any]) -> list[Any]:
    """Values of an event in the order of ``VALUES``, without rare ones at the end; pieces are lists, too."""
    values = list(_values_of(event))
    if values[_PIECES] is not None:
        values[_PIECES] = [_piece_of(piece) for piece in values[_PIECES]]
    if values[-len(_RARE) :] == _NONE_OF_THEM:  # most events give none of them, and need no byte for it
        del values[-len(_RARE) :]
    return values


def unpacked(facts: bytes, seq: int) -> dict[str, Any]:
    """Columns of the event `seq`, times as UTC times.

    Raises
    ------
    StoreError
        When a newer program wrote them, or they are damaged.
    """
    keys, values, _ = _opened(facts, seq, _AS_TIMES)
    event = dict(zip(COLUMNS, chain(keys, values, repeat(None)), strict=False))
    if event["pieces"] is not None:
        event["pieces"] = [{**_NO_PIECE, **dict(zip(PIECE, piece, strict=False))} for piece in event["pieces"]]
    return event


def withheld_facts(facts: bytes, seq: int) -> list[float] | None:
    """Facts of the numbers and texts of the event `seq` that were erased; None where none were.

    Raises
    ------
    StoreError
        As `unpacked`.
    """
    return _opened(facts, seq, _AS_TIMES)[2] if facts[:1] == bytes([ERASED]) else None


def unpacked_rows(facts: Iterable[bytes], seqs: Iterable[int]) -> Iterator[list[Any]]:
    """Values of many events in the order of ``COLUMNS``; times are nanoseconds since 1970, pieces lists of values.

    Raises
    ------
    StoreError
        As `unpacked`.
    """
    for one, seq in zip(facts, seqs, strict=True):
        keys, values, _ = _opened(one, seq, _AS_NANOSECONDS)
        yield [*keys, *values, *repeat(None, len(VALUES) - len(values))]


_AS_NANOSECONDS, _AS_TIMES = 2, 3
"""What MessagePack's Python package makes of its times."""


_Opened = tuple[Sequence[int | None], list[Any], list[float] | None]


def _opened(facts: bytes, seq: int, times: int) -> _Opened:
    if not facts or facts[0] not in (FORMAT, ERASED):
        raise StoreError(
            f"event {seq} of the log is stored in format {facts[0] if facts else 'none'}; this program reads formats "
            f"{FORMAT} and {ERASED}. Install the program that wrote it."
        )
    try:
        mask = _HEAD.unpack_from(facts)[2]
        layout, is_there = _layout(mask)
        present = layout.unpack_from(facts, _HEAD.size)
        body = _TOOLS.decompress(facts[_HEAD.size + layout.size :])
        values = msgpack.unpackb(body, timestamp=times)
        values, withheld = values if facts[0] == ERASED else (values, None)
    except (struct.error, zstandard.ZstdError, ValueError, msgpack.UnpackException) as error:
        raise StoreError(
            f"the facts of event {seq} of the log are damaged ({type(error).__name__}). Restore a backup."
        ) from None
    if len(present) == len(KEYS):
        return present, values, withheld
    given = iter(present)
    return [next(given) if there else None for there in is_there], values, withheld


def _present(keys: Sequence[int | None]) -> tuple[int, struct.Struct, Sequence[int | None]]:
    if None not in keys:
        return _ALL, _layout(_ALL)[0], keys
    mask = _mask(tuple([key is not None for key in keys]))
    return mask, _layout(mask)[0], [key for key in keys if key is not None]


_ALL = (1 << len(KEYS)) - 1


@lru_cache(maxsize=1 << len(KEYS))
def _mask(is_there: tuple[bool, ...]) -> int:
    return sum(there << bit for bit, there in enumerate(is_there))


@lru_cache(maxsize=1 << len(KEYS))
def _layout(mask: int) -> tuple[struct.Struct, tuple[bool, ...]]:
    is_there = tuple(bool(mask >> bit & 1) for bit in range(len(KEYS)))
    return struct.Struct(f"<{sum(is_there)}q"), is_there


_MAGICLESS = zstandard.FORMAT_ZSTD1_MAGICLESS
_DICTIONARY = zstandard.ZstdCompressionDict(files(__package__).joinpath("facts-1.zdict").read_bytes())
_PARAMETERS = zstandard.ZstdCompressionParameters.from_level(
    _LEVEL, format=_MAGICLESS, write_content_size=1, write_checksum=0, write_dict_id=0
)
_DICTIONARY.precompute_compress(compression_params=_PARAMETERS)


class _Tools(threading.local):
    """Packer and compressors of one thread: they may not be shared."""

    def __init__(self) -> None:
        self.pack = msgpack.Packer(datetime=True).pack
        self.compress = zstandard.ZstdCompressor(dict_data=_DICTIONARY, compression_params=_PARAMETERS).compress
        self.decompress = zstandard.ZstdDecompressor(dict_data=_DICTIONARY, format=_MAGICLESS).decompress


_TOOLS = _Tools()
