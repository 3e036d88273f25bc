"""Pages of supervisors: what the office can inspect, what it looks for, what that finds, and how its people work."""

from serving.pages.desk import agreement, arms, capacity, lists, overview, pictures, rules, shift, typologies, waivers

DESK = tuple(
    one.router for one in (overview, capacity, lists, rules, typologies, arms, shift, agreement, pictures, waivers)
)

__all__ = ["DESK"]
