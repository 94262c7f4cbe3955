//! Tokens are few, and whoever waits for one waits alone.

use std::sync::Arc;

use campus_pass::ctx::Clients;
use campus_pass::entropy::Entropy;
use campus_pass::sandbox::FaultKind;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::harness::App;

/// How often WeChat was asked for the account's token.
fn asked(app: &App) -> usize {
    let log = app.sandbox.log().into_iter();
    log.filter(|call| call.path.ends_with("/cgi-bin/stable_token"))
        .count()
}

/// Another process with the same settings and database.
fn replica(app: &App, seed: u64) -> Clients {
    let entropy = Entropy::seeded(seed);
    Clients::new(&app.settings, &app.ctx.db, &app.ctx.clock, &entropy).unwrap()
}

/// Everybody asks at once who a follower is, as many at each replica.
async fn all_ask(replicas: &[Clients], openid: &str, many: usize) {
    let start = Arc::new(Barrier::new(many));
    let mut callers = JoinSet::new();
    for n in 0..many {
        let (clients, start, openid) = (
            replicas[n % replicas.len()].clone(),
            start.clone(),
            openid.to_owned(),
        );
        callers.spawn(async move {
            start.wait().await;
            clients.account.follower(&openid).await.map(drop)
        });
    }
    let answers = callers.join_all().await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_callers_at_two_replicas_ask_for_a_token_twice_at_most() {
    let app = App::start().await;
    let person = app.stranger("张小雨").await.person;
    let replicas = [replica(&app, 1), replica(&app, 2)];
    let before = asked(&app);
    all_ask(&replicas, &person.openid, 1000).await;
    let first = asked(&app) - before;
    assert!((1..=2).contains(&first), "{first} calls");

    // Five hundred are refused at once with the token that they hold.
    app.sandbox.revoke_tokens();
    let before = asked(&app);
    all_ask(&replicas[..1], &person.openid, 500).await;
    assert_eq!(asked(&app) - before, 1);
    app.finish().await;
}

#[tokio::test]
async fn while_no_token_can_be_had_the_chat_is_answered() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    app.fault("stable_token", FaultKind::Hang, None);
    let clients = replica(&app, 3);
    let mut waiting = Box::pin(clients.account.follower(&guest.person.openid));
    let answered = async {
        let said = app.sandbox.say(&guest.person.openid, "预约").await;
        assert!(said.unwrap().text.unwrap().contains("访客预约"));
    };
    tokio::select! {
        biased;
        had = &mut waiting => panic!("the endpoint hangs, and yet: {:?}", had.err()),
        () = answered => {}
    }
    drop(waiting);
    app.sandbox.clear_faults();
    app.deliver().await;
    app.finish().await;
}
