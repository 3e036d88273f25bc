"""What a parcel is and what can be known of it: record, format adapters, identity, history, declared features, bundle.

This package imports none of the project's other packages; everything else builds on it.
"""
