//! The committed programs are those of the committed sources.

use {
    sha2::{Digest, Sha256},
    std::{path::Path, process::Command},
};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn manifest() -> String {
    std::fs::read_to_string(root().join("sdk/programs/manifest.json")).expect("sdk/programs/manifest.json")
}

fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.split_once(&format!("\"{key}\": \""))?.1.split('"').next()
}

#[test]
fn the_sources_match_the_manifest() {
    let output = Command::new(root().join("scripts/sbf/source-hash.sh")).output().expect("bash and coreutils");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let sources = String::from_utf8(output.stdout).unwrap();
    let manifest = manifest();
    let built = manifest.lines().find_map(|line| value(line, "sources")).expect("the manifest names its sources");
    assert_eq!(
        sources.trim(),
        built,
        "the programs' sources have changed since sdk/programs was built: run scripts/build-programs.sh and commit"
    );
}

#[test]
fn the_files_match_the_manifest() {
    let manifest = manifest();
    let files: Vec<_> =
        manifest.lines().filter_map(|line| Some((value(line, "file")?, value(line, "sha256")?))).collect();
    assert_eq!(files.len(), 6);
    for (file, expected) in files {
        let bytes = std::fs::read(root().join(file)).expect(file);
        let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, expected, "{file}");
    }
}
