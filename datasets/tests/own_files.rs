//! A user's own data: what is found at a path, how it is split, and what is said about it.

use std::fs;
use std::path::{Path, PathBuf};

use datasets::{
    DataError, Encoding, Framing, Ink, Kind, Language, OpenOptions, ReadError, TextSet, kind_of,
    open_image, open_text,
};
use image::{GrayImage, Luma, Rgb, RgbImage, Rgba, RgbaImage};
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
    assert!(matches!(
        text(folder.path(), &folds),
        Err(DataError::FoldsOfSplitSet { .. })
    ));
    // A test file of another shape is told by its own name and line.
    fs::write(folder.path().join("test.csv"), "\"1\",\"Title\"\n").unwrap();
    let error = text(folder.path(), &OpenOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("test.csv, line 1") && error.contains("2 fields where the first row has 3"),
        "{error}"
    );
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
    let error = text(reviews.path(), &OpenOptions::default())
        .unwrap_err()
        .to_string();
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
        ("table.parquet", b"PAR1"),
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
    assert!(error("table.parquet").contains("convert it"));
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

/// A dark stroke on white paper, 200 x 100, left of the middle.
fn stroke() -> RgbImage {
    RgbImage::from_fn(200, 100, |x, y| {
        let inked = (30..50).contains(&x) && (10..90).contains(&y);
        if inked {
            Rgb([10, 20, 120])
        } else {
            Rgb([250, 250, 245])
        }
    })
}

