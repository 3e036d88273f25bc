"""The one implementation of history: a numba kernel over sparse blobs of int64 words.

Everything compiled lives in this file, because numba's cache does not see changes in other files. A blob is::

    header[HEADER]  hour buckets  day buckets  counterparties  parties

Hour buckets keep the newest hour of the entity and the 24 before it; older ones roll into day buckets, which keep the
newest day and the 90 before it. A counterparty is (40 bits of its key, hour last seen), at most 64, the longest unseen
evicted first. *Parties* are those that share the key itself, as names under one phone, at most 17 and kept alike: an
entity of more than HUB_ABOVE in 90 days is a *hub*. All sums are integers, so chunking and partitioning cannot change a
bit. `advance` reads an entity before it updates it: an event never sees itself or what follows.

Words of the header and of a bucket are packed (high bits first)::

    KEY        64 key
    ORDER      40 last sequence number | 8 counterparties | 8 day buckets | 8 hour buckets
    TIMES      32 first seen | 32 last seen, seconds since EPOCH_S, 0 for never
    COUNT      40 parcels | 8 parties | 8 layout | 8 size class
    VALUE, WEIGHT
    LABELS     32 inspected | 32 found
    RANDOM     32 inspected at random | 32 found at random

    bucket     20 hour or day | 22 parcels | 22 inspected ;  64 value ;  44 weight | 20 found

so a bucket holds up to four million parcels, four million inspections and a million findings of one entity.

Times, hours and days count from EPOCH_S, one day before the first year that a record may have, so that no time is 0.
Twenty bits of hours last until 2109 (LATEST_S), 32 bits of seconds longer; the caller refuses other times. The top bit
of a word may be set: hours, days and times are masked after every shift.
"""

from __future__ import annotations

import numpy as np

from features.history.entities import ENTITIES
from features.processor import njit

LAYOUT = 4

EPOCH_S = 631_065_600  # 1989-12-31 00:00 UTC, seconds since 1970; a whole day, so that hours and days begin as before

KEY, ORDER, TIMES, COUNT, VALUE, WEIGHT, LABELS, RANDOM = range(8)
HEADER = 8
BUCKET = 3
MAX_OTHERS = 64
HUB_ABOVE = 16
MAX_PARTIES = HUB_ABOVE + 1
HOURS_KEPT = 24
DAYS_KEPT = 90
_HOUR_AT, _N_AT, _WEIGHT_AT = 44, 22, 20
_M8, _M20, _M22, _M32 = 0xFF, 0xFFFFF, 0x3FFFFF, 0xFFFFFFFF
LATEST_S = EPOCH_S + 3600 * (_M20 + 1) - 1  # 2109-08-14 15:59:59 UTC
_OTHER_BITS = ~np.int64(0xFFFFFF)
_OTHERS_AT, _PARTIES_AT = 16, 16  # in ORDER and in COUNT

# Words of a block by size class; a full blob has 8 + 25 * 3 + 91 * 3 + 64 + 17 = 437 words (3,496 bytes).
BLOCK_WORDS = np.array([12, 16, 20, 28, 40, 56, 80, 112, 160, 224, 320, 440], dtype=np.int64)
N_CLASSES = 12

# Words of `meta`: entities, words used in the arena, then the head of the free list of each size class.
ENTITIES_USED, WORDS_USED, FREE = 0, 1, 2
META = FREE + N_CLASSES

# Days of the windows, ascending; the first counts hours. Every measure is read over every window.
WINDOWS = (1, 3, 7, 14, 28, 90)
MEASURES = ("n", "value", "weight", "inspected", "found")
OTHERS_DAYS = 28

