(() => {
  const input = { name: "input", kind: "input", maps: 1, side: 32, values: data.input };
  const all = [input].concat(data.layers);

  function number(value, digits) {
    const text = Math.abs(value) < 1e-4 && value !== 0 ? Math.abs(value).toExponential(1) : Math.abs(value).toFixed(digits === undefined ? 3 : digits);
    return (value < 0 ? "\u2212" : "") + text;
  }
  function signed(value, digits) { return (value < 0 ? "" : "+") + number(value, digits); }
  function rgb(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim().split(/\s+/).map(Number); }
  function activationName(a) {
    if (a.name === "relu") return "max(0, sum)";
    if (a.name === "tanh") return a.scale === 1 && a.slope === 1 ? "tanh(sum)" : number(a.scale, 4) + " \u00b7 tanh(" + number(a.slope, 4) + " \u00b7 sum)";
    return "";
  }

  // A place is one number of a layer: its map, row and column.
  function at(layer, map, row, column) { return layer.values[(map * layer.side + row) * layer.side + column]; }
  function sumAt(layer, map, row, column) { return layer.sums[(map * layer.side + row) * layer.side + column]; }
  function firstKernel(layer, map) { return layer.reads.slice(0, map).reduce((sum, reads) => sum + reads.length, 0); }

  const explain = {
    input: "The picture, centred in 32 \u00d7 32. Blank paper is \u22120.1 and full ink 1.175.",
    convolution: "Each number is the sum of 5 \u00d7 5 windows of the maps below, each times its kernel, plus a bias.",
    average: "Each number is the mean of 2 \u00d7 2 numbers.",
    maximum: "Each number is the greatest of 2 \u00d7 2 numbers.",
    trainable: "Each number is the sum of 2 \u00d7 2 numbers times a trained coefficient, plus a bias.",
    dense: "Each unit is the sum of all numbers below, each times a weight, plus a bias.",
    distance: "Each unit is minus the squared distance between F6 and the unit\u2019s code, a small drawing of the digit: the nearest code wins.",
  };

  add(page, make("h1", "", "What the network makes of " + data.picture));
  add(page, make("p", "", "It reads \u201c" + data.labels[data.class] + "\u201d, with probability " + (100 * data.probabilities[data.class]).toFixed(2) + " %."));
  add(page, make("p", "soft", "Point at any number of any map (or step there with tab and the arrow keys) to see the window it was made of: "
    + "the products, their sum, and what follows. Every number can be followed from the ink to the answer. Blue is positive, orange negative."));
  if (data.conversion) add(page, make("p", "soft small", "The picture became the input by: " + data.conversion + "."));

  const canvases = [];
  const flow = make("div", "flow");
  all.forEach((layer, depth) => flow.appendChild(section(layer, depth)));
  const panel = make("section", "window");
  panel.setAttribute("aria-live", "polite");
  add(page, flow);
  add(page, ending(), panel);
  let chosenRead = 0, shown = null;
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

  function section(layer, depth) {
    const card = make("section", "layer");
    const size = layer.side > 1 ? layer.maps + (layer.maps > 1 ? " maps of " : " map of ") + layer.side + " \u00d7 " + layer.side : layer.maps + " units";
    add(card, make("h2", "", layer.name), make("div", "soft small", size + ". " + explain[layer.kind]));
    const maps = make("div", "maps");
    if (layer.side > 1) {
      const zoom = depth === 0 ? 6 : layer.side >= 28 ? 3 : layer.side >= 14 ? 5 : layer.side >= 10 ? 6 : 11;
      for (let map = 0; map < layer.maps; map++) {
        const figure = make("figure");
        add(figure, canvas(depth, [map], layer.side, layer.side, zoom), make("figcaption", "", layer.maps > 1 ? String(map) : ""));
        add(maps, figure);
      }
    } else if (layer.kind !== "distance" && layer.name !== "output") {
      const columns = layer.maps === 84 ? 7 : 20;
      add(maps, canvas(depth, null, columns, Math.ceil(layer.maps / columns), layer.maps === 84 ? 14 : 15));
    } else {
      const columns = layer.maps;
      add(maps, canvas(depth, null, columns, 1, 26));
    }
    return add(card, maps);
  }

  function canvas(depth, map, columns, rows, zoom) {
    const layer = all[depth];
    const node = make("canvas");
    node.width = columns * zoom;
    node.height = rows * zoom;
    node.tabIndex = 0;
    node.setAttribute("role", "img");
    node.setAttribute("aria-label", layer.name + (map ? " map " + map[0] : ""));
    const own = { node, depth, map, columns, rows, zoom, cursor: [0, 0] };
    canvases.push(own);
    const place = event => {
      const box = node.getBoundingClientRect();
      const column = Math.floor((event.clientX - box.left) / box.width * columns);
      const row = Math.floor((event.clientY - box.top) / box.height * rows);
      go(own, row, column);
    };
    node.addEventListener("pointermove", place);
    node.addEventListener("pointerdown", place);
    node.addEventListener("focus", () => go(own, own.cursor[0], own.cursor[1]));
    node.addEventListener("keydown", event => {
      const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!step) return;
      event.preventDefault();
      go(own, own.cursor[0] + step[0], own.cursor[1] + step[1]);
    });
    return node;
  }

  function go(own, row, column) {
    row = Math.max(0, Math.min(own.rows - 1, row));
    column = Math.max(0, Math.min(own.columns - 1, column));
    const layer = all[own.depth];
    own.cursor = [row, column];
    const place = own.map ? [own.map[0], row, column] : [row * own.columns + column, 0, 0];
    if (place[0] >= layer.maps) return;
    shown = { depth: own.depth, place };
    tell();
    draw();
  }

  function draw() {
    const plus = rgb("--for"), minus = rgb("--against");
    canvases.forEach(own => {
      const layer = all[own.depth], context = own.node.getContext("2d");
      const values = own.map ? layer.values.slice(own.map[0] * layer.side * layer.side, (own.map[0] + 1) * layer.side * layer.side) : layer.values;
      const scope = layer.kind === "distance" ? layer.values.map(v => v - Math.min(...layer.values)) : layer.values;
      const most = scope.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-9);
      context.clearRect(0, 0, own.node.width, own.node.height);
      values.forEach((value, i) => {
        const shownValue = layer.kind === "distance" ? scope[i] : value;
        const colour = shownValue < 0 ? minus : plus;
        context.fillStyle = "rgb(" + colour.join(" ") + " / " + Math.min(1, Math.abs(shownValue) / most).toFixed(3) + ")";
        context.fillRect(i % own.columns * own.zoom, Math.floor(i / own.columns) * own.zoom, own.zoom, own.zoom);
      });
      mark(own, context);
    });
  }

  // The number under the pointer, and the window below that it was made of.
  function mark(own, context) {
    if (!shown) return;
    const layer = all[shown.depth], [map, row, column] = shown.place;
    context.lineWidth = 2;
    context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--ink");
    const box = (r, c, size) => context.strokeRect(c * own.zoom + 1, r * own.zoom + 1, size * own.zoom - 2, size * own.zoom - 2);
    if (own.depth === shown.depth) {
      if (own.map ? own.map[0] === map : true) box(own.map ? row : Math.floor(map / own.columns), own.map ? column : map % own.columns, 1);
    } else if (own.depth === shown.depth - 1 && own.map) {
      if (layer.kind === "convolution" && layer.reads[map].includes(own.map[0])) box(row, column, 5);
      if (["average", "maximum", "trainable"].includes(layer.kind) && own.map[0] === map) box(2 * row, 2 * column, 2);
    }
  }

  // Colours are those of the layer where `most` is its greatest number, else the grid's own.
  function grid(caption, rows, most) {
    const table = make("table", "grid");
    add(table, make("caption", "", caption));
    most = most || Math.max(1e-9, ...rows.flat().map(Math.abs));
    rows.forEach(row => {
      const tr = make("tr");
      row.forEach(value => {
        const td = make("td", "", number(value));
        td.style.background = "rgb(var(" + (value < 0 ? "--against" : "--for") + ") / calc(" + Math.min(0.7, 0.7 * Math.abs(value) / most).toFixed(3) + " * var(--deepest)))";
        add(tr, td);
      });
      add(table, tr);
    });
    return table;
  }

  function greatest(layer) { return layer.values.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-9); }

  function window5(values, side, from, row, column) {
    return [0, 1, 2, 3, 4].map(u => [0, 1, 2, 3, 4].map(v => values[from + (row + u) * side + column + v]));
  }

  function tell() {
    const layer = all[shown.depth], below = all[shown.depth - 1], [map, row, column] = shown.place;
    panel.replaceChildren();
    const where = layer.side > 1 ? (layer.maps > 1 ? ", map " + map : "") + ", row " + row + ", column " + column
      : layer.name === "output" ? ", \u201c" + data.labels[map] + "\u201d" : ", unit " + map;
    const value = at(layer, map, row, column);
    add(panel, make("h3", "", layer.name + where + ": " + number(value, 5)));
    const line = text => add(panel, make("div", "sum", text));
    if (layer.kind === "input") { line("the ink at this place"); return; }
    const sum = sumAt(layer, map, row, column);
    if (layer.kind === "convolution") {
      const reads = layer.reads[map], first = firstKernel(layer, map);
      const sums = reads.map((read, k) => {
        const x = window5(below.values, below.side, read * below.side * below.side, row, column);
        const w = window5(layer.weight, 5, (first + k) * 25, 0, 0);
        const products = x.map((r, u) => r.map((value, v) => value * w[u][v]));
        return { read, x, w, products, sum: products.flat().reduce((a, b) => a + b, 0) };
      });
      if (chosenRead >= sums.length) chosenRead = 0;
      if (reads.length > 1) {
        const pick = make("div", "pick");
        sums.forEach((own, k) => {
          const button = make("button", "", below.name + " map " + own.read + ": " + signed(own.sum));
          button.type = "button";
          button.setAttribute("aria-pressed", String(k === chosenRead));
          button.addEventListener("click", () => { chosenRead = k; tell(); });
          add(pick, button);
        });
        add(panel, pick);
      }
      const own = sums[chosenRead];
      const grids = make("div", "grids");
      add(grids, grid("window of " + below.name + (below.maps > 1 ? " map " + own.read : ""), own.x, greatest(below)), grid("\u00d7 kernel", own.w), grid("= products", own.products));
      add(panel, grids);
      const total = sums.reduce((a, s) => a + s.sum, 0);
      line((reads.length > 1 ? "sum over " + reads.length + " windows " : "sum of the products ") + number(total, 6) + "  " + signed(layer.bias[map], 6) + " (bias) = " + number(total + layer.bias[map], 6));
    } else if (["average", "maximum", "trainable"].includes(layer.kind)) {
      const block = [0, 1].map(u => [0, 1].map(v => at(below, map, 2 * row + u, 2 * column + v)));
      add(panel, add(make("div", "grids"), grid("block of " + below.name + (below.maps > 1 ? " map " + map : ""), block, greatest(below))));
      const total = block.flat().reduce((a, b) => a + b, 0);
      if (layer.kind === "average") line("mean: " + number(total, 6) + " / 4 = " + number(total / 4, 6));
      if (layer.kind === "maximum") line("the greatest: " + number(Math.max(...block.flat()), 6));
      if (layer.kind === "trainable") line("sum " + number(total, 6) + " \u00d7 " + number(layer.weight[map], 6) + " (coefficient) " + signed(layer.bias[map], 6) + " (bias) = " + number(total * layer.weight[map] + layer.bias[map], 6));
    } else {
      const n = below.values.length, w = layer.weight.slice(map * n, (map + 1) * n);
      const isDistance = layer.kind === "distance";
      const parts = below.values.map((x, i) => isDistance ? -(x - w[i]) * (x - w[i]) : x * w[i]);
      const total = parts.reduce((a, b) => a + b, 0);
      const seven = numbers => Array.from({ length: 12 }, (_, r) => numbers.slice(7 * r, 7 * r + 7));
      if (isDistance) {
        add(panel, add(make("div", "grids"), grid("F6", seven(below.values)), grid("the code of this class", seven(w)), grid("\u2212 (F6 \u2212 code)\u00b2", seven(parts))));
        line("sum: " + number(total, 6));
      } else {
        const order = parts.map((_, i) => i).sort((a, b) => Math.abs(parts[b]) - Math.abs(parts[a]));
        const table = make("table", "grid");
        const head = make("tr");
        ["unit of " + below.name, "value", "\u00d7 weight", "= product"].forEach(text => add(head, make("td", "", text)));
        add(table, head);
        order.slice(0, 14).forEach(i => {
          const tr = make("tr");
          [String(i), number(below.values[i], 4), number(w[i], 4), number(parts[i], 4)].forEach(text => add(tr, make("td", "", text)));
          add(table, tr);
        });
        const others = order.slice(14).reduce((a, i) => a + parts[i], 0);
        add(panel, add(make("div", "grids"), table));
        line("these 14 products " + number(total - others, 6) + "  " + signed(others, 6) + " (the other " + (n - 14) + ")  " + signed(layer.bias[map], 6) + " (bias) = " + number(total + layer.bias[map], 6));
      }
    }
    const follows = activationName(layer.activation);
    if (follows) line(follows + " with sum = " + number(sum, 6) + " gives " + number(value, 6));
  }

  function ending() {
    const last = all[all.length - 1], card = make("section");
    const isDistance = last.kind === "distance";
    add(card, make("h2", "", isDistance ? "From distances to the answer" : "From scores to the answer"));
    add(card, make("div", "soft small", isDistance
      ? "The class whose code is nearest is the answer. As probabilities: e to the power of minus the distance, divided by the sum of all ten."
      : "Softmax: e to the power of each score, divided by the sum of all of them."));
    const most = Math.max(...last.values);
    const powers = last.values.map(score => Math.exp(score - most));
    const total = powers.reduce((a, b) => a + b, 0);
    const table = make("table", "ends");
    const head = make("tr");
    add(head, make("th", "", "class"), make("th", "number", isDistance ? "distance" : "score"), make("th", "number", "e^(score \u2212 " + number(most) + ")"), make("th", "number", "probability"), make("th", ""));
    add(table, head);
    last.values.forEach((score, c) => {
      const tr = make("tr", c === data.class ? "best" : "");
      const meter = make("div", "meter");
      meter.style.width = 100 * powers[c] / total + "%";
      add(tr, make("td", "", data.labels[c]), make("td", "number", number(isDistance ? -score : score, 4)), make("td", "number", number(powers[c], 4)),
        make("td", "number", (100 * powers[c] / total).toFixed(2) + " %"), add(make("td", "bar"), meter));
      add(table, tr);
    });
    return add(card, table);
  }

  // Something to look at before anybody points: the strongest number of the first map.
  const start = canvases.find(own => own.depth === 1);
  if (start) {
    const layer = all[1];
    let best = 0;
    for (let i = 0; i < layer.side * layer.side; i++) if (Math.abs(layer.values[i]) > Math.abs(layer.values[best])) best = i;
    go(start, Math.floor(best / layer.side), best % layer.side);
  }
})();
