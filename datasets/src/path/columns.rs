//! The columns of a user's own table that are neither text nor label: never learned from, but looked at, since one of
//! them may give the label away.

use std::path::Path;

use super::texts::{Form, decide, encoding_of, extension};
use super::{Source, look, withhold};
use crate::error::DataError;
use crate::options::OpenOptions;
use crate::readers::json_lines::visit_fields;
use crate::readers::parquet::visit_columns;
use crate::readers::table::visit_cells;

/// Who looks at cells.
pub(crate) trait CellVisitor {
    /// Whether the row of that file (counted from 0, as read), at that line or row, is looked at.
    fn wants(&mut self, file: u32, number: u64) -> bool;

    /// A cell of the row that was wanted last.
    fn cell(&mut self, column: &str, cell: &str);
}

/// Shows `visitor` the cells of every column that is neither text nor label in the files at `path`, in the order in
/// which the set is read. Folders of texts and lines without columns have none.
pub(crate) fn visit_other_columns(
    path: &Path,
    options: &OpenOptions,
    visitor: &mut dyn CellVisitor,
) -> Result<(), DataError> {
    let files = match look(path, &options.limits, |file| extension(file).is_some())? {
        Source::File(file) => [Some(file), None, None],
        Source::PartFiles(mut files) => {
            withhold(&mut files, options);
            files
        }
        Source::PartFolders(_) | Source::ClassFolders(_) => return Ok(()),
    };
    let mut form: Option<(Option<String>, Form)> = None;
    for (number, file) in (0..).zip(files.iter().flatten()) {
        let encoding = encoding_of(file, options)?;
        let kind = extension(file);
        let known = form.take().filter(|(of, _)| *of == kind);
        let decided = match known {
            Some((_, decided)) => decided,
            None => decide(file, encoding, options)?,
        };
        let limits = &options.limits;
        match &decided {
            Form::Table(layout) => visit_cells(file, number, layout, encoding, limits, visitor)?,
            Form::Json(fields) => visit_fields(file, number, fields, encoding, limits, visitor)?,
            Form::Parquet(fields) => visit_columns(file, number, fields, limits, visitor)?,
            Form::Loose(_) => {}
        }
        form = Some((kind, decided));
    }
    Ok(())
}
