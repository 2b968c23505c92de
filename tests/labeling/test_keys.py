"""The key map: defaults, own keys, and what may be a key."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from labeling.forms.keys import KeyMapForm
from labeling.keys import COMMANDS, is_key, read_key_map

pytestmark = pytest.mark.pure


def filled(**changes: str) -> QueryDict:
    """The posted form with the defaults and some changes."""
    data = QueryDict(mutable=True)
    data.update({name: command.key for name, command in COMMANDS.items()} | changes)
    return data


def test_no_default_key_means_two_things():
    keys = [command.key for command in COMMANDS.values() if command.key]

    assert len(keys) == len(set(keys))


def test_an_own_key_takes_the_key_away_from_the_default_that_had_it():
    keys = read_key_map({"accept": "s"})

    assert keys["accept"] == "s"
    assert keys["skip"] == ""


def test_a_stored_key_that_is_none_falls_back_to_the_default():
    assert read_key_map({"accept": "Escape", "unknown": "x", "reject": 7})["accept"] == "a"


def test_only_characters_and_named_keys_are_keys():
    assert [key for key in ("a", "手", "?", "", "Enter", "ArrowUp", "Tab", "Escape", "ab", " ", "\n") if not is_key(key)] == [
        "Tab",
        "Escape",
        "ab",
        " ",
        "\n",
    ]


def test_the_form_stores_only_what_differs():
    form = KeyMapForm(filled(accept="J", send=" "))

    assert form.is_valid()
    assert form.own_keys() == {"accept": "j", "send": "Space"}


def test_the_form_names_both_actions_that_share_a_key():
    form = KeyMapForm(filled(accept="r"))

    assert not form.is_valid()
    assert set(form.errors) == {"accept", "reject"}


def test_all_keys_can_be_turned_off_and_brought_back():
    off, back = KeyMapForm(filled(none="1", accept="r")), KeyMapForm(filled(reset="1"))

    assert off.is_valid()
    assert back.is_valid()
    assert set(read_key_map(off.own_keys()).values()) == {""}
    assert back.own_keys() == {}
