"""Exchange between authorities: signed packages of indicators, typologies and seizure records, and receipts."""

from policy.exchange.codes import PAPS, TLPS, Handling, Urgency
from policy.exchange.items import Indicator, Item, SeizureRecord, SentTypology, item_of
from policy.exchange.package import Package, Receipt, opened, receipt_opened, sign_package, sign_receipt
from policy.exchange.partners import Partner, load_partners
from policy.exchange.problems import ExchangeError

__all__ = [
    "PAPS",
    "TLPS",
    "ExchangeError",
    "Handling",
    "Indicator",
    "Item",
    "Package",
    "Partner",
    "Receipt",
    "SeizureRecord",
    "SentTypology",
    "Urgency",
    "item_of",
    "load_partners",
    "opened",
    "receipt_opened",
    "sign_package",
    "sign_receipt",
]
