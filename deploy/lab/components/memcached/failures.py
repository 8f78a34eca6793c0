"""Ways to break memcached."""

import signal

from hamon.lab.components.memcached.service import CONNECTIONS
from hamon.lab.components.memcached.steps import clients, evicting, full, silent
from hamon.lab.failure import Failure, Verdict
from hamon.lab.steps import end, gone, kill, send, start

IN_CONTROLLER = (
    Failure(
        "memcached-killed",
        "memcached",
        "memcached on ctl3 dies",
        inject=(kill("ctl3", "memcached"),),
        visible=gone("ctl3", "memcached"),
        heal=(start("ctl3", "memcached"),),
        expects=(Verdict("ctl3", "memcached", "CRITICAL", "refused"),),
    ),
    Failure(
        "memcached-frozen",
        "memcached",
        "memcached on ctl3 hangs (SIGSTOP): every client waits for its own timeout",
        inject=(send("ctl3", "memcached", signal.SIGSTOP),),
        visible=silent("ctl3"),
        heal=(send("ctl3", "memcached", signal.SIGCONT),),
        expects=(Verdict("ctl3", "memcached", "CRITICAL", "did not answer"),),
    ),
    Failure(
        "memcached-full",
        "memcached",
        "clients take all connections of memcached on ctl3: the next ones are turned away",
        inject=(clients("mon", "idle-clients", "ctl3", "idle", CONNECTIONS),),
        visible=full("ctl3"),
        heal=(end("mon", "idle-clients"),),
        expects=(Verdict("ctl3", "memcached", "CRITICAL", "connection limit"),),
    ),
    Failure(
        "memcached-evictions",
        "memcached",
        "memcached on ctl3 is too small: it throws out what has not expired",
        inject=(clients("mon", "cache-filler", "ctl3", "fill", 30),),
        visible=evicting("ctl3"),
        heal=(end("mon", "cache-filler"),),
        expects=(Verdict("ctl3", "memcached", "WARNING", "before their time"),),
    ),
)
FAILURES = {"controller": IN_CONTROLLER}
