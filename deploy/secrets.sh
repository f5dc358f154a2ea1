#!/bin/sh
# Makes deploy/secrets/ for scaled.yaml: passwords and keys, once; what is there stays as it is. The certificate and its
# key are yours to put there: tls.crt and tls.key. Keep a copy of the folder where the backups are not.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p secrets
for name in database_password secret_key s3_access_key s3_secret_key; do
    [ -s "secrets/$name" ] || openssl rand -hex 32 > "secrets/$name"
done
[ -s secrets/database_url ] ||
    echo "postgresql://museum:$(cat secrets/database_password)@postgres/museum" > secrets/database_url
# Compose hands them over as they are, and our user in the containers is 10001 (nginx: 101, PostgreSQL begins as root).
[ "$(id -u)" -ne 0 ] || chown 10001 secrets/database_url secrets/secret_key secrets/s3_*
for name in tls.crt tls.key; do
    [ -s "secrets/$name" ] || { echo "put your certificate there: deploy/secrets/$name" >&2; missing=1; }
    [ "$(id -u)" -ne 0 ] || [ ! -e "secrets/$name" ] || chown 101 "secrets/$name"
done
[ -z "${missing:-}" ]