# Columns of what is read, in order. Times are seconds since 1970; -1 where nothing was seen. `present` is PERSON or
# HUB, 0 without the entity; `days_since_...` are whole days, -1 without one in 90; `parties` are those of 90 days.
READ = (
    "present",
    *(f"{measure}_{days}d" for measure in MEASURES for days in WINDOWS),
    "n",
    "value",
    "weight",
    "inspected",
    "found",
    "random",
    "random_found",
    "first_at",
    "last_at",
    "days_since_inspected",
    "days_since_found",
    "others",
    f"others_{OTHERS_DAYS}d",
    "other_seen",
    "parties",
)
N_READ = len(READ)
N_WINDOWS = len(WINDOWS)
_N, _VALUE, _WEIGHT, _INSPECTED, _FOUND = (READ.index(f"{measure}_{WINDOWS[0]}d") for measure in MEASURES)
_WHOLE, _FIRST_AT, _LAST_AT = READ.index("n"), READ.index("first_at"), READ.index("last_at")
_SINCE_INSPECTED, _SINCE_FOUND = READ.index("days_since_inspected"), READ.index("days_since_found")
_OTHERS, _OTHER_SEEN, _PARTIES = READ.index("others"), READ.index("other_seen"), READ.index("parties")
PERSON, HUB = 1, 2

# Rows of the words that a segment of log gives, one column for each event; measures, keys, and whether each key is
# known (1 or 0), follow. Which of these each kind of entity takes is said in the order of ``OF_KIND``.
#
# COUNT is 1 for a parcel, -1 where a parcel is retracted, READS for one that reads and is not counted, PASSES for what
# does neither, else 0; LABEL is 1 for an outcome, -1 where one is retracted,
# else 0, and BITS says what it was. An event counts in the bucket of COUNTED_AT (seconds) and reads AT. NOBODY is 0.
SEQ, AT, COUNTED_AT, COUNTED, LABEL, BITS, NOBODY = range(7)
OF_KIND = ("key", "has_key", "other", "has_other", "party", "has_party", "value", "weight")
INSPECTED_BIT, FOUND_BIT, RANDOM_BIT = 1, 2, 4
READS, PASSES = 2, 3

# The arrays of all kinds of entities are handed over in one call: numba takes longer to unpack arguments than to count.
# Numba's cache knows functions by their signature, so that another number of entities is compiled anew.
MOST_KINDS = len(ENTITIES)
_EACH = f"UniTuple(i8[::1], {MOST_KINDS})"


@njit("i8(i8[:, ::1], i8)", cache=True)
def first_wrong(words, after):
    """Column of the first event out of order, behind `after`, or at a time that cannot be held; -1 without one."""
    for event in range(words.shape[1]):
        if words[SEQ, event] <= after:
            return event
        after = words[SEQ, event]
        for row in (AT, COUNTED_AT):
            if words[row, event] <= EPOCH_S or words[row, event] > LATEST_S:
                return event
    return -1


@njit
def _slot(table, arena, key):
    """Slot of `key` in the open-addressing table of blocks, or the empty slot where it belongs."""
    mask = table.size - 1
    slot = (key ^ (key >> 29)) & mask
    while table[slot] >= 0 and arena[table[slot] + KEY] != key:
        slot = (slot + 1) & mask
    return slot


@njit
def _enter_again(table, arena, bigger):
    """Enter what `table` holds into a bigger one."""
    for slot in range(bigger.size):
        bigger[slot] = -1
    for slot in range(table.size):
        if table[slot] >= 0:
            bigger[_slot(bigger, arena, arena[table[slot] + KEY])] = table[slot]


@njit
def _grown_table(table, arena):
    """Return a table of twice the size with the same entries."""
    bigger = np.empty(table.size * 2, dtype=np.int64)
    _enter_again(table, arena, bigger)
    return bigger


@njit
def _write(source, at, target, to, n):
    """Copy `n` words. An assignment of slices takes numba seconds to compile, and does the same."""
    for word in range(n):
        target[to + word] = source[at + word]


