//! The loss that a run makes small, from its settings and its training labels.

use super::AssemblyError;
use crate::config::{ClassWeights, RunConfig};
use crate::learning::Objective;

/// The loss of a run on a set with these class names and training labels, and what the user should hear about it.
///
/// # Errors
///
/// [`AssemblyError::Setting`] where `training.class_weights` names a class that is not there.
pub fn objective(
    config: &RunConfig,
    labels: &[String],
    targets: &[u32],
) -> Result<(Objective, Option<String>), AssemblyError> {
    let refused = |reason: String| AssemblyError::Setting {
        key: "training.class_weights",
        reason,
    };
    let asked: Result<ClassWeights, _> = config.training.class_weights.parse();
    let weights = asked.and_then(|asked| asked.resolve(labels, targets));
    let weights = weights.map_err(|error| refused(error.to_string()))?;
    let note = weights.as_ref().map(|weights| {
        let named = labels.iter().zip(weights);
        let named: Vec<String> = named.map(|(label, w)| format!("{label} {w:.4}")).collect();
        format!("class weights in the loss: {}", named.join(", "))
    });
    let class_weights = weights.map(|weights| weights.iter().map(|w| *w as f32).collect());
    Ok((Objective { class_weights }, note))
}
