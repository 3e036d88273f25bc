"""Tests of parcel-risk; they mirror the source tree."""
