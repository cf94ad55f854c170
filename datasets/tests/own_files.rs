//! A user's own data: what is found at a path, how it is split, and what is said about it.

use std::fs;
use std::path::Path;

use datasets::{
    DataError, Encoding, Kind, Language, OpenOptions, TextSet, kind_of, open_image, open_text,
};
use tempfile::TempDir;

/// A folder with the given files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn text(path: impl AsRef<Path>, options: &OpenOptions) -> Result<TextSet, DataError> {
    open_text(&path.as_ref().to_string_lossy(), options)
}

fn rows(set: &TextSet) -> [Vec<(&str, &str)>; 3] {
    set.split.parts().map(|(_, rows)| {
        rows.iter()
            .map(|row| (row.text.as_str(), set.labels[row.label as usize].as_str()))
            .collect()
    })
}

fn said(set: &TextSet, what: &str) -> bool {
    set.notes.iter().any(|note| note.contains(what))
}

/// 100 rows of two classes, ten texts standing twice.
fn hundred() -> String {
    let row = |i: usize| {
        format!(
            "sentence number {},{}\n",
            i % 90,
            ["bad", "good"][i % 90 % 2]
        )
    };
    "text,label\n".to_owned() + &(0..100).map(row).collect::<String>()
}

#[test]
fn one_csv_is_cut_in_three_and_told_of() {
    let folder = folder(&[("reviews.csv", hundred().as_bytes())]);
    let path = folder.path().join("reviews.csv");
    let set = text(&path, &OpenOptions::default()).unwrap();
    assert_eq!(
        (set.name.as_str(), set.labels.as_slice()),
        ("reviews", &["bad".into(), "good".into()][..])
    );
    let [train, dev, test] = rows(&set).map(|rows| rows.len());
    assert_eq!(train + dev + test, 100);
    assert!(
        (8..=12).contains(&dev) && (8..=12).contains(&test),
        "{train} {dev} {test}"
    );
    assert_eq!(
        (set.language, set.duplicates.within_train),
        (Language::English, 10)
    );
    assert!(
        said(&set, "text: column `text`") && said(&set, "8 : 1 : 1") && said(&set, "10 of 100"),
        "{:?}",
        set.notes
    );
    // Reproducible from the seed, and different for another one.
    assert_eq!(text(&path, &OpenOptions::default()).unwrap(), set);
    let other = text(
        &path,
        &OpenOptions {
            seed: 1,
            ..Default::default()
        },
    )
    .unwrap();
    assert_ne!(other.sha256, set.sha256);
    // The same bytes packed.
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packer, hundred().as_bytes()).unwrap();
    let packed = folder.path().join("packed.csv.gz");
    fs::write(&packed, packer.finish().unwrap()).unwrap();
    assert_eq!(
        text(&packed, &OpenOptions::default()).unwrap().sha256,
        set.sha256
    );
}

