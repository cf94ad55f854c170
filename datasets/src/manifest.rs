//! The manifests of the known sets: which files, from where, with which hash, read how.
//!
//! A known set is one TOML file under `manifests/`, embedded in the program. To add one in a format that the
//! readers know:
//!
//! 1. write `manifests/NAME.toml` after the model of the others: labels in the order of their numbers, and for
//!    each file its part, [`Format`], encoding, size, SHA-256 and addresses (a tag or commit, not a branch);
//! 2. add its line to `EMBEDDED`, below;
//! 3. add a test to `tests/real_sets.rs` that holds its rows, classes and duplicates.
//!
//! A new format is a new variant of [`Format`], a reader under `readers/` with tests of malformed files, and its
//! line in `known.rs`.

use serde::Deserialize;

use crate::example::Language;
use crate::readers::Encoding;

/// The embedded manifests, in the order in which they are listed.
const EMBEDDED: [(&str, &str); 7] = [
    ("mnist", include_str!("../manifests/mnist.toml")),
    ("mr", include_str!("../manifests/mr.toml")),
    ("sst2", include_str!("../manifests/sst2.toml")),
    ("trec", include_str!("../manifests/trec.toml")),
    ("thucnews", include_str!("../manifests/thucnews.toml")),
    ("imdb", include_str!("../manifests/imdb.toml")),
    ("sms_spam", include_str!("../manifests/sms_spam.toml")),
];

/// What a set's rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Texts.
    Text,
    /// Grey images.
    Image,
}

/// Which part of a set a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Training rows.
    Train,
    /// Dev rows.
    Dev,
    /// Test rows.
    Test,
    /// Several parts in one archive.
    All,
}

/// How the bytes of a file become rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// One text a line, all of the file's one `label`.
    Lines,
    /// `label text`: the class number, one blank, the text.
    LabelText,
    /// `label TAB text`: the class name, a tab, the text.
    LabelTabText,
    /// `text TAB label`: the text, a tab, the class number.
    TextTabLabel,
    /// IDX images, gzip or plain.
    IdxImages,
    /// IDX labels, gzip or plain.
    IdxLabels,
    /// `aclImdb/{train,test}/{neg,pos}/*.txt` in one tar.gz.
    AclImdb,
}

/// One public address of a file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// An http or https address.
    pub url: String,
    /// Where the address is a zip or tar.gz archive: the member that is the file.
    pub member: Option<String>,
}

/// Another packing of the same rows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repacked {
    /// File name inside the set's folder.
    pub path: String,
    /// SHA-256 of that packing, hexadecimal.
    pub sha256: String,
}

/// One file of a known set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetFile {
    /// File name inside the set's folder.
    pub path: String,
    /// Which part it holds.
    pub part: Part,
    /// Where two files could be the same part: the name of the choice.
    pub variant: Option<String>,
    /// How it is read.
    pub format: Format,
    /// Class name of all rows, for [`Format::Lines`].
    pub label: Option<String>,
    /// How bytes become characters.
    #[serde(default)]
    pub encoding: Encoding,
    /// Size of the file.
    pub bytes: u64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Where it can be fetched, best first.
    pub urls: Vec<Address>,
    /// Other packings of the same rows that are read as well; never fetched.
    #[serde(default)]
    pub repacked: Vec<Repacked>,
}

/// Published rows of each part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// Training rows (all rows, where the set has no split).
    pub train: usize,
    /// Dev rows; 0 if none are published.
    #[serde(default)]
    pub dev: usize,
    /// Test rows; 0 if none are published.
    #[serde(default)]
    pub test: usize,
}

/// A known set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Short name, also the folder inside the data folder.
    pub name: String,
    /// Full name.
    pub title: String,
    /// Texts or images.
    pub kind: Kind,
    /// Language of the texts.
    pub language: Option<Language>,
    /// The authors' page.
    pub homepage: String,
    /// Terms of use, as far as they are stated.
    pub licence: String,
    /// What to cite.
    pub citation: String,
    /// Class names in the order of the class numbers.
    pub labels: Vec<String>,
    /// Published rows.
    pub rows: Rows,
    /// Folds of the cross-validation by which the set is judged, where no test part is published.
    pub folds: Option<usize>,
    /// The files.
    pub files: Vec<SetFile>,
}

