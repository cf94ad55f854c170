//! `cnn explain` of a LeNet-5: a page with every map of every layer, or JSON lines.

use std::io::Write;
use std::path::{Path, PathBuf};

use datasets::readers::picture::read_picture;
use datasets::{IMAGE_SIDE, Limits};

use super::ExplainArgs;
use crate::checkpoint::{Disk, write_atomically};
use crate::cli::CliError;
use crate::cli::inputs::for_each_chunk;
use crate::examples::Images;
use crate::explain::PictureExplainer;
use crate::run::Machine;

/// Where the page goes if nobody says.
const PAGE: &str = "explain.html";

/// Runs the command for a network that reads images.
pub fn run(args: &ExplainArgs, machine: &Machine) -> Result<(), CliError> {
    if args.filters || args.faithfulness || args.class.is_some() {
        let text = "--filters, --faithfulness and --class are for networks that read text; this one reads images";
        return Err(CliError::Usage(text.to_owned()));
    }
    let explainer = PictureExplainer::open(&args.run, &machine.device)?;
    let mut written = false;
    for_each_chunk(&args.inputs, args.quiet, |paths| {
        for path in paths {
            let picture = read_picture(Path::new(&path), &explainer.reading, &Limits::default())
                .map_err(|e| CliError::failed(&e))?;
            let conversion = picture.conversion.to_string();
            let explanation = explainer.explain(&Images {
                pixels: picture.pixels,
                channels: 1,
                height: IMAGE_SIDE,
                width: IMAGE_SIDE,
                labels: vec![0],
            });
            if args.json {
                let line = explainer.json_line(&path, &explanation);
                writeln!(std::io::stdout(), "{line}")?;
            }
            if args.json && args.html.is_none() {
                continue;
            }
            if std::mem::replace(&mut written, true) {
                let text = "a page shows one picture: explain them one by one, or all with --json";
                return Err(CliError::Usage(text.to_owned()));
            }
            let page = args.html.clone().unwrap_or_else(|| PathBuf::from(PAGE));
            let name = Path::new(&path).file_name().unwrap_or_default();
            let html = explainer.page(&name.to_string_lossy(), &conversion, &explanation);
            write_atomically(&Disk, &page, html.as_bytes()).map_err(|e| CliError::failed(&e))?;
            if !args.json {
                let label = crate::html::visible(&explainer.labels[explanation.class]);
                let probability = 100.0 * explanation.probabilities[explanation.class];
                writeln!(
                    std::io::stdout(),
                    "{label} {probability:.2} %, every number of it in {}",
                    page.display()
                )?;
            }
        }
        Ok(())
    })
}
