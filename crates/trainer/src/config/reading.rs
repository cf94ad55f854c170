//! How a user's own files are read: the settings under `reading`, as they were given.
//!
//! What is not given stays `auto`: it is guessed from the files, and said, each time they are read.

use std::fmt;
use std::str::FromStr;

use datasets::{Encoding, Language, OpenOptions};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// From files to rows. Known and generated sets are read as they are published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReadingConfig {
    /// Column of the text, several with commas between; empty = guessed.
    pub text_column: String,
    /// Column of the label; empty = guessed.
    pub label_column: String,
    /// Encoding, by a name of the WHATWG list; `auto` = guessed.
    pub encoding: Guessed<Encoding>,
    /// What parts columns: one character, or `tab`; `auto` = guessed.
    pub separator: Guessed<char>,
    /// Whether double quotes enclose fields: `yes`, `no`; `auto` = guessed.
    pub quoting: Guessed<bool>,
    /// Whether the first row names the columns: `yes`, `no`; `auto` = guessed.
    pub header: Guessed<bool>,
    /// `english`, `chinese` or `other`; `auto` = guessed.
    pub language: Guessed<Language>,
    /// Share of rows or pictures, in percent, that may be unreadable.
    pub bad_rows: f64,
    /// Folder of the known sets; empty = `$CNN_DATA`, else the platform's cache folder.
    pub data_dir: String,
}

impl Default for ReadingConfig {
    fn default() -> Self {
        Self {
            text_column: String::new(),
            label_column: String::new(),
            encoding: Guessed(None),
            separator: Guessed(None),
            quoting: Guessed(None),
            header: Guessed(None),
            language: Guessed(None),
            bad_rows: 1.0,
            data_dir: String::new(),
        }
    }
}

impl ReadingConfig {
    /// Lays these settings over what the data crate is asked for; a folder of known sets that is named there stays.
    pub fn lay_over(&self, options: OpenOptions) -> OpenOptions {
        let given = |text: &String| (!text.is_empty()).then(|| text.clone());
        OpenOptions {
            text_column: given(&self.text_column),
            label_column: given(&self.label_column),
            encoding: self.encoding.0,
            separator: self.separator.0,
            quoting: self.quoting.0,
            header: self.header.0,
            language: self.language.0,
            bad_rows: Some(self.bad_rows),
            data_dir: options
                .data_dir
                .or_else(|| given(&self.data_dir).map(Into::into)),
            ..options
        }
    }
}

/// A choice that is guessed from the file unless it is made; `auto` in writing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guessed<T>(pub Option<T>);

/// A choice as one word.
pub trait Word: Sized {
    /// What is expected, for messages.
    const EXPECTED: &'static str;

    /// The choice of that word.
    fn of_word(word: &str) -> Option<Self>;

    /// The word of this choice.
    fn word(&self) -> String;
}

impl Word for Encoding {
    const EXPECTED: &'static str = "an encoding such as utf-8, utf-16, latin1, windows-1252, gb18030 (and the others of the WHATWG list)";

    fn of_word(word: &str) -> Option<Self> {
        Self::for_label(word)
    }

    fn word(&self) -> String {
        self.to_string()
    }
}

impl Word for char {
    const EXPECTED: &'static str = "one ASCII character, or `tab`; no quote and no line end";

    fn of_word(word: &str) -> Option<Self> {
        let mut characters = word.chars();
        match (word, characters.next(), characters.next()) {
            ("tab" | "\\t", _, _) => Some('\t'),
            (_, Some(one), None) if one.is_ascii() && !"\"\n\r\0".contains(one) => Some(one),
            _ => None,
        }
    }

    fn word(&self) -> String {
        match self {
            '\t' => "tab".to_owned(),
            one => one.to_string(),
        }
    }
}

impl Word for bool {
    const EXPECTED: &'static str = "yes or no";

    fn of_word(word: &str) -> Option<Self> {
        match word {
            "yes" | "true" => Some(true),
            "no" | "false" => Some(false),
            _ => None,
        }
    }

    fn word(&self) -> String {
        if *self { "yes" } else { "no" }.to_owned()
    }
}

impl Word for Language {
    const EXPECTED: &'static str = "english, chinese or other";

