//! Every example program of the library crates runs and shows what it claims.
//!
//! `cargo test --workspace` builds the examples before any test runs; with fewer targets asked for they may be missing
//! or old, and are then skipped aloud.

use std::path::{Path, PathBuf};
use std::process::Command;

/// An example, its arguments, and what tells from its output and its folder that it did its work.
struct Example {
    name: &'static str,
    arguments: &'static [&'static str],
    works: fn(&str, &Path) -> bool,
}

const EXAMPLES: [Example; 11] = [
    Example {
        name: "lenet",
        arguments: &["predict", "1"],
        works: |out, _| number(out, " us") > 0.0,
    },
    Example {
        name: "one_convolution",
        arguments: &[],
        works: |out, _| out.contains("steps [0.0, 1.0, 0.0], the steepest is 1 at window 1"),
    },
    Example {
        name: "by_hand",
        arguments: &[],
        works: |out, _| {
            ["a good film  bad 0.119", "not good     bad 1.000"]
                .iter()
                .all(|line| out.contains(line))
        },
    },
    Example {
        name: "ragged_documents",
        arguments: &[],
        works: |out, _| number(out, " % of 1,000 new documents") >= 95.0,
    },
    Example {
        name: "bars",
        arguments: &[],
        works: |out, _| number(out, " of 30 bars not seen before are right") >= 27.0,
    },
    Example {
        name: "word_order",
        arguments: &[],
        works: |out, _| {
            let scores: Vec<f64> = out
                .lines()
                .filter(|line| line.ends_with("are right"))
                .map(|line| number(line, " of 200 sentences"))
                .collect();
            scores.len() == 2 && scores.iter().all(|score| *score >= 180.0)
        },
    },
    Example {
        name: "own_examples",
        arguments: &[],
        works: |out, _| {
            let score = out.split("test accuracy ").nth(1).unwrap_or_default();
            number(score, " %") >= 95.0
        },
    },
    Example {
        name: "open_a_set",
        arguments: &[],
        works: |out, _| out.contains(": 40 rows, 2 classes") && out.contains("a fine film, take "),
    },
    Example {
        name: "generated_digits",
        arguments: &["digits", "10"],
        works: |_, folder| {
            let length = |name: &str| folder.join(name).metadata().map(|data| data.len()).ok();
            length("digits.images") == Some(7_840) && length("digits.labels") == Some(10)
        },
    },
    Example {
        name: "tokenizer_speed",
        arguments: &["phrases"],
        works: |out, _| {
            let row = |name: &str| out.lines().any(|line| line.starts_with(name));
            ["words ", "characters ", "bpe ", "wordpiece "]
                .iter()
                .all(|name| row(name))
        },
    },
    // It measures each kernel for half a second; the filter leaves none.
    Example {
        name: "throughput",
        arguments: &["no kernel has this name"],
        works: |out, _| out.contains(" threads"),
    },
];

/// The number that stands before `words`; 0 if there is none.
fn number(out: &str, words: &str) -> f64 {
    let before = out.split(words).next().unwrap_or_default();
    let last = before.split_whitespace().last();
    last.and_then(|number| number.parse().ok()).unwrap_or(0.0)
}

/// The sources of all examples, by name.
fn sources() -> Vec<(String, PathBuf)> {
    let own = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this test");
    let root = Path::new(&own).join("../..");
    let crates = std::fs::read_dir(root.join("crates")).expect("the folder of crates");
    let members = crates.flatten().map(|member| member.path());
    let mut found = Vec::new();
    for member in members.chain([root.join("datasets")]) {
        let Ok(examples) = std::fs::read_dir(member.join("examples")) else {
            continue;
        };
        for source in examples.flatten().map(|entry| entry.path()) {
            let name = source.file_stem().unwrap_or_default().to_string_lossy();
            found.push((name.into_owned(), source));
        }
    }
    found
}

#[test]
fn every_example_does_its_work() {
    let built = Path::new(env!("CARGO_BIN_EXE_cnn")).with_file_name("examples");
    let sources = sources();
    assert_eq!(sources.len(), EXAMPLES.len(), "{sources:?}");
    for (name, source) in sources {
        let Some(example) = EXAMPLES.iter().find(|example| example.name == name) else {
            panic!("the example {name} has no entry in this test");
        };
        let program = built.join(&name);
        let program = program.with_extension(std::env::consts::EXE_EXTENSION);
        let changed = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
        if changed(&program) < changed(&source) {
            eprintln!("SKIPPED {name}: not built; `cargo test --workspace` builds it");
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(&program);
        command.args(example.arguments).current_dir(folder.path());
        let output = command.output().expect("it starts");
        let out = String::from_utf8_lossy(&output.stdout);
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}:\n{out}{err}");
        assert!((example.works)(&out, folder.path()), "{name}:\n{out}{err}");
    }
}
