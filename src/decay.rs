//! What weight decay is here: its [forms](Form), the [masks](Mask) over parameter [roles](Role),
//! and the per-step [rates](Rates) that both come down to.

mod form;
mod mask;
mod rates;

pub use form::Form;
pub use mask::{Mask, Role};
pub use rates::{Rates, timescale_steps, total_decay};
