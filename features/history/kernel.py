"""The one implementation of history: a numba kernel over sparse blobs of int64 words.

Everything compiled lives in this file, because numba's cache does not see changes in other files. A blob is::

    header[HEADER]  hour buckets  day buckets  counterparties

Hour buckets keep the newest hour of the entity and the 24 before it; older ones roll into day buckets, which keep
the newest
day and the 90 before it. A bucket is (hour or day, parcels, value in euro cents, weight in g, inspected << 32 |
found); a counterparty
is (key, hour last seen), at most 64, the longest unseen evicted first. All sums are integers, so chunking and
partitioning
cannot change a bit. `advance` reads an entity before it updates it: an event never sees itself or what follows.
"""

from __future__ import annotations

import numpy as np
from numba import njit

LAYOUT = 1

# Header words.
LAST_SEQ, FIRST_AT, LAST_AT, N, VALUE, WEIGHT, INSPECTED, FOUND, RANDOM, RANDOM_FOUND, SHAPE, SIZE_CLASS = range(12)
HEADER = 12
BUCKET = 5
OTHER = 2
MAX_OTHERS = 64
HOURS_KEPT = 24
DAYS_KEPT = 90

# Words of a block by size class; a full blob has 12 + 25 * 5 + 91 * 5 + 64 * 2 = 720 words (5,760 bytes).
BLOCK_WORDS = np.array([20, 28, 40, 56, 80, 112, 160, 224, 320, 448, 640, 736], dtype=np.int64)
N_CLASSES = 12

# Words of `meta`: entities, words used in the arena, then the head of the free list of each size class.
ENTITIES_USED, WORDS_USED, FREE = 0, 1, 2
META = FREE + N_CLASSES

# Columns of what is read, in order. Times are seconds since 1970; -1 where nothing was seen.
READ = (
    "present", "n_1d", "n_7d", "n_30d", "n_90d", "value_1d", "value_7d", "value_30d", "value_90d",
    "weight_1d", "weight_7d", "weight_30d", "weight_90d", "inspected_90d", "found_90d",
    "n", "value", "weight", "inspected", "found", "random", "random_found",
    "first_at", "last_at", "others", "others_30d", "other_seen",
)  # fmt: skip
N_READ = 27

# Bits of an event's label.
INSPECTED_BIT, FOUND_BIT, RANDOM_BIT = 1, 2, 4


@njit("i8(i8[::1], i8[::1], i8)", cache=True)
def _slot(table_key, table_at, key):
    """Place of `key` in the open-addressing table, or the empty place where it belongs."""
    mask = table_key.size - 1
    place = (key ^ (key >> 29)) & mask
    while table_at[place] >= 0 and table_key[place] != key:
        place = (place + 1) & mask
    return place


@njit("Tuple((i8[::1], i8[::1]))(i8[::1], i8[::1])", cache=True)
def _grown_table(table_key, table_at):
    """Return a table of twice the size with the same entries."""
    key = np.zeros(table_key.size * 2, dtype=np.int64)
    at = np.full(table_at.size * 2, -1, dtype=np.int64)
    for place in range(table_key.size):
        if table_at[place] >= 0:
            new = _slot(key, at, table_key[place])
            key[new] = table_key[place]
            at[new] = table_at[place]
    return key, at


@njit("Tuple((i8, i8[::1]))(i8[::1], i8[::1], i8)", cache=True)
def _allocate(arena, meta, size_class):
    """Take a block of `size_class` from its free list or from the end of the arena."""
    head = meta[FREE + size_class]
    if head >= 0:
        meta[FREE + size_class] = arena[head]
        return head, arena
    start = meta[WORDS_USED]
    end = start + BLOCK_WORDS[size_class]
    if end > arena.size:
        bigger = np.zeros(max(2 * arena.size, end), dtype=np.int64)
        bigger[:start] = arena[:start]
        arena = bigger
    meta[WORDS_USED] = end
    return start, arena


@njit("i8(i8, i8, i8)", cache=True)
def _words(n_hours, n_days, n_others):
    return HEADER + BUCKET * (n_hours + n_days) + OTHER * n_others


@njit("Tuple((i8, i8[::1]))(i8, i8, i8[::1], i8[::1], i8[::1])", cache=True)
def _room(block, extra, arena, meta, table_at_place):
    """Make sure that `block` has `extra` free words; return where it is now."""
    shape = arena[block + SHAPE]
    used = _words(shape & 255, (shape >> 8) & 255, (shape >> 16) & 255)
    size_class = arena[block + SIZE_CLASS] & 255
    if used + extra <= BLOCK_WORDS[size_class]:
        return block, arena
    new_class = size_class + 1
    while BLOCK_WORDS[new_class] < used + extra:
        new_class += 1
    new, arena = _allocate(arena, meta, new_class)
    arena[new : new + used] = arena[block : block + used]
    arena[new + SIZE_CLASS] = new_class | (LAYOUT << 32)
    arena[block] = meta[FREE + size_class]
    meta[FREE + size_class] = block
    table_at_place[0] = new
    return new, arena