/// A manifest that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not TOML, a key is missing or unknown, or a value has the wrong type.
    #[error("the manifest does not parse: {reason}")]
    Syntax {
        /// The parser's words, with line and column.
        reason: String,
    },
    /// A value that parses but makes no sense.
    #[error("manifest of `{set}`: {what}")]
    Content {
        /// The set.
        set: String,
        /// What is wrong with it.
        what: String,
    },
}

impl Manifest {
    /// Parses and checks the text of a manifest.
    ///
    /// # Errors
    ///
    /// [`ManifestError`] if it is no TOML of this shape, if a file's path would leave the set's folder, if a
    /// hash is no SHA-256, if a label is unknown, or if there is no class or no file.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let manifest: Self = toml::from_str(text).map_err(|error| ManifestError::Syntax {
            reason: error.to_string(),
        })?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), ManifestError> {
        let wrong = |what: String| {
            Err(ManifestError::Content {
                set: self.name.clone(),
                what,
            })
        };
        if !is_plain_name(&self.name) {
            return wrong(format!("the name `{}` is no plain folder name", self.name));
        }
        if self.labels.is_empty() || self.files.is_empty() {
            return wrong("it needs at least one label and one file".into());
        }
        for file in &self.files {
            let packings = file
                .repacked
                .iter()
                .map(|other| (&other.path, &other.sha256));
            for (path, sha256) in packings.chain([(&file.path, &file.sha256)]) {
                if !is_plain_name(path) {
                    return wrong(format!("the path `{path}` is no plain file name"));
                }
                if sha256.len() != 64
                    || !sha256
                        .bytes()
                        .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
                {
                    return wrong(format!(
                        "`{sha256}` of `{path}` is no SHA-256 in lower-case hexadecimal"
                    ));
                }
            }
            if file.format == Format::Lines
                && !file.label.as_ref().is_some_and(|l| self.labels.contains(l))
            {
                return wrong(format!(
                    "`{}` holds bare lines and needs one of the set's labels",
                    file.path
                ));
            }
        }
        Ok(())
    }

    /// The names of the choices among files of one part, in the manifest's order (the first is the default).
    pub fn variants(&self) -> Vec<&str> {
        self.files
            .iter()
            .filter_map(|file| file.variant.as_deref())
            .collect()
    }
}

/// Whether `name` is one path component that names something inside its folder.
fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', ':', '\0'])
}

/// The manifest of a known set; `None` if no set has that name.
pub fn manifest(name: &str) -> Option<Manifest> {
    let (_, text) = EMBEDDED.iter().find(|(known, _)| *known == name)?;
    Some(Manifest::parse(text).expect("embedded manifests parse: a test reads each of them"))
}

/// The manifests of all known sets.
pub fn manifests() -> Vec<Manifest> {
    EMBEDDED
        .iter()
        .filter_map(|(name, _)| manifest(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_manifest_parses_under_its_own_name() {
        for (name, text) in EMBEDDED {
            let manifest = Manifest::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(manifest.name, name);
            assert_eq!(
                manifest.language.is_some(),
                manifest.kind == Kind::Text,
                "{name}"
            );
            for file in &manifest.files {
                assert!(file.bytes > 0, "{name}/{}", file.path);
                assert!(
                    file.urls
                        .iter()
                        .all(|address| address.url.starts_with("https://")),
                    "{name}"
                );
                assert!(!file.urls.is_empty(), "{name}/{}", file.path);
            }
        }
    }

    #[test]
    fn a_path_that_leaves_the_folder_is_refused() {
        let text = include_str!("../manifests/sms_spam.toml");
        for path in [
            "../SMSSpamCollection",
            "/etc/passwd",
            "a/b",
            "C:\\\\x",
            "..",
            "",
        ] {
            let hostile = text.replacen(
                "path = \"SMSSpamCollection\"",
                &format!("path = \"{path}\""),
                1,
            );
            assert!(
                matches!(
                    Manifest::parse(&hostile),
                    Err(ManifestError::Content { .. })
                ),
                "{path}"
            );
        }
    }

    #[test]
    fn a_misspelt_key_is_named() {
        let text = include_str!("../manifests/trec.toml").replacen("bytes =", "byte =", 1);
        let error = Manifest::parse(&text).unwrap_err().to_string();
        assert!(error.contains("byte"), "{error}");
    }

    #[test]
    fn a_hash_that_is_none_is_refused() {
        let text = include_str!("../manifests/mr.toml").replacen("4ace77d5", "4ACE77D5", 1);
        assert!(matches!(
            Manifest::parse(&text),
            Err(ManifestError::Content { .. })
        ));
    }
}
