"""Sentences that are not in a declaration: what is put around a feature's sentence, and what states of a parcel say."""

from __future__ import annotations

from features.handling.direction import Direction
from features.handling.states import State
from features.text import Text, text

TYPICAL_ON_LANE = "{sentence} (usual on this lane: {typical})"
TYPICAL = "{sentence} (usual for all parcels: {typical})"
WORD = "{sentence}: {word}"
NOT_KNOWN = "{feature} is not known"
OTHER_FEATURE = "{feature} is {value}"
FRAMES = (TYPICAL_ON_LANE, TYPICAL, WORD, NOT_KNOWN, OTHER_FEATURE)
"""What is put around a sentence, or stands for one that no declaration gives."""
WORD_SAID = 'Parcels with the word "{word}" in their description held contraband in {value:.0%} of inspections'
"""What is said of the riskiest word of a description."""
FLAGS_SAID = {"postcode_form": text("A postcode does not have the form that its country uses.")}
"""Flags that are said otherwise of a parcel than of a field, by code."""
STATES_SAID = {
    State.DECLARED: text("The parcel is declared."),
    State.CANCELLED: text("The operator cancelled the parcel."),
    State.DEPARTED: text("The parcel left the country of dispatch."),
    State.ARRIVED: text("The parcel arrived."),
    State.IN_HALL: text("The parcel is in the hall."),
    State.PRESENTED: text("The parcel was presented to customs."),
    State.IN_EXAMINATION: text("The parcel is being examined."),
    State.HELD: text("The parcel is held."),
    State.RELEASED: text("The parcel was given back by customs."),
    State.HANDED_OVER: text("The parcel was handed over for delivery."),
    State.DELIVERED: text("The parcel was delivered."),
    State.RETURNED: text("The parcel was returned."),
    State.SEIZED: text("The parcel was seized."),
    State.DESTROYED: text("The parcel was destroyed."),
    State.LOST_SIGHT_OF: text("The parcel is lost sight of."),
}
"""Sentence of each state."""
STATE_WORDS: dict[State, Text] = {
    State.DECLARED: text("declared"),
    State.CANCELLED: text("cancelled"),
    State.DEPARTED: text("departed"),
    State.ARRIVED: text("arrived"),
    State.IN_HALL: text("in the hall"),
    State.PRESENTED: text("presented"),
    State.IN_EXAMINATION: text("in examination"),
    State.HELD: text("held"),
    State.RELEASED: text("released"),
    State.HANDED_OVER: text("handed over"),
    State.DELIVERED: text("delivered"),
    State.RETURNED: text("returned"),
    State.SEIZED: text("seized"),
    State.DESTROYED: text("destroyed"),
    State.LOST_SIGHT_OF: text("lost sight of"),
}
"""The same in a word or two."""
DIRECTION_WORDS: dict[Direction, Text] = {
    Direction.IMPORT: text("import"),
    Direction.EXPORT: text("export"),
    Direction.TRANSIT: text("transit"),
    Direction.INTRA_UNION: text("intra union"),
    Direction.DOMESTIC: text("domestic"),
    Direction.RETURN: text("return"),
    Direction.REDIRECTION: text("redirection"),
    Direction.UNKNOWN: text("unknown"),
}
"""Ways of an item."""
DIRECTION_SOURCES: dict[str, Text] = {
    "label": text("label"),
    "link": text("link"),
    "events": text("events"),
    "category": text("category"),
    "countries": text("countries"),
    "offices": text("offices"),
}
"""What a direction is known from."""
