"""Who sends to whom, as far as that can be said without naming anybody."""

from __future__ import annotations

import polars as pl

from features.declared.declare import Kind, feature

_IS_SALE = pl.col("category") == "sale"


@feature(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="declared as a sale, yet sent by a private person to a private person",
    says_not="no sale between private persons",
    says_missing="category or names not given",
)
def sale_between_private_persons() -> pl.Expr:
    """Whether a sale is declared and neither name looks like a firm's.

    Missing when category or a name is missing, unless what is given already says no.
    """
    return _IS_SALE & ~pl.col("sender_is_organisation") & ~pl.col("recipient_is_organisation")


@feature(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="declared as a sale without an order number",
    says_not="no sale without an order number",
    says_missing="category not given",
)
def sale_without_order_reference() -> pl.Expr:
    """Whether a sale is declared and no order number is given.

    Missing when the category is missing, unless there is an order number.
    """
    return _IS_SALE & ~pl.col("has_order_reference")


@feature(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="the sender can be reached by phone or e-mail",
    says_not="no phone or e-mail of the sender",
)
def sender_has_contact() -> pl.Expr:
    """Whether the sender's phone or e-mail is declared."""
    return pl.col("sender_has_contact")


@feature(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="the recipient can be reached by phone or e-mail",
    says_not="no phone or e-mail of the recipient",
)
def recipient_has_contact() -> pl.Expr:
    """Whether the recipient's phone or e-mail is declared."""
    return pl.col("recipient_has_contact")


@feature(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="delivered to a locker, a PO box or care of somebody else",
    says_not="delivered to an ordinary address",
)
def delivery_is_indirect() -> pl.Expr:
    """Whether the delivery address is a locker, a PO box or care of somebody else."""
    return pl.any_horizontal("recipient_is_locker", "recipient_is_po_box", "recipient_is_care_of")
