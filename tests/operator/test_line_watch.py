"""Nights that are late, missed or overlap: told once, by Event, in the bucket and as a number."""

from typing import Any

from operator_world import SETTINGS, FakeCluster, FatalBucket, Fate, Time

from chiplog import layout, records
from chiplog.errors import Unreachable
from chiplog_operator import lines, names, times
from chiplog_operator.alerts import Alerts
from chiplog_operator.line_watch import LineWatch
from chiplog_operator.metrics import Metrics
from chiplog_operator.notifier import Notifier
from chiplog_operator.outbox import Outbox
from chiplog_operator.posting import HttpPoster
from chiplog_operator.sightings import Key
from chiplog_operator.subscriptions import Channels

Json = dict[str, Any]

DUE = times.seconds("2026-11-26T02:00:00Z") or 0.0
MINUTES = int(DUE) // 60
"""By which Kubernetes names the night's Job."""
DAY = 86_400.0
MINUTE = 60.0
UID = "cron-1"


def cronjob(**spec: Any) -> Json:
    """A nightly CronJob that runs `chiplog retrain`."""
    pod = {"containers": [{"name": "retrain", "env": [{"name": "CHIPLOG_JOB"}]}]}
    return {
        "metadata": {
            "name": "nightly", "namespace": "team", "uid": UID, "resourceVersion": "7",
            "creationTimestamp": "2026-11-20T00:00:00Z",
            "managedFields": [
                {"manager": "kubectl", "time": "2026-11-25T12:00:00Z"},
                {"manager": "kube-controller-manager", "subresource": "status", "time": "2026-11-26T23:59:00Z"},
            ],
        },
        "spec": {"schedule": "0 2 * * *", "jobTemplate": {"spec": {"template": {"spec": pod}}}, **spec},
        "status": {},
    }  # fmt: skip


class Lines:
    """A line, its surroundings, and an operator that looks at it."""

    def __init__(self, **spec: Any) -> None:
        self.clock = Time(DUE)
        self.cluster = FakeCluster(Fate())
        self.bucket = FatalBucket(self.clock, self.cluster.fate)
        self.cron = cronjob(**spec)
        self.cluster.all_cronjobs = [self.cron]
        self.start_operator()

    def start_operator(self) -> None:
        self.metrics = Metrics()
        outbox, alerts = Outbox(self.bucket, SETTINGS.cluster, self.clock), Alerts(self.bucket, "c1", self.clock)
        channels = Channels({"ops": frozenset("*"), "nlp": frozenset({"speech"})}, "ops")
        self.notifier = Notifier(channels, outbox, alerts, HttpPoster(""), self.metrics, self.clock)
        self.watch = LineWatch(self.cluster, self.bucket, SETTINGS.cluster, self.metrics, clock=self.clock,
                               notify=self.notifier.of_night)  # fmt: skip

    def look(self, after: float) -> list[str]:
        """A look so long after the time of the first night; gives the reasons of all Events so far."""
        self.clock.now = DUE + after
        self.watch.look()
        return self.cluster.reasons()

    def make_job(self, due: float = DUE, **status: Any) -> None:
        name = f"nightly-{int(due) // 60}"
        owner = {"kind": "CronJob", "name": "nightly", "uid": UID, "controller": True}
        stamp = {lines.SCHEDULED: times.text(due)}
        self.cluster.jobs[Key("team", name)] = {
            "metadata": {"name": name, "uid": name, "ownerReferences": [owner], "annotations": stamp,
                         "creationTimestamp": times.text(self.clock.now)},
            "status": status,
        }  # fmt: skip
        self.cron["status"]["lastScheduleTime"] = times.text(due)

    def make_run(self, due: float = DUE, state: str = "finished") -> None:
        name = f"nightly-{int(due)}"
        marks = {names.LINE_UID_ANNOTATION: UID, names.SCHEDULED_ANNOTATION: times.text(due)}
        self.cluster.runs[Key("team", name)] = {
            "metadata": {"name": name, "labels": {names.LINE_LABEL: "nightly"}, "annotations": marks},
            "status": {"state": state},
        }

    def gaps(self) -> list[Json]:
        keys = [item.key for item in self.bucket.list(layout.line_prefix(layout.Line(SETTINGS.cluster, "team", UID)))]
        return [dict(records.unpack_document(self.bucket.get(key).data, records.NIGHT_FORMAT, key)) for key in keys]

    def note(self) -> str:
        return str(list(self.cluster.events.values())[-1]["note"])


