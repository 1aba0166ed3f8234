"""What of a run, its heads and its alerts people are told, and how often: once."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from operator_world import KEY, RUN_ID, SETTINGS, START, FatalBucket, Fate, Time, World, live, training_run

from chiplog import layout, records
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import Unreachable
from chiplog_operator import names, slack, times
from chiplog_operator.alerts import Alerts
from chiplog_operator.deliveries import Answer
from chiplog_operator.metrics import Metrics
from chiplog_operator.notices import Notice
from chiplog_operator.notifier import GATHER_SECONDS, Notifier
from chiplog_operator.outbox import Outbox
from chiplog_operator.subscriptions import Channels

CHANNELS = Channels({"ops": frozenset({"*"}), "nlp": frozenset({"speech"})}, "ops")
ALL: dict[str, Any] = {"events": ["failed", "silent", "nan", "alert", "gate", "lost", "finished"]}
PLACE = layout.Recorder(SETTINGS.cluster, KEY.namespace, "uid-p1")


@dataclass
class Mailbox:
    """A poster that keeps what it is given."""

    answers: list[int] = field(default_factory=lambda: [200])
    sent: list[tuple[str, str]] = field(default_factory=list)

    def post(self, channel: str, message: dict[str, str], digests: Any) -> Answer:
        self.sent.append((channel, message["text"]))
        return Answer(self.answers[min(len(self.sent), len(self.answers)) - 1])


class Told(World):
    """A run and whom it tells."""

    channels = CHANNELS

    def __init__(self, notify: Any = ALL, **spec: Any) -> None:
        self.mail = Mailbox()
        super().__init__(training_run(**({"notify": notify} if notify is not None else {}), **spec))

    def start_operator(self) -> None:
        super().start_operator()
        outbox, alerts = Outbox(self.bucket, "c1", self.clock), Alerts(self.bucket, "c1", self.clock)
        self.notifier = Notifier(self.channels, outbox, alerts, self.mail, self.metrics, self.clock, lambda: 0.5)
        object.__setattr__(self.reconciler, "notify", self.notifier.of_run)
        object.__setattr__(self.reconciler, "notify_problem", self.notifier.problem)

    def mails(self) -> list[str]:
        """Time goes by, and all that is due is sent; gives every text so far."""
        self.clock.now += GATHER_SECONDS
        self.notifier.deliver()
        return [text for _, text in self.mail.sent]

    def train(self) -> None:
        self.passes()
        self.make_pod()
        self.run_pod()
        self.record()
        self.passes(1)

    def fail(self) -> None:
        self.end_pod(code=1)
        self.end_job("Failed", "BackoffLimitExceeded", "x")
        self.record(state="drained", exit_code=1)
        self.passes(2)

    def put_live(self, alerts: int, tail: list[records.Row] = [], **told: Any) -> None:  # noqa: B006
        """The recorder writes a live object with alerts, of which `tail` are in no segment."""
        head = live(PLACE, **told)
        head["streams"][0]["kinds"]["alert"] = alerts
        packed = records.pack_live(head, records.pack_tail([("s1", row) for row in tail]))
        MemoryBucket.put(self.bucket, layout.live_key(PLACE), packed)


def alert(at: int, title: str = "loss", **more: Any) -> records.Row:
    return {"at": at, "kind": "alert", "title": title, "text": "it <rises> @all", "level": "WARN", **more}


def test_a_run_that_fails_is_told_once_with_its_reason_and_how_far_it_came() -> None:
    world = Told()
    world.train()
    world.fail()
    [text] = world.mails()
    assert text.startswith(f"*failed* `team/{RUN_ID}`: failed, Error: attempt 1 ended: Error, exit code 1 (pod p1)")
    assert text.endswith("(step 4, loss 0.5) [c1]")
    for _ in range(3):
        world.passes(60)
        assert world.mails() == [text]


@pytest.mark.parametrize("notify", [None, {"events": []}, {"events": ["nan"]}, {"channel": "nlp"}, {"channel": "no"}])
def test_nobody_is_told_of_what_nobody_asked_for_or_where_the_namespace_may_not(notify: Any) -> None:
    world = Told(notify)
    world.train()
    world.fail()
    assert world.mails() == []


@pytest.mark.parametrize(
    ("notify", "said"),
    [
        ({"channel": "nlp"}, "spec.notify: namespace team may not use the channel 'nlp'"),
        ({"channel": "https://x"}, "spec.notify: namespace team may not use the channel 'https://x'"),
    ],
)
def test_a_channel_that_may_not_be_used_is_said_in_an_event(notify: Any, said: str) -> None:
    world = Told(notify)
    world.passes()
    world.passes(1)
    assert [event["note"] for event in world.cluster.events.values() if event["reason"] == "NotifyRefused"] == [said]


def test_an_installation_without_a_default_channel_says_so() -> None:
    world = Told({})
    world.notifier.channels = Channels()
    world.passes()
    [note] = [event["note"] for event in world.cluster.events.values() if event["reason"] == "NotifyRefused"]
    assert note == "spec.notify names no channel, and operator.notifications.default of the chart names none"


def test_an_end_that_somebody_asked_for_is_no_news() -> None:
    world = Told()
    world.train()
    world.cluster.runs[KEY]["spec"]["stop"] = {"reason": "Stopped"}
    world.end_pod(code=143)
    world.end_job("Failed", "DeadlineExceeded", "x")
    world.passes(2)
    assert world.status["state"] == "killed"
    assert world.mails() == []


def test_a_metric_that_is_no_number_is_told_once_in_an_attempt() -> None:
    world = Told()
    world.train()
    world.record(step=7, loss={"$number": "NaN"})
    world.passes(15)
    world.record(step=8, loss={"$number": "NaN"})
    world.passes(15)
    assert world.mails() == [f"*nan* `team/{RUN_ID}`: loss is NaN at step 7 [c1]"]


def test_a_silence_is_told_and_another_one_again() -> None:
    world = Told()
    world.prober.answer = world.prober.answer.__class__("silent")
    world.train()
    told = []
    for _ in range(2):
        for _ in range(3):
            world.passes(300)
        assert world.status["state"] == "silent"
        told = world.mails()
        world.record()
        world.passes(1)
        world.passes(14)
        assert world.status["state"] == "running"
    assert len(told) == 2
    assert "*silent*" in told[0]
    assert "stalled: nothing was heard of it since" in told[0]


def test_what_happens_together_is_one_message() -> None:
    world = Told()
    world.train()
    world.record(loss={"$number": "Infinity"})
    world.passes(15)
    world.fail()
    [text] = world.mails()
    assert [line[:10] for line in text.splitlines()] == ["*2 notices", "• *nan* `t", "• *failed*"]


def test_a_finished_run_is_told_where_that_is_asked_for_alone() -> None:
    for notify, expected in ((ALL, 1), ({}, 0)):
        world = Told(notify)
        world.train()
        world.end_pod()
        world.end_job()
        world.record(state="drained", exit_code=0)
        world.passes(2)
        assert len(world.mails()) == expected


def test_a_gate_that_does_not_hold_is_told() -> None:
    world = Told(gates=[{"metric": "loss", "goal": "minimize", "limit": 0.1}])
    world.train()
    world.end_pod()
    world.end_job()
    world.record(state="drained", exit_code=0)
    world.passes(2)
    [text] = world.mails()
    assert "*gate*" in text
    assert "loss 0.5 is above 0.1, the limit" in text


def test_a_night_is_told_of_without_asking() -> None:
    world = Told(None)
    world.cluster.runs[KEY]["metadata"] |= {
        "labels": {names.LINE_LABEL: "nightly"},
        "annotations": {names.LINE_UID_ANNOTATION: "u", names.SCHEDULED_ANNOTATION: times.text(START)},
    }
    world.train()
    world.fail()
    assert len(world.mails()) == 1


class TestAlerts:
    def test_an_alert_is_told_once_and_makes_no_mention(self) -> None:
        world = Told()
        world.train()
        for _ in range(2):
            world.put_live(1, [alert(11)])
            world.passes(15)
        [text] = world.mails()
        assert text == f"*alert* `team/{RUN_ID}`: WARN loss: it &lt;rises&gt; @\u200ball [c1]"

    def test_one_that_nobody_saw_before_it_was_cut_is_read_from_its_segment(self) -> None:
        world = Told()
        world.train()
        head: records.SegmentHead = {
            "format": records.SEGMENT_FORMAT, "min_reader": 1, "cluster": "c1", "namespace": "team",
            "recorder": "uid-p1", "stream": "s1", "kind": "wandb", "container": "trainer", "path": "x",
            "generation": 0, "start": 0, "end": 20, "rows": 2,
        }  # fmt: skip
        packed = records.pack_segment(head, [alert(11), alert(15, title="other")])
        MemoryBucket.put(world.bucket, layout.segment_key(PLACE, "s1", 0, 20), packed)
        world.put_live(2)
        world.passes(15)
        assert "*2 notices*" in world.mails()[0]
        world.bucket.gets.clear()
        world.put_live(2, step=9)
        world.passes(15)
        assert not [key for key in world.bucket.gets if "/raw/" in key]
        assert len(world.mails()) == 1

    def test_a_title_that_shall_wait_is_not_told_again_before(self) -> None:
        world = Told()
        world.train()
        wait = {"wait_milliseconds": 60_000}
        world.put_live(2, [alert(11, **wait), alert(12, **wait)])
        world.passes(15)
        world.put_live(3, [alert(11, **wait), alert(12, **wait), alert(13, **wait)])
        world.passes(61)
        world.mails()
        [(_, text)] = world.mail.sent
        assert text.count("*alert*") == 2

    def test_a_loop_of_alerts_ends(self) -> None:
        world = Told()
        world.train()
        world.put_live(300, [alert(at) for at in range(300)])
        world.passes(15)
        assert len(world.notifier.outbox) == 100


class TestLives:
    """What an operator that dies leaves behind."""

    def test_what_was_told_is_not_told_again_by_another_operator(self) -> None:
        world = Told()
        world.train()
        world.record(loss={"$number": "NaN"})
        world.passes(15)
        assert len(world.mails()) == 1
        world.start_operator()
        world.passes(15)
        assert len(world.mails()) == 1

    def test_what_was_not_sent_is_sent_by_the_next(self) -> None:
        world = Told()
        world.train()
        world.fail()
        assert world.status["state"] == "failed"
        world.start_operator()
        assert len(world.mails()) == 1

    def test_wherever_it_dies_everything_is_told_at_least_once_and_a_repeat_is_the_same(self) -> None:
        for death in range(1, 30):
            world = Told()
            world.train()
            world.fate.die_after, world.fate.writes = death, []
            for step in (world.fail, lambda world=world: world.passes(2), world.mails, world.mails):
                try:
                    step()
                except BaseException as error:
                    if type(error).__name__ != "Killed":
                        raise
                    world.start_operator()
                    world.passes(1)
            world.mails()
            texts = {text for _, text in world.mail.sent}
            assert len(texts) == 1, death
            assert len(world.mail.sent) <= 2, death

    def test_a_store_that_is_down_holds_no_message_up_and_learns_of_it_later(self) -> None:
        world = Told()
        world.train()
        world.bucket.fault = Unreachable("down")
        world.end_pod(code=1)
        world.end_job("Failed", "BackoffLimitExceeded", "x")
        world.reconciler.reconcile(KEY)
        assert len(world.mails()) == 1
        world.bucket.fault = None
        world.clock.now += 60
        assert len(world.mails()) == 1
        world.start_operator()
        world.passes(1)
        assert [text.split()[0] for text in world.mails()] == ["*failed*", "*lost*"]

    def test_two_operators_for_a_moment_lose_nothing_of_each_other(self) -> None:
        bucket, clock = FatalBucket(Time(), Fate()), Time()
        first, second = Outbox(bucket, "c1", clock), Outbox(bucket, "c1", clock)
        first.add([notice(1)])
        second.add([notice(2)])
        first.add([notice(3)])
        first.settle(["1"])
        second.add([notice(1), notice(4)])
        assert [item.notice.digest for item in Outbox(bucket, "c1", clock).waiting()] == ["2", "3", "4"]

    def test_an_object_that_is_damaged_is_left_and_people_are_told_all_the_same(self) -> None:
        world = Told()
        world.train()
        MemoryBucket.put(world.bucket, layout.notices_key("c1"), b"{")
        world.fail()
        assert len(world.mails()) == 1
        assert MemoryBucket.get(world.bucket, layout.notices_key("c1")).data == b"{"


def notice(number: int) -> Notice:
    return Notice(str(number), "ops", "failed", "team", "run", "said")


def test_a_message_is_tried_again_as_it_is_and_a_refused_one_is_not() -> None:
    for answers, expected in (([500, 200], 2), ([404], 1), ([302], 1)):
        world = Told()
        world.mail.answers = answers
        world.train()
        world.fail()
        for _ in range(5):
            world.mails()
        assert [text for _, text in world.mail.sent] == [world.mail.sent[0][1]] * expected


def test_a_deleted_run_s_end_is_told_where_it_was_no_wish() -> None:
    world = Told()
    world.train()
    world.end_pod(code=1)
    world.vanish_pod()
    world.vanish_run()
    world.passes(1)
    assert ["*failed*" in text for text in world.mails()] == [True]


def test_metrics_count_what_became_of_messages() -> None:
    world = Told()
    world.train()
    world.fail()
    world.mails()
    assert isinstance(world.metrics, Metrics)
    assert world.metrics.value("notices_total", channel="ops", result="sent") == 1


@pytest.mark.parametrize(
    "text", ["[free GPUs](https://evil.example)", "see https://evil.example", "http://evil.example"]
)
def test_what_a_script_wrote_makes_no_link(text: str) -> None:
    told = slack.escape(text)
    assert "](" not in told
    assert "://" not in told
    assert told.replace("\u200b", "") == text
