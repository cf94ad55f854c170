//! What stands in for the parquet reader in a build without the feature `parquet`: the error that says so.

use std::path::Path;

use super::json_lines::Fields;
use super::table::Wanted;
use super::{Limits, Names, ReadError, Rows};
use crate::path::CellVisitor;

/// The error that names the feature.
pub(crate) fn guess_parquet(
    path: &Path,
    _wanted: Wanted<'_>,
    _limits: &Limits,
) -> Result<Fields, ReadError> {
    Err(ReadError::Unsupported {
        path: path.into(),
        what: "parquet is not read by this build (feature `parquet` of the crate `datasets`)"
            .into(),
    })
}

/// The error that names the feature.
pub(crate) fn visit_columns(
    path: &Path,
    _file: u32,
    _fields: &Fields,
    limits: &Limits,
    _visitor: &mut dyn CellVisitor,
) -> Result<(), ReadError> {
    guess_parquet(path, Wanted::default(), limits).map(|_| ())
}

/// The error that names the feature.
pub(crate) fn read_parquet(
    path: &Path,
    _fields: &Fields,
    _names: &mut Names,
    limits: &Limits,
) -> Result<Rows, ReadError> {
    guess_parquet(path, Wanted::default(), limits).map(|_| Rows::default())
}
