"""What a pod that is not ours asks for, and the words for what cannot be."""

from typing import Any

import pytest

from chiplog_operator import wishes


def pod(*containers: str, labels: dict[str, str] | None = None, **annotations: str) -> dict[str, Any]:
    """A pod with these containers; annotations by their short names."""
    return {
        "metadata": {"labels": labels or {}, "annotations": {f"chiplog.dev/{k}": v for k, v in annotations.items()}},
        "spec": {"containers": [{"name": name} for name in containers or ("main",)]},
    }


def test_the_only_container_trains() -> None:
    assert wishes.of(pod("main")).trainers == ("main",)


@pytest.mark.parametrize(("text", "trainers"), [("b", ("b",)), ("c, a", ("a", "c")), ("*", ("a", "b", "c"))])
def test_an_annotation_names_who_trains_in_the_pod_s_order(text: str, trainers: tuple[str, ...]) -> None:
    assert wishes.of(pod("a", "b", "c", container=text)).trainers == trainers


def test_kubectl_s_default_container_trains_unless_ours_names_another() -> None:
    told = pod("a", "b")
    told["metadata"]["annotations"]["kubectl.kubernetes.io/default-container"] = "b"
    assert wishes.of(told).trainers == ("b",)
    told["metadata"]["annotations"]["chiplog.dev/container"] = "a"
    assert wishes.of(told).trainers == ("a",)


def test_of_several_containers_nobody_guesses() -> None:
    asked = wishes.of(pod("a", "b"))
    assert asked.trainers == ()
    assert asked.problems == (
        "which of the containers a, b trains? Nothing is recorded until the annotation chiplog.dev/container names it",
    )


def test_an_unknown_container_is_named_and_the_known_ones_train() -> None:
    asked = wishes.of(pod("a", "b", container="a,trainer"))
    assert asked.trainers == ("a",)
    assert asked.problems == ("annotation chiplog.dev/container: 'trainer' is none of the containers a, b",)


@pytest.mark.parametrize(
    ("annotations", "notify"),
    [
        ({}, None),
        ({"notify": "failed, nan"}, {"events": ["failed", "nan"]}),
        ({"notify": "none"}, {"events": []}),
        ({"notify": "nan", "notify-channel": "nlp"}, {"events": ["nan"], "channel": "nlp"}),
        ({"notify-channel": "nlp"}, {"channel": "nlp"}),
    ],
)
def test_a_pod_says_what_people_are_told_of_it(annotations: dict[str, str], notify: Any) -> None:
    asked = wishes.of(pod(**annotations))
    assert asked.problems == ()
    assert asked.notify == notify


def test_a_word_that_nobody_knows_and_an_address_for_a_channel_are_left_out() -> None:
    asked = wishes.of(pod(**{"notify": "nan,boom", "notify-channel": "https://hooks.example/x"}))
    assert asked.notify == {"events": ["nan"]}
    assert [problem.split(" is ")[0] for problem in asked.problems] == [
        "annotation chiplog.dev/notify: 'boom'", "annotation chiplog.dev/notify-channel: 'https://hooks.example/x'",
    ]  # fmt: skip


def test_everything_that_can_be_asked_for() -> None:
    asked = wishes.of(pod(project="vision & speech", name="first", tags="a,b", notes="cost: $5", paths="/logs, /out",
                          include="*.npz", exclude="*.tmp", console="false", cpu="250m", memory="1Gi",
                          metrics="val/loss:minimize,auc:maximize"))  # fmt: skip
    assert asked.problems == ()
    assert asked.project == "vision & speech"
    assert asked.metadata == {"name": "first", "tags": "a,b", "notes": "cost: $5"}
    assert (asked.recorder.paths, asked.recorder.console) == (("/logs", "/out"), False)
    assert (asked.recorder.include, asked.recorder.exclude) == (("*.npz",), ("*.tmp",))
    assert (asked.recorder.cpu, asked.recorder.memory) == ("250m", "1Gi")
    assert asked.metrics == ({"name": "val/loss", "goal": "minimize"}, {"name": "auc", "goal": "maximize"})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("paths", "logs", "is not an absolute path"),
        ("paths", "/", "no directory that a volume can be mounted at"),
        ("paths", "/a/../b", "no directory that a volume can be mounted at"),
        ("paths", "/a:b", "no directory that a volume can be mounted at"),
        ("paths", "/chiplog/x", "is recorded anyway"),
        ("cpu", "lots", "is not a quantity above zero"),
        ("memory", "0", "is not a quantity above zero"),
        ("memory", "-1Gi", "is not a quantity above zero"),
        ("console", "no", "is neither true nor false"),
        ("metrics", "loss:smaller", "is not NAME:minimize or NAME:maximize"),
        ("project", "a/b", "cannot be a project"),
        ("include", "x" * 300, "has more than 256 characters"),
    ],
)
def test_a_wrong_annotation_is_left_out_and_told_with_its_value(name: str, value: str, said: str) -> None:
    asked = wishes.of(pod(**{name: value}))
    (problem,) = asked.problems
    assert problem.startswith(f"annotation chiplog.dev/{name}: '{value[:64]}'")
    assert said in problem
    assert asked.trainers == ("main",)
    assert asked.recorder == wishes.of(pod()).recorder
    assert (asked.project, asked.metrics) == ("", ())


def test_a_list_without_end_is_cut() -> None:
    asked = wishes.of(pod(paths=",".join(f"/p{n}" for n in range(1000))))
    assert len(asked.recorder.paths) == 16
    assert asked.problems == ("annotation chiplog.dev/paths: '1000 items' only the first 16 hold",)


def test_a_label_names_the_project_too() -> None:
    assert wishes.of(pod(labels={"chiplog.dev/project": "vision"})).project == "vision"


def test_the_pods_of_a_gang_are_one_group() -> None:
    indexed = pod(labels={"batch.kubernetes.io/job-name": "mnist"})
    assert "group" not in wishes.of(indexed).metadata
    indexed["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"] = "1"
    assert wishes.of(indexed).metadata["group"] == "mnist"
    assert wishes.of(pod(labels={"jobset.sigs.k8s.io/jobset-name": "gang"})).metadata["group"] == "gang"


@pytest.mark.parametrize(
    ("own", "annotation", "namespace", "asked"),
    [
        ("true", "", "", True),
        ("", "", "", False),
        ("", "", "true", True),
        ("false", "", "true", False),
        ("", "false", "true", False),
        ("yes", "", "true", False),
    ],
)
def test_a_pod_s_own_word_outranks_its_namespace_s(own: str, annotation: str, namespace: str, asked: bool) -> None:
    told = pod(labels={"chiplog.dev/inject": own} if own else {}, **({"inject": annotation} if annotation else {}))
    assert wishes.is_asked(told, {"chiplog.dev/inject": namespace}) is asked
