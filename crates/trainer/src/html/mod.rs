//! Pages that stand alone: one file, no network, light and dark, and nothing that data holds can run in them.
//!
//! Three walls, each enough by itself:
//!
//! 1. text reaches a page through [`Markup`], which escapes it, or as [`Json`], where no `<` is left;
//! 2. scripts put it into the page as text and never as markup;
//! 3. the page's content security policy allows exactly its own style and, if it has one, its own script, named by their hashes, pictures
//!    that the page itself holds, and no address at all: what slipped through the first two would neither run nor call home.

mod markup;

pub use markup::Markup;
pub(crate) use markup::fill;

use std::fmt::Write;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::base64;

/// What all pages share: colours of both schemes, type, tables, sections.
const STYLE: &str = include_str!("page.css");

/// A page to be written.
#[derive(Debug, Default)]
pub struct Page<'a> {
    /// Its title, as text.
    pub title: &'a str,
    /// Its own style, after the one that all pages share.
    pub style: &'static str,
    /// What it shows, or shows before its script has run.
    pub body: Markup,
    /// What its script reads, under the id `data`.
    pub data: Option<Json>,
    /// Its script; empty for none.
    pub script: &'static str,
}

impl Page<'_> {
    /// The whole file.
    pub fn render(&self) -> String {
        let style = format!("{STYLE}{}", self.style);
        let [mut allowed, mut data, mut script] = [const { String::new() }; 3];
        if let Some(Json(json)) = &self.data {
            data = format!("<script type=\"application/json\" id=\"data\">{json}</script>\n");
        }
        if !self.script.is_empty() {
            allowed = format!(" script-src '{}';", hash_source(self.script));
            script = format!("<script>{}</script>\n", self.script);
        }
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{}';{allowed} img-src data:; \
             base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <title>{}</title>\n<style>{style}</style>\n</head>\n<body>\n{}{data}{script}</body>\n</html>\n",
            hash_source(&style),
            Markup::of("{}", &[&self.title]).as_str(),
            self.body.as_str(),
        )
    }
}

/// The name of an inline style or script in a content security policy.
fn hash_source(text: &str) -> String {
    format!(
        "sha256-{}",
        base64::encode(&Sha256::digest(text.as_bytes()))
    )
}

/// Text for one line of a terminal, or for the script of a page: what cannot be seen is shown by its number, as [`Markup`] shows it,
/// and line breaks and tabs become blanks.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c => show(c, &mut out, |c, out| out.push(c)),
        }
    }
    out
}

/// Appends a character as `seen` writes it, or, where it would hide, turn round or break what stands beside it, by its number: `[U+202E]`.
fn show(c: char, out: &mut String, seen: fn(char, &mut String)) {
    match is_hidden(c) {
        true => write!(out, "[U+{:04X}]", c as u32).expect("a string takes all"),
        false => seen(c, out),
    }
}

/// Whether a character is not seen, or changes how others are seen: controls, marks and overrides of direction, joiners
/// and other characters without width, tags, and code points that are no characters.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
        || (c as u32) & 0xfffe == 0xfffe
}

/// A value as JSON that can stand inside a `<script>`: nothing in it ends the element or opens a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Json(String);

impl Json {
    /// Writes `value`.
    ///
    /// # Panics
    ///
    /// If the value is no JSON: a map whose keys are no texts.
    pub fn of<T: Serialize>(value: &T) -> Self {
        let json = serde_json::to_string(value).expect("values of pages are JSON");
        // Only texts can hold these characters, and there the escape means the same.
        let json = json
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026")
            .replace('\u{2028}', "\\u2028")
            .replace('\u{2029}', "\\u2029");
        Self(json)
    }

    /// The JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
