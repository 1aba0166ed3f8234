"""Creates an object whose content is known by its digest with one signed request; it judges no refusal.

botocore takes twice the CPU for such a PUT, most of it for what the PUT has no need of. This takes its signer and its
connections alone. Whatever the store answers but "done" or "it is there" is left to the ordinary client, which asks
again, corrects a clock, and knows what the answer means.
"""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import botocore.exceptions
from botocore.awsrequest import AWSRequest

from chiplog.bucket import skew

CREATED, PRESENT = 200, 412

_PLACEHOLDER = "key"


class Creator:
    """Creates objects of one bucket.

    Args:
        client: a boto3 S3 client.
        bucket: the bucket's name.
        known: how far the store's clock is from ours.
        on_request: `on_request(operation, bytes)` counts.
    """

    def __init__(
        self, client: Any, bucket: str, known: skew.Skew, on_request: Callable[[str, int], None] | None
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._known = known
        self._on_request = on_request
        self._base = ""

    def create(self, key: str, data: bytes, sha256: str) -> int:
        """CREATED by this request, PRESENT from before, or 0 where the ordinary client must ask."""
        try:
            request = self._request(key, data, sha256)
            if self._on_request is not None:
                self._on_request("PutObject", len(data))
            answer = self._client._endpoint.http_session.send(request)
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, OSError, RuntimeError):
            return 0
        return answer.status_code if answer.status_code in (CREATED, PRESENT) else 0

    def _request(self, key: str, data: bytes, sha256: str) -> Any:
        headers = {
            "If-None-Match": "*",
            "X-Amz-Checksum-Sha256": base64.b64encode(bytes.fromhex(sha256)).decode(),
            "User-Agent": "chiplog",
        }
        request = AWSRequest("PUT", f"{self._address()}{quote(key, safe='/~')}", headers, data)
        self._known.mark(request.context)
        keys = self._client._request_signer._credentials.get_frozen_credentials()
        _Signer(keys, self._client.meta.region_name, sha256).add_auth(request)
        return request.prepare()

    def _address(self) -> str:
        """The bucket's own URL, as the ordinary client makes it: with the name in its path or in its host."""
        if not self._base:
            place = {"Bucket": self._bucket, "Key": _PLACEHOLDER}
            url = self._client.generate_presigned_url("put_object", Params=place)
            self._base = url.partition("?")[0].removesuffix(_PLACEHOLDER)
        return self._base


class _Signer(skew.Signer):
    """Signs a content whose SHA-256 is known, without another look at it."""

    def __init__(self, keys: Any, region: str, sha256: str) -> None:
        super().__init__(keys, "s3", region)
        self._sha256 = sha256

    def payload(self, request: Any) -> str:  # noqa: ARG002  # botocore's name of it
        return self._sha256
