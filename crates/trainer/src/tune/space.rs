//! The settings that a search tries: which keys, and what is drawn for each.

use std::fmt;

use cnn_core::random;
use datasets::Language;

use crate::config::{ConfigError, ModelKind, RunConfig};

/// One setting of the space.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    /// Its key, as `--set` takes it.
    pub key: &'static str,
    /// What it may be.
    pub values: Values,
}

/// What a setting may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Values {
    /// Between the two, every factor as likely as another.
    Log(f64, f64),
    /// Between the two, evenly.
    Even(f64, f64),
    /// One of these, as TOML.
    OneOf(&'static [&'static str]),
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(low, high) => write!(f, "{low} to {high}, log-uniform"),
            Self::Even(low, high) => write!(f, "{low} to {high}, uniform"),
            Self::OneOf(values) => write!(f, "{}", values.join(" | ")),
        }
    }
}

impl Values {
    /// The value at `place` of [0, 1), as TOML.
    fn at(&self, place: f64) -> String {
        match *self {
            // Three digits: more would only look exact.
            Self::Log(low, high) => format!("{:.2e}", low * (high / low).powf(place)),
            Self::Even(low, high) => format!("{:.2}", low + (high - low) * place),
            Self::OneOf(values) => values[(place * values.len() as f64) as usize].to_owned(),
        }
    }
}

const fn of(key: &'static str, values: Values) -> Dimension {
    Dimension { key, values }
}

/// What is tried for the network of `base`. Settings in which `base` differs from the defaults are held: who names one wants
/// it.
pub fn space(base: &RunConfig) -> Vec<Dimension> {
    use Values::{Even, Log, OneOf};
    let mut space = match base.model {
        ModelKind::Textcnn => vec![
            of("optimizer.learning_rate", Log(3e-4, 1e-2)),
            of("textcnn.dropout", Even(0.1, 0.7)),
            of("textcnn.filters", OneOf(&["50", "100", "150", "250"])),
            of(
                "textcnn.widths",
                OneOf(&[
                    "[1, 2, 3]",
                    "[2, 3, 4]",
                    "[3, 4, 5]",
                    "[2, 3, 4, 5]",
                    "[3, 5, 7]",
                ]),
            ),
            of("textcnn.dimension", OneOf(&["50", "100", "200", "300"])),
            of("textcnn.max_norm", OneOf(&["0.0", "1.5", "3.0"])),
            of("training.batch_size", OneOf(&["32", "50", "64", "128"])),
            of("text.min_count", OneOf(&["1", "2", "3"])),
        ],
        ModelKind::Dpcnn => vec![
            of("optimizer.learning_rate", Log(2e-4, 5e-3)),
            of("dpcnn.dropout", Even(0.0, 0.6)),
            of("dpcnn.feature_maps", OneOf(&["64", "128", "250"])),
            of("dpcnn.dimension", OneOf(&["100", "200", "300"])),
            of("dpcnn.blocks", OneOf(&["2", "3", "4", "5"])),
            of("training.batch_size", OneOf(&["32", "64", "128"])),
            of("text.min_count", OneOf(&["1", "2", "3"])),
        ],
        ModelKind::Lenet5 => vec![
            of("optimizer.learning_rate", Log(5e-4, 1e-2)),
            of(
                "optimizer.weight_decay",
                OneOf(&["0.0", "1e-4", "1e-3", "1e-2"]),
            ),
            of("optimizer.schedule", OneOf(&["linear", "cosine"])),
            of("lenet5.activation", OneOf(&["relu", "tanh"])),
            of("lenet5.pooling", OneOf(&["max", "average"])),
            of("training.batch_size", OneOf(&["32", "64", "128", "256"])),
        ],
    };
    let languages = [Language::Other, Language::Chinese];
    let defaults = languages.map(|it| RunConfig::suited_to(base.model, &base.data, it));
    let [held, other] = defaults.map(|defaults| base.differences(&defaults));
    let has_vectors = base
        .text
        .as_ref()
        .is_some_and(|text| !text.vectors.is_empty());
    let is_of_1998 = base.lenet5.as_ref().is_some_and(|s| s.variant == "1998");
    space.retain(|dimension| {
        let key = dimension.key;
        let is_in = |held: &[(String, String, String)]| held.iter().any(|(held, ..)| held == key);
        let is_held = is_in(&held) && is_in(&other);
        // The dimension of a table is that of its vectors; the network of 1998 has one activation and one pooling.
        let is_void = has_vectors && key.ends_with(".dimension")
            || is_of_1998 && ["lenet5.activation", "lenet5.pooling"].contains(&key);
        !is_held && !is_void
    });
    space
}

