"""The configuration files of containerd, CNI, kubelet and DNS on the node, as text; it must not write or start any."""

import json

from chiplog_cluster.node import CONTAINERD_SOCKET, RUN, Node

PAUSE_IMAGE = "localhost/chiplog-pause:dev"
MAX_PODS = 200


def files_of(node: Node) -> dict[str, str]:
    """Every configuration file by its path under the node's state folder."""
    return {
        "etc/containerd.toml": containerd(),
        "etc/cni/10-chiplog.conflist": cni(node),
        "etc/kubelet.json": kubelet(node),
        "etc/resolv.conf": "# Nothing outside this machine is reachable from the node, so there is nobody to ask.\n",
        "etc/hosts": f"127.0.0.1 localhost\n{node.ranges.node} {node.name}\n",
    }


def containerd() -> str:
    """containerd 1.6's configuration (2.x migrates it by itself).

    `restrict_oom_score_adj` keeps runc alive where root lacks CAP_SYS_RESOURCE.
    """
    return f"""version = 2
root = "{RUN}/containerd"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]
[grpc]
  address = "{CONTAINERD_SOCKET}"
[plugins."io.containerd.internal.v1.opt"]
  path = "/run/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{RUN}/etc/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
"""


def cni(node: Node) -> str:
    """One bridge for all pods; the leases lie on a tmpfs, for no pod outlives the node's namespaces."""
    bridge = {
        "type": "bridge",
        "bridge": "pods",
        "isGateway": True,
        "ipMasq": True,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "dataDir": "/run/cni",
            "ranges": [[{"subnet": str(node.ranges.pods)}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    portmap = {"type": "portmap", "capabilities": {"portMappings": True}}
    return json.dumps({"cniVersion": "0.4.0", "name": "chiplog", "plugins": [bridge, portmap]}, indent=1)


def kubelet(node: Node) -> str:
    """The kubelet's configuration; see https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/."""
    return json.dumps({**_identity(node), **_paths(), **_limits(node)}, indent=1)


def _identity(node: Node) -> dict[str, object]:
    pki = RUN / "pki"
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(pki / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(pki / "kubelet-server.crt"),
        "tlsPrivateKeyFile": str(pki / "kubelet-server.key"),
        "clusterDomain": "cluster.local",
        "clusterDNS": [str(node.ranges.dns)],
    }


def _paths() -> dict[str, object]:
    return {
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "podLogsDir": str(RUN / "log" / "pods"),
        "volumePluginDir": str(RUN / "kubelet" / "volume-plugins"),
        "resolvConf": str(RUN / "etc" / "resolv.conf"),
    }


def _limits(node: Node) -> dict[str, object]:
    """Images have no registry to come back from, so none is collected; disks are shared, so eviction waits long."""
    return {
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{node.cgroup}",
        "cgroupsPerQOS": True,
        "enforceNodeAllocatable": ["pods"],
        "failCgroupV1": False,
        "failSwapOn": False,
        "maxPods": MAX_PODS,
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "evictionHard": {
            "memory.available": "100Mi",
            "nodefs.available": "1%",
            "nodefs.inodesFree": "1%",
            "imagefs.available": "1%",
        },
    }
