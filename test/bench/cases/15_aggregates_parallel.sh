# shellcheck shell=bash
source "$here/cases/15_aggregates.sh"
TITLE='Aggregates over as many rows, two workers'
CONTENDERS=('sum(float8)' decayed_sum)
WORKERS=2
