//! Pages that stand alone: nothing that data hold can run in them.

use trainer::html::{Page, escape, json};

const NASTY: &str =
    "</script><script>alert(1)</script><img src=x onerror='alert(2)'>\"&<!--\u{202e}\u{7}";

#[test]
fn nothing_in_a_text_is_markup() {
    let shown = escape(NASTY);
    assert!(
        !shown.contains(['<', '>', '"', '\'', '\u{202e}', '\u{7}']),
        "{shown}"
    );
    assert!(shown.ends_with("&lt;!--\\u{202e}\\u{7}"), "{shown}");
    let data = json(&[NASTY]);
    assert!(!data.contains(['<', '>', '&']), "{data}");
    assert_eq!(serde_json::from_str::<Vec<String>>(&data).unwrap(), [NASTY]);
}

#[test]
fn a_page_allows_its_own_style_and_script_alone() {
    let data = json(&[NASTY]);
    let page = Page {
        title: NASTY,
        style: "p{}",
        body: "<p>x</p>",
        data: &data,
        script: "alert(1)",
    };
    let page = page.render();
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script>").count(), 2);
    // `printf 'alert(1)' | openssl dgst -sha256 -binary | base64`
    let known = "script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='";
    assert!(page.contains(known), "{page}");
    assert!(page.contains("default-src 'none'; style-src 'sha256-"));
    assert!(!page.contains("http:") && !page.contains("https:"));
    let bare = Page::default().render();
    assert_eq!(bare.matches("<script").count(), 0);
}
