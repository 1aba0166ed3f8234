"""What can be said of a token without anybody's word on it; nothing here is a proof."""

import hashlib


def is_plausible(text: str) -> bool:
    """Whether a text may be a ServiceAccount's token: the API server is not asked about noise."""
    return text.isascii() and text.count(".") == 2


def digest(token: str) -> bytes:
    """A key to remember a token by, so that no list of live tokens lies in memory."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
