//! The event file of a run, read back by TensorBoard's own reader.

use std::path::Path;
use std::process::Command;

const READER: &str = "
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0})
events.Reload()
print(json.dumps({tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in events.Tags()['scalars']}))
";

/// The Python that has TensorBoard: `CNN_TENSORBOARD_PYTHON`, else `python3` if it has.
fn python() -> Option<String> {
    let python = std::env::var("CNN_TENSORBOARD_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut asked = Command::new(&python);
    let asked = asked.args(["-c", "import tensorboard"]).output();
    asked
        .is_ok_and(|asked| asked.status.success())
        .then_some(python)
}

fn train(run: &Path, more: &[&str]) {
    let out = run.to_str().unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_cnn"))
        .args([
            "train",
            "textcnn",
            "--limit",
            "400",
            "--epochs",
            "2",
            "--batch-size",
            "5",
        ])
        .args([
            "--no-baseline",
            "--no-report",
            "--quiet",
            "--tensorboard",
            "--out",
            out,
        ])
        .args(more)
        .env_remove("CNN_DATA")
        .stdout(std::process::Stdio::null())
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn tensorboard_reads_what_the_log_holds() {
    let Some(python) = python() else {
        eprintln!(
            "skipped: no TensorBoard to read with; CNN_TENSORBOARD_PYTHON names a Python that has it"
        );
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    train(&run, &[]);
    let read = Command::new(python)
        .args(["-c", READER])
        .arg(&run)
        .output()
        .unwrap();
    assert!(
        read.status.success(),
        "{}",
        String::from_utf8_lossy(&read.stderr)
    );
    let theirs: serde_json::Value = serde_json::from_slice(&read.stdout).unwrap();

    let log = std::fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    let mut count = 0;
    for line in log.lines() {
        let line: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
        let kind = line["kind"].as_str().unwrap();
        for (name, value) in &line {
            let Some(value) = value.as_f64().filter(|_| name != "step" && name != "epoch") else {
                continue;
            };
            let tag = format!("{kind}/{name}");
            let points = theirs[&tag]
                .as_array()
                .unwrap_or_else(|| panic!("no {tag} in {theirs}"));
            let found = points.iter().find(|point| point[0] == line["step"]);
            let found = found.unwrap_or_else(|| panic!("{tag} at {}", line["step"]));
            assert!(
                (found[1].as_f64().unwrap() - value).abs() <= 1e-6 * value.abs(),
                "{tag} {found}"
            );
            count += 1;
        }
    }
    let scalars: usize = theirs
        .as_object()
        .unwrap()
        .values()
        .map(|points| points.as_array().unwrap().len())
        .sum();
    assert!(count > 10);
    assert_eq!(scalars, count, "no more and no less");
    for tag in [
        "train/loss",
        "train/learning_rate",
        "dev/loss",
        "dev/accuracy",
    ] {
        assert!(theirs[tag].is_array(), "{tag}");
    }
}
