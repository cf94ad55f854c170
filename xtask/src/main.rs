//! `cargo xtask …`: the door to the `cnn` binary, and the project's chores.
//!
//! This crate knows no Burn and has no dependencies, so that it builds in seconds: keep it so. A chore
//! is a file of its own and a line of [`CHORES`]; a command of `cnn` is a line of [`cnn::COMMANDS`].

mod ci;
mod cnn;
mod docs;
mod fixtures;
mod nearest;
mod process;
mod test;

use process::Failure;
use std::ffi::OsString;
use std::process::ExitCode;

/// One chore: what the user types, what the help says, what runs.
struct Chore {
    name: &'static str,
    about: &'static str,
    run: fn(&[OsString]) -> Result<(), Failure>,
}

const CHORES: &[Chore] = &[
    Chore {
        name: "test",
        about: "Run the whole test suite, doc tests included",
        run: test::run,
    },
    Chore {
        name: "ci",
        about: "Run every check of the continuous integration, cheapest first",
        run: ci::run,
    },
    Chore {
        name: "docs",
        about: "Build the API documentation, and the book where mdbook is installed",
        run: docs::run,
    },
    Chore {
        name: "fixtures",
        about: "Remake the test values that come from PyTorch, SciPy and scikit-learn",
        run: fixtures::run,
    },
];

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(first) = arguments.next() else {
        print!("{}", help());
        return ExitCode::from(2);
    };
    let rest: Vec<OsString> = arguments.collect();
    match dispatch(&first.to_string_lossy(), &rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn dispatch(name: &str, arguments: &[OsString]) -> Result<(), Failure> {
    if matches!(name, "help" | "--help" | "-h") {
        print!("{}", help());
        return Ok(());
    }
    if name == "--list" {
        names().for_each(|name| println!("{name}"));
        return Ok(());
    }
    if let Some(chore) = CHORES.iter().find(|chore| chore.name == name) {
        return (chore.run)(arguments);
    }
    if cnn::COMMANDS.iter().any(|command| command.name == name) {
        return cnn::run(name, arguments);
    }
    Err(Failure::usage(format!(
        "there is no command `{name}`{}\n`cargo xtask --help` lists them all",
        nearest::hint(name, names())
    )))
}

/// Every command, those of `cnn` first: what `--list` prints and what the documentation may name.
fn names() -> impl Iterator<Item = &'static str> {
    cnn::COMMANDS
        .iter()
        .map(|command| command.name)
        .chain(CHORES.iter().map(|chore| chore.name))
}

fn help() -> String {
    let mut text = String::from(
        "Train, judge and use LeNet-5, TextCNN and DPCNN; and the project's own chores.\n\n\
         Usage: cargo xtask COMMAND [ARGUMENTS]\n\n\
         Commands of `cnn`, which is built first (once for each backend) and gets the arguments as they are:\n",
    );
    let mut line = |name: &str, about: &str| text.push_str(&format!("  {name:<10}{about}\n"));
    cnn::COMMANDS
        .iter()
        .for_each(|command| line(command.name, command.about));
    text.push_str("\nChores:\n");
    let mut line = |name: &str, about: &str| text.push_str(&format!("  {name:<10}{about}\n"));
    CHORES
        .iter()
        .for_each(|chore| line(chore.name, chore.about));
    text.push_str(&format!(
        "\nBackends: {}. `--backend NAME` in the arguments of a `cnn` command also builds that backend in.\n\
         `cargo xtask COMMAND --help` tells more.\n\n\
         Start here:\n  cargo xtask train lenet5\n  cargo xtask test\n",
        cnn::BACKENDS.map(|backend| backend.name).join(", ")
    ));
    text
}
