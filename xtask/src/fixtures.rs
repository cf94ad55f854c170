//! `cargo xtask fixtures`: remakes the test values that other libraries judge us by (PyTorch, SciPy,
//! scikit-learn). Run it after changing a maker; a changed value then shows in `git diff`. Minutes.
//!
//! A maker is a Python script named `make_*.py` that writes its files beside itself and takes no argument.

use crate::nearest;
use crate::process::{self, Failure};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

const HELP: &str = "\
Remake the test values that come from PyTorch, SciPy and scikit-learn.

Usage: cargo xtask fixtures [--list] [MAKER]...

Without a name every maker runs. `PYTHON` names the interpreter (default python3); what a maker imports
(torch, numpy, scipy, scikit-learn) stands in its first lines.
";

/// Runs the makers that the arguments name, or all.
pub fn run(arguments: &[OsString]) -> Result<(), Failure> {
    if process::wants_help(arguments, HELP) {
        return Ok(());
    }
    let root = process::root();
    let makers = makers(&root)?;
    let known: Vec<String> = makers.iter().map(|maker| name(maker)).collect();
    if arguments.iter().any(|word| word == "--list") {
        makers.iter().for_each(|maker| {
            println!(
                "{:<28}{}",
                name(maker),
                maker.strip_prefix(&root).unwrap_or(maker).display()
            )
        });
        return Ok(());
    }
    let asked: Vec<String> = arguments
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    if let Some(wrong) = asked.iter().find(|word| !known.contains(word)) {
        let hint = nearest::hint(wrong, known.iter().map(String::as_str));
        return Err(Failure::usage(format!(
            "there is no maker `{wrong}`{hint}; there are {}",
            known.join(", ")
        )));
    }
    let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    for maker in makers
        .iter()
        .filter(|maker| asked.is_empty() || asked.contains(&name(maker)))
    {
        process::run(
            Command::new(&python)
                .arg(maker)
                .current_dir(maker.parent().unwrap_or(&root)),
        )?;
    }
    Ok(())
}

/// `make_layers.py` in `cnn-core` is called `cnn-core/layers`.
fn name(maker: &Path) -> String {
    let stem = maker.file_stem().unwrap_or_default().to_string_lossy();
    let stem = stem.strip_prefix("make_").unwrap_or(&stem);
    let owner = maker
        .ancestors()
        .find(|folder| folder.join("Cargo.toml").is_file());
    let owner = owner
        .and_then(Path::file_name)
        .unwrap_or_default()
        .to_string_lossy();
    format!("{owner}/{stem}")
}

/// Every maker of the workspace's crates, in the order of their paths.
fn makers(root: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut folders = vec![root.join("crates"), root.join("datasets")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        let unread = |source| Failure::Step {
            message: format!("cannot read the folder {}: {source}", folder.display()),
        };
        for entry in std::fs::read_dir(&folder).map_err(unread)? {
            let path = entry.map_err(unread)?.path();
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() && file != "target" {
                folders.push(path);
            } else if file.starts_with("make_") && file.ends_with(".py") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
