from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.identity import DERIVED_SCHEMA, KEYS, PERSONAL, IdentityKey, derive, normalise, sorted_words
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.reference import shipped_reference
from features.parcel.schema import LINE, PARCEL_SCHEMA
from features.parcel.validation import validate_parcels
from tests.builders import KEY, a_parcel, a_piece, derived, parcel_table

FACTS = [name for name, dtype in DERIVED_SCHEMA.items() if dtype == pl.Boolean()]
NAMES = ("Li Wei", "Anna Muster", "Ван Ли", "José Peña", "Zoë Smith-Jones")


def key_of(name: str, /, key: IdentityKey = KEY, **changes: Any) -> int | None:
    value: int | None = derived(a_parcel(**changes), key=key)[name].to_list()[0]
    return value


def fact(name: str, /, **changes: Any) -> bool | None:
    value: bool | None = derived(a_parcel(**changes))[name].to_list()[0]
    return value


some_parcels = st.lists(
    st.fixed_dictionaries(
        {
            "sender_name": st.sampled_from([*NAMES, None]),
            "recipient_name": st.sampled_from(NAMES),
            "recipient_street": st.sampled_from(["Ring Road", "Mill Lane", None]),
            "gross_weight_g": st.sampled_from([340, 1_000, None]),
            "pieces": st.sampled_from([None, [a_piece()], [a_piece(hs_code=None, description="green tea")]]),
        }
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=30, deadline=None)
@given(some_parcels, st.randoms(use_true_random=False), st.integers(1, 8))
def test_a_parcel_has_the_same_keys_in_whatever_batch_and_place_it_comes(
    changes: list[dict[str, Any]], random: Any, cut: int
):
    rows = [a_parcel(parcel_id=f"P-{place}", **change) for place, change in enumerate(changes)]
    together = {row["parcel_id"]: [row[key] for key in KEYS] for row in derived(*rows).to_dicts()}
    shuffled = random.sample(rows, len(rows))
    for batch in (shuffled[:cut], shuffled[cut:]):
        for row in derived(*batch).to_dicts() if batch else []:
            assert [row[key] for key in KEYS] == together[row["parcel_id"]]


@pytest.mark.parametrize(
    "written",
    [
        "LI WEI",
        "Wei, Li",
        "  li   wei ",
        "Li-Wei",
        "Li\u200b W\u00adei",
        "Ｌｉ Ｗｅｉ",
        "\u202eLi Wei\ufeff",
        "Mr Li Wei",
        "李伟",
    ],
)
def test_a_name_is_the_same_in_any_case_order_script_and_with_invisible_marks(written: str):
    assert key_of("sender_key", sender_name=written) == key_of("sender_key", sender_name="Li Wei")


@pytest.mark.parametrize(
    ("written", "latin"), [("Ван Ли", "Van Li"), ("José Peña", "Jose Pena"), ("ΛΙ ΑΝΝΑ", "Li Anna")]
)
def test_a_name_is_the_same_in_another_script(written: str, latin: str):
    assert key_of("sender_key", sender_name=written) == key_of("sender_key", sender_name=latin)


@pytest.mark.parametrize("written", ["Li Wen", "Wei", "Li Wei Ltd", "Li Li Wei"])
def test_another_name_is_another_sender(written: str):
    assert key_of("sender_key", sender_name=written) != key_of("sender_key", sender_name="Li Wei")


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.from_regex(r"[A-Za-z]{1,8}", fullmatch=True), min_size=1, max_size=5), st.randoms(use_true_random=False)
)
def test_words_are_compared_without_order_case_and_repetition(words: list[str], random: Any):
    shuffled = random.sample(words, len(words)) + words[:1]
    assert sorted_words(", ".join(shuffled).upper()) == sorted_words(" ".join(words))


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=60))
def test_normalised_text_holds_latin_words_only_and_stays_as_it_is(text: str):
    once = normalise(text)
    assert once == normalise(once)
    assert all(character.isascii() and (character.isalnum() or character == " ") for character in once)