    fn of_word(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "english" | "en" => Some(Self::English),
            "chinese" | "zh" => Some(Self::Chinese),
            "other" => Some(Self::Other),
            _ => None,
        }
    }

    fn word(&self) -> String {
        match self {
            Self::English => "english",
            Self::Chinese => "chinese",
            Self::Other => "other",
        }
        .to_owned()
    }
}

impl<T: Word> FromStr for Guessed<T> {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "auto" => Ok(Self(None)),
            word => match T::of_word(word) {
                Some(choice) => Ok(Self(Some(choice))),
                None => Err(format!(
                    "expected {}, or auto to have it guessed",
                    T::EXPECTED
                )),
            },
        }
    }
}

impl<T: Word> fmt::Display for Guessed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(choice) => f.write_str(&choice.word()),
            None => f.write_str("auto"),
        }
    }
}

impl<T: Word> Serialize for Guessed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T: Word> Deserialize<'de> for Guessed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        word.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ConfigError, ModelKind, RunConfig};

    #[test]
    fn what_was_given_comes_back_and_the_rest_stays_a_guess() {
        let config = RunConfig::defaults(ModelKind::Textcnn, "own.csv");
        let given = [
            "reading.text_column=title,body",
            "reading.label_column=3",
            "reading.encoding=GBK",
            "reading.separator=\\t",
            "reading.quoting=no",
            "reading.header=true",
            "reading.language=zh",
            "reading.bad_rows=5",
        ];
        let given = given
            .iter()
            .try_fold(config.clone(), |config, pair| config.with_pair(pair));
        let given = given.unwrap();
        let text = given.to_toml();
        let back = RunConfig::from_toml(&text, "config.toml").unwrap();
        assert_eq!(back, given, "{text}");
        let options = back.reading.lay_over(OpenOptions::default());
        assert_eq!(options.text_column.as_deref(), Some("title,body"));
        assert_eq!(options.label_column.as_deref(), Some("3"));
        assert_eq!(options.encoding, Encoding::for_label("gbk"));
        assert_eq!(
            (options.separator, options.quoting),
            (Some('\t'), Some(false))
        );
        assert_eq!(
            (options.header, options.language),
            (Some(true), Some(Language::Chinese))
        );
        assert_eq!(options.bad_rows, Some(5.0));
        let guessed = config.reading.lay_over(OpenOptions::default());
        assert_eq!(
            (guessed.text_column, guessed.encoding, guessed.header),
            (None, None, None)
        );
    }

    #[test]
    fn every_choice_comes_back_from_its_word() {
        for separator in [',', ';', '|', '\t', ' '] {
            assert_eq!(char::of_word(&separator.word()), Some(separator));
        }
        for name in [
            "utf-8",
            "utf-16",
            "utf-16be",
            "latin1",
            "windows-1252",
            "gb18030",
            "big5",
        ] {
            let encoding = Encoding::for_label(name).unwrap();
            assert_eq!(
                Encoding::of_word(&encoding.word()),
                Some(encoding),
                "{name}"
            );
        }
    }

    #[test]
    fn a_run_from_before_these_settings_is_read_with_guesses() {
        let config = RunConfig::defaults(ModelKind::Textcnn, "own.csv");
        let text = config.to_toml();
        let (front, section) = text.split_once("[reading]").unwrap();
        let behind = section.find("\n[").map_or("", |at| &section[at..]);
        let old = format!("{front}{behind}");
        assert_eq!(RunConfig::from_toml(&old, "config.toml"), Ok(config));
    }

    #[test]
    fn a_wrong_word_says_what_is_expected() {
        for pair in [
            "reading.encoding=klingon",
            "reading.separator=ab",
            "reading.quoting=maybe",
            "reading.language=latin",
            "reading.bad_rows=101",
            "reading.bad_rows=nan",
        ] {
            let config = RunConfig::defaults(ModelKind::Textcnn, "own.csv");
            let error = config.with_pair(pair).unwrap_err();
            let expected =
                matches!(&error, ConfigError::Value { reason, .. } if reason.contains("expected"));
            assert!(expected, "{pair}: {error}");
        }
    }
}
