//! The form of a push on the wire, and of the reply: sealed, signed and addressed.

use chrono::{DateTime, Duration};
use reqwest::StatusCode;

use super::{Door, Push, Sent};
use crate::sandbox::Sandbox;
use crate::sandbox::seal::Seal;
use crate::sandbox::xml::{self, Content};

/// A `CreateTime` in milliseconds would be ages away from now.
const CREATED_NEAR: Duration = Duration::days(1);

impl Sandbox {
    pub(super) fn seal(&self, door: Door) -> Option<Seal> {
        let settings = self.settings();
        let (account, wecom) = (&settings.official_account, &settings.wecom);
        let mini = &settings.mini_program;
        match door {
            Door::Wechat => Seal::new(&account.encoding_aes_key, &account.token, &account.app_id),
            Door::Mini => Seal::new(&mini.encoding_aes_key, &mini.token, &mini.app_id),
            Door::Wecom => Seal::new(&wecom.encoding_aes_key, &wecom.token, &wecom.corp_id),
        }
    }

    pub(super) fn plain(&self, push: &Push) -> String {
        let mut fields = vec![
            (
                "ToUserName",
                Content::Text(self.receiver(push.door).to_owned()),
            ),
            ("FromUserName", Content::Text(push.from.clone())),
            ("CreateTime", Content::Number(self.now().timestamp())),
        ];
        fields.extend(
            push.fields
                .iter()
                .map(|(name, content)| (*name, content.clone())),
        );
        if push.door == Door::Wecom {
            fields.push(("AgentID", Content::Number(self.settings().wecom.agent_id)));
        }
        push.door.document(&fields)
    }

    /// Whom the events are addressed to.
    pub(super) fn receiver(&self, door: Door) -> &str {
        match door {
            Door::Wechat => &self.settings().official_account.original_id,
            Door::Mini => &self.settings().mini_program.original_id,
            Door::Wecom => &self.settings().wecom.corp_id,
        }
    }

    pub(super) fn sealed(&self, seal: &Seal, door: Door, plain: &str) -> Sent {
        let timestamp = self.now().timestamp().to_string();
        let nonce = self.entropy().below(1_000_000_000).to_string();
        let encrypt = seal.close(plain, self.entropy().bytes());
        let msg_signature = seal.sign(&[&timestamp, &nonce, &encrypt]);
        let service = &self.settings().service;
        let url = format!(
            "{service}{}?timestamp={timestamp}&nonce={nonce}",
            door.path()
        );
        let mut fields = vec![("ToUserName", Content::Text(self.receiver(door).to_owned()))];
        let (url, signatures) = match door {
            Door::Wechat | Door::Mini => {
                let signature = seal.sign(&[&timestamp, &nonce]);
                (
                    format!("{url}&encrypt_type=aes"),
                    format!("&signature={signature}"),
                )
            }
            Door::Wecom => {
                let agent_id = self.settings().wecom.agent_id.to_string();
                fields.push(("AgentID", Content::Text(agent_id)));
                (url, String::new())
            }
        };
        fields.push(("Encrypt", Content::Text(encrypt)));
        Sent {
            signed_url: format!("{url}{signatures}&msg_signature={msg_signature}"),
            url,
            body: door.document(&fields),
            plain: plain.to_owned(),
        }
    }

    /// The reply in a service's answer; `None` when it is empty, and a sentence when WeChat would not
    /// accept it.
    pub(super) fn opened(
        &self,
        seal: &Seal,
        push: &Push,
        status: StatusCode,
        body: &str,
    ) -> Result<Option<String>, String> {
        if status != StatusCode::OK {
            return Err(format!("the service answered {}", status.as_u16()));
        }
        if body.is_empty() || body == "success" {
            return Ok(None);
        }
        if push.door == Door::Mini {
            return Err("the reply is not success".to_owned());
        }
        let outer = xml::read(body).ok_or("the reply is no XML")?;
        let part = |name| match xml::text(&outer, name) {
            "" => Err(format!("the reply has no {name}")),
            text => Ok(text),
        };
        let encrypt = part("Encrypt")?;
        let expected = seal.sign(&[part("TimeStamp")?, part("Nonce")?, encrypt]);
        if part("MsgSignature")? != expected {
            return Err("the reply's MsgSignature is wrong".to_owned());
        }
        let plain = seal.open(encrypt).map_err(|error| error.to_string())?;
        let inner = xml::read(&plain).ok_or("the sealed reply is no XML")?;
        let created = xml::text(&inner, "CreateTime").parse().unwrap_or_default();
        let age = self.now() - DateTime::from_timestamp(created, 0).unwrap_or_default();
        if xml::text(&inner, "ToUserName") != push.from {
            Err("the reply is for somebody else".to_owned())
        } else if xml::text(&inner, "FromUserName") != self.receiver(push.door) {
            Err("the reply is from somebody else".to_owned())
        } else if age.abs() > CREATED_NEAR {
            Err("the reply's CreateTime is not in seconds".to_owned())
        } else if xml::text(&inner, "MsgType").is_empty() {
            Err("the reply has not one MsgType".to_owned())
        } else {
            Ok(Some(plain))
        }
    }
}

impl Door {
    fn document(self, fields: &[(&str, Content)]) -> String {
        match self {
            Self::Mini => xml::json(fields).to_string(),
            Self::Wechat | Self::Wecom => xml::document(fields),
        }
    }
}
