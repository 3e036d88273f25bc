"""Readers and writers of XML, EDIFACT, JSON and CSV: streams of records in bounded memory, no knowledge of fields."""
