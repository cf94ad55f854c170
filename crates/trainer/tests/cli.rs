//! The `cnn` command as a user meets it: help, settings, wrong names, exit codes.

use std::process::Command;

use assert_cmd::assert::OutputAssertExt;

fn cnn(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cnn"));
    command.args(arguments).env_remove("CNN_DATA");
    command
}

fn output(arguments: &[&str]) -> (i32, String, String) {
    let output = cnn(arguments)
        .output()
        .expect("the binary was built for this test");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap_or(-1),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn settings_are_printed_as_toml_that_train_accepts() {
    for model in ["lenet5", "textcnn", "dpcnn"] {
        let (code, out, err) = output(&["config", "print", model]);
        assert_eq!((code, err.as_str()), (0, ""), "{model}");
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, out.as_bytes()).unwrap();
        let (code, again, err) = output(&[
            "config",
            "print",
            model,
            "--config",
            file.path().to_str().unwrap(),
        ]);
        assert_eq!((code, err.as_str()), (0, ""), "{model}");
        assert_eq!(again, out);
    }
}

#[test]
fn wrong_usage_exits_with_2_and_names_the_right_thing() {
    for (arguments, hint) in [
        (&["train", "lenet"][..], "lenet5"),
        (
            &["train", "lenet5", "--set", "training.epoch=3"],
            "training.epochs",
        ),
        (&["train", "lenet5", "--data", "mnits"], "mnist"),
        (&["train", "lenet5", "--data", "mr"], "images"),
        (&["train", "lenet5", "--backend", "fex"], "flex"),
        (&["data", "fetch", "thucnew"], "thucnews"),
        (&["train", "lenet5", "--epochs", "0"], "training.epochs"),
    ] {
        let (code, out, err) = output(arguments);
        assert_eq!(code, 2, "{arguments:?}: {err}");
        assert!(err.contains(hint), "{arguments:?}: {err}");
        assert_eq!(out, "", "{arguments:?}");
    }
}

#[test]
fn a_backend_that_is_not_built_in_names_its_feature() {
    if cfg!(feature = "cuda") {
        eprintln!("skipped: this build has cuda");
        return;
    }
    let (code, _, err) = output(&["train", "lenet5", "--backend", "cuda"]);
    assert_eq!(code, 2);
    assert!(err.contains("feature `cuda`"), "{err}");
}

#[test]
fn help_is_help_and_a_missing_run_is_an_error() {
    cnn(&["--help"]).assert().success();
    cnn(&["train", "--help"]).assert().success();
    let (code, _, err) = output(&["predict", "--run", "no/such/run", "text"]);
    assert_eq!(code, 1);
    assert!(err.contains("no/such/run"), "{err}");
}
