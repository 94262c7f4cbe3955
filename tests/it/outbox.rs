//! What is owed leaves at its pace and in its order, whoever dies on the way.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use campus_pass::domain::message::{Lane, Message};
use campus_pass::outbox::{Worker, post};
use campus_pass::sandbox::FaultKind;
use campus_pass::store::people::WechatNames;
use campus_pass::store::{begin, commit, outbox, people};
use insta::assert_snapshot;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::ConnectionTrait;

use crate::harness::{App, Guest, Visit, workers};

const FROM: &str = "2026-03-02 14:00";
const UNTIL: &str = "2026-03-02 16:00";

/// So many new followers whom WeChat is to be asked about.
async fn crowd(app: &App, many: usize) {
    let txn = begin(&app.ctx.db).await.unwrap();
    for _ in 0..many {
        let names = WechatNames {
            oa_openid: Some(app.sandbox.add_person("路人").openid),
            ..WechatNames::default()
        };
        let (person, now) = (app.ctx.mint(), app.ctx.clock.now());
        people::insert(&txn, person, &names, now).await.unwrap();
        let seen = Message::FollowerSeen { person };
        post(&txn, &app.ctx, &seen).await.unwrap();
    }
    commit(txn).await.unwrap();
}

#[tokio::test]
async fn ten_thousand_at_one_door_leave_at_its_pace_and_hold_up_nobody_at_another() {
    const MANY: usize = 10_000;
    const PACE: usize = 500;
    let app = App::start().await;
    let [.., wecom, sms] = workers(&app.settings, "worker");
    let account = Worker::new("worker", Lane::Account, PACE as u64);
    crowd(&app, MANY).await;
    let guest = app.stranger("张小雨").await;
    guest.book("刘明", FROM, UNTIL).await;

    let deliver = async |worker: &Worker| worker.deliver_due(&app.ctx, &app.clients).await.unwrap();
    let first = deliver(&account).await;
    deliver(&wecom).await;
    deliver(&sms).await;
    assert_eq!(
        app.approver("陈静").sms().len(),
        1,
        "after one round of each"
    );
    assert_eq!(app.sandbox.cards_of("chenjing").len(), 1);

    let mut asked = first.taken;
    for _ in 0..MANY / PACE {
        let mut this_second = asked % PACE;
        loop {
            let taken = deliver(&account).await.taken;
            if taken == 0 {
                break;
            }
            this_second += taken;
        }
        assert_eq!(this_second, PACE);
        asked += PACE - asked % PACE;
        app.later(1);
    }
    assert_eq!((asked, app.owed("due").await.len()), (MANY, 0));
    app.finish().await;
}

#[tokio::test]
async fn what_one_person_hears_of_one_visit_comes_in_order() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = guest.book("刘明", "2026-03-02 09:00", UNTIL).await;
    app.deliver().await;
    let approver = app.approver("陈静");
    // The host is told of the approval first, and WeCom does not take it.
    app.fault("qy:message/send", FaultKind::Http500, Some(1));
    approver.tap_approve(&visit).await;
    app.deliver().await;
    app.gate("G01").scan(&guest.code(&visit).await).await;
    app.deliver().await;
    let host = app.approver("刘明");
    assert_eq!(host.texts(), [""; 0], "what came after it waits as well");
    app.later(60);
    app.deliver().await;
    let heard = host.texts().join("\n");
    assert_snapshot!(heard, @"
    张小雨 到访 校园区域（2026年03月02日 09:00 起）的申请已通过。单据号 [id]
    您的访客 张小雨 已于 09:00 进入校园区域。单据号 [id]
    ");
    app.finish().await;
}

