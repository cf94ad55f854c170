//! The walls between the crates: who may import whom, and what each crate's tree must not hold.
//!
//! The architecture page of the book (`docs/src/architecture.md`) states these as invariants and names
//! these tests. A new crate fails here until it has been given its place.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::LazyLock;

/// Each crate of ours with the crates of ours that it may name in its manifest, tests included.
const IMPORTS: &[(&str, &[&str])] = &[
    ("cnn-core", &["cnn-kernels"]),
    ("cnn-kernels", &[]),
    ("datasets", &[]),
    ("models-text", &["cnn-core"]),
    ("models-vision", &["cnn-core"]),
    ("predictor", &["cnn-kernels"]),
    (
        "trainer",
        &[
            "cnn-core",
            "datasets",
            "models-text",
            "models-vision",
            "predictor",
        ],
    ),
    ("xtask", &[]),
];

/// A feature of this name on every crate that touches Burn.
const BACKENDS: [&str; 4] = ["flex", "ndarray", "wgpu", "cuda"];

/// The answer of `cargo metadata`, read as plain JSON: the crate made for it turns on features of serde_json
/// that would reach Burn, and build all of it once more for the tests.
static METADATA: LazyLock<Value> = LazyLock::new(|| {
    // All features: a wall must hold however the crate is built.
    let answer = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--all-features"])
        .current_dir(workspace())
        .output()
        .expect("cargo can be started");
    assert!(
        answer.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&answer.stderr)
    );
    serde_json::from_slice(&answer.stdout).expect("cargo metadata prints JSON")
});

/// The folder of the workspace, asked for when the test runs: a binary built in another clone must not look there.
fn workspace() -> String {
    let crate_folder =
        std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the crate lies");
    format!("{crate_folder}/..")
}

fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of[key]
        .as_str()
        .unwrap_or_else(|| panic!("cargo metadata: no `{key}` in {of}"))
}

fn list<'a>(of: &'a Value, key: &str) -> &'a [Value] {
    of[key]
        .as_array()
        .unwrap_or_else(|| panic!("cargo metadata: no list `{key}` in {of}"))
}

fn ours() -> BTreeMap<&'static str, &'static Value> {
    let members = list(&METADATA, "workspace_members");
    list(&METADATA, "packages")
        .iter()
        .filter(|package| members.contains(&package["id"]))
        .map(|package| (text(package, "name"), package))
        .collect()
}

/// The names of all packages that a crate of ours is built from. Development dependencies of the
/// crate itself count only where `with_tests` says so; those of other crates never do.
fn tree(name: &str, with_tests: bool) -> BTreeSet<&'static str> {
    let names: BTreeMap<&str, &str> = list(&METADATA, "packages")
        .iter()
        .map(|package| (text(package, "id"), text(package, "name")))
        .collect();
    let nodes: BTreeMap<&str, &Value> = list(&METADATA["resolve"], "nodes")
        .iter()
        .map(|node| (text(node, "id"), node))
        .collect();
    let start = text(ours()[name], "id");
    let (mut seen, mut open) = (BTreeSet::from([start]), vec![start]);
    while let Some(id) = open.pop() {
        for dependency in list(nodes[id], "deps") {
            let needed = list(dependency, "dep_kinds")
                .iter()
                .any(|kind| kind["kind"] != "dev" || (with_tests && id == start));
            let package = text(dependency, "pkg");
            if needed && seen.insert(package) {
                open.push(package);
            }
        }
    }
    seen.remove(start);
    seen.into_iter().map(|id| names[id]).collect()
}

fn is_burn(package: &str) -> bool {
    package == "burn" || package.starts_with("burn-") || package.starts_with("cubecl")
}

#[test]
fn every_crate_has_its_place() {
    let places: Vec<&str> = IMPORTS.iter().map(|(name, _)| *name).collect();
    let crates: Vec<&str> = ours().into_keys().collect();
    assert_eq!(
        crates, places,
        "give each crate its place in IMPORTS, and in docs/src/architecture.md"
    );
}

#[test]
fn imports_run_one_way() {
    let ours = ours();
    for (name, allowed) in IMPORTS {
        for dependency in list(ours[name], "dependencies") {
            let import = text(dependency, "name");
            if ours.contains_key(import) && import != *name {
                assert!(
                    allowed.contains(&import),
                    "{name} imports {import}, but may import only {allowed:?}"
                );
            }
        }
    }
}

#[test]
fn models_and_data_meet_only_in_the_trainer() {
    for (name, stranger) in [
        ("models-vision", "datasets"),
        ("models-text", "datasets"),
        ("models-vision", "models-text"),
        ("models-text", "models-vision"),
        ("cnn-core", "datasets"),
    ] {
        assert!(
            !tree(name, true).contains(stranger),
            "the tree of {name} holds {stranger}"
        );
    }
    for library in ["cnn-core", "models-vision", "models-text"] {
        for part_of_a_program in ["clap", "indicatif", "trainer"] {
            assert!(
                !tree(library, false).contains(part_of_a_program),
                "the tree of {library} holds {part_of_a_program}"
            );
        }
    }
}

