"""The vectors are what the code says, both ways."""

from __future__ import annotations

import gzip
import json

import pytest

from scenes.fixity import unbrotlied
from streaming import frames
from streaming.errors import StreamError
from streaming.events import ChunkFrame, Encoding
from tests.streaming.forest import digest_of
from tests.streaming.vectors import CLIENT, FOLDER, KINDS, MALFORMED, SERVER, TILE, documents, fields

READ = {name: json.loads((FOLDER / name).read_text())["vectors"] for name in documents()}
DECODERS = {"server": frames.decode_server, "client": frames.decode_client}


def data_of(vector: dict) -> str | bytes:
    return vector["text"] if "text" in vector else bytes.fromhex(vector["hex"]) + bytes(vector.get("zeros", 0))


def test_the_files_are_what_the_code_writes():
    assert {name: (FOLDER / name).read_text() for name in documents()} == documents()


@pytest.mark.parametrize("side", ["server", "client"])
def test_every_kind_and_type_has_vectors(side):
    tables = {
        "server": (frames._SERVER_BINARY, frames._SERVER_TEXT),
        "client": (frames._CLIENT_BINARY, frames._CLIENT_TEXT),
    }
    binary, text = tables[side]
    assert {KINDS[kind] for kind in binary} | text.keys() == {vector["kind"] for vector in READ[f"{side}.json"]}


@pytest.mark.parametrize("vector", [*READ["server.json"], *READ["client.json"]], ids=lambda vector: vector["name"])
def test_bytes_and_fields_say_the_same(vector):
    decode = DECODERS["server" if vector in READ["server.json"] else "client"]
    message = decode(data_of(vector))
    said = dict((*SERVER, *CLIENT))[vector["name"]]
    assert message == said
    assert frames.encode(message) == data_of(vector)
    assert json.loads(json.dumps(fields(message))) == vector["fields"]


@pytest.mark.parametrize("vector", READ["malformed.json"], ids=lambda vector: vector["name"])
def test_what_is_malformed_is_refused_by_its_code(vector):
    for side in ("server", "client") if vector["sends"] == "either" else (vector["sends"],):
        with pytest.raises(StreamError) as caught:
            DECODERS[side](data_of(vector))
        assert caught.value.close_code == vector["close"]


def test_no_two_vectors_have_one_name_and_digests_are_true():
    for rows in (SERVER, CLIENT, MALFORMED):
        assert len({row[0] for row in rows}) == len(rows)
    coded = next(
        message for _, message in SERVER if isinstance(message, ChunkFrame) and message.encoding is Encoding.GZIP
    )
    assert gzip.decompress(coded.payload) == TILE
    by_brotli = next(
        message for _, message in SERVER if isinstance(message, ChunkFrame) and message.encoding is Encoding.BROTLI
    )
    assert unbrotlied(by_brotli.payload, len(TILE)) == TILE
    assert digest_of(TILE) == coded.digest
