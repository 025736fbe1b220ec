#!/usr/bin/env bash
# Adds every public member that PublicAPI.Unshipped.txt lacks, for review in the diff. Usage: eng/update-public-api.sh
set -euo pipefail
cd "$(dirname "$0")/.."
api=src/Microsoft.ML.Eva/PublicAPI.Unshipped.txt
missing=$(mktemp)
{ dotnet build src/Microsoft.ML.Eva --no-incremental 2>&1 || true; } |
    sed -nE "s/.*(error|warning) RS0016: Symbol '(.*)' is not part of the declared public API.*/\2/p" | LC_ALL=C sort -u >"$missing"
{ echo '#nullable enable'; { grep -v '^#nullable' "$api" || true; cat "$missing"; } | LC_ALL=C sort -u; } >"$api.new"
rm "$missing"
mv "$api.new" "$api"
