"""The service next to model servers, on one machine in one run: `python -m benchmarks.service [--quick]`."""
