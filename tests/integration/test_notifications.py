"""A real operator before a real API server tells people, by a webhook that is broken at first, and dies meanwhile."""

import pytest
from operator_place import Place
from webhook_server import receiving

pytestmark = pytest.mark.integration

MOUNTS = [{"name": "nowhere", "mountPath": "/data"}]
REFUSED = {"spec": {"containers": [{"name": "trainer", "image": "localhost/none:1", "volumeMounts": MOUNTS}]}}
"""No Job can be made of it: there is no such volume."""


def test_what_one_operator_could_not_tell_the_next_one_tells_once(place: Place) -> None:
    with receiving() as receiver:
        addresses = place.folder / "notify"
        addresses.mkdir()
        (addresses / "ops").write_text(receiver.url)
        told = {"CHIPLOG_NOTIFY_CHANNELS": "ops=*", "CHIPLOG_NOTIFY_DIRECTORY": str(addresses)}
        receiver.answers = [(500, {})]
        first = place.operator(**told)
        place.apply(template=REFUSED, notify={"channel": "ops"})
        place.until("a try", lambda: receiver.got)
        first.kill()
        failed = len(receiver.got)
        receiver.answers = [(200, {})]
        second = place.operator("op-2", **told)
        place.until("the message", lambda: len(receiver.got) > failed)
        place.until("its end", lambda: second.metric("notices_total") == 1)
        place.apply(template=REFUSED, notify={"channel": "ops"}, name="other")
        place.until("another message", lambda: len(receiver.got) == failed + 2)
    before, last = receiver.texts()[:-1], receiver.texts()[-1]
    assert len({headers["X-Chiplog-Notices"] for headers, _ in receiver.got[:-1]}) == 1
    assert len(set(before)) == 1
    assert before[0].startswith(f"*failed* `{place.namespace}/run-")
    assert "JobRefused" in before[0]
    assert last.startswith(f"*failed* `{place.namespace}/other-")
    for operator in (first, second):
        assert "SECRET" not in operator.log.read_text()
