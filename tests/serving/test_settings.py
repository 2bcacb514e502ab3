"""What a server is told when it starts."""

import socket
from pathlib import Path

import pytest

from inklens.errors import OptionError
from inklens.serving import ServerSettings


def _unknown(*_, **__):
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize("host", ["http://127.0.0.1", "", "nohost.invalid", "127.0.0.1:80", "10.0.0.0/8"])
@pytest.mark.parametrize("token", [None, "correct-horse-battery"])
def test_a_host_that_is_none_is_said_to_be_none(monkeypatch, host, token):
    monkeypatch.setattr(socket, "getaddrinfo", _unknown)
    with pytest.raises(OptionError, match=f"host '{host}' is no address, nor a name that has one"):
        ServerSettings({"pets": Path()}, host=host, token=token)


def test_a_name_that_can_be_none_is_refused_too():
    with pytest.raises(OptionError, match="is no address, nor a name"):
        ServerSettings({"pets": Path()}, host="a..b")


def test_a_name_of_a_machine_is_taken_with_a_token_only(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [])
    assert ServerSettings({"pets": Path()}, host="digits.example", token="correct-horse-battery")
    with pytest.raises(OptionError, match="can be reached by other machines; expected a token"):
        ServerSettings({"pets": Path()}, host="digits.example")
