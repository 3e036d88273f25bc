"""What would have happened: other rules, lists, another model or capacity over a period of the past, as known then.

Nothing here decides on a parcel that is on its way. `select` fills the capacity of each window of the line as a shift
would, `compare` says what that finds, what it misses, and which rule finds what nothing else would have.
"""

from policy.whatif.comparing import Compared, SourceFigures, compare
from policy.whatif.judging import Findings, findings
from policy.whatif.period import Grouped, Period
from policy.whatif.selecting import Candidate, Selected, Selector, Source
from policy.whatif.windows import Windows, windows_of_days, windows_of_shifts

__all__ = [
    "Candidate",
    "Compared",
    "Findings",
    "Grouped",
    "Period",
    "Selected",
    "Selector",
    "Source",
    "SourceFigures",
    "Windows",
    "compare",
    "findings",
    "windows_of_days",
    "windows_of_shifts",
]
