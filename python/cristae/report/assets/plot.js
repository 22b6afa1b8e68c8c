"use strict";
// Figures: one description draws on the page, into SVG and PNG files, as a table and as CSV.
// Texts of results only ever become text nodes and attribute values, never markup.
const Plot = (() => {
  const themes = {
    light: {
      paper: "#ffffff", ink: "#1b1d20", soft: "#585e66", line: "#d3cfc6", faint: "#efece5",
      // After Okabe and Ito, darkened until each has a contrast of 3 on the page.
      series: ["#0a6aa8", "#c04c0a", "#007a5c", "#a2478a", "#8a6a00", "#45494f", "#1b86b8", "#8b2a12"],
    },
    dark: {
      paper: "#181c21", ink: "#e7e5df", soft: "#a2a9b2", line: "#353c45", faint: "#20252b",
      series: ["#5cb3ec", "#ff9d63", "#45cda4", "#e59ccb", "#e2c14f", "#cfd3d8", "#9bdcf7", "#e2836a"],
    },
  };
  const dashes = [null, "7 3", "2 2.5", "9 3 2 3"];
  const sans = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Helvetica Neue', Arial, sans-serif";

  const media = window.matchMedia("(prefers-color-scheme: dark)");
  let printing = false;
  const isDark = () => {
    const chosen = document.documentElement.dataset.theme;
    return !printing && (chosen ? chosen === "dark" : media.matches);
  };
  const theme = () => themes[isDark() ? "dark" : "light"];
  const colour = (index, palette) => palette.series[index % palette.series.length];
  const dash = (index) => dashes[(index + Math.floor(index / 8)) % dashes.length];

  /** An element; children that are texts become text nodes. */
  function el(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (name === "class") made.className = value;
      else made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
    return made;
  }

  const plain = new Intl.NumberFormat("en", { maximumSignificantDigits: 4, useGrouping: false });
  const grouped = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
  const raised = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
  /** A number for people, with four digits. */
  function format(value) {
    if (value === null || value === undefined || !isFinite(value)) return "–";
    const size = Math.abs(value);
    if (size !== 0 && (size >= 1e6 || size < 1e-3)) {
      const [digits, power] = value.toExponential(2).split("e");
      const exponent = [...String(Number(power))].map((c) => raised[c]).join("");
      return `${Number(digits)}×10${exponent}`.replace("-", "−");
    }
    return (size >= 1e4 ? grouped : plain).format(value).replace("-", "−");
  }
  const shorten = (text, most) => {
    const characters = [...String(text)];
    return characters.length > most ? characters.slice(0, most - 1).join("") + "…" : characters.join("");
  };

  const defined = (v) => v !== null && v !== undefined && isFinite(v);
  function extent(arrays, positive) {
    let low = Infinity, high = -Infinity;
    for (const array of arrays) for (const v of array) {
      if (!defined(v) || (positive && v <= 0)) continue;
      if (v < low) low = v;
      if (v > high) high = v;
    }
    return low <= high ? [low, high] : null;
  }

  /** Scales of a description, for a size. */
  function scalesOf(spec, width, height, margin) {
    const xs = spec.layers.filter((l) => l.x).map((l) => l.x);
    const ys = spec.layers.flatMap((l) => [l.y, l.low, l.high].filter(Boolean));
    let xDomain = spec.xDomain || extent(xs, spec.xLog) || [0, 1];
    let yDomain = spec.yDomain || extent(ys, spec.yLog) || [0, 1];
    if (!spec.yDomain) {
      if (spec.yLog) {
        if (yDomain[1] / yDomain[0] > 1e9) yDomain = [yDomain[1] / 1e9, yDomain[1]];
        yDomain = [yDomain[0] / 1.15, yDomain[1] * 1.15];
      } else {
        if (spec.zero !== false && yDomain[0] > 0 && yDomain[0] < 0.7 * yDomain[1]) yDomain = [0, yDomain[1]];
        const room = (yDomain[1] - yDomain[0] || Math.abs(yDomain[1]) || 1) * 0.06;
        yDomain = [yDomain[0] === 0 ? 0 : yDomain[0] - room, yDomain[1] + room];
      }
    }
    if (!spec.xDomain && spec.layers.some((l) => l.type === "dots") && xDomain[1] > xDomain[0]) {
      const ratio = (xDomain[1] / xDomain[0]) ** 0.03, room = (xDomain[1] - xDomain[0]) * 0.03;
      xDomain = spec.xLog ? [xDomain[0] / ratio, xDomain[1] * ratio] : [xDomain[0] - room, xDomain[1] + room];
    }
    if (xDomain[0] === xDomain[1]) {
      xDomain = spec.xLog ? [xDomain[0] / 2, xDomain[1] * 2] : [xDomain[0] - 0.5, xDomain[1] + 0.5];
    }
    const x = (spec.xLog ? d3.scaleLog() : d3.scaleLinear()).domain(xDomain).range([margin.left, width - margin.right]);
    const y = (spec.yLog ? d3.scaleLog() : d3.scaleLinear()).domain(yDomain).range([height - margin.bottom, margin.top]);
    return { x, y };
  }

  /** Ticks that do not crowd: on logarithmic scales powers of ten, or all where there are few. */
  function ticksOf(scale, log, count) {
    if (!log) return scale.ticks(count);
    const all = scale.ticks(10), powers = all.filter((v) => Math.abs(Math.log10(v) - Math.round(Math.log10(v))) < 1e-9);
    const chosen = powers.length >= 2 ? powers : all.filter((v) => /^[125]/.test(v.toExponential()));
    const step = Math.ceil(chosen.length / Math.max(2, count));
    return chosen.filter((_, i) => i % step === 0);
  }

  function axes(svg, spec, scale, width, height, margin, palette) {
    const { x, y } = scale;
    const text = (parent, at, content, anchor, fill) => parent.append("text")
      .attr("x", at[0]).attr("y", at[1]).attr("text-anchor", anchor).attr("fill", fill)
      .attr("font-size", 11.5).text(content);
    const g = svg.append("g").attr("font-family", sans);
    const bottom = height - margin.bottom;
    for (const v of spec.yTicks || ticksOf(y, spec.yLog, Math.max(3, Math.round((bottom - margin.top) / 44)))) {
      g.append("line").attr("x1", margin.left).attr("x2", width - margin.right).attr("y1", y(v)).attr("y2", y(v))
        .attr("stroke", palette.faint).attr("stroke-width", 1);
      text(g, [margin.left - 7, y(v) + 4], spec.yTick ? spec.yTick(v) : format(v), "end", palette.soft);
    }
    const xTicks = spec.xTicks || ticksOf(x, spec.xLog, Math.max(2, Math.round((width - margin.left - margin.right) / 78)));
    for (const v of xTicks) {
      g.append("line").attr("x1", x(v)).attr("x2", x(v)).attr("y1", bottom).attr("y2", bottom + 4).attr("stroke", palette.soft);
      text(g, [x(v), bottom + 17], format(v), "middle", palette.soft);
    }
    g.append("line").attr("x1", margin.left).attr("x2", width - margin.right).attr("y1", bottom).attr("y2", bottom)
      .attr("stroke", palette.soft).attr("stroke-width", 1);
    text(g, [width - margin.right, bottom + 33], shorten(spec.xLabel || "", Math.floor((width - margin.left) / 6.4)), "end", palette.ink);
    text(g, [0, 11], shorten(spec.yLabel || "", Math.floor(width / 6.4)), "start", palette.ink);
  }

  function drawLayer(g, layer, scale, spec, palette) {
    const { x, y } = scale;
    const [bottom] = y.range();
    const ink = layer.colour === undefined ? palette.ink : colour(layer.colour, palette);
    const above = (v) => defined(v) && (!spec.yLog || v > 0);
    const within = (v) => (spec.yLog && v <= 0 ? y.domain()[0] : v);
    const onX = (v) => defined(v) && (!spec.xLog || v > 0);
    const curve = layer.step ? d3.curveStepAfter : d3.curveLinear;
    const index = d3.range(layer.x.length);
    if (layer.type === "band") {
      const area = d3.area().curve(curve)
        .defined((i) => onX(layer.x[i]) && defined(layer.low[i]) && above(layer.high[i]))
        .x((i) => x(layer.x[i])).y0((i) => y(within(layer.low[i]))).y1((i) => y(layer.high[i]));
      g.append("path").attr("d", area(index)).attr("fill", ink).attr("fill-opacity", layer.opacity || 0.16);
    } else if (layer.type === "line") {
      const line = d3.line().curve(curve).defined((i) => onX(layer.x[i]) && above(layer.y[i]))
        .x((i) => x(layer.x[i])).y((i) => y(layer.y[i]));
      g.append("path").attr("d", line(index)).attr("fill", "none").attr("stroke", ink)
        .attr("stroke-width", layer.width || 1.8).attr("stroke-dasharray", layer.dash || null)
        .attr("stroke-linejoin", "round").attr("stroke-linecap", layer.dash === "0.1 4.5" ? "round" : "butt");
      if (layer.marks) {
        for (const i of index) if (onX(layer.x[i]) && above(layer.y[i])) {
          g.append("circle").attr("cx", x(layer.x[i])).attr("cy", y(layer.y[i])).attr("r", 2.8).attr("fill", ink);
        }
      }
    } else if (layer.type === "bins") {
      // Outline of a histogram, in pieces without the empty bins; x has one edge more than y.
      let outline = "", filled = "", before = 0;
      const down = y(spec.yLog ? y.domain()[0] : 0);
      layer.y.forEach((v, i) => {
        if (v > 0) {
          const from = before > 0 ? `L${x(layer.x[i])},${y(v)}` : `M${x(layer.x[i])},${down}L${x(layer.x[i])},${y(v)}`;
          const piece = `${from}L${x(layer.x[i + 1])},${y(v)}${layer.y[i + 1] > 0 ? "" : `L${x(layer.x[i + 1])},${down}`}`;
          outline += piece;
          filled += piece + (layer.y[i + 1] > 0 ? "" : "Z");
        }
        before = v;
      });
      if (outline) {
        g.append("path").attr("d", filled).attr("fill", ink).attr("fill-opacity", 0.17);
        g.append("path").attr("d", outline).attr("fill", "none").attr("stroke", ink).attr("stroke-width", 1.5)
          .attr("stroke-dasharray", layer.dash || null);
      }
    } else if (layer.type === "dots") {
      const shape = d3.symbol().size(layer.size || 20).type([d3.symbolCircle, d3.symbolDiamond, d3.symbolTriangle, d3.symbolSquare][(layer.shape || 0) % 4])();
      for (const i of index) if (onX(layer.x[i]) && above(layer.y[i])) {
        g.append("path").attr("d", shape).attr("transform", `translate(${x(layer.x[i]).toFixed(1)},${y(layer.y[i]).toFixed(1)})`)
          .attr("fill", ink).attr("fill-opacity", layer.opacity || 0.5);
      }
    } else if (layer.type === "whiskers") {
      for (const i of index) if (onX(layer.x[i]) && defined(layer.low[i]) && above(layer.high[i])) {
        g.append("line").attr("x1", x(layer.x[i])).attr("x2", x(layer.x[i])).attr("y1", y(within(layer.low[i])))
          .attr("y2", y(layer.high[i])).attr("stroke", ink).attr("stroke-opacity", 0.55);
      }
    }
  }

  function drawXY(svg, spec, width, height, palette) {
    const probe = { left: 48, right: 12, top: spec.yLabel ? 24 : 12, bottom: 40 };
    const first = scalesOf(spec, width, height, probe);
    const labels = (spec.yTicks || ticksOf(first.y, spec.yLog, 5)).map((v) => (spec.yTick ? spec.yTick(v) : format(v)).length);
    const margin = { ...probe, left: Math.max(30, 14 + 6.6 * Math.max(1, ...labels)) };
    const scale = scalesOf(spec, width, height, margin);
    axes(svg, spec, scale, width, height, margin, palette);
    const clip = `clip-${++serial}`;
    svg.append("clipPath").attr("id", clip).append("rect").attr("x", margin.left - 4).attr("y", margin.top - 3)
      .attr("width", Math.max(0, width - margin.left - margin.right + 8)).attr("height", height - margin.bottom - margin.top + 4);
    const g = svg.append("g").attr("clip-path", `url(#${clip})`);
    for (const rule of spec.rules || []) {
      g.append("line").attr("x1", scale.x(rule)).attr("x2", scale.x(rule)).attr("y1", margin.top - 3).attr("y2", height - margin.bottom)
        .attr("stroke", palette.soft).attr("stroke-dasharray", "2 3");
    }
    for (const layer of spec.layers) drawLayer(g, layer, scale, spec, palette);
    return { scale, margin };
  }

  /** Cells of a grid, coloured; rows and columns are ordered values. */
  function drawHeat(svg, spec, width, height, palette) {
    const margin = { left: 58, right: 12, top: 44, bottom: 40 };
    const xs = spec.heat.xs, ys = spec.heat.ys;
    const x = d3.scaleBand().domain(d3.range(xs.length)).range([margin.left, width - margin.right]).padding(0.02);
    const y = d3.scaleBand().domain(d3.range(ys.length)).range([height - margin.bottom, margin.top]).padding(0.02);
    const values = extent([spec.heat.cells.map((c) => c.value)], spec.yLog) || [0, 1];
    const turn = spec.yLog ? Math.log : (v) => v;
    const low = turn(values[0]), high = turn(values[1]);
    const shade = (v) => d3.interpolateViridis(high > low ? (turn(v) - low) / (high - low) : 0.5);
    const g = svg.append("g").attr("font-family", sans).attr("font-size", 11.5);
    for (const cell of spec.heat.cells) {
      const empty = !defined(cell.value) || (spec.yLog && cell.value <= 0);
      g.append("rect").attr("x", x(cell.x)).attr("y", y(cell.y)).attr("width", x.bandwidth()).attr("height", y.bandwidth())
        .attr("fill", empty ? palette.faint : shade(cell.value));
    }
    const labels = (count, room) => d3.range(count).filter((i) => i % Math.ceil(count / Math.max(1, room)) === 0);
    for (const i of labels(xs.length, (width - 70) / 52)) {
      g.append("text").attr("x", x(i) + x.bandwidth() / 2).attr("y", height - margin.bottom + 16).attr("text-anchor", "middle").attr("fill", palette.soft).text(format(xs[i]));
    }
    for (const i of labels(ys.length, (height - 80) / 18)) {
      g.append("text").attr("x", margin.left - 7).attr("y", y(i) + y.bandwidth() / 2 + 4).attr("text-anchor", "end").attr("fill", palette.soft).text(format(ys[i]));
    }
    g.append("text").attr("x", width - margin.right).attr("y", height - 7).attr("text-anchor", "end").attr("fill", palette.ink).text(shorten(spec.xLabel, 40));
    g.append("text").attr("x", 0).attr("y", margin.top - 8).attr("fill", palette.ink).text(shorten(spec.yLabel, 30));
    const steps = 48, wide = Math.min(180, width * 0.4), left = width - margin.right - wide;
    for (let i = 0; i < steps; i++) {
      g.append("rect").attr("x", left + (i * wide) / steps).attr("y", 3).attr("width", wide / steps + 0.6).attr("height", 9).attr("fill", d3.interpolateViridis(i / (steps - 1)));
    }
    g.append("text").attr("x", left).attr("y", 25).attr("fill", palette.soft).text(format(values[0]));
    g.append("text").attr("x", left + wide).attr("y", 25).attr("text-anchor", "end").attr("fill", palette.soft).text(format(values[1]));
    g.append("text").attr("x", left - 8).attr("y", 12).attr("text-anchor", "end").attr("fill", palette.ink).text(shorten(spec.heat.label, 24));
    return { heat: { x, y }, margin };
  }

  let serial = 0;
  const draw = (svg, spec, width, height, palette) =>
    spec.heat ? drawHeat(svg, spec, width, height, palette) : drawXY(svg, spec, width, height, palette);

  /** The figure as a picture of its own: on white, with title and key. */
  function pictureOf(spec) {
    const palette = themes.light, width = 720, height = Math.max(400, spec.height || 0);
    const keys = spec.key || [];
    const rows = [];
    let used = width;
    for (const key of keys) {
      const need = 44 + 6.6 * [...shorten(key.label, 60)].length;
      if (used + need > width - 40) { rows.push([]); used = 0; }
      rows[rows.length - 1].push([key, used]);
      used += need;
    }
    const head = 34 + 20 * rows.length, all = head + height + 14;
    const svg = d3.select(document.createElementNS("http://www.w3.org/2000/svg", "svg"))
      .attr("xmlns", "http://www.w3.org/2000/svg").attr("width", width).attr("height", all).attr("viewBox", `0 0 ${width} ${all}`);
    const title = spec.full || spec.title;
    svg.append("title").text(title);
    svg.append("rect").attr("width", width).attr("height", all).attr("fill", "#ffffff");
    svg.append("text").attr("x", 20).attr("y", 24).attr("font-family", sans).attr("font-size", 15).attr("font-weight", 600)
      .attr("fill", palette.ink).text(shorten(title, 84));
    rows.forEach((row, r) => row.forEach(([key, at]) => {
      const y = 42 + 20 * r;
      svg.append("line").attr("x1", 20 + at).attr("x2", 44 + at).attr("y1", y).attr("y2", y).attr("stroke", colour(key.colour, palette))
        .attr("stroke-width", 2.5).attr("stroke-dasharray", key.dash || null);
      svg.append("text").attr("x", 50 + at).attr("y", y + 4).attr("font-family", sans).attr("font-size", 12).attr("fill", palette.soft).text(shorten(key.label, 60));
    }));
    draw(svg.append("g").attr("transform", `translate(20,${head})`), spec, width - 40, height, palette);
    return { node: svg.node(), width, height: all };
  }
  const svgText = (node) => `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(node)}\n`;

  function save(blob, name) {
    const address = URL.createObjectURL(blob);
    const link = el("a", { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }
  function savePicture(picture, name) {
    const address = URL.createObjectURL(new Blob([svgText(picture.node)], { type: "image/svg+xml;charset=utf-8" }));
    const image = new Image();
    image.onload = () => {
      const canvas = el("canvas", { width: 2 * picture.width, height: 2 * picture.height });
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(address);
      canvas.toBlob((blob) => save(blob, name), "image/png");
    };
    image.src = address;
  }
  const csvField = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  const csvText = (table) => [table.columns, ...table.rows].map((row) => row.map(csvField).join(",")).join("\r\n") + "\r\n";
  const saveText = (text, name, type) => save(new Blob([text], { type }), name);
  const fileName = (text) => shorten(text, 60).replace(/[^A-Za-z0-9_-]+/g, "_").replace(/^_+|_+$/g, "") || "figure";

  /** A table; long ones show their beginning until all is asked for. */
  function table(data, options = {}) {
    const most = options.most || 200;
    const wrap = el("div", { class: "scroll tall", tabindex: 0, role: "region", "aria-label": options.label || "table" });
    const fill = (count) => {
      const numeric = data.columns.map((_, c) => data.rows.some((row) => typeof row[c] === "number"));
      const body = data.rows.slice(0, count).map((row) => el("tr", {}, row.map((value, c) =>
        el("td", { class: numeric[c] ? "number" : null }, typeof value === "number" ? format(value) : value === null || value === undefined ? "" : String(value)))));
      const parts = [el("table", {}, el("thead", {}, el("tr", {}, data.columns.map((name, c) => el("th", { scope: "col", class: numeric[c] ? "number" : null }, name)))), el("tbody", {}, body))];
      if (count < data.rows.length) {
        parts.push(el("button", { type: "button", onclick: () => fill(data.rows.length) }, `Show all ${data.rows.length} rows`));
      }
      wrap.replaceChildren(...parts);
    };
    fill(most);
    return wrap;
  }

  const live = new Set();
  let pending = 0;
  function redrawAll() {
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(() => live.forEach((one) => one.redraw()));
  }
  media.addEventListener("change", redrawAll);
  window.addEventListener("beforeprint", () => { printing = true; live.forEach((one) => one.redraw()); });
  window.addEventListener("afterprint", () => { printing = false; live.forEach((one) => one.redraw()); });

  /**
   * A figure on the page. `describe` gives its description anew whenever something changed;
   * figures of one `group` share the place that is read off.
   */
  function figure(describe, group) {
    const heading = el("h3", {}), id = el("span", { class: "id" });
    const plot = el("div", { class: "plot" });
    const readout = el("output", { class: "readout", "aria-live": "off" });
    const details = el("details", { class: "data" }, el("summary", {}, "Table"));
    const tool = (text, act) => el("button", { type: "button", onclick: act }, text);
    const name = () => fileName(spec.file || spec.title);
    const buttons = [
      tool("SVG", () => saveText(svgText(pictureOf(spec).node), `${name()}.svg`, "image/svg+xml")),
      tool("PNG", () => savePicture(pictureOf(spec), `${name()}.png`)),
      tool("CSV", () => saveText(csvText(spec.table()), `${name()}.csv`, "text/csv")),
    ];
    const root = el("figure", {}, el("figcaption", {}, heading, id), plot, readout, el("div", { class: "tools" }, buttons, details));
    let spec = null, drawn = null, width = 0, height = 0, cursor = null;

    const positions = () => (spec && spec.cursor ? spec.cursor.at : []);
    function showCursor() {
      const svg = d3.select(plot).select("svg");
      svg.selectAll(".cursor").remove();
      if (!spec || !spec.cursor || !drawn || !positions().length) {
        readout.replaceChildren(...(spec && spec.note ? [spec.note] : []));
        return;
      }
      const chosen = group ? group.at : cursor;
      const rests = chosen === null || chosen === undefined;
      const all = positions(), nearest = rests ? all[all.length - 1] : closest(all, chosen);
      if (rests && spec.note) { readout.replaceChildren(spec.note); return; }
      if (!rests) {
        const palette = theme(), x = drawn.scale.x(nearest);
        svg.append("line").attr("class", "cursor").attr("x1", x).attr("x2", x).attr("y1", drawn.margin.top - 3)
          .attr("y2", height - drawn.margin.bottom).attr("stroke", palette.ink).attr("stroke-width", 1).attr("stroke-opacity", 0.65);
      }
      const entries = spec.cursor.read(nearest);
      readout.replaceChildren(
        el("span", { class: "one" }, el("b", {}, spec.cursor.name(nearest))),
        ...entries.map((entry) => {
          const mark = el("i", {});
          mark.style.background = entry.colour === undefined ? "none" : colour(entry.colour, theme());
          return el("span", { class: "one" }, entry.colour === undefined ? null : mark, entry.text);
        }));
      if (plot.getAttribute("role") === "slider") {
        plot.setAttribute("aria-valuenow", nearest);
        plot.setAttribute("aria-valuetext", `${spec.cursor.name(nearest)}: ${entries.map((e) => e.text).join("; ")}`);
      }
    }
    function moveTo(value) {
      if (group) { group.at = value; group.figures.forEach((one) => one.showCursor()); } else { cursor = value; showCursor(); }
    }
    plot.addEventListener("pointermove", (event) => {
      if (!spec || !spec.cursor || !drawn) return;
      const box = plot.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * width;
      moveTo(drawn.scale.x.invert(Math.min(width - drawn.margin.right, Math.max(drawn.margin.left, x))));
    });
    plot.addEventListener("keydown", (event) => {
      const all = positions();
      if (!all.length) return;
      const now = group ? group.at : cursor;
      const index = now === null || now === undefined ? -1 : all.indexOf(closest(all, now));
      const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
      let next = null;
      if (event.key in steps) next = index + steps[event.key];
      else if (event.key === "Home") next = 0;
      else if (event.key === "End") next = all.length - 1;
      else if (event.key === "Escape") { moveTo(null); return; }
      if (next === null) return;
      event.preventDefault();
      moveTo(all[Math.max(0, Math.min(all.length - 1, next))]);
    });
    details.addEventListener("toggle", () => fillTable());
    function fillTable() {
      details.querySelectorAll(".scroll").forEach((one) => one.remove());
      if (details.open && spec) details.append(table(spec.table(), { label: `Data of ${spec.title}` }));
    }

    function redraw() {
      if (!spec || !root.isConnected) return;
      width = Math.round(plot.clientWidth) || 360;
      height = spec.heat ? Math.min(440, Math.max(240, 90 + 26 * spec.heat.ys.length)) : spec.height || Math.max(200, Math.min(spec.tall || 280, Math.round(width * 0.62)));
      const svg = d3.create("svg").attr("viewBox", `0 0 ${width} ${height}`).attr("aria-hidden", "true").attr("focusable", "false");
      drawn = draw(svg, spec, width, height, theme());
      plot.replaceChildren(svg.node());
      showCursor();
    }
    function update() {
      spec = describe();
      root.hidden = !spec;
      if (!spec) return;
      heading.textContent = spec.title;
      id.textContent = spec.id || "";
      const all = positions();
      if (all.length) {
        for (const [key, value] of Object.entries({ role: "slider", tabindex: 0, "aria-label": `${spec.title}; ${spec.says}; arrow keys read values`, "aria-valuemin": all[0], "aria-valuemax": all[all.length - 1], "aria-valuenow": all[0] })) plot.setAttribute(key, value);
      } else {
        plot.setAttribute("role", "img");
        plot.setAttribute("aria-label", `${spec.title}; ${spec.says}`);
      }
      readout.hidden = !spec.cursor && !spec.note;
      buttons.forEach((button) => button.setAttribute("aria-label", `${button.textContent} of ${spec.title}`));
      redraw();
      fillTable();
    }
    const made = { root, update, redraw, showCursor, spec: () => spec };
    live.add(made);
    if (group) group.figures.push(made);
    return made;
  }
  function closest(sorted, value) {
    if (!sorted.length) return null;
    const at = d3.bisectLeft(sorted, value);
    if (at === 0) return sorted[0];
    if (at >= sorted.length) return sorted[sorted.length - 1];
    return value - sorted[at - 1] <= sorted[at] - value ? sorted[at - 1] : sorted[at];
  }
  function forget(made) {
    live.delete(made);
  }

  let lastWidth = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth !== lastWidth) { lastWidth = window.innerWidth; redrawAll(); }
  });

  return {
    el, figure, forget, table, format, shorten, defined, extent, theme, themes, colour, dash, closest,
    redrawAll, isDark, isPrinting: () => printing, save, saveText, svgText, csvText, fileName, savePicture, live,
  };
})();
