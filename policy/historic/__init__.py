"""Selection as offices did it before scores: weighted rules that share a day's budget, a watch-list, a random share.

Every parcel has two independent chances. The rules that it hits give it a weight for the first, see `budget`; apart
from that every parcel of the day may be drawn at random with one small probability.
"""

from policy.historic.budget import Drawn, budgeted, draw, propensity
from policy.historic.rules import HistoricRule, columns_read, historic_rules, rule_weights

__all__ = ["Drawn", "HistoricRule", "budgeted", "columns_read", "draw", "historic_rules", "propensity", "rule_weights"]
