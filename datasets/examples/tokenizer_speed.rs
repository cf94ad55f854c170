//! How fast each tokenizer is learned and cuts texts, beside the `tokenizers` library on the same `tokenizer.json`.
//!
//! ```text
//! CNN_DATA=... cargo run --release -p datasets --features jieba --example tokenizer_speed -- imdb thucnews
//! cargo run --release -p datasets --example tokenizer_speed -- my-reviews.csv
//! ```
//!
//! Medians of three rounds over the training texts; the library reads every tenth text. Its column for jieba is empty: it has no
//! such cut.

use std::env;
use std::error::Error;
use std::time::Instant;

use datasets::tokenize::{TokenizerSource, VocabularyOptions};
use datasets::{OpenOptions, open_text};
use rayon::{ThreadPool, ThreadPoolBuilder};

const ROUNDS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let sets: Vec<String> = env::args().skip(1).collect();
    if sets.is_empty() {
        return Err("name a set of texts or the path of one".into());
    }
    let one = ThreadPoolBuilder::new().num_threads(1).build()?;
    let two = ThreadPoolBuilder::new().num_threads(2).build()?;
    for name in sets {
        let set = open_text(&name, &OpenOptions::default())?;
        let texts: Vec<&str> = set
            .split
            .train
            .iter()
            .map(|row| row.text.as_str())
            .collect();
        let few: Vec<&str> = texts.iter().copied().step_by(10).collect();
        println!("{name}: {} texts, {:.1} MB", texts.len(), megabytes(&texts));
        println!(
            "tokenizer  | learned | tokens a text | 1 thread          | 2 threads         | library, 1        | library, 2"
        );
        for source in ["words", "characters", "jieba", "bpe", "wordpiece"] {
            let Ok(source) = source.parse::<TokenizerSource>() else {
                continue; // not in this build
            };
            let started = Instant::now();
            let learned = || source.open(&texts, &VocabularyOptions::default());
            let tokenizer = two.install(learned)?;
            let seconds = started.elapsed().as_secs_f64();
            let ids = tokenizer.encode_all(&texts);
            let tokens: usize = ids.iter().map(Vec::len).sum();
            let ours = [&one, &two].map(|pool| rate(pool, &texts, || tokenizer.encode_all(&texts)));
            let reference = tokenizer.to_reference();
            let library = [&one, &two].map(|pool| match source.to_string().as_str() {
                "jieba" => String::new(),
                _ => rate(pool, &few, || {
                    reference.encode_batch_fast(few.clone(), false)
                }),
            });
            println!(
                "{:10} | {seconds:5.2} s | {:13.1} | {} | {} | {:17} | {}",
                source.to_string(),
                tokens as f64 / texts.len() as f64,
                ours[0],
                ours[1],
                library[0],
                library[1]
            );
        }
        println!();
    }
    Ok(())
}

fn megabytes(texts: &[&str]) -> f64 {
    texts.iter().map(|text| text.len()).sum::<usize>() as f64 / 1e6
}

/// Texts and megabytes a second.
fn rate<T>(pool: &ThreadPool, texts: &[&str], work: impl Fn() -> T + Sync) -> String
where
    T: Send,
{
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            pool.install(&work);
            started.elapsed().as_secs_f64()
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    let seconds = rounds[ROUNDS / 2];
    let (texts, megabytes) = (texts.len() as f64 / seconds, megabytes(texts) / seconds);
    format!("{texts:7.0}/s {megabytes:5.1} MB/s")
}
