//! The documentation names files that exist: every relative link, and every path in backticks that begins with a folder of this
//! repository. So a page that says which file to change cannot name one that has been moved.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Paths in backticks that are looked for begin with one of these.
const FOLDERS: [&str; 10] = [
    "deploy/",
    "docs/",
    "program-oracle/",
    "program-registry/",
    "program-token/",
    "program-trading/",
    "scripts/",
    "sdk/",
    "sim-cli/",
    "tests/",
];
/// Files that a page tells its reader to make.
const EXAMPLES: [&str; 4] = [
    "deploy/secrets/engineering_api_key",
    "program-registry/src/processor/set_colour.rs",
    "sim-cli/crates/gateway/src/front/mqtt.rs",
    "sim-cli/web/dashboard/tiles/weather.ts",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The pages, by their paths from the root. CHANGELOG.md is not one: it names what was there.
fn pages() -> Vec<String> {
    let docs = fs::read_dir(root().join("docs")).expect("docs").map(|entry| entry.expect("an entry").file_name());
    let names = docs.filter_map(|name| name.into_string().ok()).filter(|name| name.ends_with(".md"));
    let mut pages: Vec<String> = names.map(|name| format!("docs/{name}")).collect();
    pages.sort();
    pages.extend(["README.md", "SECURITY.md", "deploy/README.md", "sim-cli/web/README.md"].map(String::from));
    pages
}

/// The targets of the relative links of a page, from the page's folder, without their anchors.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
    let files = targets.filter(|target| !target.contains(':')).filter_map(|target| target.split('#').next());
    files.filter(|file| !file.is_empty()).collect()
}

/// The paths in backticks, from the root. What stands for several files (`*`, `{`, NAME) is left out.
fn paths(text: &str) -> Vec<&str> {
    let quoted = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    let paths = quoted.filter(|path| FOLDERS.iter().any(|folder| path.starts_with(folder)));
    paths.filter(|path| !path.contains(['*', '{', ' ']) && !path.contains("NAME") && !EXAMPLES.contains(path)).collect()
}

#[test]
fn every_file_that_a_page_names_exists() {
    let (mut seen, mut missing) = (0, Vec::new());
    for page in pages() {
        let file = root().join(&page);
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{page}: {error}"));
        let folder = file.parent().expect("a folder");
        let named = links(&text).into_iter().map(|link| (link, folder.join(link)));
        for (name, path) in named.chain(paths(&text).into_iter().map(|path| (path, root().join(path)))) {
            seen += 1;
            if !path.exists() {
                missing.push(format!("{page}: {name}"));
            }
        }
    }
    assert!(seen > 150, "{seen} names of files");
    assert_eq!(missing, Vec::<String>::new(), "pages name files that are not there");
}

#[test]
fn links_and_paths_are_found() {
    let text = "See [one](a.md#part), [two](https://b.example/), [three](#here).\n`sdk/src/lib.rs`, `sdk/src/*.rs`, `sdk/x y`, `other/z`";
    assert_eq!(links(text), ["a.md"]);
    assert_eq!(paths(text), ["sdk/src/lib.rs"]);
}
