"""Command `deployer-pack`: the papers that an office fills in and hands out."""

from __future__ import annotations

from parcel_risk.console import out
from parcel_risk.technical_file import BundleOpt, OutOpt, known
from serving.settings import Settings


def deployer_pack(to: OutOpt, bundle: BundleOpt = "") -> None:
    """Write the office's own papers: two impact assessments to be filled, instructions for use, and a letter."""
    from policy import LinePolicy
    from serving.installation import opened_store
    from serving.store.clients import keys_of
    from training.report.deployer import Deployed, papers
    from training.report.papers import write

    settings = Settings()
    with opened_store(settings) as store, store.begin_read() as connection:
        operators = {one.client.operator for one in keys_of(connection)}
    office = Deployed(
        authority=settings.authority,
        capacity_share=settings.capacity_share,
        random_share=LinePolicy().random_share,
        operators=tuple(sorted(name for name in operators if name)),
        known=known(settings, bundle, None),
    )
    for name, title, parts in papers(office):
        for path in write(to, name, title, parts):
            out.print(str(path), markup=False, soft_wrap=True)
