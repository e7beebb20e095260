//! The elements of a page, found by their class.
//!
//! No more of HTML than that takes: the tokens are those of the standard, the tree mends what is not closed and nothing else.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// Elements and texts beyond this number are not read: a real page has a few thousand.
const NODES: usize = 500_000;

/// An end tag looks for its start no further up than this.
const DEPTH: usize = 200;

/// Elements that have no content and no end tag.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];

/// A page.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// In the order of the page, so that what is inside an element follows it up to its `end`.
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    content: Content,
    /// The element around it.
    parent: Option<usize>,
    /// The first node after it that is not inside.
    end: usize,
}

#[derive(Debug)]
enum Content {
    Text(String),
    Element { name: String, attributes: Vec<(String, String)> },
}

/// An element of a page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element<'a> {
    document: &'a Document,
    at: usize,
}

impl Document {
    /// Reads a page, whatever the bytes are.
    pub(super) fn read(body: &[u8]) -> Self {
        let queue = BufferQueue::default();
        queue.push_back(StrTendril::from(String::from_utf8_lossy(body).as_ref()));
        let tokenizer = Tokenizer::new(Builder::default(), TokenizerOpts::default());
        let _ = tokenizer.feed(&queue);
        tokenizer.end();
        tokenizer.sink.tree.into_inner().finish()
    }

    /// The elements of a class, in the order of the page.
    pub(super) fn all<'a>(&'a self, class: &'a str) -> impl Iterator<Item = Element<'a>> {
        elements(self, 0, self.nodes.len()).filter(move |element| element.has(class))
    }

    /// The first element of a class.
    pub(super) fn find<'a>(&'a self, class: &'a str) -> Option<Element<'a>> {
        self.all(class).next()
    }
}

fn elements(document: &Document, from: usize, to: usize) -> impl Iterator<Item = Element<'_>> {
    (from..to.min(document.nodes.len()))
        .map(move |at| Element { document, at })
        .filter(|element| matches!(element.node().content, Content::Element { .. }))
}

impl<'a> Element<'a> {
    fn node(self) -> &'a Node {
        &self.document.nodes[self.at]
    }

    /// Its tag's name.
    pub(super) fn name(self) -> &'a str {
        match &self.node().content {
            Content::Element { name, .. } => name,
            Content::Text(_) => "",
        }
    }

    /// The value of an attribute.
    pub(super) fn attribute(self, name: &str) -> Option<&'a str> {
        let Content::Element { attributes, .. } = &self.node().content else { return None };
        attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether it is of a class.
    pub(super) fn has(self, class: &str) -> bool {
        self.attribute("class").is_some_and(|classes| classes.split_ascii_whitespace().any(|c| c == class))
    }

    /// The elements inside, in the order of the page.
    pub(super) fn inside(self) -> impl Iterator<Item = Element<'a>> {
        elements(self.document, self.at + 1, self.node().end)
    }

    /// The elements of a class inside.
    pub(super) fn all(self, class: &str) -> impl Iterator<Item = Element<'a>> {
        self.inside().filter(move |element| element.has(class))
    }

    /// The first element of a class inside.
    pub(super) fn find(self, class: &str) -> Option<Element<'a>> {
        self.all(class).next()
    }

    /// Whether an element of a class is around it.
    pub(super) fn is_within(self, class: &str) -> bool {
        let mut at = self.node().parent;
        while let Some(around) = at {
            let element = Element { document: self.document, at: around };
            if element.has(class) {
                return true;
            }
            at = element.node().parent;
        }
        false
    }

    /// Its text as a reader sees it: `<br>` is a line break, a quotation or a listing stands on lines of its own.
    pub(super) fn text(self) -> String {
        let mut text = String::new();
        let mut open_blocks: Vec<usize> = Vec::new();
        for at in self.at + 1..self.node().end {
            while open_blocks.pop_if(|end| *end <= at).is_some() {
                on_a_new_line(&mut text);
            }
            let node = &self.document.nodes[at];
            match &node.content {
                Content::Text(part) => text.push_str(part),
                Content::Element { name, .. } if name == "br" => text.push('\n'),
                Content::Element { name, .. } if name == "blockquote" || name == "pre" => {
                    on_a_new_line(&mut text);
                    open_blocks.push(node.end);
                }
                Content::Element { .. } => {}
            }
        }
        text
    }
}

