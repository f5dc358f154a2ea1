"""The drill: a museum is lost with its machine, and comes back on an empty one, every scene the same.

From each of the two copies that it is backed up to: an OCFL tree (`chronotope export`), and a copy of its data
directory without the objects, which come from the replica (`chronotope fsck --replicate`). All by the command line.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from api.data_directory import prepare
from api.services import Services, open_services
from api.settings import Settings
from scenes.model import Asset, Placement, Scene
from tests.api.command import ROOT, environment


def run(data: Path, scratch: Path) -> list[str]:
    """Back up the museum in `data` both ways, bring it back both ways; what is not the same, in words."""
    before = scenes_of(data)
    tree, replica = scratch / "tree", scratch / "replica"
    _command("export", tree, "--verify", "--data", data)
    _command("fsck", "--replicate", "--data", data, CHRONOTOPE_REPLICA_URL=f"file://{replica}")
    copied = scratch / "copied"
    shutil.copytree(data, copied, ignore=shutil.ignore_patterns("objects", "derived.db*", "work"))
    wrong = []
    _command("import", tree, "--data", scratch / "imported")
    _command("fsck", "--repair", "--data", copied, CHRONOTOPE_REPLICA_URL=f"file://{replica}")
    for way, folder in (("the OCFL tree", scratch / "imported"), ("the replica", copied)):
        after = scenes_of(folder)
        if before.keys() != after.keys():
            wrong.append(f"from {way}: other scenes")
        wrong += [f"from {way}: {name} differs" for name in before.keys() & after.keys() if before[name] != after[name]]
        said = json.loads(_command("fsck", "--json", "--data", folder))
        wrong += [f"from {way}: {each}" for each in (*said["damaged"], *said["missing"])]
    print(f"{len(before)} scenes came back two ways, {len(wrong)} wrong")
    return wrong


def scenes_of(data: Path) -> dict[str, str]:
    """A digest of each scene: its history, and of what stands in it every record and every byte that is shown."""
    with open_services(prepare(Settings(data=data))) as services:
        scenes = [each for each in services.catalogue.page(Scene, first=1000).records if isinstance(each, Scene)]
        return {each.id: _digest(services, each) for each in scenes}


def _digest(services: Services, scene: Scene) -> str:
    """By the records alone: they name all bytes by their sha256, and fsck has read those."""
    told = [repr(each) for each in services.catalogue.between(0, services.catalogue.latest(), scene=scene.id)]
    placed = services.catalogue.within(Placement, (scene.id,))[scene.id]
    shown = services.catalogue.get_many(Asset, sorted({each.asset for each in placed}))
    told += [repr(shown[name]) for name in sorted(shown)]
    told += [repr(each) for each in services.catalogue.history((scene.id,), last=1000)]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _command(*words: str | Path, **more: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", *map(str, words)],
        env=environment(**more),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"chronotope {words[0]} ended with {done.returncode}: {done.stderr}")
    return done.stdout
