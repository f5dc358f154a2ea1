"""Short messages between processes through Redis: publish and subscribe, nothing is kept there.

Two threads: one hands over what is published, one listens. Whoever publishes never waits for Redis: what it cannot take
is let fall, since a pose of a second ago is of no use. Where Redis is lost, both try again until it is back, and
subscribe to what is listened to by then; what was said meanwhile is lost, which the protocol of rooms allows for.
"""

from __future__ import annotations

import logging
import queue
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

PREFIX = "chronotope:"
MOST_WAITING = 1000
_TOGETHER = 100
_PATIENCE_S = 2.0
_POLL_S = 0.05
"""how soon another topic is subscribed to, while messages of others come"""
_AGAIN_S = 0.5
_HEALTH_S = 5


class RedisRelay:
    """`scenes.ports.Relay` between all processes that name the same Redis, and the same museum there."""

    def __init__(self, url: str, *, museum: str = "") -> None:
        self._prefix = f"{PREFIX}{museum}:" if museum else PREFIX
        parts = urlsplit(url)
        self._where = f"{parts.hostname}:{parts.port or 6379}"  # without a password, for the log
        self._client = Redis.from_url(
            url, socket_timeout=_PATIENCE_S, socket_connect_timeout=_PATIENCE_S, health_check_interval=_HEALTH_S,
            retry=Retry(NoBackoff(), 0),
        )  # fmt: skip
        self._waiting: queue.Queue[tuple[str, bytes] | None] = queue.Queue(MOST_WAITING)
        self._lock = threading.Lock()
        self._listeners: dict[str, dict[object, Callable[[bytes], None]]] = {}
        self._changed, self._closing = threading.Event(), threading.Event()
        self._is_there: bool | None = None
        self._threads = [
            threading.Thread(target=each, name=name, daemon=True)
            for each, name in ((self._hand_over, "redis-says"), (self._listen, "redis-hears"))
        ]
        for thread in self._threads:
            thread.start()

    def publish(self, topic: str, data: bytes) -> None:
        """Hand over, if there is room."""
        try:
            self._waiting.put_nowait((topic, data))
        except queue.Full:
            _log.debug("a message to other processes was let fall")

    def listen(self, topic: str, callback: Callable[[bytes], None]) -> Callable[[], None]:
        """Call back on each message from any process, this one too; returns what ends it."""
        key = object()
        with self._lock:
            self._listeners.setdefault(topic, {})[key] = callback
        self._changed.set()

        def end() -> None:
            with self._lock:
                callbacks = self._listeners.get(topic, {})
                callbacks.pop(key, None)
                if not callbacks:
                    self._listeners.pop(topic, None)
            self._changed.set()

        return end

    def close(self) -> None:
        """End both threads; what still waits to be said goes out if Redis takes it at once."""
        self._closing.set()
        self._changed.set()
        try:
            self._waiting.put(None, timeout=_PATIENCE_S)
        except queue.Full:
            _log.debug("Redis did not take what waited")
        for thread in self._threads:
            thread.join(2 * _PATIENCE_S)
        self._client.close()

    def _hand_over(self) -> None:
        while True:
            batch = [self._waiting.get()]
            while len(batch) < _TOGETHER and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            try:
                with self._client.pipeline(transaction=False) as pipe:
                    for topic, data in [each for each in batch if each is not None]:
                        pipe.publish(self._prefix + topic, data)
                    pipe.execute()
                self._note(None)
            except (RedisError, OSError) as error:
                self._note(error)
                self._closing.wait(_AGAIN_S)
            if None in batch:
                return

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                self._client.ping()
                self._note(None)
                self._hear_all()
            except (RedisError, OSError) as error:
                self._note(error)
                self._closing.wait(_AGAIN_S)

    def _hear_all(self) -> None:
        """Until Redis is lost, or this one is closed."""
        subscribed: set[str] = set()
        with self._client.pubsub(ignore_subscribe_messages=True) as pubsub:  # type: ignore[no-untyped-call]  # redis
            while not self._closing.is_set():
                with self._lock:
                    wanted = set(self._listeners)
                if wanted - subscribed:
                    pubsub.subscribe(*(self._prefix + topic for topic in wanted - subscribed))
                if subscribed - wanted:
                    pubsub.unsubscribe(*(self._prefix + topic for topic in subscribed - wanted))
                subscribed = wanted
                self._changed.clear()
                if not subscribed:
                    self._changed.wait(1.0)
                    continue
                message = pubsub.get_message(timeout=_POLL_S)
                if message is not None and message["type"] == "message":
                    self._deliver(message["channel"].decode().removeprefix(self._prefix), message["data"])

    def _deliver(self, topic: str, data: bytes) -> None:
        with self._lock:
            callbacks = tuple(self._listeners.get(topic, {}).values())
        for callback in callbacks:
            try:
                callback(data)
            except Exception:  # noqa: BLE001 a listener's fault is not the publisher's
                _log.exception("a listener of %s failed", topic)

    def _note(self, error: Exception | None) -> None:
        """Say once that Redis is lost, and once that it is back."""
        is_there = error is None
        with self._lock:
            if is_there == self._is_there or (self._closing.is_set() and not is_there):
                return
            first, self._is_there = self._is_there is None, is_there
        if error is not None:
            _log.warning(
                "Redis at %s is not there (%s); rooms go on within this process", self._where, type(error).__name__
            )
        elif not first:
            _log.info("Redis at %s is back", self._where)
