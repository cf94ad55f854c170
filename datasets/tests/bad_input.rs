//! Each thing that is no set to learn from ends with an error that says what, where and how to mend it, soon and in little
//! memory.

use std::fs;
use std::path::{Path, PathBuf};

use datasets::{DataError, Limits, OpenOptions, open_image, open_text};
use image::{Luma, RgbImage};
use tempfile::TempDir;

fn error_of(path: &Path, options: &OpenOptions) -> String {
    let error: DataError = open_text(&path.to_string_lossy(), options).unwrap_err();
    error.to_string()
}

fn written(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn tables_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let rows = |label: &dyn Fn(usize) -> String| -> String {
        (0..60)
            .map(|i| format!("words {i},{}\n", label(i)))
            .collect()
    };
    let good = rows(&|i| ["x", "y"][i % 2].into());
    let many = vec!["c"; 100_000].join(",");
    let empty = vec![""; 100_000].join(",");
    for (name, content, said) in [
        (
            "empty.csv",
            String::new(),
            "empty.csv: the file has no rows",
        ),
        ("empty.jsonl", String::new(), "empty.jsonl: the file has no"),
        ("blank.csv", "\n\n \n".into(), "blank.csv: "),
        (
            "head.csv",
            "text,label\n".into(),
            "head.csv: the file has one row, a header without data",
        ),
        (
            "unknown_head.csv",
            "satz;art\n".into(),
            "a header without data",
        ),
        (
            "one_class.csv",
            format!("text,label\n{}", rows(&|_| "same".into())),
            "every row has the label `same`",
        ),
        (
            "distinct.csv",
            format!("text,label\n{}", rows(&|i| format!("w{i}"))),
            "60 different labels in 60 rows",
        ),
        (
            "no_label.csv",
            format!("text,label\n{}", rows(&|_| String::new())),
            "no_label.csv, line 2, byte 11: expected a label",
        ),
        (
            "nul.csv",
            format!("text,label\n{good}a\0b,x\n"),
            "nul.csv, line 62, byte ",
        ),
        (
            "quote.csv",
            format!("text,label\n{good}\"never closed,x\n"),
            "quote.csv, line 62, byte ",
        ),
        (
            "twice.csv",
            format!("text,label,text\n{}", good.replace('\n', ",z\n")),
            "names `text` 2 times (columns 1, 3)",
        ),
        (
            "twice_label.csv",
            format!("label,text,label\n{}", good.replace('\n', ",z\n")),
            "(--label-column 1)",
        ),
        (
            "wide.csv",
            format!("{many}\n{empty}\n").repeat(40),
            "wide.csv, line 1, byte 0: more than 10000 columns",
        ),
        (
            "wide.jsonl",
            format!(
                "{{{}}}\n",
                (0..20_000)
                    .map(|i| format!("\"f{i}\":1"))
                    .collect::<Vec<_>>()
                    .join(",")
            ),
            "more than 10000 fields",
        ),
        (
            "same.csv",
            format!(
                "text,label\n{}",
                "the same, \n".replace(" \n", "x\nThe  Same,y\n").repeat(30)
            ),
            "all 60 texts are the same one",
        ),
    ] {
        let path = written(&folder, name, content);
        let strict = OpenOptions {
            bad_rows: Some(0.0),
            ..OpenOptions::default()
        };
        let error = error_of(&path, &strict);
        assert!(
            error.contains(said),
            "{name}: {said}: {}",
            &error[..error.len().min(600)]
        );
        assert!(
            error.len() < 4_000,
            "{name}: an error of {} bytes",
            error.len()
        );
    }
}

#[test]
fn a_number_chooses_among_columns_of_one_name() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..40)
        .map(|i| format!("one {i},{},two {i}\n", ["x", "y"][i % 2]))
        .collect();
    let path = written(&folder, "twice.csv", format!("text,label,text\n{rows}"));
    let options = OpenOptions {
        text_column: Some("3".into()),
        ..OpenOptions::default()
    };
    let set = open_text(&path.to_string_lossy(), &options).unwrap();
    assert!(
        set.split.train[0].text.starts_with("two"),
        "{:?}",
        set.split.train[0]
    );
}

