//! Runs other programs: shows the command, keeps its exit code, says what to do when it cannot start.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Why a chore stopped. The exit code of a program that failed is passed on unchanged.
#[derive(Debug)]
pub enum Failure {
    /// The command line was wrong (exit code 2).
    Usage { message: String },
    /// A program could not be started at all.
    Start {
        program: String,
        source: std::io::Error,
        cure: &'static str,
    },
    /// A program ran and failed.
    Exit { command: String, code: u8 },
    /// A step of a chore could not be done.
    Step { message: String },
}

impl Failure {
    pub fn usage(message: String) -> Self {
        Self::Usage { message }
    }

    /// Tells the user, and gives the exit code to end with.
    pub fn report(self) -> ExitCode {
        match self {
            Self::Usage { message } => {
                eprintln!("error: {message}");
                ExitCode::from(2)
            }
            Self::Start {
                program,
                source,
                cure,
            } => {
                eprintln!("error: cannot start `{program}`: {source}\n{cure}");
                ExitCode::FAILURE
            }
            Self::Exit { command, code } => {
                eprintln!("error: `{command}` ended with exit code {code}");
                ExitCode::from(code)
            }
            Self::Step { message } => {
                eprintln!("error: {message}");
                ExitCode::FAILURE
            }
        }
    }
}

/// The cargo that started this program, run from the current folder.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The root of the workspace, wherever in it the user stands.
pub fn root() -> PathBuf {
    // Cargo sets the variable at run time too, which stays right when the folder has been moved.
    let own =
        std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&own)
        .parent()
        .map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// The folder that cargo builds into: this program lies in it.
pub fn target() -> PathBuf {
    if let Some(dir) = std::env::var_os("CARGO_TARGET_DIR") {
        return std::path::absolute(&dir).unwrap_or_else(|_| dir.into());
    }
    let own = std::env::current_exe().unwrap_or_default();
    let tagged = own
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file());
    tagged.map_or_else(|| root().join("target"), Path::to_path_buf)
}

/// Shows the command on standard error, runs it to its end, and turns a failure into an error.
pub fn run(command: &mut Command) -> Result<(), Failure> {
    eprintln!("+ {}", shown(command));
    let status = command
        .status()
        .map_err(|source| cannot_start(command, source))?;
    match status.code() {
        Some(0) => Ok(()),
        // No code: ended by a signal.
        code => Err(Failure::Exit {
            command: shown(command),
            code: code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1),
        }),
    }
}

/// Becomes the given program: signals, standard input and the exit code are then its own.
pub fn become_program(command: &mut Command) -> Result<(), Failure> {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        let source = command.exec();
        Err(cannot_start(command, source))
    }
    #[cfg(not(unix))]
    {
        let status = command
            .status()
            .map_err(|source| cannot_start(command, source))?;
        std::process::exit(status.code().unwrap_or(1))
    }
}

/// Whether a program of this name can be started; `probe` are the arguments to try it with.
pub fn exists(program: &str, probe: &str) -> bool {
    let quiet = std::process::Stdio::null;
    let started = Command::new(program)
        .args(probe.split_whitespace())
        .stdout(quiet())
        .stderr(quiet())
        .status();
    started.is_ok_and(|status| status.success())
}

fn cannot_start(command: &Command, source: std::io::Error) -> Failure {
    Failure::Start {
        program: command.get_program().to_string_lossy().into_owned(),
        source,
        cure: "is it installed and on the PATH?",
    }
}

/// The command as one would type it: variables it sets, program, arguments.
fn shown(command: &Command) -> String {
    let variables = command.get_envs().filter_map(|(name, value)| {
        Some(format!("{}={} ", name.to_string_lossy(), quoted(value?)))
    });
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    let words = std::iter::once(program)
        .chain(command.get_args())
        .map(quoted);
    variables.collect::<String>() + &words.collect::<Vec<_>>().join(" ")
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || "-_=+.,/:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Takes `--help` out of the way: prints the text and answers true.
pub fn wants_help(arguments: &[OsString], text: &str) -> bool {
    let asked = arguments
        .iter()
        .any(|word| word == "--help" || word == "-h");
    if asked {
        print!("{text}");
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let mut command = Command::new("/usr/bin/cargo");
        command
            .args(["doc", "it's here", ""])
            .env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(
            shown(&command),
            r"RUSTDOCFLAGS='-D warnings' cargo doc 'it'\''s here' ''"
        );
    }

    #[test]
    fn an_exit_code_is_kept() {
        let failure =
            run(Command::new("sh").args(["-c", "exit 3"])).expect_err("the program fails");
        assert!(
            matches!(failure, Failure::Exit { code: 3, .. }),
            "{failure:?}"
        );
    }

    #[test]
    fn a_missing_program_is_named() {
        let failure = run(&mut Command::new("no-such-program")).expect_err("there is none");
        assert!(
            matches!(&failure, Failure::Start { program, .. } if program == "no-such-program"),
            "{failure:?}"
        );
    }
}
