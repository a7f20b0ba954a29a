//! The rules of docs/architecture.md about which crate may depend on which, read from the `Cargo.toml` files and the sources: no
//! crate has a dependency that it must not have, HTTP types stay in the gateway's HTTP front end, and no source file is too long.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The workspace's crates that each crate may depend on, in any of its dependency sections. The integration suite is not
/// listed: it may depend on every crate.
const ALLOWED: [(&str, &[&str]); 13] = [
    ("campus-energy-matching", &[]),
    ("campus-energy-sdk", &["campus-energy-matching"]),
    ("program-registry", &["campus-energy-sdk"]),
    ("program-token", &["campus-energy-sdk"]),
    ("program-oracle", &["campus-energy-sdk"]),
    ("program-trading", &["campus-energy-sdk"]),
    ("campus-energy-simulation", &["campus-energy-sdk"]),
    ("campus-energy-department", &["campus-energy-sdk"]),
    ("campus-energy-gateway", &["campus-energy-sdk", "campus-energy-department"]),
    ("campus-energy-report", &["campus-energy-sdk", "campus-energy-department", "campus-energy-simulation"]),
    (
        "sim-cli",
        &[
            "campus-energy-sdk",
            "campus-energy-simulation",
            "campus-energy-department",
            "campus-energy-gateway",
            "campus-energy-report",
        ],
    ),
    ("arithmetic", &[]),
    ("hostile", &[]),
];
/// The crate that may depend on every crate of the workspace.
const TESTS: &str = "campus-energy-tests";
/// What a name of a crate that talks to a ledger begins with.
const LEDGER: [&str; 3] = ["solana-", "spl-", "litesvm"];
/// The crates with HTTP types: a server, and descriptions of its paths.
const HTTP: [&str; 2] = ["axum", "utoipa"];
/// Lines that a source file may have.
const LINES: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A dependency as a `Cargo.toml` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Dependency {
    name: String,
    /// Whether it is one of the tests only.
    dev: bool,
    /// What follows the name.
    rest: String,
}

/// The name of the package and its dependencies, those of targets and of builds included.
fn package(manifest: &str) -> (String, Vec<Dependency>) {
    let (mut name, mut dependencies, mut section) = (String::new(), Vec::new(), "");
    for line in manifest.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = header;
        } else if section == "package" && line.starts_with("name = ") {
            name = line.trim_start_matches("name = ").trim_matches('"').into();
        } else if section.ends_with("dependencies") && !line.is_empty() && !line.starts_with('#') {
            let end = line.find(['.', ' ', '=']).unwrap_or_else(|| panic!("a dependency on one line: {line}"));
            let (name, rest) = line.split_at(end);
            let dev = section.ends_with("dev-dependencies");
            dependencies.push(Dependency { name: name.into(), dev, rest: rest.into() });
        }
    }
    (name, dependencies)
}

/// The folders of the workspace's members.
fn members() -> Vec<PathBuf> {
    let manifest = read(&root().join("Cargo.toml"));
    let list = manifest.split_once("members = [").expect("a list of members").1.split_once(']').expect("its end").0;
    list.split(',')
        .map(|path| path.trim().trim_matches('"'))
        .filter(|path| !path.is_empty())
        .map(|path| root().join(path))
        .collect()
}

/// Every member of the workspace: its name, its folder, its dependencies.
fn workspace() -> Vec<(String, PathBuf, Vec<Dependency>)> {
    let member = |folder: PathBuf| {
        let (name, dependencies) = package(&read(&folder.join("Cargo.toml")));
        (name, folder, dependencies)
    };
    members().into_iter().map(member).collect()
}

/// What is wrong with the dependencies of a crate.
fn violations(name: &str, dependencies: &[Dependency], local: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    let allowed = ALLOWED.iter().find(|(known, _)| *known == name).map(|(_, allowed)| *allowed);
    if allowed.is_none() && name != TESTS {
        found.push(format!("{name} has no row in tests/tests/architecture.rs: say what it may depend on"));
    }
    for Dependency { name: other, dev, rest } in dependencies {
        let begins = |names: &[&str]| names.iter().any(|begin| other.starts_with(begin));
        let mut forbid = |why: &str| found.push(format!("{name} depends on {other}: {why}"));
        if local.contains(other) && allowed.is_some_and(|allowed| !allowed.contains(&other.as_str())) {
            forbid("its row in tests/tests/architecture.rs does not allow that");
        }
        if name == "campus-energy-matching" && begins(&LEDGER) {
            forbid("the auction knows no Solana type");
        }
        if name == "campus-energy-simulation" && (begins(&LEDGER) || other == "tokio") {
            forbid("the simulation knows no ledger");
        }
        if name == "campus-energy-simulation" && other == "campus-energy-sdk" && rest.contains("features") {
            forbid("it may use the sdk's default features only, which bring no ledger");
        }
        let ledger = begins(&["litesvm", "solana-rpc", "solana-pubsub", "solana-keypair"]) || other == "tokio";
        if name == "campus-energy-sdk" && ledger && !rest.contains("optional = true") {
            forbid("only the features ledger and cluster may bring it");
        }
        if begins(&HTTP) && !dev && name != "campus-energy-gateway" && name != TESTS {
            forbid("HTTP types belong in the gateway's front/http");
        }
    }
    found
}

/// All files below a folder with one of these endings.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !["target", "node_modules", "dist"].contains(&name) && !name.starts_with('.') {
                found.extend(files(&path, endings));
            }
        } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The names in a source file, comments left out; paths in one piece, such as `crate::front`.
