#!/usr/bin/env python3
"""Turns rustc's own `bpfel-unknown-none` target specification into `sbf-solana-solana`. Usage: target-spec.py FILE"""
import json
import sys

with open(sys.argv[1]) as file:
    spec = json.load(file)
spec.update(
    {
        "os": "solana",
        "vendor": "solana",
        "atomic-cas": True,
        "min-atomic-width": 8,
        "panic-strategy": "immediate-abort",
        "relocation-model": "static",
        "linker": "sbpf-linker",
        # The chain's machine reads and writes words at any address; without this every field of an account is read
        # byte by byte, which made SubmitReadings 2.5 times as dear.
        "features": "+allows-misaligned-mem-access",
    }
)
for key in ("position-independent-executables", "metadata"):
    spec.pop(key, None)
json.dump(spec, sys.stdout, indent=2)
