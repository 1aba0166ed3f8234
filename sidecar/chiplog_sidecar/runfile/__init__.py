"""Our own run file as a kind of followed file: framing, decoding, and both put together."""
