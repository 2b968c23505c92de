"""What is large is installed beside the running site, and pages can tell how far it is."""

import pytest
from django.test import override_settings

from annotation_site import install
from annotation_site.install import Install, follow, install_steps, read_install, write_state

pytestmark = pytest.mark.pure
SAID = """Collecting torch==2.13.0 (from -r requirements.txt (line 21))
  Downloading torch-2.13.0-cp311-cp311-linux_x86_64.whl (196.5 MB)
Collecting transformers==5.23.0
Installing collected packages: torch, transformers
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path):
    with override_settings(VAR_DIR=tmp_path):
        yield


def test_what_pip_says_becomes_how_far_it_is(monkeypatch):
    told = []
    monkeypatch.setattr(install, "write_state", told.append)

    follow(SAID.splitlines(keepends=True))

    assert told == [
        Install(state="fetching", package="torch", fetched=0),
        Install(state="fetching", package="torch", size="196.5 MB", fetched=0),
        Install(state="fetching", package="transformers", fetched=1),
        Install(state="unpacking", fetched=2),
    ]


def test_how_far_it_is_can_be_read_by_another_process():
    assert read_install() is None

    write_state(Install(state="failed", problem="no space left"))

    found = read_install()
    assert found is not None
    assert (found.state, found.problem, found.at > 0) == ("failed", "no space left", True)


def test_it_is_a_step_only_where_something_is_missing_and_nobody_else_installs(monkeypatch):
    monkeypatch.setattr(install, "is_complete", lambda: False)

    with override_settings(INSTALLS_ALL=True):
        assert [step[-1] for step in install_steps()] == ["annotation_site.install"]
        with override_settings(PRODUCTION=True):
            assert install_steps() == []
        monkeypatch.setattr(install, "is_complete", lambda: True)
        assert install_steps() == []
    monkeypatch.setattr(install, "is_complete", lambda: False)
    with override_settings(INSTALLS_ALL=False):
        assert install_steps() == []


def test_a_pip_that_fails_leaves_its_last_words(monkeypatch, tmp_path):
    (tmp_path / "requirements.txt").write_text("no-such-package-anywhere==0.0.0 ; this is no requirement\n")
    with override_settings(BASE_DIR=tmp_path):
        assert install.main() != 0

    found = read_install()
    assert found is not None
    assert (found.state, bool(found.problem)) == ("failed", True)