/// Frozen: a change here changes every published figure on a set that is cut by this crate.
#[test]
fn the_split_is_the_one_of_every_version() {
    let folder = folder(&[("reviews.csv", hundred().as_bytes())]);
    let set = text(folder.path().join("reviews.csv"), &OpenOptions::default()).unwrap();
    let [_, dev, test] = rows(&set);
    let numbers = |rows: &[(&str, &str)]| {
        rows.iter()
            .map(|(text, _)| text.rsplit(' ').next().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(numbers(&test), "15 37 39 41 47 60 64 78 80 82");
    assert_eq!(numbers(&dev), "7 16 17 27 30 36 38 42 73 7");
    assert_eq!(
        datasets::split::permutation(0, "dev", 10),
        [9, 6, 4, 7, 5, 8, 1, 3, 0, 2]
    );
    assert_eq!(
        datasets::split::permutation(u64::MAX, "fold", 10),
        [0, 7, 5, 3, 1, 8, 2, 6, 4, 9]
    );
}

#[test]
fn folds_limits_and_labels_by_option() {
    let folder = folder(&[("reviews.csv", hundred().as_bytes())]);
    let path = folder.path().join("reviews.csv");
    let with = |options: OpenOptions| text(&path, &options);
    let tests: usize = (0..5)
        .map(|i| {
            with(OpenOptions {
                fold: Some((i, 5)),
                ..Default::default()
            })
            .unwrap()
            .split
            .test
            .len()
        })
        .sum();
    assert_eq!(tests, 100);
    for fold in [(5, 5), (0, 1), (0, 101), (0, 0)] {
        let error = with(OpenOptions {
            fold: Some(fold),
            ..Default::default()
        })
        .unwrap_err();
        assert!(matches!(error, DataError::BadFold { .. }), "{error}");
    }
    let set = with(OpenOptions {
        limit: Some(7),
        ..Default::default()
    })
    .unwrap();
    assert_eq!(rows(&set).map(|rows| rows.len()), [7, 7, 7]);
    assert!(said(&set, "limited to 7"), "{:?}", set.notes);

    let labels = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    let set = with(OpenOptions {
        labels: labels(&["good", "ugly", "bad"]),
        ..Default::default()
    })
    .unwrap();
    assert!(rows(&set)[0].iter().all(|(text, label)| {
        text.rsplit(' ').next().unwrap().parse::<usize>().unwrap() % 2
            == usize::from(*label == "good")
    }));
    let error = with(OpenOptions {
        labels: labels(&["good", "ugly"]),
        ..Default::default()
    })
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`reviews` has rows of `bad`, which the given labels (good, ugly) do not have"
    );
}

#[test]
fn a_folder_of_parts_in_the_manner_of_ag_news() {
    let row = |i: usize| {
        format!(
            "\"{}\",\"Title {i}\",\"The longer description, number {i}\"\n",
            i % 4 + 1
        )
    };
    let train: String = (0..80).map(row).collect();
    let test: String = (100..120).map(row).collect();
    let files: [(&str, &[u8]); 4] = [
        ("train.csv", train.as_bytes()),
        ("test.csv", test.as_bytes()),
        ("classes.txt", b"World\nSports\nBusiness\nSci/Tech\n"),
        ("README.md", b"# read me"),
    ];
    let folder = folder(&files);
    let set = text(folder.path(), &OpenOptions::default()).unwrap();
    assert_eq!(set.labels, ["1", "2", "3", "4"]);
    let [train, dev, test] = rows(&set);
    assert_eq!((train.len() + dev.len(), test.len()), (80, 20));
    assert_eq!(test[0], ("The longer description, number 100", "1"));
    assert!(
        said(&set, "no header; text: column 3; label: column 1"),
        "{:?}",
        set.notes
    );
    let folds = OpenOptions {
        fold: Some((0, 5)),
        ..Default::default()
    };
    let set = text(folder.path(), &folds).unwrap();
    let [train, dev, test] = rows(&set);
    assert_eq!((train.len() + dev.len(), test.len()), (80, 20));
    assert!(said(&set, "put together"), "{:?}", set.notes);
    let foreign = test.iter().filter(|(text, _)| text.ends_with("number 100"));
    assert!(
        foreign.count() <= 1,
        "no row of the test file is there twice"
    );
    // A test file of another shape is told by its own name and line.
    fs::write(folder.path().join("test.csv"), "\"1\",\"Title\"\n").unwrap();
    let error = text(folder.path(), &OpenOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("test.csv, line 1") && error.contains("2 fields where most rows have 3"),
        "{error}"
    );
}

#[test]
fn a_withheld_test_part_is_never_opened_and_changes_no_other_part() {
    let row = |i: usize| format!("row number {i},{}\n", ["no", "yes"][i % 2]);
    let header = "text,label\n".to_owned();
    let train = header.clone() + &(0..60).map(row).collect::<String>();
    let test = header + &(100..120).map(row).collect::<String>();
    let files: [(&str, &[u8]); 2] = [
        ("train.csv", train.as_bytes()),
        ("test.csv", test.as_bytes()),
    ];
    let folder = folder(&files);
    let withhold = OpenOptions {
        withhold_test: true,
        ..Default::default()
    };
    let whole = text(folder.path(), &OpenOptions::default()).unwrap();
    // Nobody can read what is no csv at all: it must not be tried.
    fs::write(folder.path().join("test.csv"), b"\xff\xfe\0\"").unwrap();
    assert!(text(folder.path(), &OpenOptions::default()).is_err());
    let set = text(folder.path(), &withhold).unwrap();
    assert_eq!(set.split.test, []);
    assert_eq!(set.split.train, whole.split.train);
    assert_eq!(set.split.dev, whole.split.dev);
    // Cut from one file, the rows of the test part are dropped, and the others are those of a run.
    let whole = text(folder.path().join("train.csv"), &OpenOptions::default()).unwrap();
    let set = text(folder.path().join("train.csv"), &withhold).unwrap();
    assert_eq!((set.split.test.len(), whole.split.test.len()), (0, 6));
    assert_eq!(set.split.train, whole.split.train);
    assert_eq!(set.split.dev, whole.split.dev);
}

#[test]
fn json_lines_by_part_and_labels_only_in_test() {
    let line = |text: &str, label: &str| format!("{{\"text\":\"{text}\",\"label\":\"{label}\"}}\n");
    let train: String = (0..30)
        .map(|i| line(&format!("row {i}"), ["a", "b"][i % 2]))
        .collect();
    let valid = line("v", "a");
    let test = line("今天天气", "c") + &line("row 1", "b");
    let files: [(&str, &[u8]); 3] = [
        ("train.jsonl", train.as_bytes()),
        ("valid.jsonl", valid.as_bytes()),
        ("test.jsonl", test.as_bytes()),
    ];
    let folder = folder(&files);
    let set = text(folder.path(), &OpenOptions::default()).unwrap();
    assert_eq!(rows(&set).map(|rows| rows.len()), [30, 1, 2]);
    assert!(
        said(&set, "no training row has the label `c`"),
        "{:?}",
        set.notes
    );
    assert!(
        said(&set, "1 of 2 test texts also stand in the training part"),
        "{:?}",
        set.notes
    );
}

#[test]
fn a_folder_per_class_as_twenty_newsgroups_or_the_unpacked_reviews() {
    let names: Vec<(String, String)> = (0..40)
        .map(|i| {
            (
                format!("{}/{i}", ["alt.atheism", "sci.space"][i % 2]),
                format!("Message\nnumber {i}"),
            )
        })
        .collect();
    let files: Vec<(&str, &[u8])> = names
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_bytes()))
        .collect();
    let flat = folder(&files);
    let set = text(flat.path(), &OpenOptions::default()).unwrap();
    assert_eq!(set.labels, ["alt.atheism", "sci.space"]);
    assert_eq!(set.split.rows(), 40);

    let reviews = folder(&[
        ("train/neg/0_1.txt", b"bad"),
        ("train/pos/0_9.txt", b"good"),
        ("train/pos/1_9.txt", b"fine"),
        ("train/unsup/0_0.txt", b"no label"),
        ("test/neg/0_1.txt", b"awful"),
        ("test/pos/0_9.txt", b"\xef\xbb\xbfgreat"),
    ]);
    let set = text(reviews.path(), &OpenOptions::default()).unwrap();
    assert_eq!(set.labels, ["neg", "pos"]);
    assert_eq!(rows(&set)[2], [("awful", "neg"), ("great", "pos")]);
    assert!(
        said(&set, "parts as laid out: train, test")
            && said(&set, "passed over, its texts have no label")
    );

    fs::write(reviews.path().join("train/pos/1_9.txt"), b"caf\xe9").unwrap();
    let utf8 = OpenOptions {
        encoding: Some(Encoding::Utf8),
        ..Default::default()
    };
    let error = text(reviews.path(), &utf8).unwrap_err().to_string();
    assert!(
        error.contains("1_9.txt, line 1, byte 3: this byte is no utf-8"),
        "{error}"
    );
    let latin = OpenOptions {
        encoding: Some(Encoding::Latin1),
        ..Default::default()
    };
    assert!(text(reviews.path(), &latin).is_ok());
}

