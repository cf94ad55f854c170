//! The door to the `cnn` binary: builds it with the backend that the arguments name, then becomes it.
//!
//! There is one set of options, that of `cnn`; nothing here reads more of them than `--backend`.

use crate::nearest;
use crate::process::{self, Failure};
use std::ffi::OsString;
use std::path::Path;

/// One command of `cnn` that this door passes on.
pub struct Command {
    pub name: &'static str,
    pub about: &'static str,
}

/// The commands of `cnn`. They are listed here so that a mistyped one fails at once, not after a build.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "train",
        about: "Train a network: lenet5, textcnn or dpcnn",
    },
    Command {
        name: "tune",
        about: "Search for settings on dev data",
    },
    Command {
        name: "eval",
        about: "Judge a trained network on a data set",
    },
    Command {
        name: "predict",
        about: "Classify texts or images with a trained network",
    },
    Command {
        name: "explain",
        about: "Show why a trained network answered as it did",
    },
    Command {
        name: "report",
        about: "Write a run's report again, or compare two runs",
    },
    Command {
        name: "data",
        about: "List, fetch, verify and describe data sets",
    },
    Command {
        name: "bench",
        about: "Measure training and prediction on the batches of a comparison",
    },
    Command {
        name: "config",
        about: "Print the settings that a training run would use",
    },
];

/// One Burn backend: a feature of the `trainer` crate.
pub struct Backend {
    pub name: &'static str,
    /// The crate whose presence in the target folder tells that this backend has been built before.
    marker: &'static str,
    /// Minutes of a first release build on two cores.
    minutes: u32,
}

pub const BACKENDS: [Backend; 4] = [
    Backend {
        name: "flex",
        marker: "burn-flex-",
        minutes: 6,
    },
    Backend {
        name: "ndarray",
        marker: "burn-ndarray-",
        minutes: 8,
    },
    Backend {
        name: "wgpu",
        marker: "burn-wgpu-",
        minutes: 20,
    },
    Backend {
        name: "cuda",
        marker: "burn-cuda-",
        minutes: 20,
    },
];

/// Builds `cnn` and becomes it: returns only when that was impossible.
pub fn run(command: &str, arguments: &[OsString]) -> Result<(), Failure> {
    let backends = backends(arguments)?;
    let features: Vec<&str> = backends.iter().map(|backend| backend.name).collect();
    let first = backends
        .iter()
        .filter(|backend| !built_before(&process::target(), "release", backend))
        .max_by_key(|backend| backend.minutes);
    let mut cargo = process::cargo();
    cargo.args([
        "run",
        "--release",
        "--package",
        "trainer",
        "--bin",
        "cnn",
        "--no-default-features",
    ]);
    cargo.args(["--features", &features.join(",")]);
    // So that a command which `cnn` prints goes through this door again.
    cargo.env("CNN_CALLED_AS", "cargo xtask");
    match first {
        Some(backend) => eprintln!(
            "Building cnn with Burn's {} backend: about {} minutes on two cores the first time, seconds after that.",
            backend.name, backend.minutes
        ),
        None => drop(cargo.arg("--quiet")),
    }
    cargo.arg("--").arg(command).args(arguments);
    process::become_program(&mut cargo)
}

/// `flex`, and each backend that a `--backend` names. What follows `--` is data, not options.
fn backends(arguments: &[OsString]) -> Result<Vec<&'static Backend>, Failure> {
    let words: Vec<_> = arguments
        .iter()
        .map(|word| word.to_string_lossy())
        .take_while(|word| word != "--")
        .collect();
    let mut chosen = vec![&BACKENDS[0]];
    for (place, word) in words.iter().enumerate() {
        let name = match word.strip_prefix("--backend=") {
            Some(name) => name,
            None if word == "--backend" => words.get(place + 1).ok_or_else(|| {
                Failure::usage("--backend wants a name after it, such as `--backend wgpu`".into())
            })?,
            None => continue,
        };
        let backend = BACKENDS
            .iter()
            .find(|backend| backend.name == name)
            .ok_or_else(|| {
                let names = BACKENDS.map(|backend| backend.name);
                Failure::usage(format!(
                    "there is no backend `{name}`{}; the backends are {}",
                    nearest::hint(name, names.into_iter()),
                    names.join(", ")
                ))
            })?;
        if !chosen.iter().any(|known| known.name == backend.name) {
            chosen.push(backend);
        }
    }
    Ok(chosen)
}

/// Whether this backend's crate has been compiled in the profile before, with whatever features.
pub fn built_before(target: &Path, profile: &str, backend: &Backend) -> bool {
    let Ok(entries) = std::fs::read_dir(target.join(profile).join(".fingerprint")) else {
        return false;
    };
    entries.flatten().any(|entry| {
        entry
            .file_name()
            .to_string_lossy()
            .starts_with(backend.marker)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(line: &str) -> Result<Vec<&'static str>, Failure> {
        let arguments: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        Ok(backends(&arguments)?
            .into_iter()
            .map(|backend| backend.name)
            .collect())
    }

    #[test]
    fn a_named_backend_is_built_next_to_flex() {
        for (line, names) in [
            ("lenet5 --epochs 3", vec!["flex"]),
            ("lenet5 --backend flex", vec!["flex"]),
            ("lenet5 --backend wgpu --epochs 3", vec!["flex", "wgpu"]),
            ("lenet5 --backend=cuda", vec!["flex", "cuda"]),
            ("--run r -- --backend wgpu", vec!["flex"]),
        ] {
            assert_eq!(chosen(line).expect(line), names, "{line}");
        }
    }

    #[test]
    fn a_wrong_backend_fails_before_anything_is_built() {
        for (line, part) in [
            ("lenet5 --backend", "wants a name"),
            ("lenet5 --backend wgpuu", "did you mean `wgpu`"),
            ("--backend=tpu", "flex, ndarray"),
        ] {
            match chosen(line) {
                Err(Failure::Usage { message }) => {
                    assert!(message.contains(part), "{line}: {message}")
                }
                other => panic!("{line}: {other:?}"),
            }
        }
    }
}
