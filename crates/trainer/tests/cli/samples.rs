//! Small data of a user's own, and tiny networks trained on them.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use datasets::readers::picture::png;
use tempfile::TempDir;

use super::command::train;

/// Reviews of two classes that a network can learn; no two are alike.
pub fn reviews() -> Vec<(String, &'static str)> {
    let things = [
        "film", "book", "play", "song", "meal", "room", "tour", "game",
    ];
    let words = [
        ("good", "yes"),
        ("lovely", "yes"),
        ("bad", "no"),
        ("dull", "no"),
    ];
    let mut reviews = Vec::new();
    for (number, thing) in things.iter().enumerate() {
        for (other, (word, label)) in words.iter().enumerate() {
            reviews.push((format!("the {thing} was {word}"), *label));
            let friend = things[(number + other + 1) % things.len()];
            reviews.push((
                format!("i call this {thing} {word} , and the {friend} too"),
                *label,
            ));
        }
    }
    reviews
}

/// The reviews as a table with a head line.
pub fn write_table(path: &Path, separator: char) {
    let mut table = format!("id{separator}verdict{separator}review\n");
    for (id, (text, label)) in reviews().iter().enumerate() {
        let text = if separator == ',' {
            format!("\"{text}\"")
        } else {
            text.clone()
        };
        writeln!(table, "{id}{separator}{label}{separator}{text}").expect("a string takes all");
    }
    std::fs::write(path, table).expect("a temporary folder can be written");
}

/// The reviews as JSON lines.
pub fn write_json_lines(path: &Path) {
    let line =
        |(text, label)| serde_json::json!({ "text": text, "label": label }).to_string() + "\n";
    let lines: String = reviews().into_iter().map(line).collect();
    std::fs::write(path, lines).expect("a temporary folder can be written");
}

/// Upright and lying bars, 28 x 28, light on dark, in one folder per class.
pub fn write_bars(folder: &Path) {
    for class in ["lying", "upright"] {
        std::fs::create_dir_all(folder.join(class)).expect("a temporary folder can be written");
        for number in 0..20 {
            let png = png(&bar(class == "upright", number), 1, 28, 28).expect("28 x 28 pixels");
            let path = folder.join(class).join(format!("{number}.png"));
            std::fs::write(path, png).expect("a temporary folder can be written");
        }
    }
}

/// One bar, `[28, 28]`; each number gives another one.
pub fn bar(upright: bool, number: usize) -> Vec<u8> {
    let (across, from) = (5 + number % 16, 4 + number / 4);
    let mut pixels = vec![0; 28 * 28];
    for along in from..from + 14 {
        for thick in 0..3 {
            let [row, column] = if upright {
                [along, across + thick]
            } else {
                [across + thick, along]
            };
            pixels[row * 28 + column] = 255;
        }
    }
    pixels
}

/// A trained network with the data that it was trained on, removed when the test ends.
pub struct Trained {
    folder: TempDir,
}

impl Trained {
    /// Two epochs of `model` on the reviews or the bars.
    pub fn new(model: &str) -> Self {
        let trained = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        if model == "lenet5" {
            write_bars(&trained.data());
        } else {
            std::fs::create_dir(trained.data()).expect("a temporary folder can be written");
            write_json_lines(&trained.data().join("reviews.jsonl"));
        }
        train(
            model,
            &trained.data(),
            &trained.run(),
            &["--quiet", "--no-baseline"],
        )
        .done();
        trained
    }

    /// The folder of its data.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder of its run.
    pub fn run(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    /// Another file or folder beside them.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
