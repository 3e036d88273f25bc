"""One module per step of the schema; each builds on the one before."""