/// Keys and the values drawn for them, as TOML.
pub type Drawn = Vec<(&'static str, String)>;

/// The settings of trial `trial`: the first is `base` itself, so that no search ends below what was there before it; the
/// others are drawn, by `seed` and their number alone.
///
/// # Errors
///
/// [`ConfigError`] where a value of the space does not fit `base`.
pub fn draw(
    space: &[Dimension],
    base: &RunConfig,
    seed: u64,
    trial: usize,
) -> Result<(RunConfig, Drawn), ConfigError> {
    if trial == 0 {
        return Ok((base.clone(), Vec::new()));
    }
    let mut config = base.clone();
    let mut drawn = Vec::new();
    for dimension in space {
        let stream = random::stream(dimension.key);
        let place = f64::from(random::uniform(seed, stream, trial as u64));
        let value = dimension.values.at(place);
        config = config.with_pair(&format!("{}={value}", dimension.key))?;
        drawn.push((dimension.key, value));
    }
    Ok((config, drawn))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODELS: [ModelKind; 3] = [ModelKind::Lenet5, ModelKind::Textcnn, ModelKind::Dpcnn];

    #[test]
    fn every_value_of_every_space_is_a_setting() {
        for model in MODELS {
            let base = RunConfig::defaults(model, "own.csv");
            let space = space(&base);
            for dimension in &space {
                for place in [0.0, 0.2, 0.4, 0.6, 0.8, 0.999_999] {
                    let pair = format!("{}={}", dimension.key, dimension.values.at(place));
                    base.clone().with_pair(&pair).unwrap();
                }
            }
            let (config, drawn) = draw(&space, &base, 1, 5).unwrap();
            assert_eq!(drawn.len(), space.len());
            assert_ne!(config, base);
            assert_eq!(
                draw(&space, &base, 1, 5).unwrap().0,
                config,
                "the same again"
            );
            assert_ne!(draw(&space, &base, 2, 5).unwrap().0, config);
            assert_ne!(draw(&space, &base, 1, 6).unwrap().0, config);
            assert_eq!(draw(&space, &base, 1, 0).unwrap().0, base);
        }
    }

    #[test]
    fn draws_fill_the_space() {
        let base = RunConfig::defaults(ModelKind::Textcnn, "own.csv");
        let space = space(&base);
        let rates: Vec<f64> = (1..400)
            .map(|trial| {
                draw(&space, &base, 3, trial)
                    .unwrap()
                    .0
                    .optimizer
                    .learning_rate
            })
            .collect();
        assert!(rates.iter().all(|rate| (2.99e-4..=1.001e-2).contains(rate)));
        // Half of the draws lie below the geometric middle, 1.73e-3; four standard deviations are 40.
        let below = rates.iter().filter(|rate| **rate < 1.73e-3).count();
        assert!((160..=240).contains(&below), "{below}");
        let widths = |trial| {
            draw(&space, &base, 3, trial)
                .unwrap()
                .0
                .textcnn
                .unwrap()
                .widths
        };
        let distinct: std::collections::BTreeSet<Vec<usize>> = (1..100).map(widths).collect();
        assert_eq!(distinct.len(), 5);
    }

    #[test]
    fn what_was_asked_for_is_held() {
        let base = RunConfig::defaults(ModelKind::Textcnn, "own.csv");
        let base = base.with_pair("textcnn.filters=77").unwrap();
        let base = base.with_pair("text.vectors=some.vec").unwrap();
        let keys: Vec<_> = space(&base).iter().map(|d| d.key).collect();
        assert!(!keys.contains(&"textcnn.filters") && !keys.contains(&"textcnn.dimension"));
        assert!(keys.contains(&"textcnn.widths"));
        let base = RunConfig::defaults(ModelKind::Lenet5, "mnist");
        let base = base.with_pair("lenet5.variant=1998").unwrap();
        let keys: Vec<_> = space(&base).iter().map(|d| d.key).collect();
        assert!(!keys.contains(&"lenet5.pooling") && keys.contains(&"training.batch_size"));
    }
}