#[test]
fn kernels_and_predictor_know_no_burn() {
    for (name, reason) in [
        ("cnn-kernels", "must build in seconds and be fuzzed daily"),
        ("predictor", "must fit into servers, browsers and Python"),
    ] {
        let tree = tree(name, true);
        let burn: Vec<_> = tree
            .into_iter()
            .filter(|package| is_burn(package))
            .collect();
        assert!(
            burn.is_empty(),
            "{name} {reason}, but its tree holds {burn:?}"
        );
    }
}

#[test]
fn xtask_knows_no_burn_and_needs_nothing() {
    let without_tests = tree("xtask", false);
    assert!(
        without_tests.is_empty(),
        "xtask builds in seconds; avoid giving it {without_tests:?}"
    );
    assert!(
        !tree("xtask", true).into_iter().any(is_burn),
        "the tests of xtask hold Burn"
    );
}

#[test]
fn data_sets_know_no_tensor() {
    let tree = tree("datasets", false);
    for tensors in [
        "burn",
        "burn-tensor",
        "burn-backend",
        "burn-core",
        "burn-nn",
        "burn-train",
    ] {
        assert!(
            !tree.contains(tensors),
            "the tree of datasets holds {tensors}"
        );
    }
}

/// A tensor of a backend that a crate below was not built for is a panic at run time: so a feature must
/// reach every crate of ours that has it, and `burn` where cnn-core ends the chain.
#[test]
fn backend_features_reach_all_the_way_down() {
    let ours = ours();
    let burning = || {
        ours.iter().filter(|(_, package)| {
            list(package, "dependencies")
                .iter()
                .any(|dependency| dependency["name"] == "burn")
        })
    };
    let names: Vec<&str> = burning().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        ["cnn-core", "models-text", "models-vision", "trainer"]
    );
    for (name, package) in burning() {
        assert_eq!(
            list(&package["features"], "default"),
            ["flex"],
            "{name}: flex is the default, and alone"
        );
        for backend in BACKENDS {
            let forwarded = list(&package["features"], backend);
            let (_, imports) = IMPORTS
                .iter()
                .find(|(known, _)| known == name)
                .expect("has its place");
            let mut below: Vec<&str> = imports
                .iter()
                .copied()
                .filter(|import| names.contains(import))
                .collect();
            if *name == "cnn-core" {
                below.push("burn");
            }
            for import in below {
                let entry = format!("{import}/{backend}");
                assert!(
                    forwarded.iter().any(|feature| *feature == entry),
                    "{name}: feature `{backend}` must hold \"{entry}\", has {forwarded:?}"
                );
            }
            for dependency in list(package, "dependencies")
                .iter()
                .filter(|dependency| names.contains(&text(dependency, "name")))
            {
                assert_eq!(
                    dependency["uses_default_features"], false,
                    "{name}: {} must come without default features, or flex cannot be left out",
                    dependency["name"]
                );
            }
        }
    }
}

#[test]
fn burn_is_pinned_exactly() {
    for (name, package) in ours() {
        for dependency in list(package, "dependencies")
            .iter()
            .filter(|dependency| is_burn(text(dependency, "name")))
        {
            let requirement = text(dependency, "req");
            assert!(
                requirement.starts_with('='),
                "{name}: {} is required as `{requirement}`; its extension interface moves between releases",
                dependency["name"]
            );
        }
    }
}

/// The workspace's lints, `unsafe_code = "forbid"` among them, hold everywhere but in cnn-kernels,
/// which keeps all the others.
#[test]
fn only_the_kernels_may_be_unsafe() {
    for (name, package) in ours() {
        let manifest = std::fs::read_to_string(text(package, "manifest_path"))
            .expect("the manifest can be read");
        let inherits = manifest.contains("[lints]\nworkspace = true");
        assert_eq!(
            inherits,
            name != "cnn-kernels",
            "{name}: `[lints] workspace = true`"
        );
    }
}

#[test]
fn all_crates_share_version_edition_compiler_and_licence() {
    for (name, package) in ours() {
        assert_eq!(package["edition"], "2024", "{name}");
        assert_eq!(package["license"], "MIT OR Apache-2.0", "{name}");
        assert_eq!(package["rust_version"], "1.95", "{name}: rust-version");
        assert!(
            package["description"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{name} has no description"
        );
    }
}

/// Dependencies are built without checks by the dev profile itself: each crate of ours must ask for its own.
#[test]
fn own_crates_keep_their_debug_assertions() {
    let manifest = std::fs::read_to_string(format!("{}/Cargo.toml", workspace()))
        .expect("the workspace's manifest can be read");
    for name in ours().into_keys() {
        let section = manifest
            .split_once(&format!("[profile.dev.package.{name}]\n"))
            .map(|(_, rest)| rest.split("\n[").next().unwrap_or(rest));
        assert!(
            section.is_some_and(|section| section.contains("debug-assertions = true")),
            "give {name} its debug assertions in the root Cargo.toml, as the other crates have them"
        );
    }
}
