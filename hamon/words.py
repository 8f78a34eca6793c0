"""Figures and lists as people read them."""

from collections.abc import Collection, Iterable

MOST = 30  # names in a list of what there is


def duration(seconds: float) -> str:
    """``95`` -> ``1 min 35 s``; two units at most."""
    whole = int(seconds)
    for unit, size, below, small in (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= size:
            rest = whole % size // small
            return f"{whole // size} {unit} {rest} {below}" if rest else f"{whole // size} {unit}"
    return f"{whole} s"


def percent(ratio: float) -> str:
    """``0.125`` -> ``12.5 %``."""
    return f"{round(ratio * 100, 1):g} %"


def times(number: int) -> str:
    """``once``, ``3 times``."""
    return "once" if number == 1 else f"{number} times"


def lasting(seconds: float) -> str:
    """`` for 5 min``: how long something has been so; nothing when it has only just begun, or no earlier run saw it."""
    return f" for {duration(seconds)}" if seconds >= 1 else ""


def group(names: Iterable[str]) -> str:
    """``{ctl1, ctl2}``: a set of members in a sentence."""
    return "{" + ", ".join(names) + "}"


def listed(names: Iterable[str]) -> str:
    """``ctl1, ctl2 and ctl3``."""
    all_names = list(names)
    return " and ".join([", ".join(all_names[:-1]), all_names[-1]]) if len(all_names) > 1 else "".join(all_names)


def some(names: Iterable[str], most: int = 3) -> str:
    """``web1, web2, web3 and 7 more``: at most ``most`` names, and one more when it is the only one left."""
    all_names = list(names)
    if len(all_names) <= most + 1:
        return listed(all_names)
    return f"{', '.join(all_names[:most])} and {len(all_names) - most} more"


def counted(number: int, noun: str) -> str:
    """``1 host``, ``2 hosts``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def nearest(name: str, names: Collection[str]) -> str:
    """``did you mean galera?``, else what there is (``MOST`` at most): for a name that is not one of ``names``."""
    import difflib  # a right name must not pay for it

    near = difflib.get_close_matches(name, names, 1, 0.5)
    if near:
        return f"did you mean {near[0]}?"
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return f"there are: {', '.join(sorted(names)[:MOST]) or 'none'}{more}"
