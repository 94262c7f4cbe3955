//! 导出, told by those who take a list away and by whoever looks who did.

use std::collections::HashSet;
use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use campus_pass::store::{audit, begin, commit, visitors, visits};
use insta::assert_snapshot;

use crate::harness::{Answer, App};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The cells of an answer, all of which must be texts.
#[track_caller]
fn cells(answer: &Answer) -> Vec<Vec<String>> {
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
    staff:[id] visits.export 2 rows, masked
    staff:[id] visits.export 1 rows, in full
    staff:[id] visits.export 1 rows, masked
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
