"""Who sends to whom, as far as that can be said without naming anybody."""

from __future__ import annotations

import polars as pl

from features.declared.declare import Kind, feature, yes_no

SOURCE = "facts derived at intake from names, addresses and contacts"
"""Where these features come from, for the docs."""

_IS_SALE = pl.col("category") == "sale"


@feature(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="the parcel is declared as a sale, yet sent by a private person to a private person",
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
    says="the parcel is declared as a sale without an order number",
    says_not="no sale without an order number",
    says_missing="category not given",
)
def sale_without_order_reference() -> pl.Expr:
    """Whether a sale is declared and no order number is given.

    Missing when the category is missing, unless there is an order number.
    """
    return _IS_SALE & ~pl.col("has_order_reference")


@yes_no("the sender can be reached by phone or e-mail", "no phone or e-mail of the sender")
def sender_has_contact() -> pl.Expr:
    """Whether the sender's phone or e-mail is declared."""
    return pl.col("sender_has_contact")


@yes_no(
    "the sender's name is that of a firm", "the sender's name is not that of a firm", "name of the sender not given"
)
def sender_is_organisation() -> pl.Expr:
    """Whether the sender's name holds a legal form or a word of trade. Missing without a name."""
    return pl.col("sender_is_organisation")


@yes_no("the sender gives a tax number", "no tax number of the sender")
def sender_has_tax_number() -> pl.Expr:
    """Whether the sender's tax number is declared."""
    return pl.col("sender_has_tax_number")


@yes_no("the sender's name holds digits", "the sender's name holds no digits")
def sender_name_has_digits() -> pl.Expr:
    """Whether the sender's name contains a digit."""
    return pl.col("sender_name_has_digits")


@yes_no(
    "the sender's phone belongs to another country",
    "the sender's phone belongs to the country given",
    "phone or country of the sender not given",
)
def sender_phone_is_foreign() -> pl.Expr:
    """Whether the calling code of the sender's phone is not that of its country. Missing when either is missing."""
    return pl.col("sender_phone_is_foreign")


@feature(unit="words", says="name of the sender of {value:.0f} words")
def sender_n_name_words() -> pl.Expr:
    """Number of words in the sender's name; 0 when not given."""
    return pl.col("sender_n_name_words")


@feature(unit="parts", says="{value:.0f} of 5 parts of the sender's address given")
def sender_n_address_parts() -> pl.Expr:
    """How many of street, number, postcode, city and country of the sender are given."""
    return pl.col("sender_n_address_parts")


@yes_no("the recipient can be reached by phone or e-mail", "no phone or e-mail of the recipient")
def recipient_has_contact() -> pl.Expr:
    """Whether the recipient's phone or e-mail is declared."""
    return pl.col("recipient_has_contact")


@yes_no(
    "the recipient's name is that of a firm",
    "the recipient's name is not that of a firm",
    "name of the recipient not given",
)
def recipient_is_organisation() -> pl.Expr:
    """Whether the recipient's name holds a legal form or a word of trade. Missing without a name."""
    return pl.col("recipient_is_organisation")


@yes_no("the recipient gives a tax number", "no tax number of the recipient")
def recipient_has_tax_number() -> pl.Expr:
    """Whether the recipient's tax number is declared."""
    return pl.col("recipient_has_tax_number")


@yes_no("the recipient's name holds digits", "the recipient's name holds no digits")
def recipient_name_has_digits() -> pl.Expr:
    """Whether the recipient's name contains a digit."""
    return pl.col("recipient_name_has_digits")


@yes_no(
    "the recipient's phone belongs to another country",
    "the recipient's phone belongs to the country given",
    "phone or country of the recipient not given",
)
def recipient_phone_is_foreign() -> pl.Expr:
    """Whether the calling code of the recipient's phone is not that of its country. Missing when either is missing."""
    return pl.col("recipient_phone_is_foreign")


@feature(unit="words", says="name of the recipient of {value:.0f} words")
def recipient_n_name_words() -> pl.Expr:
    """Number of words in the recipient's name; 0 when not given."""
    return pl.col("recipient_n_name_words")


@feature(unit="parts", says="{value:.0f} of 5 parts of the recipient's address given")
def recipient_n_address_parts() -> pl.Expr:
    """How many of street, number, postcode, city and country of the recipient are given."""
    return pl.col("recipient_n_address_parts")