@njit("void(i8[::1], i8, i8, i8)", cache=True)
def _shift(arena, start, end, by):
    """Move words [start, end) by `by` places, whichever direction."""
    if by > 0:
        for word in range(end - 1, start - 1, -1):
            arena[word + by] = arena[word]
    else:
        for word in range(start, end):
            arena[word + by] = arena[word]


@njit("void(i8[::1], i8, i8, i8, i8, i8, i8, i8)", cache=True)
def _add_to_bucket(arena, block, is_day, bucket, n, value, weight, labels):
    """Add to the bucket of hour or day `bucket`, inserting it in order; the caller has made room for one more."""
    shape = arena[block + SHAPE]
    n_hours, n_days, n_others = shape & 255, (shape >> 8) & 255, (shape >> 16) & 255
    first = block + HEADER + (BUCKET * n_hours if is_day else 0)
    count = n_days if is_day else n_hours
    place = count
    while place > 0 and arena[first + BUCKET * (place - 1)] > bucket:
        place -= 1
    at = first + BUCKET * (place - 1)
    if place == 0 or arena[at] != bucket:
        at = first + BUCKET * place
        _shift(arena, at, block + _words(n_hours, n_days, n_others), BUCKET)
        arena[at] = bucket
        arena[at + 1 : at + BUCKET] = 0
        arena[block + SHAPE] = shape + ((1 << 8) if is_day else 1)
    arena[at + 1] += n
    arena[at + 2] += value
    arena[at + 3] += weight
    arena[at + 4] += labels


@njit("void(i8[::1], i8, i8)", cache=True)
def _drop_first_bucket(arena, block, is_day):
    shape = arena[block + SHAPE]
    n_hours, n_days, n_others = shape & 255, (shape >> 8) & 255, (shape >> 16) & 255
    first = block + HEADER + (BUCKET * n_hours if is_day else 0)
    _shift(arena, first + BUCKET, block + _words(n_hours, n_days, n_others), -BUCKET)
    arena[block + SHAPE] = shape - ((1 << 8) if is_day else 1)


@njit("void(i8[::1], i8, i8)", cache=True)
def _forget_days(arena, block, newest_day):
    while True:
        shape = arena[block + SHAPE]
        if (shape >> 8) & 255 == 0 or arena[block + HEADER + BUCKET * (shape & 255)] >= newest_day - DAYS_KEPT:
            return
        _drop_first_bucket(arena, block, 1)


