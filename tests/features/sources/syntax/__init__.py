"""Tests of features.sources.columns."""
