//! The console's API. 申请管理, 团体通行 and 住户预约 are for every member of staff, who sees as much of them as
//! is theirs; the rest is for administrators. Names, phones and documents are masked everywhere but in
//! [`reveal`].

pub mod page;
mod words;

pub mod groups;
pub mod registrations;
pub mod visits;

pub mod readers;
pub mod routes;

pub mod blacklist;
pub mod imports;
pub mod people;
pub mod vehicles;

pub mod areas;
pub mod departments;
pub mod devices;
pub mod gates;
pub mod reasons;
pub mod residents;
pub mod staff;

pub mod audit;
pub mod figures;
pub mod messages;
pub mod passages;
pub mod reveal;