@njit("Tuple((i8, i8[::1]))(i8, i8, i8, i8, i8, i8, i8[::1], i8[::1], i8[::1])", cache=True)
def _count(block, hour, n, value, weight, labels, arena, meta, table_at_place):
    """Count an event in its bucket, roll old hours into days and forget days that are too old."""
    shape = arena[block + SHAPE]
    n_hours, n_days = shape & 255, (shape >> 8) & 255
    newest_hour = hour
    newest_day = hour // 24
    if n_hours > 0:
        newest_hour = max(newest_hour, arena[block + HEADER + BUCKET * (n_hours - 1)])
        newest_day = max(newest_day, newest_hour // 24)
    if n_days > 0:
        newest_day = max(newest_day, arena[block + HEADER + BUCKET * (n_hours + n_days - 1)])
    # Room for the new bucket and for a day bucket that a rolled hour may open.
    block, arena = _room(block, 2 * BUCKET, arena, meta, table_at_place)
    if hour >= newest_hour - HOURS_KEPT:
        _add_to_bucket(arena, block, 0, hour, n, value, weight, labels)
    elif hour // 24 >= newest_day - DAYS_KEPT:
        _add_to_bucket(arena, block, 1, hour // 24, n, value, weight, labels)
    first = block + HEADER
    while (arena[block + SHAPE] & 255) > 0 and arena[first] < newest_hour - HOURS_KEPT:
        day, n_, value_, weight_, labels_ = (
            arena[first] // 24, arena[first + 1], arena[first + 2], arena[first + 3], arena[first + 4],
        )  # fmt: skip
        _drop_first_bucket(arena, block, 0)
        if day >= newest_day - DAYS_KEPT:
            _add_to_bucket(arena, block, 1, day, n_, value_, weight_, labels_)
        _forget_days(arena, block, newest_day)
    _forget_days(arena, block, newest_day)
    return block, arena


@njit("Tuple((i8, i8[::1]))(i8, i8, i8, i8[::1], i8[::1], i8[::1])", cache=True)
def _meet(block, other, hour, arena, meta, table_at_place):
    """Note that counterparty `other` was seen in `hour`."""
    shape = arena[block + SHAPE]
    n_others = (shape >> 16) & 255
    first = block + _words(shape & 255, (shape >> 8) & 255, 0)
    oldest = 0
    for place in range(n_others):
        if arena[first + OTHER * place] == other:
            arena[first + OTHER * place + 1] = max(arena[first + OTHER * place + 1], hour)
            return block, arena
        if arena[first + OTHER * place + 1] < arena[first + OTHER * oldest + 1]:
            oldest = place
    if n_others < MAX_OTHERS:
        block, arena = _room(block, OTHER, arena, meta, table_at_place)
        first = block + _words(shape & 255, (shape >> 8) & 255, 0)
        oldest = n_others
        arena[block + SHAPE] = shape + (1 << 16)
    arena[first + OTHER * oldest] = other
    arena[first + OTHER * oldest + 1] = hour
    return block, arena


@njit("void(i8[::1], i8, i8, i8, i8[::1])", cache=True)
def _read(arena, block, at, other, out):
    """Write the history at time `at` (seconds) into `out`, in the order of ``READ``."""
    hour = at // 3600
    day = hour // 24
    shape = arena[block + SHAPE]
    n_hours, n_days, n_others = shape & 255, (shape >> 8) & 255, (shape >> 16) & 255
    first = block + HEADER
    for place in range(n_hours + n_days):
        bucket = first + BUCKET * place
        bucket_day = arena[bucket]
        if place < n_hours:
            bucket_day = arena[bucket] // 24
            if hour - HOURS_KEPT <= arena[bucket] <= hour:
                out[1] += arena[bucket + 1]
                out[5] += arena[bucket + 2]
                out[9] += arena[bucket + 3]
        age = day - bucket_day
        if age < 0 or age > 90:
            continue
        window = 2 if age <= 7 else (3 if age <= 30 else 4)
        out[window] += arena[bucket + 1]
        out[window + 4] += arena[bucket + 2]
        out[window + 8] += arena[bucket + 3]
        out[13] += arena[bucket + 4] >> 32
        out[14] += arena[bucket + 4] & 0xFFFFFFFF
    for window in (3, 7, 11):
        out[window] += out[window - 1]
        out[window + 1] += out[window]
    for word in range(7):
        out[15 + word] = arena[block + N + word]
    out[22] = arena[block + FIRST_AT]
    out[23] = arena[block + LAST_AT]
    out[24] = n_others
    first += BUCKET * (n_hours + n_days)
    for place in range(n_others):
        if arena[first + OTHER * place + 1] >= (day - 30) * 24:
            out[25] += 1
        if arena[first + OTHER * place] == other:
            out[26] = 1


@njit(
    "Tuple((i8[::1], i8[::1], i8[::1]))"
    "(b1[::1], i8[::1], i8[::1], i8[::1], b1[::1], i8[::1], b1[::1], i8[::1], i8[::1], i8[::1],"
    " i8[::1], i8[::1], i8[::1], i8[::1], i8[:, ::1])",
    cache=True,
)
def advance(
    is_parcel, seq, at, key, has_key, other, has_other, value, weight, label, table_key, table_at, arena, meta, out
):
    """Read and update one kind of entity for every event in turn; return the table and the arena as they are now.

    `out` has one row per event, zeroed by the caller; rows of outcomes and of events without a key stay zero.
    """
    at_place = np.zeros(1, dtype=np.int64)
    for event in range(seq.size):
        if not has_key[event]:
            continue
        if 5 * (meta[ENTITIES_USED] + 1) > 3 * table_key.size:
            table_key, table_at = _grown_table(table_key, table_at)
        place = _slot(table_key, table_at, key[event])
        block = table_at[place]
        row = out[event]
        if is_parcel[event]:
            row[0] = 1
            row[22] = -1
            row[23] = -1
            if block >= 0:
                _read(arena, block, at[event], other[event] if has_other[event] else np.int64(0), row)
                if not has_other[event]:
                    row[26] = 0
        if block < 0:
            block, arena = _allocate(arena, meta, 0)
            arena[block : block + HEADER] = 0
            arena[block + SIZE_CLASS] = LAYOUT << 32
            arena[block + FIRST_AT] = -1
            arena[block + LAST_AT] = -1
            table_key[place] = key[event]
            meta[ENTITIES_USED] += 1
        at_place[0] = block
        hour = at[event] // 3600
        bits = label[event]
        labels = ((bits & 1) << 32) | ((bits >> 1) & 1)
        n = 1 if is_parcel[event] else 0
        block, arena = _count(block, hour, n, value[event], weight[event], labels, arena, meta, at_place)
        if is_parcel[event]:
            if has_other[event]:
                block, arena = _meet(block, other[event], hour, arena, meta, at_place)
            if arena[block + FIRST_AT] < 0 or at[event] < arena[block + FIRST_AT]:
                arena[block + FIRST_AT] = at[event]
            arena[block + LAST_AT] = max(arena[block + LAST_AT], at[event])
        arena[block + N] += n
        arena[block + VALUE] += value[event]
        arena[block + WEIGHT] += weight[event]
        arena[block + INSPECTED] += bits & 1
        arena[block + FOUND] += (bits >> 1) & 1
        if bits & 4:
            arena[block + RANDOM] += 1
            arena[block + RANDOM_FOUND] += (bits >> 1) & 1
        arena[block + LAST_SEQ] = seq[event]
        table_at[place] = at_place[0]
    return table_key, table_at, arena
