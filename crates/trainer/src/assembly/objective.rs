//! The loss that a run makes small, from its settings and its training labels.

use std::sync::Arc;

use super::AssemblyError;
use crate::config::{ClassWeights, RunConfig};
use crate::learning::Objective;
use datasets::LabelSets;

/// The loss of a run on a set with these class names and training labels, and what the user should hear about it.
///
/// # Errors
///
/// [`AssemblyError::Setting`] where `training.class_weights` names a class that is not there.
pub fn objective(
    config: &RunConfig,
    labels: &[String],
    targets: &[u32],
    sets: Option<&Arc<LabelSets>>,
) -> Result<(Objective, Option<String>), AssemblyError> {
    let refused = |reason: String| AssemblyError::Setting {
        key: "training.class_weights",
        reason,
    };
    let asked: Result<ClassWeights, _> = config.training.class_weights.parse();
    if let Some(sets) = sets {
        if asked != Ok(ClassWeights::None) {
            let reason = "weights do not apply where a row may have any number of labels; every class has a threshold of its own, chosen on dev";
            return Err(refused(reason.to_owned()));
        }
        let note = format!(
            "any number of labels a row: a sigmoid for each of the {} labels, thresholds chosen on dev",
            labels.len()
        );
        let objective = Objective {
            class_weights: None,
            sets: Some(sets.clone()),
        };
        return Ok((objective, Some(note)));
    }
    if config.model.reads_images() && !config.examples.label_separator.is_empty() {
        return Err(AssemblyError::Setting {
            key: "examples.label_separator",
            reason: "an image has one label; several labels a row are for texts".to_owned(),
        });
    }
    let weights = asked.and_then(|asked| asked.resolve(labels, targets));
    let weights = weights.map_err(|error| refused(error.to_string()))?;
    let note = weights.as_ref().map(|weights| {
        let named = labels.iter().zip(weights);
        let named: Vec<String> = named.map(|(label, w)| format!("{label} {w:.4}")).collect();
        format!("class weights in the loss: {}", named.join(", "))
    });
    let class_weights = weights.map(|weights| weights.iter().map(|w| *w as f32).collect());
    let objective = Objective {
        class_weights,
        sets: None,
    };
    Ok((objective, note))
}
