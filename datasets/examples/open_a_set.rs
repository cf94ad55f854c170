//! Opens a set by name or path, says what was done, and reads rows through burn-dataset's `Dataset`.
//!
//! ```text
//! cargo run -p datasets --example open_a_set                  # a small csv made on the spot
//! CNN_DATA=... cargo run -p datasets --example open_a_set -- mr
//! cargo run -p datasets --example open_a_set -- my-reviews.csv
//! ```

use std::error::Error;
use std::{env, fs};

use burn_dataset::Dataset;
use datasets::describe::describe_texts;
use datasets::{OpenOptions, open_text};

fn main() -> Result<(), Box<dyn Error>> {
    let set = match env::args().nth(1) {
        Some(name_or_path) => open_text(&name_or_path, &OpenOptions::default())?,
        None => {
            let path = env::temp_dir().join(format!("open_a_set-{}.csv", std::process::id()));
            let rows = (0..40).map(|i| match i % 2 {
                0 => format!("\"a fine film, take {i}\",good\n"),
                _ => format!("a dull film take {i},bad\n"),
            });
            fs::write(
                &path,
                format!("review,verdict\n{}", rows.collect::<String>()),
            )?;
            let options = OpenOptions {
                label_column: Some("verdict".into()),
                ..Default::default()
            };
            let set = open_text(&path.to_string_lossy(), &options);
            fs::remove_file(&path)?;
            set?
        }
    };
    println!("{}\n", describe_texts(&set));

    // Whatever takes a `Dataset<TextExample>` takes this: Burn's loaders and transforms among them.
    let train = set.train_dataset();
    for index in 0..train.len().min(3) {
        let example = train.get(index)?;
        println!("{}: {}", set.labels[example.label as usize], example.text);
    }
    Ok(())
}
