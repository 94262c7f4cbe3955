//! The account's menus as files: shown, applied, read back, and shown to whoever has the tag.

use std::fs;
use std::path::Path;

use campus_pass::menus::{Menus, apply};
use insta::assert_snapshot;

use crate::harness::{App, run};

/// What `menu plan` or `menu apply` says of the story's account, with the operator's own files.
async fn menu(app: &App, command: &'static str, folder: &Path) -> String {
    let (api, folder) = (
        app.settings.official_account.api.clone(),
        folder.display().to_string(),
    );
    let ran = move || {
        let own = [
            ("OFFICIAL_ACCOUNT__API", api.as_str()),
            ("SERVER__MENUS", &folder),
        ];
        run(&["menu", command], &own)
    };
    let (code, out, said) = tokio::task::spawn_blocking(ran).await.unwrap();
    assert_eq!(code, 0, "{said}");
    out
}

fn file(tag: &str, name: &str) -> String {
    format!("{tag}\n[[button]]\nname = \"{name}\"\ntype = \"click\"\nkey = \"CAMPUS_PASS\"\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_menu_is_planned_applied_and_left_alone_when_it_is_right() {
    let app = App::start().await;
    let folder = app.database().folder().join("menus");
    fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: String| fs::write(folder.join(name), text).unwrap();
    write("default.toml", file("", "访客"));
    write("a_guards.toml", file("tag = \"103\"", "保安"));
    write("b_staff.toml", file("tag = \"staff\"", "教职工"));

    assert_snapshot!(menu(&app, "plan", &folder).await, @"
    the default menu:
    +  访客 click CAMPUS_PASS
    a menu for tag 9001 is made:
    +  教职工 click CAMPUS_PASS
    a menu for tag 103 is made:
    +  保安 click CAMPUS_PASS
    ");
    assert_eq!(app.sandbox.menu(), None, "a plan changes nothing");
    let applied = menu(&app, "apply", &folder).await;
    assert!(
        applied.ends_with("applied, and read back the same\n"),
        "{applied}"
    );

    let calls = || app.sandbox.log().len();
    for command in ["plan", "apply"] {
        let before = calls();
        assert_eq!(
            menu(&app, command, &folder).await,
            "the live menus are the files'; nothing to do\n"
        );
        assert_eq!(calls() - before, 2, "a token and a look");
    }

    // Who has both tags sees the file whose name comes first.
    let guest = app.guest("张小雨").await;
    let openid = &guest.person.openid;
    let sees = |tags: &[i64]| {
        app.sandbox.tag(openid, tags).unwrap();
        app.sandbox.menu_of(openid).unwrap()[0]["name"].clone()
    };
    assert_eq!(sees(&[]), "访客");
    assert_eq!(sees(&[9001]), "教职工");
    assert_eq!(sees(&[9001, 103]), "保安");

    // A menu in the middle changes: it and what is newer are made again, in their order.
    write("b_staff.toml", file("tag = \"staff\"", "老师"));
    let applied = menu(&app, "apply", &folder).await;
    assert!(
        applied.ends_with("applied, and read back the same\n"),
        "{applied}"
    );
    assert_eq!(sees(&[9001]), "老师");
    assert_eq!(sees(&[9001, 103]), "保安");
    fs::remove_file(folder.join("a_guards.toml")).unwrap();
    menu(&app, "apply", &folder).await;
    assert_eq!(sees(&[9001, 103]), "老师");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_change_that_breaks_off_is_finished_by_the_next() {
    let app = App::start().await;
    let menus = Menus::load(None, &app.settings.official_account.tags).unwrap();
    app.refusal("menu/addconditional", -1, Some(1));
    assert!(apply(&app.clients.account, &menus).await.is_err());
    assert!(app.sandbox.menu().is_some(), "the default menu is there");
    let left = apply(&app.clients.account, &menus).await.unwrap();
    assert!(left.is_empty(), "{left}");
    app.finish().await;
}

#[tokio::test]
async fn staff_find_the_approvals_in_their_menu() {
    let app = App::start().await;
    let menus = Menus::load(None, &app.settings.official_account.tags).unwrap();
    apply(&app.clients.account, &menus).await.unwrap();
    let guest = app.guest("张小雨").await;
    app.deliver().await;
    let openid = &guest.person.openid;
    assert!(
        app.sandbox.tap(openid, "APPROVALS").await.is_err(),
        "not in their menu"
    );
    app.sandbox.tag(openid, &[9001]).unwrap();
    let tapped = app.sandbox.tap(openid, "APPROVALS").await.unwrap();
    assert_snapshot!(app.plain(&tapped.text.unwrap()), @r#"
    请在企业微信中打开：
    <a href="http://campus.test/h5/staff">访客审批</a>
    "#);
    app.finish().await;
}
