//! An input to try a finished network with: what the predict command that ends a run is shown on.

use datasets::TextExample;
use datasets::readers::picture::grey_png;

use super::RunError;
use crate::config::ModelKind;
use crate::examples::Images;
use crate::run_folder::{RunFile, RunFiles, RunFolder};

/// Words of a text that are shown.
const WORDS: usize = 30;

/// Writes the first dev image into the run's folder and returns its path.
pub(super) fn of_images(folder: &RunFolder, dev: &Images) -> Result<String, RunError> {
    let first = dev.images().next().unwrap_or_default();
    if let Some(png) = grey_png(first, dev.width, dev.height) {
        folder.write(RunFile::Sample, &png)?;
    }
    Ok(path(folder.files()))
}

/// The beginning of the first dev text, on one line.
pub(super) fn of_texts(dev: &[TextExample]) -> String {
    let text = dev.first().map_or("", |example| &example.text);
    let words: Vec<&str> = text.split_whitespace().take(WORDS).collect();
    words.join(" ").replace(char::is_control, "")
}

/// What is at hand where the data are not opened again.
pub(super) fn of_finished(files: &RunFiles, model: ModelKind) -> String {
    if model.reads_images() {
        path(files)
    } else {
        "some text".to_owned()
    }
}

fn path(files: &RunFiles) -> String {
    files.path(RunFile::Sample).display().to_string()
}
