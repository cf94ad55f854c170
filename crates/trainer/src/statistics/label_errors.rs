//! Labels that are probably wrong: confident learning (Northcutt, Jiang & Chuang, arXiv 1911.00068).

/// A row whose label is probably wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SuspectedLabel {
    /// Its number.
    pub row: usize,
    /// The label that it has.
    pub given: u32,
    /// The class that it probably is.
    pub suggested: u32,
    /// Probability of the given label minus that of the suggested class; the lower, the more suspicious.
    pub margin: f64,
}

/// The rows whose labels are probably wrong, the most suspicious first. `probabilities`, `[rows, classes]`, must be of a
/// network that has not learned from these rows.
///
/// The threshold of a class is the mean probability that its own rows have of it: what the network usually grants
/// it. A row is *confidently* of the class of highest probability among those whose threshold it reaches; where that is not
/// the class that it is labelled as, the label is suspected. Thresholds of their own make up for classes that the network
/// is more or less sure of in general. A class without rows has no threshold and is never suggested.
///
/// # Panics
/// When the lists differ in length or a label is no class.
pub fn suspected_labels(
    classes: usize,
    probabilities: &[f32],
    labels: &[u32],
) -> Vec<SuspectedLabel> {
    assert_eq!(probabilities.len(), classes * labels.len());
    let rows = || probabilities.chunks_exact(classes.max(1)).zip(labels);
    let mut sums = vec![(0.0f64, 0u64); classes];
    for (row, &label) in rows() {
        let (sum, count) = &mut sums[label as usize];
        *sum += f64::from(row[label as usize]);
        *count += 1;
    }
    let thresholds: Vec<f64> = sums
        .into_iter()
        .map(|(sum, count)| match count {
            0 => f64::INFINITY,
            count => sum / count as f64,
        })
        .collect();
    let mut suspected: Vec<SuspectedLabel> = rows()
        .enumerate()
        .filter_map(|(number, (row, &given))| {
            let suggested = confident_class(row, &thresholds)?;
            let [label, other] = [given, suggested].map(|class| f64::from(row[class as usize]));
            (suggested != given).then_some(SuspectedLabel {
                row: number,
                given,
                suggested,
                margin: label - other,
            })
        })
        .collect();
    // Stable: equal margins keep the order of the rows.
    suspected.sort_by(|a, b| a.margin.total_cmp(&b.margin));
    suspected
}

/// The class of highest probability, the first on a tie, among those whose threshold is reached.
fn confident_class(row: &[f32], thresholds: &[f64]) -> Option<u32> {
    let mut best: Option<usize> = None;
    for (class, (&p, &threshold)) in row.iter().zip(thresholds).enumerate() {
        if f64::from(p) >= threshold && best.is_none_or(|best| p > row[best]) {
            best = Some(class);
        }
    }
    best.map(|class| class as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sure_answer_against_the_label_is_suspected() {
        let rows = [0.9, 0.1, 0.8, 0.2, 0.2, 0.8, 0.05, 0.95];
        let found = suspected_labels(2, &rows, &[0, 0, 1, 0]);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].row, found[0].given, found[0].suggested),
            (3, 0, 1)
        );
        assert!((found[0].margin + 0.9).abs() < 1e-6);
    }

    #[test]
    fn a_class_without_rows_is_never_suggested() {
        let found = suspected_labels(3, &[0.1, 0.2, 0.7, 0.3, 0.6, 0.1], &[0, 1]);
        assert_eq!(found, []);
        assert_eq!(suspected_labels(2, &[], &[]), []);
    }
}
