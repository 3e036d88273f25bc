"""Who sends to whom, as far as that can be said without naming anybody."""

from __future__ import annotations

from features.declared.declare import Kind, feature, yes_no
from features.declared.scalar import both, either, is_same, no
from features.facts.codes import code_in
from features.parcel.fields import CATEGORIES

SOURCE = "facts derived at intake from names, addresses and contacts"
"""Where these features come from, for the docs."""

GIFT, SALE = code_in(CATEGORIES, "gift"), code_in(CATEGORIES, "sale")


@feature(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="the parcel is declared as a sale, yet sent by a private person to a private person",
    says_not="the parcel is no sale between private persons",
    says_missing="category or names are not given",
)
def sale_between_private_persons(
    category: float, sender_is_organisation: float, recipient_is_organisation: float
) -> float:
    """Whether a sale is declared and neither name looks like a firm's.

    Missing when category or a name is missing, unless what is given already says no.
    """
    private = both(no(sender_is_organisation), no(recipient_is_organisation))
    return both(is_same(category, SALE), private)


@feature(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="the parcel is declared as a sale without an order number",
    says_not="the parcel is no sale without an order number",
    says_missing="the category is not given",
)
def sale_without_order_reference(category: float, has_order_reference: float) -> float:
    """Whether a sale is declared and no order number is given.

    Missing when the category is missing, unless there is an order number.
    """
    return both(is_same(category, SALE), no(has_order_reference))


@yes_no("the sender can be reached by phone or e-mail", "the sender gives no phone or e-mail")
def sender_has_contact(sender_has_contact: float) -> float:
    """Whether the sender's phone or e-mail is declared."""
    return sender_has_contact


@yes_no(
    "the sender's name is that of a firm",
    "the sender's name is not that of a firm",
    "the name of the sender is not given",
)
def sender_is_organisation(sender_is_organisation: float) -> float:
    """Whether the sender's name holds a legal form or a word of trade. Missing without a name."""
    return sender_is_organisation


@yes_no("the sender gives a tax number", "the sender gives no tax number")
def sender_has_tax_number(sender_has_tax_number: float) -> float:
    """Whether the sender's tax number is declared."""
    return sender_has_tax_number


@yes_no("the sender's name holds digits", "the sender's name holds no digits")
def sender_name_has_digits(sender_name_has_digits: float) -> float:
    """Whether the sender's name contains a digit."""
    return sender_name_has_digits


@yes_no(
    "the sender's phone belongs to another country",
    "the sender's phone belongs to the country given",
    "phone or country of the sender is not given",
)
def sender_phone_is_foreign(sender_phone_is_foreign: float) -> float:
    """Whether the calling code of the sender's phone is not that of its country. Missing when either is missing."""
    return sender_phone_is_foreign


@feature(unit="words", says="the name of the sender has {value:.0f} words")
def sender_n_name_words(sender_n_name_words: float) -> float:
    """Number of words in the sender's name; 0 when not given."""
    return sender_n_name_words


@feature(unit="parts", says="{value:.0f} of 5 parts of the sender's address are given")
def sender_n_address_parts(sender_n_address_parts: float) -> float:
    """How many of street, number, postcode, city and country of the sender are given."""
    return sender_n_address_parts


@yes_no("the recipient can be reached by phone or e-mail", "the recipient gives no phone or e-mail")
def recipient_has_contact(recipient_has_contact: float) -> float:
    """Whether the recipient's phone or e-mail is declared."""
    return recipient_has_contact


@yes_no(
    "the recipient's name is that of a firm",
    "the recipient's name is not that of a firm",
    "the name of the recipient is not given",
)
def recipient_is_organisation(recipient_is_organisation: float) -> float:
    """Whether the recipient's name holds a legal form or a word of trade. Missing without a name."""
    return recipient_is_organisation


@yes_no("the recipient gives a tax number", "the recipient gives no tax number")
def recipient_has_tax_number(recipient_has_tax_number: float) -> float:
    """Whether the recipient's tax number is declared."""
    return recipient_has_tax_number


@yes_no("the recipient's name holds digits", "the recipient's name holds no digits")
def recipient_name_has_digits(recipient_name_has_digits: float) -> float:
    """Whether the recipient's name contains a digit."""
    return recipient_name_has_digits


@yes_no(
    "the recipient's phone belongs to another country",
    "the recipient's phone belongs to the country given",
    "phone or country of the recipient is not given",
)
def recipient_phone_is_foreign(recipient_phone_is_foreign: float) -> float:
    """Whether the calling code of the recipient's phone is not that of its country. Missing when either is missing."""
    return recipient_phone_is_foreign


@feature(unit="words", says="the name of the recipient has {value:.0f} words")
def recipient_n_name_words(recipient_n_name_words: float) -> float:
    """Number of words in the recipient's name; 0 when not given."""
    return recipient_n_name_words


