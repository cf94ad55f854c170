//! Running `cnn` and reading what it says.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a finished command left behind.
#[derive(Debug)]
pub struct Answer {
    /// The exit code; -1 if a signal ended it.
    pub code: i32,
    /// Everything on stdout.
    pub out: String,
    /// Everything on stderr.
    pub err: String,
}

impl Answer {
    /// The answer, if the command succeeded.
    pub fn done(self) -> Self {
        assert_eq!(self.code, 0, "{self:#?}");
        self
    }

    /// The lines of stdout as JSON.
    pub fn json(&self) -> Vec<serde_json::Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.out.lines().map(parse).collect()
    }
}

/// The command with these arguments, free of what the machine of the test may have set.
pub fn cnn(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cnn"));
    command
        .args(arguments)
        .env_remove("CNN_DATA")
        .env_remove("CNN_CALLED_AS")
        .stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub fn answer(command: &mut Command) -> Answer {
    let output = command
        .output()
        .expect("the binary was built for this test");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Answer {
        code: output.status.code().unwrap_or(-1),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

/// Runs `cnn` with these arguments.
pub fn output(arguments: &[&str]) -> Answer {
    answer(&mut cnn(arguments))
}

/// Runs `cnn` with something on its stdin.
pub fn given(arguments: &[&str], stdin: &str) -> Answer {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(stdin.as_bytes()).expect("it takes the text");
    std::io::Seek::rewind(&mut file).expect("it is a file");
    answer(cnn(arguments).stdin(file))
}

/// A path as an argument.
pub fn word(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

/// A short training run in `out`; `--quiet` and `--no-baseline` are for the caller to add.
pub fn train(model: &str, data: &Path, out: &Path, more: &[&str]) -> Answer {
    let mut arguments = vec!["train", model, "--data", word(data), "--out", word(out)];
    arguments.extend(["--epochs", "2", "--threads", "2"]);
    arguments.extend(more);
    output(&arguments)
}
