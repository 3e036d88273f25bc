"""Headers under which couriers, posts and spreadsheets give the fields of the record: the one table of aliases.

Spellings are compared without case, blanks and punctuation. A measure is listed without its unit, money without its
currency; both follow it in the header, as in ``Weight (kg)`` and ``Declared Value (USD)``.
"""

from __future__ import annotations

import re
from functools import cache

from anyascii import anyascii

PARCEL_SPELLINGS = {
    "parcel_id": "item_id tracking_number s10 tracking_no tracking_id tracking_code tracking_num tracking "
    "track_no track_number "
    "parcel_number parcel_no barcode waybill waybill_number waybill_no consignment_number consignment_no "
    "consignment_id shipping_number postal_item_number zendingsnummer frachtbriefnummer numero_di_spedizione "
    "numero_de_envio shipment_number shipment_no shipment_id con_note sendungsnummer paketnummer numero_de_suivi "
    "numero_suivi numero_de_guia numero_de_seguimiento 运单号 快递单号",
    "operator": "carrier courier",
    "stream": "mail_type",
    "manifest_id": "manifest manifest_number manifest_no",
    "lodged_at": "lodged manifest_date declaration_date",
    "posted_at": "posting_date date_of_posting mailing_date ship_date shipping_date shipment_date dispatch_date",
    "due_at": "eta estimated_arrival expected_arrival arrival_date estimated_date_of_arrival",
    "declarant_id": "declarant",
    "origin_office": "origin_impc origin_hub origin_gateway departure_airport airport_of_departure",
    "destination_office": "destination_impc dest_office destination_hub arrival_airport airport_of_destination",
    "dispatch_country": "departure_country country_of_departure export_country country_of_export country_of_dispatch",
    "receptacle_id": "receptacle receptacle_number bag_number bag_no",
    "house_bill": "hawb hawb_number hawb_no house_waybill house_air_waybill house_awb house_bill_number hwb",
    "master_bill": "mawb mawb_number mawb_no master_waybill master_air_waybill master_awb master_bill_number mwb",
    "category": "nature nature_of_transaction contents_type content_type shipment_purpose purpose_of_shipment",
    "postage_cents": "postage shipping_cost shipping_fee freight_charge freight_charges freight portokosten",
    "insured_value_cents": "insured_value insured_amount sum_insured insurance_value",
    "order_reference": "order_number order_no order_id",
    "marketplace": "platform sales_channel",
    "gross_weight_g": "gross_weight weight mass gross_mass total_weight actual_weight parcel_weight package_weight "
    "shipment_weight wgt gewicht bruttogewicht poids poids_brut peso peso_bruto 重量 毛重",
    "length_mm": "length parcel_length package_length laenge",
    "width_mm": "width parcel_width package_width breite",
    "height_mm": "height parcel_height package_height hoehe",
    "tax_regime": "tax_type",
    "transport_mode": "mode_of_transport",
    "procedure": "process_type",
    "payment_terms": "incoterm incoterms",
    "tax_rate_bp": "tax_rate duty_rate",
    "packaging": "package_type packaging_type type_of_packages",
    "measured_weight_g": "measured_weight",
    "measured_length_mm": "measured_length",
    "measured_width_mm": "measured_width",
    "measured_height_mm": "measured_height",
}
PIECE_SPELLINGS = {
    "description": "contents goods_description description_of_goods description_of_contents content goods "
    "item_description commodity commodity_description product product_name product_description nature_of_goods "
    "goods_name lineitem_name detailed_description_of_contents warenbezeichnung warenbeschreibung inhalt designation "
    "description_des_marchandises descripcion 品名 货物描述",
    "quantity": "qty units pieces pcs no_of_pieces number_of_pieces nr_of_pieces num_pieces item_quantity item_count "
    "no_of_items number_of_items commodity_quantity product_quantity stueck stueckzahl menge anzahl quantite "
    "cantidad lineitem_quantity quantity_purchased 数量 件数",
    "net_weight_g": "net_mass net_weight item_weight nettogewicht poids_net peso_neto 净重",
    "value_cents": "value declared_value customs_value total_value goods_value value_of_goods invoice_value "
    "declared_customs_value total_customs_value total_declared_value declared_value_for_customs value_for_customs "
    "item_value wert warenwert zollwert valeur valeur_declaree valor valor_declarado 申报价值",
    "currency": "currency_code value_currency declared_value_currency customs_value_currency customs_currency "
    "total_value_currency waehrung devise moneda 币种",
    "hs_code": "hs hs6 tariff_code hs_number hs_tariff_number tariff_number tariff harmonized_code harmonised_code "
    "harmonized_tariff_code harmonized_system_code commodity_code hts hts_code taric cn_code zolltarifnummer "
    "warennummer code_sh codigo_arancelario 海关编码",
    "origin_country": "goods_origin country_of_origin country_of_manufacture manufacture_country made_in "
    "ursprungsland pays_d_origine pais_de_origen 原产国",
}
OUTCOME_SPELLINGS = {"parcel_id": PARCEL_SPELLINGS["parcel_id"], "operator": PARCEL_SPELLINGS["operator"]}
ROLES = {
    "sender": "sender shipper consignor exporter seller from ship_from shipped_from shpr absender abs versender "
    "expediteur remitente mittente afzender 发件人 寄件人",
    "recipient": "recipient receiver consignee importer buyer addressee to ship_to deliver_to delivery cnee "
    "empfaenger empfanger empf destinataire destinatario ontvanger 收件人",
}
PARTS = {
    "name": "name full_name naam nom nombre 姓名",
    "street": "street street_name street_address address address_1 address1 address_line_1 address_line1 line_1 line1 "
    "addr_1 addr1 addr strasse anschrift adresse direccion rue 地址",
    "number": "number house_number house_no street_number building_number hausnummer",
    "additional": "additional line_2 line2 "
    "address_2 address2 address_line_2 address_line2 addr_2 addr2 suite apartment",
    "po_box": "po_box pobox post_box postfach",
    "postcode": "postcode post_code postal_code zip zip_code postal plz code_postal codigo_postal 邮编",
    "city": "city town locality city_town ort stadt ville ciudad 城市",
    "subdivision": "subdivision state province region county state_province state_or_province 省",
    "country": "country cc ctry cntry country_code country_iso country_iso_code land pays pais 国家",
    "phone": "phone phone_number phone_no telephone telephone_number tel tel_no mobile mobile_number telefon 电话",
    "email": "email e_mail email_address mail",
    "tax_id": "tax_id tax_number tax_no vat vat_number vat_no vat_id eori eori_number tin",
    "account": "account account_number account_no customer_number",
}
SECOND_CHOICE = {
    "parcel_id": "awb awb_number awb_no air_waybill air_waybill_number airway_bill airwaybill reference_number",
    "name": "company company_name company_or_name organisation organization business_name firma contact contact_name "
    "contact_person attention attn person",
    "recipient_country": "destination_country country_of_destination destination_country_code dest_country zielland "
    "bestimmungsland pays_de_destination pais_de_destino paese_di_destinazione land_van_bestemming",
}
"""Spellings that fill a field only when no better column does; else they are left aside."""
OF_ONE_OR_ALL = (
    "price unit_price item_price price_each price_per_unit price_per_piece unit_value value_per_unit unit_cost cost "
    "item_cost amount item_amount line_amount lineitem_price "
    "preis stueckpreis einzelpreis prix prix_unitaire precio precio_unitario 单价"
)
"""Money that may be the value of one unit or of all: asked about, never guessed."""
_SHORT = {"cc", "line_1", "line1"}
WHOSE = {
    part: " ".join(word for word in spellings.split() if word not in _SHORT)
    for part, spellings in PARTS.items()
    if part not in {"number", "additional", "account"}
}
"""Parts of an address that do not say whose they are: asked about while a party is incomplete."""


