//! `cargo xtask test`: the whole test suite, as README promises. About ten minutes the first time (Burn
//! is compiled), then as long as the tests take.

use crate::cnn::{self, BACKENDS};
use crate::process::{self, Failure};
use std::ffi::OsString;

const HELP: &str = "\
Run the whole test suite: unit and integration tests of every crate, examples compiled, doc tests.

Usage: cargo xtask test [ARGUMENTS OF cargo test]

  cargo xtask test                      everything
  cargo xtask test -p cnn-core          one crate
  cargo xtask test -- ragged            the tests whose name holds `ragged`

Real data are tested too where CNN_DATA names a folder that holds them.
The backends other than flex are tested by `cargo xtask ci --only wgpu`.
";

/// Runs `cargo test`; a crate named by the caller takes the place of the whole workspace.
pub fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let own = arguments
        .split(|word| word == "--")
        .next()
        .unwrap_or_default();
    if process::wants_help(own, HELP) {
        return Ok(());
    }
    if !cnn::built_before(&process::target(), "debug", &BACKENDS[0]) {
        eprintln!("Building Burn for the tests: about ten minutes on two cores the first time.");
    }
    let mut cargo = process::cargo();
    // One failing crate must not hide what the next would say.
    cargo
        .current_dir(process::root())
        .args(["test", "--no-fail-fast"]);
    let picks_crate = own.iter().any(|word| {
        let word = word.to_string_lossy();
        word.starts_with("-p") || word.starts_with("--package")
    });
    if !picks_crate {
        cargo.arg("--workspace");
    }
    process::run(cargo.args(arguments))
}
