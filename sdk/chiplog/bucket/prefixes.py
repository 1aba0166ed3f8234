"""Takes the folders out of a LIST's answer before botocore's parser sees it, which gets whatever looks unfamiliar.

botocore builds an element, a shape and a dict for each of a thousand folders, which is three quarters of what such a
request costs a reader: a list of 10,000 runs asks for ten. The answer's form is S3's `ListBucketResult`.
"""

import re
from html import unescape
from typing import Any

_FOLDER = re.compile(rb"<CommonPrefixes>\s*<Prefix>([^<]*)</Prefix>\s*</CommonPrefixes>")


def take(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """A handler of botocore's `before-parse.s3.ListObjectsV2`; names stay encoded, as the parser would leave them."""
    body = response_dict["body"]
    if response_dict["status_code"] != 200 or not (found := _FOLDER.findall(body)):
        return
    try:
        folders = [{"Prefix": unescape(name.decode())} for name in found]
    except UnicodeDecodeError:
        return
    response_dict["body"] = _FOLDER.sub(b"", body)
    customized_response_dict["CommonPrefixes"] = folders
