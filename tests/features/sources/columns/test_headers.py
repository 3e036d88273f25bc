from __future__ import annotations

import pytest

from features.sources.columns.headers import recognise_headers


def meaning(*headers: str) -> dict[str, str]:
    """Field that each header fills."""
    return {str(one.column): one.name for one in recognise_headers(list(headers)).assignments}


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Shipper's Name", "sender_name"),
        ("*Recipient Name (required)", "recipient_name"),
        ("Recipient Country (2-letter code)", "recipient_country"),
        ("HS tariff number (7)", "piece_1.hs_code"),
        ("3. Consignee ZIP", "recipient_postcode"),
        ("Shipper Zip/Postal Code", "sender_postcode"),
        ("Consignee Town/City", "recipient_city"),
        ("sender.address.city", "sender_city"),
        ("Tracking No./运单号", "parcel_id"),
        ("Sender 寄件人", "sender_name"),
        ("收件人 (Recipient)", "recipient_name"),
        ("英文品名", "piece_1.description"),
        ("N° de suivi", "parcel_id"),
        ("Pays de l'expéditeur", "sender_country"),
        ("Straße und Hausnummer Empfänger", "recipient_street"),
        ("Dirección del remitente", "sender_street"),
        ("Kod pocztowy odbiorcy", "recipient_postcode"),
        ("Индекс получателя", "recipient_postcode"),
        ("Код ТН ВЭД", "piece_1.hs_code"),
        ("CAP mittente", "sender_postcode"),
        ("Woonplaats ontvanger", "recipient_city"),
        ("País do destinatário", "recipient_country"),
        ("Data nadania", "posted_at"),
    ],
)
def test_a_header_is_read_whatever_is_around_it_and_in_the_languages_of_manifests(header: str, field: str):
    assert meaning(header) == {header: field}


@pytest.mark.parametrize(
    "header", ["Sender/Recipient", "Value (thousand EUR)", "Weight (10 g)", "Value ($)", "Total ($)"]
)
def test_what_may_be_left_out_is_never_a_unit_or_another_party(header: str):
    assert meaning(header) == {}


@pytest.mark.parametrize(
    ("header", "currency"),
    [
        *(("Value (US$)", "USD"), ("USD Value", "USD"), ("Value in £", "GBP"), ("申报价值（人民币）", "CNY")),
        *(("Declared value, Euro", "EUR"), ("Value (HK$)", "HKD"), ("Value(EUR)/申报价值", "EUR")),
    ],
)
def test_a_currency_is_read_from_a_header_as_sign_word_or_code_in_front_or_behind(header: str, currency: str):
    (one,) = recognise_headers([header]).assignments
    assert (one.name, one.unit, one.currency) == ("piece_1.value_cents", "units", currency)


def test_a_dollar_sign_is_asked_about_unless_a_column_says_the_currency():
    (question,) = recognise_headers(["Value ($)"]).questions
    assert "which dollar" in question.says
    assert len(question.choices) > 1
    assert meaning("Value ($)", "Currency")["Value ($)"] == "piece_1.value_cents"


@pytest.mark.parametrize(
    "headers",
    [
        ("item1_description", "item1_hs", "item2_description", "item2_hs"),
        ("Item 1 desc", "Item 1 HS Code", "Item 2 desc", "Item 2 HS Code"),
        ("description", "hs_code", "description2", "hs_code2"),
        ("Goods Description (1)", "HS (1)", "Goods Description (2)", "HS (2)"),
        ("items[0].description", "items[0].hsCode", "items[1].description", "items[1].hsCode"),
        ("Description", "HS Code", "Description_duplicated_0", "HS Code_duplicated_0"),
        ("Product1 Name", "Product1 HS", "Product2 Name", "Product2 HS"),
        ("Artikel 1 Bezeichnung", "Artikel 1 Zolltarifnummer", "Artikel 2 Bezeichnung", "Artikel 2 Zolltarifnummer"),
        ("品名1", "海关编码1", "品名2", "海关编码2"),
    ],
)
def test_pieces_side_by_side_are_told_apart_by_their_numbers(headers: tuple[str, ...]):
    fields = ("piece_1.description", "piece_1.hs_code", "piece_2.description", "piece_2.hs_code")
    assert tuple(meaning(*headers).values()) == fields


def test_the_number_of_a_line_of_address_is_no_number_of_a_piece():
    headers = ("Shipper Address 1", "Shipper Address 2", "Quantity (2)", "Detailed description of contents (1)")
    assert set(meaning(*headers).values()) == {
        *("sender_street", "sender_additional", "piece_1.quantity", "piece_1.description")
    }


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        (("Shipper First Name", "Shipper Last Name"), "sender_name"),
        (("Empfänger Vorname", "Empfänger Nachname"), "recipient_name"),
        (("Consignee Surname", "Consignee Forename"), "recipient_name"),
        (("Consignee Address 2", "Consignee Address 3"), "recipient_additional"),
    ],
)
def test_columns_that_are_parts_of_one_field_are_put_together(headers: tuple[str, str], field: str):
    (one,) = recognise_headers(list(headers)).assignments
    assert one.name == field
    assert set(str(one.column).split(" + ")) == set(headers)


def test_a_whole_name_goes_before_its_parts():
    recognised = recognise_headers(["Shipper Name", "Shipper First Name", "Shipper Last Name"])
    assert [one.column for one in recognised.assignments] == ["Shipper Name"]
    assert recognised.ignored == ("Shipper First Name + Shipper Last Name",)
