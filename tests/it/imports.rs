//! Lists of Excel, told by the administrator who imports them and by whoever is answered meanwhile.

use std::fmt::Write;

use axum::http::{Method, header};
use campus_pass::domain::campus::Role;
use campus_pass::sheet;
use campus_pass::store::{audit, residents, staff};
use encoding_rs::GBK;
use futures::FutureExt;
use insta::assert_snapshot;
use rust_xlsxwriter::Workbook;
use serde_json::Value;

use crate::harness::{Answer, App, Approver, body};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Sends a list as the body itself.
async fn send(by: &Approver<'_>, app: &App, path: &str, kind: &str, file: &[u8]) -> Answer {
    let request = by.request(Method::POST, path).await;
    let request = request.header("content-type", kind);
    app.send(body(request, file.to_vec())).await
}

/// A sheet of texts.
fn book(rows: &[&[&str]]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in (0..).zip(rows) {
        for (at, cell) in (0..).zip(*cells) {
            sheet.write_string(row, at, *cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

/// `new 1 changed 0 unchanged 0 bad 0 stored true`, and the faults.
fn told(answer: &Value) -> String {
    let counts = ["new", "changed", "unchanged", "bad", "stored"];
    let counts = counts.map(|name| format!("{name} {}", answer[name]));
    let mut told = format!("{} {}", answer["form"], counts.join(" "));
    for fault in answer["faults"].as_array().unwrap() {
        let _ = write!(told, "\n{fault}");
    }
    told
}

#[tokio::test]
async fn residents_are_imported_once_however_often_the_list_comes() {
    let app = App::start().await;
    let admin = app.approver("吴敏");
    let path = "/api/admin/imports/residents";
    let file = book(&[
        &["门牌号", "备注", "姓名", "手机号"],
        &["3-2-501", "", "王建国", "13900000101"],
        &["7-1-102", "新住户", "赵小兰", "13900000103"],
        &["7-1-103", "", "", "13900000104"],
        &["7-1-104", "", "钱多多", "1390000010"],
    ]);
    let import = async |query: &str, file: &[u8]| {
        let path = format!("{path}{query}");
        send(&admin, &app, &path, XLSX, file).await
    };
    // All or nothing, unless the good rows are asked for.
    let answer = import("", &file).await.expect(200);
    assert_eq!(answer["ignored"], serde_json::json!(["备注"]));
    assert_snapshot!(told(&answer), @r#"
    "xlsx" new 1 changed 0 unchanged 1 bad 2 stored false
    {"code":"name_required","column":"姓名","detail":"请填写姓名","row":4}
    {"code":"phone_invalid","column":"手机号","detail":"手机号应为11位大陆手机号码","row":5}
    "#);
    let before = residents::living(&app.ctx.db.read).await.unwrap().len();
    assert_eq!(before, 2);
    let tried = import("?how=good&dry_run=true", &file).await.expect(200);
    assert_eq!(
        (&tried["new"], &tried["stored"]),
        (&1.into(), &false.into())
    );
    assert_eq!(residents::living(&app.ctx.db.read).await.unwrap().len(), 2);
    let taken = import("?how=good", &file).await.expect(200);
    assert_eq!((&taken["new"], &taken["stored"]), (&1.into(), &true.into()));
    let again = import("?how=good", &file).await.expect(200);
    assert_eq!(
        (&again["new"], &again["changed"], &again["unchanged"]),
        (&0.into(), &0.into(), &2.into())
    );
    let living = residents::living(&app.ctx.db.read).await.unwrap();
    let named = living.iter().find(|one| one.name.as_str() == "赵小兰");
    assert_eq!(named.unwrap().phone.mask.as_str(), "139****0103");
    let lines = audit::about(&app.ctx.db.read, "residents").await.unwrap();
    let lines: Vec<_> = lines.iter().map(|line| app.plain(line)).collect();
    assert_snapshot!(lines.join("\n"), @"
    operator residents.import added=2 back=0 unchanged=0 moved_out=0
    staff:[id] residents.import added=1 back=0 unchanged=1 moved_out=0
    staff:[id] residents.import added=0 back=0 unchanged=2 moved_out=0
    ");

    // Only an administrator's, and only such a file.
    let host = app.approver("刘明");
    assert_eq!(send(&host, &app, path, XLSX, &file).await.status, 403);
    let json = send(&admin, &app, path, "application/json", b"{}").await;
    assert_eq!(json.status, 415);
    let huge = import("", &vec![b' '; 9 * 1024 * 1024]).await;
    assert!(
        huge.problem().starts_with("413 too_large"),
        "{}",
        huge.text()
    );
    let broken = import("", &file[..file.len() / 2]).await.problem();
    assert_snapshot!(broken, @"
    422 invalid 请检查填写的内容
      file sheet_broken 文件已损坏，请用Excel重新保存后再导入
    ");
    assert_eq!(import("?what=else", &file).await.status, 422);
    assert_eq!(
        send(&admin, &app, "/api/admin/imports/areas", XLSX, &file)
            .await
            .status,
        404
    );
    app.finish().await;
}

#[tokio::test]
async fn staff_are_imported_from_what_excel_saves_in_china() {
    let app = App::start().await;
    let admin = app.approver("吴敏");
    let text = "姓名,手机号,部门,企业微信账号,角色\r\n\
        刘明,13900000001,信息中心,liuming,被访人\r\n\
        陈静,13900000002,图书馆,chenjing,被访人 审批人\r\n\
        周小洁,1.39E+10,图书馆,zhouxj,被访人\r\n\
        郑爽,13900000201,后勤处,zhengs,被访人\r\n\
        郑爽,13900000201,后勤处,zhengs,门岗\r\n";
    let (gbk, _, _) = GBK.encode(text);
    let path = "/api/admin/imports/staff?how=good";
    let import = async || send(&admin, &app, path, "text/csv", &gbk).await.expect(200);
    assert_snapshot!(told(&import().await), @r#"
    "gbk" new 1 changed 1 unchanged 2 bad 1 stored true
    {"code":"cell_scientific","column":"手机号","detail":"该号码已被Excel改为科学计数法，请将该列设为文本格式后重新填写","row":4}
    "#);
    assert_snapshot!(told(&import().await), @r#"
    "gbk" new 0 changed 0 unchanged 4 bad 1 stored true
    {"code":"cell_scientific","column":"手机号","detail":"该号码已被Excel改为科学计数法，请将该列设为文本格式后重新填写","row":4}
    "#);
    let find = async |userid: &str| {
        let found = staff::find_by_userid(&app.ctx.db.read, userid).await;
        found.unwrap().unwrap()
    };
    assert_eq!(find("chenjing").await.department_name, "图书馆");
    let new = find("zhengs").await;
    assert!(
        new.is(Role::Guard) && !new.is(Role::Host),
        "the last row holds"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_list_of_visitors_comes_back_checked_for_the_form_that_takes_it() {
    let app = App::start().await;
    let staff = app.approver("刘明");
    let file = book(&[
        &["姓名", "手机号", "证件号", "车牌号", "携带物品"],
        &[
            "张小雨",
            "138 0000 0001",
            "11010519491231002X",
            "渝a·d12345",
            "笔记本电脑",
        ],
        &["李四", "13800000002", "110105194912310021", "", ""],
        &["王五", "13800000003", "11010519491231002x", "", ""],
        &["赵六", "13800000004", "E12345678", "", ""],
    ]);
    let path = "/api/staff/proxies/visitors";
    let answer = send(&staff, &app, path, XLSX, &file).await.expect(200);
    let lines = |list: &Value| {
        let lines = list.as_array().unwrap().iter().map(ToString::to_string);
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(lines(&answer["visitors"]), @r#"
    {"id_number":"11010519491231002X","items":"笔记本电脑","name":"张小雨","phone":"13800000001","plate":"渝AD12345","row":2}
    {"id_number":"E12345678","items":null,"name":"赵六","phone":"13800000004","plate":null,"row":5}
    "#);
    assert_snapshot!(lines(&answer["faults"]), @r#"
    {"code":"id_number_check","column":"证件号","detail":"证件号校验位不正确，请检查是否输错","row":3}
    {"code":"id_number_twice","column":"证件号","detail":"与第2行重复","row":4}
    "#);
    let admin = app.approver("吴敏");
    let same = send(&admin, &app, "/api/admin/imports/visitors", XLSX, &file).await;
    assert_eq!(same.expect(200), answer);
    let plates = book(&[&["车牌号"], &["渝A12345"], &["渝a-12345"]]);
    let plates = send(&admin, &app, "/api/admin/imports/vehicles", XLSX, &plates).await;
    assert_snapshot!(lines(&plates.expect(200)["rows"]), @r#"
    {"code":null,"detail":null,"plate":"渝A12345","row":2}
    {"code":"plate_twice","detail":"与第2行重复","plate":"渝a-12345","row":3}
    "#);
    app.finish().await;
}

#[tokio::test]
async fn every_template_is_a_list_of_its_kind() {
    let app = App::start().await;
    let admin = app.approver("吴敏");
    for kind in ["staff", "residents", "vehicles", "visitors"] {
        for (format, file, content) in [
            ("", "xlsx", XLSX),
            ("?format=csv", "csv", "text/csv; charset=utf-8"),
        ] {
            let path = format!("/api/admin/imports/{kind}");
            let saved = admin.get(&format!("{path}/template{format}")).await;
            assert_eq!(saved.header("content-type"), content, "{}", saved.text());
            let name = format!("attachment; filename=\"{kind}.{file}\"");
            assert_eq!(saved.header("content-disposition"), name);
            // What it is headed with is what the import asks for.
            send(&admin, &app, &path, content, &saved.bytes)
                .await
                .expect(200);
        }
    }
    let host = app.approver("刘明");
    let refused = host.get("/api/admin/imports/staff/template").await;
    assert_eq!(refused.status, 403);
    app.finish().await;
}

#[tokio::test]
async fn fifty_thousand_residents_come_in_one_go_and_others_are_answered_meanwhile() {
    let app = App::start().await;
    let admin = app.approver("吴敏");
    let mut file = "姓名,手机号,门牌号\n".to_owned();
    for n in 0..sheet::MOST_ROWS {
        let _ = writeln!(
            file,
            "住户,{},{}-{}",
            13_000_000_000_u64 + n as u64,
            n % 9,
            n
        );
    }
    admin.session().await;
    let import = async || {
        let path = "/api/admin/imports/residents";
        send(&admin, &app, path, "text/csv", file.as_bytes())
            .await
            .expect(200)
    };
    let mut importing = Box::pin(import());
    let mut answered = 0;
    // By turns: the import gets on as far as it can, and somebody else asks.
    let taken = loop {
        if let Some(taken) = (&mut importing).now_or_never() {
            break taken;
        }
        assert_eq!(app.get("/healthz").await.text(), "ok");
        assert_eq!(app.get("/api/areas").await.status, 200);
        answered += 1;
    };
    assert!(answered > 20, "answered {answered} times meanwhile");
    assert_eq!(taken["new"], sheet::MOST_ROWS);
    let again = import().await;
    assert_eq!(
        (&again["new"], &again["unchanged"]),
        (&0.into(), &sheet::MOST_ROWS.into())
    );
    drop(importing);
    app.finish().await;
}

#[tokio::test]
async fn a_list_does_not_take_the_last_administrator_s_role_away() {
    let app = App::start().await;
    let admin = app.approver("吴敏");
    let head = ["姓名", "手机号", "部门", "企业微信账号", "角色"];
    let host = [
        "刘明",
        "13900000001",
        "信息中心",
        "liuming",
        "被访人 审批人",
    ];
    let demoted = ["吴敏", "13900000007", "保卫处", "wumin", "门岗"];
    let file = book(&[&head, &host, &demoted]);
    let path = "/api/admin/imports/staff";
    let whole = send(&admin, &app, path, XLSX, &file).await.expect(200);
    assert_snapshot!(told(&whole), @r#"
    "xlsx" new 0 changed 1 unchanged 0 bad 1 stored false
    {"code":"last_administrator","column":"角色","detail":"至少保留一名访客管理员","row":3}
    "#);
    let member = async |userid: &str| {
        let found = staff::find_by_userid(&app.ctx.db.read, userid).await;
        found.unwrap().unwrap()
    };
    assert!(!member("liuming").await.is(Role::Approver));
    // Of the good rows the other is taken, and she stays what she is.
    let good = format!("{path}?how=good");
    let good = send(&admin, &app, &good, XLSX, &file).await.expect(200);
    assert_snapshot!(told(&good), @r#"
    "xlsx" new 0 changed 1 unchanged 0 bad 1 stored true
    {"code":"last_administrator","column":"角色","detail":"至少保留一名访客管理员","row":3}
    "#);
    assert!(member("liuming").await.is(Role::Approver));
    assert!(member("wumin").await.is(Role::Administrator));
    // With somebody else to administer it is a row like any other.
    let heir = ["刘明", "13900000001", "信息中心", "liuming", "管理员"];
    let file = book(&[&head, &demoted, &heir]);
    let taken = send(&admin, &app, path, XLSX, &file).await.expect(200);
    assert_snapshot!(told(&taken), @r#""xlsx" new 0 changed 2 unchanged 0 bad 0 stored true"#);
    assert!(!member("wumin").await.is(Role::Administrator));
    app.finish().await;
}

#[tokio::test]
async fn what_is_wrong_in_a_list_is_said_in_the_language_of_whoever_sends_it() {
    let app = App::start().await;
    let admin = app.approver("吴敏");
    let told = async |kind: &str, language: &str, list: &str| {
        let path = format!("/api/admin/imports/{kind}");
        let request = admin.request(Method::POST, &path).await;
        let request = request
            .header(header::CONTENT_TYPE, "text/csv")
            .header(header::ACCEPT_LANGUAGE, language);
        let answer = app.send(body(request, list.as_bytes().to_vec())).await;
        let answer = answer.expect(200);
        let rows = answer.get("faults").or(answer.get("rows")).unwrap();
        let said = rows.as_array().unwrap().iter();
        let said = said.map(|row| format!("{} {} {}", row["row"], row["code"], row["detail"]));
        said.collect::<Vec<_>>().join("\n").replace('"', "")
    };
    let staff = "姓名,手机号,部门,企业微信账号,角色\n\
        刘明,1390000,信息中心,liuming,被访人\n\
        陈静,13900000002,信息中心,chenjing,飞行员\n\
        吴敏,13900000007,保卫处,wumin,门岗\n\
        周小洁,1.39E+10,图书馆,zhouxj,被访人\n";
    assert_snapshot!(told("staff", "en-GB,en;q=0.9", staff).await, @"
    2 phone_invalid A mainland mobile number has 11 digits.
    3 role_unknown There is no such role.
    4 last_administrator One administrator has to stay.
    5 cell_scientific Excel has turned this number into an exponent. Please format the column as text and enter it again.
    ");
    assert_snapshot!(told("staff", "zh-CN", staff).await, @"
    2 phone_invalid 手机号应为11位大陆手机号码
    3 role_unknown 角色：没有“飞行员”这个角色
    4 last_administrator 至少保留一名访客管理员
    5 cell_scientific 该号码已被Excel改为科学计数法，请将该列设为文本格式后重新填写
    ");
    let visitors = "姓名,手机号,证件号\n\
        孔融,13900000301,11010519491231002X\n\
        孟母,13900000302,11010519491231002X\n\
        ,13900000303,E12345678\n";
    assert_snapshot!(told("visitors", "en", visitors).await, @"
    3 id_number_twice This ID number stands here twice.
    4 name_required Please enter a name.
    ");
    assert_snapshot!(told("visitors", "zh-CN", visitors).await, @"
    3 id_number_twice 与第2行重复
    4 name_required 请填写姓名
    ");
    let vehicles = "车牌号\n渝A12345\n不是车牌\n渝a-12345\n";
    assert_snapshot!(told("vehicles", "en", vehicles).await, @"
    2 null null
    3 plate_invalid This is not a plate number.
    4 plate_twice This plate stands here twice.
    ");
    assert_snapshot!(told("vehicles", "zh-CN", vehicles).await, @"
    2 null null
    3 plate_invalid 车牌号格式不正确，例如 渝A12345 或 渝AD12345
    4 plate_twice 与第2行重复
    ");
    app.finish().await;
}
