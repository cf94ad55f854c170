//! Tidiness that a compiler does not check: module docs, file lengths, names, printing in libraries,
//! machine paths, and whether the documentation names commands, files and links that exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    // Asked for when the test runs: a binary built in another clone must not look there.
    let crate_folder =
        std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the crate lies");
    Path::new(&crate_folder)
        .parent()
        .expect("xtask lies in the workspace")
        .to_path_buf()
}

/// Every text file under version control, or about to be, with its path from the root.
fn files() -> Vec<(String, String)> {
    let mut git = Command::new("git");
    git.current_dir(root()).args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]);
    let output = git
        .output()
        .expect("git lists the files of this repository");
    assert!(
        output.status.success(),
        "git ls-files: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let listed = String::from_utf8(output.stdout).expect("paths are UTF-8");
    let paths: BTreeSet<&str> = listed.split('\0').filter(|path| !path.is_empty()).collect();
    let read = |path: &str| {
        std::fs::read(root().join(path))
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
    };
    let files: Vec<_> = paths
        .into_iter()
        .filter_map(|path| Some((path.to_string(), read(path)?)))
        .collect();
    assert!(
        files.iter().any(|(path, _)| path == "xtask/tests/tidy.rs"),
        "this file is among those listed"
    );
    files
}

fn rust_files() -> Vec<(String, String)> {
    files()
        .into_iter()
        .filter(|(path, _)| path.ends_with(".rs"))
        .collect()
}

fn documents() -> Vec<(String, String)> {
    files()
        .into_iter()
        .filter(|(path, _)| path.ends_with(".md"))
        .collect()
}

/// All findings at once, so that one run is enough to mend them.
fn none(rule: &str, findings: Vec<String>) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}

#[test]
fn every_module_opens_with_its_one_job() {
    let silent = rust_files()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(path, _)| path);
    none("these files do not open with `//! `", silent.collect());
}

#[test]
fn files_stay_short() {
    let code = files()
        .into_iter()
        .filter(|(path, _)| path.ends_with(".rs") || path.ends_with(".py"));
    let long = code
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines >= 500);
    none(
        "these files have 500 lines or more",
        long.map(|(path, lines)| format!("{path}: {lines}"))
            .collect(),
    );
}

#[test]
fn no_module_is_a_junk_drawer() {
    const DRAWERS: [&str; 8] = [
        "util", "utils", "common", "helper", "helpers", "misc", "shared", "stuff",
    ];
    let mut findings = Vec::new();
    for (path, text) in rust_files() {
        let parts = path.trim_end_matches(".rs").split('/');
        findings.extend(
            parts
                .filter(|part| DRAWERS.contains(part))
                .map(|part| format!("{path}: {part}")),
        );
        let inline = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("mod ")?.strip_suffix(" {"));
        findings.extend(
            inline
                .filter(|module| DRAWERS.contains(module))
                .map(|module| format!("{path}: mod {module}")),
        );
    }
    none(
        "a module is named after the one thing it holds, unlike these",
        findings,
    );
}

/// Files of modules declared under `#[cfg(test)]`, which are no part of what is shipped.
fn test_modules(files: &[(String, String)]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, text) in files {
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        let own = file.trim_end_matches(".rs");
        let below = if ["lib", "main", "mod"].contains(&own) {
            folder.to_string()
        } else {
            format!("{folder}/{own}")
        };
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let line = line.trim();
            if line != "#[cfg(test)]" && !line.starts_with("#[cfg(all(test,") {
                continue;
            }
            let mut next = lines.next().unwrap_or_default().trim();
            if let Some(file) = next
                .strip_prefix("#[path = \"")
                .and_then(|rest| rest.strip_suffix("\"]"))
            {
                found.insert(format!("{folder}/{file}"));
                next = lines.next().unwrap_or_default();
            }
            if let Some(module) = next
                .split_once("mod ")
                .and_then(|(_, rest)| rest.strip_suffix(';'))
            {
                found.insert(format!("{below}/{module}.rs"));
                found.insert(format!("{below}/{module}/mod.rs"));
            }
        }
    }
    found
}

