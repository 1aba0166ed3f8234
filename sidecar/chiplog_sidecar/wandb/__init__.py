"""Reads what unmodified wandb writes offline: bytes to records to rows. It opens no file and knows no bucket."""
