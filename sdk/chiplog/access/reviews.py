"""The API server's word on tokens and rights, for servers; of the contract it alone imports the kubernetes client.

It speaks plain dictionaries and asks three questions that change nothing: TokenReview, SubjectAccessReview, and what
is known of a key.
"""

import json
from typing import Any, Self

import kubernetes.client
import kubernetes.config
import urllib3
import urllib3.exceptions

from chiplog.access import Person, Right, Unanswered, keys
from chiplog.access.keys import Key

TIMEOUT_SECONDS = (3.0, 5.0)
"""To connect, and to be answered: somebody waits for it."""

MAX_CONNECTIONS = 8

RETRIES = urllib3.Retry(1, connect=1, read=False, redirect=False, status=False, respect_retry_after_header=False)

_TOKENS = "/apis/authentication.k8s.io/v1/tokenreviews"
_RIGHTS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_GROUP = "chiplog.dev"


class Reviews:
    """A real API server's answers; threads may share it.

    Args:
        client: an ApiClient of the kubernetes package.
        audience: whom tokens must be made out to.
    """

    def __init__(self, client: Any, audience: str) -> None:
        self._client = client
        self._audience = audience

    @classmethod
    def connect(cls, audience: str) -> Self:
        """Find the API server. Raises Unanswered where neither a ServiceAccount nor a kubeconfig is there."""
        configuration = kubernetes.client.Configuration()
        try:
            try:
                kubernetes.config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
            except kubernetes.config.ConfigException:
                kubernetes.config.load_kube_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        except kubernetes.config.ConfigException as error:
            raise Unanswered(f"neither a ServiceAccount nor a kubeconfig leads to an API server: {error}") from error
        configuration.connection_pool_maxsize = MAX_CONNECTIONS
        configuration.retries = RETRIES
        return cls(kubernetes.client.ApiClient(configuration), audience)

    def person(self, token: str) -> Person | None:
        """Whose token this is, by a TokenReview for our audience alone. Raises Unanswered."""
        review = {"kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1",
                  "spec": {"token": token, "audiences": [self._audience]}}  # fmt: skip
        status = self.ask(_TOKENS, review)
        # An authenticator that knows no audiences names none, and then the token may be meant for somebody else.
        if status.get("authenticated") is not True or self._audience not in (status.get("audiences") or []):
            return None
        user = status.get("user") or {}
        extra = tuple(sorted((key, tuple(values)) for key, values in (user.get("extra") or {}).items()))
        groups = tuple(user.get("groups") or ())
        return Person(user["username"], groups, user.get("uid") or "", extra) if user.get("username") else None

    def may(self, person: Person, right: Right) -> bool:
        """Whether RBAC gives somebody a right, by a SubjectAccessReview. Raises Unanswered."""
        wanted = {"group": _GROUP, "resource": right.resource, "verb": right.verb, "namespace": right.namespace,
                  **({"name": right.name} if right.name else {})}  # fmt: skip
        spec = {"user": person.name, "groups": list(person.groups), "uid": person.uid,
                "extra": {key: list(values) for key, values in person.extra}, "resourceAttributes": wanted}  # fmt: skip
        review = {"kind": "SubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "spec": spec}
        status = self.ask(_RIGHTS, review)
        return status.get("allowed") is True and status.get("denied") is not True

    def key(self, handle: str) -> Key | None:
        """What is known of a key; None where there is none of that handle. Raises Unanswered."""
        status, account = self.request("GET", f"{keys.ACCOUNTS}/{handle}")
        if status == 404:
            return None
        if status != 200:
            raise Unanswered(f"the API server does not show the key {handle}: {account.get('message')}")
        return keys.key(account)

    def ask(self, path: str, review: dict[str, Any]) -> dict[str, Any]:
        """The status of a review. Raises Unanswered."""
        status, document = self.request("POST", path, review)
        if not 200 <= status < 300:
            raise Unanswered(f"the API server refuses a {review['kind']}: {document.get('message')}")
        return dict(document.get("status") or {})

    def request(
        self, method: str, path: str, body: dict[str, Any] | None = None, content: str = "application/json"
    ) -> tuple[int, dict[str, Any]]:
        """One request: the status code and the document. Raises Unanswered."""
        headers = {"Accept": "application/json", **({"Content-Type": content} if body is not None else {})}
        request = self._client.param_serialize(
            method, path, header_params=headers, body=body, auth_settings=["BearerToken"]
        )
        what = f"a {body['kind']}" if body and "kind" in body else f"{method} {path}"
        try:
            answer = self._client.call_api(*request, _request_timeout=TIMEOUT_SECONDS)
            return answer.status, dict(json.loads(answer.read()))
        except kubernetes.client.ApiException as error:
            raise Unanswered(f"the API server does not answer {what}: {error.reason}") from error
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise Unanswered(f"the API server does not answer {what}: {type(error).__name__}") from error