_ABBREVIATIONS = {"number": ("no", "nr", "num"), "nummer": ("nr",)}


@cache
def squeezed(text: str) -> str:
    """Letters and digits of a header in small letters, other scripts transcribed."""
    umlauts = text.casefold().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    return re.sub(r"[^0-9a-z]+", "", anyascii(umlauts).lower())


def _words(spellings: str) -> tuple[str, ...]:
    words = map(squeezed, spellings.split())
    return tuple(dict.fromkeys(spelling for word in words for spelling in (word, *_shortened(word))))


def _shortened(word: str) -> tuple[str, ...]:
    """A word that ends in "number", as it is abbreviated."""
    ending = next((one for one in _ABBREVIATIONS if word.endswith(one) and word != one), "")
    return tuple(word.removesuffix(ending) + short for short in _ABBREVIATIONS.get(ending, ()))


def _of_parties(parts: dict[str, str]) -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for role, role_words in ROLES.items():
        for part, part_words in parts.items():
            both = [(role_word, word) for role_word in _words(role_words) for word in _words(part_words)]
            pairs = [one for role_word, word in both for one in (role_word + word, *_turned(role_word, word))]
            alone = [word for word in _words(role_words) if word not in {"from", "to", "delivery"}]
            table[f"{role}_{part}"] = (*pairs, *(alone if part == "name" and "name" in part_words.split() else ()))
    return table


def _turned(role: str, part: str) -> tuple[str, ...]:
    """The part in front, as in "name of sender"; "to" and "from" mean something else behind a word."""
    return () if role in {"from", "to"} else (part + role, f"{part}of{role}")


def _table(spellings: dict[str, str]) -> dict[str, tuple[str, ...]]:
    return {name: _words(words) for name, words in spellings.items()}


PARCEL_WORDS = {**_table(PARCEL_SPELLINGS), **_of_parties(PARTS)}
PIECE_WORDS = _table(PIECE_SPELLINGS)
OUTCOME_WORDS = _table(OUTCOME_SPELLINGS)
SECOND_WORDS = {
    **_table({name: words for name, words in SECOND_CHOICE.items() if name != "name"}),
    **_of_parties({"name": SECOND_CHOICE["name"]}),
}
PRICE_WORDS = _words(OF_ONE_OR_ALL)
WHOSE_WORDS = {word: part for part, words in WHOSE.items() for word in _words(words)}
