//! Steps of other optimizers, and of rivals of decay, beside a step of Adam in the same rounds.

use crate::kept::Kept;
use crate::{Bench, Found, ROUNDS, SECONDS, Shape, products};

/// What differs from a step of Adam: a name, and what a spec says.
const STEPS: [(&str, &str); 4] = [
    ("Muon's step over Adam's", "optimizer = 'muon'\n"),
    ("SOAP's step over Adam's", "optimizer = 'soap'\n"),
    ("dropout's step over none", "dropout = 0.1\n"),
    ("a step that is not measured over one that is", "log_updates = false\n"),
];

/// Measures GPT-2 of a shape.
pub fn measured(shape: &Shape, kept: &mut Kept) -> String {
    let adam = Bench::with(shape, "");
    let others = STEPS.map(|(name, said)| (name, Bench::with(shape, said)));
    let mut ratios = STEPS.map(|_| Found::default());
    let [mut alone, mut orthogonal] = std::array::from_fn(|_| Found::default());
    let mut steps = 3;
    for round in 0..=ROUNDS {
        let of_adam = adam.step_seconds(1, steps)[0];
        let of_others = others.each_ref().map(|(_, bench)| bench.step_seconds(1, steps)[0]);
        if round == 0 {
            steps = ((SECONDS / of_adam) as usize).clamp(3, 400);
            continue;
        }
        alone.0.push(of_adam * 1e3);
        orthogonal.0.push(products::orthogonal_seconds(shape) * 1e3);
        ratios.iter_mut().zip(of_others).for_each(|(found, step)| found.0.push(step / of_adam));
    }
    let mut lines = vec![format!(
        "{:<12} Adam's step {} ms; the products of Muon's iterations alone {} ms",
        shape.name,
        alone.show(2),
        orthogonal.show(2)
    )];
    for ((name, _), ratio) in others.iter().zip(&ratios) {
        let key = format!("{}: {name}", shape.name);
        let beside = kept.compared(&key, ratio.median(), false);
        lines.push(format!("{:<12} {name} {}, {beside}", "", ratio.show(2)));
    }
    lines.join("\n")
}
