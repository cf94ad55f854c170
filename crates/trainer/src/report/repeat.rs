//! How to make the run again, and what it was made with.

use super::figures::{duration, grouped};
use super::{Markup, Material};

/// The section.
pub(super) fn section(page: &mut Markup, material: &Material) {
    let (result, environment) = (&material.result, &material.environment);
    page.put(
        "<section id=\"repeat\"><h2>How to repeat it</h2><p>In the folder of this run, with the same data at the same place:</p>\
         <pre>cnn train {} --config config.toml --out AGAIN</pre><p>The same seed, data and settings give the same bits of every weight on \
         the same backend, for any number of threads. To use the network, and to compare it with another run:</p>\
         <pre>cnn predict --run . \"a text, or the path of an image\"\ncnn report --compare . OTHER-RUN</pre><div class=\"wide\"><table><tbody>",
        &[&result.model],
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
