"""Transactions on SQLite take turns, in the order in which they ask."""

from __future__ import annotations

import fcntl
import os
import threading
import time

import pytest
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, connections, transaction

from labeling.models import User

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL locks rows"),
]


class Writer(threading.Thread):
    """A thread that makes an account in a transaction of its own and notes its name in `log` once it may."""

    def __init__(self, name, log):
        super().__init__(name=name)
        self.log = log

    def run(self):
        try:
            with transaction.atomic():
                self.log.append(self.name)
                User.objects.create(username=self.name)
        finally:
            connections.close_all()


def start_waiting(names, log):
    """Writers that ask one after the other while this thread is in a transaction."""
    writers = [Writer(name, log) for name in names]
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


def is_free():
    """Whether somebody else could begin a transaction now."""
    with open(f"{connection.settings_dict['NAME']}-writers") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def count_open_files():
    return len(os.listdir("/proc/self/fd"))


def test_a_turn_ends_with_what_is_done_and_with_what_is_undone():
    with transaction.atomic():
        User.objects.create(username="kept")
        assert not is_free()
    assert is_free()

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(username="undone"), User(username="undone")])

    assert is_free()
    assert list(User.objects.values_list("username", flat=True)) == ["kept"]


def test_a_turn_ends_with_its_connection():
    with transaction.atomic():
        User.objects.create(username="lost")
        assert not is_free()
        connection.close()

    assert is_free()
    assert not User.objects.exists()


@pytest.mark.parametrize("granted", [False, True])
def test_an_interrupted_wait_leaves_neither_a_turn_nor_a_file(monkeypatch, granted):
    assert not User.objects.exists()
    before, wait = count_open_files(), fcntl.flock

    def interrupt(file, how):
        if granted or how != fcntl.LOCK_EX:
            wait(file, how)
        if how == fcntl.LOCK_EX:
            raise KeyboardInterrupt

    monkeypatch.setattr(fcntl, "flock", interrupt)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        pass
    monkeypatch.undo()

    assert is_free()
    assert count_open_files() == before
    with transaction.atomic():
        User.objects.create(username="kept")


def test_an_interrupted_commit_ends_the_turn(monkeypatch):
    def interrupt(_connection):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(connections[DEFAULT_DB_ALIAS]), "_commit", interrupt)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        User.objects.create(username="undone")
    monkeypatch.undo()

    assert is_free()
    with transaction.atomic():
        User.objects.create(username="kept")
