//! No bytes make a reader panic, whatever they claim to be: random ones, and good files with damage.

use std::fs;
use std::path::Path;

use datasets::readers::acl_imdb::read_acl_imdb;
use datasets::readers::idx::{read_idx_images, read_idx_labels};
use datasets::readers::lines::{LinePattern, read_lines};
use datasets::readers::picture::convert_picture;
use datasets::{
    Colour, Encoding, Limits, OpenOptions, Origins, PictureOptions, open_image, open_text,
};
use proptest::prelude::*;

/// Small limits: a test must not take gigabytes even where a user's set may.
const LIMITS: Limits = Limits {
    file_bytes: 1 << 20,
    row_bytes: 1 << 12,
    rows: 1000,
    classes: 20,
    image_side: 512,
};

/// Opens `bytes` under each name that a reader goes by.
fn open_as_everything(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let options = OpenOptions {
        limits: LIMITS,
        ..Default::default()
    };
    let labels = ["0".to_string(), "1".to_string()];
    for name in [
        "a.csv",
        "a.tsv",
        "a.txt",
        "a.jsonl",
        "a.json",
        "a",
        "a.csv.gz",
        "a.parquet",
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let _ = open_text(&path.to_string_lossy(), &options);
        for encoding in [
            Encoding::Utf8,
            Encoding::Latin1,
            Encoding::for_label("gbk").unwrap(),
            Encoding::Utf16Le,
            Encoding::Utf16Be,
        ] {
            let options = OpenOptions {
                encoding: Some(encoding),
                bad_rows: Some(50.0),
                ..options.clone()
            };
            let _ = open_text(&path.to_string_lossy(), &options);
            for pattern in [
                LinePattern::LabelText,
                LinePattern::TextTabLabel,
                LinePattern::Bare("0"),
            ] {
                let _ = read_lines(&path, pattern, encoding, &labels, &LIMITS);
            }
        }
        let _ = read_idx_images(&path, &LIMITS);
        let _ = read_idx_labels(&path, &LIMITS);
        let _ = read_acl_imdb(&path, &labels, &mut Origins::default(), &LIMITS);
    }
    for colour in [Colour::Grey, Colour::Rgb] {
        let options = PictureOptions {
            colour,
            ..PictureOptions::default()
        };
        let _ = convert_picture(bytes, Path::new("a.png"), &options, &LIMITS);
    }
    fs::create_dir_all(folder.path().join("images/one")).unwrap();
    fs::write(folder.path().join("images/one/a.png"), bytes).unwrap();
    let _ = open_image(&folder.path().join("images").to_string_lossy(), &options);
    let _ = open_text(&folder.path().join("images").to_string_lossy(), &options);
}

/// A good file of each format.
fn good_files() -> Vec<Vec<u8>> {
    let idx = [
        &[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 2][..],
        &[9; 12],
    ]
    .concat();
    let pack = |bytes: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packer, bytes).unwrap();
        packer.finish().unwrap()
    };
    let mut tar = tar::Builder::new(Vec::new());
    for name in ["aclImdb/train/0/1_1.txt", "aclImdb/test/1/1_1.txt"] {
        let mut header = tar::Header::new_gnu();
        header.set_size(5);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, &b"words"[..]).unwrap();
    }
    let mut picture = std::io::Cursor::new(Vec::new());
    let image = image::GrayImage::from_fn(40, 30, |x, y| image::Luma([(x * y) as u8]));
    image
        .write_to(&mut picture, image::ImageFormat::Png)
        .unwrap();
    let mut photo = std::io::Cursor::new(Vec::new());
    image
        .write_to(&mut photo, image::ImageFormat::Jpeg)
        .unwrap();
    vec![
        b"text,label\n\"a, \"\"b\"\"\",x\nc,y\nd,x\ne,y\n".to_vec(),
        b"ham\thello there\nspam\twin\nham\t\"ok\nspam\tcash\n".to_vec(),
        (0..4)
            .map(|i| format!("{{\"text\":\"t{i}\",\"label\":{}}}\n", i % 2))
            .collect::<String>()
            .into_bytes(),
        b"0 one two\n1 three\n0 four\n1 five\n".to_vec(),
        "\u{feff}__label__a 今天\n__label__b 天气\n__label__a 好\n__label__b 坏\n".into(),
        pack(&idx),
        idx,
        pack(&tar.into_inner().unwrap()),
        picture.into_inner(),
        photo.into_inner(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        open_as_everything(&bytes);
    }

    #[test]
    fn damaged_files(
        which in 0..10usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
        shorten in any::<bool>(),
    ) {
        let mut bytes = good_files().swap_remove(which);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if shorten {
            bytes.truncate(cut.index(bytes.len()));
        }
        open_as_everything(&bytes);
    }
}

#[test]
fn the_good_files_are_good() {
    let folder = tempfile::tempdir().unwrap();
    let options = OpenOptions {
        fold: Some((0, 2)),
        ..Default::default()
    };
    for (bytes, name) in good_files()
        .iter()
        .zip(["a.csv", "a.tsv", "a.jsonl", "a.txt", "b.txt"])
    {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let set = open_text(&path.to_string_lossy(), &options);
        assert!(set.is_ok(), "{name}: {}", set.unwrap_err());
    }
}
