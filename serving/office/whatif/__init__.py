"""What would have happened: a period of the stored log, replayed as known then, under other rules, lists or model."""

from serving.office.whatif.asking import Asked, Question, what_if
from serving.office.whatif.changes import Changes, names_for, question_of, rules_with

__all__ = ["Asked", "Changes", "Question", "names_for", "question_of", "rules_with", "what_if"]
