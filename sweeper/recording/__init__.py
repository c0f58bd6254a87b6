"""A recording on disk: what it is, and its records. See ``probing`` for how it is told.

probe(path, format=..., rate_hz=..., center_hz=...) -> Probe      or InputError, one clear line
read(probe, source, problems) -> records, streamed                nothing is held beyond one block
expand(paths) -> inputs                                           a folder stands for what is in it
"""

from sweeper.recording.folders import Input, expand
from sweeper.recording.overrides import Overrides
from sweeper.recording.probing import Probe, probe
from sweeper.recording.problems import Problems
from sweeper.recording.reading import read

__all__ = ["Input", "Overrides", "Probe", "Problems", "expand", "probe", "read"]
