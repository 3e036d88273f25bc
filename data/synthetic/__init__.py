"""A synthetic postal system with contraband in it, hard enough for learning to pay.

Nothing here describes a real person, firm or parcel, and what is measured on a world is a synthetic result.
"""

from data.synthetic.scenario import ScenarioError, load_scenario, scenarios
from data.synthetic.settings import Scenario
from data.synthetic.world import World, generate

__all__ = ["Scenario", "ScenarioError", "World", "generate", "load_scenario", "scenarios"]
