(() => {
  const TOP = 12, CHIPS = 8;

  function signed(value) {
    if (value === 0) return "0";
    const size = Math.abs(value);
    const digits = size >= 0.001 ? size.toFixed(size >= 10 ? 2 : 3) : size.toExponential(1);
    return (value < 0 ? "\u2212" : "+") + digits;
  }
  function tint(value, most) {
    const side = value < 0 ? "--against" : "--for";
    const depth = most > 0 ? Math.abs(value) / most : 0;
    return "rgb(var(" + side + ") / calc(" + depth.toFixed(3) + " * var(--deepest)))";
  }
  function bar(value, most) {
    const track = make("div", "track"), own = make("i");
    if (most === 0) return make("div");
    const width = most > 0 ? 50 * Math.abs(value) / most : 0;
    own.style.width = Math.max(width, value === 0 ? 0 : 0.5) + "%";
    own.style[value < 0 ? "right" : "left"] = "50%";
    own.style.background = "rgb(var(" + (value < 0 ? "--against" : "--for") + "))";
    return add(track, own);
  }
  function quoted(ngram) {
    return ngram.to > ngram.from ? "\u201c" + ngram.text + "\u201d" : "(no word)";
  }

  add(page, make("h1", "", document.title));
  add(page, make("p", "soft", data.exact
    ? "Each filter of this network fires on one n-gram of the text, the one that suits it best. The score of a class is its bias plus what "
      + "those n-grams give to it, and what an n-gram gives is the sum over its words (and the filters\u2019 own biases, which belong to no word). "
      + "So the colours are not an estimate: they are the terms of the sum."
    : "The score of a class is taken apart into a part for each word. The parts are an estimate (integrated gradients); "
      + "the remainder says how far they are from adding up."));
  if (data.texts.some(text => text.given)) {
    add(page, make("p", "soft", "A text has any number of labels: each whose probability reaches the threshold that was chosen for it. Those that a text is "
      + "given are marked \u2713."));
  }
  const legend = make("div", "legend small soft");
  add(legend, make("span", "", "speaks against the class"), make("span", "scale"), make("span", "", "speaks for it"));
  add(page, legend);

  data.texts.forEach(text => page.appendChild(card(text)));

  function card(text) {
    const section = make("section");
    let chosen = text.given && text.given.length && !text.given.includes(text.class) ? text.given[0] : text.class;
    const order = data.labels.map((_, i) => i).sort((a, b) => text.probabilities[b] - text.probabilities[a] || a - b);

    const classes = make("div", "classes");
    const chips = order.slice(0, CHIPS).map(c => {
      const mark = text.given && text.given.includes(c) ? "\u2713 " : "";
      const chip = make("button", "", mark + data.labels[c] + " " + (100 * text.probabilities[c]).toFixed(1) + " %");
      const meter = make("span", "meter");
      meter.style.width = 100 * text.probabilities[c] + "%";
      chip.type = "button";
      add(chip, meter).addEventListener("click", () => choose(c));
      add(classes, chip);
      return [c, chip];
    });
    if (order.length > CHIPS) {
      const select = make("select");
      select.setAttribute("aria-label", "another class");
      add(select, new Option("other classes", ""));
      order.slice(CHIPS).forEach(c => add(select, new Option(data.labels[c], c)));
      select.addEventListener("change", () => { if (select.value !== "") choose(Number(select.value)); });
      add(classes, select);
    }

    const shown = make("p", "text");
    const words = [];
    let read = 0;
    text.pieces.forEach(([piece, word]) => {
      const behind = text.truncated && read === text.words.length;
      const node = make("span", word < 0 ? (behind ? "cut" : "") : "word", piece);
      if (word >= 0) {
        read += 1;
        words[word] = node;
        node.tabIndex = 0;
        ["mouseenter", "focus", "click"].forEach(event => node.addEventListener(event, () => detail(word)));
      }
      add(shown, node);
    });
    if (text.pieces.length === 0) add(shown, make("span", "soft", "(an empty text)"));

    const remarks = [];
    if (text.words.length === 0) remarks.push("no word was read: the answer comes from the biases alone");
    if (text.unknown > 0) remarks.push(text.unknown + " of its words " + (text.unknown === 1 ? "was" : "were") + " not in the training texts");
    if (text.truncated) remarks.push("only the first " + text.words.length + " of " + text.tokens + " words were read");
    const panel = make("div", "detail");
    panel.setAttribute("aria-live", "polite");
    const ledger = make("table", "ledger");
    add(section, classes, shown);
    if (remarks.length) add(section, make("p", "soft small", remarks.join("; ")));
    add(section, panel, ledger);
    if (text.pyramid.length) add(section, pyramid());

    // One row a floor, each half as long as the one below it; drawn with the top floor first.
    function pyramid() {
      const box = make("div", "pyramid");
      add(box, make("h3", "", "The pyramid"), make("p", "soft small", "Each floor has half as many positions as the one below; a position of floor k "
        + "stands for about 2\u1d4f neighbouring words. Colour: what each position gives to \u201c" + data.labels[text.class]
        + "\u201d there (its maps times their gradients); the line under it: how strong its maps are."));
      text.pyramid.map((floor, k) => [floor, k]).reverse().forEach(([floor, k]) => {
        const most = Math.max(1e-9, ...floor.pull.map(Math.abs)), strongest = Math.max(1e-9, ...floor.strength);
        const row = make("div", "floor"), cells = make("div", "cells");
        add(row, make("span", "small soft", "floor " + k + ": " + floor.length));
        floor.pull.forEach((pull, i) => {
          const cell = make("span", "cell"), line = make("i");
          cell.style.background = tint(pull, most);
          line.style.opacity = (floor.strength[i] / strongest).toFixed(3);
          cell.title = "gives " + signed(pull) + ", strength " + floor.strength[i].toFixed(3) + (floor.won[i] ? ", wins " + floor.won[i] + " maps of the top" : "");
          if (k === 0 && words[i]) cell.title = words[i].textContent + ": " + cell.title;
          add(cells, add(cell, line));
        });
        add(box, add(row, cells));
      });
      return box;
    }

    function detail(word) {
      const value = text.words[word][chosen];
      words.forEach(node => node.classList.remove("near"));
      panel.replaceChildren();
      const head = make("div", "head", words[word].textContent + " gives " + signed(value) + " to \u201c" + data.labels[chosen] + "\u201d");
      add(panel, head);
      if (!data.exact) return;
      const own = text.ngrams.filter(n => n.from <= word && word < n.to).sort((a, b) => Math.abs(b.by_class[chosen]) - Math.abs(a.by_class[chosen]));
      if (own.length === 0) {
        add(panel, make("div", "soft small", "No filter fired on an n-gram that holds this word."));
        return;
      }
      const most = Math.abs(own[0].by_class[chosen]);
      const table = make("table", "small ledger");
      own.slice(0, 6).forEach(n => add(table, row(quoted(n), n.filters + (n.filters === 1 ? " filter" : " filters"), n.by_class[chosen], most)));
      add(panel, table);
      if (own.length > 6) add(panel, make("div", "soft small", "and " + (own.length - 6) + " more n-grams"));
      own.slice(0, 6).forEach(n => { for (let i = n.from; i < n.to; i++) words[i].classList.add("near"); });
    }

    function row(name, remark, value, most, kind) {
      const tr = make("tr", kind || "");
      add(tr, make("td", "ngram", name), make("td", "soft small", remark), make("td", "number", signed(value)), add(make("td", "bar"), bar(value, most)));
      return tr;
    }

    function choose(c) {
      chosen = c;
      chips.forEach(([own, chip]) => chip.setAttribute("aria-pressed", String(own === c)));
      const most = Math.max(0, ...text.words.map(w => Math.abs(w[c])));
      words.forEach((node, i) => {
        node.style.background = tint(text.words[i][c], most);
        node.title = signed(text.words[i][c]);
        node.classList.remove("near");
      });
      panel.replaceChildren(make("div", "soft small", "Point at a word, or step to it with the tab key, to see "
        + (data.exact ? "the n-grams behind it." : "what it gives.")));
      const sorted = text.ngrams.slice().sort((a, b) => Math.abs(b.by_class[c]) - Math.abs(a.by_class[c]));
      const rest = sorted.slice(TOP);
      const other = rest.reduce((sum, n) => sum + n.by_class[c], 0);
      const values = sorted.slice(0, TOP).map(n => Math.abs(n.by_class[c])).concat([Math.abs(text.bias[c]), Math.abs(other)]);
      const greatest = Math.max(0, ...values);
      ledger.replaceChildren();
      const head = make("tr");
      add(head, make("th", "", data.exact ? "n-gram" : "word"), make("th", ""), make("th", "number", "to \u201c" + data.labels[c] + "\u201d"), make("th", ""));
      add(ledger, head, row(data.exact ? "bias of the class" : "as many words, all skipped", "", text.bias[c], greatest));
      sorted.slice(0, TOP).forEach(n => add(ledger, row(quoted(n), n.filters ? n.filters + (n.filters === 1 ? " filter" : " filters") : "", n.by_class[c], greatest)));
      if (rest.length) add(ledger, row(rest.length + (data.exact ? " more n-grams" : " more words"), "", other, greatest));
      add(ledger, row(data.exact ? "residual" : "remainder", data.exact ? "rounding" : "what the parts leave", text.residual[c], greatest));
      add(ledger, row("score (logit)", "probability " + (100 * text.probabilities[c]).toFixed(2) + " %", text.logits[c], 0, "total"));
      if (text.thresholds) {
        const least = text.thresholds[c];
        add(ledger, row(text.given.includes(c) ? "reaches its threshold" : "does not reach its threshold", (100 * least).toFixed(2) + " %",
          Math.log(least / (1 - least)), 0));
      }
    }
    choose(chosen);
    return section;
  }
})();
