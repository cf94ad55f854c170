//! Rows that repeat an earlier one: pairs with both places, the rest counted.

use super::classes::LABEL;
use super::errors::PLACE;
use super::figures::{clip, grouped};
use crate::html::Markup;
use datasets::Repeats;
use datasets::duplicates::RepeatedRow;

/// The section, where any row repeats another; at most `most` pairs.
pub(super) fn section(page: &mut Markup, repeats: &Repeats, most: usize) {
    if repeats.rows() == 0 {
        return;
    }
    let count = |count: usize| grouped(count as u64);
    page.put(
        "<section id=\"repeated\"><h2>Repeated rows</h2><p class=\"soft\">{} rows repeat one of an earlier part ({} of them under \
         another label), {} an earlier one of their own part ({} under another label). Train comes before dev, and dev before test; \
         texts are compared without case and white space.</p>",
        &[
            &count(repeats.across),
            &count(repeats.across_other_label),
            &count(repeats.within),
            &count(repeats.within_other_label),
        ],
    );
    let pairs = &repeats.pairs[..repeats.pairs.len().min(most)];
    if !pairs.is_empty() {
        page.put(
            "<div class=\"wide\"><table><thead><tr><th class=\"left\">row</th><th class=\"left\">label</th><th class=\"left\">repeats</th>\
             <th class=\"left\">label</th></tr></thead><tbody>",
            &[],
        );
        for pair in pairs {
            page.put("<tr>", &[]);
            for row in [&pair.again, &pair.first] {
                let label = clip(&row.label, LABEL);
                let place = clip(&said(row), PLACE);
                page.put("<td class=\"left\">{}</td>", &[&place]);
                page.put(
                    if pair.labels_differ {
                        "<td class=\"left\"><span class=\"chip bad\">{}</span></td>"
                    } else {
                        "<td class=\"left\">{}</td>"
                    },
                    &[&label],
                );
            }
            page.put("</tr>", &[]);
        }
        page.put("</tbody></table></div>", &[]);
    }
    if repeats.rows() > pairs.len() {
        let rest = count(repeats.rows() - pairs.len());
        page.put("<p class=\"soft\">{} more are not shown.</p>", &[&rest]);
    }
    page.put("</section>\n", &[]);
}

/// `test row 7, reviews.csv, line 74`.
fn said(row: &RepeatedRow) -> String {
    let place = row.place.as_ref();
    let place = place.map_or_else(String::new, |place| format!(", {place}"));
    format!("{} row {}{place}", row.part, row.index)
}
