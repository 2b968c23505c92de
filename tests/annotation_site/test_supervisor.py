"""The supervisor: it restarts what dies, stops everything, and leaves nothing behind."""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings

from annotation_site.child import Child, describe_exit
from annotation_site.supervisor import format_address, why_not_listen
from tests.labeling.importing import make_candidates, make_small_bench
from tests.workers import wait_until

pytestmark = pytest.mark.pure


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder of a site that has been started before: tables, static files and its secret key."""
    var = tmp_path_factory.mktemp("installed") / "var"
    program = "import django; django.setup(); from annotation_site.preparation import bring_up_to_date; bring_up_to_date(print)"
    values = {**clean_environment(), "SERVIMAGE_VAR": str(var)}
    result = subprocess.run([sys.executable, "-c", program], cwd=settings.BASE_DIR, env=values, capture_output=True, text=True, check=True)
    assert result.stdout == "bringing the database up to date\ncollecting static files\n"
    return var


def clean_environment():
    """This environment without the variables that name another installation."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SERVIMAGE", "CELERY", "DATABASE"))}
    return {**kept, "DJANGO_SETTINGS_MODULE": "annotation_site.settings"}


@pytest.fixture
def site(tmp_path, installed):
    """A function that starts `manage.py up` on a copy of `installed` and returns its process and port."""
    shutil.copytree(installed, tmp_path / "var")
    started = []

    def start(*options, sample=False, **environment):
        options = options if sample else ("--no-sample", *options)
        port = free_port()
        values = {**clean_environment(), "SERVIMAGE_VAR": str(tmp_path / "var"), "PORT": str(port), **environment}
        with (tmp_path / "output.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "up", *options], cwd=settings.BASE_DIR, env=values, stdout=log, stderr=log
            )
        started.append(process)
        wait_until(lambda: answers(port) or process.poll() is not None, 180, "the site answers")
        return process, port

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=20)


def answers(port):
    """Whether the site on that port is ready to serve."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


def children_of(pid):
    """The processes started by `pid` and by those, by their process ids, with their command lines."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
            command = (stat.parent / "cmdline").read_text().replace("\0", " ")
        except (FileNotFoundError, ProcessLookupError):
            continue
        found.setdefault(parent, {})[int(stat.parent.name)] = command
    below, queue = {}, [pid]
    while queue:
        for child, command in found.get(queue.pop(), {}).items():
            below[child] = command
            queue.append(child)
    return below


def is_alive(pid):
    """Whether the process runs; one that has ended and only waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def leader(pid, word):
    """The child of the supervisor whose command line contains `word`."""
    direct = [child for child, command in children_of(pid).items() if word in command and os.getpgid(child) == child]
    return direct[0] if direct else None


def has_another(pid, word, former):
    """Whether the supervisor has another such child than before."""
    return leader(pid, word) not in {former, None}


# What a worker is told of its queue: no import waits for training.
QUEUES = ("--queues default", "--queues gpu")
linux_only = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")


@linux_only
def test_the_site_restarts_what_is_killed_and_stops_within_seconds(site):
    process, port = site()
    web = wait_until(lambda: leader(process.pid, "gunicorn"))
    workers = {queue: wait_until(partial(leader, process.pid, queue)) for queue in QUEUES}
    wait_until(lambda: all(len(children_of(worker)) == 1 for worker in workers.values()), what="each worker has its child")
    orphans = [child for leading in (web, *workers.values()) for child in children_of(leading)]

    for leading in (web, *workers.values()):
        os.kill(leading, signal.SIGKILL)

    wait_until(lambda: leader(process.pid, "gunicorn") not in {web, None} and answers(port), 30, "the web server is back")
    for queue, worker in workers.items():
        wait_until(partial(has_another, process.pid, queue, worker), 30, "the workers are back")
    assert not any(map(is_alive, orphans))

    everything = list(children_of(process.pid))
    # 4 s on an idle machine: 3 s of grace for the worker, which polls its broker.
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0
    assert not any(map(is_alive, everything))


@linux_only
def test_nothing_survives_a_killed_supervisor(site):
    process, _port = site()
    wait_until(lambda: leader(process.pid, "celery"))
    everything = list(children_of(process.pid))

    process.kill()
    process.wait()

    wait_until(lambda: not any(map(is_alive, everything)), 20, "web server and worker have ended")


@linux_only
def test_the_first_start_makes_the_sample_and_the_second_does_nothing_twice_and_keeps_everything(site, tmp_path):
    output, database = tmp_path / "output.log", tmp_path / "var" / "site.sqlite3"
    process, _port = site(sample=True)
    wait_until(lambda: "Ctrl-C stops it." in output.read_text(), 60, "the links are printed")
    first = output.read_text()
    process.send_signal(signal.SIGINT)
    process.wait(timeout=20)
    kept = count_rows(database)
    key = (tmp_path / "var" / "secret_key").read_text()

    _process, port = site(sample=True)

    wait_until(lambda: output.read_text().count("Ctrl-C stops it.") == 2, 60, "new links are printed")
    second = output.read_text().removeprefix(first)
    assert "Sample project (invented) is ready: 24 tasks" in first
    assert "bringing the database" not in second
    assert "collecting static files" not in second
    assert (tmp_path / "var" / "secret_key").read_text() == key
    assert {table: count for table, count in count_rows(database).items() if count < kept[table]} == {}
    assert kept["labeling_task"] == 24
    link = re.search(r"lead +lead +http://127.0.0.1:\d+(/account/link/\S+)", second)[1]
    assert "Sign in" in read_page(port, link)


def count_rows(database):
    """How many rows each table of the site has."""
    with closing(sqlite3.connect(database)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'labeling_%' AND type = 'table'")]
        return {table: connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in tables}


def read_page(port, path):
    """The text of a page of the site."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
        return response.read().decode()


