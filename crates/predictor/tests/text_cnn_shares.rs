//! A TextCNN's scores are the sum of their parts: exactly on whole numbers, to rounding on others.

use cnn_kernels::SKIP;
use predictor::{Array, Arrays, FrozenTextCnn, Ngram, Offsets, TextCnnShares, Windows};

const WORDS: usize = 23;
const CLASSES: usize = 3;
const DIMENSION: usize = 5;
const GROUPS: [(usize, usize); 3] = [(2, 19), (3, 33), (4, 5)];

/// Numbers below 2^31, the same ones every time.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 33) % limit
    }

    fn whole(&mut self) -> f32 {
        self.below(7) as f32 - 3.0
    }

    fn real(&mut self) -> f32 {
        self.below(1 << 20) as f32 / (1 << 19) as f32 - 1.0
    }
}

/// A network with random weights, and the weights of its dense layer.
fn network(windows: Windows, number: fn(&mut Draw) -> f32, seed: u64) -> (FrozenTextCnn, Arrays) {
    let mut draw = Draw(seed);
    let mut arrays = Arrays::new();
    let mut add = |name: String, shape: &[usize]| {
        let values = (0..shape.iter().product())
            .map(|_| number(&mut draw))
            .collect();
        let shape = shape.to_vec();
        arrays.insert(name, Array { shape, values });
    };
    add("embedding.weight".into(), &[WORDS, DIMENSION]);
    let mut filters = 0;
    for (group, (width, count)) in GROUPS.into_iter().enumerate() {
        add(format!("convs.{group}.weight"), &[count, DIMENSION, width]);
        add(format!("convs.{group}.bias"), &[count]);
        filters += count;
    }
    add("out.weight".into(), &[CLASSES, filters]);
    add("out.bias".into(), &[CLASSES]);
    let network = FrozenTextCnn::new(arrays.clone(), windows).expect("the weights of a network");
    (network, arrays)
}

/// No words, fewer than the widest filter, words that are skipped, the same word again and again, many.
fn documents() -> Vec<Vec<u32>> {
    let mut draw = Draw(3);
    let mut documents = vec![vec![], vec![4], vec![SKIP, 2], vec![7; 12], vec![SKIP; 3]];
    for len in [2, 3, 5, 40, 200] {
        documents.push((0..len).map(|_| draw.below(WORDS as u64) as u32).collect());
    }
    documents
}

fn sum_of_words(shares: &TextCnnShares, class: usize) -> f64 {
    shares.words.iter().skip(class).step_by(CLASSES).sum()
}

#[test]
fn whole_numbers_add_up_without_a_residual() {
    let mut fired = 0;
    for windows in [Windows::Touching, Windows::Valid] {
        let (network, _) = network(windows, Draw::whole, 1);
        for ids in documents() {
            let shares = network.shares(&ids);
            let mut scores = [0.0; CLASSES];
            network.scores(&Offsets::from_lengths([ids.len()]), &ids, &mut scores);
            assert_eq!(shares.scores, scores);
            assert_eq!(shares.residual, [0.0; CLASSES]);
            for (class, score) in scores.into_iter().enumerate() {
                let bias = f64::from(shares.bias[class]);
                let words = bias + shares.filter_bias[class] + sum_of_words(&shares, class);
                assert_eq!(words, f64::from(score));
                let ngrams = shares.contributions.iter().skip(class).step_by(CLASSES);
                assert_eq!(bias + ngrams.sum::<f64>(), f64::from(score));
            }
            let order = |ngram: &Ngram| (ngram.tokens.start, ngram.tokens.end);
            assert!(shares.ngrams.is_sorted_by(|a, b| order(a) < order(b)));
            assert_eq!(shares.contributions.len(), shares.ngrams.len() * CLASSES);
            let won: usize = shares.ngrams.iter().map(|ngram| ngram.filters).sum();
            let all = network.fired(&ids);
            assert_eq!(won, all.len());
            for filter in &all {
                let (bias, parts) = network.parts(filter, &ids);
                assert_eq!(bias + parts.iter().sum::<f32>(), filter.activation);
                assert_eq!(parts.len(), filter.tokens(ids.len()).len());
            }
            fired += won;
        }
    }
    assert!(fired > 300, "{fired}");
}

