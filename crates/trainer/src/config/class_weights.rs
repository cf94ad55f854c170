//! `training.class_weights`: how much each class counts in the loss.

use std::str::FromStr;

/// The weights as they were asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum ClassWeights {
    /// Every row counts the same.
    None,
    /// Every class counts the same: `rows / (classes · rows of the class)`, as scikit-learn's `balanced`.
    Balanced,
    /// By name; a class that is not named has weight 1.
    Named(Vec<(String, f64)>),
}

/// Why weights cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ClassWeightsError {
    /// What was written is neither a word nor pairs.
    #[error(
        "expected none, balanced, or NAME=WEIGHT,NAME=WEIGHT with weights above 0, not `{written}`"
    )]
    Syntax {
        /// What was written.
        written: String,
    },
    /// A class that is not there.
    #[error("there is no class `{name}`{}; the classes are {known}", .nearest.as_ref().map(|n| format!(", did you mean `{n}`?")).unwrap_or_default())]
    UnknownClass {
        /// What was written.
        name: String,
        /// The nearest right one, if any is near.
        nearest: Option<String>,
        /// All of them.
        known: String,
    },
    /// A class was given two weights.
    #[error("the class `{name}` is named twice")]
    Twice {
        /// The class.
        name: String,
    },
}

impl FromStr for ClassWeights {
    type Err = ClassWeightsError;

    /// A name may hold commas and equals signs: a pair ends at a comma behind a number.
    fn from_str(written: &str) -> Result<Self, Self::Err> {
        match written.trim() {
            "none" | "" => return Ok(Self::None),
            "balanced" => return Ok(Self::Balanced),
            _ => {}
        }
        let syntax = || ClassWeightsError::Syntax {
            written: written.to_owned(),
        };
        let mut pairs: Vec<(String, f64)> = Vec::new();
        let mut pending = String::new();
        for piece in written.split(',') {
            pending += piece;
            let pair = pending.rsplit_once('=');
            let pair =
                pair.and_then(|(name, weight)| Some((name.trim(), weight.trim().parse().ok()?)));
            let Some((name, weight)) = pair else {
                pending.push(',');
                continue;
            };
            let weight: f64 = weight;
            if name.is_empty() || !(weight.is_finite() && weight > 0.0) {
                return Err(syntax());
            }
            if pairs.iter().any(|(known, _)| known == name) {
                let name = name.to_owned();
                return Err(ClassWeightsError::Twice { name });
            }
            pairs.push((name.to_owned(), weight));
            pending.clear();
        }
        if pending.is_empty() && !pairs.is_empty() {
            Ok(Self::Named(pairs))
        } else {
            Err(syntax())
        }
    }
}

impl ClassWeights {
    /// One weight per class of `labels`, or `None` where every row counts the same; `targets` are the classes of the training
    /// rows. A class without a training row has weight 1, and none is ever asked of it.
    ///
    /// # Errors
    ///
    /// [`ClassWeightsError::UnknownClass`], with the nearest.
    pub fn resolve(
        &self,
        labels: &[String],
        targets: &[u32],
    ) -> Result<Option<Vec<f64>>, ClassWeightsError> {
        match self {
            Self::None => Ok(None),
            Self::Balanced => {
                let mut rows = vec![0u64; labels.len()];
                targets.iter().for_each(|&class| rows[class as usize] += 1);
                let classes = rows.iter().filter(|rows| **rows > 0).count();
                let weight = |&rows: &u64| match rows {
                    0 => 1.0,
                    rows => targets.len() as f64 / (classes as f64 * rows as f64),
                };
                Ok(Some(rows.iter().map(weight).collect()))
            }
            Self::Named(pairs) => {
                let mut weights = vec![1.0; labels.len()];
                for (name, weight) in pairs {
                    let class = labels.iter().position(|label| label == name);
                    let class = class.ok_or_else(|| unknown(name, labels))?;
                    weights[class] = *weight;
                }
                Ok(Some(weights))
            }
        }
    }
}

fn unknown(name: &str, labels: &[String]) -> ClassWeightsError {
    let nearest = datasets::suggest::nearest(name, labels.iter().map(String::as_str));
    ClassWeightsError::UnknownClass {
        name: name.to_owned(),
        nearest: nearest.map(str::to_owned),
        known: labels.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn balanced_is_that_of_scikit_learn() {
        // compute_class_weight("balanced", classes=[0, 1, 2], y=[0]*6 + [1]*3 + [2]) of scikit-learn 1.7.
        let targets = [0, 0, 1, 0, 2, 0, 1, 0, 1, 0];
        let weights = ClassWeights::Balanced
            .resolve(&labels(&["a", "b", "c"]), &targets)
            .unwrap()
            .unwrap();
        let known = [0.5555555555555556, 1.1111111111111112, 3.3333333333333335];
        assert_eq!(weights, known);
        // A class that never occurs takes no part in the count of classes.
        let weights = ClassWeights::Balanced
            .resolve(&labels(&["a", "b", "c", "d"]), &targets)
            .unwrap()
            .unwrap();
        assert_eq!((&weights[..3], weights[3]), (&known[..], 1.0));
    }

    #[test]
    fn names_may_hold_what_separates_them() {
        let weights: ClassWeights = "spam = 5,a,b=c=0.5, ham=1e1".parse().unwrap();
        let pairs = [("spam", 5.0), ("a,b=c", 0.5), ("ham", 10.0)];
        let pairs = pairs.map(|(name, weight)| (name.to_owned(), weight));
        assert_eq!(weights, ClassWeights::Named(pairs.to_vec()));
        let weights = weights.resolve(&labels(&["a,b=c", "ham", "other", "spam"]), &[]);
        assert_eq!(weights.unwrap().unwrap(), [0.5, 10.0, 1.0, 5.0]);
        assert_eq!("none".parse(), Ok(ClassWeights::None));
        assert_eq!("balanced".parse(), Ok(ClassWeights::Balanced));
    }

    #[test]
    fn a_wrong_class_is_answered_with_the_nearest() {
        let weights: ClassWeights = "sapm=2".parse().unwrap();
        let error = weights.resolve(&labels(&["ham", "spam"]), &[]).unwrap_err();
        assert!(
            matches!(&error, ClassWeightsError::UnknownClass { nearest: Some(n), .. } if n == "spam"),
            "{error}"
        );
    }

    #[test]
    fn what_is_no_weight_is_refused() {
        for wrong in [
            "balance", "a=", "a=0", "a=-1", "a=inf", "a=nan", "=2", "a=1,b", "a=1,",
        ] {
            let parsed: Result<ClassWeights, _> = wrong.parse();
            assert!(
                matches!(parsed, Err(ClassWeightsError::Syntax { .. })),
                "{wrong}: {parsed:?}"
            );
        }
        let twice: Result<ClassWeights, _> = "a=1,a=2".parse();
        assert!(matches!(twice, Err(ClassWeightsError::Twice { .. })));
    }
}
