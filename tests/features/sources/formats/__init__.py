"""Tests of features.sources.formats."""
