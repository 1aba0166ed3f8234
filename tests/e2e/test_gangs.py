"""Two workers of one run that really meet, by the variables of torchrun and the names of the headless Service."""

import embedded
import pytest

from chiplog import layout, records
from chiplog.bucket import Bucket

pytestmark = pytest.mark.e2e

RENDEZVOUS = """
import json, socket
rank, world = int(os.environ["PET_NODE_RANK"]), int(os.environ["PET_NNODES"])
place = (os.environ["PET_MASTER_ADDR"], int(os.environ["PET_MASTER_PORT"]))
assert os.environ["RANK"] == os.environ["NODE_RANK"] == os.environ["JOB_COMPLETION_INDEX"] == str(rank)
assert os.environ["PET_RDZV_ENDPOINT"] == "%s:%d" % place and os.environ["WORLD_SIZE"] == str(world)
if rank == 0:
    server = socket.create_server(("", place[1]))
    peers = [server.accept()[0] for _ in range(world - 1)]
    ranks = sorted(int(peer.makefile().readline()) for peer in peers)
    for peer in peers:
        peer.sendall(b"go\\n")
else:
    for _ in range(600):
        try:
            peer = socket.create_connection(place, timeout=5)
            break
        except OSError:
            time.sleep(0.2)
    peer.sendall(b"%d\\n" % rank)
    assert peer.makefile().readline() == "go\\n"
    ranks = [0]
run.log({"met": sum(ranks) + 1, "rank": rank})
train(5, 0.05)
"""


def test_two_workers_meet_and_are_one_run(bucket: Bucket, cluster: str, granted: str, run_name: str) -> None:
    embedded.apply(embedded.training_run(run_name, RENDEZVOUS, parallelism=2), granted)
    embedded.wait_condition(run_name, granted, "Complete", seconds=180)
    embedded.wait_condition(run_name, granted, "Durable")
    status = embedded.status(run_name, granted)
    assert (status["state"], status["attempts"], status["recorders"]) == ("finished", 1, 2)
    pods = embedded.pods(run_name, granted)
    assert len(pods) == 2
    for pod in pods:
        assert len(embedded.steps(bucket, embedded.recorder(pod, cluster))) == 6
    place = layout.outcome_key(layout.Run(cluster, granted, status["runId"]))
    outcome = records.unpack_document(bucket.get(place).data, records.OUTCOME_FORMAT, place)
    [attempt] = outcome["attempts"]
    assert [binding["rank"] for binding in attempt["recorders"]] == [0, 1]


def test_the_service_of_a_gang_goes_with_its_run(granted: str, run_name: str) -> None:
    embedded.apply(embedded.training_run(run_name, "time.sleep(600)", parallelism=2), granted)
    identity = embedded.until("a Job", lambda: embedded.status(run_name, granted).get("jobName"))
    assert embedded.get("service", identity, granted)["spec"]["clusterIP"] == "None"
    embedded.kubectl("delete", "trainingrun", run_name, "-n", granted, "--timeout=20s")
    gone = ("get", "service,job", identity, "-n", granted, "--ignore-not-found", "-o", "name")
    embedded.until("Service and Job are gone", lambda: embedded.kubectl(*gone) == "")
