import threading

from scenes.ports import Notice


def test_every_listener_of_a_topic_hears_a_notice_and_no_other(bus):
    heard = []
    bus.listen("scene_a", lambda notice: heard.append(("first", notice.topic)))
    bus.listen("scene_a", lambda notice: heard.append(("second", notice.topic)))
    bus.listen("scene_b", lambda notice: heard.append(("other", notice.topic)))
    bus.publish(Notice("scene_a"))
    assert sorted(heard) == [("first", "scene_a"), ("second", "scene_a")]


def test_who_stopped_listening_hears_nothing_more(bus):
    heard = []
    end = bus.listen("scene_a", heard.append)
    bus.publish(Notice("scene_a"))
    end()
    end()
    bus.publish(Notice("scene_a"))
    assert heard == [Notice("scene_a")]


def test_the_same_callback_may_listen_twice_and_each_ends_alone(bus):
    heard = []
    first, _ = bus.listen("scene_a", heard.append), bus.listen("scene_a", heard.append)
    bus.publish(Notice("scene_a"))
    first()
    bus.publish(Notice("scene_a"))
    assert len(heard) == 3


def test_a_listener_that_fails_disturbs_neither_the_publisher_nor_the_others(bus):
    def broken(notice):
        raise RuntimeError("broken")

    heard = []
    bus.listen("scene_a", broken)
    bus.listen("scene_a", heard.append)
    bus.publish(Notice("scene_a"))
    assert heard == [Notice("scene_a")]


def test_a_notice_without_listeners_is_fine(bus):
    bus.publish(Notice("scene_a"))


def test_a_listener_may_end_itself_and_begin_others_while_it_is_called(bus):
    heard = []

    def once(notice):
        end()
        bus.listen("scene_a", heard.append)

    end = bus.listen("scene_a", once)
    bus.publish(Notice("scene_a"))
    bus.publish(Notice("scene_a"))
    assert heard == [Notice("scene_a")]


def test_notices_from_many_threads_all_arrive(bus):
    heard = []
    bus.listen("scene_a", heard.append)
    threads = [threading.Thread(target=bus.publish, args=(Notice("scene_a"),)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(heard) == 16
