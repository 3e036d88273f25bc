"""The use cases of the office: what happens to a parcel, without HTTP and without SQL."""