fn on_a_new_line(text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

/// The tree while it grows; the tokenizer hands its tokens to a shared reference.
#[derive(Default)]
struct Builder {
    tree: RefCell<Tree>,
}

#[derive(Default)]
struct Tree {
    nodes: Vec<Node>,
    open: Vec<usize>,
}

impl TokenSink for Builder {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut tree = self.tree.borrow_mut();
        match token {
            Token::CharacterTokens(text) => tree.text(&text),
            Token::TagToken(tag) if tag.kind == TagKind::EndTag => tree.close(&tag.name),
            Token::TagToken(tag) => {
                let raw = match &*tag.name {
                    "script" => Some(RawKind::ScriptData),
                    "style" => Some(RawKind::Rawtext),
                    _ => None,
                };
                tree.open(&tag);
                if let Some(raw) = raw {
                    return TokenSinkResult::RawData(raw);
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Tree {
    fn push(&mut self, content: Content) -> Option<usize> {
        let (at, parent) = (self.nodes.len(), self.open.last().copied());
        (at < NODES).then(|| {
            self.nodes.push(Node { content, parent, end: at + 1 });
            at
        })
    }

    fn text(&mut self, text: &str) {
        let parent = self.open.last().copied();
        if let Some(Node { content: Content::Text(before), parent: same, .. }) = self.nodes.last_mut()
            && *same == parent
        {
            return before.push_str(text);
        }
        self.push(Content::Text(text.to_owned()));
    }

    fn open(&mut self, tag: &Tag) {
        let attributes = tag.attrs.iter().map(|a| (a.name.local.to_string(), a.value.to_string())).collect();
        let content = Content::Element { name: tag.name.to_string(), attributes };
        if let Some(at) = self.push(content)
            && !VOID.contains(&&*tag.name)
        {
            self.open.push(at);
        }
    }

    fn close(&mut self, name: &str) {
        let is_it = |at: &usize| matches!(&self.nodes[*at].content, Content::Element { name: known, .. } if known == name);
        let Some(above) = self.open.iter().rev().take(DEPTH).position(is_it) else { return };
        for at in self.open.split_off(self.open.len() - 1 - above) {
            self.nodes[at].end = self.nodes.len();
        }
    }

    fn finish(mut self) -> Document {
        for at in self.open {
            self.nodes[at].end = self.nodes.len();
        }
        Document { nodes: self.nodes }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn finds_by_class_and_reads_texts() {
        let page = Document::read(
            br#"<!DOCTYPE html><script>if (a<b) "<div class='x'>"</script><div class="a x"><p class=y>one<br/>two &amp; &#036;3<img src=z>
<span>in</span></div><b class="x">after</b> tail</i><div class="x">said<blockquote>quoted</blockquote>on"#,
        );
        let found: Vec<String> = page.all("x").map(Element::text).collect();
        assert_eq!(found, ["one\ntwo & $3\nin", "after", "said\nquoted\non"]);
        let inner = page.find("y").unwrap();
        assert!(inner.is_within("a") && !inner.is_within("y") && inner.name() == "p");
        assert!(page.find("z").is_none());
    }

    #[test]
    fn deep_and_endless_pages_are_bounded() {
        let deep = "<b class=d>".repeat(NODES + 10);
        let page = Document::read(format!("{deep}{}", "</b></i>".repeat(1000)).as_bytes());
        assert_eq!(page.nodes.len(), NODES);
        assert_eq!(page.find("d").unwrap().text(), "");
        assert!(Document::read(b"\xff\0<").find("d").is_none());
    }
}
