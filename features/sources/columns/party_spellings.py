"""How headers call the parties of a parcel, and what belongs to a party: a part of the table of `spellings`."""

from __future__ import annotations

ROLES = {
    "sender": "sender shipper consignor exporter seller from ship_from shipped_from shpr absender abs versender "
    "expediteur remitente mittente afzender 发件人 寄件人 "
    "verzender remetente nadawca nadawcy отправитель отправителя avsandare "
    "avsender odesilatel felado gonderen gonderici 发货人 寄件 发件 寄方 差出人 送り主 발송인 보내는사람",
    "recipient": "recipient receiver consignee importer buyer addressee to ship_to deliver_to delivery cnee "
    "empfaenger empfanger empf destinataire destinatario ontvanger 收件人 "
    "geadresseerde destinataria adresat adresata odbiorca odbiorcy получатель получателя "
    "mottagare modtager mottaker vastaanottaja prijemce cimzett alici 收货人 收件 收方 受取人 お届け先 수취인 받는사람",
}
PARTS = {
    "name": "name full_name naam nom nombre 姓名 "
    "nome nome_completo nome_e_cognome nombre_completo nombre_y_apellidos vor_und_nachname name_vorname "
    "nom_prenom nom_et_prenom nom_complet nazwa imie_i_nazwisko nazwisko фио имя "
    "наименование namn navn nimi jmeno nev ad_soyad 名称 氏名 名前 성명 이름",
    "street": "street street_name street_address address address_1 address1 address_line_1 address_line1 line_1 line1 "
    "addr_1 addr1 addr strasse anschrift adresse direccion rue 地址 "
    "street_and_number street_house_number full_address strasse_und_hausnummer "
    "strasse_hausnummer strasse_nr strasse_hausnr voie adresse_1 adresse_ligne_1 via indirizzo calle "
    "domicilio direccion_1 morada rua endereco logradouro straat straat_en_huisnummer adres ulica адрес "
    "улица adress gata gatuadress gade gateadresse osoite utca cim ulice adresa 详细地址 街道 街道地址 住所 주소",
    "number": "number house_number house_no street_number building_number hausnummer "
    "huisnummer numero_civico nr_domu numer_domu дом номер_дома house",
    "additional": "additional line_2 line2 "
    "address_2 address2 address_line_2 address_line2 addr_2 addr2 suite apartment "
    "adresszusatz zusatz complement complement_adresse complemento toevoeging adresse_ligne_2 adresse_2 "
    "direccion_2 ",
    "po_box": "po_box pobox post_box postfach",
    "postcode": "postcode post_code postal_code zip zip_code postal plz code_postal codigo_postal 邮编 "
    "zip_postal_code postal_zip zip_postcode zipcode_postcode postleitzahl cp cap cep kod_pocztowy kod "
    "индекс почтовый_индекс postnummer postnr psc iranyitoszam 邮政编码 郵便番号 우편번호",
    "city": "city town locality city_town ort stadt ville ciudad 城市 "
    "town_city city_locality suburb wohnort plaats woonplaats commune localite poblacion municipio "
    "localidad localidade cidade citta localita comune miasto miejscowosc город населенный_пункт by "
    "kaupunki mesto varos sehir 市 도시",
    "subdivision": "subdivision state province region county state_province state_or_province 省 "
    "bundesland kanton departement provincia estado wojewodztwo область регион 州 州省 都道府県",
    "country": "country cc ctry cntry country_code country_iso country_iso_code land pays pais 国家 "
    "country_region iso_country iso_country_code country_iso2 country_iso_2 country_name nation paese "
    "nazione kraj страна maa orszag ulke zeme 国 国别 国家代码 国家二字码 국가",
    "phone": "phone phone_number phone_no telephone telephone_number tel tel_no mobile mobile_number telefon 电话 "
    "contact_number contact_no contact_phone phone_1 phone1 tel_nr telefonnummer telefonnr handy mobil "
    "numero_telephone numero_de_telephone no_telephone portable telefono numero_de_telefono movil celular "
    "telefone telemovel cellulare telefoonnummer telefoon numer_telefonu nr_telefonu телефон "
    "номер_телефона puhelin 手机 手机号 手机号码 联系电话 电话号码 電話番号 전화번호",
    "email": "email e_mail email_address mail "
    "emailid mail_address e_mail_adresse email_adresse courriel adresse_mail correo correo_electronico "
    "posta_elettronica adres_email эл_почта электронная_почта 邮箱 电子邮箱",
    "tax_id": "tax_id tax_number tax_no vat vat_number vat_no vat_id eori eori_number tin "
    "vat_eori eori_vat steuernummer ust_id ust_idnr nip инн partita_iva codice_fiscale "
    "nif cif cpf cnpj cpf_cnpj tva numero_tva btw_nummer 税号",
    "account": "account account_number account_no customer_number",
}
GIVEN_NAME, MIDDLE_NAME, FAMILY_NAME = (
    "first_name firstname given_name forename vorname prenom voornaam imie имя nombre primer_nombre nombre_de_pila "
    "fornavn fornamn",
    "middle_name second_name отчество patronymic tussenvoegsel segundo_nombre",
    "last_name lastname surname family_name nachname familienname nom_de_famille achternaam nazwisko фамилия apellido "
    "apellidos cognome sobrenome apelido efternavn efternamn",
)
SECOND_LINE, THIRD_LINE, FOURTH_LINE = (
    "line_2 line2 address_2 address2 address_line_2 address_line2 addr_2 addr2 adresse_2 street_2 street2",
    "line_3 line3 address_3 address3 address_line_3 address_line3 addr_3 addr3 adresse_3 street_3 street3",
    "line_4 line4 address_4 address4 address_line_4 address_line4 addr_4 addr4 adresse_4",
)
PARTS_TOGETHER = {"name": (GIVEN_NAME, MIDDLE_NAME, FAMILY_NAME), "additional": (SECOND_LINE, THIRD_LINE, FOURTH_LINE)}
"""Parts of one field that tables have in columns of their own, in their order."""
_SHORT = {
    *(
        "cc",
        "line_1",
        "line1",
        "cp",
        "cap",
        "kod",
        "via",
        "by",
        "maa",
        "house",
        "nome",
        "市",
        "国",
        "州",
        "psc",
        "cif",
        "nif",
    ),
    *("名称", "наименование", "nazwa", "estado", "voie"),
}
WHOSE = {
    part: " ".join(word for word in spellings.split() if word not in _SHORT)
    for part, spellings in PARTS.items()
    if part not in {"number", "additional", "account"}
}
"""Parts of an address that do not say whose they are: asked about while a party is incomplete."""
