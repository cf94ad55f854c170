//! Rows to look at: the worst errors, and the labels that are probably missing or wrong.

use super::{SetAnswers, SetJudgement};
use crate::html::Markup;
use crate::report::errors::{chip, finish, input, place};
use crate::report::figures::grouped;
use crate::report::judgement::probability;
use crate::report::{Material, why};
use crate::run_folder::Predictions;

/// The answers of a run and what follows from them.
type Judged<'a> = (&'a Predictions<Vec<u32>>, &'a SetJudgement);

/// The test rows with an answer that was thought least likely to be wrong.
pub(super) fn worst(
    page: &mut Markup,
    material: &Material,
    (predictions, judgement): Judged<'_>,
    rows: usize,
) {
    let (errors, test) = (&judgement.errors, &predictions.test);
    page.put("<section id=\"errors\"><h2>The worst errors</h2>", &[]);
    if errors.is_empty() {
        page.put(
            "<p>There is none: every test row was given its labels and no others.</p></section>\n",
            &[],
        );
        return;
    }
    page.put(
        "<p class=\"soft\">{} of {} test rows were not answered wholly right; these {} are those with the answer that the network was most \
         wrong about. Each label stands beside its probability. Rows of the test part are counted from 0, as in predictions.jsonl; \
         behind each stands where it was read.</p>",
        &[
            &grouped(errors.len() as u64),
            &grouped(test.labels.len() as u64),
            &errors.len().min(rows),
        ],
    );
    if !material.reasons.is_empty() {
        page.put(
            "<p class=\"soft\">Of a row&#39;s wrong answers the first that is named is explained, by the score of its label alone: what adds to it \
             spoke for a label that was wrongly given and against one that was missed.</p>",
            &[],
        );
    }
    why::legend(page, &material.reasons);
    page.put("<ol class=\"rows\">", &[]);
    for error in errors.iter().take(rows) {
        let row = error.row;
        let (labels, given) = (&test.labels[row], &test.predictions[row]);
        page.put(
            "<li><div class=\"head\"><span class=\"soft\">test row {}{}</span>",
            &[&row, &place(test, row)],
        );
        let worst = |class: &u32| *class != error.class;
        let mut wrong: Vec<u32> = labels.iter().chain(given).copied().collect();
        wrong.retain(|class| labels.contains(class) != given.contains(class));
        wrong.sort_by_key(worst); // stable: the others keep their order, missed ones first
        for class in wrong {
            let word = match labels.contains(&class) {
                true => "missed ",
                false => "wrongly given ",
            };
            show(page, material, "bad", word, (test, row, class));
        }
        for &class in labels.iter().filter(|class| given.contains(class)) {
            show(page, material, "good", "rightly given ", (test, row, class));
        }
        let said = ["baseline wholly right", "baseline not wholly right either"];
        finish(page, material, test, row, said);
    }
    page.put("</ol></section>\n", &[]);
}

fn show(
    page: &mut Markup,
    material: &Material,
    kind: &'static str,
    word: &'static str,
    (answers, row, class): (&SetAnswers, usize, u32),
) {
    let label = &material.labels[class as usize];
    chip(page, kind, word, label, probability(answers, row, class));
}

/// The rows of dev and test that probably lack a label, or have one too many.
pub(super) fn suspected(
    page: &mut Markup,
    material: &Material,
    (predictions, judgement): Judged<'_>,
    rows: usize,
) {
    let suspected = &judgement.suspected;
    page.put(
        "<section id=\"labels\"><h2>Suspected labels</h2><p class=\"soft\">The rule (confident learning, for each label by itself): the rows \
         that have a label have a mean probability of it, the others of its contrary; a row is suspected when it reaches that of the other side \
         more surely than that of its own. Asked of dev and test, from which the weights did not learn (dev chose among the looks). A suspicion \
         is a reason to look, not a proof.</p>",
        &[],
    );
    let total = predictions.dev.labels.len() + predictions.test.labels.len();
    page.put(
        "<p>{} of {} answers, one for each row and label, are suspected",
        &[
            &grouped(suspected.len() as u64),
            &grouped((total * material.labels.len()) as u64),
        ],
    );
    if suspected.is_empty() || rows == 0 {
        page.put(".</p></section>\n", &[]);
        return;
    }
    page.put(
        "; the {} most suspicious:</p><ol class=\"rows\">",
        &[&suspected.len().min(rows)],
    );
    for found in suspected.iter().take(rows) {
        let answers = predictions.part(found.part);
        page.put(
            "<li><div class=\"head\"><span class=\"soft\">{} row {}{}</span>",
            &[&found.part.name(), &found.row, &place(answers, found.row)],
        );
        let (kind, word) = match found.has {
            true => ("bad", "labelled, rather without: "),
            false => ("good", "perhaps lacks "),
        };
        show(
            page,
            material,
            kind,
            word,
            (answers, found.row, found.class),
        );
        page.put("</div>", &[]);
        input(page, &answers.inputs, found.row, None);
        page.put("</li>", &[]);
    }
    page.put("</ol></section>\n", &[]);
}
