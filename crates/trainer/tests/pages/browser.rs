//! A browser that lays pages out, and what it measured of each.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// Measures pages in frames.
const MEASURE: &str = include_str!("measure.js");

/// A phone and a desk.
const WIDTHS: [u64; 2] = [360, 1280];

/// A page to look at.
pub struct Page {
    /// Its name in what is found.
    pub name: &'static str,
    /// The file.
    pub html: String,
    /// How many script elements it has.
    pub scripts: u64,
    /// A function of its document and window that does what a reader does and returns what is seen then.
    pub look: &'static str,
}

/// The browser, if there is one.
fn browser() -> Option<String> {
    let named = std::env::var("CNN_BROWSER").ok();
    let known = ["chromium", "chromium-browser", "google-chrome"].map(str::to_owned);
    let starts = |name: &String| {
        let version = Command::new(name).arg("--version").output();
        version.is_ok_and(|output| output.status.success())
    };
    named.into_iter().chain(known).find(starts)
}

/// Lays pages out on every screen, light and dark, and checks what must hold of every page. Returns what was found, screen by screen; nothing,
/// and it says so, where there is no browser.
pub fn look_at(folder: &Path, pages: &[Page]) -> Vec<Value> {
    let Some(browser) = browser() else {
        eprintln!("skipped: no browser to look with; CNN_BROWSER names one");
        return vec![];
    };
    let list = pages.iter();
    let list: Vec<Value> = list
        .map(|page| json!({ "name": page.name, "html": page.html }))
        .collect();
    let looks: Vec<String> = pages
        .iter()
        .map(|page| format!("{}: {}", page.name, page.look))
        .collect();
    // As a string of a script it must not end that script.
    let list = json!(list).to_string().replace('<', "\\u003c");
    let host = format!(
        "<!DOCTYPE html><meta charset=utf-8><body><pre id=found></pre>\
         <script>const widths = {WIDTHS:?}, pages = {list}, looks = {{ {} }};\n{MEASURE}</script>",
        looks.join(",\n")
    );
    let path = folder.join("measure.html");
    std::fs::write(&path, host).expect("a temporary folder can be written");
    let schemes = ["0", "1"].map(|scheme| found(&browser, folder, &path, scheme));
    for screens in &schemes {
        assert_eq!(screens.len(), pages.len() * WIDTHS.len());
        for screen in screens {
            let page = pages.iter().find(|page| screen["name"] == page.name);
            check(screen, page.expect("a page of this name").scripts);
        }
    }
    let [dark, light] = &schemes;
    assert_ne!(
        dark[0]["ground"], light[0]["ground"],
        "dark and light are the same"
    );
    schemes.concat()
}

/// What must hold of every page on every screen.
fn check(screen: &Value, scripts: u64) {
    assert_eq!(screen["error"], Value::Null, "{screen}");
    assert_eq!(screen["overflow"], 0, "{screen}");
    assert_eq!(screen["wide"], json!([]), "{screen}");
    assert_eq!(screen["requests"], json!([]), "{screen}");
    assert_eq!(screen["scripts"], scripts, "{screen}");
    assert_eq!(screen["handlers"], 0, "{screen}");
    assert_eq!(screen["hacked"], false, "{screen}");
    assert_eq!(screen["hidden"], false, "{screen}");
    assert_eq!(screen["shown"], true, "{screen}");
    // All text meets the 4.5 to 1 of WCAG.
    assert!(screen["contrast"].as_f64() >= Some(4.5), "{screen}");
}

/// Runs the browser on the host page in one scheme.
fn found(browser: &str, folder: &Path, host: &Path, scheme: &str) -> Vec<Value> {
    let looked = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ])
        .args([
            "--hide-scrollbars",
            "--window-size=1700,1000",
            "--virtual-time-budget=20000",
        ])
        .args(["--enable-logging=stderr", "--dump-dom"])
        .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
        .arg(format!("--user-data-dir={}", folder.join(scheme).display()))
        .arg(format!("file://{}", host.display()))
        .output()
        .expect("the browser started before");
    let [dom, log] =
        [looked.stdout, looked.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let complaints: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    let found = dom.split("<pre id=\"found\">").nth(1);
    let found = found.and_then(|rest| rest.split("</pre>").next());
    // The browser writes text as markup.
    let found = found
        .unwrap_or_default()
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    serde_json::from_str(&found)
        .unwrap_or_else(|e| panic!("{e}: the browser measured nothing\n{found}\n{log}"))
}
