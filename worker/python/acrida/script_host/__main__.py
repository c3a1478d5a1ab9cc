"""`python -m acrida.script_host`."""

import sys

import acrida  # noqa: F401  (patches the standard library before anything else is imported)
from acrida.script_host.main import main

sys.exit(main())
