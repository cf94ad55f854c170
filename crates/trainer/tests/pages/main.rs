//! The pages as a browser lays them out: the report and `explain.html` of each network, on a phone and on a desk, light and dark, with
//! hostile labels, texts and names of files.
//!
//! Pixels differ between versions of a browser and its fonts, so what is compared is the layout: nothing wider than the screen, text that
//! stands out from its ground, no request, no script but the page's own, no complaint on the console. And the pages are used: words and
//! numbers are pointed at, and what is shown then is checked.

mod browser;
mod hostile;
mod sections;

use browser::{Page, look_at};
use hostile::{Hostile, TEXTS};
use sections::SECTIONS;
use serde_json::{Value, json};

/// The numbers of a grid of a page.
fn grid(value: &Value) -> Vec<f64> {
    let cells = value.as_array().expect("a list of cells").iter();
    let number = |cell: &Value| cell.as_str().expect("a cell").replace('\u{2212}', "-");
    cells
        .map(|cell| number(cell).parse().expect("a number"))
        .collect()
}

/// Has the report of a run and its `explain.html` looked at, and each of them checked on every screen.
fn check_pages(run: &Hostile, explained: Page, check_explained: impl Fn(&Value)) {
    let report = Page {
        name: "report",
        html: run.report(),
        scripts: 0,
        look: "page => ({ verdict: page.querySelector('.verdict').getBoundingClientRect().bottom, \
               explained: page.querySelectorAll('#errors li mark, #errors li svg').length })",
    };
    for screen in look_at(run.folder(), &[report, explained]) {
        match screen["name"] == "report" {
            true => check_report(&screen),
            false => check_explained(&screen),
        }
    }
}

/// What must hold of a report beside what holds of every page.
fn check_report(screen: &Value) {
    let seen = screen["sections"].as_array().expect("a list").iter();
    let seen = seen.filter(|section| *section != "repeated");
    assert_eq!(seen.collect::<Vec<_>>(), SECTIONS, "{screen}");
    assert!(screen["pictures"].as_u64() >= Some(3), "{screen}");
    // The verdict is on the first screen.
    assert!(screen["seen"]["verdict"].as_f64() < Some(700.0), "{screen}");
    assert!(screen["seen"]["explained"].as_u64() > Some(0), "{screen}");
}

fn check_texts(run: &Hostile) {
    let html = run.explained(&TEXTS);
    let look = "(page, view) => {
        const card = page.querySelector('section'), words = [...card.querySelectorAll('.word')];
        const chips = [...card.querySelectorAll('.classes button')];
        chips[1].click();
        words[2].dispatchEvent(new view.MouseEvent('mouseenter'));
        const rows = [...card.querySelectorAll('.ledger tr')].filter(tr => tr.closest('.detail') === null).slice(1);
        return {
          cards: page.querySelectorAll('section').length,
          pressed: chips.map(chip => chip.getAttribute('aria-pressed')),
          detail: card.querySelector('.detail').textContent,
          word: words[2].textContent,
          parts: rows.map(tr => tr.querySelector('.number').textContent),
          images: page.querySelectorAll('img').length,
          floors: card.querySelectorAll('.floor').length,
          given: chips.filter(chip => chip.textContent.includes('\u{2713}')).length,
        };
      }";
    let page = Page {
        name: "explain",
        html,
        scripts: 2,
        look,
    };
    check_pages(run, page, |screen| {
        let seen = &screen["seen"];
        assert_eq!(seen["cards"], TEXTS.len(), "{screen}");
        assert_eq!(seen["images"], 0, "{screen}");
        assert_eq!(
            seen["pressed"],
            json!(["false", "true", "false"]),
            "{screen}"
        );
        let word = seen["word"].as_str().expect("a word");
        let detail = seen["detail"].as_str().expect("what it gives");
        assert!(detail.starts_with(&format!("{word} gives ")), "{screen}");
        assert_eq!(
            seen["floors"].as_u64() > Some(0),
            run.model == "dpcnn",
            "{screen}"
        );
        // What is shown adds up, to the three digits that are shown.
        let mut parts = grid(&seen["parts"]);
        if run.sets {
            // Below the score stands what it has to reach.
            parts.pop().expect("a threshold");
            assert!(seen["given"].as_u64() > Some(0), "{screen}");
        }
        let total = parts.pop().expect("a score");
        let sum: f64 = parts.iter().sum();
        assert!(
            (sum - total).abs() < 0.0006 * parts.len() as f64,
            "{screen}"
        );
    });
}

