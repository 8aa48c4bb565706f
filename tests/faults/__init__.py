"""Every verb, interrupted everywhere: what it publishes is whole or not there."""
