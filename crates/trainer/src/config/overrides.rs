//! Layers of settings over the defaults: a TOML file, `key=value` pairs; a wrong key is answered with the nearest one.

use toml::{Table, Value};

use super::RunConfig;

/// Why a setting was refused.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum ConfigError {
    /// A key that no setting has.
    #[error("{place}: there is no setting `{key}`{}; `config print` lists them all", hint(.nearest))]
    UnknownKey {
        /// Where it was written.
        place: String,
        /// What was written.
        key: String,
        /// The nearest right one, if any is near.
        nearest: Option<String>,
    },
    /// A value of the wrong kind or outside its range.
    #[error("{place}: `{key}` cannot be {value}: {reason}")]
    Value {
        /// Where it was written.
        place: String,
        /// The key.
        key: String,
        /// What was written.
        value: String,
        /// What is expected.
        reason: String,
    },
    /// `--set` without an equals sign.
    #[error("--set {written}: expected key=value, for example --set training.epochs=3")]
    NotAPair {
        /// What was written.
        written: String,
    },
    /// The text is no TOML.
    #[error("{place}: {reason}")]
    Syntax {
        /// The file.
        place: String,
        /// The parser's words, with line and column.
        reason: String,
    },
}

fn hint(nearest: &Option<String>) -> String {
    nearest
        .as_ref()
        .map(|key| format!(", did you mean `{key}`?"))
        .unwrap_or_default()
}

impl RunConfig {
    /// The settings as the text of `config.toml`.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("settings are plain values")
    }

    /// Reads a whole `config.toml`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Syntax`] with the parser's words, also where a key is missing or unknown.
    pub fn from_toml(text: &str, place: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|e| ConfigError::Syntax {
            place: place.to_owned(),
            reason: e.to_string(),
        })
    }

    /// Lays a TOML file with any of the settings over these.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] naming `place`, the key and what is expected.
    pub fn with_file(self, text: &str, place: &str) -> Result<Self, ConfigError> {
        let table: Table = text
            .parse()
            .map_err(|e: toml::de::Error| ConfigError::Syntax {
                place: place.to_owned(),
                reason: e.to_string(),
            })?;
        let mut pairs = Vec::new();
        flatten("", &Value::Table(table), &mut pairs);
        pairs.into_iter().try_fold(self, |config, (key, value)| {
            config.with_value(&key, value, place)
        })
    }

    /// Lays `key=value` over these; the value is written as in TOML, quotes may be left out.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] naming the key and what is expected.
    pub fn with_pair(self, pair: &str) -> Result<Self, ConfigError> {
        let (key, text) = pair.split_once('=').ok_or_else(|| ConfigError::NotAPair {
            written: pair.to_owned(),
        })?;
        let (key, text) = (key.trim(), text.trim());
        let value = format!("v = {text}").parse::<Table>().map_or_else(
            |_| Value::String(text.to_owned()),
            |mut t| t.remove("v").expect("just written"),
        );
        self.with_value(key, value, "--set")
    }

    fn with_value(self, key: &str, value: Value, place: &str) -> Result<Self, ConfigError> {
        let mut root = Value::try_from(&self).expect("settings are plain values");
        let Some(slot) = key
            .split('.')
            .try_fold(&mut root, |table, part| table.as_table_mut()?.get_mut(part))
        else {
            return Err(ConfigError::UnknownKey {
                place: place.to_owned(),
                key: key.to_owned(),
                nearest: self.nearest(key),
            });
        };
        let written = value.to_string();
        // `learning_rate=1` is meant as 1.0.
        *slot = match (&*slot, value) {
            (Value::Float(_), Value::Integer(i)) => Value::Float(i as f64),
            (Value::String(_), other) if !other.is_str() => Value::String(written.clone()),
            (_, value) => value,
        };
        let refused = |reason: String| ConfigError::Value {
            place: place.to_owned(),
            key: key.to_owned(),
            value: written.clone(),
            reason,
        };
        let config: Self = root
            .try_into()
            .map_err(|e: toml::de::Error| refused(e.message().to_owned()))?;
        config.check().map_err(|(_, reason)| refused(reason))?;
        Ok(config)
    }

    /// Every key, as `--set` takes it.
    pub fn keys(&self) -> Vec<String> {
        let mut pairs = Vec::new();
        flatten(
            "",
            &Value::try_from(self).expect("settings are plain values"),
            &mut pairs,
        );
        pairs.into_iter().map(|(key, _)| key).collect()
    }

    /// The first setting in which `other` differs: key, value here, value there.
    pub fn first_difference(&self, other: &Self) -> Option<(String, String, String)> {
        self.differences(other).into_iter().next()
    }

    /// The settings in which `other` differs: key, value here, value there.
    pub fn differences(&self, other: &Self) -> Vec<(String, String, String)> {
        let [here, there] = [self, other].map(|config| {
            let mut pairs = Vec::new();
            flatten(
                "",
                &Value::try_from(config).expect("settings are plain values"),
                &mut pairs,
            );
            pairs
        });
        let pairs = here.into_iter().zip(there).filter(|(a, b)| a != b);
        pairs
            .map(|(a, b)| (a.0, a.1.to_string(), b.1.to_string()))
            .collect()
    }

    fn nearest(&self, key: &str) -> Option<String> {
        let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
        let distance = |candidate: &String| {
            strsim::damerau_levenshtein(candidate, key)
                .min(strsim::damerau_levenshtein(&last(candidate), &last(key)))
        };
        self.keys()
            .into_iter()
            .min_by_key(distance)
            .filter(|candidate| distance(candidate) <= 4)
    }

    /// The first setting outside its range, with what is expected.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let positive = |key, value: usize| {
            if value == 0 {
                Err((key, "expected 1 or more".to_owned()))
            } else {
                Ok(())
            }
        };
        positive("training.epochs", self.training.epochs)?;
        positive("training.batch_size", self.training.batch_size)?;
        positive(
            "training.evaluations_per_epoch",
            self.training.evaluations_per_epoch,
        )?;
        let budget = self.training.time_budget;
        if !(budget.is_finite() && budget >= 0.0) {
            let reason = "expected seconds, 0 for no limit".to_owned();
            return Err(("training.time_budget", reason));
        }
        let weights: Result<super::ClassWeights, _> = self.training.class_weights.parse();
        weights.map_err(|error| ("training.class_weights", error.to_string()))?;
        if !(0.0..=100.0).contains(&self.reading.bad_rows) {
            let reason = "expected percent, from 0 to 100".to_owned();
            return Err(("reading.bad_rows", reason));
        }
        let rate = self.optimizer.learning_rate;
        if !(rate.is_finite() && rate > 0.0) {
            return Err((
                "optimizer.learning_rate",
                "expected a number above 0".to_owned(),
            ));
        }
        if !(self.optimizer.weight_decay.is_finite() && self.optimizer.weight_decay >= 0.0) {
            return Err(("optimizer.weight_decay", "expected 0 or more".to_owned()));
        }
        if !(0.0..1.0).contains(&self.optimizer.momentum) {
            return Err((
                "optimizer.momentum",
                "expected 0 or more and less than 1".to_owned(),
            ));
        }
        let dropouts = [
            ("textcnn.dropout", self.textcnn.as_ref().map(|s| s.dropout)),
            ("dpcnn.dropout", self.dpcnn.as_ref().map(|s| s.dropout)),
        ];
        for (key, dropout) in dropouts {
            if dropout.is_some_and(|p| !(0.0..1.0).contains(&p)) {
                return Err((key, "expected 0 or more and less than 1".to_owned()));
            }
        }
        if self.examples.folds == 1
            || (self.examples.folds > 1 && self.examples.fold >= self.examples.folds)
        {
            return Err((
                "examples.folds",
                format!(
                    "expected 2 or more folds, and a fold below that (it is {})",
                    self.examples.fold
                ),
            ));
        }
        Ok(())
    }
}

