"""The command `chronotope`. Here are the commands and their options; what they do is imported when they are called, so
that `--help` is quick.

Exit codes: 0 done, 1 refused or failed with one line of reason on stderr, 2 wrong usage.
"""

from __future__ import annotations

import contextlib
import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from api import cli_account, cli_ask, cli_audit, cli_change, cli_people, cli_stream, cli_tile

app = typer.Typer(
    name="chronotope",
    help="Backend for immersive XR and 4D virtual museums.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Data directory; it holds everything.  [default: museum]"),
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for scripts.")]
Host = Annotated[str | None, typer.Option(metavar="H", help="Address to listen on.  [default: 127.0.0.1]")]
Port = Annotated[
    int | None, typer.Option(metavar="P", min=0, max=65535, help="Port; 0 takes a free one.  [default: 8000]")
]
Certificate = Annotated[Path | None, typer.Option(metavar="FILE", help="Certificate chain (PEM) for https.")]
Key = Annotated[Path | None, typer.Option(metavar="FILE", help="Private key (PEM) of the certificate.")]
AutoTls = Annotated[
    bool,
    typer.Option(
        "--tls-auto",
        help="Https by an authority of this museum's own, for headsets on the LAN; listens on all addresses.",
    ),
]


@app.command()
def serve(  # noqa: PLR0917 - typer passes by name
    data: Data = None,
    host: Host = None,
    port: Port = None,
    tls_cert: Certificate = None,
    tls_key: Key = None,
    tls_auto: AutoTls = False,
    json: Json = False,
) -> None:
    """Serve a museum: gallery, viewer, studio, GraphQL, stream.

    On loopback a one-time curator link is printed. On any other address an administrator must have been made first:
    chronotope account add NAME --role administrator
    """
    from api.cli_serve import serve as run

    run(data=data, host=host, port=port, certificate=tls_cert, key=tls_key, automatic=tls_auto, as_json=json)


@app.command()
def demo(  # noqa: PLR0917 - typer passes by name
    data: Data = None,
    host: Host = None,
    port: Port = None,
    tls_auto: AutoTls = False,
    json: Json = False,
    build_only: Annotated[bool, typer.Option("--build-only", help="Make the sample museum, do not serve it.")] = False,
) -> None:
    """Make the sample museum where it is not there yet, then serve it."""
    from api.cli_demo import demo as run

    run(data=data, host=host, port=port, automatic=tls_auto, as_json=json, build_only=build_only)


@app.command()
def ingest(  # noqa: PLR0917 - typer passes by name
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Models (GLB, glTF, OBJ, PLY, STL, OFF, COLLADA, 3MF; a folder or zip of one with its files), "
            "clouds of points (LAS, LAZ, E57, PLY, XYZ, PTS), "
            "recordings (WAV, FLAC, MP3, Ogg, M4A) or pictures (JPEG, PNG, WebP).",
        ),
    ],
    title: Annotated[str, typer.Option(metavar="T", help="Title; default: the file's name.")] = "",
    rights: Annotated[str, typer.Option(metavar="URI", help="Address of a licence or rights statement.")] = "",
    attribution: Annotated[str, typer.Option(metavar="TEXT", help="Whom to name with it.")] = "",
    asset: Annotated[
        str,
        typer.Option(metavar="ID", help="The asset that this is a new version of; its annotations are carried over."),
    ] = "",
    limit: Annotated[
        str, typer.Option(metavar="M", help="Metres that annotations may move by before they are flagged.")
    ] = "",
    data: Data = None,
    server: Annotated[
        str | None,
        typer.Option(metavar="URL", envvar="CHRONOTOPE_SERVER", help="Upload to a running server instead."),
    ] = None,
    token: Annotated[
        str | None, typer.Option(metavar="T", envvar="CHRONOTOPE_TOKEN", help="Access token for the server.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the files are ready.")] = True,
    place: Annotated[
        str,
        typer.Option(
            metavar="LAYER", help="Layer, by its id, to place clouds in by the reference system that they state."
        ),
    ] = "",
    json: Json = False,
) -> None:
    """Deposit files, wait until they are ready, print the ids of the assets."""
    from api.cli_ingest import ingest as run

    if server and data:
        raise typer.BadParameter("give either --data or --server")
    if asset and len(files) > 1:
        raise typer.BadParameter("one file is a new version of one asset")
    if place and (asset or not wait):
        raise typer.BadParameter("--place needs a new asset, and to wait until it is ready")
    about = {"title": title, "rights": rights, "attribution": attribution, "asset": asset, "limit": limit}
    run(files, about, data=data, server=server, token=token, wait=wait, as_json=json, place=place)


app.command("tile")(cli_tile.tile)
app.command("change")(cli_change.change)
app.command("stream")(cli_stream.stream)
app.command("import-gedcom")(cli_people.import_gedcom)
app.command("ask")(cli_ask.ask)
app.add_typer(cli_account.app, name="account")
app.add_typer(cli_audit.app, name="audit")


