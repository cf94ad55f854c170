//! One network in training: its weights, its optimiser's state, its position; a step, a look, a checkpoint.

use std::sync::Arc;

use burn::tensor::Device;
use cnn_core::backend::runs_our_kernels;
use cnn_core::ops::StepRule;
use cnn_core::{Noise, keep_threads_awake};
use serde_json::{Value, json};

use super::look::Look;
use super::{Objective, Position, TrainingError};
use crate::checkpoint::{Checkpoint, CheckpointError, CheckpointStore};
use crate::config::{Keep, Rule, RunConfig};
use crate::examples::Examples;
use crate::network::Network;
use crate::optimizer::{Optimizer, RowsGradient, Table};
use crate::weights::{Arrays, WeightsError, apply, collect, from_safetensors, to_safetensors};

const WEIGHTS: &str = "model.safetensors";
const STATE: &str = "optimizer.safetensors";
const BEST: &str = "best.safetensors";

/// Why a checkpoint cannot be gone on from.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// A file of the checkpoint is missing or is not what it should be.
    #[error("{file}: {source}")]
    File {
        /// Which file.
        file: &'static str,
        /// What is wrong with it.
        source: WeightsError,
    },
    /// The checkpoint lacks a file.
    #[error("the checkpoint lacks {file}; it was not written by this program")]
    Missing {
        /// Which file.
        file: &'static str,
    },
    /// The position cannot be read.
    #[error("the checkpoint's position cannot be read: {reason}")]
    Position {
        /// The reader's words.
        reason: String,
    },
}

/// A network in training.
pub struct Trainer<N> {
    // `None` only while a step has it out.
    network: Option<N>,
    optimizer: Optimizer,
    position: Position,
    best: Option<Arrays>,
    seconds: f64,
    // A GPU's step has no pieces for the threads of the pool to be awake for.
    on_cpu: bool,
}

impl<N: Network> Trainer<N> {
    /// Begins with a fresh network whose parameters require gradients; the trained table is taken out of autodiff, it
    /// is updated by rows.
    pub fn new(mut network: N) -> Self {
        if let Some(table) = network.trained_table() {
            let weight = table.weight.clone().set_require_grad(false);
            table.weight = weight;
        }
        Self {
            on_cpu: network.devices().iter().all(runs_our_kernels),
            network: Some(network),
            optimizer: Optimizer::default(),
            position: Position::default(),
            best: None,
            seconds: 0.0,
        }
    }

    /// Goes on from a checkpoint; `network` gives the structure, its weights are replaced.
    ///
    /// # Errors
    ///
    /// [`RestoreError`] naming the file.
    pub fn restore(
        network: N,
        checkpoint: &Checkpoint,
        device: &Device,
    ) -> Result<Self, RestoreError> {
        let read = |file| {
            let bytes = checkpoint
                .files
                .get(file)
                .ok_or(RestoreError::Missing { file })?;
            from_safetensors(bytes).map_err(|source| RestoreError::File { file, source })
        };
        let mut trainer = Self::new(network);
        let network = trainer.network.take().expect("put there by `new`");
        trainer.network =
            Some(
                apply(network, &read(WEIGHTS)?).map_err(|source| RestoreError::File {
                    file: WEIGHTS,
                    source,
                })?,
            );
        trainer.optimizer =
            Optimizer::from_arrays(read(STATE)?, device).map_err(|source| RestoreError::File {
                file: STATE,
                source,
            })?;
        trainer.best = checkpoint
            .files
            .contains_key(BEST)
            .then(|| read(BEST))
            .transpose()?;
        trainer.position =
            serde_json::from_value(checkpoint.state["position"].clone()).map_err(|e| {
                RestoreError::Position {
                    reason: e.to_string(),
                }
            })?;
        trainer.seconds = f64::from_bits(checkpoint.state["seconds_bits"].as_u64().unwrap_or(0));
        Ok(trainer)
    }

    /// Seconds of training, over all parts of a resumed run. It has no influence on the weights.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Adds to the seconds of training.
    pub(super) fn add_seconds(&mut self, seconds: f64) {
        self.seconds += seconds;
    }

    /// Where the run stands.
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// The network as it is now.
    pub fn network(&self) -> &N {
        self.network.as_ref().expect("only a step takes it out")
    }

