"""Flags of `Session.submit`. The values are the engine's; tests check that they agree.

They are repeated here so that the package can be imported, and its pure parts tested, without the extension.
"""

DEFER = 1
STREAM = 2
NO_REDIRECT = 4
