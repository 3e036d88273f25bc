"""Tests of features.parcel."""
