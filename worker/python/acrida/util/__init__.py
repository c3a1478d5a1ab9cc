"""Small helpers that locustfiles import from `locust.util`."""
