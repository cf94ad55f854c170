//! Numbers and texts as a reader wants them.

/// A share as percent: `91.35 %`.
pub(super) fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// An interval of shares in percent: `90.78 to 91.88 %`.
pub(super) fn interval([low, high]: [f64; 2]) -> String {
    format!("{:.2} to {:.2} %", 100.0 * low, 100.0 * high)
}

/// A whole number in groups of three: `10,000`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Seconds as a time: `7.5 s`, `12 min 30 s`, `2 h 5 min`.
pub(super) fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..100 => format!("{seconds:.1} s"),
        100..6000 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole / 60 % 60),
    }
}

/// The beginning of a text, with a sign where something was left out.
pub(super) fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{} …", &text[..end]),
    }
}

/// The network's name as people write it.
pub(super) fn model_name(model: &str) -> &str {
    match model {
        "lenet5" => "LeNet-5",
        "textcnn" => "TextCNN",
        "dpcnn" => "DPCNN",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        let shown = [7, 999, 1_000, 1_234_567].map(grouped);
        assert_eq!(shown, ["7", "999", "1,000", "1,234,567"]);
        let shown = [7.46, 750.0, 7500.0].map(duration);
        assert_eq!(shown, ["7.5 s", "12 min 30 s", "2 h 5 min"]);
        assert_eq!(clip("天气很好", 2), "天气 …");
        assert_eq!(clip("天气", 2), "天气");
    }
}
