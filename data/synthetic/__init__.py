"""A small synthetic postal world, seeded: its parcels, people and findings are invented."""

from data.synthetic.world import World, generate

__all__ = ["World", "generate"]
