//! Optimiser steps against `torch.optim`: `pytorch/make_optimizers.py` writes the file that this test reads.

use cnn_kernels::{StepRule, optimizer_step};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f32> {
    let list = value.as_array().expect("a list of numbers");
    list.iter()
        .map(|number| number.as_f64().expect("a number") as f32)
        .collect()
}

/// The rule of a case, its settings read from the file.
fn rule(case: &Value, step: u64) -> StepRule {
    let setting = |name: &str| case["settings"][name].as_f64().unwrap_or(0.0) as f32;
    let (lr, weight_decay, epsilon) = (setting("lr"), setting("weight_decay"), setting("eps"));
    let name = case["name"].as_str().expect("a case has a name");
    match name.split('_').next().expect("a name has a first word") {
        "sgd" => StepRule::Sgd {
            lr,
            momentum: setting("momentum"),
            weight_decay,
        },
        "adam" | "adamw" | "sparse" => {
            let (beta1, beta2) = (setting("beta1"), setting("beta2"));
            StepRule::Adam {
                lr,
                beta1,
                beta2,
                epsilon,
                weight_decay,
                step,
            }
        }
        "adadelta" => StepRule::Adadelta {
            lr,
            rho: setting("rho"),
            epsilon,
            weight_decay,
        },
        "adagrad" => StepRule::Adagrad {
            lr,
            epsilon,
            weight_decay,
        },
        other => panic!("no rule is named {other}"),
    }
}

#[test]
fn ten_steps_of_every_rule_follow_torch() {
    let file: Value =
        serde_json::from_str(include_str!("pytorch/optimizers.json")).expect("the file is JSON");
    let cases = file["cases"].as_array().expect("cases");
    assert_eq!(cases.len(), 9);
    for case in cases {
        let width = case["width"].as_u64().expect("a width") as usize;
        let mut param = numbers(&case["start"]);
        let (mut state1, mut state2) = (vec![0.0; param.len()], vec![0.0; param.len()]);
        for (step, values) in (1..).zip(case["steps"].as_array().expect("steps")) {
            let rows: Option<Vec<u32>> = values["rows"].as_array().map(|rows| {
                rows.iter()
                    .map(|row| row.as_u64().expect("a row") as u32)
                    .collect()
            });
            let grad = numbers(&values["grad"]);
            optimizer_step(
                &rule(case, step),
                width,
                &mut param,
                &grad,
                &mut state1,
                &mut state2,
                rows.as_deref(),
            );
            for (i, (&got, &wanted)) in param.iter().zip(&numbers(&values["param"])).enumerate() {
                // A few roundings of numbers of size 1 per step; a wrong formula is off by a share of the rate.
                let slack = 4e-7 * step as f32 * wanted.abs().max(0.5);
                assert!(
                    (got - wanted).abs() <= slack,
                    "{}, step {step}, element {i}: {got}, torch has {wanted}",
                    case["name"]
                );
            }
        }
    }
}