fn flatten(prefix: &str, value: &Value, pairs: &mut Vec<(String, Value)>) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                let key = if prefix.is_empty() {
                    key.clone()
                } else {
                    format!("{prefix}.{key}")
                };
                flatten(&key, value, pairs);
            }
        }
        value => pairs.push((prefix.to_owned(), value.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ModelKind;

    fn config() -> RunConfig {
        RunConfig::defaults(ModelKind::Textcnn, "mr")
    }

    #[test]
    fn a_pair_changes_its_setting_alone() {
        let changed = config()
            .with_pair("textcnn.widths=[2, 3]")
            .unwrap()
            .with_pair("optimizer.learning_rate=1")
            .unwrap();
        let mut expected = config();
        expected.textcnn.as_mut().unwrap().widths = vec![2, 3];
        expected.optimizer.learning_rate = 1.0;
        assert_eq!(changed, expected);
        assert_eq!(config().with_pair("data=sst2").unwrap().data, "sst2");
    }

    #[test]
    fn a_wrong_key_is_answered_with_the_nearest() {
        let error = config().with_pair("training.epoch=3").unwrap_err();
        assert!(
            matches!(&error, ConfigError::UnknownKey { nearest: Some(key), .. } if key == "training.epochs"),
            "{error}"
        );
        let error = config().with_pair("lerning_rate=3").unwrap_err();
        assert!(
            matches!(&error, ConfigError::UnknownKey { nearest: Some(key), .. } if key == "optimizer.learning_rate"),
            "{error}"
        );
    }

    #[test]
    fn a_value_out_of_range_says_what_is_expected() {
        for pair in [
            "training.epochs=0",
            "training.epochs=-1",
            "optimizer.learning_rate=nan",
            "textcnn.dropout=1.0",
            "optimizer.rule=adamm",
            "training.epochs=many",
            "training.time_budget=-1",
            "training.class_weights=balance",
            "training.judge_by=f1",
        ] {
            let error = config().with_pair(pair).unwrap_err();
            assert!(
                matches!(error, ConfigError::Value { .. }),
                "{pair}: {error}"
            );
        }
        assert!(matches!(
            config().with_pair("training.epochs").unwrap_err(),
            ConfigError::NotAPair { .. }
        ));
    }

    #[test]
    fn a_file_may_hold_any_of_the_settings() {
        let changed = config()
            .with_file("seed = 9\n[training]\nepochs = 2\n", "my.toml")
            .unwrap();
        assert_eq!((changed.seed, changed.training.epochs), (9, 2));
        let error = config()
            .with_file("[training]\nepoch = 2\n", "my.toml")
            .unwrap_err();
        assert!(
            error.to_string().starts_with(
                "my.toml: there is no setting `training.epoch`, did you mean `training.epochs`?"
            ),
            "{error}"
        );
        assert!(matches!(
            config().with_file("epochs = = 2", "my.toml").unwrap_err(),
            ConfigError::Syntax { .. }
        ));
    }
}