/// The part of a file that is shipped: without comments, and without the test module at its end.
fn shipped(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text
        .lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line));
    lines
        .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn libraries_do_not_print() {
    const LIBRARIES: [&str; 5] = [
        "crates/cnn-kernels/src/",
        "crates/cnn-core/src/",
        "crates/models-vision/src/",
        "crates/models-text/src/",
        "datasets/src/",
    ];
    let files = rust_files();
    let tests = test_modules(&files);
    let mut findings = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| {
        LIBRARIES.iter().any(|library| path.starts_with(library)) && !tests.contains(path)
    }) {
        for (number, line) in shipped(text) {
            if ["println!", "print!", "eprint!", "eprintln!", "dbg!"]
                .iter()
                .any(|name| line.contains(name))
            {
                findings.push(format!("{path}:{number}: {}", line.trim()));
            }
        }
    }
    none("a library returns what it has to say", findings);
}

/// A file that is written in place is half a file after a crash. Those below write under a temporary name,
/// sync, and rename.
#[test]
fn files_are_written_by_few_hands() {
    const WRITERS: [&str; 3] = [
        "crates/trainer/src/checkpoint/storage.rs",
        "datasets/src/fetch/archive.rs",
        "datasets/src/tokenize/tokenizer.rs",
    ];
    let files = rust_files();
    let tests = test_modules(&files);
    let mut findings = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| {
        path.contains("/src/")
            && !WRITERS.contains(&path.as_str())
            && !tests.contains(path)
            && !path.starts_with("xtask/")
    }) {
        for (number, line) in shipped(text) {
            if ["fs::write(", "File::create(", "File::create_new("]
                .iter()
                .any(|name| line.contains(name))
            {
                findings.push(format!("{path}:{number}: {}", line.trim()));
            }
        }
    }
    none(
        "these write a file in place; use the trainer's Storage or a temporary name and a rename",
        findings,
    );
}

#[test]
fn unsafe_stays_in_the_kernels() {
    let mut findings = Vec::new();
    for (path, text) in rust_files().iter().filter(|(path, _)| {
        !path.starts_with("crates/cnn-kernels/") && !path.ends_with("tests/tidy.rs")
    }) {
        for (number, line) in shipped(text) {
            let code = line.split("//").next().unwrap_or_default();
            if code
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|word| word == "unsafe")
            {
                findings.push(format!("{path}:{number}: {}", line.trim()));
            }
        }
    }
    none("only cnn-kernels may hold `unsafe`", findings);
}

/// How many there are is said, so that another one is seen.
#[test]
fn the_book_counts_the_unsafe_blocks() {
    let files = rust_files();
    let tests = test_modules(&files);
    let shipped = |path: &str| path.starts_with("crates/cnn-kernels/src/") && !tests.contains(path);
    let blocks = |text: &str| {
        let code = text.lines().filter_map(|line| line.split("//").next());
        code.filter(|code| code.contains("unsafe {")).count()
    };
    let kernels = files.iter().filter(|(path, _)| shipped(path));
    let count: usize = kernels.map(|(_, text)| blocks(text)).sum();
    let path = "docs/src/architecture.md";
    let said = format!("There are {count} blocks");
    let book = std::fs::read_to_string(root().join(path)).expect("the architecture page");
    assert!(
        book.contains(&said),
        "{path} does not say `{said}` of `unsafe`"
    );
}

