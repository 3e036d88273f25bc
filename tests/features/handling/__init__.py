"""Tests of the handling of parcels."""
