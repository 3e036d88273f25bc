"""Tests of features.facts."""
