"""Ways to break HAProxy and what is behind it."""

from hamon.lab.components.api.steps import answers, slow_clients
from hamon.lab.components.haproxy.steps import idle, server, session_limit, tell_haproxy
from hamon.lab.failure import Failure, Verdict
from hamon.lab.scenarios.controller import BALANCERS, CONTROLLERS, PROXIES, SERVER_DOWN, THROUGH
from hamon.lab.steps import end, every, gone, kill, start, vip_on, wait

BACKEND_DOWN = Failure(
    "haproxy-backend-down",
    "haproxy",
    "all API servers answer 503: the backend has nobody left",
    inject=(answers("503", CONTROLLERS),),
    visible=every(*(server(host, "nova_api", "BACKEND", "DOWN") for host in BALANCERS)),
    heal=(answers("200", CONTROLLERS),),
    expects=(
        Verdict(*PROXIES, "CRITICAL", "nova_api"),
        *(Verdict(host, "haproxy", "CRITICAL", "nova_api") for host in BALANCERS),
    ),
)
IN_CONTROLLER = (
    Failure(
        "haproxy-server-down",
        "haproxy",
        "one of three API servers answers 503",
        inject=(answers("503", ("ctl3",)),),
        visible=every(*(server(host, "nova_api", "ctl3", "DOWN") for host in BALANCERS)),
        heal=(answers("200", ("ctl3",)),),
        expects=SERVER_DOWN,
    ),
    BACKEND_DOWN,
    Failure(
        "haproxy-maint",
        "haproxy",
        "an administrator takes a server out (state maint)",
        inject=(tell_haproxy("set server nova_api/ctl3 state maint", *BALANCERS),),
        visible=every(*(server(host, "nova_api", "ctl3", "MAINT") for host in BALANCERS)),
        heal=(tell_haproxy("set server nova_api/ctl3 state ready", *BALANCERS),),
    ),
    Failure(
        "haproxy-session-limit",
        "haproxy",
        "slow requests fill the API frontend to its maxconn",
        inject=(slow_clients("mon", 30),),
        visible=session_limit("ctl1", "nova_api_front"),
        heal=(end("mon", "slow-clients"), wait(idle("ctl1", "nova_api_front"))),
        expects=(
            Verdict(*PROXIES, "CRITICAL", "session limit"),
            Verdict("ctl1", "haproxy", "CRITICAL", "session limit"),
        ),
    ),
    Failure(
        "haproxy-killed",
        "haproxy",
        "HAProxy on the holder of the virtual address dies; keepalived moves the address",
        inject=(kill("ctl1", "haproxy"),),
        visible=every(gone("ctl1", "haproxy"), vip_on("ctl2")),
        heal=(start("ctl1", "haproxy"), wait(vip_on("ctl1"))),
        expects=(Verdict("ctl1", "haproxy", "CRITICAL"), Verdict(*PROXIES, "WARNING", "ctl1")),
        # until the address has moved
        allows=(THROUGH,),
    ),
)
FAILURES = {"controller": IN_CONTROLLER}
