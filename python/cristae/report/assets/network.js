"use strict";
// The network as a picture that can be moved, searched and walked through with the keyboard.
const NetworkMap = (() => {
  const { el } = Plot;
  const kinds = {
    consumes: { dash: null },
    produces: { dash: null },
    modifies: { dash: "3 3" },
  };
  let serial = 0;

  /** Places by forces, where Graphviz was not installed when the report was made. */
  function byForces(graph) {
    const nodes = graph.widths.map((_, i) => ({ index: i }));
    const links = graph.edges.map(([source, target]) => ({ source, target }));
    const simulation = d3.forceSimulation(nodes).stop()
      .force("link", d3.forceLink(links).distance(46))
      .force("charge", d3.forceManyBody().strength(-170))
      .force("x", d3.forceX(0).strength(0.05)).force("y", d3.forceY(0).strength(0.06))
      .force("apart", d3.forceCollide().radius((n) => graph.widths[n.index] / 2 + 5));
    for (let i = 0; i < 320; i++) simulation.tick();
    const left = d3.min(nodes, (n) => n.x) - 60, top = d3.min(nodes, (n) => n.y) - 30;
    return {
      size: [d3.max(nodes, (n) => n.x) - left + 60, d3.max(nodes, (n) => n.y) - top + 30],
      places: nodes.map((n) => [n.x - left, n.y - top]),
      curves: graph.edges.map(() => []),
    };
  }

  function path(points, from, to) {
    if (points.length < 8) return `M${from[0]},${from[1]}L${to[0]},${to[1]}`;
    let d = `M${points[0]},${points[1]}`;
    for (let i = 2; i + 5 < points.length; i += 6) d += `C${points.slice(i, i + 6).join(",")}`;
    return d;
  }
  /** Where a straight line from `from` enters the box of a node. */
  function border(from, to, width, height) {
    const dx = to[0] - from[0], dy = to[1] - from[1];
    const share = Math.max(Math.abs(dx) / (width / 2 + 2), Math.abs(dy) / (height / 2 + 2), 1);
    return [to[0] - dx / share, to[1] - dy / share];
  }

  function map(network) {
    const graph = network.graph, layout = graph.layout || byForces(graph);
    const nodes = [
      ...network.species.map((one) => ({ ...one, species: true })),
      ...network.reactions.map((one) => ({ ...one, species: false })),
    ];
    const count = graph.species;
    const neighbours = nodes.map(() => []);
    graph.edges.forEach(([tail, head, kind], e) => {
      neighbours[tail].push({ node: head, kind, out: true, copies: graph.copies[e] });
      neighbours[head].push({ node: tail, kind, out: false, copies: graph.copies[e] });
    });
    const name = (i) => nodes[i].id;
    const mapId = `map-${++serial}`;
    const frame = el("div", { class: "map" });
    const about = el("div", { class: "about", "aria-live": "polite" });
    const list = el("datalist", { id: `${mapId}-names` }, nodes.map((one) => el("option", { value: one.id })));
    const search = el("input", { type: "search", list: list.id, placeholder: "species or reaction", autocomplete: "off" });
    // What laws read is most of the lines of a large network.
    let reads = graph.edges.length < 220;
    const readsBox = el("input", { type: "checkbox", onchange: () => { reads = readsBox.checked; redraw(); } });
    readsBox.checked = reads;
    let selected = null, svg = null, inner = null, zoom = null, last = d3.zoomIdentity;

    function draw() {
      const palette = Plot.theme();
      svg = d3.create("svg").attr("tabindex", 0).attr("role", "application").attr("aria-roledescription", "network diagram")
        .attr("aria-label", `${network.name}: ${count} species, ${nodes.length - count} reactions. Arrow keys move, plus and minus zoom, 0 shows all. Search below walks through it.`);
      const arrow = `${mapId}-arrow`, ball = `${mapId}-ball`;
      const defs = svg.append("defs");
      defs.append("marker").attr("id", arrow).attr("viewBox", "0 0 8 8").attr("refX", 7).attr("refY", 4).attr("markerWidth", 7).attr("markerHeight", 7).attr("orient", "auto")
        .append("path").attr("d", "M0,0.6L8,4L0,7.4Z").attr("fill", palette.soft);
      defs.append("marker").attr("id", ball).attr("viewBox", "0 0 8 8").attr("refX", 5).attr("refY", 4).attr("markerWidth", 6).attr("markerHeight", 6)
        .append("circle").attr("cx", 4).attr("cy", 4).attr("r", 2.6).attr("fill", palette.paper).attr("stroke", palette.soft).attr("stroke-width", 1.4);
      inner = svg.append("g");
      const lines = inner.append("g").attr("fill", "none");
      graph.edges.forEach(([tail, head, kind], e) => {
        const from = layout.places[tail], to = layout.places[head];
        const end = border(from, to, graph.widths[head], head < count ? 24 : 12);
        lines.append("path").attr("d", path(layout.curves[e], from, end)).attr("stroke", palette.soft).attr("stroke-width", 1.1)
          .attr("stroke-dasharray", kinds[kind].dash).attr("data-edge", e).attr("display", kind === "modifies" && !reads ? "none" : null)
          .attr("marker-end", kind === "produces" ? `url(#${arrow})` : kind === "modifies" ? `url(#${ball})` : null);
        if (graph.copies[e] > 1 && kind !== "modifies") {
          inner.append("text").attr("x", (from[0] + to[0]) / 2 + 5).attr("y", (from[1] + to[1]) / 2).attr("font-size", 10).attr("fill", palette.soft).attr("font-family", "system-ui, sans-serif").text(graph.copies[e]);
        }
      });
      nodes.forEach((one, i) => {
        const [x, y] = layout.places[i], wide = graph.widths[i];
        const g = inner.append("g").attr("class", "node").attr("data-node", i).attr("transform", `translate(${x},${y})`).on("click", () => select(i, false));
        g.append("title").text(one.label ? `${one.id}: ${one.label}` : one.id);
        if (one.species) {
          g.append("rect").attr("x", -wide / 2).attr("y", -12).attr("width", wide).attr("height", 24).attr("rx", 11)
            .attr("fill", palette.paper).attr("stroke", Plot.colour(0, palette)).attr("stroke-width", 1.4);
          g.append("text").attr("text-anchor", "middle").attr("dy", "0.34em").attr("font-size", 12).attr("font-family", "system-ui, sans-serif").attr("fill", palette.ink).text(Plot.shorten(one.id, 24));
        } else {
          g.append("rect").attr("x", -12).attr("y", -12).attr("width", 24).attr("height", 24).attr("fill", "transparent");
          g.append("rect").attr("x", -5).attr("y", -5).attr("width", 10).attr("height", 10).attr("fill", Plot.colour(1, palette)).attr("stroke", palette.paper);
        }
      });
      zoom = d3.zoom().extent(() => [[0, 0], size()]).scaleExtent([0.05, 6])
        .filter(() => {
          const event = d3.event;
          const focused = document.activeElement === svg.node();
          if (event.type === "wheel") return event.ctrlKey || event.metaKey || focused;
          if (event.type === "touchstart") return event.touches.length > 1 || focused;
          return !event.ctrlKey && !event.button;
        })
        .on("zoom", () => { last = d3.event.transform; inner.attr("transform", last); });
      svg.call(zoom).on("dblclick.zoom", null).on("keydown", keys);
      // As high as a large network needs, and a small one no higher than it is.
      const room = Math.min(window.innerHeight * 0.72, 660);
      svg.node().style.height = `${Math.round(Math.max(220, Math.min(room, layout.size[1] * 1.35 + 40)))}px`;
      frame.querySelectorAll("svg").forEach((one) => one.remove());
      frame.prepend(svg.node());
    }
    const size = () => {
      const box = svg.node().getBoundingClientRect();
      return [box.width || 800, box.height || 480];
    };
    function move(transform) { svg.call(zoom.transform, transform); }
    function fit() {
      const [width, height] = size(), [w, h] = layout.size;
      const scale = Math.min(1.35, (width - 30) / w, (height - 30) / h);
      move(d3.zoomIdentity.translate((width - w * scale) / 2, (height - h * scale) / 2).scale(scale));
    }
    function centre(i) {
      const [width, height] = size(), [x, y] = layout.places[i], scale = Math.max(last.k, 1.1);
      move(d3.zoomIdentity.translate(width / 2 - x * scale, height / 2 - y * scale).scale(scale));
    }
    function by(factor) { const [width, height] = size(); svg.call(zoom.scaleBy, factor, [width / 2, height / 2]); }
    function keys() {
      const event = d3.event, step = 60 / last.k;
      const moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
      if (moves[event.key]) svg.call(zoom.translateBy, ...moves[event.key]);
      else if (event.key === "+" || event.key === "=") by(1.3);
      else if (event.key === "-") by(1 / 1.3);
      else if (event.key === "0") fit();
      else if (event.key === "Escape") select(null, false);
      else return;
      event.preventDefault();
    }
    function highlight() {
      const near = selected === null ? null : new Set([selected, ...neighbours[selected].map((one) => one.node)]);
      inner.selectAll("[data-node]").classed("faded", function () { return near && !near.has(Number(this.dataset.node)); });
      inner.selectAll("[data-edge]").classed("faded", function () {
        const [tail, head] = graph.edges[Number(this.dataset.edge)];
        return near && tail !== selected && head !== selected;
      });
    }
    function listed(title, found) {
      if (!found.length) return null;
      return [el("p", {}, `${title}:`), el("ul", {}, found.map((one) =>
        el("li", {}, el("button", { type: "button", onclick: () => select(one.node, true) }, one.copies > 1 ? `${one.copies} ${name(one.node)}` : name(one.node)))))];
    }
    function select(i, andCentre) {
      selected = i;
      highlight();
      if (i === null) { about.replaceChildren(); search.value = ""; return; }
      const one = nodes[i], near = neighbours[i];
      const pick = (kind, out) => near.filter((n) => n.kind === kind && n.out === out);
      const text = [one.label, one.unit && `in ${one.unit}`, one.species ? `${one.initial} at time 0` : null, one.grade, one.source].filter(Boolean).join("; ");
      about.replaceChildren(...[
        el("h3", {}, one.id), text ? el("p", {}, text) : null,
        one.species ? null : el("pre", {}, `${one.equation}\n${one.kind === "mass_action" ? "rate constant" : "propensity"}: ${one.law}`),
        ...(one.species
          ? [listed("Made by", pick("produces", false)), listed("Used by", pick("consumes", true)), listed("Read by", pick("modifies", true))]
          : [listed("Takes", pick("consumes", false)), listed("Makes", pick("produces", true)), listed("Reads", pick("modifies", false))]).filter(Boolean).flat(),
      ].filter(Boolean));
      search.value = one.id;
      if (andCentre) centre(i);
    }
    function find() {
      const wanted = search.value.trim().toLowerCase();
      if (!wanted) { select(null, false); return; }
      let at = nodes.findIndex((one) => one.id.toLowerCase() === wanted);
      if (at < 0) at = nodes.findIndex((one) => one.id.toLowerCase().includes(wanted) || (one.label || "").toLowerCase().includes(wanted));
      if (at >= 0) select(at, true);
      else about.replaceChildren(el("p", {}, `No species or reaction has '${search.value}' in its name.`));
    }
    search.addEventListener("change", find);
    search.addEventListener("keydown", (event) => { if (event.key === "Enter") find(); });

    const button = (text, label, act) => el("button", { type: "button", "aria-label": label, onclick: act }, text);
    frame.append(el("div", { class: "zoom" }, button("+", "zoom in", () => by(1.4)), button("−", "zoom out", () => by(1 / 1.4)), button("all", "show all", fit)));
    const picture = () => {
      const node = svg.node().cloneNode(true), [w, h] = layout.size;
      node.setAttribute("xmlns", "http://www.w3.org/2000/svg");
      node.setAttribute("viewBox", `-10 -10 ${w + 20} ${h + 20}`);
      node.setAttribute("width", Math.ceil(w + 20));
      node.setAttribute("height", Math.ceil(h + 20));
      node.querySelector("g").removeAttribute("transform");
      const back = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      for (const [key, value] of Object.entries({ x: -10, y: -10, width: w + 20, height: h + 20, fill: Plot.theme().paper })) back.setAttribute(key, value);
      node.prepend(back);
      return { node, width: Math.ceil(w + 20), height: Math.ceil(h + 20) };
    };
    const data = () => ({
      columns: ["reaction", "equation", "kind", "law", "label", "source"],
      rows: network.reactions.map((one) => [one.id, one.equation, one.kind === "mass_action" ? "mass action" : "rate", one.law, one.label, one.source]),
    });
    const file = Plot.fileName(`${network.name}_network`);
    const details = el("details", { class: "data" }, el("summary", {}, "Table of reactions"));
    details.addEventListener("toggle", () => {
      details.querySelectorAll(".scroll").forEach((one) => one.remove());
      if (details.open) details.append(Plot.table(data(), { label: `Reactions of ${network.name}` }));
    });
    const tool = (text, act) => el("button", { type: "button", "aria-label": `${text} of the network`, onclick: act }, text);
    const mark = (kind) => {
      const icon = d3.create("svg").attr("width", 30).attr("height", 12).attr("aria-hidden", "true");
      const ink = "currentColor";
      if (kind === "species") icon.append("rect").attr("x", 1).attr("y", 1).attr("width", 28).attr("height", 10).attr("rx", 5).attr("fill", "none").attr("stroke", ink);
      else if (kind === "reaction") icon.append("rect").attr("x", 10).attr("y", 1).attr("width", 10).attr("height", 10).attr("fill", ink);
      else icon.append("line").attr("x1", 0).attr("x2", 30).attr("y1", 6).attr("y2", 6).attr("stroke", ink).attr("stroke-dasharray", kind === "modifies" ? "3 3" : null);
      return icon.node();
    };
    const root = el("figure", {},
      el("div", { class: "controls" }, el("label", {}, "Find", search), list,
        graph.edges.some(([, , kind]) => kind === "modifies") ? el("label", { class: "check" }, readsBox, "what laws read") : null),
      frame,
      el("ul", { class: "key" }, el("li", {}, mark("species"), "species"), el("li", {}, mark("reaction"), "reaction"),
        el("li", {}, mark("consumes"), "taken, or with an arrow made"), el("li", {}, mark("modifies"), "read by the law, not used up")),
      about,
      el("div", { class: "tools" },
        tool("SVG", () => Plot.saveText(Plot.svgText(picture().node), `${file}.svg`, "image/svg+xml")),
        tool("PNG", () => Plot.savePicture(picture(), `${file}.png`)),
        tool("CSV", () => Plot.saveText(Plot.csvText(data()), `${file}.csv`, "text/csv")), details));
    const redraw = () => {
      const was = last;
      draw();
      if (Plot.isPrinting()) svg.attr("viewBox", `-5 -5 ${layout.size[0] + 10} ${layout.size[1] + 10}`);
      else if (was === d3.zoomIdentity) fit();
      else move(was);
      highlight();
    };
    Plot.live.add({ redraw });
    return { root, show: () => { draw(); fit(); } };
  }
  return { map };
})();
