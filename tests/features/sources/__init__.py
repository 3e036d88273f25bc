"""Tests of features.sources."""
