"""The manifests of CoreDNS and the S3 server: rendered whole, with the node's own addresses and images."""

import json
import stat
from typing import Any

import pytest
import yaml

from chiplog_cluster import configuration, services
from chiplog_cluster.node import Node


def manifests(node: Node) -> dict[tuple[str, str], Any]:
    folder = node.checkout.package / "manifests"
    texts = [services.render(path.read_text(), services.parameters(node)) for path in sorted(folder.glob("*.yaml"))]
    documents = [document for text in texts for document in yaml.safe_load_all(text)]
    return {(document["kind"], document["metadata"]["name"]): document for document in documents}


def test_services_have_the_nodes_fixed_addresses(node: Node) -> None:
    rendered = manifests(node)
    assert rendered["Service", "kube-dns"]["spec"]["clusterIP"] == str(node.ranges.dns)
    assert rendered["Service", "s3"]["spec"]["clusterIP"] == str(node.ranges.s3)
    assert [port["port"] for port in rendered["Service", "s3"]["spec"]["ports"]] == [7070, 7071]


def test_every_container_runs_an_image_that_is_imported(node: Node) -> None:
    ours = {image.reference for image in services.images(node.checkout)}
    deployments = [document for (kind, _), document in manifests(node).items() if kind == "Deployment"]
    used = [container["image"] for one in deployments for container in one["spec"]["template"]["spec"]["containers"]]
    assert len(used) == 3
    assert set(used) < ours
    assert configuration.PAUSE_IMAGE in ours


def test_no_image_is_ever_pulled(node: Node) -> None:
    text = json.dumps(list(manifests(node).values()))
    assert text.count('"imagePullPolicy": "IfNotPresent"') == 3


def test_s3_data_lies_in_the_state_folder_so_that_it_survives(node: Node) -> None:
    volumes = manifests(node)["Deployment", "s3"]["spec"]["template"]["spec"]["volumes"]
    assert volumes[0]["hostPath"]["path"] == "/run/node/s3"


def test_the_issuers_keys_are_readable_without_a_token(node: Node) -> None:
    binding = manifests(node)["ClusterRoleBinding", "chiplog:issuer-discovery"]
    assert binding["roleRef"]["name"] == "system:service-account-issuer-discovery"
    assert [subject["name"] for subject in binding["subjects"]] == ["system:unauthenticated"]


def test_the_root_key_is_made_once_and_only_root_reads_it(node: Node) -> None:
    first = services.root_key(node)
    assert services.root_key(node) == first
    assert stat.S_IMODE((node.state / "s3-root-key.json").stat().st_mode) == 0o600


def test_a_manifest_that_names_an_unknown_value_is_refused() -> None:
    with pytest.raises(KeyError, match="nobody_knows"):
        services.render("image: ${nobody_knows}", {"image": "x"})
