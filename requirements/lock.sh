#!/bin/sh
# Rewrites the .txt files from the .in files: every version and hash, no index line, no registry's name.
set -eu
cd "$(dirname "$0")"
for set in runtime dev cluster bench ocfl schemathesis load; do
    uv pip compile "$set.in" --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header --no-annotate "$@" -o "$set.txt"
done
