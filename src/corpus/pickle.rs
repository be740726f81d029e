//! Python's pickles, as far as they hold plain data: numbers, texts, lists and dicts. A pickle is a
//! program for a small machine; here the machine cannot make or call any object.

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Number, Value};

/// A dict of dicts is as deep as anything is looked for.
const DEPTH: usize = 3;

/// The value of a pickle, with the keys of dicts as texts and as deep as it is of use; `null` stands for
/// what JSON does not have.
///
/// # Errors
/// Bytes that are no pickle, or one that holds objects.
pub fn read(bytes: &[u8]) -> Result<Value> {
    let mut machine = Machine { rest: bytes, ..Machine::default() };
    let root = machine.run()?;
    Ok(machine.json(root, DEPTH))
}

/// A value; containers refer to others by their place, since the same one may stand in many.
enum Node {
    Plain(Value),
    List(Vec<usize>),
    Dict(Vec<usize>),
}

#[derive(Default)]
struct Machine<'a> {
    rest: &'a [u8],
    nodes: Vec<Node>,
    stack: Vec<usize>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<u64, usize>,
}

impl<'a> Machine<'a> {
    fn run(&mut self) -> Result<usize> {
        loop {
            let code = self.number(1)? as u8;
            match code {
                b'.' => return self.pop(),
                0x80 => drop(self.take(1)?),
                0x95 => drop(self.take(8)?),
                b'(' => self.marks.push(self.stack.len()),
                b'0' => drop(self.pop()?),
                b'1' => drop(self.pop_to_mark()?),
                b'2' => {
                    let top = self.top()?;
                    self.stack.push(top);
                }
                b'p' | b'q' | b'r' | 0x94 | b'g' | b'h' | b'j' => self.remember(code)?,
                b']' | b')' | b'}' | b'l' | b't' | b'd' | 0x85..=0x87 => self.contain(code)?,
                b'a' | b'e' | b's' | b'u' => self.fill(code)?,
                _ => {
                    let value = self.plain(code)?;
                    self.push(Node::Plain(value));
                }
            }
        }
    }

    /// A number or a text.
    fn plain(&mut self, code: u8) -> Result<Value> {
        Ok(match code {
            b'N' => Value::Null,
            0x88 => true.into(),
            0x89 => false.into(),
            b'K' => self.number(1)?.into(),
            b'M' => self.number(2)?.into(),
            b'J' => (self.number(4)? as u32 as i32).into(),
            0x8a => self.long(1)?,
            0x8b => self.long(4)?,
            b'I' | b'L' => self.line()?.trim_end_matches('L').parse::<i64>()?.into(),
            b'F' => float(self.line()?.parse()?),
            b'G' => float(f64::from_be_bytes(self.take(8)?.try_into()?)),
            b'S' => quoted(&self.line()?).into(),
            b'V' => unescaped(&self.line()?).into(),
            b'U' | b'C' => self.text(1)?,
            b'T' | b'B' => self.text(4)?,
            0x8c => self.text(1)?,
            b'X' => self.text(4)?,
            0x8d | 0x8e => self.text(8)?,
            other => bail!(
                "it holds a Python object (operation 0x{other:02x}), which is not run; only numbers, \
                 texts, lists and dicts are read"
            ),
        })
    }

    fn remember(&mut self, code: u8) -> Result<()> {
        let key = match code {
            b'p' | b'g' => self.line()?.parse()?,
            b'q' | b'h' => self.number(1)?,
            b'r' | b'j' => self.number(4)?,
            _ => self.memo.len() as u64,
        };
        if matches!(code, b'g' | b'h' | b'j') {
            let node = *self.memo.get(&key).context("it recalls what it never stored")?;
            self.stack.push(node);
        } else {
            let top = self.top()?;
            self.memo.insert(key, top);
        }
        Ok(())
    }

    /// A new container.
    fn contain(&mut self, code: u8) -> Result<()> {
        let items = match code {
            b'l' | b't' | b'd' => self.pop_to_mark()?,
            0x85..=0x87 => {
                let count = usize::from(code - 0x84);
                let start = self.stack.len().checked_sub(count).context("its stack is empty")?;
                self.stack.split_off(start)
            }
            _ => Vec::new(),
        };
        let dict = matches!(code, b'}' | b'd');
        self.push(if dict { Node::Dict(items) } else { Node::List(items) });
        Ok(())
    }

    /// Puts items into the container below them.
    fn fill(&mut self, code: u8) -> Result<()> {
        let items = match code {
            b'a' => vec![self.pop()?],
            b's' => {
                let value = self.pop()?;
                vec![self.pop()?, value]
            }
            _ => self.pop_to_mark()?,
        };
        let container = self.top()?;
        match &mut self.nodes[container] {
            Node::List(list) | Node::Dict(list) => list.extend(items),
            Node::Plain(_) => bail!("it puts an item into what is no list or dict"),
        }
        Ok(())
    }

    fn push(&mut self, node: Node) {
        self.stack.push(self.nodes.len());
        self.nodes.push(node);
    }

    fn pop(&mut self) -> Result<usize> {
        self.stack.pop().context("its stack is empty")
    }

    fn top(&self) -> Result<usize> {
        self.stack.last().copied().context("its stack is empty")
    }

    fn pop_to_mark(&mut self) -> Result<Vec<usize>> {
        let mark = self.marks.pop().context("it lacks a mark")?;
        ensure!(mark <= self.stack.len(), "its marks are out of order");
        Ok(self.stack.split_off(mark))
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8]> {
        let count = usize::try_from(count)?;
        let (taken, rest) = self.rest.split_at_checked(count).context("it was cut short")?;
        self.rest = rest;
        Ok(taken)
    }