def ended(kind: str = "Failed", reason: str = "BackoffLimitExceeded", after: float = MINUTE) -> Json:
    when = times.text(DUE + after)
    return {"conditions": [{"type": kind, "status": "True", "reason": reason, "lastTransitionTime": when}],
            "completionTime": when}  # fmt: skip


def test_a_night_that_has_its_run_is_fine() -> None:
    line = Lines()
    line.make_job()
    line.make_run()
    assert line.look(DAY) == []
    assert line.gaps() == []


def test_a_night_without_a_job_is_late_and_told_once() -> None:
    line = Lines()
    assert line.look(20) == []
    assert line.look(40) == ["NightLate"]
    assert line.note() == "the night of 2026-11-26T02:00:00Z is late: no Job was made for it yet"
    assert line.look(60) == ["NightLate"]
    assert line.metrics.value("nights_total", namespace="team", line="nightly", fault="late") == 1
    assert line.gaps() == []


def test_past_its_starting_deadline_it_is_missed_and_a_gap_in_the_line() -> None:
    line = Lines(startingDeadlineSeconds=600)
    assert line.look(600) == ["NightLate"]
    assert line.look(640) == ["NightLate", "NightMissed"]
    [gap] = line.gaps()
    assert (gap["state"], gap["reason"], gap["scheduled_at"], gap["holds"]) == ("missed", "NoJob", DUE, False)
    assert line.metrics.value("nights_total", namespace="team", line="nightly", fault="missed") == 1


def test_without_a_deadline_it_is_missed_when_the_next_is_due() -> None:
    line = Lines()
    assert "NightMissed" not in line.look(DAY - MINUTE)
    line.make_job(DUE + DAY)
    line.make_run(DUE + DAY)
    assert line.look(DAY + 40) == ["NightLate", "NightMissed"]


def test_an_operator_that_was_away_tells_it_afterwards_and_the_next_one_does_not_again() -> None:
    line = Lines(startingDeadlineSeconds=60)
    assert line.look(2 * DAY) == ["NightMissed", "NightMissed"]
    line.cluster.events.clear()
    line.start_operator()
    assert line.look(2 * DAY + 10) == []
    assert [gap["scheduled_at"] for gap in line.gaps()] == [DUE, DUE + DAY]


def test_what_was_due_before_the_cronjob_was_changed_is_not_asked_for() -> None:
    line = Lines(startingDeadlineSeconds=60)
    line.cron["metadata"]["managedFields"][0]["time"] = times.text(DUE + MINUTE)
    assert line.look(DAY - MINUTE) == []


def test_a_suspended_line_misses_nothing() -> None:
    assert Lines(suspend=True, startingDeadlineSeconds=60).look(DAY) == []


