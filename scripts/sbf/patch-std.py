#!/usr/bin/env python3
"""Teaches a copy of the Rust standard library the target OS `solana`. Fails loudly where a pattern is gone: sid moves.

Usage: patch-std.py LIBRARY
"""
import pathlib
import sys

SYS = pathlib.Path(sys.argv[1]) / "std" / "src" / "sys"


def edit(name: str, old: str, new: str, least: int = 1) -> None:
    path = SYS / name
    text = path.read_text()
    if text.count(old) < least:
        sys.exit(f"patch-std: {path}: expected {old!r}; the standard library has changed, adapt patch-std.py")
    path.write_text(text.replace(old, new))


# `unsupported` implementations already serve vexos; let them serve solana too.
for name in ("io/error/mod.rs", "thread_local/mod.rs", "random/mod.rs"):
    edit(name, 'target_os = "vexos",', 'target_os = "vexos",\n        target_os = "solana",')

# Alignment of the default allocator, and a System that has nothing: `entrypoint!` brings the real allocator.
edit("alloc/mod.rs", 'target_arch = "x86_64",', 'target_arch = "x86_64",\n        target_arch = "bpf",')
edit(
    "alloc/mod.rs",
    'target_os = "vexos" => {',
    'target_os = "solana" => {\n        mod solana;\n    }\n    target_os = "vexos" => {',
)
(SYS / "alloc" / "solana.rs").write_text(
    """use crate::alloc::{GlobalAlloc, Layout, System};

#[stable(feature = "alloc_system_type", since = "1.28.0")]
unsafe impl GlobalAlloc for System {
    unsafe fn alloc(&self, _layout: Layout) -> *mut u8 {
        crate::ptr::null_mut()
    }

    unsafe fn dealloc(&self, _ptr: *mut u8, _layout: Layout) {}
}
"""
)