    /// An unsigned little-endian number.
    fn number(&mut self, bytes: u64) -> Result<u64> {
        let digits = self.take(bytes)?.iter().rev();
        Ok(digits.fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// A signed number of any length; `null` if it does not fit 8 bytes.
    fn long(&mut self, bytes: u64) -> Result<Value> {
        let length = self.number(bytes)?;
        let digits = self.take(length)?;
        let Some(last) = digits.last().filter(|_| digits.len() <= 8) else {
            return Ok(if digits.is_empty() { 0.into() } else { Value::Null });
        };
        let mut whole = [if *last < 0x80 { 0 } else { 0xff }; 8];
        whole[..digits.len()].copy_from_slice(digits);
        Ok(i64::from_le_bytes(whole).into())
    }

    fn text(&mut self, bytes: u64) -> Result<Value> {
        let length = self.number(bytes)?;
        Ok(String::from_utf8_lossy(self.take(length)?).into_owned().into())
    }

    /// Up to the end of the line; other characters than ASCII stand there as Latin-1.
    fn line(&mut self) -> Result<String> {
        let end = self.rest.iter().position(|byte| *byte == b'\n').context("it was cut short")?;
        let line = self.take(end as u64)?;
        self.take(1)?;
        Ok(line.iter().copied().map(char::from).collect())
    }

    fn json(&self, node: usize, depth: usize) -> Value {
        match &self.nodes[node] {
            Node::Plain(value) => value.clone(),
            _ if depth == 0 => Value::Null,
            Node::List(items) => items.iter().map(|item| self.json(*item, depth - 1)).collect(),
            Node::Dict(items) => {
                let pairs = items.as_chunks::<2>().0.iter();
                pairs.map(|[key, value]| (self.key(*key), self.json(*value, depth - 1))).collect()
            }
        }
    }

    fn key(&self, node: usize) -> String {
        match &self.nodes[node] {
            Node::Plain(Value::String(text)) => text.clone(),
            Node::Plain(value) => value.to_string(),
            Node::List(_) | Node::Dict(_) => String::new(),
        }
    }
}

fn float(number: f64) -> Value {
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

/// A text of Python 2, as it is written in a program.
fn quoted(line: &str) -> String {
    let inner = line.get(1..line.len().saturating_sub(1)).unwrap_or_default();
    let plain = [("\\n", "\n"), ("\\t", "\t"), ("\\r", "\r"), ("\\'", "'"), ("\\\\", "\\")];
    plain.iter().fold(inner.to_owned(), |text, (written, meant)| text.replace(written, meant))
}

/// A text of protocol 0, which escapes some characters by their code point.
fn unescaped(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, escape)) = rest.split_once('\\') {
        text.push_str(before);
        let digits = match escape.as_bytes().first() {
            Some(b'u') => escape.get(1..5),
            Some(b'U') => escape.get(1..9),
            _ => None,
        };
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match (number.and_then(char::from_u32), digits) {
            (Some(c), Some(digits)) => {
                text.push(c);
                rest = &escape[1 + digits.len()..];
            }
            _ => {
                text.push('\\');
                rest = escape;
            }
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// What Python writes of `{'vocab_size': 4, 'itos': {0: '\n', 1: 'a', 2: 'é', 3: '—'}}`.
    const PICKLES: [&[u8]; 4] = [
        b"(dp0\nVvocab_size\np1\nI4\nsVitos\np2\n(dp3\nI0\nV\\u000a\np4\nsI1\nVa\np5\nsI2\nV\xe9\np6\n\
          sI3\nV\\u2014\np7\nss.",
        b"}q\x00(X\n\x00\x00\x00vocab_sizeq\x01K\x04X\x04\x00\x00\x00itosq\x02}q\x03(K\x00X\x01\x00\x00\
          \x00\nq\x04K\x01X\x01\x00\x00\x00aq\x05K\x02X\x02\x00\x00\x00\xc3\xa9q\x06K\x03X\x03\x00\x00\
          \x00\xe2\x80\x94q\x07uu.",
        b"\x80\x02}q\x00(X\n\x00\x00\x00vocab_sizeq\x01K\x04X\x04\x00\x00\x00itosq\x02}q\x03(K\x00X\
          \x01\x00\x00\x00\nq\x04K\x01X\x01\x00\x00\x00aq\x05K\x02X\x02\x00\x00\x00\xc3\xa9q\x06K\x03X\
          \x03\x00\x00\x00\xe2\x80\x94q\x07uu.",
        b"\x80\x04\x95@\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\nvocab_size\x94K\x04\x8c\x04itos\x94}\x94\
          (K\x00\x8c\x01\n\x94K\x01\x8c\x01a\x94K\x02\x8c\x02\xc3\xa9\x94K\x03\x8c\x03\xe2\x80\x94\x94uu.",
    ];

    #[test]
    fn a_dict_is_read_in_every_protocol() {
        let meant = json!({"vocab_size": 4, "itos": {"0": "\n", "1": "a", "2": "é", "3": "—"}});
        for pickle in PICKLES {
            assert_eq!(read(pickle).unwrap(), meant);
        }
    }

    #[test]
    fn an_object_is_refused_and_not_made() {
        let call = b"cos\nsystem\n(S'true'\ntR.";
        assert!(read(call).unwrap_err().to_string().contains("Python object"));
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }

        #[test]
        fn a_damaged_pickle_gives_an_answer(place in 0_usize..80, byte: u8) {
            for pickle in PICKLES {
                let mut pickle = pickle.to_vec();
                let place = place % pickle.len();
                pickle[place] = byte;
                let _ = read(&pickle);
            }
        }
    }
}
