"""Rules of the office: conditions in a small part of SQL, evaluated in three-valued logic over columns of parcels.

`read` makes a typed tree of a condition, `Program` runs the trees of a set over columns, `traces` says why a parcel was
hit or what it missed, `analysed` and `tallies` say what is wrong with a set. docs/decision-rules.md has the language.
"""

from policy.rules.analysis import Flaw, Found, Tally, analysed, tallies
from policy.rules.columns import Columns, of_cached, of_events, of_facts, of_log, of_table, words_of_table
from policy.rules.dead import Read, without
from policy.rules.lines import Lines, load_lines, no_such_line, on_lines
from policy.rules.operands import Lists
from policy.rules.printing import Engine, printed
from policy.rules.problems import RuleError, nearest
from policy.rules.program import Program, Truth
from policy.rules.reading import read
from policy.rules.rule import MOST_POINTS, REFERRALS, Checked, Rule, check
from policy.rules.tracing import OnParcel, Trace, Traced, Tracer, trace, traces
from policy.rules.tree import Predicate, columns_of, digest, lists_of, opposite, text
from policy.rules.vocabulary import Kind, Vocabulary, Word, vocabulary
from policy.rules.word_lists import word_lists

__all__ = [
    "MOST_POINTS",
    "REFERRALS",
    "Checked",
    "Columns",
    "Engine",
    "Flaw",
    "Found",
    "Kind",
    "Lines",
    "Lists",
    "OnParcel",
    "Predicate",
    "Program",
    "Read",
    "Rule",
    "RuleError",
    "Tally",
    "Trace",
    "Traced",
    "Tracer",
    "Truth",
    "Vocabulary",
    "Word",
    "analysed",
    "check",
    "columns_of",
    "digest",
    "lists_of",
    "load_lines",
    "nearest",
    "no_such_line",
    "of_cached",
    "of_events",
    "of_facts",
    "of_log",
    "of_table",
    "on_lines",
    "opposite",
    "printed",
    "read",
    "tallies",
    "text",
    "trace",
    "traces",
    "vocabulary",
    "without",
    "word_lists",
    "words_of_table",
]
