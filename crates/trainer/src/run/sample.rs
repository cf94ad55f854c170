//! An input to try a finished network with: what the predict command that ends a run is shown on.

use datasets::TextExample;
use datasets::readers::picture::png;

use super::RunError;
use crate::config::ModelKind;
use crate::examples::Images;
use crate::run_folder::{RunFile, RunFiles, RunFolder};

/// Words of a text that are shown.
const WORDS: usize = 30;
/// The same for languages that do not write spaces.
const CHARACTERS: usize = 300;

/// Keeps the first dev image in the run's folder and returns its path.
pub(super) fn of_images(folder: &RunFolder, dev: &Images) -> Result<Option<String>, RunError> {
    let first = dev.images().next().unwrap_or_default();
    if let Some(png) = png(first, dev.channels, dev.height, dev.width) {
        folder.write(RunFile::SampleImage, &png)?;
    }
    Ok(of_finished(folder.files(), ModelKind::Lenet5))
}

/// Keeps the beginning of the first dev text that has one, on one line, in the run's folder and returns it.
pub(super) fn of_texts(
    folder: &RunFolder,
    dev: &[TextExample],
) -> Result<Option<String>, RunError> {
    let line = |example: &TextExample| {
        let words: Vec<&str> = example.text.split_whitespace().take(WORDS).collect();
        let line = words.join(" ").replace(char::is_control, "");
        line.chars().take(CHARACTERS).collect::<String>()
    };
    let Some(line) = dev.iter().map(line).find(|line| !line.is_empty()) else {
        return Ok(None);
    };
    folder.write(RunFile::SampleText, line.as_bytes())?;
    Ok(Some(line))
}

/// What the run kept when it began: `None` where somebody took it away.
pub(super) fn of_finished(files: &RunFiles, model: ModelKind) -> Option<String> {
    if model.reads_images() {
        let path = files.path(RunFile::SampleImage);
        path.exists().then(|| path.display().to_string())
    } else {
        std::fs::read_to_string(files.path(RunFile::SampleText)).ok()
    }
}
