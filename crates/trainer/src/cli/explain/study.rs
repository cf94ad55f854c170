//! `cnn explain --filters` and `--faithfulness`: what needs a data set and not a text.

use std::io::Write;

use serde_json::json;

use super::ExplainArgs;
use crate::assembly::TextTask;
use crate::cli::CliError;
use crate::explain::{
    Areas, Estimate, FilterProfile, ToProbabilities, faithfulness as measure, filter_profiles,
};
use crate::frozen::Frozen;
use crate::html::visible;
use crate::prediction::Predictor;

/// Filters shown for each class.
const FILTERS: usize = 5;

/// Shows the n-grams that each filter fires on most.
pub fn filters(
    args: &ExplainArgs,
    predictor: &Predictor,
    class: Option<usize>,
) -> Result<(), CliError> {
    let (tokenizer, network) = predictor.text_network()?;
    let Frozen::TextCnn(network) = network else {
        let text =
            "the filters of a dpcnn read other filters, not n-grams; --filters is for a textcnn";
        return Err(CliError::Usage(text.to_owned()));
    };
    let task = open(args, predictor)?;
    let profiles = filter_profiles(network, &task.train.documents, args.top);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    if args.json {
        for profile in &profiles {
            writeln!(out, "{}", profile.json_line(tokenizer, &predictor.labels))?;
        }
        return Ok(out.flush()?);
    }
    let text = |profile: &FilterProfile| -> String {
        let show = |ngram: &crate::explain::FilterNgram| {
            // As it stands in the text that it was met in first, else its tokens.
            let tokens = ngram.tokens(tokenizer);
            let glue = if tokens.iter().all(|t| t.chars().count() <= 1) {
                ""
            } else {
                " "
            };
            format!(
                "\"{}\" {:.2}",
                visible(tokens.join(glue).trim()),
                ngram.activation
            )
        };
        profile
            .ngrams
            .iter()
            .map(show)
            .collect::<Vec<String>>()
            .join(", ")
    };
    let classes = match class {
        Some(class) => class..class + 1,
        None => 0..predictor.labels.len(),
    };
    for class in classes {
        writeln!(out, "{}", visible(&predictor.labels[class]))?;
        let mut order: Vec<&FilterProfile> = profiles.iter().collect();
        order.sort_by(|a, b| b.strongest(class).total_cmp(&a.strongest(class)));
        for profile in order.into_iter().take(FILTERS) {
            writeln!(
                out,
                "  filter {} of width {}, weight {:+.3}, fires on {} texts: {}",
                profile.filter,
                profile.width,
                profile.class_weights[class],
                profile.texts,
                text(profile)
            )?;
        }
    }
    Ok(out.flush()?)
}

/// Measures deletion and insertion curves on test texts.
pub fn faithfulness(args: &ExplainArgs, predictor: &Predictor) -> Result<(), CliError> {
    let (_, network) = predictor.text_network()?;
    let task = open(args, predictor)?;
    let to_probabilities: ToProbabilities = match &predictor.thresholds {
        None => predictor::softmax,
        Some(_) => |_, scores, probabilities| predictor::sigmoid(scores, probabilities),
    };
    let documents = &task.test.documents;
    let found = measure(network, to_probabilities, documents, args.texts, args.seed);
    let mut out = std::io::stdout().lock();
    if args.json {
        let mut line = json!({"model": predictor.config.model.name(), "data": task.name});
        let found = json!(found);
        if let (Some(line), Some(found)) = (line.as_object_mut(), found.as_object()) {
            line.extend(found.clone());
        }
        writeln!(out, "{line}")?;
        return Ok(out.flush()?);
    }
    writeln!(
        out,
        "{} test texts of {}, seed {}; areas under the curve of the predicted class's probability, 95 % intervals",
        found.texts, task.name, found.seed
    )?;
    writeln!(
        out,
        "{:22}  deletion (small is good)    insertion (large is good)",
        "order of words"
    )?;
    let show = |e: &Estimate| format!("{:+.4} [{:+.4}, {:+.4}]", e.mean, e.ci95[0], e.ci95[1]);
    let areas = |name: &str, areas: &Areas| {
        let [deletion, insertion] = [show(&areas.deletion), show(&areas.insertion)];
        format!("{name:22}  {deletion:26}  {insertion}")
    };
    writeln!(out, "{}", areas("explanation", &found.explanation))?;
    writeln!(out, "{}", areas("occlusion", &found.occlusion))?;
    writeln!(out, "{}", areas("chance", &found.random))?;
    for (name, [deletion, insertion]) in [
        ("less chance", found.against_random),
        ("less occlusion", found.against_occlusion),
    ] {
        let name = format!("explanation {name}");
        writeln!(
            out,
            "{name:22}  {:26}  {}",
            show(&deletion),
            show(&insertion)
        )?;
    }
    Ok(out.flush()?)
}

/// The set of the run, or the one that is named, cut by the run's tokenizer.
fn open(args: &ExplainArgs, predictor: &Predictor) -> Result<TextTask, CliError> {
    let mut config = predictor.config.clone();
    if let Some(data) = &args.data.data {
        config.examples.limit = 0;
        config.data.clone_from(data);
    }
    args.data.reading.lay_over(&mut config.reading);
    let base = args.data.reading.base();
    let tokenizer = predictor.tokenizer().cloned();
    let task = TextTask::open(&config, &base, tokenizer)?;
    if !args.quiet {
        task.notes.iter().for_each(|note| eprintln!("{note}"));
    }
    Ok(task)
}
