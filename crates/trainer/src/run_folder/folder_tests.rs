//! The run folder: what is overwritten, what is refused, and who holds the lock.

use super::super::result::sample_result;
use super::*;
use serde_json::json;
use std::process::{Command, Stdio};

fn at(folder: &Path) -> Place {
    Place::At(folder.join("run"))
}

/// A run with all its files, finished.
fn finished(place: &Place) -> RunFolder {
    let run = unfinished(place);
    run.write(RunFile::Model, b"weights").unwrap();
    run.write_labels(&["no".to_owned(), "yes".to_owned()])
        .unwrap();
    run.write_environment(&Environment::collect("flex", "portable", 1, "00"))
        .unwrap();
    run.write_result(&sample_result()).unwrap();
    run
}

fn unfinished(place: &Place) -> RunFolder {
    let run = RunFolder::create(place, false).unwrap();
    run.write(RunFile::Config, b"seed = 1\n").unwrap();
    let (mut metrics, _) = run.open_metrics(None, false).unwrap();
    metrics.append(1, &json!({"loss": 0.7})).unwrap();
    let mut checkpoints = run.open_checkpoints().unwrap();
    checkpoints
        .save(1, &[("model", b"w")], &json!(null))
        .unwrap();
    run
}

#[test]
fn what_is_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let run = finished(&at(folder.path()));
    let files = RunFiles::open(run.folder()).unwrap();
    assert!(files.is_finished());
    assert_eq!(files.read_config().unwrap(), "seed = 1\n");
    assert_eq!(files.read_labels().unwrap(), ["no", "yes"]);
    // To 12 digits: reading a float from JSON text may be one unit in the last place off.
    let result = files.read_result().unwrap().unwrap();
    assert_eq!(
        format!("{result:.12?}"),
        format!("{:.12?}", sample_result())
    );
    assert_eq!(fs::read(files.path(RunFile::Model)).unwrap(), b"weights");
}

#[test]
fn a_finished_run_is_overwritten_only_by_force() {
    let folder = tempfile::tempdir().unwrap();
    let place = at(folder.path());
    drop(finished(&place));
    let error = RunFolder::create(&place, false).unwrap_err();
    assert!(matches!(error, RunFolderError::Finished { .. }), "{error}");
    assert!(error.to_string().contains("--force"), "{error}");
    let files = RunFiles::open(&place.first()).unwrap();
    assert!(files.read_result().unwrap().is_some());

    fs::write(place.first().join("notes.txt"), "mine").unwrap();
    // Refused before it begins, the new run costs nothing.
    drop(RunFolder::create(&place, true).unwrap());
    assert!(files.read_result().unwrap().is_some());
    let run = RunFolder::create(&place, true).unwrap();
    run.begin().unwrap();
    let left: Vec<_> = Disk.list(run.folder()).unwrap();
    let left: Vec<_> = left.iter().map(|e| e.name.to_str().unwrap()).collect();
    assert_eq!(left, [".lock", "notes.txt"]);
}

#[test]
fn an_unfinished_run_is_resumed_or_forced_but_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let place = at(folder.path());
    drop(unfinished(&place));
    let error = RunFolder::create(&place, false).unwrap_err();
    assert!(matches!(error, RunFolderError::Unfinished { .. }));
    assert!(error.to_string().contains("--resume"), "{error}");
    let run = RunFolder::resume(&place).unwrap();
    assert!(!run.files().is_finished());
    let checkpoints = run.open_checkpoints().unwrap();
    assert_eq!(checkpoints.steps().unwrap(), [1]);
    drop(run);
    let run = RunFolder::create(&place, true).unwrap();
    run.begin().unwrap();
    assert!(!run.files().checkpoints().exists());
}

#[test]
fn a_named_run_never_meets_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::Named {
        runs: folder.path().join("runs"),
        model: "lenet5".to_owned(),
        data: "digits".to_owned(),
    };
    drop(finished(&place));
    let second = unfinished(&place);
    assert!(second.folder().ends_with("lenet5-digits-2"));
    drop(second);
    let resumed = RunFolder::resume(&place).unwrap();
    assert!(resumed.folder().ends_with("lenet5-digits-2"));
}

