"""What the host and its people see of a node: environment, kubeconfig, cgroups, answers."""

import base64
import json
import struct
import subprocess
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from chiplog_cluster import certificates, cgroups, commands, envfile, kubeconfigs, readiness, slots
from chiplog_cluster.checkout import Checkout
from chiplog_cluster.errors import ClusterError
from chiplog_cluster.node import Node

PEM = """-----BEGIN CERTIFICATE-----
aGVsbG8=
-----END CERTIFICATE-----
"""


def test_a_terminal_that_reads_the_file_uses_this_node_and_no_proxy(node: Node) -> None:
    dirty = {"PATH": "/bin:/usr/bin", "AWS_CA_BUNDLE": "/ca.pem", "NO_PROXY": "localhost", "AWS_PROFILE": "work"}
    script = f"{envfile.render(node)}\nenv -0"
    done = subprocess.run(["bash", "-c", script], env=dirty, capture_output=True, text=True, check=True)
    seen = dict(line.split("=", 1) for line in done.stdout.split("\0") if line)
    assert seen["CHIPLOG_BUCKET"] == "s3://chiplog/demo"
    assert seen["AWS_ENDPOINT_URL_S3"] == f"http://{node.ranges.s3}:7070"
    assert seen["AWS_ENDPOINT_URL_STS"] == f"http://{node.ranges.s3}:7071"
    assert seen["KUBECONFIG"] == str(node.kubeconfig)
    assert seen["PATH"].split(":")[:2] == [str(node.checkout.binaries), str(node.checkout.venv / "bin")]
    assert seen["NO_PROXY"].startswith("localhost,")
    assert str(node.ranges.s3) in seen["no_proxy"].split(",")
    assert not {"AWS_CA_BUNDLE", "AWS_PROFILE"} & set(seen)


def test_a_kubeconfig_holds_its_certificates(tmp_path: Path) -> None:
    for name in ("ca.crt", "admin.crt", "admin.key"):
        (tmp_path / name).write_text(name)
    document = json.loads(kubeconfigs.render(tmp_path, "admin", "https://198.19.252.2:6443", "chiplog"))
    (cluster,), (user,) = document["clusters"], document["users"]
    assert cluster["cluster"]["server"] == "https://198.19.252.2:6443"
    assert base64.b64decode(cluster["cluster"]["certificate-authority-data"]) == b"ca.crt"
    assert base64.b64decode(user["user"]["client-key-data"]) == b"admin.key"
    assert document["current-context"] == document["contexts"][0]["name"]


def test_the_api_servers_certificate_serves_all_its_names(node: Node) -> None:
    (api,) = [one for one in certificates.wanted(node) if one.name == "apiserver"]
    assert {"kubernetes.default.svc", "127.0.0.1", str(node.ranges.api_service), str(node.ranges.node)} < set(api.names)


def test_a_thumbprint_is_the_sha1_of_the_der_form(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text(PEM)
    assert certificates.thumbprint(tmp_path / "ca.crt") == "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"


def test_on_cgroup_1_every_controller_gets_the_nodes_cgroup_with_its_cpus(node: Node, tmp_path: Path) -> None:
    root = tmp_path / "cgroup"
    root.mkdir()
    for controller in ("cpu", "cpuset", "unified"):
        (root / controller).mkdir()
        (root / controller / "cgroup.procs").write_text("")
    (root / "cpuset" / "cpuset.cpus").write_text("0-1\n")
    (root / "cpuset" / "cpuset.mems").write_text("0\n")
    cgroups.create(node, root)
    assert (root / "cpu" / node.cgroup).is_dir()
    assert (root / "cpuset" / node.cgroup / "cpuset.cpus").read_text() == "0-1\n"
    assert not (root / "unified" / node.cgroup).exists()


def test_on_cgroup_2_the_nodes_cgroup_may_hand_on_every_controller(node: Node, tmp_path: Path) -> None:
    root = tmp_path / "cgroup"
    root.mkdir()
    (root / "cgroup.controllers").write_text("cpu memory")
    (root / node.cgroup).mkdir()
    (root / node.cgroup / "cgroup.controllers").write_text("memory")
    cgroups.create(node, root)
    assert (root / "cgroup.subtree_control").read_text() == "+memory"
    assert (root / node.cgroup / "cgroup.subtree_control").read_text() == "+memory"


def test_removing_cgroups_takes_the_nodes_whole_tree_and_leaves_others(node: Node, tmp_path: Path) -> None:
    root = tmp_path / "cgroup"
    (root / "cpu" / node.cgroup / "kubepods" / "pod1").mkdir(parents=True)
    (root / "unified" / node.cgroup).mkdir(parents=True)
    (root / "cpu" / "another").mkdir()
    cgroups.remove(node, root)
    assert sorted(str(path.relative_to(root)) for path in root.rglob("*")) == ["cpu", "cpu/another", "unified"]


def test_a_dns_query_asks_for_one_address() -> None:
    query = readiness.dns_query("a.bc")
    assert query[12:] == b"\x01a\x02bc\x00\x00\x01\x00\x01"
    assert struct.unpack(">H", query[4:6]) == (1,)


def test_the_address_of_a_dns_reply_is_read() -> None:
    header = struct.pack(">6H", 1, 0x8180, 1, 1, 0, 0)
    record = b"\xc0\x0c" + struct.pack(">2HIH", 1, 1, 5, 4) + IPv4Address("198.18.7.1").packed
    assert readiness.dns_address(header + b"\x01a\x00\x00\x01\x00\x01" + record) == IPv4Address("198.18.7.1")


@pytest.mark.parametrize("reply", [b"", b"short", struct.pack(">6H", 1, 0x8183, 1, 0, 0, 0) + b"\0\0\1\0\1"])
def test_a_dns_reply_without_an_answer_has_no_address(reply: bytes) -> None:
    assert readiness.dns_address(reply) is None


def test_waiting_in_vain_names_the_log() -> None:
    with pytest.raises(ClusterError, match="after 0 s nothing happened: see the log"):
        readiness.wait("nothing happened", lambda: False, 0, "the log")


def test_an_ended_program_is_an_error_with_what_it_said() -> None:
    with pytest.raises(ClusterError, match=r"(?s)ended with 3:.*broken"):
        commands.run(["sh", "-c", "echo broken >&2; exit 3"])


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "http_proxy", "AWS_CA_BUNDLE", "SSL_CERT_FILE", "KUBECONFIG"])
def test_our_programs_never_ask_a_proxy_a_foreign_authority_or_another_cluster(name: str) -> None:
    assert commands.without_foreign({name: "x", "HOME": "/root"}) == {"HOME": "/root"}


def test_a_checkout_that_was_never_up_has_no_node(checkout: Checkout) -> None:
    assert slots.existing_node(checkout, "demo") is None


def test_a_node_keeps_its_slot_as_long_as_its_state_is_there(checkout: Checkout) -> None:
    (checkout.state / "demo").mkdir(parents=True)
    (checkout.state / "demo" / "slot").write_text("42")
    assert slots.claim_node(checkout, "demo") == Node(checkout, "demo", 42)
