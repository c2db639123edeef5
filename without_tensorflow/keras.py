"""Keras, which comes with TensorFlow: see tensorflow.py."""

import sys
from importlib import import_module

import tensorflow  # noqa: F401  (from here on it answers for Keras, too)

del sys.modules[__name__]
sys.modules[__name__] = import_module(__name__)
