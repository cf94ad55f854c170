//! An image set as bytes in memory.

use datasets::{ImageExample, ImageSet, OpenOptions, Origin, Origins, open_image};

use super::{AssemblyError, open_options, require_examples};
use crate::config::RunConfig;
use crate::examples::Images;
use models_vision::LeNet5;

/// An image set, ready to train on.
pub struct ImageTask {
    /// The set's name.
    pub name: String,
    /// Class names.
    pub labels: Vec<String>,
    /// What is learned from.
    pub train: Images,
    /// What choices are made on.
    pub dev: Images,
    /// What is read once.
    pub test: Images,
    /// Where each image was read, in train, dev and test, and the files of which that tells.
    pub places: ([Vec<Origin>; 3], Origins),
    /// What the user should hear about the data.
    pub notes: Vec<String>,
    /// Digest of the examples.
    pub sha256: String,
    /// Whether the test part was cut off here, since the set publishes none.
    pub test_is_cut: bool,
}

impl ImageTask {
    /// Opens the set that `config` names.
    ///
    /// # Errors
    ///
    /// [`AssemblyError`] where the data cannot be read, is empty, or its images do not fit the 32 x 32 field.
    pub fn open(config: &RunConfig, base: &OpenOptions) -> Result<Self, AssemblyError> {
        let set = open_image(&config.data, &open_options(config, base))?;
        require_examples(&set.name, &[("test", set.split.test.len())])?;
        Self::of(set)
    }

    /// The same for a set that is open already; its test part may be empty.
    ///
    /// # Errors
    ///
    /// [`AssemblyError`] where the training or dev part is empty, or the images do not fit the 32 x 32 field.
    pub fn of(set: ImageSet) -> Result<Self, AssemblyError> {
        let ImageSet {
            name,
            labels,
            channels,
            height,
            width,
            split,
            notes,
            sha256,
            origins,
            test_is_cut,
            ..
        } = set;
        let parts = [("training", split.train.len()), ("dev", split.dev.len())];
        require_examples(&name, &parts)?;
        let side = LeNet5::SIDE;
        if height > side || width > side {
            let reason =
                format!("the images are {height} x {width}, LeNet-5 reads at most {side} x {side}");
            return Err(AssemblyError::Setting {
                key: "data",
                reason,
            });
        }
        let parts = [&split.train, &split.dev, &split.test];
        let places = parts.map(|part| part.iter().map(|image| image.origin).collect());
        let [train, dev, test] = [split.train, split.dev, split.test]
            .map(|part| images_of(&part, [channels, height, width]));
        Ok(Self {
            name,
            labels,
            train,
            dev,
            test,
            places: (places, origins),
            notes,
            sha256,
            test_is_cut,
        })
    }
}

/// Lays images of `[channels, height, width]` one after another.
pub fn images_of(examples: &[ImageExample], [channels, height, width]: [usize; 3]) -> Images {
    Images {
        channels,
        pixels: examples
            .iter()
            .flat_map(|example| example.pixels.iter().copied())
            .collect(),
        height,
        width,
        labels: examples.iter().map(|example| example.label).collect(),
    }
}
