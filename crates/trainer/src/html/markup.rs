//! HTML by one door: markup comes from the program's own source, and everything else is shown as text.
//!
//! A template is a `&'static str`, so that no text of a user can be one; each `{}` in it takes a value, which is escaped. A
//! value cannot end a tag, an attribute in double quotes, a style or a script. Characters that would not be seen, or would
//! turn the line around, are shown by their number instead.

use super::show;
use std::fmt::{self, Display, Write};

/// A piece of HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markup(String);

impl Markup {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A template with its values.
    pub fn of(template: &'static str, values: &[&dyn Display]) -> Self {
        let mut markup = Self::new();
        markup.put(template, values);
        markup
    }

    /// Appends a template, each `{}` replaced by the next value, escaped.
    ///
    /// # Panics
    /// When there are not as many values as places: a mistake in the program, which any page shows.
    pub fn put(&mut self, template: &'static str, values: &[&dyn Display]) -> &mut Self {
        fill(&mut self.0, template, values, html);
        self
    }

    /// Appends markup.
    pub fn add(&mut self, other: &Self) -> &mut Self {
        self.0.push_str(&other.0);
        self
    }

    /// The HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Appends a template, each `{}` replaced by the next value, each character of which goes through `escape` where it can be
/// seen, and is shown by its number where it cannot.
///
/// # Panics
/// When there are not as many values as places.
pub(crate) fn fill(
    into: &mut String,
    template: &'static str,
    values: &[&dyn Display],
    escape: fn(char, &mut String),
) {
    let mut pieces = template.split("{}");
    into.push_str(pieces.next().unwrap_or_default());
    let mut values = values.iter();
    for piece in pieces {
        let value = values.next().expect("a value for each place of a template");
        write!(Escaped { into, escape }, "{value}").expect("a string takes all");
        into.push_str(piece);
    }
    assert!(
        values.next().is_none(),
        "a place for each value of {template}"
    );
}

/// Escapes what is written to it.
struct Escaped<'a> {
    into: &'a mut String,
    escape: fn(char, &mut String),
}

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            match c {
                '\n' | '\t' => (self.escape)(c, self.into),
                c => show(c, self.into, self.escape),
            }
        }
        Ok(())
    }
}

fn html(c: char, into: &mut String) {
    match c {
        '&' => into.push_str("&amp;"),
        '<' => into.push_str("&lt;"),
        '>' => into.push_str("&gt;"),
        '"' => into.push_str("&quot;"),
        '\'' => into.push_str("&#39;"),
        c => into.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_text_wherever_it_stands() {
        for attack in [
            "<script>alert(1)</script>",
            "</style><script>x</script>",
            "\" onmouseover=\"alert(1)",
            "' onload='alert(1)",
            "<img src=x onerror=alert(1)>",
            "<!-- -->",
            "&lt;already&gt;",
            "{}",
        ] {
            let page = Markup::of("<p title=\"{}\">{}</p>", &[&attack, &attack]);
            let inner = &page.as_str()["<p title=\"".len()..page.as_str().len() - "</p>".len()];
            let (attribute, text) = inner.split_once("\">").unwrap();
            for shown in [attribute, text] {
                assert!(!shown.contains(['<', '>', '"', '\'']), "{attack}: {shown}");
                let back = shown
                    .replace("&lt;", "<")
                    .replace("&gt;", ">")
                    .replace("&quot;", "\"")
                    .replace("&#39;", "'")
                    .replace("&amp;", "&");
                assert_eq!(back, attack);
            }
        }
    }

    #[test]
    fn what_cannot_be_seen_is_shown_by_its_number() {
        let text = "a\u{202e}b\u{0}c\u{200b}d\u{1b}[31m\u{feff}\u{e0041}\r\n\u{85}\u{ffff}";
        let page = Markup::of("{}", &[&text]);
        assert_eq!(
            page.as_str(),
            "a[U+202E]b[U+0000]c[U+200B]d[U+001B][31m[U+FEFF][U+E0041][U+000D]\n[U+0085][U+FFFF]"
        );
        // Letters of every script, combining marks, and the joiner that families of emoji need, stay.
        let plain = "é é 天气 مرحبا हिन्दी 👩‍👩‍👧 \u{a0}";
        assert_eq!(Markup::of("{}", &[&plain]).as_str(), plain);
    }

    #[test]
    #[should_panic(expected = "a value for each place")]
    fn a_place_without_a_value_is_a_mistake() {
        let _ = Markup::of("{} {}", &[&1]);
    }
}
