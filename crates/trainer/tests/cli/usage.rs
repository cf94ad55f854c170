//! Settings, wrong names, exit codes.

use std::io::Write;

use super::command::{answer, cnn, output, word};

#[test]
fn settings_are_printed_as_toml_that_train_accepts() {
    for model in ["lenet5", "textcnn", "dpcnn"] {
        let printed = output(&["config", "print", model]).done();
        assert_eq!(printed.err, "", "{model}");
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(printed.out.as_bytes()).unwrap();
        let again = output(&["config", "print", model, "--config", word(file.path())]).done();
        assert_eq!((again.err.as_str(), again.out), ("", printed.out));
    }
}

#[test]
fn settings_show_the_set_the_file_and_the_options_in_that_order() {
    let printed = |arguments: &[&str]| {
        let start = ["config", "print", "textcnn"];
        output(&[&start, arguments].concat()).done().out
    };
    assert!(printed(&[]).contains("data = \"phrases\""));
    assert!(printed(&["--data", "thucnews"]).contains("widths = [2, 3, 4]"));
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"seed = 5\n[training]\nepochs = 7\nbatch_size = 9\n")
        .unwrap();
    let options = [
        "--config",
        word(file.path()),
        "--set",
        "training.epochs=8",
        "--set",
    ];
    let shown = printed(
        &[
            &options[..],
            &["training.batch_size=10", "--batch-size", "11"],
        ]
        .concat(),
    );
    for line in ["seed = 5", "epochs = 8", "batch_size = 11"] {
        assert!(shown.lines().any(|shown| shown == line), "{line}: {shown}");
    }
}

#[test]
fn wrong_usage_exits_with_2_and_names_the_right_thing() {
    for (arguments, hint) in [
        (&["train", "lenet"][..], "lenet5"),
        (&["tran", "lenet5"], "'train'"),
        (&["train", "lenet5", "--epoch", "3"], "--epochs"),
        (
            &["train", "lenet5", "--set", "training.epoch=3"],
            "training.epochs",
        ),
        (
            &["train", "lenet5", "--set", "training.epochs"],
            "key=value",
        ),
        (
            &["train", "lenet5", "--set", "optimizer.rule=adamm"],
            "`adam`",
        ),
        (
            &["config", "print", "textcnn", "--set", "textcnn.width=[3]"],
            "textcnn.widths",
        ),
        (&["train", "lenet5", "--data", "mnits"], "mnist"),
        (&["train", "lenet5", "--data", "mr"], "images"),
        (&["train", "textcnn", "--data", "digits"], "texts"),
        (&["train", "lenet5", "--backend", "fex"], "flex"),
        (&["train", "lenet5", "--threads", "0"], "1..=1024"),
        (
            &["train", "lenet5", "--config", "no/such.toml"],
            "no/such.toml",
        ),
        (&["data", "fetch", "thucnew"], "thucnews"),
        (&["train", "lenet5", "--epochs", "0"], "training.epochs"),
        (&["eval"], "--run"),
        (&[], "Usage"),
    ] {
        let wrong = output(arguments);
        assert_eq!(wrong.code, 2, "{arguments:?}: {}", wrong.err);
        assert!(wrong.err.contains(hint), "{arguments:?}: {}", wrong.err);
        assert_eq!(wrong.out, "", "{arguments:?}");
    }
}

/// A slip in the name of a file is not taken for one in the name of a known set.
#[test]
fn a_path_that_leads_nowhere_names_the_file_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sms.tsv"), "").unwrap();
    for (path, nearest) in [("smss.tsv", Some("sms.tsv")), ("photos/", None)] {
        let mut command = cnn(&["train", "textcnn", "--data", path]);
        let wrong = answer(command.current_dir(folder.path()));
        assert_eq!(wrong.code, 2, "{}", wrong.err);
        let said = format!("there is no file or folder `{path}`");
        assert!(wrong.err.contains(&said), "{}", wrong.err);
        let hint = nearest.map(|name| format!("did you mean `{name}`?"));
        assert!(
            wrong.err.contains(&hint.unwrap_or_default()),
            "{}",
            wrong.err
        );
        assert!(!wrong.err.contains("sst2"), "{}", wrong.err);
    }
}

#[test]
fn a_backend_that_is_not_built_in_names_its_feature() {
    if cfg!(feature = "cuda") {
        eprintln!("SKIPPED: this build has cuda");
        return;
    }
    let wrong = output(&["train", "lenet5", "--backend", "cuda"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("feature `cuda`"), "{}", wrong.err);
}

#[test]
fn help_is_help_and_a_missing_run_is_an_error() {
    for arguments in [
        &["--help"][..],
        &["train", "--help"],
        &["tune", "--help"],
        &["eval", "--help"],
        &["predict", "--help"],
        &["data", "--help"],
        &["data", "describe", "--help"],
        &["config", "print", "--help"],
    ] {
        let help = output(arguments).done();
        assert_eq!(help.err, "", "{arguments:?}");
        assert!(help.out.contains("Usage: cnn"), "{}", help.out);
    }
    for command in ["predict", "eval"] {
        let missing = output(&[command, "--run", "no/such/run"]);
        assert_eq!(missing.code, 1);
        assert!(missing.err.contains("no/such/run"), "{}", missing.err);
    }
}

#[test]
fn an_instruction_set_is_forced_and_said_and_a_wrong_one_is_an_error() {
    let on = |isa: &str, arguments: &[&str]| answer(cnn(arguments).env("CNN_ISA", isa));
    let refused = on("sse9", &["config", "print", "lenet5"]);
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert!(
        refused
            .err
            .contains("CNN_ISA is \"sse9\": say avx512, avx2 or portable"),
        "{}",
        refused.err
    );
    let run = tempfile::tempdir().unwrap();
    let arguments = [
        "eval",
        "--verbose",
        "--threads",
        "1",
        "--run",
        word(run.path()),
    ];
    let said = on("portable", &arguments).err;
    assert!(
        said.contains("computing on flex with portable, 1 threads"),
        "{said}"
    );
}
