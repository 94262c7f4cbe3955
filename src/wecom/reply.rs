//! What changes the card that was just clicked, on the screen of the one who clicked it. The cards of
//! the others are changed by API.
//!
//! Source: <https://developer.work.weixin.qq.com/document/path/90241>.

use chrono::{DateTime, Utc};

use super::card::Card;
use crate::tencent::element::Element;
use crate::tencent::incoming::Incoming;
use crate::tencent::xml;

/// A passive reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Text(String),
    /// All buttons give way to this text.
    UpdateButton(String),
    UpdateCard(Card),
}

impl Reply {
    /// The reply as XML, back to who sent `incoming`.
    #[must_use]
    pub fn to_xml(&self, incoming: &Incoming, now: DateTime<Utc>) -> String {
        let (msg_type, content) = match self {
            Self::Text(text) => ("text", Element::leaf("Content", text)),
            Self::UpdateButton(text) => {
                let name = vec![Element::leaf("ReplaceName", text)];
                ("update_button", Element::node("Button", name))
            }
            Self::UpdateCard(card) => ("update_template_card", card.to_element()),
        };
        xml::write(&Element::node(
            "xml",
            vec![
                Element::leaf("ToUserName", incoming.from()),
                Element::leaf("FromUserName", incoming.to()),
                Element::leaf("CreateTime", &now.timestamp()),
                Element::leaf("MsgType", msg_type),
                content,
            ],
        ))
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::tencent::payloads;
    use crate::wecom::card::{Button, ButtonAction, ButtonStyle, Foot};

    fn answer(reply: &Reply) -> String {
        let at = DateTime::from_timestamp(1_348_831_860, 0).unwrap();
        reply.to_xml(&payloads::incoming("<MsgType>event</MsgType>"), at)
    }

    fn card(foot: Foot) -> Card {
        Card {
            title: "访客申请单".into(),
            description: "待审批".into(),
            subtitle: String::new(),
            rows: vec![
                ("访客".into(), "张*".into()),
                ("区域".into(), "校园区域".into()),
            ],
            url: Some("https://campus.example/h5/".into()),
            task_id: "visit-1628957678243860481-1".into(),
            foot,
        }
    }

    #[test]
    fn a_button_is_replaced_by_its_outcome() {
        assert_snapshot!(answer(&Reply::UpdateButton("已同意".into())), @"<xml><ToUserName><![CDATA[from]]></ToUserName><FromUserName><![CDATA[to]]></FromUserName><CreateTime>1348831860</CreateTime><MsgType><![CDATA[update_button]]></MsgType><Button><ReplaceName><![CDATA[已同意]]></ReplaceName></Button></xml>");
    }

    #[test]
    fn a_card_is_written_alike_for_the_reply_and_for_the_api() {
        let buttons = Foot::Buttons(vec![
            Button {
                text: "同意".into(),
                style: ButtonStyle::Primary,
                action: ButtonAction::Key("approve".into()),
            },
            Button {
                text: "拒绝".into(),
                style: ButtonStyle::Plain,
                action: ButtonAction::Url("https://campus.example/h5/reject".into()),
            },
        ]);
        let card = card(buttons);
        assert_snapshot!(serde_json::to_string_pretty(&card.to_json()).unwrap(), @r#"
        {
          "button_list": [
            {
              "key": "approve",
              "style": 1,
              "text": "同意"
            },
            {
              "style": 2,
              "text": "拒绝",
              "type": 1,
              "url": "https://campus.example/h5/reject"
            }
          ],
          "card_action": {
            "type": 1,
            "url": "https://campus.example/h5/"
          },
          "card_type": "button_interaction",
          "horizontal_content_list": [
            {
              "keyname": "访客",
              "value": "张*"
            },
            {
              "keyname": "区域",
              "value": "校园区域"
            }
          ],
          "main_title": {
            "desc": "待审批",
            "title": "访客申请单"
          },
          "task_id": "visit-1628957678243860481-1"
        }
        "#);
        assert_snapshot!(answer(&Reply::UpdateCard(card)), @"<xml><ToUserName><![CDATA[from]]></ToUserName><FromUserName><![CDATA[to]]></FromUserName><CreateTime>1348831860</CreateTime><MsgType><![CDATA[update_template_card]]></MsgType><TemplateCard><CardType><![CDATA[button_interaction]]></CardType><MainTitle><Title><![CDATA[访客申请单]]></Title><Desc><![CDATA[待审批]]></Desc></MainTitle><HorizontalContentList><KeyName><![CDATA[访客]]></KeyName><Value><![CDATA[张*]]></Value></HorizontalContentList><HorizontalContentList><KeyName><![CDATA[区域]]></KeyName><Value><![CDATA[校园区域]]></Value></HorizontalContentList><CardAction><Type>1</Type><Url><![CDATA[https://campus.example/h5/]]></Url></CardAction><ButtonList><Text><![CDATA[同意]]></Text><Style>1</Style><Key><![CDATA[approve]]></Key></ButtonList><ButtonList><Text><![CDATA[拒绝]]></Text><Style>2</Style><Type>1</Type><Url><![CDATA[https://campus.example/h5/reject]]></Url></ButtonList></TemplateCard></xml>");
    }

    #[test]
    fn a_decided_card_has_text_where_its_buttons_were() {
        let replaced = card(Foot::Replaced("已由刘明同意".into()));
        assert_eq!(replaced.to_json()["replace_text"], "已由刘明同意");
        let answer = xml::read(&answer(&Reply::UpdateCard(replaced))).unwrap();
        assert_eq!(
            answer.text("TemplateCard/ReplaceText"),
            Some("已由刘明同意")
        );
        let notice = card(Foot::Notice).to_json();
        assert_eq!(notice["card_type"], "text_notice");
        assert_eq!(notice.get("button_list"), None);
    }
}
