//! The settings that a model starts from on a data set. `docs/src/results.md` says which were
//! tuned, on dev data, and which are the papers'.

use datasets::Language;

use super::{
    DpcnnSettings, ExamplesConfig, ImagesConfig, JudgeBy, Keep, Lenet5Settings, ModelKind,
    OptimizerConfig, ReadingConfig, Rule, RunConfig, Schedule, TextConfig, TextcnnSettings,
    TrainingConfig,
};

impl RunConfig {
    /// The seed where none is given.
    pub const DEFAULT_SEED: u64 = 1;

    /// The settings of `model` on `data`: those tuned for a known set, else those that suit most sets of that kind.
    pub fn defaults(model: ModelKind, data: &str) -> Self {
        let mut config = Self {
            model,
            data: data.to_owned(),
            seed: Self::DEFAULT_SEED,
            examples: ExamplesConfig {
                limit: 0,
                fold: 0,
                folds: 0,
                label_separator: String::new(),
                split_seed: -1,
            },
            reading: ReadingConfig::default(),
            training: TrainingConfig {
                epochs: 10,
                steps: 0,
                stop_after: 0,
                time_budget: 0.0,
                batch_size: 64,
                evaluations_per_epoch: 1,
                patience: 0,
                judge_by: JudgeBy::Auto,
                class_weights: "none".into(),
                keep: Keep::Best,
                checkpoint_seconds: 60,
            },
            optimizer: OptimizerConfig {
                rule: Rule::Adam,
                learning_rate: 1e-3,
                schedule: Schedule::Linear,
                weight_decay: 0.0,
                momentum: 0.9,
                dense: false,
            },
            text: None,
            images: None,
            lenet5: None,
            textcnn: None,
            dpcnn: None,
        };
        match model {
            ModelKind::Lenet5 => config.lenet5(data),
            ModelKind::Textcnn => config.textcnn(data),
            ModelKind::Dpcnn => config.dpcnn(data),
        }
        config
    }

    /// The settings of `model` on a user's own texts in `language`. Where words are not parted by blanks, each character is a token, and TextCNN has
    /// the settings that were tuned for headlines in Chinese: `docs/src/own-data.md` says what they are worth.
    pub fn suited_to(model: ModelKind, data: &str, language: Language) -> Self {
        let mut config = Self::defaults(model, data);
        if language == Language::Chinese
            && let Some(mut settings) = config.textcnn.take()
        {
            config.characters(&mut settings);
            config.textcnn = Some(settings);
        }
        config
    }

    /// Which of these settings are what they are because of the language of the texts, as a sentence; `None` where none is.
    pub fn chosen_by(&self, language: Language) -> Option<String> {
        let suited = Self::suited_to(self.model, &self.data, language);
        let changed = self.differences(&suited);
        let chosen = Self::defaults(self.model, &self.data).differences(&suited);
        let chosen: Vec<String> = chosen
            .into_iter()
            .filter(|(key, ..)| changed.iter().all(|(other, ..)| other != key))
            .map(|(key, _, value)| format!("{key}={value}"))
            .collect();
        (!chosen.is_empty()).then(|| {
            format!(
                "settings for texts in characters: {} (chosen by the language; to say otherwise: --set, --language)",
                chosen.join(", ")
            )
        })
    }

