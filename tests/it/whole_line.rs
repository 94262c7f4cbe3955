//! One visit, from the menu to the gate.

use axum::http::{Request, header};
use campus_pass::menus::{Menus, apply};
use campus_pass::sandbox::{Scan, TemplateLine};
use insta::assert_snapshot;
use serde_json::json;

use crate::harness::{App, Visit, body};

#[tokio::test]
async fn a_visit_goes_all_the_way_from_the_menu_to_the_gate() {
    let app = App::start().await;
    let menus = Menus::load(None, &app.settings.official_account.tags).unwrap();
    let left = apply(&app.clients.account, &menus).await.unwrap();
    assert!(left.is_empty(), "the menus read back the same: {left}");
    assert_snapshot!(app.sandbox.menu().unwrap(), @r#"{"button":[{"name":"便捷CIPC","sub_button":[{"key":"CAMPUS_PASS","name":"重工校园通","type":"click"}]}]}"#);

    // 2. The menu in the visitor's hand.
    let guest = app.guest("张小雨").await;
    let tapped = app.sandbox.tap(&guest.person.openid, "CAMPUS_PASS").await;
    assert_snapshot!(app.plain(&tapped.unwrap().text.unwrap()), @r#"
    重工校园通
    <a href="http://campus.test/h5/book">访客预约</a>
    <a href="http://campus.test/h5/register">丁香水榭小区访客登记</a>
    <a href="http://campus.test/h5/book?tab=records">我的预约</a>
    "#);
    app.deliver().await;

    // 3. The booking.
    let form = guest
        .form("刘明", "2026-03-02 14:00", "2026-03-02 16:00")
        .await;
    let booked = guest.post("/api/visits", &form).await;
    assert_snapshot!(app.plain(&format!("{:#}", booked.expect(201))), @r#"
    {
      "area": "校园区域",
      "area_id": "[id]",
      "area_note": null,
      "comment": null,
      "days": 1,
      "ends_at": "2026-03-02T16:00:00+08:00",
      "group": null,
      "host": {
        "department": "信息中心",
        "id": "[id]",
        "name": "刘明"
      },
      "id": "[id]",
      "invitation": null,
      "mode": "booking",
      "note": null,
      "reason": "业务洽谈",
      "reason_id": "[id]",
      "resident": null,
      "stage": "pending",
      "stage_text": "审批中",
      "starts_at": "2026-03-02T14:00:00+08:00",
      "submitted_at": "2026-03-02T09:00:00+08:00",
      "visitors": [
        {
          "has_face": false,
          "id": "[id]",
          "items": null,
          "name": "张小雨",
          "pass": null,
          "phone": "138****0001",
          "plate": null
        }
      ]
    }
    "#);
    let visit = Visit::of(&booked.json());

    // 4. The approver.
    let approver = app.approver("陈静");
    app.deliver().await;
    assert_snapshot!(app.plain(&format!("{:#}", json!(approver.card(&visit)))), @r#"
    {
      "buttons": [
        {
          "key": "approve",
          "style": 1,
          "text": "同意",
          "url": null
        },
        {
          "key": null,
          "style": 3,
          "text": "拒绝",
          "url": "http://campus.test/h5/staff/approvals/[id]?decide=reject"
        },
        {
          "key": null,
          "style": 2,
          "text": "退回",
          "url": "http://campus.test/h5/staff/approvals/[id]?decide=return"
        }
      ],
      "desc": "张小雨 申请到访 校园区域",
      "details": [
        {
          "keyname": "被访人",
          "value": "刘明"
        },
        {
          "keyname": "到访区域",
          "value": "校园区域"
        },
        {
          "keyname": "来访事由",
          "value": "业务洽谈"
        },
        {
          "keyname": "开始时间",
          "value": "2026年03月02日 14:00"
        },
        {
          "keyname": "结束时间",
          "value": "2026年03月02日 16:00"
        },
        {
          "keyname": "单据号",
          "value": "[id]"
        }
      ],
      "replaced": null,
      "source": "",
      "sub_title": "",
      "task_id": "[id]",
      "title": "访客申请单",
      "url": "http://campus.test/h5/staff/approvals/[id]"
    }
    "#);
    assert_snapshot!(approver.sms().join("\n"), @"【重工校园通】您有一条03月02日14:00的访客申请待审批，请在企业微信中处理。");
    assert_eq!(
        approver.tap_approve(&visit).await.as_deref(),
        Some("已通过")
    );
    assert!(approver.card(&visit).buttons.is_empty());

    // 5. The pass.
    app.deliver().await;
    assert_snapshot!(guest.sms().join("\n"), @"【重工校园通】您的访客申请已通过，通行凭证：http://campus.test/p/[token] 凭二维码入校。");
    let mut shown: Vec<_> = guest
        .templates()
        .iter()
        .map(|message| {
            let field = |line: &TemplateLine| format!("{}：{}", line.label, line.value);
            let lines: Vec<_> = message.data.iter().map(field).collect();
            let url = app.plain(message.url.as_deref().unwrap());
            format!("{} {} → {url}", message.title, lines.join(" "))
        })
        .collect();
    // They go out at once, and either may come first.
    shown.sort();
    assert_snapshot!(shown.join("\n"), @"
    访客申请结果通知 被访人：刘明 到访区域：校园区域 开始时间：2026年03月02日 14:00 审批结果：已通过 → http://campus.test/h5/visits/[id]
    通行凭证通知 被访人：刘明 到访区域：校园区域 开始时间：2026年03月02日 14:00 结束时间：2026年03月02日 16:00 → http://campus.test/p/[token]
    ");
    let link = guest.link();
    let page = app.get(&link).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("cache-control"), "no-store");
    let page = app.get(&link.replace("/p/", "/api/passes/")).await;
    let mut pass = page.expect(200);
    let code = pass["code"].as_str().unwrap().to_owned();
    let svg = pass["qr_svg"].take();
    let rotating = pass["rotating"].take();
    assert_eq!(rotating["codes"].as_array().unwrap().len(), 21);
    assert_snapshot!(app.plain(&pass.to_string()), @r#"{"area":"校园区域","code":"[code]","code_mark":"核验证件","ends_at":"2026-03-02T16:00:00+08:00","entries_left":null,"has_face":false,"holder":"张**","host":"刘明","now":"2026-03-02T09:00:00+08:00","qr_svg":null,"rotating":null,"stage":"approved","starts_at":"2026-03-02T14:00:00+08:00","state":"not_yet"}"#);
    assert_eq!(read_qr(svg.as_str().unwrap()), code);

    // 6. The gate.
    let gate = app.gate("G01");
    app.it_is("2026-03-02 14:05");
    assert_snapshot!(gate.scan(&code).await, @r#"200 {"act":{"ms":3000,"relay":0},"did":"[id]","disp":["张**","校园区域"],"lv":0,"ok":1,"r":"ok","say":"欢迎，校园区域至16:00"}"#);
    app.deliver().await;
    let host = app.approver("刘明");
    assert_snapshot!(host.texts().join("\n"), @"
    张小雨 到访 校园区域（2026年03月02日 14:00 起）的申请已通过。单据号 [id]
    您的访客 张小雨 已于 14:05 进入校园区域。单据号 [id]
    ");
    app.it_is("2026-03-02 15:00");
    assert_snapshot!(gate.scan(&code).await, @r#"200 {"act":{"ms":3000,"relay":0},"did":"[id]","disp":["张**","校园区域"],"lv":0,"ok":1,"r":"ok","say":"欢迎，校园区域至16:00"}"#);
    app.deliver().await;
    assert_eq!(host.texts().len(), 2, "an entry is told once");

    // When it is over, it took place.
    app.it_is("2026-03-02 16:01");
    assert_eq!(guest.look(&visit).await["stage"], "completed");
    app.finish().await;
}

#[tokio::test]
async fn a_browser_inside_wechat_logs_in_and_the_code_works_once() {
    let app = App::start().await;
    let guest = app.guest("李四").await;
    app.deliver().await;
    let started = app.get("/login/wechat?to=/h5/book").await;
    let state = started.cookie("campus_login").unwrap();
    let page = started.header("location").strip_prefix(&app.base).unwrap();
    let page = page.split('#').next().unwrap();
    let who = format!("&sandbox_person={}", guest.person.openid);
    let shown = app.get(&format!("{page}{who}")).await;
    let back = shown.header("location").strip_prefix(&app.base).unwrap();
    let come_back = async |cookie: &str| {
        let request = Request::get(back).header(header::COOKIE, cookie);
        app.send(body(request, "")).await
    };
    let stranger = come_back("campus_login=other.L2g1L2Jvb2s").await;
    assert_snapshot!(stranger.problem(), @"401 login_code 登录已失效，请重新登录");
    let done = come_back(&format!("campus_login={state}")).await;
    assert_eq!(
        (done.status.as_u16(), done.header("location")),
        (303, "/h5/book")
    );
    let cookie = format!("campus_guest={}", done.cookie("campus_guest").unwrap());
    let me = Request::get("/api/me").header(header::COOKIE, cookie);
    let me = app.send(body(me, "")).await.expect(200);
    // The mini-program and the account know one person.
    assert_eq!(me["id"], guest.get("/api/me").await.expect(200)["id"]);
    let again = come_back(&format!("campus_login={state}")).await;
    assert_snapshot!(again.problem(), @"401 login_code 登录已失效，请重新登录");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_code_that_a_reader_has_mangled_still_opens() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = guest
        .book("刘明", "2026-03-02 09:00", "2026-03-02 16:00")
        .await;
    app.deliver().await;
    app.approver("陈静").tap_approve(&visit).await;
    let code = guest.code(&visit).await;
    for mangled in [
        format!("  {code}\r\n"),
        format!("\u{feff}{code}"),
        format!("\\000001{code}"),
        code.to_lowercase(),
        format!("{code}%0D%0A"),
    ] {
        let scan = Scan {
            v: mangled.clone(),
            ..Scan::default()
        };
        let answer = app.gate("G01").scan_with(scan).await;
        assert!(answer.contains(r#""r":"ok""#), "{mangled:?}: {answer}");
    }
    app.deliver().await;
    app.finish().await;
}

/// What a phone's camera reads from the picture: `rqrr`, which has nothing to do with the crate that drew it.
fn read_qr(svg: &str) -> String {
    let side: usize = attribute(svg, "width=\"").parse().unwrap();
    let mut pixels = vec![255_u8; side * side];
    // The dark modules are one path of `M x y h w v h H x V y` squares.
    for square in svg.split('M').skip(1) {
        let numbers: Vec<usize> = square
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|n| n.parse().ok())
            .collect();
        let [left, top, width, height, ..] = numbers[..] else {
            continue;
        };
        for y in top..top + height {
            pixels[y * side + left..][..width].fill(0);
        }
    }
    let grey = |x: usize, y: usize| pixels[y * side + x];
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(side, side, grey);
    let grids = prepared.detect_grids();
    grids.first().expect("a QR").decode().unwrap().1
}

fn attribute<'a>(svg: &'a str, name: &str) -> &'a str {
    let from = svg.find(name).unwrap() + name.len();
    &svg[from..from + svg[from..].find('"').unwrap()]
}
