//! What an operator writes: every fault is named with its file, its key and the reason, and a service
//! whose settings are wrong does not start.

use std::fs;
use std::path::{Path, PathBuf};

use campus_pass::config::{self, Environment};
use insta::assert_snapshot;
use secrecy::ExposeSecret;

use crate::harness::{run, shipped_templates};

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let name = format!("settings_{}_{name}", std::process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// What `check` says; it must end with 1.
fn faults(settings: &[(&str, &str)]) -> String {
    let (code, out, _) = run(&["check"], settings);
    assert_eq!(code, 1, "{out}");
    out
}

#[test]
fn what_the_program_brings_along_is_well() {
    let (code, out, _) = run(&["check"], &[]);
    assert_eq!(
        (code, out.as_str()),
        (0, "settings, menus and message templates: all is well\n")
    );
}

#[test]
fn every_fault_of_the_environment_is_named_at_once() {
    let told = faults(&[
        ("SERVER__COLOUR", "red"),
        ("SERVER", "x"),
        ("SERVER__NODE", "1024"),
        ("SERVER__LISTEN", "0.0.0.0:8080"),
        ("SERVER__PUBLIC_URL", "https://pass.example.edu"),
        ("SERVER__TRUSTED_PROXIES", "10.0.0.1,proxy"),
        ("DATABASE__URL", "mysql://x"),
        ("OFFICIAL_ACCOUNT__MESSAGE_MODE", "none"),
        ("OFFICIAL_ACCOUNT__ENCODING_AES_KEY", "short"),
        ("OFFICIAL_ACCOUNT__TOKEN", ""),
        ("WECOM__AGENT_ID", "one"),
        ("GATE__BATCH", "-1"),
        ("KEYS__DATA", "k1:c2hvcnQ="),
        ("KEYS__INDEX", "CANARY"),
        (
            "KEYS__CODE",
            "300:EsB4RvUPd16jTrwYjqmLlnX3N9XpvpJix03vO+DS8kc=",
        ),
        ("SANDBOX__GATE_DEVICE", "a b"),
        ("SANDBOX__GATE_KEY", "00"),
    ]);
    assert!(!told.contains("CANARY"), "a key is not repeated");
    assert_snapshot!(told, @r#"
    CAMPUS_PASS__SERVER: server: there is no such key
    CAMPUS_PASS__SERVER__COLOUR: server.colour: there is no such key
    CAMPUS_PASS__SERVER__LISTEN: server.listen: sandbox mode listens only on this machine (127.0.0.1 or [::1])
    CAMPUS_PASS__SERVER__PUBLIC_URL: server.public_url: sandbox mode is only for this machine (http://127.0.0.1:PORT)
    CAMPUS_PASS__SERVER__TRUSTED_PROXIES: server.trusted_proxies: must be IP addresses
    CAMPUS_PASS__SERVER__NODE: server.node: must be 0 to 1023
    CAMPUS_PASS__DATABASE__URL: database.url: must begin with sqlite:// or postgres://
    CAMPUS_PASS__OFFICIAL_ACCOUNT__MESSAGE_MODE: official_account.message_mode: must be "plain", "compatible" or "aes"
    CAMPUS_PASS__OFFICIAL_ACCOUNT__TOKEN: official_account.token: must not be empty
    CAMPUS_PASS__OFFICIAL_ACCOUNT__ENCODING_AES_KEY: official_account.encoding_aes_key: an EncodingAESKey is 43 characters of base64
    CAMPUS_PASS__WECOM__AGENT_ID: wecom.agent_id: invalid digit found in string
    CAMPUS_PASS__GATE__BATCH: gate.batch: must be 1 to 1024
    CAMPUS_PASS__KEYS__DATA: keys.data: must be 32 bytes
    CAMPUS_PASS__KEYS__INDEX: keys.index: must be base64
    CAMPUS_PASS__KEYS__CODE: keys.code: the number must be 0 to 255
    CAMPUS_PASS__SANDBOX__GATE_DEVICE: sandbox.gate_device: must be 1 to 32 letters, digits, _ or -
    CAMPUS_PASS__SANDBOX__GATE_KEY: sandbox.gate_key: must be 64 hexadecimal digits
    "#);
    for elsewhere in [
        "http://pass.example.edu",
        "http://127.0.0.1.example.edu",
        "http://127.0.0.1/x",
        "127.0.0.1",
        "ftp://localhost",
    ] {
        let told = faults(&[("SERVER__PUBLIC_URL", elsewhere)]);
        assert!(
            told.starts_with("CAMPUS_PASS__SERVER__PUBLIC_URL: server.public_url: "),
            "{told}"
        );
    }
}

#[test]
fn every_fault_of_the_file_is_named_with_the_file() {
    let folder = folder("file");
    let file = folder.join("own.toml");
    let check = |text: &str| {
        fs::write(&file, text).unwrap();
        let (code, out, _) = run(&["check", "--config", file.to_str().unwrap()], &[]);
        assert_eq!(code, 1, "{out}");
        let out = out.replace(folder.to_str().unwrap(), "…");
        out.replace(folder.file_name().unwrap().to_str().unwrap(), "…")
    };
    assert_snapshot!(check("[server]\ncolour = \"red\"\nnode = \"x\"\n[serevr]\nnode = 1\n"), @"
    …/own.toml: serevr: there is no such key
    …/own.toml: server.colour: there is no such key
    …/own.toml: server.node: must be 0 to 1023
    ");
    assert_snapshot!(check("server = 5\n[photos]\nfolder = [\"a\"]\nmax_bytes = true\n"), @"
    …/own.toml: server: there is no such key
    wechat.toml (shipped): server.listen: must be a single value
    wechat.toml (shipped): server.public_url: must be a single value
    wechat.toml (shipped): server.metrics_listen: must be a single value
    wechat.toml (shipped): server.trusted_proxies: must be a single value
    wechat.toml (shipped): server.node: must be a single value
    wechat.toml (shipped): server.menus: must be a single value
    wechat.toml (shipped): server.message_templates: must be a single value
    …/own.toml: photos.folder: must be a single value
    …/own.toml: photos.max_bytes: invalid digit found in string
    ");
    assert_snapshot!(check("[server\n"), @"
    …/own.toml: -: TOML parse error at line 1, column 8
      |
    1 | [server
      |        ^
    unclosed table, expected `]`
     in …/own.toml
    ");
    let (code, out, _) = run(&["check", "--config", "/nowhere.toml"], &[]);
    assert_snapshot!(format!("{code} {out}"), @r#"1 /nowhere.toml: -: configuration file "/nowhere.toml" not found"#);
    // A bucket's keys are asked for when pictures lie in one, and only then.
    assert_snapshot!(check("[photos]\nstorage = \"s3\"\n[photos.s3]\nendpoint = \"http://a\"\n"), @"
    …/own.toml: photos.s3.endpoint: must begin with https://
    wechat.toml (shipped): photos.s3.region: must not be empty
    wechat.toml (shipped): photos.s3.bucket: must not be empty
    wechat.toml (shipped): photos.s3.access_key_id: must not be empty
    wechat.toml (shipped): photos.s3.secret_access_key: must not be empty
    ");
    assert_snapshot!(check("[photos]\nstorage = \"attic\"\n"), @r#"…/own.toml: photos.storage: must be "folder" or "s3""#);
    // A key of the file gives way to the environment.
    fs::write(&file, "[server]\nnode = 5\n").unwrap();
    let own = Environment::of([("CAMPUS_PASS__SERVER__NODE".to_owned(), "6".to_owned())]).unwrap();
    assert_eq!(config::load(Some(&file), &own).unwrap().server.node, 6);
    let none = Environment::default();
    assert_eq!(config::load(Some(&file), &none).unwrap().server.node, 5);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn live_mode_names_each_secret_that_is_missing_and_does_not_start() {
    let folder = folder("live");
    let database = format!("sqlite://{}", folder.join("live.db").display());
    let live = [("MODE", "live"), ("DATABASE__URL", database.as_str())];
    let told = faults(&live);
    assert_snapshot!(told, @"
    wechat.toml (shipped): server.public_url: must begin with https:// in live mode
    wechat.toml (shipped): official_account.app_id: missing: live mode does not take the sandbox's
    wechat.toml (shipped): official_account.original_id: missing: live mode does not take the sandbox's
    wechat.toml (shipped): official_account.token: missing: live mode does not take the sandbox's
    wechat.toml (shipped): official_account.encoding_aes_key: missing: live mode does not take the sandbox's
    wechat.toml (shipped): official_account.secret: missing: live mode does not take the sandbox's
    wechat.toml (shipped): official_account.tags.staff: missing: live mode does not take the sandbox's
    wechat.toml (shipped): mini_program.app_id: missing: live mode does not take the sandbox's
    wechat.toml (shipped): mini_program.original_id: missing: live mode does not take the sandbox's
    wechat.toml (shipped): mini_program.token: missing: live mode does not take the sandbox's
    wechat.toml (shipped): mini_program.encoding_aes_key: missing: live mode does not take the sandbox's
    wechat.toml (shipped): mini_program.secret: missing: live mode does not take the sandbox's
    wechat.toml (shipped): wecom.corp_id: missing: live mode does not take the sandbox's
    wechat.toml (shipped): wecom.token: missing: live mode does not take the sandbox's
    wechat.toml (shipped): wecom.encoding_aes_key: missing: live mode does not take the sandbox's
    wechat.toml (shipped): wecom.secret: missing: live mode does not take the sandbox's
    wechat.toml (shipped): sms.tencent.secret_id: missing: live mode does not take the sandbox's
    wechat.toml (shipped): sms.tencent.secret_key: missing: live mode does not take the sandbox's
    wechat.toml (shipped): sms.tencent.sdk_app_id: missing: live mode does not take the sandbox's
    wechat.toml (shipped): sms.tencent.report_key: missing: live mode does not take the sandbox's
    wechat.toml (shipped): sms.tencent.templates.approval_waiting: missing: live mode does not take the sandbox's
    wechat.toml (shipped): sms.tencent.templates.pass_issued: missing: live mode does not take the sandbox's
    wechat.toml (shipped): sms.tencent.templates.visit_result: missing: live mode does not take the sandbox's
    wechat.toml (shipped): sms.tencent.templates.invited: missing: live mode does not take the sandbox's
    wechat.toml (shipped): sms.tencent.templates.registered: missing: live mode does not take the sandbox's
    wechat.toml (shipped): sms.tencent.templates.login_code: missing: live mode does not take the sandbox's
    wechat.toml (shipped): official_account.templates.visit_result: missing: live mode does not take the sandbox's
    wechat.toml (shipped): official_account.templates.pass_issued: missing: live mode does not take the sandbox's
    wechat.toml (shipped): official_account.templates.answer_late: missing: live mode does not take the sandbox's
    wechat.toml (shipped): official_account.templates.invitation_lapsing: missing: live mode does not take the sandbox's
    wechat.toml (shipped): mini_program.templates.visit_result: missing: live mode does not take the sandbox's
    wechat.toml (shipped): mini_program.templates.pass_issued: missing: live mode does not take the sandbox's
    wechat.toml (shipped): official_account.subscriptions.visit_result: missing: live mode does not take the sandbox's
    wechat.toml (shipped): official_account.subscriptions.pass_issued: missing: live mode does not take the sandbox's
    wechat.toml (shipped): keys.data: missing: live mode does not take the sandbox's
    wechat.toml (shipped): keys.index: missing: live mode does not take the sandbox's
    wechat.toml (shipped): keys.link: missing: live mode does not take the sandbox's
    wechat.toml (shipped): keys.code: missing: live mode does not take the sandbox's
    ");
    let (code, out, said) = run(&["serve"], &live);
    assert_eq!((code, out.as_str()), (1, ""));
    for line in told.lines() {
        assert!(said.contains(line), "serve names it as well: {line}");
    }
    assert!(!folder.join("live.db").exists(), "nothing was begun");
    fs::remove_dir_all(folder).unwrap();
}

/// A live campus's settings, invented.
fn live(database: &str) -> Vec<(&'static str, String)> {
    let key = |byte: u8| data_encoding::BASE64.encode(&[byte; 32]);
    let aes = || "a".repeat(42) + "E";
    let text = |text: &str| text.to_owned();
    vec![
        ("MODE", text("live")),
        ("DATABASE__URL", text(database)),
        ("SERVER__PUBLIC_URL", text("https://pass.example.edu")),
        ("SERVER__LISTEN", text("0.0.0.0:0")),
        ("SERVER__METRICS_LISTEN", text("")),
        ("OFFICIAL_ACCOUNT__APP_ID", text("wxlive")),
        ("OFFICIAL_ACCOUNT__ORIGINAL_ID", text("gh_live")),
        ("OFFICIAL_ACCOUNT__TOKEN", text("t")),
        ("OFFICIAL_ACCOUNT__ENCODING_AES_KEY", aes()),
        ("OFFICIAL_ACCOUNT__SECRET", text("s")),
        ("OFFICIAL_ACCOUNT__TAGS__STAFF", text("")),
        ("OFFICIAL_ACCOUNT__TEMPLATES__VISIT_RESULT", text("T1")),
        ("OFFICIAL_ACCOUNT__TEMPLATES__PASS_ISSUED", text("T2")),
        ("OFFICIAL_ACCOUNT__TEMPLATES__ANSWER_LATE", text("T3")),
        (
            "OFFICIAL_ACCOUNT__TEMPLATES__INVITATION_LAPSING",
            text("T4"),
        ),
        ("OFFICIAL_ACCOUNT__SUBSCRIPTIONS__VISIT_RESULT", text("")),
        ("OFFICIAL_ACCOUNT__SUBSCRIPTIONS__PASS_ISSUED", text("")),
        ("MINI_PROGRAM__TEMPLATES__VISIT_RESULT", text("S1")),
        ("MINI_PROGRAM__TEMPLATES__PASS_ISSUED", text("")),
        ("MINI_PROGRAM__APP_ID", text("wxmini")),
        ("MINI_PROGRAM__ORIGINAL_ID", text("gh_mini")),
        ("MINI_PROGRAM__TOKEN", text("t")),
        ("MINI_PROGRAM__ENCODING_AES_KEY", aes()),
        ("MINI_PROGRAM__SECRET", text("s")),
        ("WECOM__CORP_ID", text("wwlive")),
        ("WECOM__TOKEN", text("t")),
        ("WECOM__ENCODING_AES_KEY", aes()),
        ("WECOM__SECRET", text("s")),
        ("SMS__TENCENT__SECRET_ID", text("id")),
        ("SMS__TENCENT__SECRET_KEY", text("key")),
        ("SMS__TENCENT__SDK_APP_ID", text("1")),
        ("SMS__TENCENT__REPORT_KEY", text("reports-of-tencent")),
        ("SMS__TENCENT__TEMPLATES__APPROVAL_WAITING", text("1")),
        ("SMS__TENCENT__TEMPLATES__PASS_ISSUED", text("2")),
        ("SMS__TENCENT__TEMPLATES__VISIT_RESULT", text("3")),
        ("SMS__TENCENT__TEMPLATES__INVITED", text("4")),
        ("SMS__TENCENT__TEMPLATES__REGISTERED", text("5")),
        ("SMS__TENCENT__TEMPLATES__LOGIN_CODE", text("6")),
        ("KEYS__DATA", format!("k:{}", key(1))),
        ("KEYS__INDEX", key(2)),
        ("KEYS__LINK", key(3)),
        ("KEYS__CODE", format!("9:{}", key(4))),
    ]
}

fn borrowed<'a>(settings: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    settings
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect()
}

#[test]
fn a_live_campus_names_its_cas_by_https_or_has_none() {
    let cas = |given: &str| {
        let mut settings = live("sqlite://data/live.db");
        settings.push(("CAS__BASE_URL", given.to_owned()));
        let named = settings
            .into_iter()
            .map(|(key, value)| (format!("CAMPUS_PASS__{key}"), value));
        let loaded = config::load(None, &Environment::of(named).unwrap());
        loaded.map(|settings| settings.cas.base_url)
    };
    assert_eq!(cas("").unwrap(), None);
    let given = cas("https://cas.example.edu/cas/").unwrap();
    assert_eq!(given.as_deref(), Some("https://cas.example.edu/cas"));
    assert_snapshot!(cas("http://cas.example.edu/cas").unwrap_err(), @"CAMPUS_PASS__CAS__BASE_URL: cas.base_url: must begin with https:// in live mode");
    let shipped = config::load(None, &Environment::default()).unwrap();
    let played = shipped.cas.base_url.unwrap();
    assert_eq!(played, "http://127.0.0.1:8080/sandbox/cas");
}

#[test]
fn the_keys_of_a_provider_of_sms_are_asked_for_only_when_it_is_in_use() {
    let mut settings = live("sqlite://x.db");
    settings.retain(|(key, _)| !key.starts_with("SMS__"));
    settings.push(("SMS__PROVIDER", "aliyun".to_owned()));
    let aliyuns = faults(&borrowed(&settings));
    assert_snapshot!(aliyuns, @"
    wechat.toml (shipped): sms.aliyun.access_key_id: missing: live mode does not take the sandbox's
    wechat.toml (shipped): sms.aliyun.access_key_secret: missing: live mode does not take the sandbox's
    wechat.toml (shipped): sms.aliyun.report_key: missing: live mode does not take the sandbox's
    wechat.toml (shipped): sms.aliyun.templates.approval_waiting: missing: live mode does not take the sandbox's
    wechat.toml (shipped): sms.aliyun.templates.pass_issued: missing: live mode does not take the sandbox's
    wechat.toml (shipped): sms.aliyun.templates.visit_result: missing: live mode does not take the sandbox's
    wechat.toml (shipped): sms.aliyun.templates.invited: missing: live mode does not take the sandbox's
    wechat.toml (shipped): sms.aliyun.templates.registered: missing: live mode does not take the sandbox's
    wechat.toml (shipped): sms.aliyun.templates.login_code: missing: live mode does not take the sandbox's
    ");
    settings.push(("SMS__BACKUP", "tencent".to_owned()));
    let both = faults(&borrowed(&settings));
    assert!(both.starts_with(&aliyuns) && both.contains("sms.tencent.secret_key: missing"));

    let mut settings = live("sqlite://x.db");
    settings.push(("SMS__BACKUP", "tencent".to_owned()));
    settings.retain(|(key, _)| *key != "SMS__TENCENT__REPORT_KEY");
    for wrong in ["fifteen-letters", "sixteen/of-those"] {
        let mut settings = settings.clone();
        settings.push(("SMS__TENCENT__REPORT_KEY", wrong.to_owned()));
        assert_eq!(
            faults(&borrowed(&settings)),
            "CAMPUS_PASS__SMS__BACKUP: sms.backup: must not be the provider itself\n\
             CAMPUS_PASS__SMS__TENCENT__REPORT_KEY: sms.tencent.report_key: \
             must be 16 to 64 letters, digits, _ or -\n",
            "and a key is not repeated"
        );
    }
    assert_snapshot!(faults(&[("SMS__PROVIDER", "pigeon"), ("SMS__BACKUP", "owl")]), @r#"
    CAMPUS_PASS__SMS__PROVIDER: sms.provider: must be "tencent" or "aliyun"
    CAMPUS_PASS__SMS__BACKUP: sms.backup: must be "tencent" or "aliyun"
    "#);
}

#[test]
fn a_database_belongs_to_the_mode_that_made_it() {
    let folder = folder("stamp");
    for made_by_sandbox in [true, false] {
        let name = if made_by_sandbox {
            "sandbox.db"
        } else {
            "live.db"
        };
        let database = format!("sqlite://{}", folder.join(name).display());
        let live = live(&database);
        let sandbox = vec![("DATABASE__URL", database.as_str())];
        let (own, other) = if made_by_sandbox {
            (sandbox, borrowed(&live))
        } else {
            (borrowed(&live), sandbox)
        };
        let (code, _, said) = run(&["outbox", "list"], &own);
        assert_eq!(code, 1);
        assert!(said.contains("run `migrate`"), "{said}");
        assert_eq!(run(&["migrate"], &own).0, 0);
        assert_eq!(run(&["outbox", "list"], &own).0, 0, "its own mode uses it");
        for command in [&["outbox", "list"][..], &["serve"], &["migrate"]] {
            let (code, _, said) = run(command, &other);
            assert_eq!(code, 1);
            assert!(said.contains("this database was made in"), "{said}");
        }
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn live_mode_wants_https_and_no_key_of_the_sandbox() {
    let mut settings = live("sqlite://x.db");
    assert_eq!(
        run(&["check"], &borrowed(&settings)).0,
        0,
        "the whole set is well"
    );
    settings.retain(|(key, _)| !matches!(*key, "SERVER__PUBLIC_URL" | "KEYS__LINK"));
    settings.push(("SERVER__PUBLIC_URL", "http://pass.example.edu".to_owned()));
    // The sandbox's own key, given by hand, is still the sandbox's.
    settings.push((
        "KEYS__LINK",
        "nbENt3kPNqP6zj8TbZ/lSd7HxEaFmNnHlfAkILzFy8A=".to_owned(),
    ));
    assert_snapshot!(faults(&borrowed(&settings)), @"
    CAMPUS_PASS__SERVER__PUBLIC_URL: server.public_url: must begin with https:// in live mode
    CAMPUS_PASS__KEYS__LINK: keys.link: missing: live mode does not take the sandbox's
    ");
}

#[test]
fn live_mode_finds_the_sandbox_s_keys_wherever_they_are_put() {
    let mut settings = live("sqlite://x.db");
    let shipped = "EsB4RvUPd16jTrwYjqmLlnX3N9XpvpJix03vO+DS8kc=";
    settings.retain(|(key, _)| !matches!(*key, "KEYS__DATA" | "WECOM__SECRET"));
    settings.push(("KEYS__DATA", format!("mine:{shipped}")));
    settings.push(("KEYS__CODE_OLDER", format!("7:{shipped}")));
    settings.push((
        "WECOM__SECRET",
        "127c35e1e581679256b33198e139b7d4".to_owned(),
    ));
    assert_snapshot!(faults(&borrowed(&settings)), @"
    CAMPUS_PASS__WECOM__SECRET: wecom.secret: missing: live mode does not take the sandbox's
    CAMPUS_PASS__KEYS__DATA: keys.data: missing: live mode does not take the sandbox's
    CAMPUS_PASS__KEYS__CODE_OLDER: keys.code_older: missing: live mode does not take the sandbox's
    ");
}

#[test]
fn live_mode_takes_ids_from_the_file_and_secrets_not() {
    let folder = folder("live_file");
    let file = folder.join("own.toml");
    let mut settings = live("sqlite://x.db");
    settings.retain(|(key, _)| !key.starts_with("WECOM__"));
    let own = "[wecom]\ncorp_id = \"wwlive\"\ntoken = \"CANARY\"\nsecret = \"CANARY\"\n\
        [keys]\ndata_older = \"\"\n";
    fs::write(&file, own).unwrap();
    settings.push(("WECOM__ENCODING_AES_KEY", "a".repeat(42) + "E"));
    settings.push(("WECOM__SECRET", "s".to_owned()));
    let check = ["check", "--config", file.to_str().unwrap()];
    let (code, out, _) = run(&check, &borrowed(&settings));
    let out = out.replace(folder.to_str().unwrap(), "…");
    assert_eq!(
        (code, out.as_str()),
        (
            1,
            "…/own.toml: wecom.token: a secret of live mode comes from the environment or a …_FILE, \
             not from here\n"
        )
    );
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn every_key_has_an_id_of_its_own() {
    let key = |byte: u8| data_encoding::BASE64.encode(&[byte; 32]);
    let told = faults(&[
        ("KEYS__DATA", &format!("k2:{}", key(2))),
        ("KEYS__DATA_OLDER", &format!("k1:{},k2:{}", key(1), key(3))),
        ("KEYS__CODE", &format!("2:{}", key(2))),
        ("KEYS__CODE_OLDER", &format!("1:{},1:{}", key(1), key(3))),
    ]);
    assert_snapshot!(told, @"
    CAMPUS_PASS__KEYS__DATA_OLDER: keys.data_older: an id stands twice: a key needs one of its own
    CAMPUS_PASS__KEYS__CODE_OLDER: keys.code_older: a number stands twice: a key needs one of its own
    ");
}

#[test]
fn a_public_url_is_written_as_browsers_write_an_origin() {
    let mut settings = live("sqlite://x.db");
    settings.retain(|(key, _)| *key != "SERVER__PUBLIC_URL");
    for (given, taken) in [
        ("HTTPS://Pass.Example.EDU:443/", "https://pass.example.edu"),
        (
            "https://pass.example.edu:8443",
            "https://pass.example.edu:8443",
        ),
        ("https://pass.example.edu:80", "https://pass.example.edu:80"),
    ] {
        let mut all = settings.clone();
        all.push(("SERVER__PUBLIC_URL", given.to_owned()));
        let all = all
            .into_iter()
            .map(|(key, value)| (format!("CAMPUS_PASS__{key}"), value));
        let settings = config::load(None, &Environment::of(all).unwrap()).unwrap();
        assert_eq!(settings.server.public_url, taken);
    }
}

#[test]
fn a_scan_batch_has_bounds() {
    for wrong in ["0", "1025"] {
        let told = faults(&[("GATE__BATCH", wrong)]);
        assert!(told.contains("gate.batch: must be 1 to 1024"), "{told}");
    }
    assert_eq!(run(&["check"], &[("GATE__BATCH", "1024")]).0, 0);
}

#[test]
fn what_is_kept_is_kept_for_some_days_and_the_audit_for_as_long_as_the_law_says() {
    for (key, wrong, told) in [
        (
            "AUDIT",
            "183",
            "retention.audit_days: must be 184 to 3660 days",
        ),
        (
            "VISITS",
            "0",
            "retention.visits_days: must be 1 to 3660 days",
        ),
        (
            "PASSAGES",
            "ever",
            "retention.passages_days: must be 1 to 3660 days",
        ),
    ] {
        let faults = faults(&[(&format!("RETENTION__{key}_DAYS"), wrong)]);
        assert!(faults.contains(told), "{faults}");
    }
    assert_eq!(run(&["check"], &[("RETENTION__AUDIT_DAYS", "184")]).0, 0);
}

#[test]
fn menus_and_templates_are_looked_at_though_the_settings_are_wrong() {
    let menus = folder("wrong_and_menus");
    let templates = shipped_templates("wrong", "visit_approved", |text| {
        text.replace("已通过\"", "审批已经通过了\"")
    });
    let told = faults(&[
        ("MODE", "live"),
        ("SERVER__NODE", "1024"),
        ("SERVER__MENUS", menus.to_str().unwrap()),
        ("SERVER__MESSAGE_TEMPLATES", templates.to_str().unwrap()),
    ]);
    for fault in [
        "server.node: must",
        "default.toml: ",
        "template.data.phrase4: does not fit",
    ] {
        assert!(told.contains(fault), "{fault}: {told}");
    }
    assert!(!told.contains("template.id"), "{told}");
    fs::remove_dir_all(menus).unwrap();
    fs::remove_dir_all(templates).unwrap();
}

#[test]
fn a_secret_may_stand_in_a_file() {
    let folder = folder("secret");
    let file = folder.join("token");
    fs::write(&file, "from-a-file\n").unwrap();
    let name = "CAMPUS_PASS__OFFICIAL_ACCOUNT__TOKEN_FILE".to_owned();
    let given = Environment::of([(name.clone(), file.display().to_string())]).unwrap();
    let settings = config::load(None, &given).unwrap();
    assert_eq!(
        settings.official_account.token.expose_secret(),
        "from-a-file"
    );
    let missing = Environment::of([(name, "/nowhere".to_owned())]).unwrap_err();
    assert_snapshot!(missing, @"CAMPUS_PASS__OFFICIAL_ACCOUNT__TOKEN_FILE: official_account.token: /nowhere: No such file or directory (os error 2)");
    assert!(
        !format!("{settings:?}").contains("from-a-file"),
        "nor does Debug show it"
    );
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_broken_menu_is_named() {
    let folder = folder("menus");
    let check = |text: &str| {
        fs::write(folder.join("default.toml"), text).unwrap();
        let told = faults(&[("SERVER__MENUS", folder.to_str().unwrap())]);
        told.replace(folder.to_str().unwrap(), "…")
            .trim()
            .to_owned()
    };
    let button =
        |name: &str| format!("[[button]]\nname = \"{name}\"\ntype = \"click\"\nkey = \"K\"\n");
    assert_snapshot!(check(&button("这是六个汉字")), @"…/default.toml: button 这是六个汉字: the name of a button has 1 to 16 bytes (a Chinese character has 3)");
    assert_snapshot!(check(&["a", "b", "c", "d"].map(button).concat()), @"…/default.toml: button: a menu has 1 to 3 buttons");
    assert_snapshot!(check("[[button]]\nname = \"a\"\n"), @"…/default.toml: button a: needs sub-buttons, or a type (click with key, view with url, …)");
    assert_snapshot!(check("[[button]]\nname = \"a\"\ntype = \"view\"\nkey = \"k\"\n"), @"…/default.toml: button a: needs sub-buttons, or a type (click with key, view with url, …)");
    assert_snapshot!(check("[[button]]\nname = \"a\"\ncolour = \"red\"\n"), @r#"
    …/default.toml: -: TOML parse error at line 3, column 1
      |
    3 | colour = "red"
      | ^^^^^^
    unknown field `colour`, expected one of `name`, `type`, `key`, `url`, `sub_button`
    "#);
    assert_snapshot!(check(""), @"…/default.toml: button: a menu has 1 to 3 buttons");
    fs::remove_file(folder.join("default.toml")).unwrap();
    assert!(faults(&[("SERVER__MENUS", folder.to_str().unwrap())]).contains("default.toml"));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_broken_template_is_named() {
    let broken = |name: &str, from: &str, to: &str| {
        // The last place: the same fields stand in the tables of subscription messages before.
        let folder = shipped_templates("broken", name, |text| {
            let (before, after) = text.rsplit_once(from).unwrap();
            [before, to, after].concat()
        });
        let told = faults(&[("SERVER__MESSAGE_TEMPLATES", folder.to_str().unwrap())]);
        told.replace(folder.to_str().unwrap(), "…")
            .trim()
            .to_owned()
    };
    assert_snapshot!(broken("visit_approved", "thing2 = { text = \"{area}", "thing2 = { text = \"{pass_link}"), @"
    …/visit_approved.toml: template.data.thing2: this message has no {pass_link}
    …/visit_approved.toml: template.data.thing2: does not fit a field of kind Thing
    ");
    assert_snapshot!(broken("visit_approved", "thing2", "colour2"), @"…/visit_approved.toml: template.data.colour2: is no field of a WeChat template");
    assert_snapshot!(broken("visit_approved", "已通过\"", "审批已经通过了\""), @"…/visit_approved.toml: template.data.phrase4: does not fit a field of kind Phrase");
    assert_snapshot!(broken("visit_approved", "已通过\"", "OK\""), @"…/visit_approved.toml: template.data.phrase4: does not fit a field of kind Phrase");
    assert_snapshot!(broken("visit_approved", "phrase4 = { text = \"已通过", "phrase4 = { text = \"{area}"), @"…/visit_approved.toml: template.data.phrase4: does not fit a field of kind Phrase");
    assert_snapshot!(broken("visit_approved", "phrase4 = { text = \"已通过", "number4 = { text = \"{host}"), @"…/visit_approved.toml: template.data.number4: does not fit a field of kind Number");
    assert_snapshot!(broken("visit_approved", "time3 = { text = \"{starts_at}", "time3 = { text = \"{starts_short}"), @"…/visit_approved.toml: template.data.time3: does not fit a field of kind Time");
    assert_snapshot!(broken("visit_approved", "\"visit_result\"", "\"visit_rseult\""), @r#"…/visit_approved.toml: template.id: [official_account.templates] of the settings has no "visit_rseult""#);
    assert_snapshot!(broken("visit_approved", "[wecom_text]", "[wecom_txt]"), @"
    …/visit_approved.toml: -: TOML parse error at line 45, column 2
       |
    45 | [wecom_txt]
       |  ^^^^^^^^^
    unknown field `wecom_txt`, expected one of `send`, `subscription`, `template`, `sms`, `wecom_card`, `wecom_text`, `card_update`
    ");
    assert_snapshot!(broken("guest_arrived", "[\"wecom_text\"]", "[\"sms\"]"), @"…/guest_arrived.toml: sms: the channel is used, but its words are missing");
    assert_snapshot!(broken("guest_arrived", "[\"wecom_text\"]", "[\"pigeon\"]"), @"…/guest_arrived.toml: send.channels: must be one or more of subscription, template, sms, wecom_card, wecom_text, card_update, user_info");
    assert_snapshot!(broken("guest_arrived", "\"host\"", "\"visitor\""), @r#"…/guest_arrived.toml: send.to: this message has no audience "visitor""#);
    assert_snapshot!(broken("guest_arrived", "{visitors}", "{visitors"), @"…/guest_arrived.toml: wecom_text.text: this message has no {visitors 已于 {arrived_at}");
    assert_snapshot!(broken("pass_issued", "{ text = \"{pass_token}", "{ text = \"{pass_link}"), @r#"
    …/pass_issued.toml: sms.params: providers refuse a link in a variable; use the token
    …/pass_issued.toml: sms.params: "{pass_link}" is longer than [sms] variable_chars
    "#);
    assert_snapshot!(broken("pass_issued", "{ text = \"{pass_token}", "{ text = \"https://x"), @"…/pass_issued.toml: sms.params: providers refuse a link in a variable; use the token");
    assert_snapshot!(broken("pass_issued", "\"resend\"", "\"maybe\""), @r#"…/pass_issued.toml: send.on_unknown: must be "resend" or "hold""#);
    assert_snapshot!(broken("approval_waiting", "\"开始时间\"", "\"来访开始时间\""), @"…/approval_waiting.toml: wecom_card.rows: the label 来访开始时间 has more than 5 characters");
    assert_snapshot!(broken("approval_waiting", "url = ", "colour = "), @r#"
    …/approval_waiting.toml: -: TOML parse error at line 22, column 1
       |
    22 | colour = "{approval_link}"
       | ^^^^^^
    unknown field `colour`, expected one of `title`, `description`, `rows`, `url`, `approve`, `reject`, `return`
    "#);
    let folder = shipped_templates("broken", "card_settled", |text| text.replace('#', "# "));
    fs::remove_file(folder.join("card_settled.toml")).unwrap();
    let told = faults(&[("SERVER__MESSAGE_TEMPLATES", folder.to_str().unwrap())]);
    assert!(told.contains("card_settled.toml: -: "), "{told}");
    fs::remove_dir_all(folder).unwrap();
}
