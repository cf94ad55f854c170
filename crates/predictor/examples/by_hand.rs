//! A TextCNN small enough to be written by hand: two filters over pairs of words that know "good" from "not good".
//!
//! `cargo run --release -p predictor --example by_hand`

use predictor::{Array, Arrays, FrozenTextCnn, Offsets, Windows, softmax};

const WORDS: [&str; 5] = ["not", "good", "bad", "a", "film"];

fn array(shape: &[usize], values: &[f32]) -> Array {
    Array {
        shape: shape.to_vec(),
        values: values.to_vec(),
    }
}

fn main() -> Result<(), predictor::FrozenError> {
    #[rustfmt::skip]
    let arrays = Arrays::from([
        // A word is two numbers: how much it denies, and how good it is.
        ("embedding.weight".to_owned(), array(&[5, 2], &[1.0, 0.0,  0.0, 1.0,  0.0, -1.0,  0.0, 0.0,  0.0, 0.0])),
        // [filter, number, tap]: praise that nothing denies; a denial with praise behind it.
        ("convs.0.weight".to_owned(), array(&[2, 2, 2], &[-4.0, 0.0,  0.0, 2.0,   2.0, 0.0,  0.0, 2.0])),
        ("convs.0.bias".to_owned(), array(&[2], &[0.0, -2.0])),
        // Classes: bad, good.
        ("out.weight".to_owned(), array(&[2, 2], &[-1.0, 3.0,  1.0, -3.0])),
        ("out.bias".to_owned(), array(&[2], &[1.0, -1.0])),
    ]);
    let network = FrozenTextCnn::new(arrays, Windows::Touching)?;

    let texts = ["a good film", "not good", "a bad film", "film"];
    let id = |word: &str| WORDS.iter().position(|known| *known == word);
    let ids = |text: &str| -> Vec<u32> {
        let ids = text.split(' ').filter_map(id);
        ids.map(|id| id as u32).collect()
    };
    let documents = texts.map(ids);
    let offsets = Offsets::from_lengths(documents.iter().map(Vec::len));
    let mut scores = [0.0; 8];
    network.scores(&offsets, &documents.concat(), &mut scores);
    let mut probabilities = [0.0; 8];
    softmax(2, &scores, &mut probabilities);
    for (text, scores) in texts.iter().zip(probabilities.chunks_exact(2)) {
        println!("{text:12} bad {:.3}  good {:.3}", scores[0], scores[1]);
    }
    Ok(())
}
