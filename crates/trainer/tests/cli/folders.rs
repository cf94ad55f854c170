//! Run folders between commands: nothing is overwritten unasked, nobody writes another's run, a signal loses nothing.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use super::command::{answer, cnn, output, train, word};
use super::samples::{Trained, write_json_lines};

fn weights(run: &Path) -> Vec<u8> {
    std::fs::read(run.join("model.safetensors")).expect("a finished run has weights")
}

#[test]
fn a_finished_run_is_replaced_by_force_alone() {
    let trained = Trained::new("textcnn");
    let (data, run) = (trained.data(), trained.run());
    let before = weights(&run);
    let refused = train("textcnn", &data, &run, &["--seed", "9"]);
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    assert!(refused.err.contains("--force"), "{}", refused.err);
    assert!(weights(&run) == before);

    train(
        "textcnn",
        &data,
        &run,
        &["--seed", "9", "--force", "--no-baseline"],
    )
    .done();
    assert!(weights(&run) != before);

    let more = ["--seed", "10", "--resume"];
    let other = train("textcnn", &data, &run, &more);
    assert_eq!(other.code, 1, "{other:#?}");
    assert!(other.err.contains("`seed` was 9, now 10"), "{}", other.err);
}

#[test]
fn a_finished_run_that_is_resumed_says_again_how_to_predict() {
    let trained = Trained::new("textcnn");
    let (data, run) = (trained.data(), trained.run());
    let kept = std::fs::read_to_string(run.join("sample.txt")).expect("a text to try it on");
    let again = train("textcnn", &data, &run, &["--resume"]).done();
    let command = again.out.lines().last().unwrap_or_default();
    assert!(command.starts_with("predict with: "), "{}", again.out);
    assert!(command.contains(kept.trim()), "{command}: {kept}");

    // Taken away, it is not made up.
    std::fs::remove_file(run.join("sample.txt")).unwrap();
    let again = train("textcnn", &data, &run, &["--resume"]).done();
    assert!(again.out.trim_end().ends_with(" INPUT"), "{}", again.out);
}

#[test]
fn a_folder_of_other_files_is_never_touched() {
    let folder = tempfile::tempdir().unwrap();
    let (data, precious) = (
        folder.path().join("own.jsonl"),
        folder.path().join("precious"),
    );
    write_json_lines(&data);
    std::fs::create_dir(&precious).unwrap();
    std::fs::write(precious.join("thesis.tex"), "years of work").unwrap();
    let refused = train("textcnn", &data, &precious, &["--force"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("files that are no run"),
        "{}",
        refused.err
    );
    assert_eq!(std::fs::read_dir(&precious).unwrap().count(), 1);
}

#[test]
fn runs_without_a_folder_are_numbered() {
    let folder = tempfile::tempdir().unwrap();
    write_json_lines(&folder.path().join("own.jsonl"));
    let arguments = [
        "train",
        "textcnn",
        "--data",
        "own.jsonl",
        "--epochs",
        "1",
        "--no-baseline",
    ];
    for name in ["textcnn-own", "textcnn-own-2"] {
        let trained = answer(cnn(&arguments).current_dir(folder.path())).done();
        assert!(
            trained.out.contains(&format!(" --run runs/{name} ")),
            "{}",
            trained.out
        );
        assert!(
            folder
                .path()
                .join("runs")
                .join(name)
                .join("result.json")
                .is_file()
        );
    }
}

/// A run that would take hours, begun and past its first checkpoint.
pub fn long_run(data: &Path, out: &Path, more: &[&str]) -> Child {
    let mut command = cnn(&[
        "train",
        "textcnn",
        "--epochs",
        "100000",
        "--no-baseline",
        "--quiet",
    ]);
    command.args(["--set", "training.checkpoint_seconds=0"]);
    command
        .args(["--data", word(data), "--out", word(out)])
        .args(more);
    let mut child = command
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let begun = |out: &Path| {
        let entries = std::fs::read_dir(out.join("checkpoints"));
        let is_whole = |name: &str| name.starts_with("step-");
        entries.is_ok_and(|mut entries| {
            entries.any(|entry| entry.is_ok_and(|e| is_whole(&e.file_name().to_string_lossy())))
        })
    };
    while !begun(out) {
        assert!(
            child.try_wait().unwrap().is_none(),
            "the run ended by itself"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

#[test]
fn two_runs_on_one_folder_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("own.jsonl"), folder.path().join("run"));
    write_json_lines(&data);
    let mut first = long_run(&data, &out, &[]);
    let seconds = [["--resume", "--quiet"], ["--force", "--quiet"]]
        .map(|more| train("textcnn", &data, &out, &more));
    first.kill().unwrap();
    first.wait().unwrap();
    for second in seconds {
        assert_eq!((second.code, second.out.as_str()), (1, ""), "{second:#?}");
        let holder = format!("in use by process {}", first.id());
        assert!(second.err.contains(&holder), "{}", second.err);
    }
    // Killed, it holds the folder no more.
    train(
        "textcnn",
        &data,
        &out,
        &["--force", "--quiet", "--no-baseline"],
    )
    .done();
}

#[cfg(unix)]
#[test]
fn a_signal_ends_a_run_with_a_checkpoint_and_its_own_code() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let folder = tempfile::tempdir().unwrap();
        let (data, out) = (folder.path().join("own.jsonl"), folder.path().join("run"));
        write_json_lines(&data);
        let run = long_run(&data, &out, &[]);
        let kill = ["-s", signal, &run.id().to_string()].map(str::to_owned);
        assert!(
            std::process::Command::new("kill")
                .args(kill)
                .status()
                .unwrap()
                .success()
        );
        let ended = run.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(code));
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(said.contains("--resume --out "), "{said}");
        assert!(!out.join("result.json").exists());

        let unfinished = output(&["predict", "--run", word(&out), "a text"]);
        assert_eq!(unfinished.code, 1);
        assert!(
            unfinished.err.contains("finished run?"),
            "{}",
            unfinished.err
        );
        let anew = train("textcnn", &data, &out, &[]);
        assert_eq!(anew.code, 1);
        assert!(anew.err.contains("give --resume"), "{}", anew.err);
    }
}
