"""What pages tell of the installation beside the running site."""

import pytest

from annotation_site.install import Install, write_state
from judging.lead import installing
from judging.lead.installing import tell_install

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (Install(state="fetching", package="torch", size="196.5 MB", fetched=7), "torch (196.5 MB), 7 packages"),
        (Install(state="unpacking", fetched=90), "unpacked: 90 packages"),
        (Install(state="failed", problem="No space left on device"), "No space left on device"),
    ],
)
def test_how_far_it_is_is_told_until_everything_is_there(monkeypatch, settings, tmp_path, state, said):
    settings.VAR_DIR = tmp_path
    write_state(state)
    monkeypatch.setattr(installing, "is_complete", lambda: False)

    assert said in tell_install()

    monkeypatch.setattr(installing, "is_complete", lambda: True)
    assert tell_install() == ""
