#!/bin/sh
# Prepare a folder in which the experiment runs with another seed: results/seeds/<seed>.
#
# It looks like the project, by links, with a config.yaml and results of its own. What the project's own run has
# decoded is there too (as hard links, which cost no space), with Snakemake's notes of how it was made: so nothing
# of it is made again that another seed leaves as it is.
#
#   workflow/seed.sh SEED [same]      same: simulated data stay as they are, and only training has another seed
set -eu
cd "$(dirname "$0")/.."
seed=$1 own=results/seeds/$1
case $seed in '' | *[!0-9]*) echo "seed.sh: found '$seed'; expected a number" >&2; exit 2 ;; esac
simulation='|  '
[ "${2:-}" != same ] || simulation=

if [ ! -d "$own/results" ]; then
    mkdir -p "$own/.snakemake"
    mkdir "$own/results.part"
    for part in dataset study frames clips check annotations; do
        [ ! -e "results/$part" ] || cp -al "results/$part" "$own/results.part/"
    done
    [ ! -e .snakemake/metadata ] || cp -a .snakemake/metadata "$own/.snakemake/"
    mv "$own/results.part" "$own/results"
fi
for entry in *; do
    case $entry in
    results | config.yaml) ;;
    *) ln -sfn "../../../$entry" "$own/$entry" ;;
    esac
done
sed -E "s/^(${simulation#|})?seed: [0-9]+\$/\1seed: $seed/" config.yaml >"$own/config.yaml"
