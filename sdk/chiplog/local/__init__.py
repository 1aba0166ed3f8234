"""Runs without Kubernetes: where they stand, what they are called, who lives, and their documents.

A local bucket has one owner, whoever runs the command; nothing here starts a process or writes to a bucket.
"""