def test_an_account_goes_before_a_tax_number_and_that_before_the_name():
    account = key_of("sender_key", sender_account="A-1", sender_tax_id="T-1", sender_name="Li Wei")
    assert account == key_of("sender_key", sender_account="a 1", sender_tax_id="T-2", sender_name="Somebody")
    tax = key_of("sender_key", sender_tax_id="T-1", sender_name="Li Wei")
    assert tax == key_of("sender_key", sender_tax_id="T-1", sender_name="Somebody", sender_postcode="9")
    assert len({account, tax, key_of("sender_key", sender_name="Li Wei")}) == 3


def test_an_account_is_one_of_its_operator():
    assert key_of("sender_key", sender_account="A-1") != key_of("sender_key", sender_account="A-1", operator="post-b")


@pytest.mark.parametrize("change", [{"sender_postcode": "400002"}, {"sender_country": "GB"}])
def test_one_name_in_two_places_is_two_senders(change: dict[str, str]):
    assert key_of("sender_key", **change) != key_of("sender_key")


def test_one_person_as_sender_and_as_recipient_has_two_keys():
    same = {
        f"{role}_{part}": text
        for role in ("sender", "recipient")
        for part, text in {"name": "Li Wei", "postcode": "1", "country": "DE"}.items()
    }
    row = derived(a_parcel(**same))
    assert row["sender_key"].item() != row["recipient_key"].item()


@pytest.mark.parametrize("nothing", [None, "-", "...", "—"])
def test_there_is_no_key_where_nothing_is_given(nothing: str | None):
    assert key_of("sender_key", sender_name=nothing) is None
    assert key_of("recipient_key", recipient_name=nothing) is None
    assert key_of("address_key", recipient_street=nothing) is None
    assert key_of("commodity_key", pieces=[a_piece(hs_code=None, description=nothing)]) is None
    assert key_of("sender_key", sender_name=None, sender_account=nothing, sender_tax_id=nothing) is None


@pytest.mark.parametrize("field", ["sender_account", "sender_tax_id"])
def test_a_dash_for_a_number_leaves_the_name_to_tell_the_sender(field: str):
    assert key_of("sender_key", **{field: "-"}) == key_of("sender_key")


def test_without_origin_there_is_no_lane_and_without_weight_no_look_alike():
    nowhere = {"origin_office": None, "dispatch_country": None, "sender_country": None}
    assert key_of("lane_key", **nowhere) is None
    assert key_of("look_alike_key", gross_weight_g=None) is None
    assert key_of("look_alike_key") is not None


@pytest.mark.parametrize(("weight", "alike"), [(1_001, True), (1_004, True), (1_010, False)])
def test_parcels_that_weigh_the_same_to_three_digits_look_alike(weight: int, alike: bool):
    usual = key_of("look_alike_key", gross_weight_g=1_000)
    assert (key_of("look_alike_key", gross_weight_g=weight) == usual) is alike


def test_look_alikes_are_found_under_changing_names():
    assert key_of("look_alike_key", sender_name="Li Wei") == key_of("look_alike_key", sender_name="Otto Beispiel")


def test_a_commodity_is_four_digits_of_the_code_and_else_the_words():
    assert key_of("commodity_key", pieces=[a_piece(hs_code="6109900010")]) == key_of("commodity_key")
    words = [
        key_of("commodity_key", pieces=[a_piece(hs_code=None, description=text)])
        for text in ("green TEA", "Tea, green")
    ]
    assert words[0] == words[1] is not None


def test_another_secret_gives_unrelated_keys():
    other = IdentityKey(b"another secret of tests, 32 bytes")
    whole = a_parcel(sender_phone="+49 30 123456")
    ours, theirs = derived(whole), derived(whole, key=other)
    assert all(ours[key].item() != theirs[key].item() for key in KEYS)
    assert ours.drop(KEYS).equals(theirs.drop(KEYS))


def test_a_secret_that_can_be_guessed_is_refused():
    with pytest.raises(ValueError, match="at least 32 bytes"):
        IdentityKey(b"x" * 31)


def test_keys_fit_a_signed_word_and_differ_by_kind():
    assert -(2**63) <= KEY.of("sender", "x") < 2**63
    assert KEY.of("sender", "x") != KEY.of("recipient", "x")


def test_no_personal_column_and_no_personal_text_survives():
    marked = {name: "Zwergnase" for name in PERSONAL}
    rows = derive(
        validate_parcels(parcel_table([a_parcel(**marked)]), reference=shipped_reference()).rows,
        KEY,
        reference=shipped_reference(),
    )
    assert not set(PERSONAL) & set(rows.columns)
    assert "zwergnase" not in rows.write_ndjson().lower()