#[test]
fn nothing_names_the_machine_it_was_written_on() {
    // Put together here, so that this file does not find itself.
    let traces = [
        ["/wo", "rk/"].concat(),
        ["/ro", "ot/"].concat(),
        ["/ho", "me/"].concat(),
        ["C:\\Us", "ers"].concat(),
    ];
    let mut findings = Vec::new();
    for (path, text) in files() {
        for (number, line) in text.lines().enumerate() {
            if traces.iter().any(|trace| line.contains(trace.as_str())) {
                findings.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    none("these lines hold an absolute path of one machine", findings);
}

/// What `cargo xtask --list` prints: the commands that the documentation may name.
fn commands() -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("--list")
        .output()
        .expect("xtask starts");
    let listed = String::from_utf8(output.stdout).expect("names are text");
    listed.lines().map(String::from).collect()
}

#[test]
fn documents_name_commands_that_exist() {
    let commands = commands();
    assert!(
        ["train", "test", "ci"]
            .iter()
            .all(|name| commands.iter().any(|known| known == name)),
        "{commands:?}"
    );
    let mut findings = Vec::new();
    for (path, text) in documents()
        .into_iter()
        .filter(|(path, _)| path != "CHANGELOG.md")
    {
        for (number, line) in text.lines().enumerate() {
            for (start, _) in line.match_indices("cargo xtask ") {
                let rest = &line[start + "cargo xtask ".len()..];
                let name: String = rest
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '-')
                    .collect();
                if !name.is_empty() && name != "--help" && !commands.contains(&name) {
                    findings.push(format!("{path}:{}: cargo xtask {name}", number + 1));
                }
            }
        }
    }
    none(
        "the documentation names commands that do not exist",
        findings,
    );
}

#[test]
fn documents_name_files_that_exist() {
    let mut findings = Vec::new();
    for (path, text) in documents() {
        let folder = root()
            .join(&path)
            .parent()
            .expect("a file lies in a folder")
            .to_path_buf();
        for (number, line) in text.lines().enumerate() {
            for link in line
                .split("](")
                .skip(1)
                .filter_map(|rest| rest.split(')').next())
            {
                let file = link.split('#').next().unwrap_or_default();
                let outside = link.contains("://") || file.is_empty();
                if !outside && !folder.join(file).exists() {
                    findings.push(format!("{path}:{}: link to {link}", number + 1));
                }
            }
            // In back quotes, a path from the root that starts with one of our folders.
            for quoted in line.split('`').skip(1).step_by(2) {
                let ours = ["crates/", "datasets/", "xtask/", "docs/"]
                    .iter()
                    .any(|start| quoted.starts_with(start));
                let plain = quoted
                    .chars()
                    .all(|c| c.is_alphanumeric() || "/._-".contains(c));
                if ours && plain && !root().join(quoted).exists() {
                    findings.push(format!("{path}:{}: file {quoted}", number + 1));
                }
            }
        }
    }
    none("the documentation names files that do not exist", findings);
}

#[test]
fn every_page_of_the_book_is_in_its_summary() {
    let summary = std::fs::read_to_string(root().join("docs/src/SUMMARY.md"))
        .expect("the book has a summary");
    let pages = documents()
        .into_iter()
        .filter_map(|(path, _)| path.strip_prefix("docs/src/").map(String::from));
    let lost = pages.filter(|page| page != "SUMMARY.md" && !summary.contains(&format!("({page})")));
    none("these pages are not in docs/src/SUMMARY.md", lost.collect());
}

/// The architecture page names the test behind each invariant; a renamed test must not leave it lying.
#[test]
fn invariants_name_tests_that_exist() {
    let page = std::fs::read_to_string(root().join("docs/src/architecture.md"))
        .expect("the book has an architecture page");
    let code: String = rust_files().into_iter().map(|(_, text)| text).collect();
    let named: Vec<&str> = page
        .lines()
        .filter(|line| line.contains("Held by"))
        .flat_map(|line| {
            line.split("Held by")
                .nth(1)
                .unwrap_or_default()
                .split('`')
                .skip(1)
                .step_by(2)
        })
        .collect();
    assert!(
        named.len() >= 5,
        "the page names the tests that hold its invariants, found {named:?}"
    );
    let lost = named
        .into_iter()
        .filter(|test| {
            !code.contains(&format!("fn {test}(")) && !code.contains(&format!("fn {test}<"))
        })
        .map(String::from);
    none(
        "docs/src/architecture.md names tests that do not exist",
        lost.collect(),
    );
}
