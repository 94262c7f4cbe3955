//! What a gate's answer is made of, each part by itself on one core: `cargo bench --bench parts`.

#![expect(clippy::expect_used, reason = "a bench that cannot go on stops")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use campus_pass::cache::{Reads, Recent};
use campus_pass::domain::Window;
use campus_pass::domain::campus::{AreaSet, Direction, Gate, Slot};
use campus_pass::domain::gate::{Credential, Facts, Holding, Kind, Known, Scan, decide};
use campus_pass::domain::pass::Pass;
use campus_pass::domain::pass_code::{CodeKeys, CodeRead};
use campus_pass::domain::presence::Presence;
use campus_pass::domain::rotating_code::{Rotation, rotating_code, step_at};
use campus_pass::domain::rules::Rules;
use campus_pass::ids::PassId;
use campus_pass::secret::{KeyRing, KeyedHash, NamedKey, hmac_sha256};
use chrono::{DateTime, TimeDelta, Utc};
use criterion::{Criterion, criterion_group, criterion_main};
use data_encoding::HEXLOWER;
use futures::FutureExt;
use sha2::{Digest, Sha256};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

criterion_main!(parts);
criterion_group!(parts, decision, codes, signatures, caches);

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_413_200, 0).expect("2026-03-02 09:00 on campus")
}

fn slot() -> Slot {
    Slot::new(3).expect("a slot")
}

fn pass() -> Pass {
    let hour = TimeDelta::hours(1);
    Pass {
        id: 7_000_000_000_000_000_001.into(),
        visit: 1.into(),
        visitor: 1.into(),
        key_no: 1,
        link_generation: 1,
        window: Window::new(now() - hour, now() + hour).expect("a window"),
        areas: AreaSet(1 << 3),
        entry_limit: None,
        entries: 0,
        revoked_at: None,
        version: 1,
    }
}

fn holding() -> Holding {
    Holding {
        pass: pass(),
        holder: "张**".to_owned(),
        arrived: true,
        approved: true,
        listed: Vec::new(),
        known: Known::InPerson { stale: false },
        presence: Presence::default(),
    }
}

fn keys() -> KeyRing {
    let newest = NamedKey {
        id: "1".to_owned(),
        bytes: [1; 32],
    };
    KeyRing::new(newest, Vec::new(), [2; 32], [3; 32])
}

fn decision(criterion: &mut Criterion) {
    let gate = Gate {
        id: 1.into(),
        name: "东门".to_owned(),
        area: 1.into(),
        slot: slot(),
        area_name: "校园区域".to_owned(),
        open: true,
        rules: Rules::default(),
    };
    let credential = Credential::Pass(holding());
    let facts = Facts {
        gate: &gate,
        credential: &credential,
    };
    let scan = Scan {
        nonce: "1".to_owned(),
        repeats: None,
        reader: 1,
        kind: Kind::Qr,
        direction: Direction::In,
    };
    assert!(decide(facts, &scan, now()).opens(), "what mostly happens");
    criterion.bench_function("decide", |bench| {
        bench.iter(|| decide(black_box(facts), black_box(&scan), now()));
    });
}

fn codes(criterion: &mut Criterion) {
    let (keys, signing) = (keys(), CodeKeys::new(1, &[4; 32], &[]));
    let signed = signing.sign(&pass());
    assert!(matches!(signing.read(&signed), CodeRead::Genuine(_)));
    criterion.bench_function("signed code: parse and verify", |bench| {
        bench.iter(|| signing.read(black_box(&signed)));
    });
    let rotating = rotating_code(&keys, pass().id, step_at(now()));
    assert!(matches!(
        Rotation::read(&keys, &rotating, now()),
        Some(Rotation::Fresh(_))
    ));
    criterion.bench_function("rotating code: parse and verify", |bench| {
        bench.iter(|| Rotation::read(&keys, black_box(&rotating), now()));
    });
}

fn signatures(criterion: &mut Criterion) {
    let body = "x".repeat(250);
    criterion.bench_function("a device's signature, of 250 bytes", |bench| {
        bench.iter(|| {
            let hash = HEXLOWER.encode(&Sha256::digest(black_box(&body)));
            hmac_sha256(&[7; 32], &[&hash])
        });
    });
}

fn caches(criterion: &mut Criterion) {
    let most = 100_000;
    let codes = Recent::new(most, Duration::from_hours(1));
    let print = |n: usize| KeyedHash::from_column(format!("{n:032x}"));
    for n in 0..most {
        codes.get_or_insert(print(n), || n);
    }
    let known = print(most / 2);
    criterion.bench_function("a signature remembered among 100,000", |bench| {
        bench.iter(|| codes.get(black_box(&known)));
    });
    let passes = Reads::new(most, Duration::from_hours(1));
    let read = |id: PassId| {
        let held = async || Ok::<_, ()>(Some(Arc::new(holding())));
        let found = passes.get(&id, held).now_or_never();
        found.expect("nobody waits").expect("read")
    };
    for n in 0..100_000_i64 {
        read(n.into());
    }
    criterion.bench_function("a pass remembered among 100,000", |bench| {
        bench.iter(|| read(black_box(50_000.into())));
    });
}
