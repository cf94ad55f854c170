//! The networks of a comparison, sized as its other side has them, and what is timed of each.

use std::time::Duration;

use burn::tensor::Device;
use cnn_core::Documents;

use super::workload::{Pixels, Samples, Workload, WorkloadError};
use super::{Measure, timed};
use crate::assembly;
use crate::config::{ModelKind, RunConfig, Schedule};
use crate::examples::{Examples, Texts};
use crate::frozen::{self, Frozen};
use crate::learning::{Objective, Trainer};
use crate::network::Network;
use crate::run::Machine;
use crate::weights::{collect, values_of};

/// LeNet-5 with tanh and average pooling; TextCNN with 3 x 100 filters, 3 x 256 on Chinese; DPCNN with word vectors of 300, 250 maps
/// and as many blocks as leave two positions of the longest text. Adam with a learning rate of 0.001.
fn config(workload: &Workload) -> RunConfig {
    let data = match workload.name.contains("thucnews") {
        true => "thucnews",
        false => "mr",
    };
    let mut config = RunConfig::defaults(workload.model, data);
    config.optimizer.learning_rate = 1e-3;
    config.optimizer.schedule = Schedule::Constant;
    config.optimizer.weight_decay = 0.0;
    config.training.batch_size = workload.batch;
    if let Some(settings) = &mut config.lenet5 {
        settings.activation = "tanh".into();
        settings.pooling = "average".into();
    }
    if let Some(settings) = &mut config.textcnn {
        settings.max_norm = 0.0;
        settings.vector_deviation = 1.0; // PyTorch's own start
    }
    if let Some(settings) = &mut config.dpcnn {
        settings.region = "vectors".into();
        settings.dimension = 300;
        settings.feature_maps = 250;
        settings.dropout = 0.0;
        settings.initial_deviation = 0.0;
        settings.pooled_length = "floor".into();
        settings.blocks = 1;
        let mut length = workload.length;
        while length > 2 {
            length = length.div_ceil(2);
            settings.blocks += 1;
        }
    }
    config
}

/// The times of training steps, and their losses.
pub(super) fn train(
    workload: &Workload,
    measure: Measure,
    machine: &Machine,
) -> Result<(Vec<Duration>, Vec<f64>), WorkloadError> {
    let (config, device) = (config(workload), machine.device.clone().autodiff());
    let (words, classes) = (workload.words, workload.classes);
    match &workload.samples {
        Samples::Pixels(images) => {
            let network = assembly::lenet5(&config, 1, classes, &device)?;
            steps(network, &config, images, measure, machine)
        }
        Samples::Texts(texts) if workload.model == ModelKind::Textcnn => {
            let network = assembly::textcnn(&config, words, None, classes, &device)?;
            steps(network, &config, texts, measure, machine)
        }
        Samples::Texts(texts) => {
            let network = assembly::dpcnn(&config, words, None, classes, &device)?;
            steps(network, &config, texts, measure, machine)
        }
    }
}

fn steps<N: Network, E: Examples<Batch = N::Batch>>(
    network: N,
    config: &RunConfig,
    examples: &E,
    measure: Measure,
    machine: &Machine,
) -> Result<(Vec<Duration>, Vec<f64>), WorkloadError> {
    let (mut trainer, objective) = (Trainer::new(network), Objective::default());
    let batches = batches(examples.count(), measure.batch);
    let mut losses = Vec::new();
    let times = timed(measure, |call| {
        let indices = &batches[call % batches.len()];
        let loss = trainer.step(
            config,
            &objective,
            u64::MAX,
            examples,
            indices,
            &machine.device,
        )?;
        losses.push(loss);
        Ok(())
    })?;
    Ok((times, losses))
}

/// The times of predictions.
pub(super) fn infer(
    workload: &Workload,
    measure: Measure,
    machine: &Machine,
) -> Result<Vec<Duration>, WorkloadError> {
    let (config, device) = (config(workload), &machine.device);
    let (words, classes) = (workload.words, workload.classes);
    match &workload.samples {
        Samples::Pixels(images) => {
            let network = assembly::lenet5(&config, 1, classes, device)?;
            if !machine.backend.runs_our_kernels() {
                return with_tensors(&network, images, measure, device);
            }
            let frozen = frozen::lenet5(&config, collect(&network))?;
            let frozen = frozen.expect("the modern network can be frozen");
            let mut scores = vec![0.0; measure.batch * classes];
            let batches = images.pixels.chunks_exact(measure.batch * Pixels::SIZE);
            let batches: Vec<_> = batches.collect();
            timed(measure, |call| {
                frozen.scores(batches[call % batches.len()], &mut scores);
                std::hint::black_box(&mut scores);
                Ok(())
            })
        }
        Samples::Texts(texts) if workload.model == ModelKind::Textcnn => {
            let network = assembly::textcnn(&config, words, None, classes, device)?;
            answers(&network, &config, texts, measure, machine)
        }
        Samples::Texts(texts) => {
            let network = assembly::dpcnn(&config, words, None, classes, device)?;
            answers(&network, &config, texts, measure, machine)
        }
    }
}

/// A text network in the form that `cnn predict` asks on this machine.
fn answers<N: Network<Batch = Documents>>(
    network: &N,
    config: &RunConfig,
    texts: &Texts,
    measure: Measure,
    machine: &Machine,
) -> Result<Vec<Duration>, WorkloadError> {
    if machine.backend.runs_our_kernels() {
        served(&Frozen::new(config, collect(network))?, texts, measure)
    } else {
        with_tensors(network, texts, measure, &machine.device)
    }
}

/// A served network has met the words it is asked about: they are asked once before the clock runs.
fn served(
    network: &Frozen,
    texts: &Texts,
    measure: Measure,
) -> Result<Vec<Duration>, WorkloadError> {
    network.scores(&texts.documents);
    let batches: Vec<_> = texts.documents.chunks_exact(measure.batch).collect();
    timed(measure, |call| {
        std::hint::black_box(network.scores(batches[call % batches.len()]));
        Ok(())
    })
}

fn with_tensors<N: Network, E: Examples<Batch = N::Batch>>(
    network: &N,
    examples: &E,
    measure: Measure,
    device: &Device,
) -> Result<Vec<Duration>, WorkloadError> {
    let batches = batches(examples.count(), measure.batch);
    timed(measure, |call| {
        let batch = examples.batch(&batches[call % batches.len()], device);
        std::hint::black_box(values_of(network.scores(&batch, None, None)));
        Ok(())
    })
}

/// The numbers of the samples of each batch.
fn batches(count: usize, batch: usize) -> Vec<Vec<u32>> {
    let numbers: Vec<u32> = (0..count as u32).collect();
    numbers.chunks_exact(batch).map(<[u32]>::to_vec).collect()
}