    /// The set that a model trains on when none is named: generated, so it needs no network and no files.
    pub const fn default_data(model: ModelKind) -> &'static str {
        match model {
            ModelKind::Lenet5 => "digits",
            ModelKind::Textcnn => "phrases",
            ModelKind::Dpcnn => "long_documents",
        }
    }

    fn lenet5(&mut self, data: &str) {
        self.images = Some(ImagesConfig::default());
        self.lenet5 = Some(Lenet5Settings {
            variant: "modern".into(),
            activation: "relu".into(),
            pooling: "max".into(),
            rubbish_penalty: 1.0,
        });
        self.training.epochs = if data == "digits" { 6 } else { 12 };
        self.optimizer.learning_rate = 2e-3;
        self.optimizer.schedule = Schedule::Cosine;
    }

    fn textcnn(&mut self, data: &str) {
        self.text = Some(text_settings());
        let mut settings = TextcnnSettings {
            variant: "rand".into(),
            dimension: 300,
            widths: vec![3, 4, 5],
            filters: 100,
            dropout: 0.5,
            // Kim's 3, for dropout that rescales while it trains.
            max_norm: 1.5,
            vector_deviation: 0.0,
        };
        self.training.batch_size = 50;
        match data {
            "thucnews" => {
                self.characters(&mut settings);
                self.training.epochs = 3;
                self.training.evaluations_per_epoch = 2;
            }
            "sst2" => {
                self.training.epochs = 4;
                self.training.evaluations_per_epoch = 4;
            }
            "imdb" => {
                self.training.epochs = 4;
                self.text.as_mut().expect("set above").vocabulary = 30_000;
            }
            "phrases" => {
                settings.dimension = 50;
                settings.filters = 50;
                self.training.epochs = 5;
            }
            "long_documents" => self.training.epochs = 4,
            _ => {}
        }
        self.textcnn = Some(settings);
    }

    fn characters(&mut self, settings: &mut TextcnnSettings) {
        settings.widths = vec![2, 3, 4];
        settings.filters = 256;
        settings.max_norm = 0.0;
        settings.vector_deviation = 0.1;
        self.optimizer.learning_rate = 3e-3;
        self.training.batch_size = 128;
    }

    fn dpcnn(&mut self, data: &str) {
        self.text = Some(text_settings());
        let mut settings = DpcnnSettings {
            region: "vectors".into(),
            region_size: 3,
            dimension: 300,
            pooled_length: "ceil".into(),
            feature_maps: 250,
            blocks: 5,
            dropout: 0.5,
            initial_deviation: 0.0,
        };
        self.training.epochs = 4;
        match data {
            "thucnews" => {
                self.training.batch_size = 128;
                self.training.epochs = 3;
                self.training.evaluations_per_epoch = 2;
                settings.blocks = 4;
            }
            "imdb" => {
                let text = self.text.as_mut().expect("set above");
                text.vocabulary = 30_000;
                text.max_tokens = 400;
                self.training.epochs = 3;
                settings.blocks = 7;
            }
            "long_documents" => {
                settings.dimension = 32;
                settings.feature_maps = 32;
                settings.blocks = 8;
                settings.dropout = 0.0;
            }
            "phrases" => {
                settings.dimension = 50;
                settings.feature_maps = 50;
                settings.blocks = 3;
            }
            _ => {}
        }
        self.dpcnn = Some(settings);
    }
}

fn text_settings() -> TextConfig {
    TextConfig {
        tokens: "auto".into(),
        vocabulary: 0,
        min_count: 1,
        max_tokens: 0,
        vectors: String::new(),
        vectors_vocabulary: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_language_chose_is_said_and_what_was_set_is_not() {
        let of = |data| RunConfig::suited_to(ModelKind::Textcnn, data, Language::Chinese);
        let config = of("own.csv");
        let known = RunConfig::defaults(ModelKind::Textcnn, "thucnews");
        assert_eq!(config.textcnn, known.textcnn);
        assert_eq!(of("thucnews"), known);
        let said = config.chosen_by(Language::Chinese).unwrap();
        assert!(said.contains("textcnn.filters=256"), "{said}");
        let config = config.with_pair("textcnn.filters=100").unwrap();
        let said = config.chosen_by(Language::Chinese).unwrap();
        assert!(!said.contains("textcnn.filters"), "{said}");
        assert!(said.contains("textcnn.widths=[2, 3, 4]"), "{said}");
        // Of a known set its name decides.
        for (config, language) in [
            (&config, Language::English),
            (&known, Language::Chinese),
            (
                &RunConfig::defaults(ModelKind::Dpcnn, "own.csv"),
                Language::Chinese,
            ),
        ] {
            assert_eq!(config.chosen_by(language), None);
        }
    }
}
