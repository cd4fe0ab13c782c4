"""The store of image data, and the reading of list queries."""

import errno
import hashlib
import os

import pytest

from novalite import exception
from novalite.context import RequestContext
from novalite.image.embedded.records import ImageQuery
from novalite.image.embedded.rest import listing
from novalite.image.embedded.store import CHUNK, ImageSizeLimitExceeded, StorageFull, Store

ID = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def store(tmp_path):
    store = Store(str(tmp_path / "images"))
    yield store
    store.close()


def partial_files(store):
    return os.listdir(os.path.join(store._directory, ".partial"))


def test_write_publish_read_delete(store):
    data = os.urandom(CHUNK * 2 + 17)
    written = store.write([data[:100], b"", data[100:]], limit=1 << 30)
    assert (written.size, written.checksum) == (len(data), hashlib.md5(data).hexdigest())
    assert written.os_hash_value == hashlib.sha512(data).hexdigest()
    assert store.path(ID) is None
    store.publish(written, ID)
    assert partial_files(store) == []
    assert b"".join(store.read(ID)) == data
    assert b"".join(store.read(ID, 5, 10)) == data[5:15]
    assert b"".join(store.read(ID, len(data))) == b""
    assert max(len(chunk) for chunk in store.read(ID)) == CHUNK
    store.delete(ID)
    store.delete(ID)
    with pytest.raises(exception.ImageNotFound):
        store.read(ID)


def test_nothing_is_left_of_a_write_that_fails(store):
    def broken(error):
        yield b"x"
        raise error

    with pytest.raises(ImageSizeLimitExceeded):
        store.write([b"123", b"456"], limit=5)
    with pytest.raises(KeyboardInterrupt):
        store.write(broken(KeyboardInterrupt()), limit=5)
    with pytest.raises(StorageFull):
        store.write(broken(OSError(errno.ENOSPC, "full")), limit=5)
    with pytest.raises(OSError, match="else"):
        store.write(broken(OSError(errno.EIO, "else")), limit=5)
    assert partial_files(store) == []


@pytest.mark.parametrize("name", ["..", "../x", "", ID.upper() + "A", ID + "/x", ".lock", ID[:-1]])
def test_only_ids_are_names(store, name):
    assert store.path(name) is None
    store.delete(name)
    with pytest.raises(exception.ImageNotFound):
        store.read(name)
    written = store.write([b"x"], limit=5)
    with pytest.raises(ValueError):
        store.publish(written, name)


def test_one_owner(store):
    other = Store(store._directory)
    assert store.own()
    assert store.own()
    assert not other.own()
    store.close()
    assert other.own()
    other.close()


def test_sweep(store):
    for image_id in (ID, ID.replace("1", "2")):
        store.publish(store.write([b"x"], 5), image_id)
    store.write([b"half"], 5)
    assert store.sweep({ID}) == 2
    assert store.path(ID)
    assert store.path(ID.replace("1", "2")) is None
    assert store.sweep({ID}) == 0


def read(**parameters):
    given = {k: v if isinstance(v, list) else [v] for k, v in parameters.items()}
    return listing.read(ImageQuery(), given, RequestContext(), page=100)


def test_list_query():
    query = read(name='in:a,"b,c",d', limit="500", sort="name:asc,size", x="y")
    assert query.equal["name"] == ("a", "b,c", "d")
    assert query.equal["os_hidden"] == (False,)
    assert query.limit == 100
    assert query.sort == [("name", "asc"), ("size", "desc"), ("created_at", "asc"), ("id", "asc")]
    assert query.properties == {"x": "y"}
    query = read(sort_key=["name", "id"], sort_dir="asc", limit="7")
    assert query.sort == [("name", "asc"), ("id", "asc"), ("created_at", "asc")]
    assert query.limit == 7
    for bad in ({"limit": "-1"}, {"limit": "²"}, {"sort": "x"}, {"updated_at": "gt:x"}):
        with pytest.raises(exception.InvalidInput):
            read(**bad)
