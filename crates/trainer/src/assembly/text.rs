//! A text set as token ids in memory, with the tokenizer that made them.

use std::sync::Arc;

use datasets::tokenize::{
    Cleaning, Tokenizer, TokenizerSource, UnknownTokenizer, VocabularyOptions,
};
use datasets::word_vectors::{TokenList, VectorOptions, WordVectors, read_word_vectors};
use datasets::{LabelSets, Language, OpenOptions, Origins, Split, TextExample, TextSet, open_text};

use super::{AssemblyError, open_options, require_examples};
use crate::config::{RunConfig, TextConfig};
use crate::examples::Texts;

/// A text set, ready to train on.
pub struct TextTask {
    /// The set's name.
    pub name: String,
    /// Class names.
    pub labels: Vec<String>,
    /// Where rows have any number of labels: those behind each row's label, which then is no class.
    pub sets: Option<Arc<LabelSets>>,
    /// How the texts fall into words.
    pub language: Language,
    /// The files that the texts were read from.
    pub origins: Origins,
    /// The texts and labels as read.
    pub split: Split<TextExample>,
    /// From text to token ids; learned from the training texts alone.
    pub tokenizer: Tokenizer,
    /// What is learned from.
    pub train: Texts,
    /// What choices are made on.
    pub dev: Texts,
    /// What is read once.
    pub test: Texts,
    /// Pre-trained vectors for the vocabulary, if the configuration names a file.
    pub vectors: Option<WordVectors>,
    /// What the user should hear about the data.
    pub notes: Vec<String>,
    /// Digest of the examples.
    pub sha256: String,
    /// Whether the test part was cut off here, since the set publishes none.
    pub test_is_cut: bool,
}

impl TextTask {
    /// Opens the set that `config` names; `tokenizer` is the one of a run that is resumed or evaluated, else one is
    /// learned from the training texts.
    ///
    /// # Errors
    ///
    /// [`AssemblyError`] where data, tokenizer or word vectors cannot be read, or a part of the split is empty.
    pub fn open(
        config: &RunConfig,
        base: &OpenOptions,
        tokenizer: Option<Tokenizer>,
    ) -> Result<Self, AssemblyError> {
        let set = open_text(&config.data, &open_options(config, base))?;
        require_examples(&set.name, &[("test", set.split.test.len())])?;
        Self::of(set, config, tokenizer)
    }

    /// The same for a set that is open already; its test part may be empty.
    ///
    /// # Errors
    ///
    /// [`AssemblyError`] where tokenizer or word vectors cannot be read, or the training or dev part is empty.
    pub fn of(
        set: TextSet,
        config: &RunConfig,
        tokenizer: Option<Tokenizer>,
    ) -> Result<Self, AssemblyError> {
        let settings = config
            .text
            .as_ref()
            .expect("text networks have text settings");
        let TextSet {
            name,
            labels,
            split,
            language,
            sets,
            mut notes,
            sha256,
            origins,
            test_is_cut,
            ..
        } = set;
        let labels = sets.as_ref().map_or(labels, |sets| sets.classes().to_vec());
        let parts = [("training", split.train.len()), ("dev", split.dev.len())];
        require_examples(&name, &parts)?;
        let tokenizer = match tokenizer {
            Some(tokenizer) => tokenizer,
            None => {
                let texts: Vec<&str> = split.train.iter().map(|row| row.text.as_str()).collect();
                learn_tokenizer(settings, &name, language, &texts, &mut notes)?
            }
        };
        let mut cut = 0;
        let [train, dev, test] = [&split.train, &split.dev, &split.test].map(|part| {
            let (texts, cut_here) = documents_of(part, &tokenizer, settings);
            cut += cut_here;
            texts
        });
        if cut > 0 {
            notes.push(format!(
                "{cut} texts are longer than {} tokens and were cut there (text.max_tokens)",
                settings.max_tokens
            ));
        }
        let vectors = read_vectors(settings, &tokenizer, &mut notes)?;
        Ok(Self {
            name,
            labels,
            sets: sets.map(Arc::new),
            language,
            origins,
            split,
            tokenizer,
            train,
            dev,
            test,
            vectors,
            notes,
            sha256,
            test_is_cut,
        })
    }
}

/// The tokenizer that `text.tokens` names; by itself the published one of a known set, or the one for the language.
fn learn_tokenizer(
    settings: &TextConfig,
    set: &str,
    language: Language,
    texts: &[&str],
    notes: &mut Vec<String>,
) -> Result<Tokenizer, AssemblyError> {
    let by_itself = settings.tokens == "auto";
    let source = if by_itself {
        TokenizerSource::Cleaning(Cleaning::for_set(set, language))
    } else {
        let parsed = settings.tokens.parse();
        parsed.map_err(|e: UnknownTokenizer| AssemblyError::Setting {
            key: "text.tokens",
            reason: e.to_string(),
        })?
    };
    let options = VocabularyOptions {
        max_size: (settings.vocabulary > 0).then_some(settings.vocabulary),
        min_count: settings.min_count as u64,
    };
    let tokenizer = source.open(texts, &options)?;
    let chosen = match by_itself {
        true => " (chosen by the set and its language; text.tokens names another)",
        false => "",
    };
    notes.push(match source {
        TokenizerSource::File(path) => format!(
            "tokens: {tokenizer} of {}, {} ids; its padding, truncation and marks around a text are left out",
            path.display(),
            tokenizer.vocabulary_size()
        ),
        _ => format!(
            "tokens: {tokenizer}{chosen}; {} known ones from the training texts",
            tokenizer.vocabulary_size().saturating_sub(2)
        ),
    });
    Ok(tokenizer)
}

/// Token ids of each text, and how many texts were cut at `text.max_tokens`.
pub fn documents_of(
    examples: &[TextExample],
    tokenizer: &Tokenizer,
    settings: &TextConfig,
) -> (Texts, usize) {
    let texts: Vec<&str> = examples
        .iter()
        .map(|example| example.text.as_str())
        .collect();
    let mut documents = tokenizer.encode_all(&texts);
    let mut cut = 0;
    if settings.max_tokens > 0 {
        for document in &mut documents {
            cut += usize::from(document.len() > settings.max_tokens);
            document.truncate(settings.max_tokens);
        }
    }
    (
        Texts {
            documents,
            labels: examples.iter().map(|example| example.label).collect(),
        },
        cut,
    )
}

fn read_vectors(
    settings: &TextConfig,
    tokenizer: &Tokenizer,
    notes: &mut Vec<String>,
) -> Result<Option<WordVectors>, AssemblyError> {
    if settings.vectors.is_empty() {
        return Ok(None);
    }
    let tokens = match settings.vectors_vocabulary.as_str() {
        "" => None,
        path => Some(
            TokenList::read(path.as_ref()).map_err(|problem| AssemblyError::Setting {
                key: "text.vectors_vocabulary",
                reason: format!("{path}: {problem}"),
            })?,
        ),
    };
    let options = VectorOptions {
        tokens,
        ..VectorOptions::default()
    };
    let vectors = read_word_vectors(settings.vectors.as_ref(), tokenizer.tokens(), &options)?;
    notes.push(format!("word vectors: {}", vectors.coverage));
    Ok(Some(vectors))
}
