import pytest

from chiplog.bucket import prefixes

PAGE = """<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><KeyCount>2</KeyCount>
<CommonPrefixes><Prefix>v1%2Fruns%2Fa%20b%2F</Prefix></CommonPrefixes><CommonPrefixes>
  <Prefix>v1/runs/c&amp;d&#39;&#x22;/</Prefix>
</CommonPrefixes><IsTruncated>false</IsTruncated></ListBucketResult>"""


def _taken(body: str, status: int = 200) -> tuple[bytes, dict[str, object]]:
    response, told = {"body": body.encode(), "status_code": status}, dict[str, object]()
    prefixes.take(response, told, operation_model=None)
    return bytes(response["body"]), told


def test_folders_are_taken_in_their_order_still_encoded() -> None:
    body, told = _taken(PAGE)
    assert told == {"CommonPrefixes": [{"Prefix": "v1%2Fruns%2Fa%20b%2F"}, {"Prefix": "v1/runs/c&d'\"/"}]}
    assert b"CommonPrefixes" not in body
    assert b"<IsTruncated>false</IsTruncated></ListBucketResult>" in body


@pytest.mark.parametrize(
    "body",
    [
        PAGE.replace("<Prefix>", "<Prefix a='1'>").replace("CommonPrefixes>", "CommonPrefixes >"),
        "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
        "",
        "no xml",
    ],
)
def test_what_looks_unfamiliar_is_left_to_the_parser(body: str) -> None:
    assert _taken(body) == (body.encode(), {})


def test_names_that_are_no_text_are_left_to_the_parser() -> None:
    response = {"body": PAGE.encode().replace(b"a%20b", b"\xff"), "status_code": 200}
    told = dict[str, object]()
    prefixes.take(response, told)
    assert b"CommonPrefixes" in response["body"]
    assert not told


def test_a_refusal_is_left_to_the_parser() -> None:
    assert _taken(PAGE, status=503) == (PAGE.encode(), {})
