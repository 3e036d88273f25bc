"""Tests of features.declared."""
