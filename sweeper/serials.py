"""What to do with a tracker that was found: how to read its serial number, and what must not be lost by it.

The serial number leads to the owner: makers keep it with the account and tell it to the police. Where it is
differs by kind. The IETF's DULT protocol asks of every tag that it shows its identifier to whoever holds it,
by NFC or, after a button was pressed, by Bluetooth; AirTags have both NFC and an engraving.

Reading by NFC opens a web page of the maker, who then learns the reader's internet address: that is said.
"""

from __future__ import annotations

from sweeper.text import Phrase, say

_AIRTAG = (
    say(
        "Hold the top of a phone with NFC to its white side: the page that opens shows the serial number and"
        " the last digits of the owner's telephone number."
    ),
    say("The serial number is also engraved inside: press the steel side, turn it left, lift it off."),
)
_BY_NFC_OR_BUTTON = (
    say(
        "Hold the top of a phone with NFC to it; if nothing opens, press and hold its button for five seconds"
        " and try again: such tags have to show their identifier to whoever holds them."
    ),
    say("If it has no button, look for a number or QR code on the case or under the battery's lid."),
)
_SMARTTAG = (
    say(
        "Hold the top of a phone with NFC to it: a SmartTag2 shows its owner's message. Older ones have none."
    ),
    say("The serial number stands inside, under the battery."),
)
_PRINTED = (say("Look for a number or QR code on its back or under the battery's lid."),)
_SIM = (
    say("Look for the IMEI on its label or under the SIM card: the network's operator can name the owner."),
)

_BY_KIND = {
    "airtag": _AIRTAG,
    "findmy_third_party": _BY_NFC_OR_BUTTON,
    "google_findhub": _BY_NFC_OR_BUTTON,
    "dult_accessory": _BY_NFC_OR_BUTTON,
    "chipolo": _BY_NFC_OR_BUTTON,
    "pebblebee": _BY_NFC_OR_BUTTON,
    "samsung_smarttag": _SMARTTAG,
    "tractive_gps_pet_tracker": _SIM,
    "gps_tracker": _SIM,
}
"""By kind, as results name them; what is not here has at most a printed number."""

_ALWAYS = (
    say("Photograph it where it is, with the serial number, before you move it or switch it off."),
    say(
        "Without its battery it falls silent, and its owner can see that; if you feel threatened, ask the"
        " police first."
    ),
)
_PRIVACY = say(
    "The page belongs to the maker, who sees that somebody read the tag: use another's phone if that matters."
)


def reading_the_serial(kind: str) -> tuple[Phrase, ...]:
    """How to read the serial number of one of this kind, the surest way first."""
    return _BY_KIND.get(kind, _PRINTED)


def when_found(kind: str) -> tuple[Phrase, ...]:
    """All that is to be done once the tag is in the hand."""
    how = reading_the_serial(kind)
    by_nfc = how in (_AIRTAG, _BY_NFC_OR_BUTTON, _SMARTTAG)
    return (_ALWAYS[0], *how, *((_PRIVACY,) if by_nfc else ()), *_ALWAYS[1:])
