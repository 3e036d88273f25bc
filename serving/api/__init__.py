"""The HTTP API: JSON, one module per resource. Endpoints parse, authorise, make one call and answer."""

from serving.api import (
    amendments,
    audit,
    capacity,
    clocks,
    custody,
    evidence,
    funnel,
    health,
    hunts,
    in_force,
    jobs,
    lists,
    manifest_files,
    observed,
    outcomes,
    parcels,
    quality,
    quarantine,
    replies,
    rules,
    scans,
    shadow,
    stages,
    trials,
    typologies,
    whatif,
)

# Files come first: they share a path with JSON manifests and leave those to the next route.
_RESOURCES = (
    *(manifest_files, parcels, outcomes, stages, scans, observed, trials, funnel, clocks, custody, evidence),
    *(lists, rules, typologies, hunts, capacity, in_force, whatif, shadow, jobs, quarantine, replies, quality),
    *(amendments, audit, health),
)
API = tuple(one.router for one in _RESOURCES)