def test_a_start_on_real_data_imports_it_beside_the_site(site, tmp_path):
    bench, candidates = make_small_bench(tmp_path / "bench"), make_candidates(tmp_path / "candidates", "acme/product-001")

    site("--bench", str(bench), "--candidates", str(candidates), sample=True)

    database = tmp_path / "var" / "site.sqlite3"
    wait_until(lambda: count_rows(database)["labeling_candidate"] == 2, 60, "the candidates are in")
    wait_until(lambda: count_open(database) == 2, 60, "the candidates can be labelled")
    output = tmp_path / "output.log"
    assert "importing meanwhile" in output.read_text()
    assert "Sample project" not in output.read_text()


def count_open(database):
    """How many candidates anybody may take."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT COUNT(*) FROM labeling_candidate WHERE state = 'open'").fetchone()[0]


def test_a_taken_port_is_said_in_clear_words(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        environment = {**os.environ, "SERVIMAGE_VAR": str(tmp_path), "PORT": str(port)}
        command = [sys.executable, "manage.py", "up", "--no-sample"]
        result = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False)

    assert result.returncode == 1
    assert f"nothing can listen at 127.0.0.1:{port}: Address already in use. Another address: PORT={port + 1} ./run" in result.stderr


def test_debug_is_served_to_this_machine_only(tmp_path):
    environment = {**os.environ, "SERVIMAGE_VAR": str(tmp_path), "DEBUG": "1"}
    command = [sys.executable, "manage.py", "up", "--host", "0.0.0.0", "--port", str(free_port())]

    result = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False)

    assert result.returncode == 1
    assert "DEBUG shows source and settings to visitors" in result.stderr


def test_a_child_that_keeps_ending_is_started_ever_more_rarely():
    child = Child("short-lived", [sys.executable, "-c", ""])

    pauses = []
    for _ in range(8):
        pauses.append(child.pause_s)
        child.start()
        child.process.wait()
        child.watch()
        child.watch()
        assert not child.running()

    # 0.5 s doubled each time, at most 30 s.
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_a_child_can_wait_until_others_are_up():
    child = Child("late", [sys.executable, "-c", ""], first_after_s=3600)

    child.watch()

    assert child.process is None


def test_an_exit_is_told_in_words():
    assert describe_exit(-9) == "killed by SIGKILL"
    assert describe_exit(3) == "exit status 3"


def test_an_ipv6_address_is_written_with_brackets():
    assert format_address("::1", 8000) == "[::1]:8000"
    assert format_address("127.0.0.1", 8000) == "127.0.0.1:8000"


def test_a_free_port_has_nothing_against_it():
    assert why_not_listen("127.0.0.1", free_port()) is None


def test_run_is_plain_sh_and_names_its_commands():
    shown = subprocess.run(["sh", str(settings.BASE_DIR / "run"), "help"], capture_output=True, text=True, check=True).stdout

    assert re.findall(r"^\./run ?(\w*)", shown, re.M) == ["", "", "links", "test", "manage"]
