"""Single faults that the tests must notice: `make mutants` puts them into a copy of the checkout, one at a time."""
