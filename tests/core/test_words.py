"""Words for people: a name that is not known."""

from hamon.words import MOST, nearest


def test_the_nearest_name_else_what_there_is() -> None:
    assert nearest("galeera", ("galera", "rabbitmq")) == "did you mean galera?"
    assert nearest("zz", ("rabbitmq", "galera")) == "there are: galera, rabbitmq"
    assert nearest("zz", ()) == "there are: none"


def test_a_list_of_what_there_is_ends() -> None:
    many = [f"x{number:03}" for number in range(MOST + 5)]
    assert nearest("galera", many) == f"there are: {', '.join(many[:MOST])} and 5 more"
