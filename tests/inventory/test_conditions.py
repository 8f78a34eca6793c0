"""Switches of deployment tools: small Jinja expressions over other variables."""

import pytest

from hamon.inventory.conditions import Unclear, truth

KNOWN = {
    "on": "yes", "off": False, "transport": "rabbit", "same": "{{ on }}", "other": "{{ off | bool or same | bool }}",
    "circle": "{{ circle | bool }}",
}  # fmt: skip


@pytest.mark.parametrize(
    ("value", "on"),
    [
        (True, True),
        (0, False),
        (" Yes ", True),
        ("", False),
        ("{{ on }}", True),
        ("{{on|bool}}", True),
        ("{{ off | bool }}", False),
        ("{{ not off | bool and same | bool }}", True),
        ("{{ other }}", True),
        ("{{ (off | bool) or (transport == 'redis') }}", False),
        ("{{ 'yes' if transport in ['rabbit', 'amqp'] else 'no' }}", True),
        ("{{ 'yes' if transport | upper != 'RABBIT' else 'no' }}", False),
        ("{{ nowhere | default(true) | bool }}", True),
        ("{{ nowhere | default('no') }}", False),
    ],
)
def test_what_is_evaluated(value: object, on: bool) -> None:
    assert truth(value, KNOWN.get) is on


@pytest.mark.parametrize(
    "value",
    [
        "{{ nowhere | bool }}", "{{ on }}{{ off }}", "{% if on %}yes{% endif %}", "{{ groups['x'] | length > 1 }}",
        "{{ lookup('env', 'X') }}", "{{ circle }}", "{{ on and }}", "{{ on.x }}", "{{ __import__('os') }}",
    ],
)  # fmt: skip
def test_what_is_not_evaluated_is_unclear_and_never_false(value: str) -> None:
    with pytest.raises(Unclear):
        truth(value, KNOWN.get)


def test_a_word_that_is_neither() -> None:
    with pytest.raises(ValueError, match=r"^perhaps$"):
        truth("perhaps", KNOWN.get)
