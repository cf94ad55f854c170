//! What gives the label away beside the texts: other columns, the order of rows, sizes and colours of pictures; and what
//! else is worth a look in a folder of pictures.

use std::fs;
use std::path::Path;

use datasets::describe::{Finding, FindingKind, describe, describe_texts, telling_columns};
use datasets::{OpenOptions, open_text};
use image::{Rgb, RgbImage};

/// A table of 400 rows whose texts say little; `cells` are further columns.
fn table(folder: &Path, name: &str, head: &str, cells: impl Fn(usize, usize) -> String) -> String {
    let words = ["tea", "sun", "map", "oak", "ink", "jar", "fog"];
    let rows: String = (0..400)
        .map(|i| {
            let class = (i * i + i / 7) % 2;
            let text = format!("{} {} {i}", words[i % 7], words[i / 3 % 7]);
            format!("{text},{},{}\n", ["yes", "no"][class], cells(i, class))
        })
        .collect();
    let path = folder.join(name);
    fs::write(&path, format!("text,label,{head}\n{rows}")).unwrap();
    path.to_string_lossy().into_owned()
}

fn leaks(path: &str, baseline: Option<f64>) -> Vec<Finding> {
    let options = OpenOptions::default();
    let set = open_text(path, &options).unwrap();
    let columns = telling_columns(path, &set, &options).unwrap();
    columns
        .iter()
        .filter_map(|column| column.finding(baseline))
        .collect()
}

#[test]
fn a_column_that_tells_the_label_is_named() {
    let folder = tempfile::tempdir().unwrap();
    // A second label, an id by source, a constant, and a number without meaning.
    let path = table(folder.path(), "a.csv", "stars,id,lang,size", |i, class| {
        format!(
            "{},{}-{i},en,{}",
            [5, 1][class],
            ["web", "app"][class],
            i * 37 % 101
        )
    });
    let found = leaks(&path, Some(0.6));
    let named: Vec<&str> = found.iter().map(|f| f.what.as_str()).collect();
    assert_eq!(found.len(), 2, "{named:?}");
    for (column, how) in [("`stars`", "its values tell"), ("`id`", "digits aside")] {
        assert!(
            named
                .iter()
                .any(|what| what.contains(column) && what.contains(how)),
            "{named:?}"
        );
    }
    assert!(
        named[0].contains("100.0 % of 40 dev rows (the texts' baseline: 60.0 %)"),
        "{named:?}"
    );

    // Ids that run along a file of one class after the other.
    let path = table(folder.path(), "b.csv", "id", |i, class| {
        format!("{}", 1000 * class + i)
    });
    let found = leaks(&path, None);
    assert!(
        found.len() == 1 && found[0].what.contains("where its numbers lie"),
        "{found:?}"
    );

    let path = table(folder.path(), "c.csv", "id,when", |i, _| {
        format!("{i},2026-01-{:02}", i % 27 + 1)
    });
    assert_eq!(leaks(&path, Some(0.5)), []);
    assert_eq!(leaks("phrases", None), []);
}

#[test]
fn fields_of_json_lines_are_looked_at_too_and_describe_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    let rows: String = (0..400)
        .map(|i| {
            let class = (i * i + i / 7) % 2;
            let score = f64::from(class as u8) * 2.0 + (i % 10) as f64 / 10.0;
            format!(
                "{{\"text\":\"word {}\",\"label\":\"{}\",\"score\":{score},\"tags\":[1]}}\n",
                i * 31 % 97,
                ["yes", "no"][class]
            )
        })
        .collect();
    fs::write(&path, rows).unwrap();
    let description = describe(&path.to_string_lossy(), &OpenOptions::default()).unwrap();
    let leak = description
        .findings
        .iter()
        .find(|f| f.what.contains("column `score`"));
    assert!(
        leak.is_some_and(|f| f.kind == FindingKind::Leak),
        "{:?}",
        description.findings
    );
}

#[test]
fn rows_that_are_sorted_by_label_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let of = |sorted: bool| {
        let path = folder.path().join(format!("{sorted}.csv"));
        let rows: String = (0..200)
            .map(|i| {
                let class = if sorted { i / 100 } else { i * 7 % 13 % 2 };
                format!("row {i} of it,{}\n", ["x", "y"][class])
            })
            .collect();
        fs::write(&path, format!("text,label\n{rows}")).unwrap();
        let set = open_text(&path.to_string_lossy(), &OpenOptions::default()).unwrap();
        let findings = describe_texts(&set).findings;
        findings
            .into_iter()
            .find(|finding| finding.kind == FindingKind::Order)
    };
    let found = of(true).expect("sorted rows");
    assert!(
        found
            .what
            .contains("true.csv are sorted by label: it changes 1 times in 200 rows"),
        "{}",
        found.what
    );
    assert_eq!(of(false), None);
}

