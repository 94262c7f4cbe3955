//! `device play`: a reader that is not there, as a process of its own, against the service.

use campus_pass::actions::devices::{NewReader, add_reader};
use campus_pass::dialects::{Dialect, Speech};
use campus_pass::domain::campus::{DeviceId, Direction};
use insta::assert_snapshot;
use sea_orm::{ConnectionTrait, Statement};

use crate::harness::{App, run};

/// What the reader printed, and how many passages of its device there are, of how many readings that it kept.
async fn played(app: &App, dialect: Dialect, content: &str, more: &[&str]) -> String {
    let new = NewReader {
        id: DeviceId::parse(dialect.as_str()).unwrap(),
        direction: Direction::Both,
        speech: Speech {
            dialect,
            network: "127.0.0.0/8".parse().unwrap(),
            gbk: false,
        },
    };
    let key = add_reader(&app.ctx, "东门", new).await.unwrap();
    let url = format!("{}/gate/{}/{key}", app.base, dialect.as_str());
    let mut told = vec!["device", "play", "--dialect", dialect.as_str()];
    told.extend(["--url", &url, "--content", content]);
    told.extend(more);
    let told: Vec<String> = told.into_iter().map(str::to_owned).collect();
    let ran = tokio::task::spawn_blocking(move || {
        let told: Vec<&str> = told.iter().map(String::as_str).collect();
        run(&told, &[])
    });
    let (code, out, error) = ran.await.unwrap();
    assert_eq!(code, 0, "{error}");
    // Many that are alike are told once.
    let mut lines: Vec<(String, usize)> = Vec::new();
    for line in out.lines() {
        let line = unnumbered(&app.plain(line));
        match lines.iter_mut().find(|(known, _)| *known == line) {
            Some((_, times)) => *times += 1,
            None => lines.push((line, 1)),
        }
    }
    let lines = lines
        .iter()
        .map(|(line, times)| format!("{times} × {line}\n"));
    let count = format!(
        "select count(*) as n, sum(case when offline then 1 else 0 end) as kept from passages \
         where device_id = '{}'",
        dialect.as_str()
    );
    let db = &app.ctx.db.read;
    let count = Statement::from_string(db.get_database_backend(), count);
    let row = db.query_one_raw(count).await.unwrap().unwrap();
    let [all, kept] = ["n", "kept"].map(|name| row.try_get::<i64>("", name).unwrap());
    format!("{}{all} passages, {kept} kept", lines.collect::<String>())
}

/// Without what the device counts, and its clock.
fn unnumbered(line: &str) -> String {
    let mut line = line.to_owned();
    for before in ["\"serialNo\":", "time="] {
        let Some(at) = line.find(before).map(|at| at + before.len()) else {
            continue;
        };
        let digits = line[at..].bytes().take_while(u8::is_ascii_digit).count();
        line.replace_range(at..at + digits, "N");
    }
    line
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_dialect_is_played_with_repeats_a_wrong_clock_and_what_was_kept() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let mut form = guest
        .form("刘明", "2026-03-02 08:00", "2026-03-02 16:00")
        .await;
    form["visitor"]["plate"] = "渝A12345".into();
    let (_, code) = guest.approved_with(&form).await;
    app.it_is("2026-03-02 14:05");
    let kept = ["--repeats", "4", "--kept", "20", "--skew", "-3600"];
    let mut told = Vec::new();
    for dialect in [
        Dialect::Vguang,
        Dialect::Mcardsea,
        Dialect::Cerberus,
        Dialect::Readno,
        Dialect::Hikvision,
        Dialect::Vzenith,
    ] {
        let content = match dialect {
            Dialect::Vzenith => "渝A12345",
            _ => &code,
        };
        let played = played(&app, dialect, content, &kept).await;
        told.push(format!("{}:\n{played}", dialect.as_str()));
    }
    let told = told.join("\n");
    assert_snapshot!(told, @r#"
    vguang:
    4 × POST 200 code=0000
    1 passages, 0 kept
    mcardsea:
    4 × GET 200 cardid=[code]&mjihao=1&cjihao=K1&status=1&time=N
    1 passages, 0 kept
    cerberus:
    4 × GET 200 {"ActIndex":"0","AcsRes":"1","Time":"5","Voice":"欢迎，校园区域至16:00","Note":"张** 校园区域"}
    1 passages, 0 kept
    readno:
    4 × POST 200 {"result":1,"readno":"1","cnt":1,"str1":"张** 校园区域","opendelay":"","sndtxt":"欢迎，校园区域至16:00","currtime":"2026-03-02 14:05:00"}
    1 passages, 0 kept
    hikvision:
    4 × POST 200 {"RemoteCheck":{"serialNo":N,"checkResult":"success","info":"欢迎，校园区域至16:00"}}
    22 × POST 200 {"RemoteCheck":{"serialNo":N,"checkResult":"failed","info":""}}
    21 passages, 20 kept
    vzenith:
    4 × POST 200 {"Response_AlarmInfoPlate":{"info":"ok","content":"retransfer_stop"}}
    22 × POST 200 {"Response_AlarmInfoPlate":{"info":"no","content":"retransfer_stop"}}
    21 passages, 20 kept
    "#);
    app.deliver().await;
    app.finish().await;
}
