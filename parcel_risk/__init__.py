"""The front door: the `parcel-risk` command, which only wires the other packages."""