fn png(image: image::DynamicImage) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[test]
fn a_folder_of_pictures_becomes_28_by_28() {
    let (folder, mut paths) = (tempfile::tempdir().unwrap(), Vec::<PathBuf>::new());
    for (class, count) in [("one", 12), ("zero", 12)] {
        fs::create_dir(folder.path().join(class)).unwrap();
        for i in 0..count {
            let mut image = stroke();
            image.put_pixel(199 - i, 99, Rgb([0, 0, 0]));
            let path = folder.path().join(class).join(format!("{i}.png"));
            fs::write(&path, png(image.into())).unwrap();
            paths.push(path);
        }
    }
    fs::write(folder.path().join("one/notes.txt"), "x").unwrap();
    let path = folder.path().to_string_lossy().into_owned();
    let set = open_image(&path, &OpenOptions::default()).unwrap();
    assert_eq!(
        (set.labels.as_slice(), set.split.rows()),
        (&["one".into(), "zero".into()][..], 24)
    );
    let notes = set.notes.join("\n");
    for expected in [
        "24 images of 200 x 100 pixels, read as grey 28 x 28",
        "24 images inverted: dark ink on a light ground",
        "24 images turned from colours to grey",
        "1 files that are no PNG or JPEG passed over",
    ] {
        assert!(notes.contains(expected), "{notes}");
    }
    fs::write(&paths[3], b"\x89PNG\r\n\x1a\nbroken").unwrap();
    let error = open_image(&path, &OpenOptions::default())
        .unwrap_err()
        .to_string();
    assert!(error.contains("3.png: damaged"), "{error}");
    assert!(matches!(
        open_text(&path, &OpenOptions::default()),
        Err(DataError::Read(
            ReadError::NulByte { .. } | ReadError::BadText { .. }
        ))
    ));
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

mod pictures {
    use datasets::Limits;
    use datasets::readers::picture::{ConvertedImage, convert_picture};

    use super::*;

    fn convert(
        bytes: &[u8],
        ink: Option<Ink>,
        framing: Framing,
    ) -> Result<ConvertedImage, ReadError> {
        convert_picture(bytes, Path::new("p.png"), ink, framing, &Limits::DEFAULT)
    }

    fn centred(bytes: &[u8]) -> ConvertedImage {
        convert(bytes, None, Framing::Centred).unwrap()
    }

    fn box_of(pixels: &[u8]) -> [usize; 4] {
        let inked: Vec<(usize, usize)> = (0..784)
            .filter(|&i| pixels[i] > 51)
            .map(|i| (i % 28, i / 28))
            .collect();
        let xs = || inked.iter().map(|(x, _)| *x);
        let ys = || inked.iter().map(|(_, y)| *y);
        [
            xs().min().unwrap(),
            ys().min().unwrap(),
            xs().max().unwrap(),
            ys().max().unwrap(),
        ]
    }

    #[test]
    fn the_stroke_is_centred_with_its_aspect() {
        let converted = centred(&png(stroke().into()));
        // 20 x 80 pixels of ink: 5 x 20 in the middle.
        let [left, top, right, bottom] = box_of(&converted.pixels);
        assert_eq!((right - left + 1, bottom - top + 1), (5, 20));
        assert_eq!((top, bottom), (4, 23));
        assert!((11..=12).contains(&left), "{left}");
        assert_eq!(converted.pixels.iter().max(), Some(&255));
        assert_eq!(
            converted.conversion.to_string(),
            "200 x 100, colours to grey, dark ink on light ground inverted, ink scaled to 20 pixels and centred in 28 x 28"
        );
        let whole = convert(&png(stroke().into()), None, Framing::Whole).unwrap();
        assert_eq!(
            box_of(&whole.pixels)[0],
            4,
            "the stroke keeps its place left of the middle"
        );
    }

    #[test]
    fn light_on_dark_and_dark_on_light_agree() {
        let mut negative = stroke();
        image::imageops::invert(&mut negative);
        let (dark, light) = (
            centred(&png(stroke().into())),
            centred(&png(negative.into())),
        );
        assert_eq!(dark.pixels, light.pixels);
        assert!(dark.conversion.inverted && !light.conversion.inverted);
    }

    #[test]
    fn a_picture_of_the_right_size_keeps_its_pixels() {
        let digit = GrayImage::from_fn(28, 28, |x, y| {
            Luma([if (8..20).contains(&x) && (8..20).contains(&y) {
                (x * 9 + y) as u8
            } else {
                0
            }])
        });
        assert_eq!(
            centred(&png(digit.clone().into())).pixels,
            digit.clone().into_raw()
        );
        let inverted = convert(
            &png(digit.clone().into()),
            Some(Ink::Dark),
            Framing::Centred,
        )
        .unwrap();
        assert_eq!(
            inverted.pixels[0], 255,
            "the option decides, whatever the border says"
        );
        let wide: image::ImageBuffer<Luma<u16>, Vec<u16>> =
            image::ImageBuffer::from_fn(28, 28, |x, y| {
                Luma([u16::from(digit.get_pixel(x, y).0[0]) * 257])
            });
        assert_eq!(
            centred(&png(wide.into())).pixels,
            digit.into_raw(),
            "16 bits to 8"
        );
    }

    #[test]
    fn transparency_gets_a_contrasting_ground() {
        let ink_on_nothing = |ink: [u8; 3]| {
            let [r, g, b] = ink;
            RgbaImage::from_fn(60, 60, |x, y| {
                let inked = (25..35).contains(&x) && (10..50).contains(&y);
                Rgba([r, g, b, if inked { 255 } else { 0 }])
            })
        };
        let black = centred(&png(ink_on_nothing([0; 3]).into()));
        let white = centred(&png(ink_on_nothing([255; 3]).into()));
        assert_eq!(black.pixels, white.pixels);
        assert!(black.conversion.transparent && !black.conversion.blank);
    }

    #[test]
    fn blank_tiny_and_narrow_pictures_are_defined() {
        for (width, height) in [(1, 1), (1, 400), (400, 1), (27, 28), (300, 300)] {
            let blank = centred(&png(
                GrayImage::from_pixel(width, height, Luma([200])).into()
            ));
            assert!(
                blank.conversion.blank && blank.pixels.iter().all(|&pixel| pixel == 0),
                "{width} x {height}"
            );
            assert_eq!(blank.pixels.len(), 784);
        }
        let mut line = GrayImage::from_pixel(400, 300, Luma([255]));
        (0..400).for_each(|x| line.put_pixel(x, 150, Luma([0])));
        let pixels = centred(&png(line.into())).pixels;
        assert!(
            box_of(&pixels)[2] - box_of(&pixels)[0] >= 18,
            "a hairline does not vanish"
        );
    }

    #[test]
    fn jpeg_is_read_and_other_formats_are_named() {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::DynamicImage::from(stroke())
            .write_to(&mut bytes, image::ImageFormat::Jpeg)
            .unwrap();
        let from_jpeg = centred(&bytes.into_inner()).pixels;
        let from_png = centred(&png(stroke().into())).pixels;
        let distance: u32 = from_jpeg
            .iter()
            .zip(&from_png)
            .map(|(a, b)| u32::from(a.abs_diff(*b)))
            .sum();
        assert!(distance < 784 * 4, "{distance}");
        let error = convert(
            b"GIF89a\x01\x00\x01\x00\x00\x00\x00",
            None,
            Framing::Centred,
        )
        .unwrap_err()
        .to_string();
        assert!(error.contains("neither PNG nor JPEG"), "{error}");
        let error = convert(b"", None, Framing::Centred)
            .unwrap_err()
            .to_string();
        assert!(error.contains("neither PNG nor JPEG"), "{error}");
    }

    #[test]
    fn exif_rotation_is_obeyed() {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::DynamicImage::from(stroke())
            .write_to(&mut bytes, image::ImageFormat::Jpeg)
            .unwrap();
        let plain = bytes.into_inner();
        // One entry: tag 0x0112 (orientation), a short, value 6 (a quarter turn clockwise).
        let exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let length = (exif.len() as u16 + 2).to_be_bytes();
        let turned = [&plain[..2], &[0xff, 0xe1], &length[..], exif, &plain[2..]].concat();
        let (plain, turned) = (centred(&plain), centred(&turned));
        assert!(turned.conversion.rotated && !plain.conversion.rotated);
        assert_eq!(
            (turned.conversion.width, turned.conversion.height),
            (100, 200)
        );
        let [left, top, right, bottom] = box_of(&turned.pixels);
        assert_eq!(
            (right - left + 1, bottom - top + 1),
            (20, 5),
            "the upright stroke lies now"
        );
        assert!((11..=12).contains(&top), "{top}");
        assert_eq!(box_of(&plain.pixels)[1], 4);
    }

    #[test]
    fn damaged_and_giant_pictures_are_refused() {
        let whole = png(stroke().into());
        // The last 12 bytes hold nothing, the 4 before them a checksum.
        for cut in (8..whole.len() - 20).step_by(7) {
            assert!(
                convert(&whole[..cut], None, Framing::Centred).is_err(),
                "cut at {cut}"
            );
        }
        // A header that claims 60,000 x 60,000 pixels; the checksum of the header is mended.
        let mut giant = whole.clone();
        giant[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        let mut crc = flate2::Crc::new();
        crc.update(&giant[12..29]);
        giant[29..33].copy_from_slice(&crc.sum().to_be_bytes());
        let error = convert(&giant, None, Framing::Centred)
            .unwrap_err()
            .to_string();
        assert!(error.contains("16384"), "{error}");
        giant[16..24].copy_from_slice(&[0, 0, 0x3e, 0x80, 0, 0, 0x3e, 0x80]);
        let mut crc = flate2::Crc::new();
        crc.update(&giant[12..29]);
        giant[29..33].copy_from_slice(&crc.sum().to_be_bytes());
        let error = convert(&giant, None, Framing::Centred)
            .unwrap_err()
            .to_string();
        assert!(error.contains("scale it down"), "{error}");
    }
}