def test_what_is_kept_are_the_other_columns_and_the_derived_ones_row_for_row():
    rows = derived(a_parcel(parcel_id="P-1"), a_parcel(parcel_id="P-2", pieces=None))
    kept = [name for name in (LINE, *PARCEL_SCHEMA.names(), QUALITY_FLAGS) if name not in PERSONAL]
    assert rows.columns == [*kept, *DERIVED_SCHEMA.names()]
    assert rows.select(DERIVED_SCHEMA.names()).schema == DERIVED_SCHEMA
    assert rows["parcel_id"].to_list() == ["P-1", "P-2"]
    assert rows["n_pieces"].to_list() == [1, 0]


def test_an_empty_batch_keeps_the_schema():
    rows = derive(
        validate_parcels(parcel_table([a_parcel()]).clear(), reference=shipped_reference()).rows,
        KEY,
        reference=shipped_reference(),
    )
    assert rows.height == 0
    assert rows.select(DERIVED_SCHEMA.names()).schema == DERIVED_SCHEMA


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("sender_is_organisation", {"sender_name": "Muster GmbH"}),
        ("recipient_is_organisation", {"recipient_name": "SHINY SHOP"}),
        ("sender_has_contact", {"sender_email": "a@example.org"}),
        ("recipient_has_contact", {"recipient_phone": "+4930"}),
        ("recipient_is_po_box", {"recipient_po_box": "12"}),
        ("recipient_is_locker", {"recipient_street": "Packstation 101"}),
        ("recipient_is_care_of", {"recipient_name": "c/o Otto"}),
        ("has_order_reference", {"order_reference": "PO-1"}),
    ],
)
def test_a_fact_is_true_where_the_text_says_so_and_false_elsewhere(name: str, changes: dict[str, str]):
    assert fact(name, **changes) is True
    assert fact(name, sender_name="Li Wei") is False


PAIRS: list[tuple[str, dict[str, str | None], dict[str, str | None]]] = [
    ("sender_has_tax_number", {"sender_tax_id": "GB 1"}, {"sender_tax_id": "-"}),
    ("recipient_has_tax_number", {"recipient_tax_id": "1"}, {}),
    ("sender_has_hidden_marks", {"sender_street": "Mill\u200b Lane"}, {"sender_street": "Mill Lane"}),
    ("recipient_has_hidden_marks", {"recipient_name": "\u202eAnna"}, {}),
    ("sender_mixes_scripts", {"sender_name": "P\u0430ul Smith"}, {"sender_name": "Ван Smith"}),
    ("recipient_mixes_scripts", {"recipient_city": "B\u0435rlin"}, {"recipient_city": "Москва"}),
    ("sender_name_has_digits", {"sender_name": "Li 88"}, {}),
    ("recipient_name_has_digits", {"recipient_name": "Anna 2"}, {}),
    ("sender_phone_is_foreign", {"sender_phone": "+49 30 123456"}, {"sender_phone": "001 212 555 0142"}),
    ("recipient_phone_is_foreign", {"recipient_phone": "+43 1 123456"}, {"recipient_phone": "030 123456"}),
    ("sender_mail_is_free", {"sender_email": "a@GMAIL.com"}, {"sender_email": "a@example.org"}),
    ("recipient_mail_is_free", {"recipient_email": "a@gmx.de"}, {"recipient_email": "a@example.org"}),
    (
        "sender_mail_names_party",
        {"sender_name": "Li Smith", "sender_email": "j.smith@example.org"},
        {"sender_name": "Li Smith", "sender_email": "sales@example.org"},
    ),
    (
        "recipient_mail_names_party",
        {"recipient_name": "Anna Muster", "recipient_email": "anna@example.org"},
        {"recipient_name": "Anna Muster", "recipient_email": "x@example.org"},
    ),
    ("recipient_is_lodging", {"recipient_additional": "Hotel Example"}, {}),
    ("parties_share_a_name", {"sender_name": "Otto Muster"}, {"sender_name": "Otto Beispiel"}),
    (
        "parties_share_contact",
        {"sender_phone": "+49 30 123456", "recipient_phone": "(030) 12 34 56"},
        {"sender_email": "a@example.org", "recipient_email": "b@example.org"},
    ),
]


