//! The campus of the stories, made by the same actions as a real one. Nobody on it exists.

use campus_pass::actions::campus::{
    NewMember, add_area, add_department, add_device, add_gate, add_member, add_quarter, add_reason,
};
use campus_pass::actions::residents::{Import, Listed, import};
use campus_pass::config::Settings;
use campus_pass::ctx::Ctx;
use campus_pass::domain::campus::{DeviceId, DeviceKey, Direction, Role};
use campus_pass::domain::resident::Quarter;
use campus_pass::domain::{HouseNumber, PersonName, Phone};
use campus_pass::sandbox::Sandbox;

/// A member of staff: name, department, WeCom userid, phone, roles.
pub type Post = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [Role],
);

use Role::{Administrator, Approver, Guard, Host};

/// 信息中心 has one approver, 机械工程学院 has two; 吴芳 is the desk of the residential quarter.
pub const MEMBERS: [Post; 8] = [
    ("刘明", "信息中心", "liuming", "13900000001", &[Host]),
    (
        "陈静",
        "信息中心",
        "chenjing",
        "13900000002",
        &[Host, Approver],
    ),
    ("王强", "机械工程学院", "wangqiang", "13900000003", &[Host]),
    (
        "赵敏",
        "机械工程学院",
        "zhaomin",
        "13900000004",
        &[Approver],
    ),
    ("孙丽", "机械工程学院", "sunli", "13900000005", &[Approver]),
    ("周岚", "保卫处", "zhoulan", "13900000006", &[Guard]),
    ("吴敏", "保卫处", "wumin", "13900000007", &[Administrator]),
    ("吴芳", DESK, "wufang", "13900000008", &[Approver]),
];

const QUARTER: &str = "丁香水榭小区";
const DESK: &str = "丁香水榭社区";

/// Name, phone, house number.
const RESIDENTS: [(&str, &str, &str); 2] = [
    ("王建国", "13900000101", "3栋2单元501室"),
    ("李秀英", "13900000102", "5-1-302"),
];

/// Gate, area, device and its direction. G01 is the one the settings give to the sandbox.
const GATES: [(&str, &str, &str, Direction); 5] = [
    ("东门", "校园区域", "G01", Direction::In),
    ("图书馆门", "图书馆", "G02", Direction::In),
    ("西门", "校园区域", "G03", Direction::Out),
    ("北门", "校园区域", "G04", Direction::Both),
    ("丁香水榭门", QUARTER, "G05", Direction::In),
];

pub async fn seed(ctx: &Ctx, sandbox: &Sandbox, settings: &Settings) {
    let mut areas = Vec::new();
    for name in ["校园区域", "图书馆", QUARTER] {
        areas.push((name, add_area(ctx, name).await.unwrap()));
    }
    add_reason(ctx, "业务洽谈").await.unwrap();
    let reason = add_reason(ctx, "亲友来访").await.unwrap();
    let quarter = areas[2].1;
    for (gate, area, device, direction) in GATES {
        let (_, area) = areas.iter().find(|(name, _)| *name == area).unwrap();
        add_gate(ctx, gate, *area).await.unwrap();
        let id = DeviceId::parse(device).unwrap();
        let key = if id == settings.sandbox.device {
            settings.sandbox.key.clone()
        } else {
            DeviceKey::new(ctx.entropy.bytes())
        };
        add_device(ctx, id, gate, direction, &key).await.unwrap();
        sandbox.add_gate(device, gate, key.bytes().try_into().unwrap());
    }
    let mut departments = Vec::new();
    for (name, department, userid, phone, roles) in MEMBERS {
        let known = departments.iter().find(|(name, _)| *name == department);
        let id = match known {
            Some((_, id)) => *id,
            None => {
                let id = add_department(ctx, department).await.unwrap();
                departments.push((department, id));
                id
            }
        };
        let new = NewMember {
            name: PersonName::parse(name).unwrap(),
            department: id,
            wecom_userid: userid.to_owned(),
            phone: Phone::parse(phone).unwrap(),
            roles: roles.to_vec(),
        };
        add_member(ctx, new).await.unwrap();
        sandbox.add_staff(userid, name);
    }
    let (_, desk) = departments
        .into_iter()
        .find(|(name, _)| *name == DESK)
        .unwrap();
    let quarter = Quarter {
        area: quarter,
        desk,
        reason,
    };
    add_quarter(ctx, &quarter).await.unwrap();
    let list = RESIDENTS.map(|(name, phone, house)| Listed {
        name: PersonName::parse(name).unwrap(),
        phone: Phone::parse(phone).unwrap(),
        house: HouseNumber::parse(house).unwrap(),
    });
    let how = Import {
        whole: true,
        dry_run: false,
    };
    import(ctx, "operator", &list, how).await.unwrap();
}
