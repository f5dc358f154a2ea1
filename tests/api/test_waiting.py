"""Signals and inboxes do what asyncio's events and queues do."""

from __future__ import annotations

import asyncio
import sys

import pytest

from api.waiting import Inbox, Signal


async def begun(work) -> asyncio.Task:
    task = asyncio.create_task(work)
    await asyncio.sleep(0)
    return task


@pytest.mark.parametrize("kind", [Signal, asyncio.Event])
async def test_all_who_wait_go_on_and_whoever_comes_until_it_is_cleared(kind):
    signal = kind()
    waiting = [await begun(signal.wait()) for _ in range(3)]
    assert not signal.is_set()
    signal.set()
    signal.set()
    await asyncio.gather(*waiting)
    await signal.wait()
    assert signal.is_set()
    signal.clear()
    late = await begun(signal.wait())
    await asyncio.sleep(0)
    assert not late.done()
    late.cancel()


@pytest.mark.parametrize("kind", [Signal, asyncio.Event])
async def test_who_is_cancelled_holds_nobody_up(kind):
    signal = kind()
    first, second = await begun(signal.wait()), await begun(signal.wait())
    first.cancel()
    signal.set()
    signal.clear()
    await second
    assert first.cancelled() or first.cancelling()


@pytest.mark.parametrize("kind", [Inbox, asyncio.Queue])
async def test_items_come_in_their_order_whoever_waits_for_whom(kind):
    inbox = kind()
    assert inbox.empty()
    reading = await begun(inbox.get())
    inbox.put_nowait(1)
    inbox.put_nowait(2)
    assert await reading == 1
    assert not inbox.empty()
    inbox.put_nowait(3)
    assert [await inbox.get(), await inbox.get()] == [2, 3]
    assert inbox.empty()


@pytest.mark.parametrize("kind", [Inbox, asyncio.Queue])
async def test_a_reader_that_is_cancelled_loses_nothing(kind):
    inbox = kind()
    reading = await begun(inbox.get())
    reading.cancel()
    inbox.put_nowait(1)
    assert await asyncio.wait_for(inbox.get(), 1) == 1


def test_they_are_small():
    assert sys.getsizeof(Signal()) + sys.getsizeof(Signal()._waiters) < 150
