"""Headers under which couriers, posts and spreadsheets give the fields of the record: the one table of aliases.

Spellings are compared without case, blanks and punctuation. A measure is listed without its unit, money without its
currency; both follow it in the header, as in ``Weight (kg)`` and ``Declared Value (USD)``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from anyascii import anyascii

from features.sources.columns.party_spellings import PARTS, PARTS_TOGETHER, ROLES, WHOSE

PARCEL_SPELLINGS = {
    "parcel_id": "item_id tracking_number s10 tracking_no tracking_id tracking_code tracking_num tracking "
    "track_no track_number "
    "parcel_number parcel_no barcode waybill waybill_number waybill_no consignment_number consignment_no "
    "consignment_id shipping_number postal_item_number zendingsnummer frachtbriefnummer numero_di_spedizione "
    "numero_de_envio shipment_number shipment_no shipment_id con_note sendungsnummer paketnummer numero_de_suivi "
    "numero_suivi numero_de_guia numero_de_seguimiento 运单号 快递单号 "
    "item_identifier parcel_ref shipment_ref piece_id package_id package_number s10_code s10_barcode "
    "s10_number sendungs_id paket_id zendingnummer zending_id track_and_trace track_trace_code "
    "trackingcode numero_de_colis numero_d_envoi no_suivi no_colis n_suivi num_suivi numero_expedicion "
    "numero_de_localizador codigo_de_seguimiento numero_de_rastreio codigo_de_rastreio numero_do_objeto "
    "numero_di_tracking codice_spedizione lettera_di_vettura numer_przesylki numer_paczki nr_przesylki "
    "numer_nadania номер_отправления номер_посылки номер_накладной трек_номер трек_код шпи kolli_id "
    "kollinummer sporingsnummer forsendelsesnummer cislo_zasilky takip_no gonderi_no "
    "追跡番号 お問い合わせ番号 运单编号 "
    "跟踪号 跟踪单号 追踪号 物流单号 包裹号 包裹单号 快件单号 面单号 条码 单号 운송장번호",
    "operator": "carrier courier",
    "stream": "mail_type",
    "manifest_id": "manifest manifest_number manifest_no",
    "lodged_at": "lodged manifest_date declaration_date "
    "date_lodged lodged_on lodgement_date lodgment_date manifest_time declared_at declaration_time",
    "posted_at": "posting_date date_of_posting mailing_date ship_date shipping_date shipment_date dispatch_date "
    "shipped_at shipped_on posted_on date_posted date_shipped date_mailed einlieferungsdatum einlieferung "
    "versanddatum versendedatum aufgabedatum date_de_depot date_d_expedition date_d_envoi fecha_de_envio "
    "fecha_de_expedicion data_de_envio data_de_postagem data_spedizione data_di_spedizione verzenddatum "
    "data_nadania data_wysylki дата_отправки дата_отправления дата_приема 发货日期 发货时间 发件日期 寄件日期 発送日",
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
    "shipment_weight wgt gewicht bruttogewicht poids poids_brut peso peso_bruto 重量 毛重 "
    "gross_wt gr_wt wt gewicht_brutto brutto_gewicht brutogewicht poids_total peso_total peso_lordo "
    "peso_totale waga waga_brutto waga_przesylki вес вес_брутто вес_отправления масса масса_брутто vikt "
    "bruttovikt vaegt bruttovaegt vekt paino hmotnost agirlik 包裹重量 总重量 실중량 중량 重さ 総重量",
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
    "description_des_marchandises descripcion 品名 货物描述 "
    "goods_desc item_desc desc content_description contents_description cargo_description goods_details "
    "product_title item_name item_title bezeichnung artikelbezeichnung "
    "inhaltsbeschreibung beschreibung produkt contenu marchandise nature_de_la_marchandise "
    "description_de_la_marchandise description_du_contenu contenido mercancia descripcion_del_contenido "
    "descripcion_de_la_mercancia descripcion_de_mercancia descricao descricao_do_conteudo conteudo "
    "mercadoria descrizione descrizione_merce descrizione_della_merce descrizione_contenuto contenuto "
    "merce omschrijving omschrijving_inhoud omschrijving_goederen inhoud opis opis_zawartosci zawartosc "
    "opis_towaru nazwa_towaru towar описание описание_товара описание_вложения наименование_товара "
    "содержимое вложение beskrivelse innehall innhold varubeskrivning "
    "物品名称 商品名称 产品名称 货物名称 申报品名 内件品名 "
    "物品描述 货品名称 内容品 품명 내용물",
    "quantity": "qty units pieces pcs no_of_pieces number_of_pieces nr_of_pieces num_pieces item_quantity item_count "
    "no_of_items number_of_items commodity_quantity product_quantity stueck stueckzahl menge anzahl quantite "
    "cantidad lineitem_quantity quantity_purchased 数量 件数 "
    "quant qtty stk qte nb_pieces cant unidades cantidad_de_piezas quantidade qtd quantita pezzi "
    "aantal aantal_stuks ilosc liczba_sztuk количество кол_во antal antall szt adet 个数 申报数量 個数 수량",
    "net_weight_g": "net_mass net_weight item_weight nettogewicht poids_net peso_neto 净重 "
    "net_wt netto_gewicht gewicht_netto peso_netto peso_liquido waga_netto "
    "вес_нетто масса_нетто 单件净重",
    "value_cents": "value declared_value customs_value total_value goods_value value_of_goods invoice_value "
    "declared_customs_value total_customs_value total_declared_value declared_value_for_customs value_for_customs "
    "item_value wert warenwert zollwert valeur valeur_declaree valor valor_declarado 申报价值 "
    "customs_val decl_value declared_val goods_val deklarierter_wert gesamtwert valeur_en_douane "
    "valeur_totale valeur_marchandise valeur_de_la_marchandise valor_aduana valor_en_aduana valor_total "
    "valor_de_la_mercancia valor_da_mercadoria valore valore_dichiarato valore_merce valore_doganale "
    "waarde douanewaarde aangegeven_waarde wartosc wartosc_celna wartosc_towaru стоимость общая_стоимость "
    "ценность объявленная_ценность объявленная_стоимость varde vaerdi verdi 申报总价 总价 总价值 总金额 申报金额",
    "currency": "currency_code value_currency declared_value_currency customs_value_currency customs_currency "
    "total_value_currency waehrung devise moneda 币种 "
    "currency_iso ccy curr wahrung waluta валюта valuta divisa moeda munt valuutta mena 币别 币制 货币 通貨 통화",
    "hs_code": "hs hs6 tariff_code hs_number hs_tariff_number tariff_number tariff harmonized_code harmonised_code "
    "harmonized_tariff_code harmonized_system_code commodity_code hts hts_code taric cn_code zolltarifnummer "
    "warennummer code_sh codigo_arancelario 海关编码 "
    "hs_tariff hs_tariff_no hs_code_number customs_code customs_tariff_number customs_tariff_code "
    "zolltarif zolltarifnr warentarifnummer statistische_warennummer taric_code code_douanier code_hs "
    "code_taric nomenclature nomenclature_douaniere tarif_douanier codigo_hs codigo_sa codigo_taric "
    "codigo_ncm ncm partida_arancelaria codice_doganale codice_hs codice_taric nomenclatura_combinata "
    "voce_doganale gn_code gs_code hs_goederencode goederencode kod_hs kod_cn kod_celny kod_taryfy_celnej "
    "код_тн_вэд тн_вэд тнвэд kn_nummer hs编码 商品编码 税则号 税号 hsコード hs코드",
    "origin_country": "goods_origin country_of_origin country_of_manufacture manufacture_country made_in "
    "ursprungsland pays_d_origine pais_de_origen 原产国 "
    "coo origin_of_goods country_origin herkunftsland ursprungsland_der_ware pays_origine pais_origen "
    "pais_de_origem paese_di_origine paese_origine land_van_oorsprong land_van_herkomst kraj_pochodzenia "
    "страна_происхождения 原产地 原産国 원산지",
}
SECOND_CHOICE = {
    "parcel_id": "awb awb_number awb_no air_waybill air_waybill_number airway_bill airwaybill reference_number",
    "name": "company company_name company_or_name organisation organization business_name firma contact contact_name "
    "contact_person attention attn person",
    "recipient_country": "destination_country country_of_destination destination_country_code dest_country zielland "
    "bestimmungsland pays_de_destination pais_de_destino paese_di_destinazione land_van_bestemming "
    "ziel_land pays_destination pais_destino pais_de_destino kraj_przeznaczenia kraj_docelowy "
    "страна_назначения 目的国 目的国家 目的地国家",
}
"""Spellings that fill a field only when no better column does; else they are left aside."""
OF_ONE_OR_ALL = (
    "price unit_price item_price price_each price_per_unit price_per_piece unit_value value_per_unit unit_cost cost "
    "item_cost amount item_amount line_amount lineitem_price "
    "preis stueckpreis einzelpreis einzelwert wert_pro_stueck prix prix_unitaire valeur_unitaire precio "
    "precio_unitario "
    "valor_unitario preco preco_unitario prezzo prezzo_unitario valore_unitario prijs stukprijs cena cena_jednostkowa "
    "wartosc_jednostkowa цена цена_за_единицу 单价 申报单价"
)
"""Money that may be the value of one unit or of all: asked about, never guessed."""
_SMALL_WORDS = (
    "a an at by d da das de degli dei del della dello den der des di do dos du e el en et for het i il l la le les "
    "lo of os per por pour s the und v van von y о и по в на"
)
SMALL_WORDS = frozenset(_SMALL_WORDS.split())
"""Words of a header that say nothing of what is in its column."""
_ABBREVIATIONS = {"number": ("no", "nr", "num"), "nummer": ("nr",)}


@cache
def squeezed(text: str) -> str:
    """Letters and digits of a header in small letters, other scripts transcribed."""
    umlauts = text.casefold().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    return re.sub(r"[^0-9a-z]+", "", anyascii(umlauts).lower())


def without_small_words(words: Iterable[str]) -> str:
    """Words of a header as one, without those that say nothing."""
    return squeezed("".join(word for word in words if word.casefold() not in SMALL_WORDS))


@cache
def words_of(spellings: str) -> tuple[str, ...]:
    """Spellings between blanks, squeezed, each also without small words and with a number abbreviated."""
    words = (form for one in spellings.split() for form in (squeezed(one), without_small_words(one.split("_"))))
    return tuple(dict.fromkeys(spelling for word in words if word for spelling in (word, *_shortened(word))))


def _shortened(word: str) -> tuple[str, ...]:
    """A word that ends in "number", as it is abbreviated."""
    ending = next((one for one in _ABBREVIATIONS if word.endswith(one) and word != one), "")
    return tuple(word.removesuffix(ending) + short for short in _ABBREVIATIONS.get(ending, ()))


def _of_parties(parts: dict[str, str], *, is_whole: bool = True) -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for role, role_words in ROLES.items():
        for part, part_words in parts.items():
            both = [(role_word, word) for role_word in words_of(role_words) for word in words_of(part_words)]
            pairs = [one for role_word, word in both for one in (role_word + word, *_turned(role_word, word))]
            alone = [word for word in words_of(role_words) if word not in {"from", "to", "delivery"}]
            table[f"{role}_{part}"] = (
                *pairs,
                *(alone if is_whole and part == "name" and "name" in part_words.split() else ()),
            )
    return table


def _turned(role: str, part: str) -> tuple[str, ...]:
    """The part in front, as in "name of sender"; "to" and "from" mean something else behind a word."""
    return () if role in {"from", "to"} else (part + role, f"{part}of{role}")


def _table(spellings: dict[str, str]) -> dict[str, tuple[str, ...]]:
    return {name: words_of(words) for name, words in spellings.items()}


# The tables are made when a header is asked about first: there are a hundred thousand spellings.


@cache
def parcel_words() -> dict[str, tuple[str, ...]]:
    """Spellings of each field of a parcel."""
    return {**_table(PARCEL_SPELLINGS), **_of_parties(PARTS)}


@cache
def piece_words() -> dict[str, tuple[str, ...]]:
    """Spellings of each field of a piece."""
    return _table(PIECE_SPELLINGS)


@cache
def second_words() -> dict[str, tuple[str, ...]]:
    """Spellings that fill a field only when no better column does."""
    plain = _table({name: words for name, words in SECOND_CHOICE.items() if name != "name"})
    return plain | _of_parties({"name": SECOND_CHOICE["name"]})


@cache
def together_words() -> dict[str, tuple[str, int]]:
    """Words of columns that are a part of a field: the field, and which part."""
    return {
        word: (name, place)
        for part, columns in PARTS_TOGETHER.items()
        for place, spellings in enumerate(columns)
        for name, words in _of_parties({part: spellings}, is_whole=False).items()
        for word in words
    }


@cache
def price_words() -> tuple[str, ...]:
    """Spellings of money that may be the value of one unit or of all."""
    return words_of(OF_ONE_OR_ALL)


@cache
def whose_words() -> dict[str, str]:
    """Spellings of a part of an address that do not say whose it is."""
    return {word: part for part, words in WHOSE.items() for word in words_of(words)}
