"""CUSITM-like EDIFACT: item data from a post to its customs."""

from features.sources.formats.cusitm.adapter import ADAPTERS

__all__ = ["ADAPTERS"]
