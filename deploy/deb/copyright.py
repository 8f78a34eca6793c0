"""copyright.py VENV PLACE: the licences of hamon and of the libraries that come with it, for /usr/share/doc. Standard library alone."""

import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

HEAD = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: hamon

Files: *
Copyright: the authors of hamon
License: Apache-2.0
 On Debian systems the full text of the Apache License, version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.
"""


def licence(distribution: Distribution) -> str:
    """What a distribution says of its licence, in one line."""
    metadata = distribution.metadata
    classifiers = [
        line.rpartition(" :: ")[2] for line in metadata.get_all("Classifier", []) if line.startswith("License ::")
    ]
    stated = metadata.get("License-Expression") or metadata.get("License") or ", ".join(classifiers)
    return stated.strip().splitlines()[0] if stated.strip() else "see its files"


def paragraph(distribution: Distribution, place: str, site: Path) -> str:
    """The paragraph of one library, with the places of its licence's text in the package."""
    metadata = distribution.metadata
    author = metadata.get("Author") or metadata.get("Author-email") or metadata.get("Maintainer") or "its authors"
    texts = [file for file in distribution.files or () if file.name.upper().startswith(("LICEN", "COPYING", "AUTHORS"))]
    where = "".join(f" {place}/lib/{site.parent.name}/{site.name}/{file}\n" for file in sorted(map(str, texts)))
    name = metadata["Name"]
    return (
        f"\nFiles: opt/hamon/lib/{site.parent.name}/{site.name}/{name.lower().replace('-', '_')}*\n"
        f"Copyright: {' '.join(author.split())}\nLicense: {licence(distribution)}\n"
        f" {name} {metadata['Version']}.\n{where}"
    )


if __name__ == "__main__":
    venv, place = Path(sys.argv[1]), sys.argv[2]
    (site,) = (venv / "lib").glob("python3*/site-packages")
    every = sorted(distributions(path=[str(site)]), key=lambda each: each.metadata["Name"].lower())
    print(
        HEAD,
        *(paragraph(each, place, site) for each in every if each.metadata["Name"] != "hamon-openstack"),
        sep="",
        end="",
    )
