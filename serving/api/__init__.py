"""The HTTP API: JSON, one module per resource. Endpoints parse, authorise, make one call and answer."""

from serving.api import (
    audit,
    capacity,
    custody,
    funnel,
    health,
    hunts,
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
    stages,
    trials,
    typologies,
)

# Files come first: they share a path with JSON manifests and leave those to the next route.
_RESOURCES = (
    *(manifest_files, parcels, outcomes, stages, scans, observed, trials, funnel, custody, lists, rules, typologies),
    *(hunts, capacity, jobs, quarantine, replies, quality, audit, health),
)
API = tuple(one.router for one in _RESOURCES)
