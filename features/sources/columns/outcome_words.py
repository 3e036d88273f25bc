"""Words in which registers of inspections and seizures say what was found, and the headers above them."""

from __future__ import annotations

from functools import cache

from features.parcel.fields import CAUSES, FINDING_CLASSES, METHODS, RESULTS
from features.sources.columns.spellings import PARCEL_SPELLINGS, squeezed, words_of

_HEADERS = {
    "parcel_id": PARCEL_SPELLINGS["parcel_id"],
    "operator": PARCEL_SPELLINGS["operator"],
    "result": (
        "results outcome finding findings inspection_result inspection_outcome result_of_inspection check_result "
        "control_result examination_result search_result screening_result positive_negative hit seized seized_y_n "
        "seized_yes_no seizure is_seized contraband is_contraband contraband_found illicit is_illicit label found "
        "positive befund ergebnis kontrollergebnis pruefergebnis beschauergebnis resultat resultat_du_controle "
        "resultado resultado_de_la_inspeccion resultado_del_control risultato esito esito_del_controllo uitslag "
        "resultaat wynik wynik_kontroli rezultat rezultat_kontroli vysledek vysledek_kontroly результат "
        "результат_досмотра 结果 检查结果 查验结果"
    ),
    "inspected_at": (
        "inspected inspected_on inspection_date inspection_time date_of_inspection date_inspected control_date "
        "check_date checked_at checked_on examination_date examined_at examined_on date_of_examination opened_on "
        "opening_date seizure_date date_of_seizure seized_at seized_on date_seized date_of_find date day "
        "kontrolldatum pruefdatum beschaudatum sicherstellungsdatum datum_der_kontrolle datum_der_sicherstellung "
        "datum date_de_controle date_du_controle date_de_saisie fecha fecha_de_inspeccion fecha_de_control "
        "fecha_de_incautacion data data_del_controllo data_del_sequestro datum_controle data_kontroli "
        "data_zatrzymania дата дата_досмотра дата_изъятия 日期 检查日期 查验日期"
    ),
    "known_at": (
        "known known_on result_date date_of_result result_known_at laboratory_date lab_date date_of_laboratory "
        "ergebnisdatum datum_des_ergebnisses date_du_resultat fecha_del_resultado data_wyniku"
    ),
    "finding_class": (
        "class class_of_goods drug drugs drug_type type_of_drug drug_class drug_name substance substance_type "
        "narcotic narcotics contraband_type type_of_contraband contraband_class seized_goods goods_seized "
        "goods_found item_seized type_of_seizure droge drogen drogenart stoff stoffart substanz suchtmittel "
        "suchtgift rauschgift rauschgiftart betaeubungsmittel drogue type_de_drogue stupefiant stupefiants "
        "substancia sustancia droga drogas tipo_de_droga estupefaciente sostanza tipo_di_droga stupefacente drugssoort "
        "narkotyk rodzaj_narkotyku substancja наркотик вещество вид_наркотика 毒品 毒品种类"
    ),
    "method": (
        "inspection_method method_of_inspection control_method type_of_inspection inspection_type kontrollart "
        "kontrollmethode methode methode_de_controle metodo metodo_de_inspeccion metodo_di_controllo metoda "
        "metoda_kontroli способ_досмотра 检查方法"
    ),
    "cause": "reason_for_inspection reason_for_selection selection_reason selected_because selected_by",
    "station": "inspection_station screening_station",
}
_MEANINGS = {
    "result": {
        "found": (
            "positive pos hit seized seizure confiscated contraband contraband_found illicit illegal yes y true t 1 "
            "detected drugs drugs_found drug_found goods_found prohibited_goods treffer positiv fund gefunden "
            "sichergestellt beschlagnahmt aufgriff ja j positif saisi saisie trouve oui o positivo incautado "
            "incautacion decomisado hallazgo si s sequestrato sequestro trovato in_beslag_genomen gevonden pozytywny "
            "znaleziono zatrzymano zatrzymana ujawniono tak positivni nalezeno ano да найдено изъято обнаружено "
            "положительный 是 有 阳性 查获 发现"
        ),
        "nothing_found": (
            "nothing negative neg clean clear cleared no_find no_finding no_findings not_found nothing_detected "
            "not_detected no_contraband no_drugs no_hit nil none no n false f 0 licit legal ohne_befund ohne_fund "
            "ohne_feststellung kein_befund kein_fund kein_treffer keine_feststellung o_b negativ nein nichts "
            "nichts_gefunden unauffaellig rien neant rien_trouve rien_a_signaler ras negatif non aucun negativo nada "
            "ninguna ninguno sin_hallazgo sin_hallazgos sin_novedad niente nessuno nessun_ritrovamento niets "
            "niets_gevonden geen nee negatywny nic nie nie_znaleziono brak bez_wyniku negativni nic_nenalezeno "
            "ne нет ничего не_найдено "
            "не_обнаружено отрицательный 否 无 阴性 未发现 没有"
        ),
        "not_presented": (
            "missing not_received not_available not_produced absent lost nicht_gestellt nicht_vorgefuehrt "
            "nicht_vorhanden non_presente non_trouve no_presentado non_presentato nie_przedstawiono не_предъявлено "
            "未提交"
        ),
    },
    "finding_class": {
        "cannabis": (
            "cannabis marijuana marihuana hashish haschisch hasch hash hasj haszysz resin cannabis_resin "
            "cannabis_herb herbal_cannabis cannabisharz cannabisblueten hhc thc weed конопля марихуана гашиш 大麻"
        ),
        "cocaine": (
            "cocaine cocain kokain cocaina kokaina kokain_hcl cocaine_hcl coke crack crack_cocaine кокаин 可卡因"
        ),
        "heroin": "heroin heroine heroina eroina diamorphine opium героин 海洛因",
        "synthetic": (
            "synthetic_drug synthetic_drugs synthetics mdma ecstasy xtc amphetamine amphetamines amphetamin "
            "amfetamine amfetamina amfetamin anfetamina anfetaminas speed methamphetamine methamphetamin "
            "metamfetamina meth crystal crystal_meth ketamine ketamin ketamina lsd nps new_psychoactive_substance "
            "new_psychoactive_substances mephedrone mefedron mephedron 3_mmc 4_mmc 3_cmc 4_cmc cathinone cathinones "
            "synthetic_cathinones synthetic_cannabinoids synthetic_cannabinoid spice 2c_b ghb gbl dmt амфетамин "
            "метамфетамин мефедрон 冰毒 摇头丸 氯胺酮"
        ),
        "fentanyl": ("fentanil fentanyls fentanyl_analogue carfentanil carfentanyl nitazene nitazenes фентанил 芬太尼"),
        "medicines": (
            "medicine medication medicinal_products medicament medicaments medikament medikamente arzneimittel "
            "pharmaceuticals pharmaceutical drugs_prescription prescription_drugs steroids anabolics "
            "anabolic_steroids tramadol pregabalin benzodiazepines diazepam alprazolam medicamentos medicinali leki "
            "лекарства 药品"
        ),
        "tobacco": (
            "cigarettes cigarette zigaretten tabak tabac tabaco tabacco tyton papierosy cigarros cigars snus shisha "
            "табак сигареты 烟草 香烟"
        ),
        "weapon": (
            "weapons firearm firearms gun guns ammunition explosive explosives knife knives waffe waffen schusswaffe "
            "munition messer arme armes arma armas armi bron оружие 武器"
        ),
        "other": "others sonstige sonstiges andere autre autres otro otros altro overig inne другое 其他",
    },
    "method": {
        "opened": (
            "open opening unpacked physical physical_examination physical_inspection manual geoeffnet oeffnung "
            "ouvert ouverture abierto apertura aperto otwarto вскрытие 开箱"
        ),
        "xray": (
            "x_ray x_rayed xrayed rx scan scanner scanned roentgen rontgen radiographie rayos_x raggi_x rtg рентген x光"
        ),
        "dog": (
            "dogs k9 k_9 canine sniffer_dog detector_dog hund spuerhund drogenspuerhund chien perro cane pies собака 犬"
        ),
        "trace": "swab swabbed trace_detection ion_scan ionscan ims etd",
        "documents": "document document_check documentary dokumente dokumentenpruefung",
        "laboratory": "lab lab_test labor laboratoire laboratorio laboratorium лаборатория 实验室",
    },
    "cause": {
        "random": (
            "random_check random_selection chance sample stichprobe zufall zufallsauswahl aleatoire aleatorio losowo"
        ),
        "rule": "profile risk_profile profil risikoprofil",
        "list": "watch_list watchlist list_hit",
        "score": "model risk_score",
        "report": "tip tip_off hint hinweis",
    },
}
_CHOICES = {"result": RESULTS, "finding_class": FINDING_CLASSES, "method": METHODS, "cause": CAUSES}
CHOSEN = tuple(_CHOICES)
"""Fields of an outcome that hold one of a few words."""


@cache
def outcome_words() -> dict[str, tuple[str, ...]]:
    """Spellings of each field of an outcome."""
    return {name: words_of(words) for name, words in _HEADERS.items()}


@cache
def _meant(field: str) -> dict[str, str]:
    """Choices by the letters and digits of their words; the field's own names go first."""
    words = {word: choice for choice, given in _MEANINGS[field].items() for word in map(squeezed, given.split())}
    return words | {squeezed(choice): choice for choice in _CHOICES[field]}


def meaning(field: str, text: str) -> str | None:
    """What a text says in a field of an outcome: one of its choices; None where its word is not known."""
    if text in _CHOICES[field]:
        return text
    bare = text.strip().removesuffix(".0")  # as programs write a label that they took for a number
    return _meant(field).get(squeezed(bare.strip("-–—.!?*()[]'\"")))
