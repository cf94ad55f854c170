//! The report as a browser lays it out: on a phone and on a desk, light and dark, with hostile labels and texts.
//!
//! Pixels differ between versions of a browser and its fonts, so what is compared is the layout: nothing wider than the
//! screen, every section seen, text that stands out from its ground, no request, no script, no complaint on the console.

use std::path::Path;
use std::process::Command;

/// Measures the report, inside frames of both widths, and leaves what it found as JSON in `<pre id="found">`.
const MEASURE: &str = r#"
const found = [];
function luminance(color) {
  const parts = color.match(/[\d.]+/g).slice(0, 3).map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
}
function contrast(a, b) {
  const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
  return (x + 0.05) / (y + 0.05);
}
function measure(frame, width) {
  const page = frame.contentDocument, root = page.documentElement, style = e => frame.contentWindow.getComputedStyle(e);
  const scrolls = e => e.closest('.wide, .tall, pre, svg') !== null;
  const wide = [...page.body.querySelectorAll('*')].filter(e => !scrolls(e) && e.getBoundingClientRect().right > width + 1);
  const sections = [...page.querySelectorAll('section')];
  const grounds = sections.map(e => style(e).backgroundColor);
  const texts = [...page.querySelectorAll('p, h2, th, td, .soft, .chip, a')].filter(e => e.closest('section') && !e.className.match(/^[rw]\d|zero/));
  found.push({
    width,
    overflow: root.scrollWidth - root.clientWidth,
    wide: wide.slice(0, 5).map(e => e.tagName + '.' + e.className),
    sections: sections.filter(e => e.getBoundingClientRect().height > 40 && e.getBoundingClientRect().width > 300).map(e => e.id),
    verdict: page.querySelector('.verdict').getBoundingClientRect().bottom,
    ground: style(page.body).backgroundColor,
    contrast: Math.min(...texts.map(e => contrast(style(e).color, grounds[0]))),
    requests: frame.contentWindow.performance.getEntriesByType('resource').map(e => e.name),
    scripts: page.scripts.length + [...page.querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on'))).length,
    pictures: page.querySelectorAll('svg').length,
  });
}
const widths = [360, 1280];
widths.forEach(width => {
  const frame = document.createElement('iframe');
  frame.width = width; frame.height = 900; frame.style.border = '0';
  frame.onload = () => {
    measure(frame, width);
    if (found.length === widths.length) document.getElementById('found').textContent = JSON.stringify(found);
  };
  frame.srcdoc = report;
  document.body.append(frame);
});
"#;

fn browser() -> Option<String> {
    let named = std::env::var("CNN_BROWSER").ok();
    let known = ["chromium", "chromium-browser", "google-chrome"].map(str::to_owned);
    let starts = |name: &String| {
        Command::new(name)
            .arg("--version")
            .output()
            .is_ok_and(|o| o.status.success())
    };
    named.into_iter().chain(known).find(starts)
}

/// A run on labels and texts that try to be markup, or to turn the line around.
fn train(folder: &Path) {
    let labels = [
        "<b onclick=\"x\">good",
        "ba\u{202e}d'\"|",
        "a label that is so long that no column of a table on a phone has room for it",
    ];
    let texts = [
        "<script>window.top.hacked = 1</script>".to_owned(),
        "</style><img src=x onerror=alert(1)>".to_owned(),
        "天气很好".repeat(60),
        "w".repeat(700),
        "\u{202e}\u{200f}مرحبا\u{1b}[31m".to_owned(),
    ];
    let rows = (0..150).map(|number: usize| {
        let text = format!("{} {number}", texts[number % texts.len()]);
        serde_json::json!({ "text": text, "label": labels[number * 7 % 11 % 3] }).to_string() + "\n"
    });
    let data = folder.join("hostile.jsonl");
    std::fs::write(&data, rows.collect::<String>()).unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_cnn"))
        .args(["train", "textcnn", "--epochs", "2", "--quiet", "--data"])
        .arg(data)
        .arg("--out")
        .arg(folder.join("run"))
        .stdout(std::process::Stdio::null())
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn a_browser_lays_the_report_out_on_every_screen() {
    let Some(browser) = browser() else {
        eprintln!("skipped: no browser to look with; CNN_BROWSER names one");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    train(folder.path());
    let report = std::fs::read_to_string(folder.path().join("run/report.html")).unwrap();
    // As a string of a script it must not end that script.
    let report = serde_json::to_string(&report)
        .unwrap()
        .replace('<', "\\u003c");
    let page = format!(
        "<!DOCTYPE html><meta charset=utf-8><body><pre id=found></pre><script>const report = {report};{MEASURE}</script>"
    );
    let path = folder.path().join("measure.html");
    std::fs::write(&path, page).unwrap();

    let mut grounds = Vec::new();
    for scheme in ["0", "1"] {
        let looked = Command::new(&browser)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
            ])
            .args([
                "--window-size=1700,1000",
                "--virtual-time-budget=20000",
                "--enable-logging=stderr",
                "--dump-dom",
            ])
            .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
            .arg(format!(
                "--user-data-dir={}",
                folder.path().join(scheme).display()
            ))
            .arg(format!("file://{}", path.display()))
            .output()
            .unwrap();
        let (dom, log) = [looked.stdout, looked.stderr]
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .into();
        let complaints: Vec<&str> = log
            .lines()
            .filter(|line| line.contains("CONSOLE"))
            .collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
        let found = dom
            .split("<pre id=\"found\">")
            .nth(1)
            .and_then(|rest| rest.split("</pre>").next());
        let found: serde_json::Value = serde_json::from_str(found.unwrap_or_default())
            .unwrap_or_else(|e| panic!("{e}: the browser measured nothing\n{log}"));
        let screens = found.as_array().unwrap();
        assert_eq!(screens.len(), 2);
        for screen in screens {
            assert_eq!(screen["overflow"], 0, "{screen}");
            assert_eq!(screen["wide"], serde_json::json!([]), "{screen}");
            assert_eq!(screen["requests"], serde_json::json!([]), "{screen}");
            assert_eq!(screen["scripts"], 0, "{screen}");
            assert_eq!(
                screen["sections"],
                serde_json::json!([
                    "scores",
                    "training",
                    "classes",
                    "confusions",
                    "calibration",
                    "errors",
                    "labels",
                    "data",
                    "repeat"
                ]),
                "{screen}"
            );
            assert!(screen["pictures"].as_u64().unwrap() >= 3, "{screen}");
            // The verdict is on the first screen, and all text meets the 4.5 to 1 of WCAG.
            assert!(screen["verdict"].as_f64().unwrap() < 700.0, "{screen}");
            assert!(screen["contrast"].as_f64().unwrap() >= 4.5, "{screen}");
        }
        grounds.push(screens[0]["ground"].clone());
    }
    assert_ne!(grounds[0], grounds[1], "dark and light are the same");
}