#[test]
fn a_line_without_end_is_not_gathered() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        row_bytes: 1 << 16,
        ..Limits::DEFAULT
    };
    let options = OpenOptions {
        limits,
        ..OpenOptions::default()
    };
    for name in ["a.csv", "a.tsv", "a.jsonl", "a.txt", "x/a.txt"] {
        let path = written(&folder, name, vec![b'x'; 1 << 20]);
        let path = if name.starts_with("x/") {
            folder.path()
        } else {
            path.as_path()
        };
        let error = error_of(path, &options);
        assert!(
            error.contains("line 1, byte 0: the row is longer than 65536 bytes"),
            "{name}: {error}"
        );
        if path != folder.path() {
            fs::remove_file(path).unwrap();
        }
    }
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_refused_and_keep_nobody_waiting() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["pipe.csv", "pipe.jsonl", "pipe.parquet", "pipe"] {
        let pipe = folder.path().join(name);
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        if !made.is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED: no mkfifo here");
            return;
        }
        let error = error_of(&pipe, &OpenOptions::default());
        assert!(
            error.contains("this is a pipe or a device, not a file") || name == "pipe",
            "{error}"
        );
    }
    let error = error_of(Path::new("/dev/zero"), &OpenOptions::default());
    assert!(error.contains("/dev/zero: "), "{error}");
    // In a folder of classes it is no text, and no picture.
    let class = folder.path().join("set/x");
    fs::create_dir_all(&class).unwrap();
    fs::create_dir_all(folder.path().join("set/y")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(class.join("a.png"))
        .status();
    assert!(made.unwrap().success());
    let path = folder.path().join("set").to_string_lossy().into_owned();
    let error = open_image(&path, &OpenOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("no picture files in folders per class"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn what_is_gone_or_forbidden_is_named() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    for class in ["x", "y"] {
        written(&folder, &format!("{class}/1.txt"), "a text");
    }
    symlink(
        folder.path().join("gone.txt"),
        folder.path().join("x/2.txt"),
    )
    .unwrap();
    let error = error_of(folder.path(), &OpenOptions::default());
    assert!(
        error.contains("x/2.txt: ") && error.contains("No such file"),
        "{error}"
    );
    fs::remove_file(folder.path().join("x/2.txt")).unwrap();

    let closed = folder.path().join("y");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read_dir(&closed).is_ok() {
        eprintln!("SKIPPED: this user reads folders without rights");
    } else {
        let error = error_of(folder.path(), &OpenOptions::default());
        assert!(
            error.contains("/y: ") && error.contains("denied"),
            "{error}"
        );
    }
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn pictures_that_are_all_the_same_or_too_few_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let image = RgbImage::from_fn(40, 40, |x, y| {
        image::Rgb([(x * 5) as u8, (y * 5) as u8, 90])
    });
    for class in ["cat", "dog"] {
        fs::create_dir(folder.path().join(class)).unwrap();
        for i in 0..20 {
            image
                .save(folder.path().join(class).join(format!("{i}.png")))
                .unwrap();
        }
    }
    let open = |folder: &Path| {
        let path = folder.to_string_lossy().into_owned();
        open_image(&path, &OpenOptions::default())
            .unwrap_err()
            .to_string()
    };
    let error = open(folder.path());
    assert!(
        error.contains("all 40 images are the same one")
            && error.contains("(cat/0.png and dog/9.png)"),
        "{error}"
    );

    let foreign = tempfile::tempdir().unwrap();
    for name in ["cat/1.tif", "cat/2.TIFF", "dog/1.heic"] {
        written(&foreign, name, "II*");
    }
    let error = open(foreign.path());
    assert!(
        error.contains("cat/1.tif: this format is not read, and the 3 such files"),
        "{error}"
    );
    assert!(
        error.contains("convert them to PNG, JPEG, BMP, GIF, WebP or PNM"),
        "{error}"
    );

    let few = tempfile::tempdir().unwrap();
    for (class, level) in [("cat", 20), ("dog", 200)] {
        fs::create_dir(few.path().join(class)).unwrap();
        let image = image::GrayImage::from_fn(28, 28, |x, _| Luma([level + x as u8]));
        image.save(few.path().join(class).join("1.png")).unwrap();
    }
    let error = open(few.path());
    assert!(
        error.contains("too few rows") && error.contains("2, of which 2 differ"),
        "{error}"
    );
}
