#!/usr/bin/env bash
# Builds the API reference into artifacts/site; every warning is an error. Usage: eng/build-docs.sh
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet tool restore
dotnet build src/Microsoft.ML.Eva -c Release
rm -rf artifacts/api artifacts/site
dotnet docfx docs/docfx.json --warningsAsErrors
echo "The API reference is in artifacts/site."
