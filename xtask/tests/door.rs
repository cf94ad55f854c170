//! The command line of `cargo xtask` itself, without building anything.

use std::process::{Command, Output};

fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .output()
        .expect("xtask starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is text")
}

#[test]
fn help_names_every_command() {
    let help = text(&xtask(&["--help"]).stdout);
    for name in text(&xtask(&["--list"]).stdout).lines() {
        assert!(
            help.contains(&format!("\n  {name} ")),
            "{name} is not in\n{help}"
        );
    }
}

#[test]
fn a_wrong_command_is_a_usage_error_with_the_nearest_name() {
    let output = xtask(&["tets"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("there is no command `tets`"),
        "{}",
        text(&output.stderr)
    );
    assert!(text(&xtask(&["evall"]).stderr).contains("did you mean `eval`"));
    assert_eq!(xtask(&[]).status.code(), Some(2));
}

#[test]
fn a_wrong_backend_is_refused_before_a_build() {
    let output = xtask(&["train", "lenet5", "--backend", "vulcan"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("flex, ndarray, wgpu, cuda"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn every_chore_has_its_help() {
    for chore in ["test", "ci", "docs", "fixtures"] {
        let output = xtask(&[chore, "--help"]);
        assert_eq!(output.status.code(), Some(0), "{chore}");
        assert!(
            text(&output.stdout).contains("Usage: cargo xtask"),
            "{chore}: {}",
            text(&output.stdout)
        );
    }
}
