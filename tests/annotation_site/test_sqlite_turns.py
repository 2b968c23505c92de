"""Transactions on SQLite take turns, in the order in which they ask."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection, connections, transaction

from labeling.models import User

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL locks rows"),
]


class Writer(threading.Thread):
    """A thread that makes an account in a transaction of its own; `began` and `done` tell how far it is."""

    def __init__(self, name, log, fail=False):
        super().__init__(name=name)
        self.log, self.fail = log, fail

    def run(self):
        try:
            with transaction.atomic():
                self.log.append(self.name)
                User.objects.create(username=self.name)
                if self.fail:
                    raise RuntimeError("undone")
        except RuntimeError:
            pass
        finally:
            connections.close_all()


def start_waiting(names, log, **options):
    """Writers that ask one after the other while this thread is in a transaction."""
    writers = [Writer(name, log, **options) for name in names]
    for writer in writers:
        writer.start()
        time.sleep(0.05)
    return writers


def test_writers_begin_in_the_order_they_asked_and_only_when_the_one_before_has_ended():
    log, names = [], [f"writer {number}" for number in range(6)]

    with transaction.atomic():
        writers = start_waiting(names, log)
        before = list(log)
    for writer in writers:
        writer.join(timeout=30)

    assert before == []
    assert log == names
    assert User.objects.count() == 6


def test_a_turn_ends_with_what_is_undone_too():
    log = []
    with transaction.atomic():
        writers = start_waiting(["first", "second"], log, fail=True)
    for writer in writers:
        writer.join(timeout=30)

    User.objects.create(username="third")
    assert log == ["first", "second"]
    assert list(User.objects.values_list("username", flat=True)) == ["third"]


def test_a_turn_ends_with_its_connection():
    def leave():
        transaction.set_autocommit(False)
        User.objects.create(username="lost")
        connections.close_all()

    thread = threading.Thread(target=leave)
    thread.start()
    thread.join(timeout=30)

    with transaction.atomic():
        User.objects.create(username="kept")
    assert list(User.objects.values_list("username", flat=True)) == ["kept"]