#[test]
fn chinese_rows_are_seen_to_be_chinese() {
    let csv: String = (0..20)
        .map(|i| format!("今天天气很好{i},{}\n", ["甲", "乙"][i % 2]))
        .collect();
    let folder = folder(&[("标题.csv", format!("标题,类别\n{csv}").as_bytes())]);
    let set = text(folder.path().join("标题.csv"), &OpenOptions::default()).unwrap();
    assert_eq!(
        (set.language, set.name.as_str()),
        (Language::Chinese, "标题")
    );
    assert_eq!(set.split.rows(), 20, "{:?}", set.notes);
}

#[test]
fn what_cannot_be_opened_says_how_to_mend_it() {
    let one_class: String = (0..20).map(|i| format!("row {i},same\n")).collect();
    let files: [(&str, &[u8]); 6] = [
        (
            "one.csv",
            format!("text,label\n{one_class}").leak().as_bytes(),
        ),
        ("table.xlsx", b"PK"),
        ("empty.csv", b""),
        ("document.json", b"[\n{\"text\":\"a\"}]"),
        (
            "prose.txt",
            b"Once upon a time\nthere was no label at all\nin any line of this\n",
        ),
        ("lonely/deep/x.bin", b"x"),
    ];
    let folder = folder(&files);
    let error = |name: &str| {
        text(folder.path().join(name), &OpenOptions::default())
            .unwrap_err()
            .to_string()
    };
    assert!(error("one.csv").contains("two classes are needed"));
    assert!(error("table.xlsx").contains("convert it"));
    assert!(error("empty.csv").contains("no rows"));
    assert!(error("document.json").contains("jq -c"));
    assert!(error("prose.txt").contains("text and label apart"));
    let wanted = OpenOptions {
        label_column: Some("lable".into()),
        ..Default::default()
    };
    let error = text(folder.path().join("one.csv"), &wanted)
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("the columns are text, label; did you mean `label`?"),
        "{error}"
    );

    assert!(kind_of("nowhere at all", &OpenOptions::default()).is_err());
    let error = open_text("imbd", &OpenOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("did you mean `imdb`?") && error.contains("mnist, mr"),
        "{error}"
    );
    assert!(matches!(
        open_text("mnist", &OpenOptions::default()),
        Err(DataError::WrongKind { .. })
    ));
    assert!(matches!(
        open_image("mr", &OpenOptions::default()),
        Err(DataError::WrongKind { .. })
    ));
    let nowhere = OpenOptions {
        data_dir: Some(folder.path().into()),
        ..Default::default()
    };
    let error = open_text("trec", &nowhere).unwrap_err().to_string();
    assert!(error.contains("cnn data fetch trec"), "{error}");
    let variant = OpenOptions {
        variant: Some("words".into()),
        ..nowhere
    };
    let error = open_text("sst2", &variant).unwrap_err().to_string();
    assert!(error.contains("phrases, sentences"), "{error}");
}

