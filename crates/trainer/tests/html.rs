//! Pages that stand alone: nothing that data hold can run in them.

use trainer::html::{Json, Markup, Page, visible};

const NASTY: &str =
    "</script><script>alert(1)</script><img src=x onerror='alert(2)'>\"&<!--\u{202e}\u{7}";

#[test]
fn nothing_in_a_text_is_markup() {
    let shown = Markup::of("{}", &[&NASTY]);
    let shown = shown.as_str();
    assert!(
        !shown.contains(['<', '>', '"', '\'', '\u{202e}', '\u{7}']),
        "{shown}"
    );
    assert!(shown.ends_with("&lt;!--[U+202E][U+0007]"), "{shown}");
    assert!(visible(NASTY).ends_with("<!--[U+202E][U+0007]"));
    let data = Json::of(&[NASTY]);
    let data = data.as_str();
    assert!(!data.contains(['<', '>', '&']), "{data}");
    assert_eq!(serde_json::from_str::<Vec<String>>(data).unwrap(), [NASTY]);
}

#[test]
fn a_page_allows_its_own_style_and_script_alone() {
    let page = Page {
        title: NASTY,
        style: "p{}",
        body: Markup::of("<p>{}</p>", &[&NASTY]),
        data: Some(Json::of(&[NASTY])),
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
    assert!(!bare.contains("script-src"), "it lets none run: {bare}");
}
