#!/bin/sh
# Puts Forewarn where an administrator looks for it, from a copy of this project. Run again to upgrade:
# configuration and data are never touched. ROOT=/some/folder tries it without touching the machine.
#
#   /opt/forewarn            the code and its packages, read-only for the service
#   /etc/forewarn            configuration, and `environment` with the secrets
#   /var/lib/forewarn        the data folder, the only place that is written to
set -eu
# The service's account reads what is put here, whatever the administrator's own habits.
umask 022
ROOT=${ROOT:-}
HERE=$(cd "$(dirname "$0")/.." && pwd)
CODE=$ROOT/opt/forewarn
CONFIG=$ROOT/etc/forewarn
DATA=$ROOT/var/lib/forewarn
UNITS=$ROOT/etc/systemd/system
BIN=$ROOT/usr/local/bin

say() { printf '%s\n' "$*"; }

# An account that can log in nowhere.
if [ -z "$ROOT" ] && ! id forewarn >/dev/null 2>&1; then
    useradd --system --home-dir /var/lib/forewarn --shell /usr/sbin/nologin forewarn
fi

mkdir -p "$CODE" "$CONFIG" "$DATA" "$UNITS" "$BIN"
if [ "$HERE" != "$CODE" ]; then
    # What the new release no longer has must go: a model or a metric that stayed would still be built.
    for part in benchmarks config dbt_project deploy docs pipelines quality tests; do
        rm -rf "${CODE:?}/$part"
    done
    # Without the tests' caches, the data of a trial and an environment made elsewhere.
    tar -C "$HERE" --exclude=./data --exclude=./.venv --exclude=./.venv-bi --exclude=./.venv-store --exclude=./.git --exclude='*.egg-info' \
        --exclude=__pycache__ --exclude=./.pytest_cache -cf - . | tar -C "$CODE" --no-same-owner -xf -
    # Rights as in the copy it came from, which may have been one person's own.
    chmod -R go+rX,go-w "$CODE/pipelines" "$CODE/quality" "$CODE/dbt_project" "$CODE/config" "$CODE/docs" "$CODE/deploy"
    chmod go+rx,go-w "$CODE"
    find "$CODE" -maxdepth 1 -type f -exec chmod go+r,go-w {} +
fi
if [ "${PACKAGES:-yes}" = yes ]; then
    if [ -z "$ROOT" ] && [ ! -x "$CODE/.venv/bin/python" ]; then
        # The service's account has to run it: an administrator's own Python may lie in a home folder.
        FIT='import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))'
        for each in ${PYTHON:-python3 python3.12 python3.11 python3.13 /usr/bin/python3 /usr/local/bin/python3}; do
            path=$(command -v "$each") || continue
            if runuser -u forewarn -- "$path" -c "$FIT" 2>/dev/null; then
                export PYTHON="$path"
                break
            fi
            path=
        done
        if [ -z "${path:-}" ]; then
            say "No Python of 3.11 or newer, with venv, that the account forewarn can run: install one (Debian:"
            say "python3 and python3-venv), or name one: sudo PYTHON=/path/to/python3 deploy/install.sh"
            exit 1
        fi
    fi
    make -C "$CODE" --silent packages COMPILE=no
    # The service may not write there, and would compile the code anew at every start.
    "$CODE/.venv/bin/python" -m compileall -q "$CODE/pipelines" "$CODE/quality"
    # Some packages carry files for other Pythons, which do not compile here.
    "$CODE/.venv/bin/python" -m compileall -qq -j 0 "$CODE/.venv/lib" || true
fi

# The shipped configuration runs the sample company; yours takes its place.
if [ ! -e "$CONFIG/company.yml" ]; then
    cp -R "$CODE/config/." "$CONFIG/"
    # Its sheets lie in the data folder, which is beside the configuration only in a copy of the project.
    sed -i "s|folder: \.\./data/sample|folder: $DATA/sample|" "$CONFIG/sources.yml"
    say "A first configuration (the sample company's) lies in $CONFIG."
fi
if [ ! -e "$CONFIG/environment" ]; then
    cp "$CODE/deploy/environment" "$CONFIG/environment"
fi
chmod 600 "$CONFIG/environment"
chmod 700 "$DATA"

cp "$CODE"/deploy/systemd/*.service "$CODE"/deploy/systemd/*.timer "$UNITS/"
cp "$CODE/deploy/forewarn" "$BIN/forewarn"
chmod 755 "$BIN/forewarn"
if [ -z "$ROOT" ]; then
    chown -R forewarn:forewarn "$DATA"
    chown -R root:forewarn "$CONFIG"
    chmod 750 "$CONFIG"
    chmod 640 "$CONFIG/environment"
    systemctl daemon-reload 2>/dev/null || say "No systemd here: see deploy/cron for cron."
    # After an upgrade the pages and the daemon go on with the new code; where they do not run, nothing starts.
    systemctl try-restart forewarn-web.service 2>/dev/null || true
fi
say "Installed. Next: forewarn check"
