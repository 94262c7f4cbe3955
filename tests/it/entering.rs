//! A campus is entered by its operator, from an empty database to a gate that is asked.

use std::fs;

use campus_pass::domain::campus::Role;
use campus_pass::store::{Db, migrate, quarters, staff};
use insta::assert_snapshot;

use crate::harness::{Database, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_enters_a_campus_by_commands_alone() {
    let database = Database::new().await;
    migrate(&database.url()).await.unwrap();
    let text = database.text();
    let photos = database.folder().join("photos").display().to_string();
    let own = [
        ("DATABASE__URL", text.as_str()),
        ("PHOTOS__FOLDER", &photos),
    ];
    let say = |arguments: &[&str]| {
        let (code, out, said) = run(arguments, &own);
        let last = said.lines().last().unwrap_or_default().to_owned();
        format!("{code} {}", if code == 0 { out } else { out + &last })
    };
    let file = database.folder().join("staff.csv");
    let path = file.to_str().unwrap();
    let import = |rows: &str, more: &[&str]| {
        let text = format!("\u{feff}姓名,手机号,部门,企业微信账号,角色\n{rows}");
        // As Excel writes.
        fs::write(&file, text.replace('\n', "\r\n")).unwrap();
        say(&[&["staff", "import", path], more].concat())
    };

    // What is asked for by a name that is not there yet is refused.
    assert_snapshot!(say(&["gate", "add", "--gate", "东门", "--area", "校园区域"]), @"1 campus-pass: --area: there is no area 校园区域");
    assert_snapshot!(say(&["area", "add", ""]), @"2 For more information, try '--help'.");
    for add in [
        &["area", "add", "校园区域"][..],
        &["area", "add", "丁香水榭小区"],
        &["reason", "add", "亲友来访"],
        &["gate", "add", "--gate", "东门", "--area", "校园区域"],
    ] {
        assert_eq!(say(add), "0 ", "{add:?}");
    }
    assert_snapshot!(say(&["area", "add", "校园区域"]), @"1 campus-pass: the area is there already");
    assert_snapshot!(say(&["reason", "list"]), @"0 亲友来访");

    // A list with faults changes nothing, and neither does a dry run.
    let faulty = "刘明,13900000001,信息中心,liuming,被访人\n陈静,139,信息中心,chenjing,审批人\n\
        赵敏,13900000004,,zhaomin,审批人\n王强,13900000003,信息中心,王强,被访人\n周岚,13900000005,保卫处,zhoulan,园长\n";
    assert_snapshot!(import(faulty, &[]), @"
    1 line 2: added 刘* 信息中心
    line 3: faulty: 手机号应为11位大陆手机号码
    line 4: faulty: 部门：1到50个字
    line 5: faulty: 企业微信账号：1到64个字母、数字或_-@.
    line 6: faulty: 角色：没有“园长”这个角色
    campus-pass: nothing was imported: mend the faulty rows, or leave them out with --skip-faulty
    ");
    let rows =
        "刘明,13900000001,信息中心,liuming,被访人\n陈静,13900000002,社区,chenjing,被访人 审批人\n";
    assert_snapshot!(import(rows, &["--dry-run"]), @"
    0 line 2: added 刘* 信息中心
    line 3: added 陈* 社区
    2 added, 0 changed, 0 unchanged
    nothing was changed: this was a dry run
    ");
    let db = Db::open(&database.url()).await.unwrap();
    assert_eq!(staff::count(&db.read).await.unwrap(), 0);
    assert_snapshot!(import(rows, &[]), @"
    0 line 2: added 刘* 信息中心
    line 3: added 陈* 社区
    2 added, 0 changed, 0 unchanged
    ");
    assert_snapshot!(import(rows, &[]), @"
    0 line 2: unchanged 刘* 信息中心
    line 3: unchanged 陈* 社区
    0 added, 0 changed, 2 unchanged
    ");
    let moved = "陈静,13900000002,社区,chenjing,approver host\n刘明,13900000009,社区,liuming,\n";
    assert_snapshot!(import(moved, &["--skip-faulty"]), @"
    0 line 2: unchanged 陈* 社区
    line 3: changed 刘* 社区
    0 added, 1 changed, 1 unchanged
    ");
    let liu = staff::find_by_userid(&db.read, "liuming")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((liu.department_name.as_str(), liu.roles.len()), ("社区", 0));
    assert_eq!(liu.phone.mask.as_str(), "139****0009");
    let chen = staff::find_by_userid(&db.read, "chenjing")
        .await
        .unwrap()
        .unwrap();
    assert!(chen.is(Role::Host) && chen.is(Role::Approver) && !chen.is(Role::Guard));

    let quarter = |desk| {
        let reason = ["--reason", "亲友来访"];
        say(&[
            &["area", "quarter", "丁香水榭小区", "--desk", desk][..],
            &reason,
        ]
        .concat())
    };
    assert_snapshot!(quarter("物业"), @"1 campus-pass: there is no department of this name");
    assert_eq!(quarter("社区"), "0 ");
    let known = quarters::all(&db.read).await.unwrap();
    assert_eq!(known[0].desk, chen.department);
    db.close().await;
    database.drop().await;
}
