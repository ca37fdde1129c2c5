//! A recorded conversation: what the client does, step by step, and what the server said to it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::operation::{Act, Operation};

/// The letters of connections; of the server they are small, but that `S` belongs to `C`.
const CLIENTS: &str = "CQRTPDEFGHIJKLMNOUVW";

/// The message that stands for the end of a TCP connection by the server.
pub(crate) const TCP_CLOSED: &str = "[tcp closed]";

/// A recorded conversation.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) name: String,
    /// The names of its accounts.
    pub(crate) accounts: Vec<String>,
    pub(crate) steps: Vec<Step>,
    /// The words of the server.
    pub(crate) wanted: Vec<Wanted>,
}

/// The next act of the client, and its time.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) at: Duration,
    pub(crate) operation: Option<Operation>,
}

/// A message of the server: a text frame, another frame in words, an HTTP answer.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) step: usize,
    pub(crate) connection: char,
    pub(crate) text: String,
    /// Its line in the recording, from 1.
    pub(crate) line: usize,
}

/// An HTTP answer of which more lines may follow.
struct Answer {
    step: usize,
    lines: Vec<String>,
    line: usize,
}

/// The kind of a client's next line.
#[derive(PartialEq)]
enum Expected {
    Operation,
    Head,
    Nothing,
}

struct Reader {
    recording: Recording,
    expected: Expected,
    answers: BTreeMap<char, Answer>,
    upgraded: BTreeSet<char>,
}

impl Recording {
    /// Reads the lines of a recording.
    pub(crate) fn parse(name: &str, lines: &[&str]) -> Self {
        let recording = Self {
            name: name.to_owned(),
            accounts: Vec::new(),
            steps: Vec::new(),
            wanted: Vec::new(),
        };
        let mut reader = Reader {
            recording,
            expected: Expected::Nothing,
            answers: BTreeMap::new(),
            upgraded: BTreeSet::new(),
        };
        for (index, line) in lines.iter().enumerate() {
            if let Some(names) = line.strip_prefix("-- accounts ") {
                let names = names.split_whitespace().map(str::to_owned);
                reader.recording.accounts.extend(names);
            } else if !line.starts_with("-- ") {
                reader.line(line.trim_start_matches(' '), index + 1);
            }
        }
        reader.end_answers();
        reader.recording
    }

    /// The words of the server to a connection in a step.
    pub(crate) fn wanted_in(&self, step: usize, connection: char) -> impl Iterator<Item = &str> {
        let here = move |wanted: &&Wanted| wanted.step == step && wanted.connection == connection;
        self.wanted.iter().filter(here).map(|wanted| wanted.text.as_str())
    }

    /// How many messages the server said in a step, by connection.
    pub(crate) fn counts(&self, step: usize) -> BTreeMap<char, usize> {
        let mut counts = BTreeMap::new();
        for wanted in self.wanted.iter().filter(|wanted| wanted.step == step) {
            *counts.entry(wanted.connection).or_default() += 1;
        }
        counts
    }
}

impl Reader {
    fn line(&mut self, line: &str, number: usize) {
        let mut parts = line.splitn(3, ' ');
        let (Some(time), Some(speaker), Some(said)) = (parts.next(), parts.next(), parts.next())
        else {
            return;
        };
        let Ok(seconds) = time.parse::<f64>() else { return };
        let letter = speaker.chars().next().unwrap_or_default();
        if speaker == "--" {
            self.remark(Duration::from_secs_f64(seconds), said, number);
        } else if CLIENTS.contains(letter) {
            self.client(letter, said);
        } else {
            self.expected = Expected::Nothing;
            let connection = if letter == 'S' { 'C' } else { letter.to_ascii_uppercase() };
            self.server(connection, said, number);
        }
    }

    fn remark(&mut self, at: Duration, said: &str, number: usize) {
        if said.starts_with("step ") {
            self.end_answers();
            self.recording.steps.push(Step { at, operation: None });
            self.expected = Expected::Operation;
        } else if let Some(json) = said.strip_prefix("op ") {
            let operation = Operation::parse(json);
            self.expected = if operation.wants_head() { Expected::Head } else { Expected::Nothing };
            self.step().operation = Some(operation);
        } else if said.ends_with("server closed TCP") {
            let connection =
                said.split_once(':').and_then(|(name, _)| name.chars().next()).unwrap_or('C');
            self.end_answer(connection);
            self.want(connection, TCP_CLOSED, number);
        }
    }

    fn client(&mut self, connection: char, said: &str) {
        match self.expected {
            Expected::Operation => {
                self.step().operation = Some(Operation::text(connection, said));
                self.expected = Expected::Nothing;
            }
            Expected::Head => {
                let operation = self.step().operation.as_mut().expect("it wanted a head");
                let body = said.strip_prefix("[body ").and_then(|rest| rest.split_once(" bytes] "));
                match (body, &operation.act) {
                    (Some((length, text)), Act::Request { .. }) => {
                        operation.set_body(length, text);
                        self.expected = Expected::Nothing;
                    }
                    _ => operation.add_head_line(said),
                }
            }
            Expected::Nothing => {}
        }
    }

    fn server(&mut self, connection: char, said: &str, number: usize) {
        if self.upgraded.contains(&connection) {
            self.want(connection, said, number);
            return;
        }
        if said.starts_with("HTTP/") {
            self.end_answer(connection);
            let step = self.number();
            let lines = vec![said.to_owned()];
            self.answers.insert(connection, Answer { step, lines, line: number });
        } else if said.starts_with("[raw ") {
            self.end_answer(connection);
            let raw = said.split_once("] ").map_or("", |(_, raw)| raw);
            self.want(connection, &format!("[raw] {raw}"), number);
        } else if let Some(answer) = self.answers.get_mut(&connection) {
            answer.lines.push(said.to_owned());
        }
        let switches = |answer: &Answer| answer.lines[0].contains(" 101 ");
        if said == "Upgrade: WebSocket" && self.answers.get(&connection).is_some_and(switches) {
            self.upgraded.insert(connection);
            self.end_answer(connection);
        }
    }

    fn step(&mut self) -> &mut Step {
        self.recording.steps.last_mut().expect("a step has begun")
    }

    fn number(&self) -> usize {
        self.recording.steps.len().saturating_sub(1)
    }

    fn want(&mut self, connection: char, text: &str, line: usize) {
        let step = self.number();
        self.recording.wanted.push(Wanted { step, connection, text: text.to_owned(), line });
    }

    fn end_answer(&mut self, connection: char) {
        if let Some(Answer { step, lines, line }) = self.answers.remove(&connection) {
            self.recording.wanted.push(Wanted { step, connection, text: lines.join("\n"), line });
        }
    }

    fn end_answers(&mut self) {
        let open: Vec<char> = self.answers.keys().copied().collect();
        open.into_iter().for_each(|connection| self.end_answer(connection));
    }
}
