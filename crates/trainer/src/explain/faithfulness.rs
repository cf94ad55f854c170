//! Whether explanations name the words that an answer hangs on: measured by taking words away and giving them back.
//!
//! For each text, and the class that the network predicts for it, words are ordered by an explanation, the most important first.
//!
//! - **Deletion**: words are skipped in that order (a skipped word keeps its place and adds nothing), and the probability of the class is
//!   followed from the whole text down to none of it. The sooner it falls, the better the order: a *small* area under the curve.
//! - **Insertion**: from a text of skipped words, words are given back in that order. A *large* area is good.
//!
//! (Petsiuk, Das and Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models", 2018, section 4.3.) Three orders are
//! compared: the explanation's shares; *occlusion*, which skips each word alone and sees how far the class's score falls, at the price of a
//! prediction for each word; and chance.

use cnn_core::random;
use predictor::SKIP;
use rayon::prelude::*;
use serde::Serialize;

use crate::examples::epoch_order;
use crate::frozen::Frozen;

/// Places at which a curve is read, beside its start.
const PLACES: usize = 20;

/// Two-sided 95 % of a normal distribution.
const Z: f64 = 1.959963984540054;

/// The areas of one order of words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Areas {
    /// Mean area under the deletion curve, 0 to 1; small is good.
    pub deletion: Estimate,
    /// Mean area under the insertion curve, 0 to 1; large is good.
    pub insertion: Estimate,
    /// The mean deletion curve, from all words to none.
    pub deletion_curve: Vec<f64>,
    /// The mean insertion curve, from no word to all.
    pub insertion_curve: Vec<f64>,
}

/// A mean over texts with its 95 % interval (normal approximation).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// The interval.
    pub ci95: [f64; 2],
}

/// How an explanation fares.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Faithfulness {
    /// Texts measured.
    pub texts: usize,
    /// What chose them, and the orders of chance.
    pub seed: u64,
    /// By the explanation's shares.
    pub explanation: Areas,
    /// By leaving out one word at a time.
    pub occlusion: Areas,
    /// By chance.
    pub random: Areas,
    /// Explanation less chance, text by text: deletion, insertion.
    pub against_random: [Estimate; 2],
    /// Explanation less occlusion, text by text: deletion, insertion.
    pub against_occlusion: [Estimate; 2],
}

/// Two curves of one text.
struct Curves {
    deletion: Vec<f64>,
    insertion: Vec<f64>,
}

/// How scores `[texts, classes]` become probabilities: the softmax, or the sigmoid of each where classes stand alone.
pub type ToProbabilities = fn(classes: usize, scores: &[f32], probabilities: &mut [f32]);

/// Measures the explanations of at most `count` of `documents`, drawn by `seed`; those without words are passed over.
pub fn faithfulness(
    network: &Frozen,
    to_probabilities: ToProbabilities,
    documents: &[Vec<u32>],
    count: usize,
    seed: u64,
) -> Faithfulness {
    let drawn = epoch_order(seed, 0, documents.len());
    let drawn: Vec<u32> = drawn
        .into_iter()
        .filter(|number| !documents[*number as usize].is_empty())
        .take(count)
        .collect();
    let stream = random::stream("orders of chance");
    let measure = |number: &u32| {
        let ids = &documents[*number as usize];
        let class = network.predicted(ids);
        let chance = random::permutation(seed, random::mix(stream, u64::from(*number)), ids.len());
        let orders = [
            by_size(&network.word_shares(ids, class)),
            by_size(&occlusion(network, ids, class)),
            chance.into_iter().map(|word| word as usize).collect(),
        ];
        orders.map(|order| curves(network, to_probabilities, ids, class, &order))
    };
    let measured: Vec<[Curves; 3]> = drawn.par_iter().map(measure).collect();
    let areas = |order: usize| areas_of(measured.iter().map(|curves| &curves[order]));
    let against = |other: usize| {
        let difference = |part: fn(&Curves) -> &[f64]| {
            let own = |curves: &[Curves; 3]| area(part(&curves[0])) - area(part(&curves[other]));
            estimate(&measured.iter().map(own).collect::<Vec<f64>>())
        };
        [difference(|c| &c.deletion), difference(|c| &c.insertion)]
    };
    Faithfulness {
        texts: measured.len(),
        seed,
        explanation: areas(0),
        occlusion: areas(1),
        random: areas(2),
        against_random: against(2),
        against_occlusion: against(1),
    }
}

