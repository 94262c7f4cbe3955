//! A campus with gates, one group that is asked for and approved as people do, and as many passes as are wanted,
//! copied from its.

use campus_pass::actions::applications::Wanted;
use campus_pass::actions::approvals;
use campus_pass::actions::campus::{
    NewMember, add_area, add_department, add_device, add_gate, add_member, add_reason,
};
use campus_pass::actions::groups::{Gathering, apply};
use campus_pass::ctx::Ctx;
use campus_pass::domain::actors::Staff;
use campus_pass::domain::campus::{DeviceId, DeviceKey, Direction, Role};
use campus_pass::domain::group::Headcount;
use campus_pass::domain::pass::Pass;
use campus_pass::domain::visit::Decision;
use campus_pass::domain::{PersonName, Phone, Window};
use campus_pass::ids::{AreaId, PassId, ReasonId};
use campus_pass::store::{passes, staff};
use sea_orm::{ConnectionTrait, DatabaseConnection};

pub const GATES: usize = 64;
pub const KEY: [u8; 32] = [7; 32];
const HOSTS: usize = 40;

pub struct Campus {
    area: AreaId,
    reason: ReasonId,
    /// Who apply, each for so many a day, and who approves: nobody approves what they began.
    hosts: Vec<Staff>,
    approver: Staff,
}

impl Campus {
    pub async fn build(ctx: &Ctx) -> Self {
        let area = add_area(ctx, "校园区域").await.expect("an area");
        let reason = add_reason(ctx, "讲座会议").await.expect("a reason");
        add_gate(ctx, "东门", area).await.expect("a gate");
        for number in 0..GATES {
            let id = DeviceId::parse(&format!("G{number}")).expect("a number");
            let key = DeviceKey::new(KEY);
            let added = add_device(ctx, id, "东门", Direction::Both, &key);
            added.await.expect("a device");
        }
        let department = add_department(ctx, "信息中心").await.expect("a department");
        let member = async |number: usize, role: Role| {
            let userid = format!("member{number}");
            let new = NewMember {
                name: PersonName::parse("刘明").expect("a name"),
                department,
                wecom_userid: userid.clone(),
                phone: Phone::parse(&format!("139{number:08}")).expect("a phone"),
                roles: vec![role],
            };
            add_member(ctx, new).await.expect("added");
            let found = staff::find_by_userid(&ctx.db.read, &userid).await;
            Staff {
                member: found.expect("read").expect("a member"),
            }
        };
        let mut hosts = Vec::new();
        for number in 0..HOSTS {
            hosts.push(member(number, Role::Host).await);
        }
        Self {
            area,
            reason,
            hosts,
            approver: member(HOSTS, Role::Approver).await,
        }
    }

    /// One of the hosts applies for a group, and it is approved; gives its pass.
    pub async fn admit(&self, ctx: &Ctx, number: usize) -> Pass {
        let by = &self.hosts[number % HOSTS];
        let phone = format!("137{number:08}");
        let now = ctx.clock.now();
        let hour = chrono::Duration::hours(1);
        let asked = Gathering {
            visit: Wanted {
                host: by.member.id,
                area: self.area,
                reason: self.reason,
                area_note: None,
                note: None,
                window: Window::new(now - hour, now + hour).expect("a window"),
            },
            headcount: Headcount::parse(1000).expect("a number"),
            contact: (
                PersonName::parse("张小雨").expect("a name"),
                Phone::parse(&phone).expect("a phone"),
            ),
            plates: Vec::new(),
        };
        let visit = apply(ctx, by, None, &asked).await.expect("applied");
        let yes = Decision::Approve(None);
        let decided = approvals::decide(ctx, &self.approver, visit, None, yes);
        decided.await.expect("approved");
        let issued = passes::of_visits(&ctx.db.read, [visit]).await;
        issued.expect("read").pop().expect("a pass")
    }
}

/// Copies a pass with its visit and visitor so often, as passes of one person each; gives the first one's id,
/// which the others follow.
pub async fn copy(db: &DatabaseConnection, of: &Pass, number: usize) -> PassId {
    let (pass, visit, visitor) = (of.id.get(), of.visit.get(), of.visitor.get());
    let (id, holder) = (format!("{visit} + i"), format!("{visitor} + i"));
    fill(
        db,
        "visits",
        visit,
        number,
        // Long ago, else their host could apply for nothing more today.
        &[
            ("id", &id),
            ("mode", "'booking'"),
            ("submitted_at", "'2020-01-01T00:00:00+00:00'"),
        ],
    )
    .await;
    let own = [("id", holder.as_str()), ("visit_id", &id)];
    fill(db, "visitors", visitor, number, &own).await;
    let own = [
        ("id", format!("{pass} + i")),
        ("visit_id", id),
        ("visitor_id", holder),
        ("link_hash", "'copy ' || i".to_owned()),
        ("entry_limit", "null".to_owned()),
        ("listed", "1".to_owned()),
    ];
    let own: Vec<_> = own
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    fill(db, "passes", pass, number, &own).await;
    PassId::from(pass + 1)
}

/// Copies a passage so often, of days gone by.
pub async fn copy_passages(db: &DatabaseConnection, number: usize) {
    let row = db.query_one_raw(sea_orm::Statement::from_string(
        db.get_database_backend(),
        "select min(id) as id from passages where reason = 'ok'",
    ));
    let row = row.await.expect("read").expect("a row");
    let id: i64 = row.try_get("", "id").expect("an id");
    let own = [
        ("id", format!("{id} - i * 4194304")),
        ("nonce", "'old ' || i".to_owned()),
        ("device_id", "'G' || (i % 64)".to_owned()),
    ];
    let own: Vec<_> = own
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    fill(db, "passages", id, number, &own).await;
}

/// Copies one row with some columns of its own; `i` counts from one.
async fn fill(db: &DatabaseConnection, table: &str, id: i64, number: usize, own: &[(&str, &str)]) {
    let columns = sea_orm::Statement::from_string(
        db.get_database_backend(),
        format!("select name from pragma_table_info('{table}')"),
    );
    let columns = db.query_all_raw(columns).await.expect("columns");
    let columns: Vec<String> = columns
        .iter()
        .map(|row| row.try_get("", "name").expect("a name"))
        .collect();
    let value = |column: &String| {
        let own = own.iter().find(|(name, _)| name == column);
        own.map_or_else(
            || format!("t.\"{column}\""),
            |(_, value)| (*value).to_owned(),
        )
    };
    let values: Vec<_> = columns.iter().map(value).collect();
    let copied = format!(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < {number}) \
         insert into {table} (\"{}\") select {} from n, {table} t where t.id = {id}",
        columns.join("\", \""),
        values.join(", ")
    );
    db.execute_unprepared(&copied).await.expect("copied");
    // What has been there for long is not in the log.
    let settled = db
        .execute_unprepared("pragma wal_checkpoint(truncate)")
        .await;
    settled.expect("settled");
}
