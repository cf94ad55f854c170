//! The nearest right name for a wrong one.

/// Below this likeness (0 to 1, Jaro-Winkler) a suggestion would confuse more than help.
const LIKELY: f64 = 0.7;

/// The name of `known` that is most like `wrong`; `None` if none is like it.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&wrong, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= LIKELY)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_understood() {
        let known = [
            "mnist", "mr", "sst2", "trec", "thucnews", "imdb", "sms_spam",
        ];
        let cases = [
            ("minst", "mnist"),
            ("MNIST", "mnist"),
            ("sst", "sst2"),
            ("thuc-news", "thucnews"),
            ("sms", "sms_spam"),
        ];
        for (wrong, right) in cases {
            assert_eq!(nearest(wrong, known), Some(right), "{wrong}");
        }
        assert_eq!(nearest("quarterly-report", known), None);
        assert_eq!(nearest("", known), None);
    }
}
