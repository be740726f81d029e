//! Learning rates that are constant until they fall over a last part of the run.

use anyhow::Result;

use super::super::name::Name;
use super::Reading;
use super::spans::{Span, Unit};
use crate::advice::run::{RunFields, WSD_FALL};
use crate::config::{plain, to_digits};
use crate::published::Fall;

/// A fall over so much of a run is one over all of it.
const ALL: f64 = 0.98;

impl Reading<'_> {
    /// The schedule by the part of the run over which it falls, where a file says that.
    pub(super) fn late_fall(&mut self, fields: &mut RunFields) -> Result<()> {
        let is_wsd = fields.schedule == Some(Fall::Wsd);
        let name = if self.says(Name::FallShare) { Name::FallShare } else { Name::WsdSpan };
        if name == Name::WsdSpan && !is_wsd || fields.schedule == Some(Fall::Constant) {
            return Ok(());
        }
        let Some((key, text)) = self.text(name)? else {
            self.say_taken_share();
            return Ok(());
        };
        let span = self.span(name, &key, &text)?;
        let share = self.share(span, fields);
        let is_straight = is_wsd || fields.schedule == Some(Fall::Linear);
        let warmed_up = self.share((fields.warmup.unwrap_or(0.0), Unit::Steps), fields);
        fields.schedule = match share {
            Some(0.0) => Some(Fall::Constant),
            Some(share) if share + warmed_up.unwrap_or(0.0) >= ALL && is_wsd => Some(Fall::Linear),
            Some(share) if share + warmed_up.unwrap_or(0.0) >= ALL => fields.schedule,
            Some(share) if is_straight => {
                fields.wsd_fall = Some(share);
                Some(Fall::Wsd)
            }
            _ => {
                let part = share.map_or("part".to_owned(), |share| plain(to_digits(share, 3)));
                self.said.push(format!(
                    "{key} = {text}: the learning rate falls over the last {part} of the run alone, for which no schedule is \
                     known here; --schedule wsd is the nearest, with --wsd-fall"
                ));
                None
            }
        };
        Ok(())
    }

    /// Says over which share a schedule is taken to fall that does not state one.
    fn say_taken_share(&mut self) {
        if self.given.wsd_fall.is_none() {
            self.said.push(format!(
                "the share of the run over which the learning rate falls is not stated: {WSD_FALL} is taken; --wsd-fall \
                 says it"
            ));
        }
    }

    /// A length as a share of all that the schedule is for.
    fn share(&self, span: Span, fields: &RunFields) -> Option<f64> {
        match span {
            (share, Unit::Share) => Some(share),
            span => {
                let end = fields.fall_ends.or_else(|| self.steps(fields))?;
                Some(self.in_steps(span, fields)? / end)
            }
        }
    }
}
