"""Users for other clients."""
