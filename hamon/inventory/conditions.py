"""Whether a switch is on: ``yes``, ``{{ enable_haproxy | bool }}``, ``{{ 'yes' if transport == 'rabbit' else 'no' }}``.

Deployment tools switch services by small expressions over other variables. Names, literals, comparisons, ``and``, ``or``,
``not``, ``x if y else z`` and the filters ``bool``, ``default``, ``lower`` and ``upper`` are evaluated; anything else is Unclear.
"""

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any

Lookup = Callable[[str], Any]  # a variable's value, None when it is not set

_EXPRESSION = re.compile(r"\s*\{\{((?:(?!\{\{|\}\}).)*)\}\}\s*", re.DOTALL)
_DEEPEST = 20  # variables that refer to variables; a circle ends here
_ON, _OFF = ("yes", "true", "on", "1", "y", "t"), ("no", "false", "off", "0", "n", "f", "")
_FILTERS: Mapping[str, Callable[[Any], Any]] = {
    "bool": lambda value: truth(value, lambda _: None),
    "lower": lambda value: str(value).lower(),
    "upper": lambda value: str(value).upper(),
    "int": int,
    "string": str,
}


class Unclear(Exception):  # noqa: N818  # not an error: the caller knows what holds then
    """The value is an expression that hamon does not evaluate, or names a variable that is not set."""


def truth(value: Any, lookup: Lookup) -> bool:
    """Whether ``value`` is on, as Ansible's ``bool`` filter reads it. Raises Unclear, and ValueError for what is neither."""
    resolved = _resolved(value, lookup, 0)
    if isinstance(resolved, bool):
        return resolved
    text = str(resolved).strip().lower()
    if text not in (*_ON, *_OFF):
        raise ValueError(str(resolved))
    return text in _ON


def _resolved(value: Any, lookup: Lookup, depth: int) -> Any:
    """``value`` with its expression evaluated."""
    if not isinstance(value, str) or ("{{" not in value and "{%" not in value):
        return value
    match = _EXPRESSION.fullmatch(value)
    if match is None or depth > _DEEPEST:
        raise Unclear(value)
    try:
        return _of(ast.parse(match[1].strip(), mode="eval").body, lookup, depth + 1)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        raise Unclear(value) from None


def _of(node: ast.expr, lookup: Lookup, depth: int) -> Any:
    """The value of one piece of an expression. Jinja's operators are Python's; ``a | b`` is a filter."""
    match node:
        case ast.Constant():
            return node.value
        case ast.Name(id="true" | "false" as word):
            return word == "true"
        case ast.Name(id=name):
            value = lookup(name)
            if value is None:
                raise Unclear(name)
            return _resolved(value, lookup, depth)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_of(item, lookup, depth) for item in items]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _of(operand, lookup, depth)
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(_of(part, lookup, depth) for part in parts)
        case ast.BoolOp(op=ast.Or(), values=parts):
            return any(_of(part, lookup, depth) for part in parts)
        case ast.IfExp():
            return _of(node.body if _of(node.test, lookup, depth) else node.orelse, lookup, depth)
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            return _compared(operator, _of(left, lookup, depth), _of(right, lookup, depth))
        case ast.BinOp(op=ast.BitOr(), left=left, right=ast.Call(func=ast.Name(id="default" | "d"), args=[other, *_])):
            try:
                return _of(left, lookup, depth)
            except Unclear:
                return _of(other, lookup, depth)
        case ast.BinOp(op=ast.BitOr(), left=left, right=ast.Name(id=name)) if name in _FILTERS:
            return _FILTERS[name](_of(left, lookup, depth))
    raise Unclear(ast.dump(node))


def _compared(operator: ast.cmpop, left: Any, right: Any) -> bool:
    match operator:
        case ast.Eq():
            return bool(left == right)
        case ast.NotEq():
            return bool(left != right)
        case ast.In():
            return left in right
        case ast.NotIn():
            return left not in right
    raise Unclear(ast.dump(operator))