@yes_no(
    "the sender writes from a free mailbox",
    "the sender writes from a domain of its own",
    "e-mail of the sender not given",
)
def sender_mail_is_free() -> pl.Expr:
    """Whether the sender's e-mail is at a provider where anybody may have a mailbox. Missing without one."""
    return pl.col("sender_mail_is_free")


@yes_no(
    "the sender's e-mail repeats the name",
    "the sender's e-mail does not repeat the name",
    "e-mail or name of the sender not given",
)
def sender_mail_names_sender() -> pl.Expr:
    """Whether the first long word of the sender's name occurs before the @. Missing without e-mail or such a word."""
    return pl.col("sender_mail_names_party")


@yes_no(
    "a firm that writes from a free mailbox", "no firm with a free mailbox", "name or e-mail of the sender not given"
)
def firm_with_free_mail() -> pl.Expr:
    """Whether the sender is a firm with e-mail at a free provider. Missing unless what is given says no."""
    return pl.col("sender_is_organisation") & pl.col("sender_mail_is_free")


@yes_no("a gift from a firm", "no gift from a firm", "category or name not given")
def gift_from_organisation() -> pl.Expr:
    """Whether a gift is declared and the sender is a firm. Missing when either is missing, unless the other says no."""
    return (pl.col("category") == "gift") & pl.col("sender_is_organisation")


@yes_no("names or addresses hold invisible marks", "no invisible marks in names or addresses")
def names_hide_marks() -> pl.Expr:
    """Whether zero-width or bidirectional marks occur in a name, street or city: a way to look like another text."""
    return pl.any_horizontal("sender_has_hidden_marks", "recipient_has_hidden_marks")


@yes_no("a word of a name or address mixes scripts", "no word mixes scripts")
def names_mix_scripts() -> pl.Expr:
    """Whether a word mixes Latin letters with Cyrillic or Greek ones: letters that look like others."""
    return pl.any_horizontal("sender_mixes_scripts", "recipient_mixes_scripts")


@yes_no("sender and recipient share a name", "sender and recipient share no name")
def parties_share_a_name() -> pl.Expr:
    """Whether a word of the sender's name, legal forms aside, occurs in the recipient's."""
    return pl.col("parties_share_a_name")


@yes_no(
    "sender and recipient give the same phone or e-mail",
    "sender and recipient give different contacts",
    "contacts not given on both sides",
)
def parties_share_contact() -> pl.Expr:
    """Whether both give the same phone or mailbox. Missing when there is nothing to compare."""
    return pl.col("parties_share_contact")


@yes_no("the parcel is delivered to a locker", "the parcel is not delivered to a locker")
def recipient_is_locker() -> pl.Expr:
    """Whether the delivery address is a locker or pick-up point."""
    return pl.col("recipient_is_locker")


@yes_no("the parcel is delivered to a PO box", "the parcel is not delivered to a PO box")
def recipient_is_po_box() -> pl.Expr:
    """Whether the delivery address is a PO box."""
    return pl.col("recipient_is_po_box")


@yes_no("the parcel is delivered care of somebody else", "the parcel is not delivered care of somebody else")
def recipient_is_care_of() -> pl.Expr:
    """Whether the delivery address is care of somebody else."""
    return pl.col("recipient_is_care_of")


@yes_no(
    "the parcel is delivered to a hotel or another place where people stay briefly",
    "the parcel is not delivered to a hotel",
)
def recipient_is_lodging() -> pl.Expr:
    """Whether the delivery address is a hotel, hostel, pension or serviced office."""
    return pl.col("recipient_is_lodging")


@yes_no(
    "the parcel is delivered to a locker, a PO box or care of somebody else",
    "the parcel is delivered to an ordinary address",
)
def delivery_is_indirect() -> pl.Expr:
    """Whether the delivery address is a locker, a PO box or care of somebody else."""
    return pl.any_horizontal("recipient_is_locker", "recipient_is_po_box", "recipient_is_care_of")


@yes_no("the sale was made on a named marketplace", "no marketplace named")
def marketplace_is_named() -> pl.Expr:
    """Whether a marketplace is named."""
    return pl.col("marketplace").is_not_null()