/// A picture of `width` x `height` with something to see that differs for every `number`.
fn scene(width: u32, height: u32, number: u32, colour: bool) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let marked = y < 8 && number >> (x / 4) & 1 == 1;
        let value = if marked {
            250
        } else {
            ((x * 7 + y * 5) % 160 + 40) as u8
        };
        match colour {
            true => Rgb([value, 255 - value, 30]),
            false => Rgb([value; 3]),
        }
    })
}

fn findings(folder: &Path) -> Vec<Finding> {
    let options = OpenOptions {
        bad_rows: Some(10.0),
        ..OpenOptions::default()
    };
    describe(&folder.to_string_lossy(), &options)
        .unwrap()
        .findings
}

#[test]
fn a_folder_of_pictures_is_looked_at_like_texts() {
    let folder = tempfile::tempdir().unwrap();
    let save = |class: &str, name: String, image: RgbImage| {
        let path = folder.path().join(class).join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        image.save(path).unwrap();
    };
    for i in 0..120 {
        save("often", format!("{i}.png"), scene(40, 30, i, true));
    }
    for i in 0..12 {
        save("rare", format!("{i}.png"), scene(40, 30, 500 + i, true));
    }
    // The same picture in both classes, and twice in one.
    save("often", "same.png".into(), scene(40, 30, 900, true));
    save("rare", "same.png".into(), scene(40, 30, 900, true));
    save("often", "again.png".into(), scene(40, 30, 7, true));
    save(
        "often",
        "blank.png".into(),
        RgbImage::from_pixel(40, 30, Rgb([9, 200, 9])),
    );
    save("often", "tiny.png".into(), scene(9, 7, 3, true));
    save("often", "grey.png".into(), scene(40, 30, 77, false));
    let grey = image::DynamicImage::ImageRgb8(scene(40, 30, 78, false)).to_luma8();
    grey.save(folder.path().join("often/luma.png")).unwrap();
    fs::write(
        folder.path().join("rare/broken.png"),
        b"\x89PNG\r\n\x1a\nnothing",
    )
    .unwrap();
    let found = findings(folder.path());
    let of = |kind: FindingKind| -> &Finding {
        let found_of = found.iter().find(|finding| finding.kind == kind);
        found_of.unwrap_or_else(|| panic!("{kind:?}: {found:#?}"))
    };
    let balance = of(FindingKind::Balance);
    assert!(balance.what.contains("`often`"), "{}", balance.what);
    assert!(
        balance.advice.contains("--class-weights balanced"),
        "{}",
        balance.advice
    );
    let place =
        |finding: &Finding, at: usize| finding.examples[at].place.as_ref().unwrap().to_string();
    let conflict = of(FindingKind::Conflicts);
    let pair = [place(conflict, 0), place(conflict, 1)];
    assert_eq!(pair, ["often/same.png", "rare/same.png"]);
    assert!(of(FindingKind::Duplicates).rows >= 1);
    assert_eq!(place(of(FindingKind::Blank), 0), "often/blank.png");
    let tiny = of(FindingKind::Tiny);
    assert_eq!((tiny.rows, place(tiny, 0).as_str()), (1, "often/tiny.png"));
    assert!(tiny.examples[0].text.contains("9 x 7"), "{tiny:?}");
    let unreadable = of(FindingKind::Unreadable);
    assert!(
        unreadable.what.contains("rare/broken.png"),
        "{}",
        unreadable.what
    );

    let description = describe(
        &folder.path().to_string_lossy(),
        &OpenOptions {
            bad_rows: Some(10.0),
            ..OpenOptions::default()
        },
    )
    .unwrap();
    let figures = description.pictures.as_ref().unwrap();
    assert_eq!((figures.sizes, figures.unreadable), (2, 1));
    assert_eq!((figures.smallest, figures.largest), ([9, 7], [40, 30]));
    let shown = description.to_string();
    assert!(shown.contains("from 9 x 7 to 40 x 30 pixels"), "{shown}");
    assert!(shown.contains("worth a look:"), "{shown}");
}

#[test]
fn sizes_and_colours_that_tell_the_class_are_leaks() {
    for colour in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        for class in 0..2u32 {
            let name = ["cat", "dog"][class as usize];
            fs::create_dir(folder.path().join(name)).unwrap();
            for i in 0..120 {
                let path = folder.path().join(name).join(format!("{i}.png"));
                let number = 200 * class + i;
                if colour && class == 0 {
                    let image = image::DynamicImage::ImageRgb8(scene(40, 40, number, false));
                    image.to_luma8().save(path).unwrap();
                } else if colour {
                    scene(40, 40, number, true).save(path).unwrap();
                } else {
                    scene(40 + 2 * class, 30, number, true).save(path).unwrap();
                }
            }
        }
        let found = findings(folder.path());
        let leak = found
            .iter()
            .find(|finding| finding.kind == FindingKind::Leak);
        let expected = if colour {
            "kind (grey or in colours)"
        } else {
            "size"
        };
        assert!(
            leak.is_some_and(|leak| leak.what.contains(expected)),
            "{found:#?}"
        );
    }
}
