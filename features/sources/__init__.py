"""Doors: each turns one format into parcels (or what happens to them), and the reasons why a row cannot be used."""

from features.sources.adapter import Adapter, Batch, Content
from features.sources.mapping import Mapping
from features.sources.reading import Reading, read_file

__all__ = ["Adapter", "Batch", "Content", "Mapping", "Reading", "read_file"]
