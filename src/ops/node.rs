//! An operation of ours as a node of Burn's autodiff graph.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt::Debug;
use std::marker::PhantomData;

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use wane_kernels::arithmetic::{Pair, pairs};

use super::values::{Values, changed, numbers};

/// An operation with `N` inputs that gradients flow to.
pub trait Operation<const N: usize>: Clone + Debug + Send + 'static {
    /// What backward needs.
    type Saved: Clone + Debug + Send + 'static;

    /// The result, and what backward needs.
    fn forward(&self, inputs: [Values; N]) -> (Values, Self::Saved);

    /// The result alone, where no gradient will be asked for.
    fn output(&self, inputs: [Values; N]) -> Values {
        self.forward(inputs).0
    }

    /// The gradients of the inputs that are wanted, from that of the result.
    fn backward(
        &self,
        saved: Self::Saved,
        gradient: Values,
        wanted: [bool; N],
    ) -> [Option<Values>; N];
}

/// The backward step of an operation.
#[derive(Debug)]
struct Step<O>(PhantomData<fn() -> O>);

impl<O: Operation<N>, const N: usize> Backward<Flex, N> for Step<O> {
    type State = (O, O::Saved);

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<Flex>(&ops.node);
        WAITING.with_borrow_mut(|waiting| waiting.remove(&ops.node.id));
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let (operation, saved) = ops.state;
        let gradients = operation.backward(saved, gradient, wanted);
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                let is_leaf = parent.parents.is_empty();
                let before =
                    (!is_leaf && !is_first(parent.id)).then(|| grads.consume::<Flex>(&parent));
                grads.register::<Flex>(parent.id, sum(gradient, before));
            }
        }
    }
}

thread_local! {
    /// Results inside a graph that wait for further gradients, and have one from an operation of ours.
    static WAITING: RefCell<HashSet<NodeId>> = RefCell::default();
}

/// Whether this is the first gradient of ours for a result inside a graph. [`Gradients`] would add a further one by Burn's
/// loop, which is built to be small, and cannot be asked whether it has one; a leaf's may be left of another pass.
fn is_first(id: NodeId) -> bool {
    WAITING.with_borrow_mut(|waiting| waiting.insert(id))
}

fn sum(gradient: Values, before: Option<Values>) -> Values {
    match before {
        None => gradient,
        Some(before) => changed(gradient, |sum| pairs(sum, &numbers(&before), Pair::Plus)),
    }
}

/// Carries an operation out and records it.
pub fn tracked<O: Operation<N>, C: CheckpointStrategy, const N: usize>(
    operation: O,
    inputs: [FloatTensor<Autodiff<Flex, C>>; N],
) -> FloatTensor<Autodiff<Flex, C>> {
    // The guards keep the inputs' nodes alive until the operation is recorded.
    let guards = inputs.each_ref().map(|input| input.node());
    let (output, saved) = operation.forward(inputs.map(|input| input.into_primitive()));
    let step = Step::<O>(PhantomData).prepare::<C>(guards).compute_bound();
    match step.stateful() {
        OpsKind::Tracked(step) => step.finish((operation, saved), output),
        OpsKind::UnTracked(step) => step.finish(output),
    }
}
