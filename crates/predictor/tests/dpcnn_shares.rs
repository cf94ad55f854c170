//! A DPCNN's scores taken apart: against slopes that know nothing of gradients, and complete to what is said.

use predictor::{Array, Arrays, DpcnnShape, FrozenDpcnn, MOST_STEPS, Offsets};

const SIZES: [usize; 3] = [11, 6, 3]; // words, maps, classes
const IDS: [u32; 9] = [3, 1, 4, 1, 5, 9, 2, 6, 5];

/// Weights of a small network whose vectors are half as long where `word` is some word, and that word's by `factor` more.
fn network(bag: bool, word: Option<u32>, factor: f32) -> FrozenDpcnn {
    let mut state = 17u64;
    let mut number = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    let mut arrays = Arrays::new();
    let mut add = |name: &str, shape: &[usize], scale: f32| {
        let values = (0..shape.iter().product())
            .map(|_| scale * number())
            .collect();
        let shape = shape.to_vec();
        arrays.insert(name.to_owned(), Array { shape, values });
    };
    let [words, maps, classes] = SIZES;
    let dimension = if bag { maps } else { 4 };
    add("embedding.weight", &[words, dimension], 1.0);
    if bag {
        add("region_bag.bias", &[maps], 0.2);
    } else {
        add("region.weight", &[maps, dimension, 3], 0.6);
        add("region.bias", &[maps], 0.2);
    }
    for block in 0..2 {
        for conv in ["conv1", "conv2"] {
            add(
                &format!("blocks.{block}.{conv}.weight"),
                &[maps, maps, 3],
                0.4,
            );
            add(&format!("blocks.{block}.{conv}.bias"), &[maps], 0.2);
        }
    }
    add("out.weight", &[classes, maps], 1.0);
    add("out.bias", &[classes], 0.2);
    let table = arrays.get_mut("embedding.weight").expect("just added");
    for (row, vector) in table.values.chunks_exact_mut(dimension).enumerate() {
        let half = if word.is_some() { 0.5 } else { 1.0 };
        let own = if word.is_some_and(|word| word as usize == row) {
            factor
        } else {
            1.0
        };
        vector.iter_mut().for_each(|number| *number *= half * own);
    }
    let shape = DpcnnShape {
        region_size: 3,
        blocks: 2,
        pooled_length: |n| n.div_ceil(2),
    };
    FrozenDpcnn::new(arrays, shape).expect("the weights of a network")
}

fn score(network: &FrozenDpcnn, class: usize) -> f64 {
    let mut scores = vec![0.0; SIZES[2]];
    network.scores(&Offsets::from_lengths([IDS.len()]), &IDS, &mut scores);
    f64::from(scores[class])
}

/// The slope of the score when a word's vectors grow, on both sides: nothing of the way back is in it.
#[test]
fn the_part_of_a_word_is_the_slope_along_its_vector() {
    let class = 1;
    let mut straight = 0;
    for bag in [false, true] {
        // One step stands at the middle of the path: where all vectors are half as long.
        let parts = network(bag, None, 1.0).integrals(&IDS, &[class], 1);
        for word in [3, 1, 4, 5, 9, 2, 6] {
            let own = IDS.iter().zip(parts.chunks_exact(SIZES[2]));
            let own = own
                .filter(|(id, _)| **id == word)
                .map(|(_, part)| part[class]);
            let own: f64 = own.sum();
            // The score is linear but for bends; one may lie on one side of the point, and the gradient is then that of the other.
            let step = 1e-3f32;
            let moved = |sign: f32| score(&network(bag, Some(word), 1.0 + sign * step), class);
            let slope = |a: f64, b: f64| (a - b) / (0.5 * f64::from(step));
            let here = moved(0.0);
            let sides = [slope(moved(1.0), here), slope(here, moved(-1.0))];
            let near = |slope: &f64| (slope - own).abs() < 4e-3 * (1.0 + own.abs());
            assert!(sides.iter().any(near), "{bag} {word}: {sides:?} {own}");
            straight += usize::from(sides.iter().all(near));
        }
    }
    assert!(straight >= 12, "{straight} of 14 words lie between bends");
}

#[test]
fn parts_are_complete_to_what_is_said() {
    for bag in [false, true] {
        let network = network(bag, None, 1.0);
        let classes: Vec<usize> = (0..SIZES[2]).collect();
        let shares = network.shares(&IDS, &classes);
        for class in classes {
            let whole = f64::from(shares.scores[class]) - f64::from(shares.start[class]);
            let parts: f64 = shares.words.iter().skip(class).step_by(SIZES[2]).sum();
            assert!((whole - parts - shares.residual[class]).abs() < 1e-6);
            assert!(
                shares.residual[class].abs() <= 0.01 * whole.abs().max(1.0)
                    || shares.steps == MOST_STEPS,
                "{shares:?}"
            );
        }
        assert_eq!(shares.floors.len(), 2);
        let lengths: Vec<usize> = shares.floors.iter().map(|f| f.strength.len()).collect();
        assert_eq!(lengths, [9, 5]);
        let won: u32 = shares.floors[1].won.iter().sum();
        assert_eq!(won as usize, SIZES[1], "each map has one maximum");
        // The top is linear in what the last floor gives: there, maps times gradients are all but the bias.
        let pull: f64 = shares.floors[1].pull.iter().sum();
        let bias = score(&network, 0) - pull;
        let empty = network.shares(&[], &[0]);
        assert!((f64::from(empty.scores[0]) - bias).abs() < 1e-5);
        assert_eq!(empty.words, Vec::<f64>::new());
    }
}
