"""Bounds of the script host. Nothing in this process grows past one of these."""

MAX_FRAME_BYTES = 64 * 1024 * 1024
"""Largest frame to or from the master."""

MAX_FRAMES_WAITING = 1024
"""Frames of the master that were read and not yet looked at; then the pipe itself holds them back."""

MAX_BYTES_TO_WRITE = 128 * 1024 * 1024
"""Frames waiting for the master to read them; a script that sends more gets an error."""

MAX_DELIVERIES_WAITING = 10_000
"""Messages and events that wait for the script's listeners; more are dropped, and that is said once."""

CATCH_UP_TIMEOUT_S = 1.0
"""How long a hook waits for messages that came before it, so that a script sees both in order."""

STATS_MAX_AGE_S = 0.5
"""Age at which figures of a run that is on are asked for anew."""

SHAPE_TICK_S = 1.0
"""Time from one `tick()` of a load shape to the next."""

EXIT_GRACE_S = 5.0
"""What the script's own clean-up may take after the master said `exit`; then the process ends as it is."""
