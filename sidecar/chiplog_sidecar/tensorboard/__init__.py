"""Reads the event files of TensorBoard's writers: bytes to records to rows. It opens no file and knows no bucket."""
