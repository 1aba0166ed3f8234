"""What follows a webhook's answer: decided by its status, its Retry-After and how long it lasts."""

import pytest

from chiplog_operator import deliveries
from chiplog_operator.deliveries import Answer, Verdict

NOW = 1_795_000_000.0


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(200), Verdict("sent")),
        (Answer(204), Verdict("sent")),
        (Answer(301), Verdict("refused")),
        (Answer(400), Verdict("refused")),
        (Answer(403), Verdict("refused")),
        (Answer(410), Verdict("refused")),
        (Answer(408), Verdict("again", 1.5)),
        (Answer(500), Verdict("again", 1.5)),
        (Answer(0), Verdict("again", 1.5)),
        (Answer(429, "30"), Verdict("again", 30)),
        (Answer(503, "Wed, 18 Nov 2026 11:07:40 GMT"), Verdict("again", 60)),
        (Answer(429, "999999"), Verdict("again", 3600)),
        (Answer(429, "soon"), Verdict("again", 1.5)),
    ],
)
def test_the_status_decides(answer: Answer, expected: Verdict) -> None:
    assert deliveries.judge(answer, 1, 10.0, NOW, 0.5) == expected


def test_pauses_grow_to_a_bound_and_are_spread() -> None:
    pauses = [deliveries.judge(Answer(500), tries, 0.0, NOW, 1.0).pause_seconds for tries in (1, 2, 3, 8, 9, 500)]
    assert pauses == [2, 4, 8, 256, 300, 300]
    assert deliveries.judge(Answer(500), 9, 0.0, NOW, 0.0).pause_seconds == 1.0


def test_after_a_day_it_is_given_up() -> None:
    assert deliveries.judge(Answer(500), 9, 86_400, NOW, 0.5).kind == "given up"
    assert deliveries.judge(Answer(200), 9, 86_400, NOW, 0.5).kind == "sent"
