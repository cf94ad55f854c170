//! `predict`: where its inputs come from, what it says of them, and the command that `train` prints to paste.

use std::process::Command;

use image::{DynamicImage, GrayImage, Rgb, RgbImage, Rgba, RgbaImage};

use super::command::{Answer, answer, given, output, train, word};
use super::samples::{Trained, bar, write_bars, write_table};

/// A picture of a bar, `scale` times as large, its pixels made by `paint` from 0 (ground) to 255 (ink).
fn large_bar<P: image::Pixel<Subpixel = u8>>(
    scale: u32,
    paint: impl Fn(u8) -> P,
) -> image::ImageBuffer<P, Vec<u8>> {
    let pixels = bar(true, 3);
    image::ImageBuffer::from_fn(28 * scale, 20 * scale, |x, y| {
        paint(pixels[(y / scale * 28 + x / scale) as usize])
    })
}

#[test]
fn texts_come_from_arguments_a_file_or_stdin() {
    let trained = Trained::new("textcnn");
    let run = trained.run();
    let texts = [
        "the film was good",
        "",
        "nothing known here : zzz qqq",
        "the film was dull",
    ];
    let mut arguments = vec!["predict", "--run", word(&run)];
    let by_stdin = given(&arguments, &texts.join("\n")).done();
    assert_eq!(by_stdin.err, "");

    // A file from another system: carriage returns, and a line's end at its end.
    let file = trained.beside("texts.txt");
    std::fs::write(&file, texts.join("\r\n") + "\r\n").unwrap();
    let by_file = output(&["predict", "--run", word(&run), "--file", word(&file)]).done();
    arguments.extend(texts);
    let by_arguments = output(&arguments).done();
    assert_eq!(by_stdin.out, by_file.out);
    assert_eq!(by_stdin.out, by_arguments.out);

    let lines = by_arguments.json();
    assert_eq!(lines.len(), texts.len());
    for (line, text) in lines.iter().zip(texts) {
        assert_eq!(line["text"], text);
        let of = |label: &str| line["probabilities"][label].as_f64().unwrap();
        assert!((of("no") + of("yes") - 1.0).abs() < 1e-6, "{line}");
        let label = if of("yes") > of("no") { "yes" } else { "no" };
        assert_eq!(line["label"], label);
        assert_eq!(line["probability"].as_f64(), Some(of(label)));
        assert_eq!(
            line["tokens"],
            text.split(' ').filter(|t| !t.is_empty()).count()
        );
        assert_eq!(line["truncated"], false);
    }
    assert_eq!(lines[0]["unknown"], 0);
    assert!(lines[2]["unknown"].as_u64() >= Some(4), "{}", lines[2]);
}

#[test]
fn a_line_that_is_no_text_is_named() {
    let trained = Trained::new("textcnn");
    let file = trained.beside("latin.txt");
    std::fs::write(&file, b"fine\ncaf\xe9\n").unwrap();
    let run = trained.run();
    let refused = output(&["predict", "--run", word(&run), "--file", word(&file)]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("latin.txt, line 2, byte 4: not UTF-8"),
        "{refused:#?}"
    );

    let packed = trained.beside("texts.gz");
    std::fs::write(&packed, b"\x1f\x8b\x08\x00").unwrap();
    let refused = output(&["predict", "--run", word(&run), "--file", word(&packed)]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("gunzip"), "{refused:#?}");

    // Most likely meant for `eval`, and answered nevertheless.
    let table = trained.beside("rows.tsv");
    std::fs::write(&table, "yes\ta fine film\n").unwrap();
    let asked = ["predict", "--run", word(&run), "--file", word(&table)];
    let answered = output(&asked).done();
    assert!(answered.err.contains("eval --data"), "{answered:#?}");
    assert_eq!(answered.json()[0]["text"], "yes\ta fine film");
    assert_eq!(output(&[&asked[..], &["--quiet"]].concat()).done().err, "");

    let missing = output(&["predict", "--run", word(&run), "--file", "no/such/file"]);
    assert_eq!(missing.code, 1);
    assert!(missing.err.contains("no/such/file"), "{missing:#?}");
    let both = output(&[
        "predict",
        "--run",
        word(&run),
        "--file",
        word(&file),
        "a text",
    ]);
    assert_eq!(both.code, 2, "{both:#?}");
}