@app.command()
def token(  # noqa: PLR0917 - typer passes by name
    role: Annotated[str | None, typer.Option(metavar="ROLE", help=f"{cli_account.ROLES}.  [default: curator]")] = None,
    name: Annotated[str, typer.Option(metavar="NAME", help="Who holds it; stands in the history of changes.")] = "",
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Days it holds; default: until it is ended.")
    ] = None,
    scopes: Annotated[
        str,
        typer.Option(
            metavar="LIST", help="What it may be used for: read,ingest,edit,publish,administer.  [default: all]"
        ),
    ] = "",
    account: Annotated[
        str, typer.Option(metavar="NAME", help="An account's: it may what the account may, and ends with it.")
    ] = "",
    listing: Annotated[bool, typer.Option("--list", help="List tokens, sessions and links instead.")] = False,
    end: Annotated[str, typer.Option(metavar="ID", help="End the one with this id instead.")] = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Make an access token and print it, this one time; the museum keeps only its hash."""
    if listing:
        cli_account.list_tokens(data=data, as_json=json)
    elif end:
        cli_account.end_token(end, data=data, as_json=json)
    else:
        cli_account.make_token(role, name, days=days, scopes=scopes, account=account, data=data, as_json=json)


@app.command()
def fsck(  # noqa: PLR0917 - typer passes by name
    repair: Annotated[
        bool, typer.Option("--repair", help="Put right what the replica (REPLICA_URL) has whole.")
    ] = False,
    replicate: Annotated[bool, typer.Option("--replicate", help="First copy to the replica what it lacks.")] = False,
    pace: Annotated[str | None, typer.Option(metavar="SIZE", help="Read no more than this each second: 20M.")] = None,
    status: Annotated[
        bool, typer.Option("--status", help="Read nothing; say how far the server's own look is.")
    ] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Read every object again and compare it with its digest; exit 1 where one is damaged or missing."""
    from api.cli_fsck import fsck as run
    from api.cli_fsck import status as say

    if status:
        if repair or replicate or pace:
            raise typer.BadParameter("--status goes with --data and --json only")
        say(data=data, as_json=json)
        return
    run(data=data, as_json=json, pace=pace, repair=repair, replicates=replicate)


@app.command()
def purge(  # noqa: PLR0917 - typer passes by name
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="What was removed 30 days ago.")] = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it stays when all else is gone.")] = "",
    unreferenced: Annotated[bool, typer.Option("--unreferenced", help="Objects that nothing names, too.")] = False,
    yes_really: Annotated[bool, typer.Option("--yes-really", help="What is erased cannot be brought back.")] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Erase for good what was removed at least 30 days ago; without ids, list what is removed."""
    from api.cli_purge import purge as run

    run(ids or (), data=data, reason=reason, unreferenced=unreferenced, yes_really=yes_really, as_json=json)


@app.command("export")
def export_(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The OCFL tree; made where there is none.")],
    verify: Annotated[bool, typer.Option("--verify", help="Read all of it again and compare the digests.")] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Write the museum to an OCFL 1.1 tree: deposited files, history, provenance, tiles. Only news are written."""
    from api.cli_archive import export as run

    run(folder, data=data, verify=verify, as_json=json)


@app.command("import")
def import_(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An OCFL tree that `chronotope export` wrote.")],
    data: Data = None,
    json: Json = False,
) -> None:
    """Make a museum of an OCFL tree, with its history; in an empty data directory or database."""
    from api.cli_archive import restore as run

    run(folder, data=data, as_json=json)


@app.command()
def worker(
    threads: Annotated[
        int | None, typer.Option(min=1, max=256, help="Jobs at a time.  [default: CHRONOTOPE_WORKERS, or the cores]")
    ] = None,
    data: Data = None,
) -> None:
    """Work on jobs in a process of its own, beside servers (which leave them to it with CHRONOTOPE_WORKERS=0)."""
    from api.cli_worker import work as run

    run(data=data, threads=threads)


@app.command()
def migrate(data: Data = None, json: Json = False) -> None:
    """Bring the catalogue to this version's schema (serve does it by itself)."""
    from api.cli_keep import migrate as run

    run(data=data, as_json=json)


@app.command()
def version() -> None:
    """Print the version."""
    from importlib import metadata

    print(metadata.version("chronotope"))


def main() -> None:
    """Run a command; one line of reason instead of a trace where something is refused."""
    from scenes.audit import WHENCE, WHO, sealable

    with contextlib.suppress(KeyError, OSError):
        WHO.set(getpass.getuser())
    WHENCE.set(sealable("command line", ""))
    try:
        app(prog_name="chronotope")
    except Exception as error:
        from api.errors import INTERNAL, kind_of, message_of
        from api.settings import SettingsError
        from storage.migrate import SchemaTooNew, Unreadable

        if isinstance(error, SettingsError | SchemaTooNew | Unreadable):
            code, message = "BAD_SETTING", str(error)
        elif isinstance(error, OSError) and error.filename is not None:
            code, message = "REFUSED", f"{error.filename}: {error.strerror}"
        elif kind_of(error) is INTERNAL:
            raise
        else:
            code, message = kind_of(error).code, message_of(error)
        print(f"chronotope: {code}: {' '.join(message.split())}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
