#!/bin/sh
# The types of the pages' JavaScript, written as JSDoc, checked by the TypeScript compiler of package-lock.json. Where npm is missing it is said.
cd "$(dirname "$0")" || exit 1
if ! command -v npm >/dev/null; then
    echo "  left out: npm is not installed here"
    exit 0
fi
if [ ! -x node_modules/.bin/tsc ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --silent --no-audit --no-fund || exit 1
fi
exec node_modules/.bin/tsc --project .
