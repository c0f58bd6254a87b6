"""Made-up scenes: what is on the air, rendered as a receiver, a Bluetooth and a Wi-Fi adapter would hear it.

Pure: a scene and a time in, samples, advertisements and frames out, always the same ones for the same seed.
Used by the demo, for training, and for recordings whose content is known exactly; everything written from
here is labelled synthetic.
"""

from sweeper.synth.files import FORMATS, demo_scene, recordings_folder, write
from sweeper.synth.scene import Scene, load

__all__ = ["FORMATS", "Scene", "demo_scene", "load", "recordings_folder", "write"]
