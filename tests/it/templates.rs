//! Message templates as code: held against the accounts' own lists, and shown to their writer.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;

use crate::harness::{App, run, shipped_templates};

/// What `templates verify` says: exit code and lines.
async fn verify(app: &App, own: &[(&str, &str)]) -> (i32, String) {
    let oa = app.settings.official_account.api.clone();
    let mini = app.settings.mini_program.api.clone();
    let own = own
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let mut settings: Vec<(String, String)> = own.collect();
    settings.push(("OFFICIAL_ACCOUNT__API".into(), oa));
    settings.push(("MINI_PROGRAM__API".into(), mini));
    let ran = move || {
        let settings: Vec<_> = settings
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        run(&["templates", "verify"], &settings)
    };
    let (code, out, _) = tokio::task::spawn_blocking(ran).await.unwrap();
    (code, out)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn templates_are_verified_against_the_accounts_own_lists() {
    let app = App::start().await;
    let well = "every template is in its account, with the same fields\n";
    assert_eq!(verify(&app, &[]).await, (0, well.to_owned()));

    let words = shipped_templates("verify", "visit_approved", |text| {
        let (rest, data) = text.split_once("[template.data]").unwrap();
        format!("{rest}[template.data]{}", data.replace("thing2", "thing7"))
    });
    let changed = [
        ("SERVER__MESSAGE_TEMPLATES", words.to_str().unwrap()),
        ("MINI_PROGRAM__TEMPLATES__PASS_ISSUED", "SUB-NONE"),
    ];
    let (code, out) = verify(&app, &changed).await;
    let out = out.replace(words.to_str().unwrap(), "…");
    assert_eq!(code, 1);
    assert_snapshot!(out.trim(), @r#"
    …/visit_approved.toml: template.data.thing7: the account's template has no such field
    …/visit_approved.toml: template.data.thing2: the account's template has this field, and it is not filled
    …/pass_issued.toml: subscription mini.id: the account has no template "SUB-NONE"
    "#);
    // An app that sends none is not asked for its list.
    let none = [
        ("MINI_PROGRAM__TEMPLATES__PASS_ISSUED", ""),
        ("MINI_PROGRAM__TEMPLATES__VISIT_RESULT", ""),
    ];
    app.refusal("stable_token", 40013, None);
    assert_eq!(verify(&app, &none).await.0, 1);
    app.sandbox.clear_faults();
    let before = app.sandbox.log().len();
    assert_eq!(verify(&app, &none).await, (0, well.to_owned()));
    assert_eq!(app.sandbox.log().len() - before, 3, "a token and two lists");
    fs::remove_dir_all(words).unwrap();
    app.finish().await;
}

#[test]
fn a_preview_shows_the_words_of_every_channel() {
    let (code, out, _) = run(&["templates", "preview", "pass_issued"], &[]);
    assert_eq!(code, 0);
    assert_snapshot!(out, @"
    pass_issued
      to visitor: sms
      to visitor: subscription, else template
      [subscription mini SUB-PASS-ISSUED] pages/pass/pass?token=AAAAAAAAAAAAAAAAAAAAAA
        thing1 刘明
        thing2 校园区域
        time3 2026年03月02日 14:00
        time4 2026年03月02日 14:00
      [subscription account NTF-PASS-ISSUED] https://pass.example.edu/p/AAAAAAAAAAAAAAAAAAAAAA
        thing1 刘明
        thing2 校园区域
        time3 2026年03月02日 14:00
        time4 2026年03月02日 14:00
      [template TPL-PASS-ISSUED] https://pass.example.edu/p/AAAAAAAAAAAAAAAAAAAAAA
        thing1 刘明
        thing2 校园区域
        time3 2026年03月02日 14:00
        time4 2026年03月02日 14:00
      [sms pass_issued]
        {1} AAAAAAAAAAAAAAAAAAAAAA
    ");
    let (_, out, _) = run(&["templates", "preview", "approval_waiting"], &[]);
    assert_snapshot!(out, @"
    approval_waiting
      to approvers: wecom_card
      to approvers: sms
      [sms approval_waiting]
        {1} 03月02日14:00
      [wecom_card] 访客申请单 · 张小雨 申请到访 校园区域
        被访人 刘明
        到访区域 校园区域
        来访事由 业务洽谈
        开始时间 2026年03月02日 14:00
        结束时间 2026年03月02日 14:00
        单据号 7000000000000000001
        (同意) (拒绝) (退回) https://pass.example.edu/p/AAAAAAAAAAAAAAAAAAAAAA
    ");
    let (code, all, _) = run(&["templates", "preview"], &[]);
    let kinds = all.lines().filter(|line| !line.starts_with(' ')).count();
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("message_templates");
    assert_eq!((code, kinds), (0, fs::read_dir(files).unwrap().count()));
    let (code, _, said) = run(&["templates", "preview", "nothing"], &[]);
    assert_eq!(code, 1);
    assert!(
        said.contains("nothing: there is no such kind of message"),
        "{said}"
    );
}

#[test]
fn the_commands_say_what_they_do() {
    let (_, out, _) = run(&["templates", "--help"], &[]);
    for words in [
        "verify",
        "Compare `message_templates/*.toml`",
        "preview",
        "sample facts",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }
}

/// What `check` says of one change to one shipped file.
fn fault(name: &str, kind: &str, from: &str, to: &str, own: &[(&str, &str)]) -> String {
    let words = shipped_templates(name, kind, |text| text.replacen(from, to, 1));
    let folder = words.to_str().unwrap().to_owned();
    let settings = [&[("SERVER__MESSAGE_TEMPLATES", folder.as_str())], own].concat();
    let (_, out, _) = run(&["check"], &settings);
    fs::remove_dir_all(words).unwrap();
    out.replace(&folder, "…").trim().to_owned()
}

#[test]
fn what_is_too_long_has_a_policy_that_fits_its_field() {
    let time = r#"time3 = { text = "{starts_at}", policy = "refuse" }"#;
    let change = |to: &str| fault("policy", "pass_issued", time, to, &[]);
    assert_snapshot!(change(r#"time3 = { text = "{starts_at}", policy = "cut" }"#), @"…/pass_issued.toml: subscription mini.data.time3: only a thing or a name still says something when it is cut");
    assert_snapshot!(change(r#"time3 = { text = "{starts_at}", policy = "wrap" }"#), @r#"…/pass_issued.toml: subscription mini.data.time3: the policy must be "cut" or "refuse""#);
    assert_snapshot!(change(r#"time3 = { text = "{host}", policy = "refuse" }"#), @"…/pass_issued.toml: subscription mini.data.time3: does not fit a field of kind Time");
    // Prose that is refused when it is too long is well, as long as it is not too long already.
    let thing = r#"thing1 = { text = "{host}", policy = "cut" }"#;
    let refuse = |text: &str| {
        let to = format!(r#"thing1 = {{ text = "{text}", policy = "refuse" }}"#);
        fault("prose", "pass_issued", thing, &to, &[])
    };
    assert_eq!(
        refuse("{host}"),
        "settings, menus and message templates: all is well"
    );
    assert_snapshot!(refuse("{host}{host}"), @"…/pass_issued.toml: subscription mini.data.thing1: does not fit a field of kind Thing");
}

#[test]
fn the_words_of_an_sms_keep_the_providers_rules() {
    let param = r#"{ text = "{pass_token}", policy = "refuse" }"#;
    let change = |to: &str, own: &[(&str, &str)]| fault("sms", "pass_issued", param, to, own);
    assert_snapshot!(change(r#"{ text = "{pass_link}", policy = "refuse" }"#, &[]), @r#"
    …/pass_issued.toml: sms.params: providers refuse a link in a variable; use the token
    …/pass_issued.toml: sms.params: "{pass_link}" is longer than [sms] variable_chars
    "#);
    assert_snapshot!(change(r#"{ text = "{pass_token}", policy = "cut" }"#, &[]), @"…/pass_issued.toml: sms.params: half a token opens nothing: refuse it");
    // Where a token does not fit, the short code does.
    let short = [("SMS__VARIABLE_CHARS", "12")];
    assert_snapshot!(change(r#"{ text = "{pass_token}", policy = "refuse"}"#, &short), @r#"
    …/pass_issued.toml: sms.params: "{pass_token}" is longer than [sms] variable_chars
    …/invited.toml: sms.params: "{invitation_token}" is longer than [sms] variable_chars
    …/registered.toml: sms.params: "{registration_token}" is longer than [sms] variable_chars
    "#);
    let code = change(r#"{ text = "{pass_code}", policy = "refuse" }"#, &short);
    assert!(!code.contains("pass_issued.toml"), "{code}");
}
