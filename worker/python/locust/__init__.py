"""`import locust` gives Acrida: the same module object, under the name that locustfiles use."""

import sys

import acrida
from acrida import *  # noqa: F403  (for editors and type checkers: they do not see the line below)

sys.modules[__name__] = acrida