    /// One step on the examples with these numbers: forward, loss, backward, optimiser. `steps` is how many the whole run has,
    /// which the schedule of the learning rate asks. Returns the mean loss of the batch before the step.
    ///
    /// # Errors
    ///
    /// [`TrainingError::NotFinite`]; the weights stay as they were.
    pub fn step<E>(
        &mut self,
        config: &RunConfig,
        objective: &Objective,
        steps: u64,
        examples: &E,
        indices: &[u32],
        device: &Device,
    ) -> Result<f64, TrainingError>
    where
        E: Examples<Batch = N::Batch>,
    {
        if self.on_cpu {
            keep_threads_awake();
        }
        let noise = Noise {
            seed: config.seed,
            step: self.position.step,
            samples: indices.iter().map(|&i| u64::from(i)).collect(),
        };
        let mut network = self.network.take().expect("only a step takes it out");
        let batch = examples.batch(indices, device);
        let rule = rule(config, self.position.step, steps);
        let moves = config.optimizer.table();
        if let (Table::Touched, Some(ids)) = (moves, N::row_ids(&batch)) {
            self.optimizer.catch_up(&mut network, rule, Some(&ids));
        }
        let rows = network
            .trained_rows(&batch)
            .map(|rows| rows.autodiff().require_grad());
        let scores = network.scores(&batch, rows.clone(), Some(&noise));
        let loss = objective.loss(&network, scores, &examples.targets(indices));
        let value = f64::from(loss.clone().into_scalar::<f32>());
        if !value.is_finite() {
            let parameter = first_not_finite(&network);
            self.network = Some(network);
            let learning_rate = config.optimizer.learning_rate;
            return Err(TrainingError::NotFinite {
                step: self.position.step + 1,
                loss: value,
                learning_rate,
                parameter,
            });
        }
        let mut gradients = loss.backward();
        let rows = rows
            .and_then(|rows| rows.grad_remove(&mut gradients))
            .zip(N::row_ids(&batch));
        let rows = rows.map(|(gradient, ids): (_, Arc<[u32]>)| RowsGradient { ids, gradient });
        let optimizer = &mut self.optimizer;
        self.network = Some(optimizer.step(network, rule, &mut gradients, rows, moves));
        self.position.add_loss(value);
        Ok(value)
    }

    /// Brings every row of the table to where the steps so far would have moved it, so that the whole network can be judged or kept.
    /// To be called where a resumed run calls it too: it rounds.
    pub(super) fn settle(&mut self, config: &RunConfig, steps: u64) {
        let mut network = self.network.take().expect("only a step takes it out");
        let rule = rule(config, self.position.step, steps);
        self.optimizer.catch_up(&mut network, rule, None);
        self.network = Some(network);
    }

    /// Notes how many steps fit into the time budget.
    pub(super) fn plan(&mut self, steps: u64) {
        self.position.planned_steps = Some(steps);
    }

    /// Notes that the time budget ends the run here.
    pub(super) fn end_for_time(&mut self) {
        self.position.out_of_time = true;
    }

    /// Starts the mean loss of a new epoch.
    pub(super) fn begin_epoch(&mut self) {
        self.position.begin_epoch();
    }

    /// Notes a look at the dev set and keeps the weights if they are the best; returns whether they are.
    pub(super) fn remember(&mut self, look: &Look, config: &RunConfig) -> bool {
        let patience = config.training.patience;
        let better = self
            .position
            .look(look.correct, look.count, look.score, patience);
        if better && config.training.keep == Keep::Best {
            self.best = Some(collect(self.network()));
        }
        better
    }

    /// Writes a checkpoint; returns what the store has to say aloud.
    pub(super) fn save(
        &self,
        store: &mut CheckpointStore,
        identity: &Value,
    ) -> Result<Vec<String>, CheckpointError> {
        let weights = to_safetensors(&collect(self.network()), &[("format", "pt")]);
        let state = to_safetensors(&self.optimizer.to_arrays(), &[]);
        let best = self
            .best
            .as_ref()
            .map(|best| to_safetensors(best, &[("format", "pt")]));
        let mut files = vec![(WEIGHTS, weights.as_slice()), (STATE, state.as_slice())];
        files.extend(best.as_deref().map(|best| (BEST, best)));
        let state = json!({ "position": self.position, "seconds_bits": self.seconds.to_bits(), "identity": identity });
        let saved = store.save(self.position.step, &files, &state)?;
        Ok(saved
            .not_removed
            .iter()
            .map(|failure| format!("warning: an old checkpoint stays: {failure}"))
            .collect())
    }

    /// The network that the run keeps: the best on dev, or the last.
    pub fn into_kept(mut self) -> N {
        let network = self.network.take().expect("only a step takes it out");
        match self.best {
            Some(best) => apply(network, &best).expect("collected from this very network"),
            None => network,
        }
    }
}

fn rule(config: &RunConfig, step: u64, steps: u64) -> StepRule {
    let optimizer = &config.optimizer;
    let lr = (optimizer.learning_rate * optimizer.schedule.factor(step, steps)) as f32;
    let (weight_decay, momentum) = (optimizer.weight_decay as f32, optimizer.momentum as f32);
    match optimizer.rule {
        Rule::Sgd => StepRule::Sgd {
            lr,
            momentum,
            weight_decay,
        },
        Rule::Adam => StepRule::Adam {
            lr,
            beta1: momentum,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay,
            step: step + 1,
        },
        Rule::Adadelta => StepRule::Adadelta {
            lr,
            rho: momentum,
            epsilon: 1e-6,
            weight_decay,
        },
    }
}

fn first_not_finite<N: Network>(network: &N) -> Option<String> {
    let arrays = collect(network);
    arrays
        .into_iter()
        .find(|(_, array)| array.values.iter().any(|v| !v.is_finite()))
        .map(|(name, _)| name)
}
