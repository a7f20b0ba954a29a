//! The committed web pages are those of the committed sources: `sim-cli/web/dist/manifest.json` has the hashes of both.

use {
    serde_json::Value,
    sha2::{Digest, Sha256},
    std::{
        collections::BTreeMap,
        path::{Path, PathBuf},
    },
};

/// What the pages do not depend on; as in `sim-cli/web/build.mjs`.
const NOT_SOURCES: [&str; 4] = ["node_modules", "dist", "README.md", ".gitignore"];
/// Lines of a source file, at most.
const LINES: usize = 400;

fn web() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../sim-cli/web")
}

/// The manifest's hashes of `sources` or of `outputs`, by the file's path in `sim-cli/web`.
fn manifest(part: &str) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(web().join("dist/manifest.json")).expect("sim-cli/web/dist/manifest.json");
    let manifest: Value = serde_json::from_str(&text).expect("the manifest is JSON");
    serde_json::from_value(manifest[part].clone()).expect("paths and hashes")
}

fn digest(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hashes of all files in a folder of `sim-cli/web`.
fn hashes(folder: &str, skipped: &[&str]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(web().join(folder)).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("a name in UTF-8");
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        if skipped.contains(&name.as_str()) {
            continue;
        }
        if entry.file_type().expect("a type").is_dir() {
            found.extend(hashes(&path, &[]));
        } else {
            found.insert(path, digest(&entry.path()));
        }
    }
    found
}

#[test]
fn the_sources_match_the_manifest() {
    let sources = hashes("", &NOT_SOURCES);
    assert!(sources.contains_key("dashboard/main.ts") && sources.contains_key("package-lock.json"), "{sources:?}");
    assert_eq!(
        sources,
        manifest("sources"),
        "the pages' sources have changed since sim-cli/web/dist was built: run `make web` and commit"
    );
}

#[test]
fn the_pages_match_the_manifest() {
    let built = hashes("dist", &["manifest.json"]);
    assert!(built.contains_key("dist/dashboard.html") && built.contains_key("dist/dashboard.csp"), "{built:?}");
    assert_eq!(built, manifest("outputs"), "sim-cli/web/dist was edited by hand: run `make web` and commit");
}

/// The page brings all it needs, and its policy lets nothing else in.
#[test]
fn the_page_stands_alone() {
    let page = std::fs::read_to_string(web().join("dist/dashboard.html")).expect("the page");
    for outside in ["<script src", "<link rel=\"stylesheet\"", "@import", "url(http", "import("] {
        assert!(!page.contains(outside), "the page has {outside}");
    }
    let policy = std::fs::read_to_string(web().join("dist/dashboard.csp")).expect("the policy");
    let directives: Vec<_> = policy.split("; ").collect();
    assert_eq!(directives.first(), Some(&"default-src 'none'"));
    for inline in ["style-src", "script-src"] {
        let sources = directives.iter().find_map(|one| one.strip_prefix(inline)).expect("a directive");
        assert!(sources.starts_with(" 'sha256-") && !sources.trim().contains(' '), "{inline}{sources}");
    }
}

/// A newcomer can read them, and no registry's host name is in the lockfile.
#[test]
fn the_sources_are_short_and_name_no_registry() {
    for path in manifest("sources").keys() {
        let text = std::fs::read_to_string(web().join(path)).expect("text");
        if path == "package-lock.json" {
            assert!(!text.contains("\"resolved\""), "{path} names a registry: see sim-cli/web/.npmrc");
        } else {
            assert!(text.lines().count() <= LINES, "{path} has {} lines", text.lines().count());
        }
    }
}
