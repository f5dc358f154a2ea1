from concurrent.futures import ThreadPoolExecutor

import pytest

from scenes.errors import Conflict
from scenes.model import JobState
from tests.contracts.samples import NOON, after, job


def test_a_job_is_kept_as_it_was_enqueued(catalogue):
    catalogue.enqueue(job())
    assert catalogue.job("job_a") == job()
    assert catalogue.job("job_x") is None


def test_a_job_is_enqueued_once_and_only_as_queued(catalogue):
    catalogue.enqueue(job())
    with pytest.raises(Conflict):
        catalogue.enqueue(job())
    leased = catalogue.lease(worker="w", at=NOON, seconds=60)
    with pytest.raises(ValueError, match="queued"):
        catalogue.enqueue(leased)


def test_the_oldest_job_is_leased_first_and_no_job_twice(catalogue):
    catalogue.enqueue(job("job_b"))
    catalogue.enqueue(job("job_a"))
    first = catalogue.lease(worker="w1", at=after(5), seconds=60)
    assert (first.id, first.state, first.attempts, first.updated_at) == ("job_b", JobState.RUNNING, 1, after(5))
    assert catalogue.lease(worker="w2", at=after(5), seconds=60).id == "job_a"
    assert catalogue.lease(worker="w3", at=after(5), seconds=60) is None


def test_many_workers_at_once_never_get_the_same_job(catalogue):
    for n in range(20):
        catalogue.enqueue(job(f"job_{n}"))
    with ThreadPoolExecutor(8) as pool:
        leased = list(pool.map(lambda n: catalogue.lease(worker=f"w{n}", at=NOON, seconds=60), range(24)))
    names = [each.id for each in leased if each is not None]
    assert sorted(names) == sorted(f"job_{n}" for n in range(20))


def test_a_lease_that_ran_out_makes_the_job_anybodys(catalogue):
    catalogue.enqueue(job())
    catalogue.lease(worker="dead", at=NOON, seconds=30)
    assert catalogue.lease(worker="next", at=after(29), seconds=30) is None
    again = catalogue.lease(worker="next", at=after(30), seconds=30)
    assert (again.id, again.attempts) == ("job_a", 2)
    assert not catalogue.report("job_a", worker="dead", progress=0.5, message="", at=after(31), seconds=30)
    assert not catalogue.finish("job_a", worker="dead", state=JobState.DONE, message="", code="", at=after(31))
    assert catalogue.job("job_a").state is JobState.RUNNING


def test_a_report_shows_progress_and_lengthens_the_lease(catalogue):
    catalogue.enqueue(job())
    catalogue.lease(worker="w", at=NOON, seconds=30)
    assert catalogue.report("job_a", worker="w", progress=0.5, message="half", at=after(20), seconds=30)
    found = catalogue.job("job_a")
    assert (found.progress, found.message, found.updated_at) == (0.5, "half", after(20))
    assert catalogue.lease(worker="other", at=after(49), seconds=30) is None
    assert catalogue.lease(worker="other", at=after(50), seconds=30) is not None


def test_a_job_that_is_given_back_waits_again_and_that_was_no_attempt(catalogue):
    catalogue.enqueue(job())
    catalogue.lease(worker="w", at=NOON, seconds=30)
    catalogue.report("job_a", worker="w", progress=0.5, message="half", at=after(1), seconds=30)
    assert not catalogue.give_back("job_a", worker="other", message="mine", at=after(2))
    assert catalogue.give_back("job_a", worker="w", message="interrupted", at=after(2))
    found = catalogue.job("job_a")
    assert (found.state, found.progress, found.message, found.attempts) == (JobState.QUEUED, 0.0, "interrupted", 0)
    assert found.updated_at == after(2)
    assert not catalogue.report("job_a", worker="w", progress=0.6, message="", at=after(3), seconds=30)
    assert not catalogue.give_back("job_a", worker="w", message="again", at=after(3))
    assert catalogue.lease(worker="next", at=after(3), seconds=30).attempts == 1


@pytest.mark.parametrize("state", [JobState.DONE, JobState.REJECTED, JobState.FAILED])
def test_a_finished_job_stays_as_it_ended(catalogue, state):
    catalogue.enqueue(job())
    catalogue.lease(worker="w", at=NOON, seconds=30)
    assert catalogue.finish("job_a", worker="w", state=state, message="so", code="MALFORMED", at=after(1))
    found = catalogue.job("job_a")
    assert (found.state, found.message, found.code, found.updated_at) == (state, "so", "MALFORMED", after(1))
    assert found.progress == (1.0 if state is JobState.DONE else 0.0)
    assert catalogue.lease(worker="w", at=after(999), seconds=30) is None
    assert not catalogue.report("job_a", worker="w", progress=0.1, message="", at=after(2), seconds=30)
    assert not catalogue.finish("job_a", worker="w", state=JobState.FAILED, message="", code="", at=after(2))
    assert catalogue.cancel("job_a", at=after(3)) is None


def test_a_queued_job_and_a_running_one_can_be_cancelled(catalogue):
    catalogue.enqueue(job("job_a"))
    catalogue.enqueue(job("job_b"))
    catalogue.lease(worker="w", at=NOON, seconds=30)
    for name in ("job_a", "job_b"):
        cancelled = catalogue.cancel(name, at=after(1))
        assert (cancelled.state, cancelled.updated_at) == (JobState.CANCELLED, after(1))
    assert not catalogue.report("job_a", worker="w", progress=0.5, message="", at=after(2), seconds=30)
    assert catalogue.lease(worker="w", at=after(99), seconds=30) is None
    assert catalogue.cancel("job_x", at=NOON) is None


def test_jobs_are_found_by_what_they_work_on_oldest_first(catalogue):
    catalogue.enqueue(job("job_2", subject="asset_a"))
    catalogue.enqueue(job("job_1", subject="asset_a"))
    catalogue.enqueue(job("job_3", subject="asset_b"))
    found = catalogue.jobs_of(["asset_a", "asset_b", "asset_none"])
    assert {name: [each.id for each in jobs] for name, jobs in found.items()} == {
        "asset_a": ["job_2", "job_1"],
        "asset_b": ["job_3"],
        "asset_none": [],
    }


def test_the_latest_jobs_come_first_and_only_those_in_the_states_that_are_asked_for(catalogue):
    for name in ("job_a", "job_b", "job_c"):
        catalogue.enqueue(job(name))
    catalogue.cancel("job_b", at=NOON)
    assert [each.id for each in catalogue.latest_jobs(states=set(JobState), first=2)] == ["job_c", "job_b"]
    assert [each.id for each in catalogue.latest_jobs(states={JobState.QUEUED}, first=9)] == ["job_c", "job_a"]
    assert list(catalogue.latest_jobs(states=set(), first=9)) == []
