"""Answers in somebody else's format; nothing is decided here."""
