//! Several texts that grow at once, shown one after another: the one whose turn it is as it grows, the others when
//! their turn comes.

use std::fmt::Write as _;

use anyhow::Result;
use serde::Serialize;

use super::characters::Characters;
use super::choose::Chosen;
use super::prompt::Prompt;
use super::request::{Form, Request};
use super::source::{Source, Voice};
use crate::corpus::Token;

/// Takes what is shown; `false` where nobody listens any more.
pub type Write<'a> = &'a mut dyn FnMut(&str) -> Result<bool>;

/// The texts of a call, model by model.
pub struct Turns<'a> {
    form: Form,
    voices: &'a [Voice],
    prompt: &'a Prompt,
    /// Of each model.
    samples: usize,
    texts: Vec<Text<'a>>,
    /// The text that is shown as it grows.
    turn: usize,
    write: Write<'a>,
    heard: bool,
}

struct Text<'a> {
    characters: Characters<'a>,
    text: String,
    /// Bytes of it that were shown.
    shown: usize,
    tokens: Vec<Token>,
    nats: f64,
    ended: bool,
}

/// A text for machines.
#[derive(Serialize)]
struct Line<'a> {
    /// Identity of the run, where it is one.
    run: Option<&'a str>,
    model: &'a str,
    /// From 1.
    sample: usize,
    prompt: &'a str,
    text: &'a str,
    tokens: &'a [Token],
    nats_per_token: Option<f64>,
}

impl<'a> Turns<'a> {
    /// What a model is called, for people.
    pub fn model(&self, number: usize) -> &'a str {
        &self.voices[number].name
    }

    pub fn new(
        source: &'a Source,
        prompt: &'a Prompt,
        request: &Request,
        write: Write<'a>,
    ) -> Self {
        let text = || Text {
            characters: Characters::after(&prompt.tokens, &source.tokenizer),
            text: String::new(),
            shown: 0,
            tokens: Vec::new(),
            nats: 0.0,
            ended: false,
        };
        let (form, voices, samples) = (request.form, &source.voices[..], request.terms.samples);
        let texts = (0..voices.len() * samples).map(|_| text()).collect();
        Turns { form, voices, prompt, samples, texts, turn: 0, write, heard: true }
    }

    /// Whether anybody listens still.
    pub fn is_heard(&self) -> bool {
        self.heard
    }

    /// A text has another token.
    pub fn said(&mut self, (voice, sample): (usize, usize), chosen: Chosen) -> Result<()> {
        let place = voice * self.samples + sample;
        let text = &mut self.texts[place];
        text.tokens.push(chosen.token);
        text.nats += chosen.nats;
        let characters = text.characters.push(chosen.token);
        text.text.push_str(&characters);
        if place == self.turn { self.show() } else { Ok(()) }
    }

    /// A text is complete.
    pub fn ended(&mut self, (voice, sample): (usize, usize)) -> Result<()> {
        let text = &mut self.texts[voice * self.samples + sample];
        let rest = text.characters.rest();
        text.text.push_str(&rest);
        text.ended = true;
        while self.texts.get(self.turn).is_some_and(|text| text.ended) {
            self.show()?;
            self.finish()?;
            self.turn += 1;
        }
        if self.texts.get(self.turn).is_some_and(|text| !text.text.is_empty()) {
            self.show()?;
        }
        Ok(())
    }

    /// Shows what is new of the text whose turn it is.
    fn show(&mut self) -> Result<()> {
        let text = &self.texts[self.turn];
        if self.form == Form::Json || (text.shown == text.text.len() && !text.ended) {
            return Ok(());
        }
        let is_first = text.shown == 0;
        let new = self.readable(&text.text[text.shown..]);
        let new = if is_first { format!("{}{new}", self.beginning()) } else { new };
        self.texts[self.turn].shown = self.texts[self.turn].text.len();
        self.write(&new)
    }

    /// A heading over one of several, and the prompt.
    fn beginning(&self) -> String {
        let prompt = self.readable(&self.prompt.text);
        if self.form != Form::Terminal {
            return prompt;
        }
        let (bold, dim) = (anstyle::Style::new().bold(), anstyle::Style::new().dimmed());
        let prompt = format!("{dim}{prompt}{dim:#}");
        if self.texts.len() == 1 {
            return prompt;
        }
        let (voice, sample) = (self.turn / self.samples, self.turn % self.samples + 1);
        let mut title = self.voices[voice].title.clone();
        if self.samples > 1 {
            title = format!("{title}, sample {sample} of {}", self.samples);
        }
        format!("{bold}{title}{bold:#}\n{prompt}")
    }

    /// The end of a text that was shown whole.
    fn finish(&mut self) -> Result<()> {
        let is_last = self.turn + 1 == self.texts.len();
        let end = match self.form {
            Form::Json => format!("{}\n", self.line()?),
            Form::Terminal | Form::Plain => if is_last { "\n" } else { "\n\n" }.to_owned(),
        };
        self.write(&end)
    }

    fn line(&self) -> Result<String> {
        let (text, voice) = (&self.texts[self.turn], &self.voices[self.turn / self.samples]);
        let count = text.tokens.len();
        Ok(serde_json::to_string(&Line {
            run: voice.run.as_deref(),
            model: &voice.title,
            sample: self.turn % self.samples + 1,
            prompt: &self.prompt.text,
            text: &text.text,
            tokens: &text.tokens,
            nats_per_token: (count > 0).then(|| text.nats / count as f64),
        })?)
    }

    /// A text as it may be shown: no model steers a terminal.
    fn readable(&self, text: &str) -> String {
        if self.form != Form::Terminal {
            return text.to_owned();
        }
        let mut shown = String::with_capacity(text.len());
        for character in text.chars() {
            match character {
                '\n' | '\t' => shown.push(character),
                _ if character.is_control() => {
                    // A string takes whatever is written.
                    let _ = write!(shown, "{}", character.escape_default());
                }
                _ => shown.push(character),
            }
        }
        shown
    }

    fn write(&mut self, text: &str) -> Result<()> {
        if self.heard && !text.is_empty() {
            self.heard = (self.write)(text)?;
        }
        Ok(())
    }
}
