"""Which bucket an address means."""

from pathlib import Path

import pytest

from chiplog.bucket.directory import DirectoryBucket
from chiplog.bucket.opening import open_bucket
from chiplog.errors import SettingsError


@pytest.mark.parametrize("name", ["runs", "a#b", "what?", "100%", "with space"])
def test_a_path_is_a_directory_whatever_its_name(tmp_path: Path, name: str) -> None:
    for address in (str(tmp_path / name), f"file://{tmp_path / name}"):
        bucket = open_bucket(address)
        assert isinstance(bucket, DirectoryBucket)
        assert bucket.root == tmp_path / name


@pytest.mark.parametrize("address", ["", "s3://", "s3:///prefix", "gs://bucket", "http://host/bucket", "file://"])
def test_an_address_that_names_no_bucket_is_refused_with_its_value(address: str) -> None:
    with pytest.raises(SettingsError) as refused:
        open_bucket(address)
    assert repr(address) in str(refused.value)
