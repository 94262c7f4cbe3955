//! The audit as somebody reads it: in words, with what things are called now, and in the sheet as on the page.

use std::collections::BTreeSet;
use std::fs;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::architecture::{name, sources};
use crate::exports::cells;
use crate::harness::{App, Approver};

/// The item of a register that is called so.
async fn called(admin: &Approver<'_>, register: &str, name: &str) -> Value {
    let all = admin
        .get(&format!("/api/admin/{register}"))
        .await
        .expect(200);
    let items = all["items"].as_array().unwrap();
    items
        .iter()
        .find(|item| item["name"] == name)
        .unwrap()
        .clone()
}

#[tokio::test]
async fn the_audit_says_in_words_and_names_what_was_done_and_its_sheet_says_the_same() {
    let app = App::start().await;
    let (admin, chen) = (app.approver("吴敏"), app.approver("陈静"));
    let area = called(&admin, "areas", "图书馆").await;
    let department = called(&admin, "departments", "信息中心").await;
    let zhou = called(&admin, "staff", "周岚").await["id"].clone();
    let rules = json!({
        "hours": "mon-fri 08:00-18:00, sat 22:00-02:00", "entries_a_day": 3, "passback": "hard",
        "reentry_minutes": null, "exits": "refuse", "outage": "refuse",
    });
    let form = json!({
        "name": "图书馆", "open": true, "days_ahead": 366, "days_long": 31, "overlap": "allow",
        "rules": rules, "revision": area["revision"],
    });
    let path = format!("/api/admin/areas/{}", area["id"].as_str().unwrap());
    admin.put(&path, &form).await.expect(200);
    let mut route = json!({
        "name": "两级", "place": 1, "open": true, "area": area["id"], "mode": "group",
        "department": department["id"], "steps": [
            { "who": "host_department" },
            { "who": "department", "department": department["id"], "all": true },
            { "who": "member", "staff": zhou },
        ],
    });
    let made = admin.post("/api/admin/routes", &route).await.expect(201);
    (route["steps"], route["area"], route["version"]) = (json!([]), Value::Null, json!(1));
    let path = format!("/api/admin/routes/{}", made["id"].as_str().unwrap());
    admin.put(&path, &route).await.expect(200);
    let reads = json!({ "staff": zhou, "area": area["id"] });
    admin.post("/api/admin/readers", &reads).await.expect(201);
    let away = json!({ "to": zhou, "starts_at": "2026-03-02T09:00:00+08:00", "ends_at": "2026-03-03T09:00:00+08:00" });
    chen.post("/api/staff/delegations", &away).await.expect(201);
    app.deliver().await;

    let list = admin.get("/api/admin/audit").await.expect(200);
    let said = |row: &Value| {
        let words = ["who_text", "what_text", "subject_text", "detail"];
        words
            .map(|word| row[word].as_str().unwrap().to_owned())
            .join("|")
    };
    let told: Vec<_> = list["items"].as_array().unwrap().iter().map(said).collect();
    let newest = told.iter().take(5).map(|line| app.plain(line));
    assert_snapshot!(newest.collect::<Vec<_>>().join("\n"), @"
    陈*|设置委托|委托 [id]|受托人：周*；开始时间：2026-03-02 09:00:00；结束时间：2026-03-03 09:00:00
    吴*|新增抄送规则|抄送规则 [id]|抄送人：周*；抄送范围：到访区域 图书馆
    吴*|修改审批路线|审批路线 两级|到访区域：图书馆 → 无；审批环节：被访人部门的审批负责人；信息中心审批负责人（会签）；周* → 无需审批
    吴*|新增审批路线|审批路线 两级|顺序：1；名称：两级；启用：是；来源：团体通行；到访区域：图书馆；部门：信息中心；审批环节：被访人部门的审批负责人；信息中心审批负责人（会签）；周*
    吴*|修改到访区域|到访区域 图书馆|开放时间：随时开放 → 周一至周五 08:00–18:00；周六 22:00–次日02:00；每日入校次数：不限 → 3；防潜回：关闭 → 不放行
    ");
    assert_snapshot!(list["items"][2]["facts"].to_string(), @r#"[{"before":"1","name":"顺序","text":"1"},{"before":"两级","name":"名称","text":"两级"},{"before":"是","name":"启用","text":"是"},{"before":"团体通行","name":"来源","text":"团体通行"},{"before":"图书馆","name":"到访区域","text":"无"},{"before":"信息中心","name":"部门","text":"信息中心"},{"before":"被访人部门的审批负责人；信息中心审批负责人（会签）；周*","name":"审批环节","text":"无需审批"}]"#);

    let lines = |sheet: &[Vec<String>]| -> Vec<_> {
        let line = |row: &Vec<String>| [1, 3, 4, 5].map(|n| row[n].clone()).join("|");
        sheet[1..].iter().map(line).collect()
    };
    let sheet = cells(&admin.get("/api/admin/audit/export").await);
    assert_eq!(lines(&sheet)[..told.len()], told);
    // In full for whoever asks for it so, and everywhere: it is the newest but for the export before it.
    let plain = cells(&admin.get("/api/admin/audit/export?plain=true").await);
    assert_snapshot!(app.plain(&lines(&plain)[1]), @"陈静|设置委托|委托 [id]|受托人：周岚；开始时间：2026-03-02 09:00:00；结束时间：2026-03-03 09:00:00");
    app.finish().await;
}

/// `area.set` and all its kin, as the source has them between quotes.
fn named(text: &str) -> Vec<String> {
    let plain = |part: &str| {
        let fits = |c: char| c.is_ascii_lowercase() || c == '_';
        !part.is_empty() && part.chars().all(fits)
    };
    let act = |text: &&str| {
        let parts = text.split_once('.');
        parts.is_some_and(|(thing, deed)| plain(thing) && plain(deed))
    };
    text.split('"').filter(act).map(str::to_owned).collect()
}

#[tokio::test]
async fn whatever_is_written_into_the_audit_has_a_word_and_stands_in_the_menu_of_its_filter() {
    let written: BTreeSet<_> = { sources().into_iter() }
        .filter(|file| {
            ["src/actions/", "src/http/admin/"]
                .iter()
                .any(|part| name(file).starts_with(part))
        })
        .flat_map(|file| named(&fs::read_to_string(file).unwrap()))
        // The fields of an area's rules in a form, and the table of the words itself.
        .filter(|act| !act.starts_with("rules.") && act != "words.txt")
        .collect();
    assert!(written.len() > 60, "the acts are written otherwise");
    let app = App::start().await;
    let menu = app
        .approver("吴敏")
        .get("/api/admin/audit/acts")
        .await
        .expect(200);
    let menu = menu.as_array().unwrap();
    let known: BTreeSet<_> = { menu.iter() }
        .map(|act| act["what"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(written, known);
    assert!(
        menu.iter()
            .all(|act| act["text"] != act["what"] && act["text"] != "")
    );
    app.finish().await;
}