fn names(source: &str) -> BTreeSet<&str> {
    let code = source.lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code));
    code.flat_map(|line| line.split(|sign: char| !(sign.is_alphanumeric() || sign == '_' || sign == ':'))).collect()
}

/// Whether a source file uses one of the HTTP crates.
fn uses_http(source: &str) -> bool {
    names(source).iter().any(|name| HTTP.iter().any(|http| name.starts_with(http)))
}

#[test]
fn no_crate_has_a_dependency_that_it_must_not_have() {
    let workspace = workspace();
    let local: BTreeSet<String> = workspace.iter().map(|(name, ..)| name.clone()).collect();
    assert!(local.len() >= 14 && local.contains("sim-cli") && local.contains("program-oracle"), "{local:?}");
    let found: Vec<_> =
        workspace.iter().flat_map(|(name, _, dependencies)| violations(name, dependencies, &local)).collect();
    assert_eq!(found, Vec::<String>::new());
    // Rows of crates that are gone would allow what nobody looks at.
    let rows: Vec<_> = ALLOWED.iter().map(|(name, _)| *name).filter(|name| !local.contains(*name)).collect();
    assert_eq!(rows, Vec::<&str>::new(), "rows of crates that are not in the workspace");
}

#[test]
fn the_crates_depend_on_each_other_without_a_circle() {
    let workspace = workspace();
    let mut left: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, _, dependencies) in &workspace {
        let local = dependencies.iter().map(|dependency| dependency.name.as_str());
        left.insert(name, local.filter(|other| workspace.iter().any(|(known, ..)| known == other)).collect());
    }
    assert!(left["campus-energy-report"].contains("campus-energy-department"), "the manifests are read: {left:?}");
    while let Some(name) = left.iter().find(|(_, on)| on.iter().all(|on| !left.contains_key(on))).map(|(name, _)| *name)
    {
        left.remove(name);
    }
    assert!(left.is_empty(), "these crates depend on each other in a circle: {left:?}");
}

#[test]
fn http_types_stay_in_the_http_front_end() {
    let mut inside = 0;
    for (_, folder, _) in workspace().iter().filter(|(name, ..)| ALLOWED.iter().any(|(known, _)| known == name)) {
        for path in files(&folder.join("src"), &["rs"]) {
            let shown = path.display().to_string();
            let source = read(&path);
            if shown.contains("gateway/src/front/http/") {
                inside += usize::from(uses_http(&source));
            } else {
                assert!(!uses_http(&source), "{shown} uses axum or utoipa: they belong in the gateway's front/http");
            }
            if shown.contains("gateway/src/") && !shown.contains("gateway/src/front/") {
                let of_front = names(&source).into_iter().find(|name| name.contains("front::"));
                assert_eq!(of_front, None, "{shown} uses a front end: the gateway's core must not know any");
            }
        }
    }
    assert!(inside >= 5, "{inside} files of front/http use axum or utoipa");
}

#[test]
fn no_source_file_is_too_long() {
    let mut seen = 0;
    let long: Vec<String> = members()
        .iter()
        .flat_map(|folder| files(folder, &["rs", "ts"]))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .inspect(|_| seen += 1)
        .filter_map(|path| Some((read(&path).lines().count(), path)).filter(|(lines, _)| *lines > LINES))
        .map(|(lines, path)| format!("{}: {lines} lines", path.display()))
        .collect();
    assert!(seen > 300, "{seen} source files");
    assert_eq!(long, Vec::<String>::new(), "a source file has at most {LINES} lines");
}

/// The checks find what they are there to find.
#[test]
fn a_forbidden_dependency_is_found() {
    let local = ["campus-energy-sdk", "campus-energy-gateway", "program-token"].map(String::from).into();
    let of = |name: &str, manifest: &str| {
        let (read, dependencies) = package(&format!("[package]\nname = \"{name}\"\n\n{manifest}"));
        assert_eq!(read, name);
        violations(name, &dependencies, &local).len()
    };
    assert_eq!(
        of("campus-energy-simulation", "[dependencies]\ncampus-energy-sdk.workspace = true\nserde.workspace = true"),
        0
    );
    assert_eq!(
        of(
            "campus-energy-simulation",
            "[dependencies]\ncampus-energy-sdk = { workspace = true, features = [\"ledger\"] }"
        ),
        1
    );
    assert_eq!(of("campus-energy-simulation", "[dev-dependencies]\nlitesvm.workspace = true"), 1);
    assert_eq!(of("campus-energy-department", "[dependencies]\ncampus-energy-gateway.workspace = true"), 1);
    assert_eq!(of("sim-cli", "[dev-dependencies]\nprogram-token.workspace = true"), 1);
    assert_eq!(of("campus-energy-report", "[dependencies]\naxum.workspace = true\nutoipa-axum = \"0.2\""), 2);
    assert_eq!(of("campus-energy-matching", "[target.'cfg(unix)'.dependencies]\nsolana-program.workspace = true"), 1);
    assert_eq!(
        of("campus-energy-sdk", "[dependencies]\ntokio = { workspace = true, optional = true }\nlitesvm = \"0.16\""),
        1
    );
    assert_eq!(of("campus-energy-novelty", ""), 1);
    assert!(uses_http("use {\n    axum::Router,\n};"));
    assert!(uses_http("let _ = utoipa_axum::routes!(one);"));
    assert!(!uses_http("// axum is elsewhere\nuse taxum::Router;"));
}
