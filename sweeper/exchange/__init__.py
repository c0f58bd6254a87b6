"""Signatures of other programs, in and out.

    airhound   the portable JSON format v1 of AirHound, FlockOff, Marauder and others
    lists      Kismet's manufacturer and alert lists; tables (CSV) with one indicator a line
    stix       STIX 2.1: indicators, and findings as sightings of them (library ``stix2``, extra ``stix``)

In between stands ``rules``: indicators and how they are combined. What another format cannot say, or ours
cannot, is left out by name, never bent.
"""