@njit
def _allocate(arena, meta, size_class):
    """Take a block of `size_class` from its free list or from the end of the arena."""
    head = meta[FREE + size_class]
    if head >= 0:
        meta[FREE + size_class] = arena[head]
        return head, arena
    start = meta[WORDS_USED]
    end = start + BLOCK_WORDS[size_class]
    if end > arena.size:
        bigger = np.zeros(max(arena.size + arena.size // 2, end), dtype=np.int64)
        _write(arena, 0, bigger, 0, start)
        arena = bigger
    meta[WORDS_USED] = end
    return start, arena


@njit
def _shape(arena, block):
    """Numbers of hour buckets, day buckets and counterparties."""
    word = arena[block + ORDER]
    return word & _M8, (word >> 8) & _M8, (word >> 16) & _M8


@njit
def _n_parties(arena, block):
    return (arena[block + COUNT] >> _PARTIES_AT) & _M8


@njit("i8(i8[::1], i8)", cache=True)
def _used(arena, block):
    """Words of a block that mean something."""
    n_hours, n_days, n_others = _shape(arena, block)
    return HEADER + BUCKET * (n_hours + n_days) + n_others + _n_parties(arena, block)


@njit
def _when(head):
    """Hour or day of a bucket, from its first word."""
    return (head >> _HOUR_AT) & _M20


@njit
def _reserve(block, extra, arena, meta, at_block):
    """Make sure that `block` has `extra` free words; return where it is now."""
    used = _used(arena, block)
    size_class = arena[block + COUNT] & _M8
    if used + extra <= BLOCK_WORDS[size_class]:
        return block, arena
    new_class = size_class + 1
    while BLOCK_WORDS[new_class] < used + extra:
        new_class += 1
    new, arena = _allocate(arena, meta, new_class)
    _write(arena, block, arena, new, used)
    arena[new + COUNT] += new_class - size_class
    arena[block] = meta[FREE + size_class]
    meta[FREE + size_class] = block
    at_block[0] = new
    return new, arena


@njit
def _shift(arena, start, end, by):
    """Move words [start, end) by `by` words, whichever direction."""
    if by > 0:
        for word in range(end - 1, start - 1, -1):
            arena[word + by] = arena[word]
    else:
        for word in range(start, end):
            arena[word + by] = arena[word]


@njit
def _bucket(arena, block, is_day, when):
    """Word of the bucket of hour or day `when`, inserted in order; the caller has reserved space for one more."""
    n_hours, n_days, _ = _shape(arena, block)
    first = block + HEADER + (BUCKET * n_hours if is_day else 0)
    index = n_days if is_day else n_hours
    while index > 0 and _when(arena[first + BUCKET * (index - 1)]) > when:
        index -= 1
    at = first + BUCKET * (index - 1)
    if index == 0 or _when(arena[at]) != when:
        at = first + BUCKET * index
        _shift(arena, at, block + _used(arena, block), BUCKET)
        arena[at] = when << _HOUR_AT
        arena[at + 1] = 0
        arena[at + 2] = 0
        arena[block + ORDER] += (1 << 8) if is_day else 1
    return at


@njit
def _drop_first_bucket(arena, block, is_day):
    n_hours = arena[block + ORDER] & _M8
    first = block + HEADER + (BUCKET * n_hours if is_day else 0)
    _shift(arena, first + BUCKET, block + _used(arena, block), -BUCKET)
    arena[block + ORDER] -= (1 << 8) if is_day else 1


@njit
def _forget_days(arena, block, newest_day):
    while True:
        n_hours, n_days, _ = _shape(arena, block)
        if n_days == 0 or _when(arena[block + HEADER + BUCKET * n_hours]) >= newest_day - DAYS_KEPT:
            return
        _drop_first_bucket(arena, block, 1)


@njit
def _roll_first_hour(arena, block, newest_day):
    """Move the oldest hour bucket into its day, or drop it when the day is forgotten; space is reserved for it."""
    first = block + HEADER
    head, value, rest = arena[first], arena[first + 1], arena[first + 2]
    day = _when(head) // 24
    _drop_first_bucket(arena, block, 0)
    if day >= newest_day - DAYS_KEPT:
        at = _bucket(arena, block, 1, day)
        arena[at] += head & ((1 << _HOUR_AT) - 1)
        arena[at + 1] += value
        arena[at + 2] += rest


@njit
def _count(block, hour, n, value, weight, inspected, found, arena, meta, at_block):
    """Count an event in its bucket, roll old hours into days and forget days that are too old."""
    n_hours, n_days, _ = _shape(arena, block)
    newest_hour = hour
    newest_day = hour // 24
    if n_hours > 0:
        newest_hour = max(newest_hour, _when(arena[block + HEADER + BUCKET * (n_hours - 1)]))
        newest_day = max(newest_day, newest_hour // 24)
    if n_days > 0:
        newest_day = max(newest_day, _when(arena[block + HEADER + BUCKET * (n_hours + n_days - 1)]))
    # Space for the new bucket and for a day bucket that a rolled hour may open.
    block, arena = _reserve(block, 2 * BUCKET, arena, meta, at_block)
    at = np.int64(-1)
    if hour >= newest_hour - HOURS_KEPT:
        at = _bucket(arena, block, 0, hour)
    elif hour // 24 >= newest_day - DAYS_KEPT:
        at = _bucket(arena, block, 1, hour // 24)
    if at >= 0:
        arena[at] += (n << _N_AT) + inspected
        arena[at + 1] += value
        arena[at + 2] += (weight << _WEIGHT_AT) + found
    while arena[block + ORDER] & _M8 > 0 and _when(arena[block + HEADER]) < newest_hour - HOURS_KEPT:
        _roll_first_hour(arena, block, newest_day)
        _forget_days(arena, block, newest_day)
    _forget_days(arena, block, newest_day)
    return block, arena


@njit
def _seen(arena, first, n, most, key, hour):
    """Note `key` among the `n` words from `first` that say who was seen when; return 1 if it needs a word more."""
    wanted = key & _OTHER_BITS
    oldest = 0
    for index in range(n):
        word = arena[first + index]
        if word & _OTHER_BITS == wanted:
            arena[first + index] = wanted | max(word & ~_OTHER_BITS, hour)
            return 0
        if word & ~_OTHER_BITS < arena[first + oldest] & ~_OTHER_BITS:
            oldest = index
    if n < most:
        return 1
    arena[first + oldest] = wanted | hour
    return 0


@njit
def _meet(block, is_party, key, hour, arena, meta, at_block):
    """Note that counterparty `key`, or one of the parties that share this key, was seen in `hour`."""
    n_hours, n_days, n_others = _shape(arena, block)
    n, most = (_n_parties(arena, block), MAX_PARTIES) if is_party else (n_others, MAX_OTHERS)
    first = HEADER + BUCKET * (n_hours + n_days) + (n_others if is_party else 0)
    if _seen(arena, block + first, n, most, key, hour):
        block, arena = _reserve(block, 1, arena, meta, at_block)
        _shift(arena, block + first + n, block + _used(arena, block), 1)
        arena[block + first + n] = (key & _OTHER_BITS) | hour
        if is_party:
            arena[block + COUNT] += 1 << _PARTIES_AT
        else:
            arena[block + ORDER] += 1 << _OTHERS_AT
    return block, arena


@njit
def _since(arena, block, hour):
    """Number of parties that were seen in `hour` or later."""
    end = block + _used(arena, block)
    n = 0
    for index in range(end - _n_parties(arena, block), end):
        n += arena[index] & ~_OTHER_BITS >= hour
    return n


@njit
def _add(arena, bucket, out, window):
    """Add what a bucket counts to a window."""
    head, rest = arena[bucket], arena[bucket + 2]
    out[_N + window] += (head >> _N_AT) & _M22
    out[_VALUE + window] += arena[bucket + 1]
    out[_WEIGHT + window] += rest >> _WEIGHT_AT
    out[_INSPECTED + window] += head & _M22
    out[_FOUND + window] += rest & _M20


@njit
def _read_windows(arena, block, n_buckets, hour, out):
    """Sum up the buckets of each window before `hour`, and find the latest with an inspection and with a finding."""
    day = hour // 24
    n_hours = arena[block + ORDER] & _M8
    for index in range(n_buckets):
        bucket = block + HEADER + BUCKET * index
        bucket_day = _when(arena[bucket])
        if index < n_hours:
            if hour - HOURS_KEPT <= bucket_day <= hour:
                _add(arena, bucket, out, 0)
            bucket_day = bucket_day // 24
        age = day - bucket_day
        if age < 0 or age > DAYS_KEPT:
            continue
        window = 1
        while age > WINDOWS[window]:
            window += 1
        _add(arena, bucket, out, window)
        if arena[bucket] & _M22 and (out[_SINCE_INSPECTED] < 0 or age < out[_SINCE_INSPECTED]):
            out[_SINCE_INSPECTED] = age
        if arena[bucket + 2] & _M20 and (out[_SINCE_FOUND] < 0 or age < out[_SINCE_FOUND]):
            out[_SINCE_FOUND] = age
    for measure in range(_N, _WHOLE, N_WINDOWS):
        for column in range(measure + 2, measure + N_WINDOWS):
            out[column] += out[column - 1]


@njit
def _read(arena, block, at, other, out):
    """Write the history at time `at` (seconds) into `out`, in the order of ``READ``."""
    hour = (at - EPOCH_S) // 3600
    day = hour // 24
    n_hours, n_days, n_others = _shape(arena, block)
    _read_windows(arena, block, n_hours + n_days, hour, out)
    out[_WHOLE] = arena[block + COUNT] >> 24
    out[_WHOLE + 1] = arena[block + VALUE]
    out[_WHOLE + 2] = arena[block + WEIGHT]
    out[_WHOLE + 3] = arena[block + LABELS] >> 32
    out[_WHOLE + 4] = arena[block + LABELS] & _M32
    out[_WHOLE + 5] = arena[block + RANDOM] >> 32
    out[_WHOLE + 6] = arena[block + RANDOM] & _M32
    if arena[block + TIMES] != 0:
        out[_FIRST_AT] = ((arena[block + TIMES] >> 32) & _M32) + EPOCH_S
        out[_LAST_AT] = (arena[block + TIMES] & _M32) + EPOCH_S
    out[_OTHERS] = n_others
    first = block + HEADER + BUCKET * (n_hours + n_days)
    since = (day - OTHERS_DAYS) * 24
    wanted = other & _OTHER_BITS
    for index in range(n_others):
        word = arena[first + index]
        if word & ~_OTHER_BITS >= since:
            out[_OTHERS + 1] += 1
        if word & _OTHER_BITS == wanted:
            out[_OTHER_SEEN] = 1
    out[_PARTIES] = _since(arena, block, (day - DAYS_KEPT) * 24)
    out[0] = HUB if out[_PARTIES] > HUB_ABOVE else PERSON


@njit
def _see(arena, block, at):
    """Note that a parcel was seen at `at` (seconds since EPOCH_S)."""
    times = arena[block + TIMES]
    first, last = (times >> 32) & _M32, times & _M32
    if times == 0 or at < first:
        first = at
    arena[block + TIMES] = (first << 32) | max(last, at)


@njit("Tuple((i8[::1], i8[::1]))(i8[:, ::1], i8[::1], i8[::1], i8[::1], i8[::1], i8[:, ::1])", cache=True)
def advance(words, of_kind, table, arena, meta, out):
    """Read and update one kind of entity for every event in turn; return the table and the arena as they are now.

    `words` are those of the events and `of_kind` the rows of them that count, see ``OF_KIND``. `out` has one row per
    event, zeroed by the caller; only rows of parcels with a key are written.
    """
    seq, at, counted_at = words[SEQ], words[AT], words[COUNTED_AT]
    count, label, bits = words[COUNTED], words[LABEL], words[BITS]
    key, has_key = words[of_kind[0]], words[of_kind[1]]
    other, has_other = words[of_kind[2]], words[of_kind[3]]
    party, has_party = words[of_kind[4]], words[of_kind[5]]
    value, weight = words[of_kind[6]], words[of_kind[7]]
    at_block = np.zeros(1, dtype=np.int64)
    for event in range(seq.size):
        if not has_key[event] or count[event] == PASSES:
            continue
        if 4 * (meta[ENTITIES_USED] + 1) > 3 * table.size:
            table = _grown_table(table, arena)
        slot = _slot(table, arena, key[event])
        block = table[slot]
        if count[event] > 0:
            row = out[event]
            row[0] = PERSON
            row[_FIRST_AT] = row[_LAST_AT] = row[_SINCE_INSPECTED] = row[_SINCE_FOUND] = -1
            if block >= 0:
                _read(arena, block, at[event], other[event], row)
                if not has_other[event]:
                    row[_OTHER_SEEN] = 0
        if count[event] == READS:
            continue
        if block < 0:
            block, arena = _allocate(arena, meta, 0)
            arena[block : block + HEADER] = 0
            arena[block + KEY] = key[event]
            arena[block + COUNT] = LAYOUT << 8
            meta[ENTITIES_USED] += 1
        at_block[0] = block
        hour = (counted_at[event] - EPOCH_S) // 3600
        inspected = label[event] * (bits[event] & 1)
        found = label[event] * ((bits[event] >> 1) & 1)
        block, arena = _count(
            block, hour, count[event], value[event], weight[event], inspected, found, arena, meta, at_block
        )
        if count[event] > 0:
            if has_other[event]:
                block, arena = _meet(block, 0, other[event], hour, arena, meta, at_block)
            if has_party[event]:
                block, arena = _meet(block, 1, party[event], hour, arena, meta, at_block)
            _see(arena, block, counted_at[event] - EPOCH_S)
        arena[block + COUNT] += count[event] << 24
        arena[block + VALUE] += value[event]
        arena[block + WEIGHT] += weight[event]
        arena[block + LABELS] += (inspected << 32) + found
        if bits[event] & 4:
            arena[block + RANDOM] += (inspected << 32) + found
        arena[block + ORDER] = (seq[event] << 24) | (arena[block + ORDER] & 0xFFFFFF)
        table[slot] = at_block[0]
    return table, arena


@njit
def _copy(source, block, target, at):
    """Copy the words of a block that mean something."""
    _write(source, block, target, at, _used(source, block))


@njit
def _fetch(key, has_key, base_table, base_arena, table, arena, meta):
    """Copy the blocks of every `key` that the base has and the stage has not; return the stage's arena."""
    for event in range(key.size):
        if not has_key[event]:
            continue
        slot = _slot(table, arena, key[event])
        if table[slot] >= 0:
            continue
        base = base_table[_slot(base_table, base_arena, key[event])]
        if base < 0:
            continue
        block, arena = _allocate(arena, meta, base_arena[base + COUNT] & _M8)
        _copy(base_arena, base, arena, block)
        table[slot] = block
        meta[ENTITIES_USED] += 1
    return arena


@njit
def _with_slots(tables, arena, metas, n):
    """Return tables with room for `n` more entities of each kind."""
    most, size = 0, tables.shape[1]
    for kind in range(tables.shape[0]):
        most = max(most, metas[kind, ENTITIES_USED] + n)
    if 4 * most <= 3 * size:
        return tables
    while 4 * most > 3 * size:
        size *= 2
    bigger = np.empty((tables.shape[0], size), dtype=np.int64)
    for kind in range(tables.shape[0]):
        _enter_again(tables[kind], arena, bigger[kind])
    return bigger


@njit(
    f"Tuple((i8[:, ::1], i8[::1]))(i8[:, ::1], i8[:, ::1], {_EACH}, {_EACH}, i8[:, ::1], i8[::1], i8[:, ::1],"
    " i8[:, :, ::1])",
    cache=True,
)
def advance_staged(words, of_kinds, base_tables, base_arenas, tables, arena, metas, out):
    """`advance` the stage of all kinds, which holds copies of the blocks it touches; the bases are only read.

    A stage has a table and a row of `metas` for each kind, and one arena for all of them. Return its tables and its
    arena as they are now.
    """
    tables = _with_slots(tables, arena, metas, words.shape[1])
    used = metas[tables.shape[0] - 1, WORDS_USED]
    for kind in range(tables.shape[0]):
        of_kind, table, meta = of_kinds[kind], tables[kind], metas[kind]
        meta[WORDS_USED] = used
        key, has_key = words[of_kind[0]], words[of_kind[1]]
        arena = _fetch(key, has_key, base_tables[kind], base_arenas[kind], table, arena, meta)
        _, arena = advance(words, of_kind, table, arena, meta, out[kind])
        used = meta[WORDS_USED]
    return tables, arena


@njit
def _fits(arena, block, base_arena, base):
    """Whether the base has a block of the same size class for this staged one."""
    return base >= 0 and base_arena[base + COUNT] & _M8 == arena[block + COUNT] & _M8


@njit
def _needed(table, arena, base_table, base_arena, base_meta):
    """Entities and words that the base of one kind will have at most, once the stage is published."""
    entities, words = base_meta[ENTITIES_USED], base_meta[WORDS_USED]
    for slot in range(table.size):
        block = table[slot]
        if block < 0:
            continue
        base = base_table[_slot(base_table, base_arena, arena[block + KEY])]
        entities += base < 0
        if not _fits(arena, block, base_arena, base):
            words += BLOCK_WORDS[arena[block + COUNT] & _M8]
    return entities, words


@njit("Tuple((i8[::1], i8[::1]))(i8[::1], i8[::1], i8[::1], i8[::1], i8[::1])", cache=True)
def with_capacity(table, arena, base_table, base_arena, base_meta):
    """Return table and arena of the base with space for all that is staged; what they say does not change."""
    entities, words = _needed(table, arena, base_table, base_arena, base_meta)
    while 4 * entities > 3 * base_table.size:
        base_table = _grown_table(base_table, base_arena)
    if words > base_arena.size:
        bigger = np.zeros(max(base_arena.size + base_arena.size // 2, words), dtype=np.int64)
        _write(base_arena, 0, bigger, 0, base_meta[WORDS_USED])
        base_arena = bigger
    return base_table, base_arena


@njit
def _publish(table, arena, base_table, base_arena, base_meta):
    """Write every staged block of one kind into a base that is `with_capacity`."""
    for slot in range(table.size):
        block = table[slot]
        if block < 0:
            continue
        slot = _slot(base_table, base_arena, arena[block + KEY])
        old = base_table[slot]
        if _fits(arena, block, base_arena, old):
            _copy(arena, block, base_arena, old)
            continue
        new, base_arena = _allocate(base_arena, base_meta, arena[block + COUNT] & _M8)
        _copy(arena, block, base_arena, new)
        base_table[slot] = new
        if old < 0:
            base_meta[ENTITIES_USED] += 1
        else:
            size_class = base_arena[old + COUNT] & _M8
            base_arena[old] = base_meta[FREE + size_class]
            base_meta[FREE + size_class] = old


@njit(f"i8(i8[:, ::1], i8[::1], {_EACH}, {_EACH}, {_EACH})", cache=True)
def publish(tables, arena, base_tables, base_arenas, base_metas):
    """Write every staged block into its base, and return -1; doing it again changes nothing.

    Where a base is not `with_capacity` nothing is written, and its kind is returned.
    """
    for kind in range(tables.shape[0]):
        base_table, base_arena, base_meta = base_tables[kind], base_arenas[kind], base_metas[kind]
        entities, words = _needed(tables[kind], arena, base_table, base_arena, base_meta)
        if 4 * entities > 3 * base_table.size or words > base_arena.size:
            return kind
    for kind in range(tables.shape[0]):
        _publish(tables[kind], arena, base_tables[kind], base_arenas[kind], base_metas[kind])
    return -1


@njit("i8[::1](i8[::1], i8[::1])", cache=True)
def content(arena, blocks):
    """Words of `blocks` that mean something, one block after the other, without their size classes."""
    size = 0
    for block in blocks:
        size += _used(arena, block)
    out = np.empty(size, dtype=np.int64)
    at = 0
    for block in blocks:
        _copy(arena, block, out, at)
        out[at + COUNT] &= ~_M8
        at += _used(arena, block)
    return out
