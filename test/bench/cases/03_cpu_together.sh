# shellcheck shell=bash
source "$here/cases/03_cpu.sh"
TITLE='CPU of the writing backend per INSERT, one client on the same CPU, synchronous_commit off'
TURNS=2
PLACE=together
