//! Owners that do what they should, and owners that do their worst.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::time::Instant;

use serde_json::json;

use super::*;
use crate::plan::Binding;

const SOON: Duration = Duration::from_secs(20);

fn task() -> Value {
    let made = json!({ "$ref": "#/$defs/Draft" });
    json!({
        "attempt": "page-ä/drafting#2.1", "visit": "page-ä/drafting#2", "goal": "A draft", "context": { "brief": "short" },
        "makes": { "$schema": "x", "type": "object", "properties": { "draft": made }, "$defs": { "Draft": {} } },
    })
}

fn made(value: Value) -> Result<Value, String> {
    Ok(json!({ "made": value }))
}

fn actor(kind: ActorKind, text: &str) -> Actor {
    let binding = Binding { clause: "".into(), text: text.into() };
    Actor { doc: None, owner: "it".into(), kind, binding, responds: None, costs: None }
}

/// The owner `it`, configured so, where the environment holds a token and a key.
fn owner(kind: ActorKind, text: &str, config: &str, folder: &Path) -> Result<Option<Owner>, String> {
    let environment = |name: &str| ["TOKEN", "KEY"].contains(&name).then(|| format!("{name}-value"));
    let config = config::parse(config).unwrap();
    let around = Surroundings {
        config: &config,
        config_folder: folder,
        flow_folder: folder,
        environment: &environment,
    };
    Owner::of("it", &actor(kind, text), &around)
}

/// What a shell script answers. Scripts are run by `sh` here: a file that was just written may still be open for
/// writing in a process that another test has forked.
#[cfg(unix)]
fn script(text: &str, time: Duration) -> Result<Value, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("owner.sh"), text).unwrap();
    let owner = owner(ActorKind::Script, "sh owner.sh 'two words'", "", folder.path()).unwrap().unwrap();
    owner.attempt(&task(), time, &Secrets::new(["swordfish".to_owned()]))
}

#[cfg(unix)]
mod scripts {
    use super::*;

    #[test]
    fn the_task_goes_in_and_the_reply_comes_out() {
        let echo = r#"read -r task; case $task in *'"goal":"A draft"'*) echo "{\"made\": {\"arg\": \"$1\"}}";; esac"#;
        assert_eq!(script(echo, SOON), made(json!({ "arg": "two words" })));
    }

    #[test]
    fn what_is_no_reply_is_a_failure() {
        for (text, why) in [
            ("", "its reply is not JSON"),
            ("echo 'not json'", "its reply is not JSON"),
            (r#"echo '{"made": {}} {}'"#, "its reply is not JSON"),
            (r#"head -c 100000 /dev/zero | tr '\0' '['"#, "its reply is not JSON: recursion limit"),
        ] {
            let reason = script(text, SOON).unwrap_err();
            assert!(reason.starts_with(why), "{text}: {reason}");
        }
    }

    #[test]
    fn a_bad_end_is_told_with_the_last_words() {
        let text = "for i in 1 2 3 4; do echo line $i >&2; done; echo '{}'; exit 7";
        assert_eq!(script(text, SOON).unwrap_err(), "it ended with status 7: line 2 / line 3 / line 4");
        assert_eq!(script("kill -9 $$", SOON).unwrap_err(), "it was ended by signal 9");
        let missing = owner(ActorKind::Script, "./nowhere", "", Path::new("/")).unwrap().unwrap();
        let reason = missing.attempt(&task(), SOON, &Secrets::default()).unwrap_err();
        assert!(reason.contains("nowhere` can't be started"), "{reason}");
    }

    #[test]
    fn endless_output_is_cut_off() {
        let began = Instant::now();
        assert_eq!(script("yes", SOON).unwrap_err(), format!("it wrote more than {MAX_REPLY} bytes"));
        let noisy = r#"yes >&2 & echo '{"made": {}}'; kill $!"#;
        assert_eq!(script(noisy, SOON), made(json!({})));
        assert!(began.elapsed() < SOON);
    }

    #[test]
    fn who_hangs_is_ended_with_all_that_it_started() {
        let began = Instant::now();
        let late = Err("it did not end in time".to_owned());
        for text in
            ["sleep 600", "sleep 600 & echo '{}'", "exec >&-; sleep 600", "trap '' TERM; sleep 600 & wait"]
        {
            assert_eq!(script(text, Duration::from_millis(300)), late, "{text}");
        }
        assert!(began.elapsed() < SOON);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alive");
        let text = format!("(sleep 1; touch '{}') & echo; sleep 600", path.display());
        assert_eq!(script(&text, Duration::from_millis(300)), late);
        std::thread::sleep(Duration::from_millis(1200));
        assert!(!path.exists());
    }

    #[test]
    fn secrets_are_taken_out() {
        let told = "echo it is swordfish >&2; exit 1";
        assert_eq!(script(told, SOON).unwrap_err(), "it ended with status 1: it is [secret]");
        let escaped = r#"echo '{"made": {"a": ["\u0073wordfish!"], "swordfish": 1}}'"#;
        assert_eq!(script(escaped, SOON), made(json!({ "a": ["[secret]!"], "[secret]": 1 })));
        assert_eq!(format!("{:?}", Secrets::new(["swordfish".to_owned()])), "Secrets(1)");
    }

    #[test]
    fn a_command_may_stand_in_for_a_model() {
        let config = r#"actors.it.command = "sh -c 'echo \"{\\\"made\\\": {\\\"by\\\": \\\"$PWD\\\"}}\"'""#;
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().canonicalize().unwrap();
        let owner = owner(ActorKind::Model, "large", config, &here).unwrap().unwrap();
        assert_eq!(owner.attempt(&task(), SOON, &Secrets::default()), made(json!({ "by": here })));
    }
}

/// A server that reads one request and answers with these bytes; what it was asked comes back from the thread.
fn server(answer: impl FnOnce(&mut dyn Write) + Send + 'static) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            reader.read_line(&mut head).unwrap();
        }
        let length = head
            .to_lowercase()
            .split_once("content-length: ")
            .map_or(0, |(_, rest)| rest.split_once("\r\n").unwrap().0.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        answer(&mut stream);
        head + &String::from_utf8(body).unwrap()
    });
    (address, served)
}

