//! The store on a real disk: round trips, what is kept, damaged checkpoints, leftovers.

use super::*;
use serde_json::json;
use std::fs;

const SMALL: &[u8] = b"0123456789abcdef";

fn store() -> (tempfile::TempDir, CheckpointStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = CheckpointStore::open(&folder.path().join("checkpoints")).unwrap();
    (folder, store)
}

fn save(store: &mut CheckpointStore, step: u64) {
    let saved = store
        .save(
            step,
            &[("model.safetensors", SMALL), ("optimizer.safetensors", b"")],
            &json!({"epoch": step / 10}),
        )
        .unwrap();
    assert!(saved.not_removed.is_empty());
}

fn latest_step(store: &CheckpointStore) -> Option<u64> {
    store.latest_valid().unwrap().checkpoint.map(|c| c.step)
}

fn names(store: &CheckpointStore) -> Vec<String> {
    let entries = Disk.list(&store.folder).unwrap();
    entries
        .into_iter()
        .map(|entry| entry.name.into_string().unwrap())
        .collect()
}

#[test]
fn what_is_saved_comes_back() {
    let (_folder, mut store) = store();
    assert!(store.latest_valid().unwrap().checkpoint.is_none());
    save(&mut store, 30);
    let latest = store.latest_valid().unwrap();
    assert!(latest.skipped.is_empty());
    let checkpoint = latest.checkpoint.unwrap();
    assert_eq!(checkpoint.step, 30);
    assert_eq!(checkpoint.state, json!({"epoch": 3}));
    assert_eq!(checkpoint.files["model.safetensors"], SMALL);
    assert_eq!(checkpoint.files["optimizer.safetensors"], b"");
}

#[test]
fn two_are_kept_and_the_newest_is_taken_by_number_not_by_name() {
    let (_folder, mut store) = store();
    for step in [8, 9, 10, 11] {
        save(&mut store, step);
        assert_eq!(latest_step(&store), Some(step));
    }
    assert_eq!(names(&store), ["step-10", "step-11"]);
}

#[test]
fn a_damaged_checkpoint_does_not_count_among_the_kept() {
    let (_folder, mut store) = store();
    save(&mut store, 1);
    save(&mut store, 2);
    fs::write(store.folder.join("step-2/model.safetensors"), "other").unwrap();
    let mut store = CheckpointStore::open(&store.folder).unwrap();
    save(&mut store, 3);
    assert_eq!(names(&store), ["step-1", "step-3"]);
}

#[test]
fn a_step_can_be_saved_again() {
    let (_folder, mut store) = store();
    save(&mut store, 1);
    save(&mut store, 2);
    let before = fs::metadata(store.folder.join("step-2/state.json")).unwrap();
    save(&mut store, 2);
    let after = fs::metadata(store.folder.join("step-2/state.json")).unwrap();
    assert_eq!(before.modified().unwrap(), after.modified().unwrap());
    store.save(2, &[("a", b"new")], &json!(null)).unwrap();
    let checkpoint = store.latest_valid().unwrap().checkpoint.unwrap();
    assert_eq!(checkpoint.files["a"], b"new");
    assert_eq!(names(&store), ["step-1", "step-2"]);
}

#[test]
fn going_on_from_an_older_checkpoint_removes_the_damaged_newer_one() {
    let (_folder, mut store) = store();
    save(&mut store, 10);
    save(&mut store, 20);
    fs::write(store.folder.join("step-20/state.json"), "{}").unwrap();
    let latest = store.latest_valid().unwrap();
    assert_eq!(latest.checkpoint.unwrap().step, 10);
    assert_eq!(latest.skipped[0].path, store.folder.join("step-20"));
    save(&mut store, 15);
    assert_eq!(names(&store), ["step-10", "step-15"]);
}

/// Trust list 34, and the part of promise 4 that speaks of verifying.
#[test]
fn any_cut_or_flipped_bit_leads_to_the_previous_checkpoint() {
    let (_folder, mut store) = store();
    save(&mut store, 1);
    save(&mut store, 2);
    for name in ["model.safetensors", "state.json"] {
        let path = store.folder.join("step-2").join(name);
        let whole = fs::read(&path).unwrap();
        let expect_previous = |what: &str| {
            let latest = store.latest_valid().unwrap();
            assert_eq!(latest.checkpoint.unwrap().step, 1, "{name} {what}");
            assert_eq!(latest.skipped.len(), 1);
            assert!(store.verify(2).is_err(), "{name} {what}");
        };
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            expect_previous(&format!("cut to {length}"));
        }
        for offset in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[offset] ^= 1 << (offset % 8);
            fs::write(&path, &damaged).unwrap();
            expect_previous(&format!("flipped at {offset}"));
        }
        fs::write(&path, vec![0; whole.len()]).unwrap();
        expect_previous("zeroed");
        fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
        expect_previous("longer");
        fs::remove_file(&path).unwrap();
        expect_previous("missing");
        fs::create_dir(&path).unwrap();
        expect_previous("a folder");
        fs::remove_dir(&path).unwrap();
        fs::write(&path, &whole).unwrap();
        assert_eq!(latest_step(&store), Some(2));
    }
}

