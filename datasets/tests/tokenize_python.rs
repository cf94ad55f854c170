//! Every saved tokenizer gives the same ids in Python's `tokenizers`; jieba's words are those of Python's `jieba`.
//!
//! Needs a Python that has them (`pip install tokenizers jieba`), `python3` or the one that `PYTHON` names; says aloud what
//! it skips without.

use std::io::Write;
use std::process::{Command, Stdio};

use datasets::tokenize::{TokenizerSource, VocabularyOptions};

const TEXTS: [&str; 8] = [
    "The goodness of the film is its goodness, isn\u{2019}t it? DON'T!",
    "a bad film <br />badly made; the badness of it: caf\u{e9} na\u{ef}ve \u{130}stanbul",
    "\u{8bcd}\u{6c47}\u{9605}\u{8bfb}\u{662f}\u{5173}\u{952e} 08\u{5e74}\u{8003}\u{7814}\u{6691}\u{671f}\u{82f1}\u{8bed}\u{590d}\u{4e60}\u{5168}\u{6307}\u{5357}",
    "\u{4e2d}\u{56fd}\u{4eba}\u{6c11}\u{5927}\u{5b66}2010\u{5e74}\u{4e0a}\u{6d77}\u{8003}\u{7814}OK\u{ff0c}\u{6d89}\u{53ca}3.5%\u{7684}\u{5b66}\u{751f}\u{3002}",
    "\u{6211}\u{6765}\u{5230}\u{5317}\u{4eac}\u{6e05}\u{534e}\u{5927}\u{5b66}",
    "[UNK] [PAD] \u{2581}x \u{1f600}\u{200d}\u{fe0f} \u{3a3}\u{3a3} 1/2",
    "",
    " \n\t\u{3000}",
];

/// Reads `[tokenizer.json, cut by jieba before, [texts]]` and answers with the ids of each text.
const SCRIPT: &str = r#"
import json, sys
from tokenizers import Tokenizer
for line in sys.stdin:
    file, cut, texts = json.loads(line)
    tokenizer = Tokenizer.from_str(file)
    if cut:
        import jieba
        jieba.setLogLevel(60)
        texts = ["\x1f".join(jieba.cut(text)) for text in texts]
    print(json.dumps([tokenizer.encode(text).ids for text in texts]))
"#;

#[test]
fn python_gives_the_same_ids() {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = |module: &str| {
        let import = format!("import {module}");
        let run = Command::new(&python)
            .args(["-c", &import])
            .stderr(Stdio::null())
            .status();
        run.is_ok_and(|status| status.success())
    };
    if !has("tokenizers") {
        eprintln!("SKIPPED: {python} has no `tokenizers`; PYTHON names a Python that has");
        return;
    }
    let names: Vec<&str> = TokenizerSource::names()
        .into_iter()
        .filter(|name| *name != "jieba" || has("jieba"))
        .collect();
    let tokenizers: Vec<_> = (names.iter())
        .map(|name| {
            let source: TokenizerSource = name.parse().unwrap();
            // Half of the texts, so that the others hold unknown tokens.
            source
                .open(&TEXTS[..4], &VocabularyOptions::default())
                .unwrap()
        })
        .collect();
    let mut input = tempfile::tempfile().unwrap();
    for (name, tokenizer) in names.iter().zip(&tokenizers) {
        let line = serde_json::json!([tokenizer.to_json(), *name == "jieba", TEXTS]);
        writeln!(input, "{line}").unwrap();
    }
    std::io::Seek::rewind(&mut input).unwrap();
    let answer = Command::new(&python)
        .args(["-c", SCRIPT])
        .stdin(input)
        .output()
        .unwrap();
    assert!(
        answer.status.success(),
        "{}",
        String::from_utf8_lossy(&answer.stderr)
    );
    let answer = String::from_utf8(answer.stdout).unwrap();
    assert_eq!(answer.lines().count(), names.len());
    for ((name, tokenizer), line) in names.iter().zip(&tokenizers).zip(answer.lines()) {
        let theirs: Vec<Vec<u32>> = serde_json::from_str(line).unwrap();
        for (text, ids) in TEXTS.iter().zip(theirs) {
            assert_eq!(tokenizer.encode(text), ids, "{name}: {text:?}");
        }
    }
}
