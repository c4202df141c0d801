//! The graph of a theory of change: whether it has circles, and how it is drawn. Pure.

use entity::codes::TheoryNodeKind;
use layout::{
    backends::svg::SVGWriter,
    core::{base::Orientation, color::Color, geometry::Point, style::StyleAttr},
    std_shapes::shapes::{Arrow, Element, ShapeKind},
    topo::layout::VisualGraph,
};
use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write,
};

/// A part of the theory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub key: String,
    pub kind: TheoryNodeKind,
    pub text: String,
}

/// What leads to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub from: String,
    pub to: String,
}

/// The way round a circle, first key again at the end; nothing if there is none.
pub fn circle(links: &[Link]) -> Option<Vec<String>> {
    let mut ways: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for link in links {
        ways.entry(&link.from).or_default().push(&link.to);
    }
    // Keys that are known to lead nowhere twice.
    let mut done: Vec<&str> = Vec::new();
    for start in ways.keys().copied() {
        // A way from the start, each step with the ways on that were not tried yet.
        let mut way: Vec<(&str, Vec<&str>)> = vec![(start, ways.get(start).cloned().unwrap_or_default())];
        while let Some((key, rest)) = way.last_mut() {
            let Some(next) = rest.pop() else {
                done.push(key);
                way.pop();
                continue;
            };
            if let Some(place) = way.iter().position(|(key, _)| *key == next) {
                let round = way.iter().skip(place).map(|(key, _)| (*key).to_owned());
                return Some(round.chain([next.to_owned()]).collect());
            }
            if !done.contains(&next) {
                way.push((next, ways.get(next).cloned().unwrap_or_default()));
            }
        }
    }
    None
}

/// The graph as Mermaid text, left to right.
pub fn mermaid(nodes: &[Node], links: &[Link]) -> String {
    let places: HashMap<&str, usize> =
        nodes.iter().zip(0..).map(|(node, place)| (node.key.as_str(), place)).collect();
    let mut text = "flowchart LR\n".to_owned();
    for (place, node) in nodes.iter().enumerate() {
        let (open, close) = if node.kind == TheoryNodeKind::Assumption { ("([", "])") } else { ("[", "]") };
        let _ = writeln!(text, "    n{place}{open}\"{}\"{close}", entities(&node.text));
    }
    for link in links {
        if let (Some(from), Some(to)) = (places.get(link.from.as_str()), places.get(link.to.as_str())) {
            let _ = writeln!(text, "    n{from} --> n{to}");
        }
    }
    text
}

/// Letters that Mermaid would take for its own, as its numbered entities.
fn entities(text: &str) -> String {
    let mut plain = String::new();
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\t' => plain.push(' '),
            '"' | '#' | ';' | '<' | '>' | '&' | '`' | '\\' | '{' | '}' => {
                let _ = write!(plain, "#{};", u32::from(letter));
            }
            letter => plain.push(letter),
        }
    }
    plain
}

/// Parts and links of a graph whose links are uncrossed.
const MOST_UNCROSSED: usize = 40;

/// Letters of a line in a box.
const LINE: usize = 28;

/// The picture of a theory without parts.
const EMPTY: &str =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\" width=\"1\" height=\"1\"></svg>\n";

