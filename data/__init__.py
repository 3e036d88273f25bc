"""Data made by the project itself; nothing here describes a real person or a real parcel."""
