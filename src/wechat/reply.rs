//! What the account may answer within its five seconds.
//!
//! Source: <https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Passive_user_reply_message.html>.

use chrono::{DateTime, Utc};

use crate::tencent::element::Element;
use crate::tencent::incoming::Incoming;
use crate::tencent::xml;

/// More articles than this are refused by WeChat.
const MAX_ARTICLES: usize = 8;

/// The body of every answer that says nothing.
pub const SILENCE: &str = "success";

/// A passive reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Text(String),
    Image {
        media_id: String,
    },
    Voice {
        media_id: String,
    },
    Video {
        media_id: String,
        title: String,
        description: String,
    },
    Music {
        title: String,
        description: String,
        url: String,
        hq_url: String,
        thumb_media_id: String,
    },
    /// Pictures with links; at most eight are sent. A reply to a message, as opposed to an event,
    /// may have one only.
    News(Vec<Article>),
    /// Hands the conversation to customer service: to this account, or to whoever is free.
    TransferToCustomerService {
        account: Option<String>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    pub title: String,
    pub description: String,
    pub pic_url: String,
    pub url: String,
}

impl Reply {
    /// The reply as XML, back to who sent `incoming`.
    #[must_use]
    pub fn to_xml(&self, incoming: &Incoming, now: DateTime<Utc>) -> String {
        let mut fields = vec![
            Element::leaf("ToUserName", incoming.from()),
            Element::leaf("FromUserName", incoming.to()),
            // In seconds: SDKs that send milliseconds are answered with nothing.
            Element::leaf("CreateTime", &now.timestamp()),
            Element::leaf("MsgType", self.msg_type()),
        ];
        fields.extend(self.content());
        xml::write(&Element::node("xml", fields))
    }

    fn msg_type(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Image { .. } => "image",
            Self::Voice { .. } => "voice",
            Self::Video { .. } => "video",
            Self::Music { .. } => "music",
            Self::News(_) => "news",
            Self::TransferToCustomerService { .. } => "transfer_customer_service",
        }
    }

    fn content(&self) -> Vec<Element> {
        let media = |id: &String| vec![Element::leaf("MediaId", id)];
        match self {
            Self::Text(content) => vec![Element::leaf("Content", content)],
            Self::Image { media_id } => vec![Element::node("Image", media(media_id))],
            Self::Voice { media_id } => vec![Element::node("Voice", media(media_id))],
            Self::Video {
                media_id,
                title,
                description,
            } => vec![fields(
                "Video",
                &[
                    ("MediaId", media_id),
                    ("Title", title),
                    ("Description", description),
                ],
            )],
            Self::Music {
                title,
                description,
                url,
                hq_url,
                thumb_media_id,
            } => vec![fields(
                "Music",
                &[
                    ("Title", title),
                    ("Description", description),
                    ("MusicUrl", url),
                    ("HQMusicUrl", hq_url),
                    ("ThumbMediaId", thumb_media_id),
                ],
            )],
            Self::News(articles) => news(&articles[..articles.len().min(MAX_ARTICLES)]),
            Self::TransferToCustomerService { account } => account
                .iter()
                .map(|account| fields("TransInfo", &[("KfAccount", account)]))
                .collect(),
        }
    }
}

fn news(articles: &[Article]) -> Vec<Element> {
    let item = |article: &Article| {
        fields(
            "item",
            &[
                ("Title", &article.title),
                ("Description", &article.description),
                ("PicUrl", &article.pic_url),
                ("Url", &article.url),
            ],
        )
    };
    vec![
        Element::leaf("ArticleCount", &articles.len()),
        Element::node("Articles", articles.iter().map(item).collect()),
    ]
}

