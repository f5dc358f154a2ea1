"""Run by the python of another environment: earliest starts by s3dgraphy, of the site in the file that is named.

s3dgraphy is GPL-3.0-or-later, so nothing of ours imports this or it; bench/tasks/chronology.py starts it as a program
and reads what it prints.
"""

import contextlib
import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

with contextlib.redirect_stdout(sys.stderr):
    from s3dgraphy.graph import Graph  # type: ignore[import-not-found]
    from s3dgraphy.nodes.property_node import PropertyNode  # type: ignore[import-not-found]
    from s3dgraphy.nodes.stratigraphic_node import StratigraphicUnit  # type: ignore[import-not-found]


def main() -> None:
    site = json.loads(Path(sys.argv[1]).read_text())
    graph = Graph("site")
    for name, years in site["units"].items():
        graph.add_node(StratigraphicUnit(name, name))
        for which, year in zip(("start", "end"), years or (), strict=False):
            kind = f"absolute_time_{which}"
            graph.add_node(PropertyNode(f"{name}.{which}", kind, value=str(year), property_type=kind))
            graph.add_edge(f"{name}.{which}.of", name, f"{name}.{which}", "has_property")
    for at, (later, older) in enumerate(site["later"]):
        graph.add_edge(f"e{at}", later, older, "is_after")
    start = time.process_time()
    with contextlib.redirect_stdout(sys.stderr):
        graph.calculate_chronology()
    taken = time.process_time() - start
    starts = {name: graph.find_node_by_id(name).attributes.get("CALCUL_START_T") for name in site["units"]}
    print(json.dumps({"name": f"s3dgraphy {version('s3dgraphy')}", "processor_s": taken, "starts": starts}))


if __name__ == "__main__":
    main()
