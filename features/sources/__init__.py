"""Doors for files: each turns one format into parcels, outcomes and the reasons why a row cannot be used."""

from features.sources.csv import read_csv_table
from features.sources.mapping import Mapping
from features.sources.reading import Reading, read_file

__all__ = ["Mapping", "Reading", "read_csv_table", "read_file"]
