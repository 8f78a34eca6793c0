"""Write tests/inventories/expected anew after an intended change of the output; then read the difference.

python -m tests.inventories.rewrite
"""

import shutil
from pathlib import Path

from hamon.inventory import load
from hamon.nagios_objects.build import build
from hamon.nagios_objects.render import render
from hamon.plan import make_plan
from tests.inventories.fakes import COMPONENTS

HERE = Path(__file__).parent


def rendered() -> dict[str, str]:
    """The output for small.yml. No version and no name of the inventory is in it: a release changes nothing here."""
    plan = make_plan(load(str(HERE / "small.yml")), COMPONENTS)
    return render(plan, build(plan))


if __name__ == "__main__":
    shutil.rmtree(HERE / "expected", ignore_errors=True)
    for path, text in rendered().items():
        target = HERE / "expected" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
