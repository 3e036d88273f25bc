"""The service: scores parcels, keeps the log, answers operators and shows officers what to look at."""