fn fields(name: &str, fields: &[(&str, &String)]) -> Element {
    let leaf = |(name, text): &(&str, &String)| Element::leaf(name, text);
    Element::node(name, fields.iter().map(leaf).collect())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;
    use crate::tencent::payloads;

    fn answer(reply: &Reply) -> String {
        let at = DateTime::from_timestamp(1122, 0).unwrap();
        let incoming = payloads::incoming("<MsgType>text</MsgType>");
        reply.to_xml(&incoming, at)
    }

    /// The sample of `WxJava`, addressed as our answer is, its fields in our order.
    fn sample(file: &str) -> Element {
        let mut root = payloads::named(file).incoming().fields;
        for child in &mut root.children {
            match child.name.as_str() {
                "ToUserName" => child.text = "from".into(),
                "FromUserName" => child.text = "to".into(),
                "CreateTime" => child.text = "1122".into(),
                _ => {}
            }
        }
        sorted(root)
    }

    fn sorted(mut element: Element) -> Element {
        element.children = element.children.into_iter().map(sorted).collect();
        element.children.sort_by(|a, b| a.name.cmp(&b.name));
        element
    }

    #[test]
    fn replies_are_those_of_wxjava() {
        let s = |text: &str| text.to_owned();
        let article = Article {
            title: s("title"),
            description: s("description"),
            pic_url: s("picUrl"),
            url: s("url"),
        };
        let music = Reply::Music {
            title: s("title"),
            description: s("ddfff"),
            url: s("musicUrl"),
            hq_url: s("hQMusicUrl"),
            thumb_media_id: s("thumbMediaId"),
        };
        let video = Reply::Video {
            media_id: s("media_id"),
            title: s("title"),
            description: s("ddfff"),
        };
        let to = Some(s("test1@test"));
        for (reply, file) in [
            (
                Reply::Text(s("content")),
                "wxjava__WxCpXmlOutTextMessageTest__text__6b96af13.xml",
            ),
            (
                Reply::Image {
                    media_id: s("ddfefesfsdfef"),
                },
                "wxjava__WxCpXmlOutImageMessageTest__image__5c19f463.xml",
            ),
            (
                Reply::Voice {
                    media_id: s("ddfefesfsdfef"),
                },
                "wxjava__WxCpXmlOutVoiceMessageTest__voice__fbba2336.xml",
            ),
            (
                video,
                "wxjava__WxCpXmlOutVideoMessageTest__video__8c5a66ff.xml",
            ),
            (
                music,
                "wxjava__WxMpXmlOutMusicMessageTest__music__0ebfe575.xml",
            ),
            (
                Reply::News(vec![article.clone(), article]),
                "wxjava__WxMpXmlOutNewsMessageTest__news__c7d5c938.xml",
            ),
            (
                Reply::TransferToCustomerService { account: None },
                "wxjava__WxMpXmlOutTransferKefuMessageTest__transfer_customer_service__2f596044.xml",
            ),
            (
                Reply::TransferToCustomerService { account: to },
                "wxjava__WxMpXmlOutTransferKefuMessageTest__transfer_customer_service__c3fb6833.xml",
            ),
        ] {
            let ours = sorted(xml::read(&answer(&reply)).unwrap());
            assert_eq!(ours, sample(file), "{file}");
        }
    }

    #[test]
    fn a_text_is_written_as_the_documents_write_it() {
        assert_snapshot!(answer(&Reply::Text("你好".into())), @"<xml><ToUserName><![CDATA[from]]></ToUserName><FromUserName><![CDATA[to]]></FromUserName><CreateTime>1122</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好]]></Content></xml>");
    }

    #[test]
    fn echoing_the_text_that_split_other_sdks_stays_one_message() {
        let hostile = payloads::named("derived__text_split_cdata.xml").incoming();
        let content = hostile.fields.text_or_empty("Content");
        let echoed = xml::read(&answer(&Reply::Text(content.clone()))).unwrap();
        assert_eq!(echoed.all("MsgType").count(), 1);
        assert_eq!(echoed.text("MsgType"), Some("text"));
        assert_eq!(echoed.text("Content"), Some(content.as_str()));
    }

    #[test]
    fn at_most_eight_articles_are_sent() {
        let article = Article {
            title: String::new(),
            description: String::new(),
            pic_url: String::new(),
            url: String::new(),
        };
        let sent = xml::read(&answer(&Reply::News(vec![article; 9]))).unwrap();
        assert_eq!(sent.text("ArticleCount"), Some("8"));
        assert_eq!(sent.all("Articles/item").count(), 8);
    }

    proptest! {
        #[test]
        fn any_text_arrives_but_for_its_control_characters(text in any::<String>()) {
            let arrived = xml::read(&answer(&Reply::Text(text.clone()))).unwrap();
            let expected = Element::leaf("Content", &text);
            prop_assert_eq!(arrived.at("Content"), Some(&expected));
        }
    }
}