/// The words by what they give, the most first; equal ones in the order of the text.
fn by_size(shares: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|a, b| shares[*b].total_cmp(&shares[*a]));
    order
}

/// How far the score of a class falls when each word alone is skipped.
fn occlusion(network: &Frozen, ids: &[u32], class: usize) -> Vec<f64> {
    let mut texts = vec![ids.to_vec(); ids.len() + 1];
    for (word, text) in texts.iter_mut().skip(1).enumerate() {
        text[word] = SKIP;
    }
    let scores = network.scores(&texts);
    let of_class: Vec<f64> = scores
        .iter()
        .skip(class)
        .step_by(network.classes())
        .map(|score| f64::from(*score))
        .collect();
    of_class[1..]
        .iter()
        .map(|score| of_class[0] - score)
        .collect()
}

fn curves(
    network: &Frozen,
    to_probabilities: ToProbabilities,
    ids: &[u32],
    class: usize,
    order: &[usize],
) -> Curves {
    let (mut deleted, mut inserted) = (ids.to_vec(), vec![SKIP; ids.len()]);
    let mut texts = vec![deleted.clone()];
    let mut given_back = vec![inserted.clone()];
    let mut done = 0;
    for place in 1..=PLACES {
        let until = (place * ids.len()).div_ceil(PLACES);
        for &word in &order[done..until] {
            deleted[word] = SKIP;
            inserted[word] = ids[word];
        }
        done = until;
        texts.push(deleted.clone());
        given_back.push(inserted.clone());
    }
    texts.extend(given_back);
    let scores = network.scores(&texts);
    let mut probabilities = vec![0.0; scores.len()];
    to_probabilities(network.classes(), &scores, &mut probabilities);
    let of_class: Vec<f64> = probabilities
        .iter()
        .skip(class)
        .step_by(network.classes())
        .map(|probability| f64::from(*probability))
        .collect();
    let (deletion, insertion) = of_class.split_at(PLACES + 1);
    Curves {
        deletion: deletion.to_vec(),
        insertion: insertion.to_vec(),
    }
}

/// The area under a curve over 0 to 1, by trapezia.
fn area(curve: &[f64]) -> f64 {
    let steps = curve.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0);
    steps.sum::<f64>() / (curve.len() - 1) as f64
}

fn areas_of<'a>(curves: impl Iterator<Item = &'a Curves> + Clone) -> Areas {
    let areas = |part: fn(&Curves) -> &[f64]| {
        estimate(
            &curves
                .clone()
                .map(|own| area(part(own)))
                .collect::<Vec<f64>>(),
        )
    };
    let mean = |part: fn(&Curves) -> &[f64]| -> Vec<f64> {
        let count = curves.clone().count().max(1) as f64;
        let at = |place: usize| curves.clone().map(|own| part(own)[place]).sum::<f64>() / count;
        (0..=PLACES).map(at).collect()
    };
    Areas {
        deletion: areas(|c| &c.deletion),
        insertion: areas(|c| &c.insertion),
        deletion_curve: mean(|c| &c.deletion),
        insertion_curve: mean(|c| &c.insertion),
    }
}

fn estimate(values: &[f64]) -> Estimate {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let error = Z * (squares / (count - 1.0).max(1.0) / count).sqrt();
    Estimate {
        mean,
        ci95: [mean - error, mean + error],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_and_intervals_are_those_of_a_table() {
        // numpy.trapezoid([1, .5, 0], dx=.5)
        assert_eq!(area(&[1.0, 0.5, 0.0]), 0.5);
        assert_eq!(area(&[1.0, 0.0, 0.0, 0.0, 0.0]), 0.125);
        // mean 3, standard deviation sqrt(2.5), n = 5: 3 ± 1.96 · 0.70711
        let found = estimate(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(found.mean, 3.0);
        assert!((found.ci95[0] - 1.614096).abs() < 1e-6, "{found:?}");
        assert!((found.ci95[1] - 4.385904).abs() < 1e-6, "{found:?}");
        assert_eq!(estimate(&[2.0]).ci95, [2.0, 2.0]);
    }

    #[test]
    fn the_greatest_share_goes_first_and_equal_ones_keep_their_order() {
        assert_eq!(by_size(&[0.5, -1.0, 2.0, 0.5]), [2, 0, 3, 1]);
    }
}
