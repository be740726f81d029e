use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;

use crate::decay::Role;

/// A parameter of a model, as every lane has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Burn's name for it, by which gradients and optimizer states are kept.
    pub id: ParamId,
    /// Its name in weight files, such as `h.0.attn.c_attn.weight`.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// Its shape without the lane axis.
    pub shape: Vec<usize>,
}

impl Parameter {
    /// Numbers per lane.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }
}

/// Every parameter in the order of the model.
pub fn parameters<M: Module>(model: &M) -> Vec<Parameter> {
    let mut collector = Collector::default();
    model.visit(&mut collector);
    collector.found
}

#[derive(Default)]
struct Collector {
    /// Field name and type of the module that holds it, outermost first.
    path: Vec<(String, String)>,
    found: Vec<Parameter>,
}

impl Collector {
    fn name(&self) -> String {
        self.path.iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>().join(".")
    }

    fn inside(&self, module: &str) -> bool {
        self.path.iter().any(|(_, container)| container == module)
    }

    fn role(&self) -> Role {
        let (field, layer) = self.path.last().expect("a parameter is a field of a layer");
        match (layer.as_str(), field.as_str()) {
            ("Struct:Embedding", _) => Role::Embedding,
            ("Struct:LayerNorm" | "Struct:RmsNorm" | "Struct:GainNorm", _) => Role::Norm,
            ("Struct:Linear", "bias") => Role::Bias,
            ("Struct:Linear" | "Struct:Projection", _) => self.matrix_role(),
            _ => panic!("{} sits in no layer that has a role", self.name()),
        }
    }
}

impl Collector {
    /// The role of a weight matrix by the part of the model that it sits in.
    fn matrix_role(&self) -> Role {
        if self.inside("Struct:Attention") {
            Role::Attention
        } else if self.inside("Struct:Mlp") || self.inside("Struct:Experts") {
            Role::Mlp
        } else {
            Role::Head
        }
    }
}

impl ModuleVisitor for Collector {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.push((name.to_owned(), container.to_owned()));
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.found.push(Parameter {
            id: param.id,
            name: self.name(),
            role: self.role(),
            shape: param.lazy_shape()[1..].to_vec(),
        });
    }
}