def test_a_cronjob_that_neither_trains_nor_retrains_is_no_line() -> None:
    line = Lines(startingDeadlineSeconds=60)
    line.cron["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["env"] = []
    assert line.look(DAY) == []


def test_a_cronjob_whose_pods_have_the_label_is_one_unless_it_says_no() -> None:
    line = Lines(startingDeadlineSeconds=60)
    template = line.cron["spec"]["jobTemplate"]["spec"]["template"]
    template |= {"metadata": {"labels": {"chiplog.dev/inject": "true"}}, "spec": {"containers": [{"name": "x"}]}}
    line.cron["metadata"]["annotations"] = {"chiplog.dev/line": "false"}
    assert line.look(MINUTE * 2) == []
    line.cron["metadata"]["annotations"] = {}
    assert line.look(MINUTE * 2) == ["NightMissed"]


def test_a_night_that_another_kept_out_says_which() -> None:
    line = Lines(concurrencyPolicy="Forbid")
    line.make_job()
    line.make_run(state="running")
    line.cron["status"]["active"] = [{"name": "nightly-29"}]
    assert line.look(DAY + MINUTE) == ["NightLate"]
    assert "nightly-29 was still at work, and concurrencyPolicy is Forbid" in line.note()


def test_it_is_said_also_when_the_other_has_ended_meanwhile() -> None:
    line = Lines(concurrencyPolicy="Forbid", startingDeadlineSeconds=60)
    line.make_job(**ended("Complete", after=DAY + MINUTE))
    line.make_run()
    assert line.look(DAY + 5 * MINUTE) == ["NightMissed"]
    assert line.gaps()[-1]["reason"] == "Overlap"


def test_a_job_that_ended_without_a_run_is_a_missed_night() -> None:
    line = Lines()
    line.make_job(**ended())
    assert line.look(70) == []
    assert line.look(100) == ["NightMissed"]
    assert line.note().endswith(f"has no run: its Job nightly-{MINUTES} ended (BackoffLimitExceeded) and made none")


def test_a_job_that_makes_no_run_for_long_is_late() -> None:
    line = Lines()
    line.make_job()
    assert line.look(590) == []
    assert line.look(610) == ["NightLate"]
    line.make_run(state="running")
    assert line.look(640) == ["NightLate"]
    assert line.gaps() == []


def test_a_night_that_begins_while_the_last_one_goes_on_is_told() -> None:
    line = Lines()
    line.make_run(DUE, "running")
    line.make_run(DUE + DAY, "pending")
    assert line.look(DAY + MINUTE) == ["NightsOverlap"]
    assert line.note() == f"the night of 2026-11-27T02:00:00Z began while nightly-{int(DUE)} goes on"


def test_a_store_that_does_not_answer_delays_the_word_and_no_more() -> None:
    line = Lines(startingDeadlineSeconds=60)
    line.bucket.fault = Unreachable("no answer")
    assert line.look(5 * MINUTE) == []
    line.bucket.fault = None
    assert line.look(6 * MINUTE) == ["NightMissed"]


def test_a_night_that_is_settled_costs_no_request_again() -> None:
    line = Lines()
    line.make_job()
    line.make_run()
    line.look(MINUTE)
    before = len(line.bucket.gets)
    line.look(2 * MINUTE)
    assert len(line.bucket.gets) == before


def test_a_job_of_an_earlier_cronjob_of_the_name_counts_for_nothing() -> None:
    line = Lines(startingDeadlineSeconds=60)
    line.make_job()
    line.cluster.jobs[Key("team", f"nightly-{MINUTES}")]["metadata"]["ownerReferences"][0]["uid"] = "another"
    line.cron["status"] = {}
    assert line.look(5 * MINUTE) == ["NightMissed"]


def told(world: Lines) -> list[str]:
    return [f"{item.notice.word} {item.notice.channel} {item.notice.text}" for item in world.notifier.outbox.waiting()]


def test_people_are_told_of_a_late_and_then_a_missed_night_once_each() -> None:
    world = Lines(startingDeadlineSeconds=300)
    for after in (40, 60, 80):
        world.look(after)
    assert told(world) == ["late ops the night of 2026-11-26T02:00:00Z is late: no Job was made for it yet"]
    world.start_operator()
    world.look(340)
    world.look(360)
    assert [line[:10] for line in told(world)] == ["late ops t", "missed ops"]


def test_a_line_says_what_it_is_told_of_and_where() -> None:
    for asked, channel, expected in (("none", "", 0), ("missed", "", 0), ("late,missed", "", 1), ("late", "nlp", 0)):
        world = Lines(startingDeadlineSeconds=300)
        marks = {names.NOTIFY_ANNOTATION: asked, names.NOTIFY_CHANNEL_ANNOTATION: channel}
        world.cron["metadata"]["annotations"] = marks
        world.look(40)
        assert len(told(world)) == expected, asked
