# shellcheck shell=bash
source "$here/cases/07_aggregates.sh"
TITLE='The same with two workers'
CONTENDERS=('sum(float8)' decayed_sum)
WORKERS=2
