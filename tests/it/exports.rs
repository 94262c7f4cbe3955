//! 导出, told by those who take a list away and by whoever looks who did.

use std::collections::HashSet;
use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use campus_pass::store::{audit, begin, commit, visitors, visits};
use insta::assert_snapshot;
use serde_json::json;

use crate::harness::{Answer, App};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The cells of an answer, all of which must be texts.
#[track_caller]
pub fn cells(answer: &Answer) -> Vec<Vec<String>> {
    assert_eq!(answer.header("content-type"), XLSX, "{}", answer.status);
    assert!(answer.header("content-disposition").ends_with(".xlsx\""));
    let mut book = Xlsx::new(Cursor::new(answer.bytes.to_vec())).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    let text = |cell: &Data| match cell {
        Data::String(text) => text.clone(),
        Data::Empty => String::new(),
        other => panic!("{other:?} is no text"),
    };
    range
        .rows()
        .map(|row| row.iter().map(text).collect())
        .collect()
}

fn lines(app: &App, answer: &Answer) -> String {
    let lines = cells(answer).into_iter();
    let lines = lines.map(|row| app.plain(&row.join("|")));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn an_administrator_takes_the_list_away_masked_or_in_full_and_that_is_written_down() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = guest
        .book("刘明", "2026-03-02 14:00", "2026-03-02 16:00")
        .await;
    app.approver("王强").invite(3).await;
    app.deliver().await;
    app.approver("陈静")
        .decide(&visit, "approve", "")
        .await
        .expect(200);
    app.deliver().await;
    let admin = app.approver("吴敏");
    let path = "/api/admin/visits/export";
    let masked = admin.get(path).await;
    assert_snapshot!(lines(&app, &masked), @"
    单据号|发起人|联系方式|被访人|被访人部门|到访区域|来访事由|来源|开始时间|结束时间|时长|来访人数|状态|申请时间
    [id]|王*|139****0003|王*|机械工程学院|校园区域|业务洽谈|访客邀约|2026-03-02 14:00:00|2026-03-02 16:00:00|1天|0|邀请中|2026-03-02 09:00:00
    [id]|张**|138****0001|刘*|信息中心|校园区域|业务洽谈|访客预约|2026-03-02 14:00:00|2026-03-02 16:00:00|1天|1|已通过|2026-03-02 09:00:00
    ");
    assert_eq!(
        cells(&masked)[2][0],
        visit.id,
        "nineteen digits, each as it was"
    );
    let plain = admin
        .get(&format!("{path}?plain=true&stage=approved"))
        .await;
    assert_snapshot!(lines(&app, &plain), @"
    单据号|发起人|联系方式|被访人|被访人部门|到访区域|来访事由|来源|开始时间|结束时间|时长|来访人数|状态|申请时间
    [id]|张小雨|13800000001|刘明|信息中心|校园区域|业务洽谈|访客预约|2026-03-02 14:00:00|2026-03-02 16:00:00|1天|1|已通过|2026-03-02 09:00:00
    ");
    assert_eq!(cells(&plain)[1][2], guest.phone);

    // An approver takes what they may see, and nothing in full.
    let approver = app.approver("陈静");
    assert_eq!(cells(&approver.get(path).await).len(), 2);
    assert_eq!(
        approver.get(&format!("{path}?plain=true")).await.status,
        403
    );
    assert_eq!(app.get(path).await.status, 401);
    for wrong in ["plain=yes", "what=else", "stage=lost"] {
        let answer = admin.get(&format!("{path}?{wrong}")).await;
        assert!(
            answer.status.is_client_error(),
            "{wrong}: {}",
            answer.text()
        );
    }
    let written = audit::about(&app.ctx.db.read, "visits").await.unwrap();
    let written: Vec<_> = written.iter().map(|line| app.plain(line)).collect();
    assert_snapshot!(written.join("\n"), @"
    staff:[id] visits.export rows=2 plain=none
    staff:[id] visits.export rows=1 plain=names,numbers
    staff:[id] visits.export rows=1 plain=none
    ");
    app.finish().await;
}

#[tokio::test]
async fn a_list_of_many_pages_comes_whole_and_every_row_once() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = guest
        .book("刘明", "2026-03-02 14:00", "2026-03-02 16:00")
        .await;
    app.deliver().await;
    let id = visit.id.parse::<i64>().unwrap().into();
    let ctx = &app.ctx;
    let first = visits::find(&ctx.db.read, id).await.unwrap().unwrap();
    let someone = visitors::of_visits(&ctx.db.read, [id])
        .await
        .unwrap()
        .remove(0);
    let txn = begin(&ctx.db).await.unwrap();
    for _ in 0..1200 {
        let mut another = first.clone();
        another.id = ctx.mint();
        visits::insert(&txn, &another).await.unwrap();
        let mut visitor = someone.clone();
        (visitor.id, visitor.visit) = (ctx.mint(), another.id);
        visitors::insert(&txn, &visitor).await.unwrap();
    }
    commit(txn).await.unwrap();
    let answer = app.approver("吴敏").get("/api/admin/visits/export").await;
    let rows = cells(&answer);
    assert_eq!(rows.len(), 1 + 1201);
    let ids: HashSet<_> = rows[1..].iter().map(|row| &row[0]).collect();
    assert_eq!(ids.len(), 1201);
    let mut newest_first: Vec<_> = rows[1..].iter().map(|row| row[0].clone()).collect();
    newest_first.sort_by(|one, other| other.cmp(one));
    assert_eq!(rows[1][0], newest_first[0]);
    assert_eq!(rows[1201][0], visit.id);
    app.finish().await;
}

/// A list, its headings, and of one column what stands there masked and in full.
type Taken = (&'static str, &'static str, &'static str, &'static str);

const LISTS: [Taken; 8] = [
    (
        "people",
        "姓名|手机号|证件类型|证件号|来访次数|最近来访时间|最近单据号",
        "张**|138****0001|居民身份证|",
        "张小雨|13800000001|居民身份证|11010519491231002X|1|2026-03-02 14:00:00|",
    ),
    (
        "vehicles",
        "车牌号|访客姓名|手机号|单据号|到访区域|开始时间|结束时间|状态",
        "渝B12345|张**|138****0001|",
        "渝B12345|张小雨|13800000001|",
    ),
    (
        "passages",
        "时间|门禁|设备|方向|访客姓名|单据号|结果",
        "2026-03-02 14:00:00|东门|G01|进|张**|",
        "2026-03-02 14:00:00|东门|G01|进|张小雨|",
    ),
    (
        "messages",
        "时间|消息|接收人|单据号|渠道|状态|完成时间|失败次数|原因|回执",
        "2026-03-02 09:00:00|通行凭证|张**|",
        "2026-03-02 09:00:00|通行凭证|张小雨|",
    ),
    (
        "audit",
        "时间|操作人|操作人编号|操作|对象|内容",
        "|吴*|staff:",
        "|吴敏|staff:",
    ),
    (
        "blacklist",
        "类型|名单内容|处理方式|列入原因|适用区域|有效期至|状态|列入人|列入时间|移出时间|作废凭证数",
        "|=1+1|全部|长期|生效中|吴*|",
        "|=1+1|全部|长期|生效中|吴敏|",
    ),
    (
        "residents",
        "姓名|手机号|门牌号",
        "王**|139****0101|3-2-501",
        "王建国|13900000101|3-2-501",
    ),
    (
        "staff",
        "姓名|手机号|部门|企业微信账号|角色",
        "刘*|139****0001|信息中心|liuming|被访人",
        "刘明|13900000001|信息中心|liuming|被访人",
    ),
];

#[tokio::test]
async fn every_list_of_the_console_is_taken_away_masked_or_in_full_by_administrators_alone() {
    let app = App::start().await;
    let (admin, host) = (app.approver("吴敏"), app.approver("刘明"));
    let guest = app.guest("张小雨").await;
    app.deliver().await;
    let mut form = guest
        .form("刘明", "2026-03-02 14:00", "2026-03-02 16:00")
        .await;
    form["visitor"]["plate"] = "渝B12345".into();
    let (_, code) = guest.approved_with(&form).await;
    // What looks like a formula is a text, as `cells` holds of every cell.
    let entry = json!({ "kind": "name", "value": "赵无名", "effect": "notify", "cause": "=1+1" });
    admin.post("/api/admin/blacklist", &entry).await.expect(201);
    app.it_is("2026-03-02 14:00");
    app.gate("G01").scan(&code).await;
    app.deliver().await;
    for (list, headings, masked, plain) in LISTS {
        let path = format!("/api/admin/{list}/export");
        for (query, stands, not) in [("", masked, plain), ("?plain=true", plain, masked)] {
            let sheet = admin.get(&format!("{path}{query}")).await;
            let rows: Vec<_> = cells(&sheet).iter().map(|row| row.join("|")).collect();
            assert_eq!(rows[0], headings);
            let holds = |text: &str| rows[1..].iter().any(|row| row.contains(text));
            assert!(holds(stands), "{list}{query}: {rows:#?}");
            assert!(!holds(not), "{list}{query}: {rows:#?}");
        }
        assert_eq!(host.get(&path).await.status, 403, "{list}");
        let wrong = admin.get(&format!("{path}?colour=red")).await;
        assert_eq!(wrong.status, 422, "{list}: {}", wrong.text());
        let written = audit::about(&app.ctx.db.read, list).await.unwrap();
        // What was listed is kept as its mask alone, whatever is asked for: only who listed it leaves.
        let left = match list {
            "people" | "vehicles" | "residents" | "staff" => "names,numbers",
            _ => "names",
        };
        let ends = ["none", left].map(|left| format!(" plain={left}"));
        // The register of residents was imported before.
        let taken = written.iter().filter(|line| line.contains(".export"));
        assert_eq!(taken.clone().count(), 2, "{written:#?}");
        let written = taken.zip(ends);
        for (line, end) in written {
            assert!(
                line.contains(&format!("{list}.export")) && line.ends_with(&end),
                "{line}"
            );
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn what_is_taken_away_is_what_the_list_was_asked_for() {
    let app = App::start().await;
    let admin = app.approver("吴敏");
    let guest = app.guest("张小雨").await;
    let other = app.guest("欧阳·明").await;
    for guest in [&guest, &other] {
        guest
            .book("刘明", "2026-03-02 14:00", "2026-03-02 16:00")
            .await;
    }
    app.deliver().await;
    let mut counted = Vec::new();
    for path in [
        "people/export?name=%E5%BC%A0",
        "staff/export?role=administrator",
        "residents/export?phone=13900000102",
        "messages/export?state=dead",
        "audit/export?what=visits.export",
        "passages/export?reason=ok",
        "blacklist/export?kind=phone",
        "vehicles/export?plate=%E6%B8%9DB12345",
    ] {
        let sheet = admin.get(&format!("/api/admin/{path}")).await;
        counted.push(format!("{path} {}", cells(&sheet).len() - 1));
    }
    assert_snapshot!(counted.join("\n"), @"
    people/export?name=%E5%BC%A0 1
    staff/export?role=administrator 1
    residents/export?phone=13900000102 1
    messages/export?state=dead 0
    audit/export?what=visits.export 0
    passages/export?reason=ok 0
    blacklist/export?kind=phone 0
    vehicles/export?plate=%E6%B8%9DB12345 0
    ");
    app.finish().await;
}