@feature(unit="parts", says="{value:.0f} of 5 parts of the recipient's address are given")
def recipient_n_address_parts(recipient_n_address_parts: float) -> float:
    """How many of street, number, postcode, city and country of the recipient are given."""
    return recipient_n_address_parts


@yes_no(
    "the sender writes from a free mailbox",
    "the sender writes from a domain of its own",
    "the e-mail of the sender is not given",
)
def sender_mail_is_free(sender_mail_is_free: float) -> float:
    """Whether the sender's e-mail is at a provider where anybody may have a mailbox. Missing without one."""
    return sender_mail_is_free


@yes_no(
    "the sender's e-mail repeats the name",
    "the sender's e-mail does not repeat the name",
    "e-mail or name of the sender is not given",
)
def sender_mail_names_sender(sender_mail_names_party: float) -> float:
    """Whether the first long word of the sender's name occurs before the @. Missing without e-mail or such a word."""
    return sender_mail_names_party


@yes_no(
    "the sender is a firm that writes from a free mailbox",
    "the sender is no firm with a free mailbox",
    "name or e-mail of the sender is not given",
)
def firm_with_free_mail(sender_is_organisation: float, sender_mail_is_free: float) -> float:
    """Whether the sender is a firm with e-mail at a free provider. Missing unless what is given says no."""
    return both(sender_is_organisation, sender_mail_is_free)


@yes_no("the parcel is a gift from a firm", "the parcel is no gift from a firm", "category or name not given")
def gift_from_organisation(category: float, sender_is_organisation: float) -> float:
    """Whether a gift is declared and the sender is a firm. Missing when either is missing, unless the other says no."""
    return both(is_same(category, GIFT), sender_is_organisation)


@yes_no("names or addresses hold invisible marks", "names and addresses hold no invisible marks")
def names_hide_marks(sender_has_hidden_marks: float, recipient_has_hidden_marks: float) -> float:
    """Whether zero-width or bidirectional marks occur in a name, street or city: a way to look like another text."""
    return either(sender_has_hidden_marks, recipient_has_hidden_marks)


@yes_no("a word of a name or address mixes scripts", "no word mixes scripts")
def names_mix_scripts(sender_mixes_scripts: float, recipient_mixes_scripts: float) -> float:
    """Whether a word mixes Latin letters with Cyrillic or Greek ones: letters that look like others."""
    return either(sender_mixes_scripts, recipient_mixes_scripts)


@yes_no("sender and recipient share a name", "sender and recipient share no name")
def parties_share_a_name(parties_share_a_name: float) -> float:
    """Whether a word of the sender's name, legal forms aside, occurs in the recipient's."""
    return parties_share_a_name


@yes_no(
    "sender and recipient give the same phone or e-mail",
    "sender and recipient give different contacts",
    "contacts are not given on both sides",
)
def parties_share_contact(parties_share_contact: float) -> float:
    """Whether both give the same phone or mailbox. Missing when there is nothing to compare."""
    return parties_share_contact


@yes_no("the parcel is delivered to a locker", "the parcel is not delivered to a locker")
def recipient_is_locker(recipient_is_locker: float) -> float:
    """Whether the delivery address is a locker or pick-up point."""
    return recipient_is_locker


@yes_no("the parcel is delivered to a PO box", "the parcel is not delivered to a PO box")
def recipient_is_po_box(recipient_is_po_box: float) -> float:
    """Whether the delivery address is a PO box."""
    return recipient_is_po_box


@yes_no("the parcel is delivered care of somebody else", "the parcel is not delivered care of somebody else")
def recipient_is_care_of(recipient_is_care_of: float) -> float:
    """Whether the delivery address is care of somebody else."""
    return recipient_is_care_of


@yes_no(
    "the parcel is delivered to a hotel or another place where people stay briefly",
    "the parcel is not delivered to a hotel",
)
def recipient_is_lodging(recipient_is_lodging: float) -> float:
    """Whether the delivery address is a hotel, hostel, pension or serviced office."""
    return recipient_is_lodging


@yes_no(
    "the parcel is delivered to a locker, a PO box or care of somebody else",
    "the parcel is delivered to an ordinary address",
)
def delivery_is_indirect(recipient_is_locker: float, recipient_is_po_box: float, recipient_is_care_of: float) -> float:
    """Whether the delivery address is a locker, a PO box or care of somebody else."""
    return either(either(recipient_is_locker, recipient_is_po_box), recipient_is_care_of)


@yes_no("the sale was made on a named marketplace", "no marketplace is named")
def marketplace_is_named(marketplace_is_given: float) -> float:
    """Whether a marketplace is named."""
    return marketplace_is_given
