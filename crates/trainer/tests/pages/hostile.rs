//! Runs on labels, texts and names of files that try to be markup, or to turn the line around.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use datasets::readers::picture::png;
use tempfile::TempDir;

/// Two that would run or load something, two of scripts without blanks or without end, one of marks that are not seen, and a plain one.
pub const TEXTS: [&str; 6] = [
    "<script>window.top.hacked = 1</script> \u{202e}a\u{200f}\u{1b}[31m b\"c' & d",
    "</style></script><img src=x onerror=window.hacked=1>",
    "天气很好天气很好天气很好天气很好天气很好天气很好天气很好天气很好天气很好天气很好天气很好天气很好天气很好天气很好天气很好",
    "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww",
    "\u{202e}\u{200f}مرحبا\u{1b}[31m",
    "a plain text , and not a short one , with words that come again and again",
];

const LABELS: [&str; 3] = [
    "<b onclick=\"x\"><script>good",
    "ba\u{202e}d'\"|",
    "a label that is so long that no column of a table on a phone has room for it",
];

/// A trained run, removed when the test ends.
pub struct Hostile {
    folder: TempDir,
    /// The network.
    pub model: &'static str,
    /// Whether rows have any number of labels.
    pub sets: bool,
}

impl Hostile {
    /// A short training of `model`.
    pub fn trained(model: &'static str) -> Self {
        Self::of(model, false)
    }

    /// The same on rows that have any number of labels.
    pub fn trained_on_sets(model: &'static str) -> Self {
        Self::of(model, true)
    }

    fn of(model: &'static str, sets: bool) -> Self {
        let run = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            model,
            sets,
        };
        let data = match model {
            "lenet5" => run.write_pictures(),
            _ => run.write_texts(),
        };
        let mut command = run.cnn();
        command.args(["train", model, "--epochs", "2", "--quiet", "--data"]);
        command.arg(data).arg("--out").arg(run.run());
        assert!(command.status().expect("it starts").success());
        run
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self) -> PathBuf {
        self.folder().join("run")
    }

    fn cnn(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cnn"));
        command.stdout(Stdio::null()).stdin(Stdio::null());
        command
    }

    pub fn report(&self) -> String {
        std::fs::read_to_string(self.run().join("report.html")).expect("the run wrote its report")
    }

    /// `explain.html` of these inputs.
    pub fn explained(&self, inputs: &[&str]) -> String {
        let page = self.folder().join("explain.html");
        let mut command = self.cnn();
        command.args(["explain", "--quiet", "--html"]).arg(&page);
        command.arg("--run").arg(self.run()).arg("--").args(inputs);
        assert!(command.status().expect("it starts").success());
        std::fs::read_to_string(page).expect("the page was written")
    }

    fn write_texts(&self) -> PathBuf {
        // Labels follow no rule that could be learned, so that there are errors.
        let rows = (0..150).map(|number: usize| {
            let text = format!(
                "{} {number}",
                TEXTS[number % TEXTS.len()].repeat(1 + number % 5)
            );
            let first = number * 7 % 11;
            let label = match self.sets {
                false => serde_json::json!(LABELS[first % 3]),
                true => {
                    let has = |label: &usize| first >> label & 1 == 1;
                    // What parts labels is part of none.
                    let own = (0..3)
                        .filter(has)
                        .map(|label| LABELS[label].replace('|', "/"));
                    serde_json::json!(own.collect::<Vec<String>>())
                }
            };
            serde_json::json!({ "text": text, "label": label }).to_string() + "\n"
        });
        let data = self.folder().join("hostile.jsonl");
        std::fs::write(&data, rows.collect::<String>()).expect("it can be written");
        data
    }

    fn write_pictures(&self) -> PathBuf {
        let data = self.folder().join("pictures");
        for (class, label) in LABELS.iter().enumerate() {
            let own = data.join(label);
            std::fs::create_dir_all(&own).expect("it can be written");
            for number in 0..40 {
                let png = png(&bars(number * 7 + class, number % 5), 1, 28, 28);
                let name = own.join(format!("{number}.png"));
                std::fs::write(name, png.expect("28 x 28 pixels")).expect("it can be written");
            }
        }
        let picture = png(&bars(3, 2), 1, 28, 28).expect("28 x 28 pixels");
        std::fs::write(self.picture(), picture).expect("it can be written");
        data
    }

    /// A picture file with a hostile name.
    pub fn picture(&self) -> String {
        let name = "<script>top.hacked=1<\u{202e}.png";
        self.folder().join(name).display().to_string()
    }
}

/// Two bars; the label follows no rule that could be learned.
fn bars(across: usize, down: usize) -> Vec<u8> {
    let mut pixels = vec![0; 28 * 28];
    for along in 4..24 {
        for thick in 0..3 {
            pixels[along * 28 + 3 + across % 20 + thick] = 255;
            pixels[(4 + 3 * down + thick) * 28 + along] = 200;
        }
    }
    pixels
}
