//! `cargo xtask ci`: what the continuous integration checks, cheapest first; each step can be run alone.
//! Cold, with every backend to be compiled, most of an hour on two cores; warm, minutes.
//!
//! Steps that need another set of Burn features build into a folder of their own under the target
//! folder, so that no step makes another build again.

use crate::process::{self, Failure};
use crate::{docs, nearest, test};
use std::ffi::OsString;
use std::process::Command;
use std::time::{Duration, Instant};

struct Step {
    name: &'static str,
    about: &'static str,
    run: fn() -> Result<(), Failure>,
}

const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        about: "formatting (rustfmt)",
        run: fmt,
    },
    Step {
        name: "tidy",
        about: "crate walls, module docs, file lengths, commands named in the docs",
        run: tidy,
    },
    Step {
        name: "deny",
        about: "licences, bans, sources and known holes of the dependencies (cargo-deny)",
        run: deny,
    },
    Step {
        name: "clippy",
        about: "lints, any warning is an error",
        run: clippy,
    },
    Step {
        name: "docs",
        about: "API documentation, any warning is an error",
        run: docs::api,
    },
    Step {
        name: "test",
        about: "the whole test suite on flex, the same as `cargo xtask test`",
        run: whole_suite,
    },
    Step {
        name: "asan",
        about: "the tests of the kernels under AddressSanitizer, where there is a nightly toolchain",
        run: asan,
    },
    Step {
        name: "cuda",
        about: "type-check of the CUDA backend",
        run: cuda,
    },
    Step {
        name: "wgpu",
        about: "tests that compare the backends flex, ndarray and wgpu",
        run: wgpu,
    },
];

fn help() -> String {
    let steps: String = STEPS
        .iter()
        .map(|step| format!("  {:<8}{}\n", step.name, step.about))
        .collect();
    format!(
        "Run the checks of the continuous integration, in this order:\n\n{steps}\n\
         Usage: cargo xtask ci [--only STEP]... [--skip STEP]...\n"
    )
}

/// Runs the chosen steps up to the first failure, and tells how long each took.
pub fn run(arguments: &[OsString]) -> Result<(), Failure> {
    if process::wants_help(arguments, &help()) {
        return Ok(());
    }
    let steps = chosen(arguments)?;
    let mut times = Vec::new();
    let outcome = steps.iter().try_for_each(|step| {
        eprintln!("== {}: {}", step.name, step.about);
        let start = Instant::now();
        let outcome = (step.run)();
        times.push((step.name, start.elapsed(), outcome.is_ok()));
        outcome
    });
    for (name, time, passed) in times {
        eprintln!(
            "{name:<8}{:>8}  {}",
            minutes(time),
            if passed { "passed" } else { "FAILED" }
        );
    }
    outcome
}

/// The steps left by `--only` and `--skip`, in their own order.
fn chosen(arguments: &[OsString]) -> Result<Vec<&'static Step>, Failure> {
    let (mut only, mut skip) = (Vec::new(), Vec::new());
    let mut words = arguments
        .iter()
        .map(|word| word.to_string_lossy().into_owned());
    while let Some(word) = words.next() {
        let list = match word.as_str() {
            "--only" => &mut only,
            "--skip" => &mut skip,
            _ => {
                return Err(Failure::usage(format!(
                    "unknown argument `{word}`\n\n{}",
                    help()
                )));
            }
        };
        let name = words
            .next()
            .ok_or_else(|| Failure::usage(format!("{word} wants the name of a step")))?;
        let known = || STEPS.iter().map(|step| step.name);
        if !known().any(|known| known == name) {
            let names = known().collect::<Vec<_>>().join(", ");
            return Err(Failure::usage(format!(
                "there is no step `{name}`{}; the steps are {names}",
                nearest::hint(&name, known())
            )));
        }
        list.push(name);
    }
    let listed = |list: &[String], step: &Step| list.iter().any(|name| name == step.name);
    Ok(STEPS
        .iter()
        .filter(|step| (only.is_empty() || listed(&only, step)) && !listed(&skip, step))
        .collect())
}

fn minutes(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} m {:02} s", seconds / 60, seconds % 60)
    }
}

/// A cargo command run from the root.
fn cargo(arguments: &str) -> Command {
    let mut cargo = process::cargo();
    cargo
        .current_dir(process::root())
        .args(arguments.split_whitespace());
    cargo
}

/// The same, in the target folder of one feature set.
fn cargo_in(feature_set: &str, arguments: &str) -> Command {
    let mut cargo = cargo(arguments);
    cargo.env("CARGO_TARGET_DIR", process::target().join(feature_set));
    cargo
}

