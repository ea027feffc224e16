//! What a `baton.toml` may say, and where its faults are found.

use super::*;

/// The text that a fault underlines, and its message.
#[track_caller]
fn fault(text: &str) -> (&str, String) {
    let fault = parse(text).unwrap_err();
    (&text[fault.place], fault.message)
}

#[test]
fn everything_has_its_place() {
    let config = parse(
        r#"
        [models]
        url = "http://127.0.0.1:8080/v1"
        key = "LOCAL_KEY"
        routes = { "planner-large" = "llama-3.3-70b" }

        [actors.planner]
        command = "tools/plan --model 'a b'"
        folder = "tools"
        at_once = 8

        [actors.cms]
        headers = { Authorization = "Bearer ${CMS_TOKEN}", X-Site = "fr" }
        secrets = ["OTHER"]

        [actors.counsel]
        notify = "tools/mail"
        remind = "1h30m"
        "#,
    )
    .unwrap();
    let planner = config.actors["planner"].command.clone().unwrap();
    assert_eq!(
        (planner.program.as_str(), &planner.arguments[..]),
        ("tools/plan", &["--model".into(), "a b".into()][..])
    );
    let headers = &config.actors["cms"].headers;
    let (_, token) = headers.first_key_value().unwrap();
    assert_eq!(token.variables().collect::<Vec<_>>(), ["CMS_TOKEN"]);
    assert_eq!(token.filled(|name| format!("<{name}>")), "Bearer <CMS_TOKEN>");
    assert_eq!(config.actors["counsel"].remind, Some(Remind(5400)));
    assert_eq!(config.models.routes["planner-large"], "llama-3.3-70b");
}

#[test]
fn nothing_is_fine_too() {
    assert_eq!(parse("").unwrap(), Config::default());
    assert_eq!(parse("[models]").unwrap().models.key, "OPENAI_API_KEY");
}

#[test]
fn a_fault_has_its_place() {
    let (place, message) = fault("[actors.cms]\nfolde = \"x\"\n");
    assert_eq!(place, "folde");
    assert!(message.starts_with("unknown field `folde`, expected one of `command`"), "{message}");
    let (place, message) = fault("[actors.cms]\ncommand = \"tools/'x\"\n");
    assert_eq!((place, message.as_str()), ("\"tools/'x\"", "a quotation in `tools/'x` does not end"));
    let (place, _) = fault("[actors.cms]\nremind = \"1x\"\n");
    assert_eq!(place, "\"1x\"");
    let (place, message) = fault("[actors.cms]\nheaders = { \"a b\" = \"x\" }\n");
    assert_eq!((place, message.as_str()), ("\"a b\"", "`a b` is not the name of a header"));
    assert_eq!(fault("[actors.cms]\nheaders = { a = \"${X\" }\n").1, "`${` is not followed by `}`");
    assert_eq!(fault("[actors.cms]\nat_once = 0\n").0, "0");
}
