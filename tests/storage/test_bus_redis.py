"""The line between processes, by a real Redis."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage.bus_redis import MOST_WAITING, RedisRelay
from tests.redis_server import RedisServer


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path / "redis") as running:
        yield running


@pytest.fixture
def relay(redis: RedisServer) -> Iterator[Callable[[], RedisRelay]]:
    opened: list[RedisRelay] = []

    def another() -> RedisRelay:
        opened.append(RedisRelay(redis.url))
        return opened[-1]

    yield another
    for each in opened:
        each.close()


def wait(holds: Callable[[], object], seconds: float = 15) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


def heard_by(relay: RedisRelay, topic: str, via: RedisRelay) -> list[bytes]:
    """A list of what a listener hears from now on, once it certainly hears."""
    heard: list[bytes] = []
    relay.listen(topic, lambda data: heard.append(data) if data != b"?" else there.set())
    there = threading.Event()
    until = time.monotonic() + 15
    while not there.wait(0.1):
        assert time.monotonic() < until
        via.publish(topic, b"?")
    return heard


def test_every_process_hears_what_one_says_and_nothing_of_other_topics(relay):
    one, other = relay(), relay()
    mine, theirs = heard_by(one, "room:a", one), heard_by(other, "room:a", one)
    elsewhere = heard_by(other, "room:b", one)
    for n in range(50):
        one.publish("room:a", b"%d\x00\xff" % n)
    wait(lambda: len(mine) == len(theirs) == 50)
    assert mine == theirs == [b"%d\x00\xff" % n for n in range(50)]
    assert elsewhere == []


def test_who_stopped_listening_hears_nothing_more(relay):
    one = relay()
    heard: list[bytes] = []
    end = one.listen("room:a", heard.append)
    others = heard_by(one, "room:a", one)
    end()
    end()
    heard.clear()
    one.publish("room:a", b"x")
    wait(lambda: others == [b"x"])
    assert heard == []


def test_a_listener_that_fails_disturbs_no_other(relay, caplog):
    one = relay()

    def broken(_: bytes) -> None:
        raise RuntimeError("broken")

    one.listen("room:a", broken)
    with caplog.at_level(logging.CRITICAL):
        heard = heard_by(one, "room:a", one)
        one.publish("room:a", b"x")
        wait(lambda: heard == [b"x"])


def test_a_redis_that_is_killed_and_comes_back_is_heard_again_and_said_so_once(redis, relay, caplog):
    caplog.set_level(logging.INFO, logger="storage.bus_redis")
    one, other = relay(), relay()
    heard = heard_by(other, "room:a", one)
    redis.kill()
    for _ in range(3 * MOST_WAITING):
        one.publish("room:a", b"lost")  # nobody waits for it, and it does not pile up
    wait(lambda: sum("is not there" in each.getMessage() for each in caplog.records) >= 2)
    redis.start()
    wait(lambda: sum("is back" in each.getMessage() for each in caplog.records) >= 2)
    until = time.monotonic() + 15
    while b"again" not in heard:
        assert time.monotonic() < until
        one.publish("room:a", b"again")
        time.sleep(0.1)
    assert sum("is not there" in each.getMessage() for each in caplog.records) == 2


def test_it_opens_without_redis_and_never_tells_a_password(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    redis = RedisServer(tmp_path / "redis")
    relay = RedisRelay(f"redis://museum:hunter2@127.0.0.1:{redis.port}/0")
    relay.publish("room:a", b"x")
    wait(lambda: "is not there" in caplog.text)
    relay.close()
    assert "hunter2" not in caplog.text


def test_nothing_is_kept_in_redis(redis, relay):
    one = relay()
    heard = heard_by(one, "room:a", one)
    one.publish("room:a", b"where somebody is")
    wait(lambda: heard)
    assert one._client.dbsize() == 0