@pytest.mark.parametrize(("name", "true", "false"), PAIRS)
def test_a_fact_tells_one_text_from_another(name: str, true: dict[str, str | None], false: dict[str, str | None]):
    assert fact(name, **true) is True
    assert fact(name, **false) is False


def test_every_fact_is_tried_above():
    assert len(FACTS) == 8 + len(PAIRS)


@pytest.mark.parametrize(
    "name", ["sender_phone_is_foreign", "sender_mail_is_free", "sender_mail_names_party", "parties_share_contact"]
)
def test_what_cannot_be_compared_is_not_known(name: str):
    assert fact(name) is None


def test_legal_forms_are_no_shared_name():
    assert fact("parties_share_a_name", sender_name="Example Ltd", recipient_name="Other Ltd") is False


@pytest.mark.parametrize("written", ["+49 30 123456", "0049 30 123456", "030/12 34 56", "+49 (0)30 123456"])
def test_a_phone_is_the_same_however_it_is_written(written: str):
    german = {"sender_country": "DE"}
    usual = key_of("contact_key", sender_phone="+4930123456", **german)
    assert key_of("contact_key", sender_phone=written, **german) == usual is not None


@pytest.mark.parametrize("written", ["J.Smith+shop@googlemail.com", "jsmith@gmail.com", " jsmith@GMAIL.com "])
def test_a_mailbox_is_the_same_however_it_is_written(written: str):
    assert key_of("contact_key", sender_email=written) == key_of("contact_key", sender_email="jsmith@gmail.com")


def test_a_phone_goes_before_an_e_mail_and_without_either_there_is_no_contact():
    both = key_of("contact_key", sender_phone="+4930123456", sender_email="a@example.org")
    assert both == key_of("contact_key", sender_phone="+4930123456", sender_email="b@example.org")
    assert key_of("contact_key") is None


@pytest.mark.parametrize("written", ["\u0420\u0430ul Smith", "\u0420aul Smith", "Paul Sm\u0456th"])
def test_letters_that_look_alike_are_taken_for_what_they_look_like(written: str):
    assert key_of("sender_key", sender_name=written) == key_of("sender_key", sender_name="Paul Smith")


def test_a_locker_is_one_address_whatever_stands_beside_its_number():
    street = {"recipient_name": None, "recipient_number": None}
    lockers = [
        key_of("address_key", **street, recipient_street="Packstation 101"),
        key_of("address_key", **street, recipient_street="packstation nr. 101"),
        key_of("address_key", recipient_street="PACKSTATION", recipient_number="101"),
    ]
    assert len(set(lockers)) == 1
    assert lockers[0] != key_of("address_key", **street, recipient_street="Packstation 102")


@pytest.mark.parametrize(
    ("parcel_id", "same"), [("RB473124816US", True), ("RB473125829US", False), ("CB473124829US", False)]
)
def test_item_numbers_of_one_hundred_are_one_block(parcel_id: str, same: bool):
    usual = key_of("number_block_key", parcel_id="RB473124829US")
    assert (key_of("number_block_key", parcel_id=parcel_id) == usual) is same


def test_a_courier_number_loses_its_last_two_digits_and_a_name_is_no_number():
    numbers = [key_of("number_block_key", parcel_id=one) for one in ("JD0012345", "JD0012399", "JD0012400")]
    assert numbers[0] == numbers[1] != numbers[2]
    assert key_of("number_block_key", parcel_id="ABC-12") is None


def test_the_same_words_under_another_heading_are_another_wording():
    words = {"description": "cotton t-shirt"}
    wordings = {
        key_of("wording_key", pieces=[a_piece(hs_code=code, **words)]) for code in ("610910", "610990", "300490")
    }
    assert len(wordings) == 2


def test_a_key_id_names_the_secret_without_telling_it():
    other = IdentityKey(b"another secret of tests, 32 bytes")
    assert KEY.key_id != other.key_id
    assert KEY.key_id == IdentityKey(KEY.secret).key_id


def test_whether_a_party_is_a_firm_is_not_known_without_a_name():
    assert fact("sender_is_organisation", sender_name=None) is None


def test_the_postcode_region_is_two_digits():
    assert derived(a_parcel(recipient_postcode="10115"))["recipient_postcode_region"].to_list() == ["10"]
