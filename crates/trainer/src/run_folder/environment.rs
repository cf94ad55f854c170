//! `environment.json`: what a run ran on, without names of users or places of files.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Crates whose versions are pinned exactly in the workspace manifest, because results depend on them. A
/// test holds this list against `Cargo.lock`.
const PINNED: [(&str, &str); 3] = [
    ("burn", "0.22.1"),
    ("burn-store", "0.22.1"),
    ("burn-pack", "0.22.1"),
];

/// The content of `environment.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Versions of this program and of the crates its numbers depend on.
    pub versions: BTreeMap<String, String>,
    /// Operating system and processor architecture, as in `linux x86_64`.
    pub platform: String,
    /// The processor's name; `null` where the system does not tell it that way.
    pub cpu: Option<String>,
    /// Threads the processor offers.
    pub cpu_threads: usize,
    /// The instruction set the kernels use.
    pub instruction_set: String,
    /// The Burn backend.
    pub backend: String,
    /// Threads the run uses.
    pub threads: usize,
    /// Revision of this project's source, with `-dirty` when it had changes; `null` outside a repository.
    pub git_revision: Option<String>,
    /// SHA-256 of the data, as the reader of the data set reports it.
    pub data_sha256: String,
}

impl Environment {
    /// Describes this process and machine.
    pub fn collect(
        backend: impl Into<String>,
        instruction_set: impl Into<String>,
        threads: usize,
        data_sha256: impl Into<String>,
    ) -> Self {
        let own = (
            env!("CARGO_PKG_NAME").to_owned(),
            env!("CARGO_PKG_VERSION").to_owned(),
        );
        let pinned = PINNED.map(|(name, version)| (name.to_owned(), version.to_owned()));
        Self {
            versions: std::iter::once(own).chain(pinned).collect(),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            cpu: cpu_name(),
            cpu_threads: std::thread::available_parallelism().map_or(1, usize::from),
            instruction_set: instruction_set.into(),
            backend: backend.into(),
            threads,
            git_revision: git_revision(),
            data_sha256: data_sha256.into(),
        }
    }
}

fn cpu_name() -> Option<String> {
    parse_cpu_name(&std::fs::read_to_string("/proc/cpuinfo").ok()?)
}

fn parse_cpu_name(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo
        .lines()
        .find(|line| line.starts_with("model name"))?;
    let (_, name) = line.split_once(':')?;
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// The revision of the repository in which this program lies or is started, if that is this project's.
fn git_revision() -> Option<String> {
    let executable = std::env::current_exe().ok();
    let started_in = std::env::current_dir().ok();
    let root = executable
        .iter()
        .chain(&started_in)
        .flat_map(|path| path.ancestors())
        .find(|path| path.join(".git").exists() && is_this_project(path))?;
    let revision = git(root, &["rev-parse", "HEAD"])?;
    let is_clean = git(root, &["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    Some(if is_clean {
        revision
    } else {
        format!("{revision}-dirty")
    })
}

/// A user's own repository says nothing about this program.
fn is_this_project(root: &Path) -> bool {
    root.join("crates/trainer/src/run_folder").is_dir()
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_named() {
        let cpuinfo = "processor\t: 0\nmodel name\t: A Fast One @ 3 GHz\nflags\t: fma\n";
        assert_eq!(parse_cpu_name(cpuinfo).unwrap(), "A Fast One @ 3 GHz");
        assert_eq!(parse_cpu_name("processor : 0\n"), None);
        assert_eq!(parse_cpu_name("model name :\n"), None);
    }

    /// Trust list 59.
    #[test]
    fn no_user_and_no_place_is_named() {
        let environment = Environment::collect("flex", "avx2", 2, "ab12");
        let text = serde_json::to_string(&environment).unwrap();
        assert_eq!(
            serde_json::from_str::<Environment>(&text).unwrap(),
            environment
        );
        for variable in ["HOME", "USER", "PWD", "CARGO_MANIFEST_DIR"] {
            if let Ok(value) = std::env::var(variable)
                && value.len() > 1
            {
                assert!(!text.contains(&value), "{variable} in {text}");
            }
        }
        for name in ["hostname", "\"/"] {
            assert!(!text.contains(name), "{name} in {text}");
        }
    }

    #[test]
    fn the_pinned_versions_are_those_of_the_lock_file() {
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
        let lock = std::fs::read_to_string(lock).unwrap();
        for (name, version) in PINNED {
            let entry = format!("name = \"{name}\"\nversion = \"{version}\"\n");
            assert!(lock.contains(&entry), "{name} {version}");
        }
    }
}
