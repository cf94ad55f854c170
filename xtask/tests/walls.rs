//! The walls between the crates: who may import whom, and what each crate's tree must not hold.
//!
//! The architecture page of the book (`docs/src/architecture.md`) states these as invariants and names
//! these tests. A new crate fails here until it has been given its place.

use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, Package, PackageId};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

/// Each crate of ours with the crates of ours that it may name in its manifest, tests included.
const IMPORTS: &[(&str, &[&str])] = &[
    ("cnn-core", &["cnn-kernels"]),
    ("cnn-kernels", &[]),
    ("datasets", &[]),
    ("models-text", &["cnn-core"]),
    ("models-vision", &["cnn-core"]),
    (
        "trainer",
        &["cnn-core", "datasets", "models-text", "models-vision"],
    ),
    ("xtask", &[]),
];

/// A feature of this name on every crate that touches Burn.
const BACKENDS: [&str; 4] = ["flex", "ndarray", "wgpu", "cuda"];

static METADATA: LazyLock<Metadata> = LazyLock::new(|| {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let mut command = MetadataCommand::new();
    // All features: a wall must hold however the crate is built.
    command
        .manifest_path(manifest)
        .features(CargoOpt::AllFeatures);
    command.exec().expect("cargo metadata reads this workspace")
});

fn ours() -> BTreeMap<&'static str, &'static Package> {
    METADATA
        .workspace_packages()
        .into_iter()
        .map(|package| (package.name.as_str(), package))
        .collect()
}

/// The names of all packages that a crate of ours is built from. Development dependencies of the
/// crate itself count only where `with_tests` says so; those of other crates never do.
fn tree(name: &str, with_tests: bool) -> BTreeSet<&'static str> {
    let resolve = METADATA
        .resolve
        .as_ref()
        .expect("metadata holds the resolved graph");
    let nodes: BTreeMap<&PackageId, _> =
        resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let start = &ours()[name].id;
    let (mut seen, mut open) = (BTreeSet::from([start]), vec![start]);
    while let Some(id) = open.pop() {
        for dependency in &nodes[id].deps {
            let needed = dependency.dep_kinds.iter().any(|kind| {
                kind.kind != DependencyKind::Development || (with_tests && id == start)
            });
            if needed && seen.insert(&dependency.pkg) {
                open.push(&dependency.pkg);
            }
        }
    }
    seen.remove(start);
    seen.into_iter()
        .map(|id| METADATA[id].name.as_str())
        .collect()
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
        for dependency in &ours[name].dependencies {
            let import = dependency.name.as_str();
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
fn kernels_know_no_burn() {
    let burn: Vec<&str> = tree("cnn-kernels", true)
        .into_iter()
        .filter(|package| is_burn(package))
        .collect();
    assert!(
        burn.is_empty(),
        "cnn-kernels must build in seconds and be fuzzed daily, but its tree holds {burn:?}"
    );
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
            package
                .dependencies
                .iter()
                .any(|dependency| dependency.name == "burn")
        })
    };
    let names: Vec<&str> = burning().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        ["cnn-core", "models-text", "models-vision", "trainer"]
    );
    for (name, package) in burning() {
        assert_eq!(
            package.features["default"],
            ["flex"],
            "{name}: flex is the default, and alone"
        );
        for backend in BACKENDS {
            let forwarded = package
                .features
                .get(backend)
                .unwrap_or_else(|| panic!("{name} has no feature `{backend}`"));
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
                    forwarded.contains(&entry),
                    "{name}: feature `{backend}` must hold \"{entry}\", has {forwarded:?}"
                );
            }
            for dependency in package
                .dependencies
                .iter()
                .filter(|dependency| names.contains(&dependency.name.as_str()))
            {
                assert!(
                    !dependency.uses_default_features,
                    "{name}: {} must come without default features, or flex cannot be left out",
                    dependency.name
                );
            }
        }
    }
}

#[test]
fn burn_is_pinned_exactly() {
    for (name, package) in ours() {
        for dependency in package
            .dependencies
            .iter()
            .filter(|dependency| is_burn(&dependency.name))
        {
            let requirement = dependency.req.to_string();
            assert!(
                requirement.starts_with('='),
                "{name}: {} is required as `{requirement}`; its extension interface moves between releases",
                dependency.name
            );
        }
    }
}

/// The workspace's lints, `unsafe_code = "forbid"` among them, hold everywhere but in cnn-kernels,
/// which keeps all the others.
#[test]
fn only_the_kernels_may_be_unsafe() {
    for (name, package) in ours() {
        let manifest =
            std::fs::read_to_string(&package.manifest_path).expect("the manifest can be read");
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
        assert_eq!(package.edition.to_string(), "2024", "{name}");
        assert_eq!(
            package.license.as_deref(),
            Some("MIT OR Apache-2.0"),
            "{name}"
        );
        let compiler = package.rust_version.as_ref().map(ToString::to_string);
        assert_eq!(compiler.as_deref(), Some("1.95.0"), "{name}: rust-version");
        assert!(
            package
                .description
                .as_deref()
                .is_some_and(|text| !text.is_empty()),
            "{name} has no description"
        );
    }
}
