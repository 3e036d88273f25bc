"""`python -m parcel_risk` is `parcel-risk`."""

from parcel_risk.cli import main

main()
