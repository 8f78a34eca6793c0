"""The plan as Nagios objects and NRPE commands: ``render(plan) -> {path: text}``, validated before and after writing.

quoting -> objects (rows) -> validate -> render (texts) -> output (delta, atomic swap), and nagios (``nagios4 -v``).
"""
