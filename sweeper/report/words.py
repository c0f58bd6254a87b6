"""Headings and fixed texts of the report, in the reader's language: one place for all its renderers."""

from __future__ import annotations

from sweeper.labels import mark
from sweeper.language import Language
from sweeper.report.model import Section

WORDS = {
    "report": mark("Sweep report"),
    "summary": mark("Summary"),
    "findings": mark("Findings"),
    "overview": mark("All findings"),
    "informative": mark("For information"),
    "why": mark("Why"),
    "benign": mark("May also be"),
    "next": mark("What next"),
    "evidence": mark("Evidence"),
    "about": mark("About"),
    "number": mark("No."),
    "verdict": mark("Verdict"),
    "verdict_open": mark("open"),
    "verdict_explained": mark("explained"),
    "verdict_suspicious": mark("suspicious"),
    "verdict_confirmed": mark("confirmed"),
    "name": mark("Name"),
    "date": mark("Date"),
    "signature": mark("Signed"),
    "coverage": mark("Coverage"),
    "heard": mark("What was listened to"),
    "unheard": mark("What was not listened to"),
    "missed": mark("What could have been missed"),
    "device_class": mark("Kind of device"),
    "reach": mark("Listened to"),
    "meaning": mark("What this means"),
    "spectra": mark("Spectrum"),
    "signals": mark("Signals and devices heard"),
    "inputs": mark("Recordings and receivers"),
    "events": mark("Events during the sweep"),
    "made": mark("How these results were made"),
    "demo": mark("DEMO"),
    "page": mark("Page"),
    "nothing": mark("Nothing."),
}


def words(language: Language) -> dict[str, str]:
    """Every heading by its name."""
    return {name: language.gettext(text) for name, text in WORDS.items()}


def guide(language: Language) -> Section:
    """What a person does who has found a device."""
    _ = language.gettext
    return Section(
        title=_("If you find a device"),
        steps=(
            _(
                "Stop talking about it near the device. Do not touch it, unplug it, open it, switch it off "
                "or "
                "try it out."
            ),
            _(
                "Leave for a safe place as if nothing had happened. If you fear for yourself, go to a police "
                "station, not home."
            ),
            _(
                "Photograph it where it is: from afar, from nearer, close. Note the time, the place and "
                "who was "
                "there. No people in the pictures."
            ),
            _("Tell only those who must know, from another telephone and from another place."),
            _(
                "Call the police (102 in Kazakhstan); in an office, the head of security or a licensed "
                "technician. Do not keep the device, use it, power it or sell it."
            ),
            _(
                "Let the specialist or the police remove it: gloves, bag, label, seal number, signature, "
                "time. "
                "Then go on looking: one device may be a decoy."
            ),
        ),
    )


def limits(language: Language) -> Section:
    """What a sweep by radio cannot do, always printed."""
    _ = language.gettext
    return Section(
        title=_("Limits"),
        steps=(
            _(
                "The program proposes; a person decides. A finding is a reason to look, not a proof. Most "
                "searches "
                "end without a device."
            ),
            _(
                "Only what transmitted while it was listened to, strongly enough to reach the receiver, "
                "could be "
                "heard. That nothing was found does not mean that nothing is there."
            ),
            _(
                "A radio sweep does not find spyware on a telephone or computer. If you suspect that, ask "
                "a service "
                "for forensic examination of telephones, and do not delete anything before."
            ),
            _(
                "No content of transmissions was decoded. The program only received; it did not transmit, "
                "disturb "
                "or replay anything."
            ),
        ),
    )
