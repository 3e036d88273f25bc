"""The entry point: the `parcel-risk` command, which only wires the other packages."""