#[test]
fn the_pages_of_a_textcnn_fit_every_screen_and_tell_the_sum() {
    check_texts(&Hostile::trained("textcnn"));
}

#[test]
fn the_pages_of_any_number_of_labels_fit_every_screen_and_tell_the_sum() {
    check_texts(&Hostile::trained_on_sets("textcnn"));
}

#[test]
fn the_pages_of_a_dpcnn_fit_every_screen_and_tell_the_sum() {
    check_texts(&Hostile::trained("dpcnn"));
}

#[test]
fn the_pages_of_a_lenet5_fit_every_screen_and_tell_every_product() {
    let run = Hostile::trained("lenet5");
    let html = run.explained(&[&run.picture()]);
    // A pointer over row 9, column 12 of the first map of C1, and over row 3, column 4 of the eighth of C3.
    let look = "(page, view) => {
        const point = (canvas, cells, row, column) => {
          const box = canvas.getBoundingClientRect(), at = (from, size, n) => from + (n + 0.5) * size / cells;
          canvas.dispatchEvent(new view.PointerEvent('pointermove', { clientX: at(box.left, box.width, column), clientY: at(box.top, box.height, row) }));
          const panel = page.querySelector('.window');
          return {
            head: panel.querySelector('h3').textContent,
            grids: [...panel.querySelectorAll('.grid')].map(grid => [...grid.querySelectorAll('td')].map(td => td.textContent)),
            windows: [...panel.querySelectorAll('.pick button')].map(button => button.textContent),
            lines: [...panel.querySelectorAll('.sum')].map(line => line.textContent),
            inside: panel.getBoundingClientRect().right <= page.documentElement.clientWidth,
          };
        };
        const maps = name => [...page.querySelectorAll('canvas')].filter(c => c.getAttribute('aria-label').startsWith(name + ' '));
        return { c3: point(maps('C3')[7], 10, 3, 4), c1: point(maps('C1')[0], 28, 9, 12), canvases: page.querySelectorAll('canvas').length };
      }";
    let page = Page {
        name: "explain",
        html,
        scripts: 2,
        look,
    };
    check_pages(&run, page, |screen| {
        let seen = &screen["seen"];
        assert_eq!(seen["canvases"], 1 + 6 + 6 + 16 + 16 + 3, "{screen}");
        let (c1, c3) = (&seen["c1"], &seen["c3"]);
        let head = c1["head"].as_str().expect("a head");
        assert!(
            head.starts_with("C1, map 0, row 9, column 12: "),
            "{screen}"
        );
        let grids = c1["grids"].as_array().expect("grids");
        let [window, kernel, products] = [0, 1, 2].map(|which| grid(&grids[which]));
        assert_eq!([window.len(), kernel.len(), products.len()], [25; 3]);
        for ((x, w), product) in window.iter().zip(&kernel).zip(&products) {
            // Three digits are shown of each.
            let most = 0.0006 * (1.0 + x.abs() + w.abs());
            assert!((x * w - product).abs() < most, "{x} {w} {product}");
        }
        let line = c1["lines"][0]
            .as_str()
            .expect("a line")
            .replace('\u{2212}', "-");
        let sum = line.strip_prefix("sum of the products ").expect("the sum");
        let sum: f64 = sum
            .split(' ')
            .next()
            .and_then(|n| n.parse().ok())
            .expect("a number");
        let shown: f64 = products.iter().sum();
        assert!((shown - sum).abs() < 25.0 * 0.0006, "{screen}");
        assert!(line.contains("(bias) = "), "{line}");
        assert!(
            c3["head"]
                .as_str()
                .is_some_and(|h| h.starts_with("C3, map 7, row 3, column 4"))
        );
        assert_eq!(c3["windows"].as_array().map(Vec::len), Some(6), "{screen}");
        for panel in [c1, c3] {
            assert_eq!(panel["grids"].as_array().map(Vec::len), Some(3), "{screen}");
            assert_eq!(panel["inside"], true, "{screen}");
        }
    });
}
