"""The recorder: tails what a run writes and ships it to the bucket, beside a training container or a local command.

The pipeline is the file list: sources, stream, batch, cargo (files), shipping, recorder. It never talks to Kubernetes
and never writes into a trainer's directory.
"""
