"""sweeper finds hidden surveillance devices by what they transmit. It only receives."""

__version__ = "0.1.0"
