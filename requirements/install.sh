#!/bin/sh
# Make or update .venv from a lock: `install.sh run` or `install.sh dev` (which holds all of run).
set -eu
cd "$(dirname "$0")/.."
lock=$1

find_python() {
    for name in python3.13 python3.12 python3.11 python3.14 python3; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
    echo "No Python 3.11 or newer with venv was found. Install python3 (and, on Debian, python3-venv)." >&2
    exit 1
}

if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    python=$(find_python)
    rm -rf .venv
    echo "Making .venv with $python"
    "$python" -m venv .venv
fi

# A development environment holds everything that run.lock names, in the same versions: nothing to do for it.
if [ "$lock" = run ] && [ -f .venv/dev.stamp ] && [ .venv/dev.stamp -nt requirements/dev.lock ] &&
    [ .venv/dev.stamp -nt requirements/run.lock ]; then
    touch .venv/run.stamp
    exit 0
fi

echo "Installing requirements/$lock.lock"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "requirements/$lock.lock"
touch ".venv/$lock.stamp"
