"""Pages of docs/ that are generated from the code; changed only by `make docs`."""
