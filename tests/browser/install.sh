#!/usr/bin/env bash
# Install the browser that tests/browser needs, where one may: on Debian, as root. Elsewhere the tests skip.
set -euo pipefail
for program in chromium chromium-browser google-chrome; do
    if command -v "$program" > /dev/null; then exit; fi
done
if [[ $EUID -ne 0 ]] || ! command -v apt-get > /dev/null; then
    echo "Chromium is not installed, and installing it takes root and apt-get: chromium"
    exit
fi
export DEBIAN_FRONTEND=noninteractive
{ apt-get update && apt-get install --yes --no-install-recommends chromium fonts-dejavu-core; } > /dev/null ||
    echo "Chromium could not be installed"
