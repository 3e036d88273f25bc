"""Format adapters: each turns one format into parcels (or their movements), and gives reasons for unusable rows."""

from features.sources.adapter import Adapter, Batch, Content
from features.sources.columns.mapping import Mapping
from features.sources.reading import Reading, read_file

__all__ = ["Adapter", "Batch", "Content", "Mapping", "Reading", "read_file"]