/// IDX files of unsigned bytes with these sizes.
fn idx(sizes: &[u32], elements: &[u8]) -> Vec<u8> {
    let sizes_bytes = sizes.iter().flat_map(|size| size.to_be_bytes());
    [0, 0, 8, sizes.len() as u8]
        .into_iter()
        .chain(sizes_bytes)
        .chain(elements.iter().copied())
        .collect()
}

#[test]
fn idx_files_in_the_manner_of_fashion_mnist() {
    let pixels: Vec<u8> = (0..40 * 784u32).map(|i| (i * i / 97) as u8).collect();
    let labels: Vec<u8> = (0..40).map(|i| [0, 7][i % 2]).collect();
    let (images, labels) = (idx(&[40, 28, 28], &pixels), idx(&[40], &labels));
    let test = (
        idx(&[4, 28, 28], &pixels[..4 * 784]),
        idx(&[4], &[7, 0, 7, 0]),
    );
    let folder = folder(&[
        ("train-images-idx3-ubyte", &images),
        ("train-labels-idx1-ubyte", &labels),
        ("t10k-images-idx3-ubyte", &test.0),
        ("t10k-labels-idx1-ubyte", &test.1),
    ]);
    let path = folder.path().to_string_lossy().into_owned();
    let set = open_image(&path, &OpenOptions::default()).unwrap();
    assert_eq!(set.labels.len(), 8, "labels 0 to 7");
    assert_eq!(
        (
            set.split.train.len() + set.split.dev.len(),
            set.split.test.len()
        ),
        (40, 4)
    );
    assert_eq!(set.split.test[0].pixels, pixels[..784]);
    assert_eq!(set.duplicates.test_in_train, 4);
    assert_eq!(set.duplicates.test_in_train_other_label, 4);
    assert_eq!(
        kind_of(&path, &OpenOptions::default()).unwrap(),
        Kind::Image
    );

    fs::write(
        folder.path().join("t10k-labels-idx1-ubyte"),
        idx(&[3], &[7, 0, 7]),
    )
    .unwrap();
    let error = open_image(&path, &OpenOptions::default())
        .unwrap_err()
        .to_string();
    assert!(error.contains("4 images, but 3 labels in"), "{error}");
    let wide = idx(&[4, 16, 28], &pixels[..4 * 16 * 28]);
    fs::write(folder.path().join("t10k-images-idx3-ubyte"), wide).unwrap();
    let error = open_image(&path, &OpenOptions::default())
        .unwrap_err()
        .to_string();
    assert!(error.contains("16 x 28 images, not 28 x 28"), "{error}");
}
