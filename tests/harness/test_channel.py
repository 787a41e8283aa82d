from __future__ import annotations

import os
from collections.abc import Iterator

import ml_dtypes
import numpy as np
import pytest

from cnnspec.cases.layouts import LAYOUTS
from cnnspec.harness.channel import LONGEST_LINE, Channel, ChannelError, scratch_file, tuples
from cnnspec.harness.memory import storage
from cnnspec.harness.messages import read_observation, send_observation
from cnnspec.implementation import Facts, Observation


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel, int]]:
    """Both ends of a channel, and the descriptor that the first writes to."""
    a, b = os.pipe(), os.pipe()
    slots = [scratch_file(), scratch_file()]
    yield Channel(a[0], b[1], slots), Channel(b[0], a[1], slots), b[1]
    for handle in (*a, *b, *slots):
        os.close(handle)


@pytest.mark.parametrize("size", [0, LONGEST_LINE, 1 << 17])
def test_messages_arrive_in_order_whatever_their_length(ends: tuple[Channel, Channel, int], size: int) -> None:
    here, there, _ = ends
    long = {"id": 1, "text": "é\n\udc80" + "x" * size}
    here.send(long, 1)
    here.send({"id": 2})
    assert there.receive() == long
    assert there.receive(0) == {"id": 2}
    assert there.receive(0) is None


@pytest.mark.parametrize("garbage", [b"{\n", b"[1]\n", b"\xff\xfe\n", b"\n", b'"text"\n'])
def test_what_is_no_message_is_an_error(ends: tuple[Channel, Channel, int], garbage: bytes) -> None:
    os.write(ends[2], garbage)
    with pytest.raises(ChannelError, match="no message"):
        ends[1].receive()


def test_half_a_message_is_none_yet(ends: tuple[Channel, Channel, int]) -> None:
    os.write(ends[2], b'{"id"')
    assert ends[1].receive(0) is None
    os.write(ends[2], b": 3}\n")
    assert ends[1].receive(0) == {"id": 3}


def test_a_closed_line_is_an_end() -> None:
    reading, writing = os.pipe()
    channel = Channel(reading, writing, [])
    os.close(writing)
    with pytest.raises(EOFError):
        channel.receive()
    os.close(reading)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["f8", "f2", "i1", "?", ">f4", "c16", ml_dtypes.bfloat16])
def test_arrays_arrive_as_they_were_sent(ends: tuple[Channel, Channel, int], layout: str, dtype: object) -> None:
    here, there, _ = ends
    x = LAYOUTS[layout](np.arange(2 * 3 * 7).reshape(2, 3, 7).astype(dtype))
    b = np.array([np.nan, -0.0], np.float32)
    found, end = here.put(1, {"x": x, "b": b})
    here.send({"arrays": found})
    arrived = there.take(1, there.receive()["arrays"])
    assert list(arrived) == ["x", "b"]
    for sent, got in zip((x, b), arrived.values(), strict=True):
        assert (got.dtype, got.shape, got.strides) == (sent.dtype, sent.shape, sent.strides)
        assert got.flags.writeable == sent.flags.writeable
        assert got.tobytes() == sent.tobytes()
        assert storage(got).tobytes() == storage(sent).tobytes()
    assert end >= x.nbytes // 2 + b.nbytes


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (1, 1, 1, 1)])
def test_small_and_empty_arrays_arrive(ends: tuple[Channel, Channel, int], shape: tuple[int, ...]) -> None:
    found, _ = ends[0].put(0, {"x": np.full(shape, 7.0)})
    assert ends[1].take(0, found)["x"].tolist() == np.full(shape, 7.0).tolist()


def test_an_array_that_is_not_all_there_is_an_error(ends: tuple[Channel, Channel, int]) -> None:
    found, _ = ends[0].put(0, {"x": np.zeros(3)})
    found[0]["size"] = 4096
    with pytest.raises(ChannelError, match="4096 bytes announced, 24 there"):
        ends[1].take(0, found)


def test_an_observation_arrives_whole(ends: tuple[Channel, Channel, int]) -> None:
    here, there, _ = ends
    y, i = np.array([[1.5, np.nan]]), np.array([3])
    facts = Facts(("x",), ("w",), True, "printed", ("threads",), "numpy.ma.MaskedArray")
    for sent in (Observation("returned", (y, i), facts=facts), Observation("raised", category="shape", message="no")):
        send_observation(here, {"id": 5, "slot": 1}, sent)
        answer = there.receive()
        got = read_observation(there, 1, answer)
        assert answer["id"] == 5
        assert (got.kind, got.category, got.message, got.facts) == (sent.kind, sent.category, sent.message, sent.facts)
        assert [a.tobytes() for a in got.outputs] == [a.tobytes() for a in sent.outputs]


def test_options_are_tuples_again() -> None:
    assert tuples({"a": [[1, 2], [3]], "b": None, "c": "full", "d": [1.5, True]}) == {
        "a": ((1, 2), (3,)), "b": None, "c": "full", "d": (1.5, True),
    }  # fmt: skip