#[test]
fn a_checkpoint_under_another_name_is_not_taken() {
    let (_folder, mut store) = store();
    save(&mut store, 1);
    fs::rename(store.folder.join("step-1"), store.folder.join("step-9")).unwrap();
    let latest = store.latest_valid().unwrap();
    assert!(latest.checkpoint.is_none());
    assert!(matches!(
        latest.skipped[0].damage,
        Damage::Step {
            folder: 9,
            state: 1
        }
    ));
}

#[test]
fn another_format_is_refused_by_name() {
    let (_folder, mut store) = store();
    save(&mut store, 1);
    save(&mut store, 2);
    let record = Record {
        format: 99,
        ..Record::new(2, &[], &json!(null))
    };
    fs::write(store.folder.join("step-2/state.json"), record.encode()).unwrap();
    let error = store.latest_valid().unwrap_err();
    assert!(matches!(
        error,
        CheckpointError::OtherFormat { found: 99, .. }
    ));
    assert!(error.to_string().contains("step-2"), "{error}");
}

#[test]
fn a_sealed_record_cannot_point_outside_its_folder() {
    let (folder, mut store) = store();
    save(&mut store, 1);
    fs::write(folder.path().join("secret"), "x").unwrap();
    let record = Record::new(1, &[("../../secret", b"x")], &json!(null));
    fs::write(store.folder.join("step-1/state.json"), record.encode()).unwrap();
    let latest = store.latest_valid().unwrap();
    assert!(latest.checkpoint.is_none());
    assert!(matches!(latest.skipped[0].damage, Damage::State { .. }));
}

#[test]
fn leftovers_are_cleaned_and_strangers_stay() {
    let (_folder, mut store) = store();
    save(&mut store, 5);
    for leftover in [".tmp-step-6", ".old-step-4", ".replaced-step-5"] {
        fs::create_dir(store.folder.join(leftover)).unwrap();
        fs::write(store.folder.join(leftover).join("model"), "half").unwrap();
    }
    for stranger in ["notes.txt", ".tmp-mine", "step-007", "step-+7", "step-"] {
        fs::write(store.folder.join(stranger), "mine").unwrap();
    }
    let store = CheckpointStore::open(&store.folder).unwrap();
    assert_eq!(
        names(&store),
        [
            ".tmp-mine",
            "notes.txt",
            "step-",
            "step-+7",
            "step-007",
            "step-5"
        ]
    );
    assert_eq!(latest_step(&store), Some(5));
}

#[test]
fn a_checkpoint_put_aside_for_its_successor_comes_back() {
    let (_folder, mut store) = store();
    save(&mut store, 5);
    let aside = store.folder.join(".replaced-step-5");
    fs::rename(store.folder.join("step-5"), aside).unwrap();
    let store = CheckpointStore::open(&store.folder).unwrap();
    assert_eq!(latest_step(&store), Some(5));
    assert_eq!(names(&store), ["step-5"]);
}

#[test]
fn bad_file_names_are_refused_before_anything_is_written() {
    let (_folder, mut store) = store();
    let long = "n".repeat(101);
    for name in [
        "",
        ".",
        "..",
        ".x",
        "a/b",
        "../a",
        "state.json",
        "a\0",
        "é",
        &long,
    ] {
        let error = store.save(1, &[(name, b"")], &json!(null)).unwrap_err();
        assert!(matches!(error, CheckpointError::FileName { .. }), "{name}");
    }
    let twice = store.save(1, &[("a", b""), ("a", b"")], &json!(null));
    assert!(matches!(twice, Err(CheckpointError::FileName { .. })));
    assert!(names(&store).is_empty());
}

#[cfg(unix)]
#[test]
fn a_link_planted_at_the_temporary_name_is_not_followed() {
    let (folder, mut store) = store();
    let target = folder.path().join("precious");
    fs::create_dir(&target).unwrap();
    fs::write(target.join("model.safetensors"), "precious").unwrap();
    std::os::unix::fs::symlink(&target, store.folder.join(".tmp-step-1")).unwrap();
    save(&mut store, 1);
    let kept = fs::read_to_string(target.join("model.safetensors")).unwrap();
    assert_eq!(kept, "precious");
    assert_eq!(names(&store), ["step-1"]);
}

#[test]
fn a_folder_deleted_meanwhile_is_an_error_that_names_it() {
    let (folder, mut store) = store();
    save(&mut store, 1);
    fs::remove_dir_all(&store.folder).unwrap();
    let error = store.save(2, &[("a", b"x")], &json!(null)).unwrap_err();
    assert!(error.to_string().contains("checkpoints"), "{error}");
    let missing = folder.path().join("none/checkpoints");
    let error = CheckpointStore::open(&missing).unwrap_err();
    assert!(error.to_string().contains("none"), "{error}");
}
