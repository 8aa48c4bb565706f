#!/usr/bin/env bash
# Install what tests/slurm needs, where one may: on Debian or Ubuntu, as root. Elsewhere the tests skip.
set -euo pipefail
packages=(slurmctld slurmd slurm-client munge)
if command -v slurmctld > /dev/null && command -v slurmd > /dev/null && command -v sbatch > /dev/null; then
    exit
elif [[ $EUID -ne 0 ]] || ! command -v apt-get > /dev/null; then
    echo "Slurm is not installed, and installing it takes root and apt-get: ${packages[*]}"
    exit
fi
export DEBIAN_FRONTEND=noninteractive
{ apt-get update && apt-get install --yes --no-install-recommends "${packages[@]}"; } > /dev/null ||
    echo "Slurm could not be installed"