/// The graph as a picture, left to right.
pub fn svg(nodes: &[Node], links: &[Link]) -> String {
    if nodes.is_empty() {
        // The library sorts by layers first, and gives up where there are none.
        return EMPTY.to_owned();
    }
    let mut graph = VisualGraph::new(Orientation::LeftToRight);
    let mut handles = HashMap::new();
    for node in nodes {
        let text = broken(&node.text);
        let lines = text.lines().count().max(1);
        let longest = text.lines().map(|line| line.chars().count()).max().unwrap_or(1);
        let size = Point::new(span(longest) * 9. + 24., span(lines) * 18. + 18.);
        let shape = if node.kind == TheoryNodeKind::Assumption {
            ShapeKind::new_circle(&text)
        } else {
            ShapeKind::new_box(&text)
        };
        let look = StyleAttr::new(Color::fast("black"), 1, Some(Color::fast(paint(node.kind))), 8, 14);
        handles.insert(
            node.key.as_str(),
            graph.add_node(Element::create(shape, look, Orientation::LeftToRight, size)),
        );
    }
    for link in links {
        if let (Some(from), Some(to)) = (handles.get(link.from.as_str()), handles.get(link.to.as_str())) {
            graph.add_edge(Arrow::simple(""), *from, *to);
        }
    }
    let mut picture = SVGWriter::new();
    // Uncrossing the links of a large graph takes longer than anybody waits.
    graph.do_it(false, nodes.len() + links.len() > MOST_UNCROSSED, false, &mut picture);
    picture.finalize()
}

#[expect(clippy::cast_precision_loss, reason = "at most a few hundred letters")]
fn span(count: usize) -> f64 {
    count as f64
}

/// Words in lines of some length.
fn broken(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LINE => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

const fn paint(kind: TheoryNodeKind) -> &'static str {
    match kind {
        TheoryNodeKind::Need => "mistyrose",
        TheoryNodeKind::Input => "whitesmoke",
        TheoryNodeKind::Activity => "lightyellow",
        TheoryNodeKind::Output => "honeydew",
        TheoryNodeKind::Outcome => "lightcyan",
        TheoryNodeKind::Impact => "lavender",
        TheoryNodeKind::Assumption => "white",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<Link> {
        let link = |pair: &str| {
            let (from, to) = pair.split_once('>').unwrap();
            Link { from: from.to_owned(), to: to.to_owned() }
        };
        text.split_whitespace().map(link).collect()
    }

    #[test]
    fn circles_are_found_and_shown() {
        for (text, round) in [
            ("", None),
            ("a>b b>c a>c", None),
            ("a>b a>c b>d c>d", None),
            ("a>a", Some("a a")),
            ("a>b b>c c>a", Some("a b c a")),
            ("z>a a>b b>a", Some("a b a")),
        ] {
            assert_eq!(circle(&links(text)).map(|keys| keys.join(" ")).as_deref(), round, "{text}");
        }
    }

    fn node(key: &str, kind: TheoryNodeKind, text: &str) -> Node {
        Node { key: key.to_owned(), kind, text: text.to_owned() }
    }

    #[test]
    fn texts_cannot_write_the_picture() {
        let nodes = [
            node("a", TheoryNodeKind::Activity, "Cook <script>alert(\"1\")</script> & eat; `x`"),
            node("b", TheoryNodeKind::Assumption, "People come\nhungry"),
        ];
        let text = mermaid(&nodes, &links("a>b a>gone"));
        assert_eq!(
            text,
            "flowchart LR\n    n0[\"Cook #60;script#62;alert(#34;1#34;)#60;/script#62; #38; eat#59; #96;x#96;\"]\n    n1([\"People come hungry\"])\n    n0 --> n1\n"
        );
        let picture = svg(&nodes, &links("a>b"));
        assert!(picture.contains("<svg") && !picture.contains("<script"), "{picture}");
    }

    #[test]
    fn large_graphs_are_drawn() {
        let nodes: Vec<_> = (0..60)
            .map(|n| node(&format!("n{n}"), TheoryNodeKind::Outcome, "A change for somebody"))
            .collect();
        let links: Vec<_> = (0..60)
            .flat_map(|from| (from + 1..60).step_by(7).map(move |to| (from, to)))
            .take(200)
            .map(|(from, to)| Link { from: format!("n{from}"), to: format!("n{to}") })
            .collect();
        assert!(circle(&links).is_none());
        assert!(svg(&nodes, &links).contains("<svg"));
        assert!(svg(&[], &[]).contains("<svg"));
        assert!(svg(&nodes[..1], &[]).contains("change"));
    }
}
