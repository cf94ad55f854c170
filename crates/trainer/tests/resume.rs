//! Promise 3, exact resume: a run that is killed again and again ends with the bits of one that never stopped.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Kills per model. When a kill falls does not matter to the result, so the instants need not repeat.
const KILLS: u64 = 10;

/// TextCNN's steps are so short that it needs more of them for ten kills to fall inside the run.
fn epochs(model: &str) -> &'static str {
    if model == "textcnn" { "20" } else { "3" }
}

fn train(model: &str, out: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cnn"));
    command
        .args(["train", model, "--limit", "600", "--no-baseline", "--quiet"])
        .args(["--epochs", epochs(model)])
        .args(["--set", "training.checkpoint_seconds=0", "--out"])
        .arg(out)
        .args(more)
        .env_remove("CNN_DATA")
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

fn weights(out: &Path) -> Vec<u8> {
    std::fs::read(out.join("model.safetensors")).expect("a finished run has weights")
}

fn killed_runs_end_alike(model: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    let finished = train(model, &whole, &[]).output().unwrap();
    assert!(
        finished.status.success(),
        "{}",
        String::from_utf8_lossy(&finished.stderr)
    );

    let mut kills = 0;
    for attempt in 0..KILLS {
        // Another number of threads each time: it must not matter either.
        let threads = ["1", "2", "3"][attempt as usize % 3];
        let begun = killed.join("config.toml").exists();
        let more: &[&str] = if begun {
            &["--resume", "--threads", threads]
        } else {
            &["--force", "--threads", threads]
        };
        let mut child = train(model, &killed, more).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(120 + 97 * (attempt * 7 % 10)));
        kills += u64::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(
        kills > 0,
        "no kill came in time: the run is too short for this test"
    );
    let begun = killed.join("config.toml").exists();
    let last = train(
        model,
        &killed,
        if begun { &["--resume"] } else { &["--force"] },
    )
    .output()
    .unwrap();
    assert!(
        last.status.success(),
        "{}",
        String::from_utf8_lossy(&last.stderr)
    );
    assert!(
        weights(&whole) == weights(&killed),
        "{model}: other weights after {kills} kills"
    );
    eprintln!("{model}: {kills} kills, equal bits");
}

#[test]
fn lenet5_resumes_exactly() {
    killed_runs_end_alike("lenet5");
}

#[test]
fn textcnn_resumes_exactly() {
    killed_runs_end_alike("textcnn");
}

#[test]
fn dpcnn_resumes_exactly() {
    killed_runs_end_alike("dpcnn");
}
