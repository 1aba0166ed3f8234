"""Names and labels that Kubernetes takes, whatever people write."""

import re

from hypothesis import given
from hypothesis import strategies as st

from chiplog_operator import names

LABEL_VALUE = re.compile(r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")


def test_a_run_id_is_the_name_and_the_first_eight_digits_of_the_uid() -> None:
    assert names.run_id("mnist", "3f2a9c10-0000-4000-8000-000000000001") == "mnist-3f2a9c10"


@given(st.text())
def test_any_text_becomes_a_label_value(text: str) -> None:
    value = names.label_value(text)
    assert LABEL_VALUE.match(value)
    assert len(value) <= 63


def test_a_good_label_value_stays() -> None:
    assert names.label_value("Digits_1.0-b") == "Digits_1.0-b"


def test_a_role_is_of_its_namespace() -> None:
    assert names.role_arn("arn:aws:iam::1:role/x-{namespace}", "team") == "arn:aws:iam::1:role/x-team"
