//! The known name that is nearest to a mistyped one.

/// ` (did you mean `…`?)` when a known name is near enough, nothing otherwise.
pub fn hint<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> String {
    let near = known.map(|name| (distance(typed, name), name)).min();
    // One slip in three letters is a typing error; more is another word.
    match near {
        Some((steps, name)) if steps <= name.len().max(3) / 3 => {
            format!(" (did you mean `{name}`?)")
        }
        _ => String::new(),
    }
}

/// Levenshtein distance in bytes: insertions, deletions and replacements that turn `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let b = b.as_bytes();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_single_edits() {
        for (a, b, steps) in [
            ("", "", 0),
            ("", "abc", 3),
            ("train", "train", 0),
            ("tarin", "train", 2),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(a, b), steps, "{a} -> {b}");
            assert_eq!(distance(b, a), steps, "{b} -> {a}");
        }
    }

    #[test]
    fn only_a_near_name_is_offered() {
        assert_eq!(hint("trian", ["train", "test"].into_iter()), "");
        assert_eq!(
            hint("tain", ["train", "test"].into_iter()),
            " (did you mean `train`?)"
        );
        assert_eq!(
            hint("cuba", ["flex", "cuda"].into_iter()),
            " (did you mean `cuda`?)"
        );
        assert_eq!(hint("publish", ["train", "test"].into_iter()), "");
    }
}
