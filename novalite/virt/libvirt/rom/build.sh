#!/bin/sh
# Make kvm_probe.bin from kvm_probe.S: always the same bytes. Needs binutils; a host does not.
# Usage: build.sh [OUTPUT]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
output=${1:-$here/kvm_probe.bin}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
as --64 --defsym LOOPS=1000000 -o "$work/probe.o" "$here/kvm_probe.S"
ld -m elf_x86_64 -Ttext=0 --build-id=none -o "$work/probe.elf" "$work/probe.o" 2>/dev/null
objcopy -O binary -j .text "$work/probe.elf" "$output"
