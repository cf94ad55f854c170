//! LeNet-5 on a user's own pictures in colours, of many sizes, some of them unreadable.

use std::path::Path;

use image::{DynamicImage, GrayImage, Luma, Rgb, RgbImage};

use super::command::{output, train, word};

/// Red or green, equally bright, with a white mark somewhere: told apart by colour alone. No two are alike.
fn leaf(red: bool, number: u32) -> RgbImage {
    RgbImage::from_fn(24 + number % 7, 20 + number % 11, |x, y| {
        let column = 2 + number % 13;
        if (4..12).contains(&y) && (column..column + 4).contains(&x) {
            return Rgb([250; 3]);
        }
        let shade = ((x * 3 + y * 5 + number * 7) % 32) as u8;
        match red {
            true => Rgb([200 - shade, 40, 40]),
            false => Rgb([40, 122 - shade / 2, 40]),
        }
    })
}

/// Twenty pictures of each class, in files of several formats and folders inside the class.
fn write_leaves(folder: &Path) {
    for (class, red) in [("autumn", true), ("spring", false)] {
        std::fs::create_dir_all(folder.join(class).join("garden")).unwrap();
        for number in 0..30 {
            let ending = ["png", "bmp", "webp"][number as usize % 3];
            let inner = if number % 2 == 0 { "garden/" } else { "" };
            let path = folder.join(class).join(format!("{inner}{number}.{ending}"));
            leaf(red, number).save(path).unwrap();
        }
    }
}

#[test]
fn colours_are_learned_and_other_pictures_converted() {
    let folder = tempfile::tempdir().unwrap();
    let (data, run) = (folder.path().join("leaves"), folder.path().join("run"));
    write_leaves(&data);
    let mut arguments = vec![
        "train",
        "lenet5",
        "--data",
        word(&data),
        "--out",
        word(&run),
    ];
    arguments.extend(["--epochs", "15", "--batch-size", "8", "--threads", "2"]);
    let trained = output(&arguments).done();
    for part in [
        "60 of 60 pictures looked at show colours: read as colours",
        "read as colours (3 channels) 32 x 32",
        "scaled (to change how: images.framing)",
    ] {
        assert!(trained.err.contains(part), "{}", trained.err);
    }
    let fresh = |name: &str, image: DynamicImage| {
        let path = folder.path().join(name);
        image.save(&path).unwrap();
        path
    };
    let red = fresh("red.png", leaf(true, 77).into());
    let green = fresh("green.png", leaf(false, 78).into());
    let grey: GrayImage = GrayImage::from_fn(40, 10, |x, y| Luma([(x * 5 + y) as u8]));
    let grey = fresh("grey.png", grey.into());
    let said = output(&[
        "predict",
        "--run",
        word(&run),
        word(&red),
        word(&green),
        word(&grey),
    ])
    .done();
    let lines = said.json();
    assert_eq!(lines[0]["label"], "autumn", "{said:#?}");
    assert_eq!(lines[1]["label"], "spring", "{said:#?}");
    assert!(
        said.err.contains(
            "grey.png: 40 x 10, grey in all three channels, whole picture scaled into 32 x 32"
        ),
        "{}",
        said.err
    );

    // Each alone: the same bits as together.
    for (path, line) in [&red, &green, &grey].into_iter().zip(&lines) {
        let alone = output(&["predict", "--run", word(&run), word(path), "--quiet"]).done();
        assert_eq!(&alone.json()[0], line);
    }
    // A folder with a picture that is none: the others are answered.
    std::fs::create_dir(folder.path().join("new")).unwrap();
    std::fs::copy(&red, folder.path().join("new/a.png")).unwrap();
    std::fs::write(folder.path().join("new/b.png"), "x").unwrap();
    std::fs::copy(&green, folder.path().join("new/c.png")).unwrap();
    let said = output(&[
        "predict",
        "--run",
        word(&run),
        word(&folder.path().join("new")),
    ]);
    assert_eq!((said.code, said.json().len()), (1, 2), "{said:#?}");
    assert!(said.err.contains("b.png: not a picture"), "{}", said.err);

    // Judged on the same data again, read as this network reads them.
    let judged = output(&["eval", "--run", word(&run), "--json"]).done();
    assert_eq!(judged.json()[0]["count"], 6);
    // Grey images have one channel: an error, and no crash.
    let refused = output(&["eval", "--run", word(&run), "--data", "digits"]);
    assert_eq!(refused.code, 1);
    assert!(!refused.err.contains("panicked"), "{}", refused.err);
}

#[test]
fn grey_can_be_asked_for_and_1998_reads_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (data, run) = (folder.path().join("leaves"), folder.path().join("run"));
    write_leaves(&data);
    let grey = train(
        "lenet5",
        &data,
        &run,
        &[
            "--no-baseline",
            "--set",
            "images.colour=grey",
            "--set",
            "images.framing=cropped",
        ],
    )
    .done();
    assert!(
        grey.err.contains("turned from colours to grey"),
        "{}",
        grey.err
    );
    let picture = data.join("autumn/1.bmp");
    let said = output(&["predict", "--run", word(&run), word(&picture)]).done();
    assert!(
        said.err.contains("colours to grey") && said.err.contains("square in the middle"),
        "{}",
        said.err
    );

    let config = std::fs::read_to_string(run.join("config.toml")).unwrap();
    assert!(
        config.contains("colour = \"grey\"") && config.contains("framing = \"cropped\""),
        "{config}"
    );
    let wrong = train(
        "lenet5",
        &data,
        &folder.path().join("b"),
        &["--set", "images.colour=red"],
    );
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.err.contains("images.colour") && wrong.err.contains("grey"),
        "{}",
        wrong.err
    );
}

#[test]
fn unreadable_pictures_stop_a_run_before_it_begins() {
    let folder = tempfile::tempdir().unwrap();
    let (data, run) = (folder.path().join("leaves"), folder.path().join("run"));
    write_leaves(&data);
    std::fs::write(data.join("autumn/1.bmp"), "BM and no more").unwrap();
    let refused = train("lenet5", &data, &run, &["--no-baseline"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("1.bmp") && refused.err.contains("1 of 60 pictures cannot be read"),
        "{}",
        refused.err
    );
    assert!(!run.join("model.safetensors").exists());
}
