//! Promise 1 through the command: an answer never depends on what else is asked, nor on the number of threads.
//!
//! Answers are compared as printed, probabilities included: floats are printed so that equal text means equal bits.

use super::command::{given, word};
use super::samples::{Trained, bar};

use datasets::readers::picture::png;

/// Asks all of `inputs` at once; one printed answer each.
fn ask(trained: &Trained, threads: &str, inputs: &[&str]) -> Vec<String> {
    let run = trained.run();
    let arguments = [
        "predict",
        "--run",
        word(&run),
        "--quiet",
        "--threads",
        threads,
    ];
    let answers = given(&arguments, &(inputs.join("\n") + "\n")).done().out;
    let answers: Vec<String> = answers.lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), inputs.len());
    answers
}

/// The last input is taken to be the long one; it comes once in a large crowd.
fn check(trained: &Trained, inputs: &[String]) {
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let alone: Vec<String> = inputs
        .iter()
        .flat_map(|input| ask(trained, "1", &[input]))
        .collect();
    let answer = |line: &String| -> serde_json::Value {
        serde_json::from_str::<serde_json::Value>(line).unwrap()["probabilities"].clone()
    };
    let (first, last) = (answer(&alone[0]), answer(&alone[inputs.len() - 1]));
    assert_ne!(first, last, "one answer to everything would prove nothing");

    let backwards: Vec<&str> = inputs.iter().rev().copied().collect();
    // More than the 256 of a forward pass, so that inputs come in several passes and in all places.
    let mut order: Vec<usize> = (0..inputs.len() - 1).cycle().take(270).collect();
    order[100] = inputs.len() - 1;
    let crowd: Vec<&str> = order.iter().map(|&number| inputs[number]).collect();
    for threads in ["1", "2", "3"] {
        assert_eq!(ask(trained, threads, &inputs), alone, "{threads} threads");
        let mut answers = ask(trained, threads, &backwards);
        answers.reverse();
        assert_eq!(answers, alone, "backwards, {threads} threads");
        for (place, answer) in ask(trained, threads, &crowd).iter().enumerate() {
            let expected = &alone[order[place]];
            assert_eq!(answer, expected, "place {place} of many, {threads} threads");
        }
    }
}

/// Empty, blank, shorter than any filter, of unknown words, ordinary, and very long texts.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = ["", " ", "good", "zzz qqq", "the film was dull"]
        .map(str::to_owned)
        .into();
    texts.push("i call this room lovely , and the game too".to_owned());
    texts.push("the play was bad , ".repeat(600));
    texts
}

#[test]
fn textcnn_answers_alike_in_any_company() {
    check(&Trained::new("textcnn"), &texts());
}

#[test]
fn dpcnn_answers_alike_in_any_company() {
    check(&Trained::new("dpcnn"), &texts());
}

#[test]
fn lenet5_answers_alike_in_any_company() {
    let trained = Trained::new("lenet5");
    let path = |name: &str| word(&trained.beside(name)).to_owned();
    let mut inputs = Vec::new();
    for number in [0, 7, 13] {
        let name = path(&format!("{number}.png"));
        std::fs::write(&name, png(&bar(number == 7, number), 1, 28, 28).unwrap()).unwrap();
        inputs.push(name);
    }
    let blank = path("blank.png");
    std::fs::write(&blank, png(&[0; 40 * 30], 1, 30, 40).unwrap()).unwrap();
    inputs.push(blank);
    check(&trained, &inputs);
}