#[test]
fn pictures_of_any_size_and_colour_are_converted_and_it_is_said() {
    let trained = Trained::new("lenet5");
    let run = trained.run();
    let save = |name: &str, image: DynamicImage| {
        let path = trained.beside(name);
        image.save(&path).unwrap();
        path
    };
    let grey: GrayImage = large_bar(1, |ink| image::Luma([ink]));
    let paper: RgbImage = large_bar(9, |ink| Rgb([250 - ink / 2, 255 - ink, 255 - ink]));
    let clear: RgbaImage = large_bar(4, |ink| Rgba([20, 20, 40, ink]));
    let cases = [
        (
            save("grey.png", grey.into()),
            &["28 x 20", "centred in 28 x 28"][..],
        ),
        (
            save("paper.jpg", paper.clone().into()),
            &[
                "252 x 180",
                "colours to grey",
                "dark ink on light ground inverted",
            ],
        ),
        (
            save("paper.png", paper.into()),
            &["252 x 180", "colours to grey"],
        ),
        (
            save("clear.png", clear.into()),
            &["112 x 80", "transparency filled"],
        ),
        (trained.data().join("upright/3.png"), &["28 x 28"]),
    ];
    let paths: Vec<&str> = cases.iter().map(|(path, _)| word(path)).collect();
    let mut arguments = vec!["predict", "--run", word(&run)];
    arguments.extend(&paths);
    let said = output(&arguments).done();
    for ((line, remark), (path, parts)) in said.json().iter().zip(said.err.lines()).zip(&cases) {
        assert_eq!(line["image"], word(path));
        let conversion = line["conversion"].as_str().unwrap();
        assert_eq!(remark, format!("{}: {conversion}", word(path)));
        for part in *parts {
            assert!(conversion.contains(part), "{conversion}");
        }
    }
    assert_eq!(said.out.lines().count(), cases.len());

    let quiet = given(
        &["predict", "--run", word(&run), "--quiet"],
        &paths.join("\n"),
    )
    .done();
    assert_eq!((quiet.out, quiet.err.as_str()), (said.out, ""));

    let text = trained.beside("text.png");
    std::fs::write(&text, "no picture").unwrap();
    for (path, part) in [
        (word(&text), "not a picture that is read"),
        ("gone.png", "gone.png"),
    ] {
        let refused = output(&["predict", "--run", word(&run), path]);
        assert_eq!((refused.code, refused.out.as_str()), (1, ""));
        assert!(refused.err.contains(part), "{}", refused.err);
    }
}

/// Pastes the last line of `train` into a shell that stands where `train` was called.
fn paste(trained: &Answer, folder: &std::path::Path) -> Answer {
    let last = trained.out.lines().last().expect("train prints something");
    let command = last
        .strip_prefix("predict with: ")
        .unwrap_or_else(|| panic!("no command: {last}"));
    answer(Command::new("sh").args(["-c", command]).current_dir(folder))
}

#[cfg(unix)]
#[test]
fn the_command_that_train_prints_works_when_pasted() {
    let folder = tempfile::tempdir().unwrap();
    let (bars, table) = (folder.path().join("bars"), folder.path().join("table.csv"));
    write_bars(&bars);
    write_table(&table, ',');
    for (model, data, key) in [("lenet5", &bars, "image"), ("textcnn", &table, "text")] {
        // A name that a shell would take apart.
        let out = folder.path().join(format!("it's {model}'s $HOME"));
        let first = train(model, data, &out, &["--no-baseline", "--quiet"]).done();
        let pasted = paste(&first, folder.path()).done();
        assert_eq!(pasted.json().len(), 1, "{pasted:#?}");
        assert!(pasted.json()[0][key].is_string(), "{pasted:#?}");
        // Once more, from a run that is finished already.
        let again = train(model, data, &out, &["--resume"]).done();
        assert!(again.err.contains("finished already"), "{again:#?}");
        assert_eq!(paste(&again, folder.path()).done().json().len(), 1);
    }
}

#[test]
fn called_through_a_door_it_prints_commands_through_that_door() {
    let trained = Trained::new("textcnn");
    let run = trained.run();
    let mut again = super::command::cnn(&["train", "textcnn", "--resume", "--out", word(&run)]);
    let data = trained.data();
    again
        .args(["--data", word(&data), "--epochs", "2"])
        .env("CNN_CALLED_AS", "cargo xtask");
    let last = answer(&mut again).done().out;
    let last = last.lines().last().unwrap_or_default();
    assert!(
        last.starts_with("predict with: cargo xtask predict --run "),
        "{last}"
    );
}