#[tokio::test]
async fn a_member_is_told_no_more_in_a_minute_than_wecom_shows() {
    let app = App::start().await;
    for guest in 0..12 {
        let guest = app
            .stranger(&format!("访客{}", char::from(b'A' + guest)))
            .await;
        for _ in 0..3 {
            guest.book("刘明", FROM, UNTIL).await;
        }
    }
    // What is too much for this minute of the clock is due with the next one.
    app.later(40);
    let mut cards = Vec::new();
    for _ in 0..6 {
        app.deliver().await;
        cards.push(app.sandbox.cards_of("chenjing").len());
        app.later(35);
    }
    assert_snapshot!(format!("{cards:?}"), @"[15, 30, 30, 36, 36, 36]");
    // So many SMS to one number wait longer: until the visits are over, and nobody need be told.
    app.it_is("2026-03-03 09:00");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_row_that_makes_no_sense_is_dead_and_keeps_nobody_waiting() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    app.deliver().await;
    guest.book("刘明", FROM, UNTIL).await;
    guest.book("王强", FROM, UNTIL).await;
    let spoil = "update outbox set message = 'nonsense' where id = \
                 (select min(id) from outbox where state = 'due')";
    let db = app.database().connect().await;
    db.execute_unprepared(spoil).await.unwrap();
    app.deliver().await;
    assert_eq!(app.approver("赵敏").sms().len(), 1);
    app.finish_without_a_database().await;
}

/// Polls a delivery so many times and drops it there, as a killed process would.
async fn die_after(polls: usize, delivery: impl Future) {
    let mut delivery = pin!(delivery);
    let mut left = polls;
    std::future::poll_fn(|cx| {
        if left == 0 || delivery.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        left -= 1;
        Poll::Pending
    })
    .await;
}

/// How often each message of an approved visit is shown: template, text to the host, SMS with the pass.
fn shown(app: &App, guest: &Guest<'_>, visit: Option<&Visit>) -> [usize; 4] {
    let id = visit.map_or("-", |visit| &visit.id);
    let about = |text: &String| text.contains(id);
    let texts = app.sandbox.texts_of("liuming").into_iter();
    let texts = texts.map(|text| text.content).filter(about).count();
    let cards = app.sandbox.cards_of("chenjing").into_iter();
    let cards = cards.filter(|card| card.details.iter().any(|row| row.value == id));
    [
        guest.templates().len(),
        texts,
        cards.count(),
        guest.sms().len(),
    ]
}

/// Whether the SMS about the visit's pass says that it may have gone out before.
async fn is_marked(app: &App, visit: &Visit) -> bool {
    let sent = outbox::list(&app.ctx.db.read, "sent", 20).await.unwrap();
    let id = visit.id.parse().unwrap();
    let mut about = sent.into_iter().map(|row| row.owed);
    about.any(|owed| owed.visit == Some(id) && owed.lane == Lane::Sms && owed.doubtful)
}

#[tokio::test]
async fn a_worker_that_dies_anywhere_loses_nothing_and_doubles_only_what_has_no_key() {
    let app = App::with(&[("SMS__DAILY_PER_NUMBER", "1000")]).await;
    let mut guest = app.guest("张小雨").await;
    let mut doubled = 0;
    for seed in 0..200 {
        let mut random = StdRng::seed_from_u64(seed);
        // A few people, who come again: so many logins at once would be an attack.
        if seed % 10 == 0 {
            let letter = char::from(b'A' + u8::try_from(seed / 10).unwrap());
            guest = app.guest(&format!("访客{letter}")).await;
        }
        let [templates_before, .., sms_before] = shown(&app, &guest, None);
        let visit = guest.book("刘明", FROM, UNTIL).await;
        app.deliver().await;
        app.approver("陈静").tap_approve(&visit).await;
        for worker in workers(&app.settings, &format!("dies-{seed}")) {
            let polls = random.random_range(0..60);
            die_after(polls, worker.deliver_due(&app.ctx, &app.clients)).await;
        }
        // The leases run out; what went before is shown as well.
        app.later(61);
        app.deliver().await;
        app.later(61);
        app.deliver().await;
        let [templates, texts, cards, sms] = shown(&app, &guest, Some(&visit));
        let (templates, sms) = (templates - templates_before, sms - sms_before);
        assert_eq!((templates, texts, cards), (2, 1, 1), "seed {seed}");
        assert!(sms >= 1, "seed {seed}: the pass is lost");
        if sms > 1 {
            assert_eq!(sms, 2, "seed {seed}");
            assert!(is_marked(&app, &visit).await, "seed {seed}");
            doubled += 1;
        }
    }
    // So many SMS to the approver wait for the gateway: until there is nothing to approve.
    app.it_is("2026-03-03 09:00");
    app.deliver().await;
    assert!(
        doubled > 0,
        "no death was between the sending and its receipt"
    );
    app.finish().await;
}
