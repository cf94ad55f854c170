//! `cargo xtask docs`: the API documentation, and the book where mdbook is installed. A warning of rustdoc
//! (a broken link, an unknown code block) is an error. Less than a minute once the crates have been checked.

use crate::process::{self, Failure};
use std::ffi::OsString;
use std::process::Command;

const HELP: &str = "\
Build the API documentation of every crate (target/doc), then the book (docs/book) where mdbook is installed.

Usage: cargo xtask docs
";

/// Builds both.
pub fn run(arguments: &[OsString]) -> Result<(), Failure> {
    if process::wants_help(arguments, HELP) {
        return Ok(());
    }
    api()?;
    if process::exists("mdbook", "--version") {
        return process::run(
            Command::new("mdbook")
                .args(["build", "docs"])
                .current_dir(process::root()),
        );
    }
    eprintln!(
        "the book was left out, for there is no mdbook here: `cargo install mdbook --locked` brings it"
    );
    Ok(())
}

/// The API documentation alone, which needs nothing but cargo.
pub fn api() -> Result<(), Failure> {
    let mut cargo = process::cargo();
    cargo
        .current_dir(process::root())
        .env("RUSTDOCFLAGS", "-D warnings");
    process::run(cargo.args(["doc", "--workspace", "--no-deps"]))
}
