"""A run that does an earlier one again (`spec.from`): what it takes from it, and that it waits for nothing else."""

import json
from typing import Any

from operator_world import GANG, KEY, START, World, training_run

from chiplog_operator import names, times
from chiplog_operator.sightings import Key

Json = dict[str, Any]
SOURCE = Key("team", "base")


def again(**spec: Any) -> Json:
    """A TrainingRun that only names another, defaults filled in."""
    body = training_run()
    body["spec"] = {"project": "uncategorized", "parallelism": 1, "backoffLimit": 0, "suspend": False,
                    "recorder": {"console": True}, "from": {"run": "base"}, **spec}  # fmt: skip
    return body


def base(**spec: Any) -> Json:
    body = training_run(**spec)
    body["metadata"] |= {"name": "base", "uid": "0123abcd-0000-4000-8000-000000000001",
                         "creationTimestamp": times.text(START)}  # fmt: skip
    return body


def world(run: Json, source: Json | None) -> World:
    made = World(run)
    if source is not None:
        made.cluster.runs[SOURCE] = source
    return made


def variables(spec: Json) -> Json:
    container = spec["template"]["spec"]["containers"][0]
    return {item["name"]: item["value"] for item in container.get("env") or []}


def test_it_is_run_as_the_earlier_one_was() -> None:
    gang = {**GANG, "podFailurePolicy": {"rules": []}}
    made = world(again(activeDeadlineSeconds=5, recorder={"paths": ["/app"], "console": True}), base(**gang))
    made.passes()
    spec = made.cluster.runs[KEY]["spec"]
    for field in ("template", "parallelism", "backoffLimit", "activeDeadlineSeconds", "podFailurePolicy", "recorder"):
        assert spec[field] == gang[field], field
    assert (spec["project"], spec["suspend"]) == (gang["project"], False)
    made.passes()
    assert made.job["spec"]["parallelism"] == 4
    annotations = made.cluster.runs[KEY]["metadata"]["annotations"]
    assert annotations[names.SOURCE_ANNOTATION] == "base-0123abcd"


def test_its_data_reaches_the_script_and_stands_with_the_run() -> None:
    source = base(config={"lr": 0.1, "opt": {"name": "sgd", "momentum": 0.9}},
                  datasets=[{"name": "digits", "uri": "s3://old"}, {"name": "extra", "uri": "s3://x"}])  # fmt: skip
    tonight = {"name": "digits", "uri": "s3://$new"}
    made = world(again(config={"opt": {"name": "adam"}}, datasets=[tonight]), source)
    made.passes()
    spec = made.cluster.runs[KEY]["spec"]
    assert spec["config"] == {"lr": 0.1, "opt": {"name": "adam", "momentum": 0.9}}
    given = variables(spec)
    assert json.loads(given["CHIPLOG_CONFIG"]) == spec["config"]
    assert json.loads(given["CHIPLOG_DATASETS"].replace("$$", "$")) == spec["datasets"]
    assert tonight in spec["datasets"]
    assert len(spec["datasets"]) == 2


def test_a_third_round_has_the_third_round_s_data() -> None:
    made = world(again(config={"day": 2}), base(config={"day": 1}))
    made.passes()
    second = {**made.cluster.runs[KEY], "metadata": {**made.cluster.runs[KEY]["metadata"], "name": "base"}}
    third = world(again(config={"day": 3}), second)
    third.passes()
    assert json.loads(variables(third.cluster.runs[KEY]["spec"])["CHIPLOG_CONFIG"]) == {"day": 3}


def test_what_it_says_itself_stays() -> None:
    metrics = [{"name": "acc", "goal": "maximize"}]
    made = world(again(project="nightly", metrics=metrics, tags=["night"]), base())
    made.passes()
    spec = made.cluster.runs[KEY]["spec"]
    assert (spec["project"], spec["metrics"], spec["tags"]) == ("nightly", metrics, ["night"])


def test_it_waits_for_a_source_that_is_not_there_and_says_so() -> None:
    made = world(again(), None)
    made.passes()
    assert (made.status["state"], made.status["reason"]) == ("pending", "SourceMissing")
    assert "there is no TrainingRun base" in made.status["message"]
    made.cluster.runs[SOURCE] = base()
    for _ in range(2):
        made.passes(30)
    assert made.job["metadata"]["name"] == "mnist-3f2a9c10"


def test_a_mirror_is_no_source() -> None:
    mirror = base()
    del mirror["spec"]["template"]
    made = world(again(), mirror)
    made.passes()
    assert made.status["reason"] == "SourceMissing"


def test_once_filled_in_it_needs_its_source_no_more() -> None:
    made = world(again(), base())
    made.passes()
    del made.cluster.runs[SOURCE]
    made.passes()
    assert made.job["metadata"]["name"] == "mnist-3f2a9c10"
