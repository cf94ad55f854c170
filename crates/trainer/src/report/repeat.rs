//! How to make the run again, and what it was made with.

use super::Material;
use super::figures::{duration, grouped};
use crate::html::Markup;
use crate::run::quoted;
use crate::run_folder::RunFile;

/// The command that makes the run again: all that was given, how the data are read included, lies in its `config.toml`.
pub(super) fn command(material: &Material) -> String {
    let config = material.folder.join(RunFile::Config.name());
    let backend = match material.environment.backend.as_str() {
        "flex" => String::new(),
        other => format!(" --backend {}", quoted(other)),
    };
    let clock = material.result.train.in_place_of_the_clock();
    let clock = clock.map(|steps| format!(" {steps} --set training.time_budget=0"));
    format!(
        "cnn train {} --config {}{backend}{}",
        material.result.model,
        quoted(&config.display().to_string()),
        clock.unwrap_or_default()
    )
}

/// The section.
pub(super) fn section(page: &mut Markup, material: &Material) {
    let (result, environment) = (&material.result, &material.environment);
    let run = quoted(&material.folder.display().to_string());
    page.put(
        "<section id=\"repeat\"><h2>How to repeat it</h2><p>From the folder where the run was started, with the same data at the same place:</p>\
         <pre>{}</pre><p>The same seed, data and settings give the same bits of every weight on \
         the same backend, for any number of threads. To use the network, and to compare it with another run:</p>\
         <pre>cnn predict --run {} \"a text, or the path of an image\"\ncnn report --compare {} OTHER-RUN</pre><div class=\"wide\"><table><tbody>",
        &[&command(material), &run, &run],
    );
    let training = &material.config.training;
    let optimizer = &material.config.optimizer;
    let train = &result.train;
    let rows = [
        ("seed", result.seed.to_string()),
        (
            "epochs asked, done",
            format!("{}, {}", training.epochs, train.epochs),
        ),
        ("examples per step", training.batch_size.to_string()),
        (
            "optimiser",
            format!(
                "{:?}, learning rate {}, {:?}",
                optimizer.rule, optimizer.learning_rate, optimizer.schedule
            )
            .to_lowercase(),
        ),
        (
            "training",
            format!(
                "{} steps, {}, {} examples/s",
                grouped(train.steps),
                duration(train.seconds),
                grouped(train.samples_per_s.round() as u64)
            ),
        ),
        (
            "backend",
            format!("{}, {} threads", environment.backend, environment.threads),
        ),
        (
            "processor",
            format!(
                "{}, {}",
                environment.cpu.as_deref().unwrap_or("unknown"),
                environment.instruction_set
            ),
        ),
        ("system", environment.platform.clone()),
        (
            "source",
            environment
                .git_revision
                .clone()
                .unwrap_or_else(|| "no revision known".to_owned()),
        ),
        (
            "versions",
            environment
                .versions
                .iter()
                .map(|(name, version)| format!("{name} {version}"))
                .collect::<Vec<_>>()
                .join(", "),
        ),
        ("data sha256", environment.data_sha256.clone()),
        (
            "test set sha256",
            result.test.sha256.clone().unwrap_or_default(),
        ),
    ];
    for (name, value) in rows {
        page.put(
            "<tr><td>{}</td><td class=\"left\">{}</td></tr>",
            &[&name, &value],
        );
    }
    page.put("</tbody></table></div></section>\n", &[]);
}
