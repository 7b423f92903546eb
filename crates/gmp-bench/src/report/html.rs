//! The few things that HTML needs.

/// Text in which nothing is taken for markup.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// An element with that content, which is markup; `open` is its name, with attributes if need be.
pub(super) fn tag(open: &str, content: &str) -> String {
    let name = open.split(' ').next().unwrap_or(open);
    format!("<{open}>{content}</{name}>\n")
}

/// A name of a scenario or figure, which may go on in the next line where its parts meet.
pub(super) fn name(text: &str) -> String {
    escape(text).replace('_', "_<wbr>").replace('/', "/<wbr>")
}
