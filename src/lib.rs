pub mod clock;
pub mod entropy;
pub mod ids;
pub mod secret;
pub mod sms;
pub mod tencent;
pub mod wechat;
pub mod wecom;
