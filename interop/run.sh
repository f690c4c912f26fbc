#!/usr/bin/env bash
# Every tool that promise 7 names, against this library, both ways. Needs Python 3.11 with venv; brings everything else itself.
#
#   bash interop/run.sh [--write-docs]          KURA_INTEROP=all: every pinned set of versions instead of the newest
set -euo pipefail
cd "$(dirname "$0")/.."

sets=(current)
if [[ "${KURA_INTEROP:-}" == all ]]; then sets=(current older datasets-2 datasets-4); fi

for set in "${sets[@]}" encoder; do
  venv="interop/.venv-$set"
  wanted="$(python3 --version) $(sha256sum < "interop/requirements-$set.txt")"
  if [[ "$(cat "$venv/.made-for" 2> /dev/null || true)" != "$wanted" ]]; then
    echo "Making $venv from interop/requirements-$set.txt"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r "interop/requirements-$set.txt"
    echo "$wanted" > "$venv/.made-for" # last: a venv that was made by halves is made again
  fi
done

npm run --silent build
status=0
node interop/run.mjs "$@" "${sets[@]}" || status=$?
node interop/live.mjs "${sets[@]}" || status=$?
node interop/hub.mjs "$@" "${sets[@]}" || status=$?
node interop/encoder.mjs interop/.venv-encoder/bin/python || status=$?
# The page has to pass the linter as every file does.
if [[ " $* " == *" --write-docs "* ]]; then npx biome format --write docs/interop.md; fi
exit "$status"
