//! `cargo xtask` keeps a list of the commands of `cnn`, so that a mistyped one fails before a build: it must be the true list.

use assert_cmd::Command;
use std::path::Path;

#[test]
fn xtask_passes_on_every_command_of_cnn_and_no_other() {
    let help = Command::cargo_bin("cnn")
        .expect("the binary is built")
        .arg("--help")
        .output()
        .expect("it starts");
    let help = String::from_utf8(help.stdout).expect("help is text");
    let commands = help
        .split("Commands:\n")
        .nth(1)
        .and_then(|rest| rest.split("\n\n").next())
        .expect("help lists the commands");
    let mut real: Vec<&str> = commands
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    real.sort_unstable();

    let crate_folder =
        std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the crate lies");
    let door = Path::new(&crate_folder).join("../../xtask/src/cnn.rs");
    let door = std::fs::read_to_string(door).expect("xtask lies beside the crates");
    let list = door
        .split("COMMANDS: &[Command] = &[")
        .nth(1)
        .and_then(|rest| rest.split("];").next())
        .expect("the list is there");
    let mut listed: Vec<&str> = list
        .split("name: \"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    listed.sort_unstable();

    assert_eq!(
        listed, real,
        "COMMANDS in xtask/src/cnn.rs against `cnn --help`"
    );
}
