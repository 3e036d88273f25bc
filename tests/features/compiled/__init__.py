"""Tests of features.compiled."""
