"""The golden log and what is computed from it; changed only by `make golden` and read in review."""
