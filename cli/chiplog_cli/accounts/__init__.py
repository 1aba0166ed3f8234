"""Accounts on one machine: contexts, each a place and a credential by reference; no secret stands in a context."""
