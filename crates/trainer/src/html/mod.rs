//! Pages that stand alone: one file, no network, light and dark, and nothing that data holds can run in them.
//!
//! Three walls, each enough by itself:
//!
//! 1. text reaches a page through [`escape`], or as JSON through [`Page::data`], where no `<` is left;
//! 2. scripts put it into the page as text and never as markup;
//! 3. the page's content security policy allows exactly its own style and script, named by their hashes, and no address at all: what
//!    slipped through the first two would neither run nor call home.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// What all pages share: colours of both schemes, type, tables, cards.
const STYLE: &str = include_str!("page.css");

/// A page to be written.
#[derive(Debug, Default)]
pub struct Page<'a> {
    /// Its title, as text.
    pub title: &'a str,
    /// Its own style, after the one that all pages share.
    pub style: &'a str,
    /// What it shows before a script has run: markup, whose texts went through [`escape`].
    pub body: &'a str,
    /// JSON for its script, from [`json`], under the id `data`; empty for none.
    pub data: &'a str,
    /// Its script; empty for none.
    pub script: &'a str,
}

impl Page<'_> {
    /// The whole file.
    pub fn render(&self) -> String {
        let style = format!("{STYLE}{}", self.style);
        let policy = format!(
            "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
            hash_source(&style),
            hash_source(self.script),
        );
        let data = match self.data {
            "" => String::new(),
            json => format!("<script type=\"application/json\" id=\"data\">{json}</script>\n"),
        };
        let script = match self.script {
            "" => String::new(),
            script => format!("<script>{script}</script>\n"),
        };
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>{}</title>\n<style>{style}</style>\n</head>\n<body>\n{}\n{data}{script}</body>\n</html>\n",
            escape(self.title),
            self.body,
        )
    }
}

/// The name of an inline style or script in a content security policy.
fn hash_source(text: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(text.as_bytes())))
}

/// Bytes in the alphabet of RFC 4648, section 4, padded.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let number = (0..3).fold(0u32, |n, i| {
            n << 8 | u32::from(three.get(i).copied().unwrap_or(0))
        });
        for place in 0..4 {
            text.push(match place <= three.len() {
                true => ALPHABET[(number >> (18 - 6 * place)) as usize & 63] as char,
                false => '=',
            });
        }
    }
    text
}

/// Text as markup that shows it: also fit for a quoted attribute. Characters that cannot be seen are shown, see [`visible`].
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Text whose control characters and marks of direction are written out as `\u{202e}`: in a page or a terminal they would hide,
/// turn round or break what stands beside them. Line breaks and tabs become blanks.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if is_hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Whether a character is not seen, or changes how others are seen: controls, marks and overrides of direction, joiners
/// and other characters without width, tags, and code points that are no characters.
pub(crate) fn is_hidden(c: char) -> bool {
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
///
/// # Panics
///
/// If the value is no JSON: a map whose keys are no texts.
pub fn json<T: Serialize>(value: &T) -> String {
    let json = serde_json::to_string(value).expect("values of pages are JSON");
    // Only texts can hold these characters, and there the escape means the same.
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}
