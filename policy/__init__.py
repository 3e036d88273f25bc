"""Which parcels a line looks at, why, and with what probability: pure functions used everywhere."""

from policy.amendments import Amendments, load_amendments, shipped_amendments
from policy.asking import Ask, Decision, Decisions, unreadable
from policy.capacity import DECISION_VERSION, DOUBT_FLAGS, LinePolicy
from policy.chance import draw_text, draws
from policy.decide import DOUBT_RULE, Inputs, Scores, decide
from policy.gate import Gate, load_gate, shipped_gate
from policy.seeds import Seeds
from policy.vocabulary import Cause, Condition, Limit, Referral, stronger

__all__ = [
    "DECISION_VERSION",
    "DOUBT_FLAGS",
    "DOUBT_RULE",
    "Amendments",
    "Ask",
    "Cause",
    "Condition",
    "Decision",
    "Decisions",
    "Gate",
    "Inputs",
    "Limit",
    "LinePolicy",
    "Referral",
    "Scores",
    "Seeds",
    "decide",
    "draw_text",
    "draws",
    "load_amendments",
    "load_gate",
    "shipped_amendments",
    "shipped_gate",
    "stronger",
    "unreadable",
]
