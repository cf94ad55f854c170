//! What goes where: results on stdout, the rest on stderr, and no control codes unless a person is looking.

use std::process::{Command, Stdio};

use super::command::{answer, cnn, output, train, word};
use super::samples::{Trained, write_json_lines};

#[test]
fn results_go_to_stdout_and_progress_to_stderr() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_json_lines(&at("own.jsonl"));
    let loud = train("textcnn", &at("own.jsonl"), &at("loud"), &[]).done();
    let lines: Vec<&str> = loud.out.lines().collect();
    assert!(
        lines[0].contains(" than the linear baseline"),
        "{}",
        loud.out
    );
    assert!(lines[1].starts_with("test accuracy "), "{}", loud.out);
    assert!(lines[1].contains("95 % interval"), "{}", loud.out);
    assert!(lines[2].starts_with("baseline "), "{}", loud.out);
    assert!(
        lines.last().unwrap().starts_with("predict with: "),
        "{}",
        loud.out
    );
    for part in ["folder ", "epoch  2", "dev accuracy", "tokens: "] {
        assert!(loud.err.contains(part), "{part}: {}", loud.err);
        assert!(!loud.out.contains(part), "{part}: {}", loud.out);
    }
    let quiet = train("textcnn", &at("own.jsonl"), &at("quiet"), &["--quiet"]).done();
    assert_eq!(quiet.err, "");
    assert_eq!(quiet.out.lines().next(), loud.out.lines().next());
}

#[test]
fn without_a_terminal_there_are_no_control_codes() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_json_lines(&at("own.jsonl"));
    for (answer, name) in [
        (train("textcnn", &at("own.jsonl"), &at("run"), &[]), "train"),
        (output(&["--help"]), "help"),
        (output(&["train", "lenet"]), "a wrong name"),
        (output(&["data", "list"]), "list"),
    ] {
        for text in [answer.out, answer.err] {
            let is_code = |c: char| c.is_control() && c != '\n';
            assert!(!text.contains(is_code), "{name}: {text:?}");
        }
    }
}

/// On a terminal lent by `script`: progress moves the cursor, yet nothing is coloured.
#[cfg(target_os = "linux")]
#[test]
fn no_color_is_respected_on_a_terminal() {
    let there = Command::new("script").arg("--version").output();
    if !there.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: no `script` (util-linux) here to lend a terminal");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_json_lines(&at("own.jsonl"));
    let (data, run) = (at("own.jsonl"), at("run"));
    let on_terminal = |arguments: &str| {
        let line = format!("{} {arguments}", env!("CARGO_BIN_EXE_cnn"));
        let mut command = Command::new("script");
        command
            .args(["-q", "-e", "-c", &line])
            .arg(at("typescript"));
        command
            .env("NO_COLOR", "1")
            .env("TERM", "xterm")
            .stdin(Stdio::null());
        answer(&mut command)
    };
    let long = format!(
        "train textcnn --data {} --out {} --epochs 60",
        word(&data),
        word(&run)
    );
    let coloured = |text: &str| {
        let is_colour = |code: &str| {
            let end = code.find(|c: char| !(c.is_ascii_digit() || c == ';'));
            end.is_some_and(|end| code[end..].starts_with('m') && end > 0)
        };
        text.split("\u{1b}[").skip(1).any(is_colour)
    };
    let shown = on_terminal(&long).done().out;
    assert!(
        shown.contains(" left"),
        "no live line on a terminal: {shown:?}"
    );
    assert!(!coloured(&shown), "{shown:?}");
    let wrong = on_terminal("train lenet");
    assert_eq!(wrong.code, 2);
    assert!(!coloured(&wrong.out), "{wrong:?}");
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let trained = Trained::new("textcnn");
    let run = trained.run();
    let texts = trained.beside("many.txt");
    std::fs::write(&texts, "the film was good\n".repeat(3_000)).unwrap();
    let mut child = cnn(&["predict", "--run", word(&run), "--file", word(&texts)])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!((ended.status.code(), said.as_ref()), (Some(0), ""));
}

/// A place that takes no more bytes must not look like success.
#[cfg(target_os = "linux")]
#[test]
fn answers_that_cannot_be_written_are_an_error() {
    let trained = Trained::new("textcnn");
    let run = trained.run();
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let ended = cnn(&["predict", "--run", word(&run), "a text"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(!ended.stderr.is_empty());
}