fn fmt() -> Result<(), Failure> {
    process::run(&mut cargo("fmt --all --check"))
}

fn tidy() -> Result<(), Failure> {
    process::run(&mut cargo("test --package xtask"))
}

/// The advisory database comes over the network from a git host: where that cannot be reached the other
/// checks still run, and the gap is said aloud.
fn deny() -> Result<(), Failure> {
    if !process::exists("cargo-deny", "--version") {
        return Err(Failure::Step {
            message: "there is no cargo-deny here: `cargo install cargo-deny --locked` brings it (or `--skip deny`)".into(),
        });
    }
    process::run(&mut cargo(
        "deny --all-features check --hide-inclusion-graph licenses bans sources",
    ))?;
    let fetched = process::run(&mut cargo("deny fetch db"));
    match fetched {
        Ok(()) => process::run(&mut cargo("deny --all-features check advisories")),
        Err(_) => {
            eprintln!(
                "WARNING: the advisory database could not be fetched, so known holes of the dependencies were NOT checked"
            );
            Ok(())
        }
    }
}

fn clippy() -> Result<(), Failure> {
    process::run(&mut cargo(
        "clippy --workspace --all-targets -- -D warnings",
    ))
}

fn whole_suite() -> Result<(), Failure> {
    test::run(&[])
}

/// Nightly compilers alone have the sanitizer. `--target` keeps it out of what runs inside the compiler: build scripts, macros.
fn asan() -> Result<(), Failure> {
    if !cfg!(all(target_os = "linux", target_env = "gnu"))
        || !process::exists("rustup", "run nightly cargo --version")
    {
        eprintln!(
            "WARNING: no nightly toolchain for Linux (`rustup toolchain install nightly` brings it), so AddressSanitizer did NOT look at the kernels"
        );
        return Ok(());
    }
    let mut cargo = Command::new("rustup");
    cargo
        .current_dir(process::root())
        .args("run nightly cargo test --package cnn-kernels --lib --tests --target".split(' '))
        .arg(format!("{}-unknown-linux-gnu", std::env::consts::ARCH))
        .env("CARGO_TARGET_DIR", process::target().join("asan"))
        .env("RUSTFLAGS", "-Zsanitizer=address");
    process::run(&mut cargo)
}

/// CubeCL's compiler for CUDA links a build of LLVM that its build script fetches from a git host. A type-check links
/// nothing; under `DOCS_RS` the script leaves the LLVM where it is.
fn cuda() -> Result<(), Failure> {
    let mut cargo = cargo_in("cuda", "check --package trainer --all-targets");
    cargo.args(["--features", "cuda"]).env("DOCS_RS", "1");
    process::run(&mut cargo)
}

/// Right or wrong is the question here, not speed, so nothing is optimised but the kernels: Burn's GPU half takes longer
/// to optimise than the tests take to run.
fn wgpu() -> Result<(), Failure> {
    let mut cargo = cargo_in("wgpu", "test --no-fail-fast");
    cargo.args(["--config", "profile.dev.opt-level=0"]);
    cargo.args(["--config", "profile.dev.package.cnn-kernels.opt-level=3"]);
    for name in [
        "cnn-core",
        "datasets",
        "models-text",
        "models-vision",
        "trainer",
    ] {
        cargo.arg("--config");
        cargo.arg(format!("profile.dev.package.{name}.opt-level=0"));
    }
    cargo.args(["--package", "trainer", "--package", "cnn-core"]);
    cargo.args(["--features", "ndarray,wgpu"]);
    for test in ["backends", "fused_ops", "layer_contract", "pytorch"] {
        cargo.args(["--test", test]);
    }
    process::run(cargo.args(["--", "--nocapture"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str) -> Result<Vec<&'static str>, Failure> {
        let arguments: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        Ok(chosen(&arguments)?
            .into_iter()
            .map(|step| step.name)
            .collect())
    }

    #[test]
    fn steps_are_chosen_by_name_and_kept_in_order() {
        assert_eq!(names("").expect("all").len(), STEPS.len());
        assert_eq!(
            names("--only test --only fmt").expect("two"),
            ["fmt", "test"]
        );
        assert!(!names("--skip wgpu").expect("all but one").contains(&"wgpu"));
    }

    #[test]
    fn a_wrong_step_is_answered_with_the_nearest() {
        match names("--only clipy") {
            Err(Failure::Usage { message }) => {
                assert!(message.contains("did you mean `clippy`"), "{message}")
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(names("--only"), Err(Failure::Usage { .. })));
        assert!(matches!(names("--fast"), Err(Failure::Usage { .. })));
    }
}
