//! Writes generated digits as raw files for other programs: `NAME.images` (`[n, 28, 28]` bytes) and `NAME.labels`.
//!
//! ```text
//! cargo run -p datasets --example generated_digits -- NAME [COUNT] [SEED]
//! ```

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(name) = arguments.next() else {
        eprintln!("usage: generated_digits NAME [COUNT] [SEED]");
        return ExitCode::from(2);
    };
    let count = arguments
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1000);
    let seed = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(0);

    let digits = datasets::generated::digits(seed, count);
    let images: Vec<u8> = digits
        .iter()
        .flat_map(|(pixels, _)| pixels.clone())
        .collect();
    let labels: Vec<u8> = digits.iter().map(|(_, label)| *label as u8).collect();
    let written = std::fs::write(format!("{name}.images"), images)
        .and_then(|()| std::fs::write(format!("{name}.labels"), labels));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot write {name}: {error}");
            ExitCode::FAILURE
        }
    }
}
