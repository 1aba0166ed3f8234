"""The release's dashboard with a sign-on at a real provider, and a browser that reaches it; it tests nothing.

The provider runs beside the test and not in a pod: at an address of this machine that pods reach as well, so that it
has one name, and by TLS, for nothing else is let name people. Browsers call the dashboard localhost, as the provider
sends them back there, and are led to its Service.
"""

import json
import secrets
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import embedded
import identity_provider
import pages
import yaml
from playwright.sync_api import Browser
from provider_process import Canaille
from tls import Authority

NAMESPACE = "chiplog-system"
URL = "http://localhost:8090"
NAME = "page-sign-on"
"""Of the objects that are made for it."""

GROUP = "oidc:ml"
"""Ada's, as RBAC knows it."""


@dataclass(frozen=True)
class Dashboard:
    """The release's dashboard, at which ada and bob sign on."""

    browser: Browser
    url: str = URL

    def signed_on(self, name: str, path: str = "/") -> tuple[pages.BrowserContext, pages.Page]:
        """Somebody's own browser, who opened a link and had to sign on first."""
        context = self.context()
        page = context.new_page()
        page.goto(f"{self.url}{path}")
        pages.sign_on(page, name)
        return context, page

    def context(self, **more: Any) -> pages.BrowserContext:
        """A browser of somebody who has not signed on. That this machine does not know the provider's authority is
        no trouble of the page's."""
        return self.browser.new_context(viewport={"width": 1280, "height": 800}, ignore_https_errors=True, **more)


@contextmanager
def dashboard(folder: Path, namespace: str) -> Iterator[Dashboard]:
    """It, while the group `ml` may edit what is in a namespace; the release is as it was afterwards."""
    canaille = Canaille(folder, f"{URL}/auth/callback", host_address(), Authority.make(folder, "authority"))
    before = json.loads(helm("status", "chiplog", "-o", "json"))["version"]
    with ExitStack() as ends:
        objects = yaml.safe_dump_all(_objects(folder, namespace))
        ends.callback(embedded.kubectl, "delete", "-f", "-", "--ignore-not-found", "--wait=false", stdin=objects)
        # Not an upgrade to the values of before: after one that failed it leaves what that one added.
        ends.callback(helm, "rollback", "chiplog", str(before), "--wait", "--timeout=120s")
        ends.callback(canaille.stop)
        canaille.rotate()
        embedded.kubectl("apply", "-f", "-", stdin=objects)
        words = ("--reuse-values", "-f", "-", "--wait", "--timeout=240s")
        helm("upgrade", "chiplog", "charts/chiplog", *words, stdin=yaml.safe_dump(_values(canaille.issuer)))
        with pages.chromium(f"--host-resolver-rules=MAP localhost:8090 {_service()}") as browser:
            yield Dashboard(browser)


def host_address() -> str:
    """The address of this machine at which the node's pods reach it: the one from which it speaks to the node."""
    nodes = json.loads(embedded.kubectl("get", "nodes", "-o", "json"))["items"]
    addresses = nodes[0]["status"]["addresses"]
    node = next(item["address"] for item in addresses if item["type"] == "InternalIP")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.connect((node, 9))  # Nothing is sent: the kernel chooses the way.
        return str(asked.getsockname()[0])


def helm(*arguments: str, stdin: str | None = None) -> str:
    """Run helm on the release's namespace and give its output."""
    command = ["helm", *arguments, "-n", NAMESPACE]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _service() -> str:
    return str(embedded.get("service", "chiplog-dashboard", NAMESPACE)["spec"]["clusterIP"]) + ":8090"


def _values(issuer: str) -> dict[str, Any]:
    oidc = {
        "issuer": issuer, "clientId": identity_provider.CLIENT, "secretName": NAME, "caConfigMap": NAME,
        "groupsPrefix": "oidc:", "linkDays": 7,
    }  # fmt: skip
    return {"dashboard": {"signOn": {"url": URL, "oidc": oidc}}}


def _objects(folder: Path, namespace: str) -> list[dict[str, Any]]:
    """The client's secret, the provider's authority, and what the group may."""
    place = {"name": NAME, "namespace": NAMESPACE}
    told = {"client-secret": identity_provider.SECRET, "cookie-keys": secrets.token_hex(32)}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"}
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": GROUP}
    return [
        {"apiVersion": "v1", "kind": "Secret", "metadata": place, "stringData": told},
        {
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": place,
            "data": {"ca.crt": (folder / "authority.crt").read_text()},
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": NAME, "namespace": namespace}, "roleRef": role, "subjects": [subject],
        },
    ]  # fmt: skip
