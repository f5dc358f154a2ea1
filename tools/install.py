"""Installs what the Makefile's targets need: `python tools/install.py STEP ...`, where `STAGES` lists the steps.

Standard library only, because it runs before anything is installed. Each step leaves a stamp (a digest of what it was
made from), so that a second run costs milliseconds. No root, no compiler: every Python package comes as a wheel. Steps
that don't need each other run at a time: most of them wait for the network.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
WEB = ROOT / "web"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NODE_NEEDED = (20, 19)
# One stage after the other; the lines of a stage beside each other, each from left to right.
STAGES = (
    (("runtime", "dev", "peers"), ("web", "provider")),
    (("compiled", "kernels"), ("browser", "nginx", "strace"), ("ocfl", "schemathesis", "load")),
)


class CannotInstall(Exception):
    """What is missing, and how to mend it."""


def main() -> int:
    """Run the steps named on the command line, by `STAGES`."""
    steps = {
        "runtime": runtime, "dev": dev, "compiled": compiled, "kernels": kernels, "web": web, "browser": browser,
        "peers": peers, "provider": provider, "nginx": nginx, "strace": strace, "ocfl": ocfl,
        "schemathesis": schemathesis, "load": load,
    }  # fmt: skip
    wanted = sys.argv[1:]
    if not wanted or any(name not in steps for name in wanted):
        print(f"usage: install.py {'|'.join(steps)} ...", file=sys.stderr)
        return 2
    try:
        writable()
        for stage in STAGES:
            with ThreadPoolExecutor() as beside:
                lines = [[steps[name] for name in line if name in wanted] for line in stage]
                for done in [beside.submit(lambda line: [step() for step in line], line) for line in lines]:
                    done.result()
    except CannotInstall as problem:
        print(f"\ninstall: {problem}", file=sys.stderr)
        return 1
    return 0


def writable() -> None:
    """Refuse early where nothing can be installed."""
    if not os.access(ROOT, os.W_OK):
        raise CannotInstall(
            f"the folder {ROOT} cannot be written, and everything is installed into it.\n"
            "Mend: copy or clone the project to a folder of your own, or change its owner."
        )
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs this may have an older one
        raise CannotInstall(
            f"this is Python {sys.version.split()[0]}, and 3.11 or later is needed.\n"
            "Mend: install Python 3.11 and run `make PYTHON=/path/to/python3.11 ...`."
        )


def run(*command: str | Path, cwd: Path = ROOT, fails: str, env: dict[str, str] | None = None) -> None:
    """Run a command; where it fails, say what that means and what to do."""
    try:
        subprocess.run([str(part) for part in command], cwd=cwd, check=True, env=env)
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotInstall(f"{fails}\n({error})") from error


def digest(*paths: Path) -> str:
    """One digest of many files and folders, names included."""
    total = hashlib.sha256(sys.version.encode())
    for path in paths:
        files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
        for file in files:
            total.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def fresh(stamp: Path, made_from: str) -> bool:
    """Whether a step was done already from the same sources."""
    return stamp.is_file() and stamp.read_text() == made_from


def runtime() -> None:
    """The service and the command: .venv with requirements/runtime.txt, and the project itself."""
    packages("runtime")


def dev() -> None:
    """The same with what tests and checks need."""
    packages("dev")


def compiled() -> None:
    """What the server compiles for its first visitors and its first poster, so that nobody need wait for it.

    No stamp: numba knows what it has compiled, and of which source; a second to find all there, half a minute else.
    """
    for module, what in (("select", "the selection of tiles"), ("light", "the drawing of posters")):
        run(PYTHON, "-c", f"from tiling.{module} import warm; warm()", fails=f"compiling {what} failed")


def kernels() -> None:
    """What the tests compile. Where it fails they say why: they compile it themselves."""
    sources = [path for folder in ("tiling", "pipeline") for path in sorted((ROOT / folder).rglob("*.py"))]
    compiled_from = digest(*sources)
    if fresh(VENV / ".kernels", compiled_from):
        return
    done = subprocess.run([PYTHON, "-m", "tests.kernels"], cwd=ROOT, check=False)
    if done.returncode == 0:
        (VENV / ".kernels").write_text(compiled_from)


def peers() -> None:
    """What `make bench` compares with: requirements/bench.txt, and bench/peers by its lock file."""
    packages("bench", serving=("bench",))
    folder = ROOT / "bench" / "peers"
    installed = digest(folder / "package.json", folder / "package-lock.json")
    if not fresh(folder / "node_modules/.stamp", installed):
        node_modules(node_and_npm(), folder)
        (folder / "node_modules/.stamp").write_text(installed)


def provider() -> None:
    """The identity provider of tests/api/test_oidc.py: tests/identity_provider by its lock file."""
    folder = ROOT / "tests" / "identity_provider"
    installed = digest(folder / "package.json", folder / "package-lock.json")
    if not fresh(folder / "node_modules/.stamp", installed):
        node_modules(node_and_npm(), folder)
        (folder / "node_modules/.stamp").write_text(installed)


def nginx() -> None:
    """The server of files that peers of `make bench-stream` pull from, and the proxy of tests/api/test_proxy.py.

    Without it both are left out. Unlike a browser it comes by the system's package manager only, so root must ask.
    """
    system_package("nginx", "nginx-light")


def strace() -> None:
    """What kills and fails system calls in `make faults` and tests/faults. Without it the latter are left out."""
    system_package("strace", "strace")


def system_package(program: str, package: str) -> None:
    """A program by the system's package manager, where it is missing and we may: as root, with apt-get."""
    if shutil.which(program) or os.name != "posix" or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print(f"install: {program} by the system's package manager", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    failed = f"apt-get could not install {package}.\nMend: see its words above."
    run("apt-get", "-qq", "update", fails=failed, env=quiet)
    run("apt-get", "-qq", "install", "--yes", "--no-install-recommends", package, fails=failed, env=quiet)


def ocfl() -> None:
    """A validator of OCFL trees that is not ours. Two of its packages are pure Python that is published as source."""
    apart("ocfl", "ocfl-py", "--no-binary", "bagit,pairtree")


def schemathesis() -> None:
    """What tries every door by the description of it (tests/api/fuzz_http.py)."""
    apart("schemathesis", "Schemathesis")


def load() -> None:
    """Locust, the visitors of `make bench TASKS=load`."""
    apart("load", "Locust")


def apart(name: str, what: str, *more: str) -> None:
    """A tool that does not go with what we use, in an environment of its own: requirements/NAME.txt in .venv/NAME."""
    locked, folder = ROOT / f"requirements/{name}.txt", VENV / name
    if fresh(folder / ".stamp", digest(locked)):
        return
    print(f"install: {what}, in .venv/{name}", flush=True)
    run(
        *(sys.executable, "-m", "venv", "--without-pip", folder),
        fails="Python's venv module does not work here.\nMend: install python3-venv, or Python from python.org.",
    )
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    run(
        *(sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check", "install", "--quiet"),
        *("--require-hashes", "--only-binary", ":all:", *more, "-r", locked),
        fails=f"pip could not install {what}.\nMend: see pip's words above.",
    )
    (folder / ".stamp").write_text(digest(locked))


def packages(name: str, *, serving: tuple[str, ...] = ()) -> None:
    """Make .venv and fill it with a locked set, unless one that serves is there; by default the larger set does."""
    project = ROOT / "pyproject.toml"
    locked = ROOT / f"requirements/{name}.txt"
    kinds = serving or (name, "dev")
    if PYTHON.exists() and any(
        fresh(VENV / f".{kind}", digest(ROOT / f"requirements/{kind}.txt", project)) for kind in kinds
    ):
        return
    if not PYTHON.exists():
        print("install: making .venv", flush=True)
        # Debian keeps ensurepip apart from Python; pip of the system installs into the environment from outside.
        run(
            *(sys.executable, "-m", "venv", "--without-pip", VENV),
            fails="Python's venv module does not work here.\nMend: install python3-venv, or Python from python.org.",
        )
    print(f"install: Python packages ({locked.name}, a few minutes the first time)", flush=True)
    pip = (sys.executable, "-m", "pip", "--python", PYTHON, "--disable-pip-version-check", "install", "--quiet")
    run(
        *(*pip, "--require-hashes", "--only-binary", ":all:", "-r", locked),
        fails="pip could not install the locked packages.\n"
        "Mend: see pip's words above; it needs pip 22.3 or later and a way to the Python package index.",
    )
    ourselves = (*pip, "--no-deps", "--no-build-isolation", "--editable", ROOT)
    run(*ourselves, fails="the project itself could not be installed; see pip's words above.")
    (VENV / f".{name}").write_text(digest(locked, project))


def web() -> None:
    """The front end: node_modules by package-lock.json, built to web/dist."""
    sources = [WEB / name for name in ("package.json", "package-lock.json", "vite.config.ts", "tsconfig.json")]
    pages = sorted(WEB.glob("*.html"))
    installed = digest(*sources[:2])
    built = digest(*sources, *pages, WEB / "src", *([WEB / "public"] if (WEB / "public").is_dir() else []))
    if fresh(WEB / "dist/.stamp", built) and fresh(WEB / "node_modules/.stamp", installed):
        return
    npm = node_and_npm()
    if not fresh(WEB / "node_modules/.stamp", installed):
        print("install: front-end packages (package-lock.json)", flush=True)
        node_modules(npm, WEB)
        (WEB / "node_modules/.stamp").write_text(installed)
    print("install: building the front end", flush=True)
    run(npm, "run", "--silent", "build", cwd=WEB, fails="the front end could not be built; see the words above.")
    (WEB / "dist/.stamp").write_text(built)


def node_modules(npm: str, folder: Path) -> None:
    """Install what a folder's lock file names."""
    run(
        *(npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"),
        cwd=folder,
        fails=f"npm could not install the locked packages of {folder.name}.\n"
        "Mend: look at npm's words above; it needs a way to the npm registry.",
    )


def node_and_npm() -> str:
    """Path of npm, where Node is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    wanted = ".".join(map(str, NODE_NEEDED))
    if not node or not npm:
        raise CannotInstall(
            f"{'Node' if not node else 'npm'} is missing, and it builds the viewer's page.\n"
            f"Mend: install Node {wanted} or later with npm (nodejs.org, or your system's package manager)."
        )
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    if tuple(int(part) for part in said.lstrip("v").split(".")[:2]) < NODE_NEEDED:
        raise CannotInstall(f"this is Node {said}, and {wanted} or later is needed.\nMend: install a newer Node.")
    return npm


def find_chromium() -> str | None:
    """A Chromium that is there: named by CHRONOTOPE_CHROMIUM, on the PATH, or Playwright's own."""
    named = os.environ.get("CHRONOTOPE_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    for name in CHROMIUM_NAMES:
        found = shutil.which(name)
        if found:
            return found
    asked = subprocess.run(
        [
            PYTHON,
            "-c",
            "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    own = asked.stdout.strip()
    return own if own and Path(own).exists() else None


def browser() -> None:
    """A real Chromium: one that is there, else Playwright's own, else the system's where we are root.

    nginx, which a test has before the server, is a step of its own (`nginx`): nobody offers it without root.
    """
    if find_chromium():
        return
    print("install: no Chromium here; trying Playwright's own", flush=True)
    subprocess.run(
        [PYTHON, "-m", "playwright", "install", "chromium"],
        cwd=ROOT,
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if find_chromium() and starts(find_chromium() or ""):
        return
    if os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        print("install: Chromium by the system's package manager", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        failed = "apt-get could not install chromium; the browser tests need one.\nMend: see its words above."
        run("apt-get", "-qq", "update", fails=failed, env=quiet)
        run(
            "apt-get",
            "-qq",
            "install",
            "--yes",
            "--no-install-recommends",
            "chromium",
            "fonts-dejavu-core",
            fails=failed,
            env=quiet,
        )
    if not find_chromium():
        raise CannotInstall(
            "no Chromium was found and none could be installed; the browser tests need a real one.\n"
            "Mend: install Chromium or Chrome, or name one: CHRONOTOPE_CHROMIUM=/path/to/chromium make test"
        )


def starts(path: str) -> bool:
    """Whether that browser runs here (Playwright's own may lack system libraries)."""
    command = [path, "--headless", "--no-sandbox", "--version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
