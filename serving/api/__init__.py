"""The HTTP API: JSON, one module per resource. Endpoints parse, authorise, make one call and answer."""

from serving.api import (
    amendments,
    audit,
    capacity,
    casework,
    clocks,
    comparisons,
    custody,
    evidence,
    exchange,
    funnel,
    health,
    hunts,
    in_force,
    jobs,
    lists,
    manifest_files,
    models,
    oauth,
    observed,
    operator_reports,
    outcomes,
    parcels,
    quality,
    quarantine,
    replies,
    reports,
    rescored,
    rules,
    scans,
    seizures,
    shadow,
    stages,
    trials,
    typologies,
    webhooks,
    whatif,
)

# Files come first: they share a path with JSON manifests and leave those to the next route.
_RESOURCES = (
    *(manifest_files, parcels, outcomes, stages, scans, observed, trials, funnel, clocks, custody, evidence),
    *(seizures, exchange, comparisons, lists, rules, typologies, hunts, capacity, in_force, whatif, shadow, jobs),
    *(quarantine, replies, quality, operator_reports, casework, amendments, audit, oauth, models, webhooks),
    *(reports, rescored, health),
)
API = tuple(one.router for one in _RESOURCES)