/// The bound of trust.md for direct sums: (16 + 2·√K)·u·m, once for the windows and once for the dense layer.
#[test]
fn the_residual_of_reals_is_rounding() {
    let unit = 2f64.powi(-24);
    let mut largest = 0f64;
    for windows in [Windows::Touching, Windows::Valid] {
        let (network, _) = network(windows, Draw::real, 2);
        for ids in documents() {
            let (shares, fired) = (network.shares(&ids), network.fired(&ids));
            for class in 0..CLASSES {
                let mut magnitude = f64::from(shares.bias[class]).abs();
                for filter in &fired {
                    let weight = f64::from(network.class_weights(filter.filter)[class]).abs();
                    let (bias, parts) = network.parts(filter, &ids);
                    let parts: f64 = parts.iter().map(|part| f64::from(part.abs())).sum();
                    magnitude += weight * (f64::from(bias.abs()) + parts);
                }
                let terms = (network.filters() + 5) as f64;
                let bound = 2.0 * (16.0 + 2.0 * terms.sqrt()) * unit * magnitude;
                assert!(shares.residual[class].abs() <= bound, "{shares:?}");
                largest = largest.max(shares.residual[class].abs());
            }
        }
    }
    assert!(largest > 0.0, "reals are rounded somewhere");
}

#[test]
fn the_first_of_equal_windows_wins() {
    let (network, _) = network(Windows::Valid, Draw::real, 5);
    // All windows hold the same words.
    for filter in network.fired(&[7; 12]) {
        assert_eq!(filter.start, 0);
    }
}

#[test]
fn a_document_without_words_is_answered_by_biases() {
    let (touching, _) = network(Windows::Touching, Draw::real, 6);
    let shares = touching.shares(&[]);
    assert!(!touching.fired(&[]).is_empty());
    assert_eq!(shares.words, []);
    assert_eq!(shares.ngrams.len(), 1);
    assert_eq!(shares.ngrams[0].tokens, 0..0);
    let (valid, _) = network(Windows::Valid, Draw::real, 6);
    let shares = valid.shares(&[]);
    assert_eq!((valid.fired(&[]), shares.scores), (vec![], shares.bias));
}

/// Said once more by hand: the winner of each filter and what its words give.
#[test]
fn winners_and_parts_are_those_of_plain_loops() {
    let (network, arrays) = network(Windows::Valid, Draw::whole, 8);
    let words = &arrays["embedding.weight"].values;
    let ids = documents().pop().expect("there are documents");
    let fired = network.fired(&ids);
    let mut fired = fired.iter();
    let mut number = 0;
    for (group, (width, count)) in GROUPS.into_iter().enumerate() {
        let weight = &arrays[&format!("convs.{group}.weight")].values;
        let bias = &arrays[&format!("convs.{group}.bias")].values;
        for filter in 0..count {
            let part = |start: usize, tap: usize| -> f32 {
                let vector = &words[ids[start + tap] as usize * DIMENSION..][..DIMENSION];
                let own = |c: usize| vector[c] * weight[(filter * DIMENSION + c) * width + tap];
                (0..DIMENSION).map(own).sum()
            };
            let sum = |start: usize| (0..width).map(|tap| part(start, tap)).sum::<f32>();
            let mut best = 0;
            for start in 1..=ids.len() - width {
                if sum(start) > sum(best) {
                    best = start;
                }
            }
            if bias[filter] + sum(best) > 0.0 {
                let found = fired.next().expect("the filter fires");
                assert_eq!((found.filter, found.width), (number, width));
                assert_eq!(found.start, best as isize);
                let parts: Vec<f32> = (0..width).map(|tap| part(best, tap)).collect();
                assert_eq!(network.parts(found, &ids), (bias[filter], parts));
            }
            number += 1;
        }
    }
    assert_eq!(fired.next(), None);
}
