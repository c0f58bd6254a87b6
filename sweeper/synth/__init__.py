"""Made-up scenes: what is on the air, rendered as a receiver, a Bluetooth and a Wi-Fi adapter would hear it.

Pure: a scene and a time in, samples, advertisements and frames out, always the same ones for the same seed.
Used by the demo, for training, and for recordings whose content is known exactly; everything written from
here is labelled synthetic.
"""

from sweeper.synth.scene import Scene, load

__all__ = ["Scene", "load"]