fn says(status: &str, body: &str) -> impl FnOnce(&mut dyn Write) + Send + 'static {
    let answer =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    move |stream| stream.write_all(answer.as_bytes()).unwrap()
}

fn call(url: &str, time: Duration) -> Result<Value, String> {
    let config = r#"actors.it.headers = { Authorization = "Bearer ${TOKEN}" }"#;
    let owner =
        owner(ActorKind::Action, &format!("PUT {url}/pages?x=1"), config, Path::new("")).unwrap().unwrap();
    owner.attempt(&task(), time, &Secrets::new(["TOKEN-value".to_owned()]))
}

#[test]
fn an_action_gets_the_task_and_its_key() {
    let (url, served) = server(says("201 Created", r#"{"made": {"live": 1}}"#));
    assert_eq!(call(&url, SOON), made(json!({ "live": 1 })));
    let asked = served.join().unwrap();
    assert!(asked.starts_with("PUT /pages?x=1 HTTP/1.1\r\n"), "{asked}");
    assert!(asked.ends_with(&task().to_string()), "{asked}");
    for header in ["idempotency-key: \"page-%C3%A4/drafting#2.1\"", "authorization: Bearer TOKEN-value"] {
        assert!(asked.to_lowercase().contains(&format!("\r\n{}\r\n", header.to_lowercase())), "{asked}");
    }
}

#[test]
fn a_status_that_is_no_success_is_a_failure() {
    let (url, _) = server(says("503 Busy", "no\nTOKEN-value"));
    assert_eq!(call(&url, SOON).unwrap_err(), "it answered with status 503: no [secret]");
    let (url, _) = server(|stream| {
        stream.write_all(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    assert_eq!(call(&url, SOON).unwrap_err(), "it answered with status 302");
}

#[test]
fn a_server_that_does_its_worst_is_a_failure() {
    let (url, _) = server(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b' '; 65536]).is_ok() {}
    });
    assert_eq!(call(&url, SOON).unwrap_err(), format!("it answered with more than {MAX_REPLY} bytes"));
    let (url, _) = server(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let began = Instant::now();
    assert_eq!(call(&url, Duration::from_millis(600)).unwrap_err(), "it did not answer in time");
    assert!(began.elapsed() < SOON);
    let reason = call("http://127.0.0.1:9", SOON).unwrap_err();
    assert!(reason.starts_with("it can't be reached"), "{reason}");
}

fn ask(url: &str) -> Result<Value, String> {
    let config =
        format!("models = {{ url = \"{url}/v1/\", key = \"KEY\", routes = {{ large = \"model-7\" }} }}");
    owner(ActorKind::Model, "large", &config, Path::new("")).unwrap().unwrap().attempt(
        &task(),
        SOON,
        &Secrets::default(),
    )
}

#[test]
fn a_model_is_asked_for_what_is_to_be_made() {
    let content = "```json\n{\"made\": {\"draft\": {}}}\n```";
    let said = json!({ "choices": [{ "message": { "content": content } }] }).to_string();
    let (url, served) = server(says("200 OK", &said));
    assert_eq!(ask(&url), made(json!({ "draft": {} })));
    let asked = served.join().unwrap();
    let (head, body) = asked.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /v1/chat/completions"), "{head}");
    assert!(head.to_lowercase().contains("authorization: bearer key-value"), "{head}");
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["model"], "model-7");
    assert_eq!(body["messages"][1]["content"], task().to_string());
    let schema = &body["response_format"]["json_schema"]["schema"];
    assert_eq!(schema["properties"]["made"]["properties"]["draft"]["$ref"], "#/$defs/Draft");
    assert_eq!(schema["$defs"]["Draft"], json!({}));
}

#[test]
fn a_model_that_says_nothing_useful_has_failed() {
    for (said, why) in [
        (r#"{"choices": [{"message": {"refusal": "I won't"}}]}"#, "the model refused: I won't"),
        (r#"{"choices": []}"#, "the endpoint answered without a message"),
        (r#"{"choices": [{"message": {"content": null}}]}"#, "the model said nothing"),
        ("<html>", "the endpoint did not answer in JSON"),
    ] {
        let (url, _) = server(says("200 OK", said));
        assert_eq!(ask(&url).unwrap_err(), why);
    }
}

#[test]
fn who_can_t_be_reached_is_told_before_any_work() {
    let why = |kind, text, config| owner(kind, text, config, Path::new("")).unwrap_err();
    let token = r#"actors.it.headers = { a = "${NOT_SET}" }"#;
    let url = "GET http://127.0.0.1";
    assert_eq!(
        why(ActorKind::Action, url, token),
        "`it` can't be called: the environment variable `NOT_SET` is not set"
    );
    assert_eq!(
        why(ActorKind::Action, "GET ftp://a", ""),
        "`it` can't be called: `ftp://a` is no URL of the web"
    );
    assert!(why(ActorKind::Model, "large", "").contains("OPENAI_BASE_URL"));
    assert!(why(ActorKind::Script, "tools/'x", "").contains("does not end"));
    let person = why(ActorKind::Human, "a@example.com", "actors.it.command = \"x\"");
    assert_eq!(person, "`it` is a human, and no command can answer for it");
    assert!(owner(ActorKind::Queue, "desk", "", Path::new("")).unwrap().is_none());
}
