"""Sweeps: which trials a Sweep makes, stops and counts; only their pass talks to anybody."""
