"""Messages over real HTTP, to a receiver that is broken, busy, slow, elsewhere, and well at last."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from operator_world import Time
from webhook_server import Receiver, receiving

from chiplog.bucket.memory import MemoryBucket
from chiplog_operator.alerts import Alerts
from chiplog_operator.deliveries import Answer
from chiplog_operator.metrics import Metrics
from chiplog_operator.notices import Notice
from chiplog_operator.notifier import GATHER_SECONDS, Notifier
from chiplog_operator.outbox import Outbox
from chiplog_operator.posting import HttpPoster
from chiplog_operator.subscriptions import Channels

NOTICE = Notice("d1", "ops", "failed", "team", "mnist-3f2a9c10", "failed, Error: exit code 1")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def poster(tmp_path: Path, receiver: Receiver) -> HttpPoster:
    (tmp_path / "ops").write_text(receiver.url + "\n")
    return HttpPoster(str(tmp_path), timeout_seconds=1.5)


def test_a_message_gets_through_a_broken_a_busy_and_a_slow_receiver(poster: HttpPoster, receiver: Receiver) -> None:
    receiver.answers = [(500, {}), (429, {"Retry-After": "30"}), (0, {}), (200, {})]
    clock, bucket, metrics = Time(), MemoryBucket(), Metrics()
    notifier = Notifier(Channels({"ops": frozenset("*")}), Outbox(bucket, "c1", clock), Alerts(bucket, "c1", clock),
                        poster, metrics, clock, lambda: 1.0)  # fmt: skip
    notifier.outbox.add([NOTICE])
    sent_at = []
    while len(notifier.outbox):
        before = len(receiver.got)
        clock.now += 1.0
        notifier.deliver()
        sent_at += [clock.now] * (len(receiver.got) - before)
    pauses = [later - earlier for earlier, later in itertools.pairwise(sent_at)]
    assert pauses == [2, 30, 8]  # Twice by doubling, once as the receiver asked.
    assert set(receiver.texts()) == {"*failed* `team/mnist-3f2a9c10`: failed, Error: exit code 1 [c1]"}
    assert len({headers["Idempotency-Key"] for headers, _ in receiver.got}) == 1
    assert {headers["X-Chiplog-Notices"] for headers, _ in receiver.got} == {"d1"}
    assert metrics.value("notices_total", channel="ops", result="again") == 3
    assert GATHER_SECONDS <= sent_at[0] - Time().now < GATHER_SECONDS + 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_receiver_that_is_elsewhere_is_not_followed(poster: HttpPoster, receiver: Receiver, status: int) -> None:
    receiver.answers = [(status, {"Location": "/elsewhere"})]
    assert poster.post("ops", {"text": "x"}, ["d1"]).status == status
    assert receiver.paths == ["/services/SECRET"]


def test_an_address_that_changed_holds_at_once(poster: HttpPoster, receiver: Receiver, tmp_path: Path) -> None:
    (tmp_path / "ops").write_text(receiver.url.replace("SECRET", "OTHER"))
    poster.post("ops", {"text": "x"}, ["d1"])
    assert receiver.paths == ["/services/OTHER"]


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/SECRET",
        "file:///etc/SECRET",
        "SECRET",
        "http://[SECRET",
        "http://h/SECRET\x00x",
        "http://SECRET:x/",
    ],
)
def test_what_goes_wrong_never_says_the_address(address: str, tmp_path: Path) -> None:
    (tmp_path / "ops").write_text(address)
    answer = HttpPoster(str(tmp_path), 0.2).post("ops", {"text": "x"}, ["d1"])
    assert answer.status == 0
    assert answer.said
    assert "SECRET" not in answer.said


def test_a_channel_without_an_address_says_where_it_belongs(tmp_path: Path) -> None:
    answer = HttpPoster(str(tmp_path)).post("ops", {"text": "x"}, ["d1"])
    assert answer == Answer(0, said="the Secret of operator.notifications has no key 'ops'")


def test_many_notices_leave_headers_that_servers_take(poster: HttpPoster, receiver: Receiver) -> None:
    assert poster.post("ops", {"text": "x"}, [f"{number:016x}" for number in range(1000)]).status == 200
    assert sum(len(name) + len(value) for name, value in receiver.got[0][0].items()) < 4096
