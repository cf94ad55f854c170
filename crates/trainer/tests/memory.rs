//! Memory of a run is flat: what a thousand steps hold is what two hundred held.
//!
//! A test binary of its own, since the resident memory is that of the whole process.

#[cfg(target_os = "linux")]
mod flat {
    use std::sync::atomic::AtomicBool;

    use cnn_core::backend::Backend;
    use cnn_core::random;
    use trainer::assembly;
    use trainer::config::{ModelKind, RunConfig};
    use trainer::examples::{Examples, Images, Texts};
    use trainer::learning::{
        self, Objective, Reporter, StepReport, Surroundings, Trainer, WallClock,
    };
    use trainer::network::Network;

    /// Where memory is read first: the allocator and the threads have what they need by then.
    const EARLY: u64 = 200;
    const STEPS: u64 = 1_000;
    /// Growth that is allowed between the two, in bytes. One kept activation of these networks, 8 examples of some
    /// thousand values, would be 30 MB after 800 steps.
    const SLACK: u64 = 4 << 20;

    const WORDS: u64 = 400;
    const BATCH: usize = 8;

    /// Resident memory of this process (`VmRSS` of `/proc/self/status`).
    fn resident_bytes() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix("kB"));
        let kibibytes: Option<u64> = kibibytes.and_then(|number| number.trim().parse().ok());
        1024 * kibibytes.expect("a line `VmRSS: 123 kB`")
    }

    /// Reads the memory after [`EARLY`] steps and at the end.
    #[derive(Default)]
    struct Watch {
        early: u64,
        late: u64,
    }

    impl Reporter for Watch {
        fn step(&mut self, report: StepReport) {
            match report.step {
                EARLY => self.early = resident_bytes(),
                STEPS => self.late = resident_bytes(),
                _ => {}
            }
        }

        fn say(&mut self, _: &str) {}
    }

    fn watch<N, E>(network: N, mut config: RunConfig, examples: &E)
    where
        N: Network,
        E: Examples<Batch = N::Batch>,
    {
        let device = Backend::compiled()[0].device().unwrap();
        let per_epoch = examples.count().div_ceil(BATCH);
        config.training.batch_size = BATCH;
        config.training.epochs = STEPS as usize / per_epoch;
        let mut memory = Watch::default();
        let around = Surroundings {
            config: &config,
            objective: &Objective::default(),
            train: examples,
            // A look at the end of each epoch: evaluation must keep nothing either.
            dev: examples,
            device: &device,
            checkpoints: None,
            metrics: None,
            stop: &AtomicBool::new(false),
            clock: &WallClock::start(),
            identity: &serde_json::Value::Null,
        };
        learning::train(&mut Trainer::new(network), around, &mut memory).unwrap();
        let Watch { early, late } = memory;
        let name = config.model.name();
        println!("{name}: {early} bytes after {EARLY} steps, {late} after {STEPS}");
        assert!(
            early > 0 && late > 0,
            "the run was shorter than {STEPS} steps"
        );
        assert!(
            late <= early + SLACK,
            "{name}: {early} bytes after {EARLY} steps, {late} after {STEPS}"
        );
    }

    fn below(stream: &str, index: usize, n: u64) -> u64 {
        random::below(5, random::stream(stream), index as u64, n)
    }

    /// Documents of very different lengths, so that every step asks for other sizes.
    fn texts() -> Texts {
        let document = |number: usize| -> Vec<u32> {
            let length = below("length", number, 60);
            (0..length)
                .map(|place| below("word", 100 * number + place as usize, WORDS) as u32)
                .collect()
        };
        Texts {
            documents: (0..400).map(document).collect(),
            labels: (0..400)
                .map(|number| below("label", number, 3) as u32)
                .collect(),
        }
    }

    fn images() -> Images {
        Images {
            pixels: (0..400 * 28 * 28)
                .map(|i| below("pixel", i, 256) as u8)
                .collect(),
            channels: 1,
            height: 28,
            width: 28,
            labels: (0..400)
                .map(|number| below("digit", number, 10) as u32)
                .collect(),
        }
    }

    /// One after another: the memory of a process is one figure.
    #[test]
    fn a_thousand_steps_hold_no_more_than_two_hundred() {
        let device = Backend::compiled()[0].device().unwrap().autodiff();
        let settings = |model, pairs: &[&str]| {
            pairs
                .iter()
                .fold(RunConfig::defaults(model, "phrases"), |config, pair| {
                    config.with_pair(pair).unwrap()
                })
        };
        let config = settings(ModelKind::Lenet5, &[]);
        let network = assembly::lenet5(&config, 1, 10, &device).unwrap();
        watch(network, config, &images());

        let small = ["textcnn.dimension=16", "textcnn.filters=16"];
        let config = settings(ModelKind::Textcnn, &small);
        let network = assembly::textcnn(&config, WORDS as usize, None, 3, &device).unwrap();
        watch(network, config, &texts());

        let small = ["dpcnn.dimension=16", "dpcnn.feature_maps=16"];
        let config = settings(ModelKind::Dpcnn, &small);
        let network = assembly::dpcnn(&config, WORDS as usize, None, 3, &device).unwrap();
        watch(network, config, &texts());
    }
}