#[test]
fn foreign_files_are_never_touched() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::At(folder.path().to_path_buf());
    for name in ["config.toml", "result.json"] {
        fs::write(folder.path().join(name), "mine").unwrap();
        for force in [false, true] {
            let error = RunFolder::create(&place, force).unwrap_err();
            assert!(matches!(error, RunFolderError::Occupied { .. }), "{error}");
        }
        assert_eq!(Disk.list(folder.path()).unwrap().len(), 1);
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    let file = folder.path().join("file");
    fs::write(&file, "mine").unwrap();
    let error = RunFolder::create(&Place::At(file), true).unwrap_err();
    assert!(matches!(error, RunFolderError::Io(_)), "{error}");
}

#[test]
fn nothing_to_resume_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let error = RunFolder::resume(&at(folder.path())).unwrap_err();
    assert!(matches!(error, RunFolderError::NothingToResume { .. }));
    let empty = Place::At(folder.path().to_path_buf());
    let error = RunFolder::resume(&empty).unwrap_err();
    assert!(error.to_string().contains("config.toml"), "{error}");
    assert!(Disk.list(folder.path()).unwrap().is_empty());
}

#[test]
fn a_second_writer_is_refused_and_names_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let place = at(folder.path());
    let run = finished(&place);
    for result in [
        RunFolder::create(&place, false),
        RunFolder::create(&place, true),
        RunFolder::resume(&place),
    ] {
        let error = result.unwrap_err();
        assert!(matches!(error, RunFolderError::Busy { .. }), "{error}");
    }
    assert!(run.files().read_result().unwrap().is_some());
    drop(run);
    RunFolder::resume(&place).unwrap();
}

/// The child of the next test: holds the lock until it is killed.
#[test]
fn child_that_holds_the_lock() {
    let Some(path) = std::env::var_os("CNN_TEST_LOCK_FOLDER") else {
        return;
    };
    let _run = RunFolder::create(&Place::At(path.into()), false).unwrap();
    println!("holding");
    std::thread::sleep(std::time::Duration::from_secs(60));
}

/// Trust list 38.
#[test]
fn another_process_is_named_and_killing_it_frees_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let place = at(folder.path());
    let (_, module) = module_path!().split_once("::").unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("{module}::child_that_holds_the_lock")])
        .arg("--nocapture")
        .env("CNN_TEST_LOCK_FOLDER", place.first())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("holding") {
        line.clear();
        let read = std::io::BufRead::read_line(&mut output, &mut line).unwrap();
        assert!(read > 0, "the child ended");
    }
    let error = RunFolder::create(&place, false).unwrap_err();
    let pid = child.id();
    assert!(
        error.to_string().contains(&format!("process {pid}")),
        "{error}"
    );
    child.kill().unwrap();
    child.wait().unwrap();
    RunFolder::create(&place, false).unwrap();
}

#[test]
fn a_run_that_writes_nothing_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().join("deep/runs");
    let named = Place::Named {
        runs: runs.clone(),
        model: "textcnn".to_owned(),
        data: "own".to_owned(),
    };
    drop(RunFolder::create(&named, false).unwrap());
    assert!(Disk.list(folder.path()).unwrap().is_empty());
    // What others have there stays, and so does a folder that was there before.
    fs::create_dir_all(&runs).unwrap();
    fs::write(runs.join("notes.txt"), "mine").unwrap();
    drop(RunFolder::create(&named, false).unwrap());
    drop(RunFolder::create(&at(folder.path()), false).unwrap());
    assert_eq!(Disk.list(&runs).unwrap().len(), 1);
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    drop(RunFolder::create(&Place::At(empty.clone()), false).unwrap());
    assert!(Disk.list(&empty).unwrap().is_empty());
    assert_eq!(Disk.list(folder.path()).unwrap().len(), 2);
}

#[test]
fn labels_must_tell_classes_apart() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFolder::create(&at(folder.path()), false).unwrap();
    let twice = ["a".to_owned(), "b".to_owned(), "a".to_owned()];
    let error = run.write_labels(&twice).unwrap_err();
    assert!(error.to_string().contains("\"a\" twice"), "{error}");
    assert!(run.write_labels(&[]).is_err());
    run.write(RunFile::Config, b"").unwrap();
    for text in ["{}", "[1]", "[]", "[\"a\",\"a\"]", "[\"a\""] {
        run.write(RunFile::Labels, text.as_bytes()).unwrap();
        let error = run.files().read_labels().unwrap_err();
        assert!(error.to_string().contains("labels.json"), "{error}");
    }
}

#[test]
fn a_result_that_is_no_number_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFolder::create(&at(folder.path()), false).unwrap();
    let mut result = sample_result();
    result.train.samples_per_s = f64::INFINITY;
    assert!(run.write_result(&result).is_err());
    assert!(!run.files().is_finished());
}
