//! `cargo xtask fixtures`: remakes the test values that other libraries judge us by (PyTorch, SciPy,
//! scikit-learn). Run it after changing a maker; a changed value then shows in `git diff`. Minutes.
//!
//! A maker is a Python script of a crate whose first lines say how to run it from the root of the
//! workspace, `python crates/…/make.py`, and which writes its files beside itself.

use crate::nearest;
use crate::process::{self, Failure};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

const HELP: &str = "\
Remake the test values that come from PyTorch, SciPy and scikit-learn.

Usage: cargo xtask fixtures [--list] [MAKER]...

Without a name every maker runs; `--list` names them. PYTHON is the interpreter (default python3); what a
maker imports (torch, numpy, scipy, scikit-learn) stands in its first lines.
";

/// Runs the makers that the arguments name, or all.
pub fn run(arguments: &[OsString]) -> Result<(), Failure> {
    if process::wants_help(arguments, HELP) {
        return Ok(());
    }
    let root = process::root();
    let makers = makers(&root)?;
    if arguments.iter().any(|word| word == "--list") {
        makers.iter().for_each(|maker| println!("{maker}"));
        return Ok(());
    }
    let asked: Vec<String> = arguments
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    if let Some(wrong) = asked.iter().find(|word| !makers.contains(word)) {
        let hint = nearest::hint(wrong, makers.iter().map(String::as_str));
        let all = makers.join("\n  ");
        return Err(Failure::usage(format!(
            "there is no maker `{wrong}`{hint}; there are\n  {all}"
        )));
    }
    let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let chosen = |maker: &&String| asked.is_empty() || asked.contains(maker);
    makers
        .iter()
        .filter(chosen)
        .try_for_each(|maker| process::run(Command::new(&python).arg(maker).current_dir(&root)))
}

/// Every maker of the workspace's crates by its path from the root, in order.
fn makers(root: &Path) -> Result<Vec<String>, Failure> {
    let mut folders: Vec<PathBuf> = vec!["crates".into(), "datasets".into()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        let unread = |source| Failure::Step {
            message: format!("cannot read {}: {source}", folder.display()),
        };
        for entry in std::fs::read_dir(root.join(&folder)).map_err(unread)? {
            let path = folder.join(entry.map_err(unread)?.file_name());
            if root.join(&path).is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "py") {
                let text = std::fs::read_to_string(root.join(&path)).map_err(unread)?;
                let path = path.to_string_lossy().replace('\\', "/");
                if is_maker(&path, &text) {
                    found.push(path);
                }
            }
        }
    }
    found.sort();
    Ok(found)
}

fn is_maker(path: &str, text: &str) -> bool {
    let how_to_run = format!("python {path}");
    text.lines().take(10).any(|line| line.contains(&how_to_run))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_maker_says_how_to_run_it() {
        let text = "\"\"\"Values.\n\nRemake: python crates/a/make.py (needs torch)\n\"\"\"\n";
        assert!(is_maker("crates/a/make.py", text));
        assert!(!is_maker("crates/a/store.py", text));
    }

    #[test]
    fn the_statistics_have_a_maker() {
        let makers = makers(&process::root()).expect("the crates can be read");
        let known = "crates/trainer/tests/fixtures/statistics.py";
        assert!(makers.iter().any(|maker| maker == known), "{makers:?}");
    }
}
