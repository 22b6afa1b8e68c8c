"use strict";
// The page: sections of what the results have, and what the reader chooses to see of it.
(() => {
  const { el, figure, format, defined } = Plot;
  const report = JSON.parse(document.getElementById("contents").textContent);
  const { results, columns, courses } = report;
  const many = results.length > 1;
  const lineDash = (r) => (results[r].meanField ? "0.1 4.5" : many ? Plot.dash(r) : null);

  // What is shown: results that are switched on, and columns.
  const plainResults = results.map((_, r) => r).filter((r) => courses[r]);
  const shown = new Set(results.map((_, r) => r));
  const withCourse = columns.map((_, c) => c).filter((c) => plainResults.some((r) => courses[r].columns[c]));
  const firstKind = (withCourse.length ? withCourse : columns.map((_, c) => c)).some((c) => columns[c].kind === "observable") ? "observable" : "species";
  const every = columns.map((_, c) => c);
  const chosen = new Set((withCourse.length ? withCourse : every).filter((c) => columns[c].kind === firstKind).slice(0, 4));
  const updates = [];
  const update = () => updates.forEach((one) => one());

  const visible = (list) => list.filter((r) => shown.has(r));
  const heading = (c) => columns[c].label || columns[c].id;
  const idOf = (c) => {
    const twice = columns.some((other, o) => o !== c && other.id === columns[c].id);
    return twice ? `${columns[c].id} (${columns[c].kind})` : columns[c].id;
  };
  const unitOf = (c) => (columns[c].unit && columns[c].unit !== "1" ? columns[c].unit : "");
  const timeLabel = `time [${report.timeUnit}]`;
  const at = (t) => `${format(t)} ${report.timeUnit}`;
  const keyOf = (list) => list.map((r) => ({ colour: r, label: results[r].label, dash: lineDash(r) }));
  const prefix = (r) => (many ? `${results[r].label}: ` : "");

  // Pieces of the page.
  const sections = [];
  function section(id, title, lead, ...children) {
    const head = el("h2", { id: `${id}-title`, tabindex: -1 }, title);
    const root = el("section", { id, "aria-labelledby": head.id }, head, lead ? el("p", { class: "lead" }, lead) : null, ...children);
    sections.push({ id, title, root });
    return root;
  }
  const select = (label, options, act, value) => {
    const box = el("select", { onchange: () => act(box.value) }, options.map(([v, text]) => el("option", { value: v, selected: String(v) === String(value) }, text)));
    const root = el("label", {}, label, box);
    return { root, box };
  };
  const check = (label, value, act) => {
    const box = el("input", { type: "checkbox", onchange: () => act(box.checked) });
    box.checked = value;
    return el("label", { class: "check" }, box, label);
  };
  function swatch(r) {
    const svg = d3.create("svg").attr("width", 26).attr("height", 10).attr("aria-hidden", "true");
    const line = svg.append("line").attr("x1", 1).attr("x2", 25).attr("y1", 5).attr("y2", 5).attr("stroke-width", 3).attr("stroke-dasharray", lineDash(r))
      .attr("stroke-linecap", results[r].meanField ? "round" : "butt");
    Plot.live.add({ redraw: () => line.attr("stroke", Plot.colour(r, Plot.theme())) });
    line.attr("stroke", Plot.colour(r, Plot.theme()));
    return svg.node();
  }
  /** A grid with a figure for every chosen column that has something to show. */
  function perColumn(describe, group) {
    const grid = el("div", { class: "figures" });
    const empty = el("p", { class: "lead" }, "Nothing is chosen that has these data.");
    const made = new Map();
    const refresh = () => {
      for (const [c, one] of made) if (!chosen.has(c)) {
        one.root.remove();
        Plot.forget(one);
        if (group) group.figures.splice(group.figures.indexOf(one), 1);
        made.delete(c);
      }
      for (const c of every) if (chosen.has(c) && !made.has(c)) made.set(c, figure(() => describe(c), group));
      const ordered = every.filter((c) => made.has(c)).map((c) => made.get(c));
      grid.replaceChildren(...ordered.map((one) => one.root), empty);
      ordered.forEach((one) => one.update());
      empty.hidden = ordered.some((one) => one.spec());
    };
    updates.push(refresh);
    return { root: grid, refresh };
  }

  // The head: what this is, and where it comes from.
  function head() {
    const first = Object.fromEntries(results[0].facts), network = report.networks[0];
    const facts = [];
    const fact = (name, value) => value && facts.push(el("div", {}, el("dt", {}, name), el("dd", {}, value)));
    fact(many ? "results" : "network", many ? String(results.length) : first.Network);
    if (many && first.Network && results.every((r) => Object.fromEntries(r.facts).Network === first.Network)) fact("network", first.Network);
    const total = results.reduce((sum, r) => sum + (r.meanField ? 0 : r.trajectories), 0);
    if (total) fact("trajectories", total.toLocaleString("en").replace(/,/g, "\u202f"));
    if (results.every((r) => Object.fromEntries(r.facts).Time === first.Time)) fact("time", first.Time);
    const verdicts = [...new Set(report.certificates.map((c) => c.verdict))];
    if (verdicts.length) fact("certificate", verdicts.join(", "));
    if (!many) fact("contract hash", results[0].hash);
    return el("header", { class: "title" }, el("h1", {}, report.title),
      network && network.description ? el("p", { class: "under" }, network.description) : null, el("dl", { class: "facts" }, facts));
  }
  function copyButton(text) {
    const button = el("button", { type: "button" }, "Copy");
    button.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; } catch { button.textContent = "Select it by hand"; }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    return button;
  }
  function provenance() {
    const names = [...new Set(results.flatMap((r) => r.facts.map(([name]) => name)))];
    const values = results.map((r) => Object.fromEntries(r.facts));
    const rows = names.map((name) => {
      const cells = values.map((one) => one[name] || "");
      const same = many && cells.every((one) => one === cells[0]);
      const mono = /hash/.test(name) ? "mono" : null;
      return el("tr", {}, el("th", { scope: "row" }, name),
        same ? el("td", { colspan: results.length, class: mono }, cells[0]) : cells.map((one) => el("td", { class: mono }, one || "–")));
    });
    const top = many ? el("thead", {}, el("tr", {}, el("td", {}), results.map((r, i) => el("th", { scope: "col" }, swatch(i), " ", r.label)))) : null;
    const commands = results.filter((r) => r.command).map((r) => el("div", {}, many ? el("p", {}, r.label) : null,
      el("div", { class: "command" }, el("pre", {}, el("code", {}, r.command)), copyButton(r.command))));
    const files = report.networks.map((network) => el("button", { type: "button", onclick: () => Plot.saveText(network.text, `${Plot.fileName(network.name)}.toml`, "text/plain;charset=utf-8") }, `Save ${Plot.shorten(Plot.fileName(network.name), 40)}.toml`));
    for (const { sets } of results.filter((r) => r.sets)) {
      files.push(el("button", { type: "button", onclick: () => Plot.saveText(sets.text, sets.name, "text/csv;charset=utf-8") }, `Save ${Plot.shorten(sets.name, 40)}`));
    }
    return section("provenance", "Where it comes from", null,
      el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "where the results come from" }, el("table", {}, top, el("tbody", {}, rows))),
      commands.length ? el("h3", {}, "To make it again") : null,
      commands.length ? el("p", { class: "lead" }, `On any machine, with the same version, this gives the same contract hash${results.some((r) => r.meanField) ? " (the mean field has none)" : ""}. Give another name behind --output where the file exists.`) : null,
      commands, files.length ? el("p", {}, files) : null);
  }

  // Statistics over time.
  const group = { at: null, figures: [] };
  // A parameter that follows a file can change thousands of times; so many lines would hide the rest.
  const rulesOf = (list) => { const all = [...new Set(list.flatMap((r) => results[r].changes))]; return all.length > 64 ? [] : all; };
  function statisticsTable(c, list) {
    const names = ["mean", "var", "q05", "q25", "q50", "q75", "q95", "min", "max"];
    const there = names.filter((name) => list.some((r) => (courses[r].columns[c] || {})[name]));
    const rows = list.flatMap((r) => courses[r].time.map((t, i) => [...(many ? [results[r].label] : []), t,
      courses[r].n ? courses[r].n[i] : null, ...there.map((name) => (courses[r].columns[c][name] || [])[i])]));
    return { columns: [...(many ? ["result"] : []), `time [${report.timeUnit}]`, "n", ...there], rows };
  }
  const listFor = (c) => visible(plainResults).filter((r) => courses[r].columns[c]);
  const cursorOf = (list, read) => ({
    at: [...new Set(list.flatMap((r) => courses[r].time))].sort((a, b) => a - b),
    name: at,
    read: (t) => list.map((r) => {
      const nearest = Plot.closest(courses[r].time, t);
      return { colour: r, text: prefix(r) + read(r, courses[r].time.indexOf(nearest)) };
    }),
  });
  let logTime = false, lineOf = results.some((r) => r.meanField) ? "mean" : "median";
  // Of what is 0 or 1 in every trajectory, quantiles say little and the mean is a share.
  const isYesOrNo = (c, one) => columns[c].whole && ["min", "max"].every((key) => one[key] && one[key].every((v) => !defined(v) || v === 0 || v === 1));
  function shareOf(c, list) {
    const layers = list.map((r) => ({ type: "line", x: courses[r].time, y: courses[r].columns[c].mean, colour: r, dash: lineDash(r), width: 1.9 }));
    return {
      title: heading(c), id: idOf(c), says: `share of trajectories over time, of ${list.map((r) => results[r].label).join(", ")}`, file: `${columns[c].id}_over_time`,
      xLabel: timeLabel, yLabel: "share of trajectories", layers, rules: rulesOf(list), yLog: logTime, key: keyOf(list), table: () => statisticsTable(c, list),
      cursor: cursorOf(list, (r, i) => format(courses[r].columns[c].mean[i])),
    };
  }
  function course(c) {
    const list = listFor(c);
    if (!list.length) return null;
    const noisy = list.filter((r) => !results[r].meanField);
    if (noisy.length && noisy.every((r) => isYesOrNo(c, courses[r].columns[c])) && list.every((r) => courses[r].columns[c].mean)) return shareOf(c, list);
    const layers = [];
    for (const r of list) {
      const one = courses[r].columns[c], x = courses[r].time;
      if (one.q05 && one.q95) layers.push({ type: "band", x, low: one.q05, high: one.q95, colour: r, opacity: 0.13 });
      if (one.q25 && one.q75) layers.push({ type: "band", x, low: one.q25, high: one.q75, colour: r, opacity: 0.24 });
    }
    for (const r of list) {
      const one = courses[r].columns[c], y = results[r].meanField || lineOf === "mean" ? one.mean : one.q50 || one.mean;
      if (y) layers.push({ type: "line", x: courses[r].time, y, colour: r, dash: lineDash(r), width: results[r].meanField ? 2.6 : 1.9, marks: y.length < 3 });
    }
    return {
      title: heading(c), id: idOf(c), says: `${lineOf} and bands over time of ${list.map((r) => results[r].label).join(", ")}`, file: `${columns[c].id}_over_time`,
      xLabel: timeLabel, yLabel: unitOf(c), layers, rules: rulesOf(list), yLog: logTime, key: keyOf(list), table: () => statisticsTable(c, list),
      cursor: cursorOf(list, (r, i) => {
        const one = courses[r].columns[c];
        if (results[r].meanField) return format(one.mean && one.mean[i]);
        const parts = one.q50 ? `median ${format(one.q50[i])}, 5–95\u00a0% ${format(one.q05 && one.q05[i])} to ${format(one.q95 && one.q95[i])}` : "";
        return [parts, one.mean ? `mean ${format(one.mean[i])}` : ""].filter(Boolean).join(", ");
      }),
    };
  }
  function overTime() {
    if (!withCourse.length) return null;
    const grid = perColumn(course, group);
    const thinned = plainResults.filter((r) => courses[r].all > courses[r].time.length);
    const lead = "Lines are medians or means, bands 25–75\u00a0% and 5–95\u00a0% of the trajectories"
      + (results.some((r) => r.meanField) ? "; dotted lines are the mean field, which has no noise" : "")
      + (rulesOf(plainResults).length ? "; dashed uprights are scheduled changes" : "")
      + ". Point at a figure, or focus it and use the arrow keys, to read values"
      + (thinned.length ? `. Of ${courses[thinned[0]].all} sample times ${courses[thinned[0]].time.length} are shown` : "") + ".";
    return section("time", "Over time", lead, el("div", { class: "controls" }, select("Line", [["median", "median"], ["mean", "mean"]], (v) => { lineOf = v; grid.refresh(); }, lineOf).root,
      check("logarithmic", false, (on) => { logTime = on; grid.refresh(); })), grid.root);
  }

  // Distributions.
  function distributions() {
    const list = plainResults.filter((r) => report.histograms[r]);
    if (!list.length) return null;
    const times = [...new Set(list.flatMap((r) => report.histograms[r].time))].sort((a, b) => a - b);
    let now = times[times.length - 1], fixed = true, cumulative = false;
    const places = (r) => report.histograms[r].time.indexOf(Plot.closest(report.histograms[r].time, now));
    const grid = perColumn((c) => {
      const here = visible(list).filter((r) => report.histograms[r].columns[c]);
      if (!here.length) return null;
      const layers = [], tableRows = [];
      for (const r of here) {
        const entry = report.histograms[r].columns[c][places(r)];
        if (!entry) continue;
        const [start, width, counts] = entry, total = d3.sum(counts);
        const x = d3.range(counts.length + 1).map((i) => start + i * width);
        let sum = 0;
        counts.forEach((n, i) => tableRows.push([...(many ? [results[r].label] : []), report.histograms[r].time[places(r)], x[i], x[i + 1], n]));
        if (cumulative) layers.push({ type: "line", step: true, x, y: [0, ...counts.map((n) => (sum += n) / total)], colour: r, dash: lineDash(r) });
        else layers.push({ type: "bins", x, y: counts.map((n) => n / total / width), colour: r, dash: lineDash(r) });
      }
      if (!layers.length) return null;
      let xDomain = null;
      if (fixed) {
        xDomain = [Infinity, -Infinity];
        for (const r of here) for (const entry of report.histograms[r].columns[c]) if (entry) {
          xDomain = [Math.min(xDomain[0], entry[0]), Math.max(xDomain[1], entry[0] + entry[1] * entry[2].length)];
        }
      }
      const top = d3.max(layers, (one) => d3.max(one.y)) || 1;
      return {
        title: heading(c), full: `${heading(c)} at ${at(now)}`, id: `${idOf(c)} at ${at(now)}`, says: `distribution at ${at(now)}`, file: `${columns[c].id}_at_${format(now)}`, layers, xDomain,
        yDomain: cumulative ? [0, 1.02] : [0, top * 1.06], xLabel: unitOf(c) || columns[c].id, yLabel: cumulative ? "share of trajectories up to here" : "density", key: keyOf(here), tall: 240,
        table: () => ({ columns: [...(many ? ["result"] : []), `time [${report.timeUnit}]`, "from", "below", "trajectories"], rows: tableRows }),
      };
    });
    const label = el("b", {}, at(now));
    const slider = el("input", { type: "range", min: 0, max: times.length - 1, step: 1, value: times.length - 1, id: "distribution-time" });
    const moved = () => {
      now = times[Number(slider.value)];
      label.textContent = at(now);
      slider.setAttribute("aria-valuetext", at(now));
      grid.refresh();
    };
    slider.addEventListener("input", moved);
    slider.setAttribute("aria-valuetext", at(now));
    return section("distributions", "Distributions", "All trajectories at one time. Neighbouring bins are joined, to about 20 for a thousand trajectories; the result file has the fine ones.",
      el("div", { class: "controls" }, el("label", { class: "slider" }, el("span", {}, "At time ", label), slider),
        check("same axis at all times", true, (on) => { fixed = on; grid.refresh(); }), check("cumulative", false, (on) => { cumulative = on; grid.refresh(); })), grid.root);
  }

  // Noise.
  const measures = {
    cv2: { name: "CV² (variance over squared mean)", short: "CV²", of: (m, v) => (m !== 0 ? v / (m * m) : null) },
    fano: { name: "Fano factor (variance over mean)", short: "Fano factor", of: (m, v) => (m !== 0 ? v / m : null) },
    sd: { name: "standard deviation", short: "standard deviation", of: (m, v) => Math.sqrt(v) },
    se: { name: "standard error of the mean", short: "standard error", of: (m, v, n) => Math.sqrt(v / n) },
  };
  function noise() {
    const list = plainResults.filter((r) => Object.values(courses[r].columns).some((one) => one.var));
    if (!list.length) return null;
    const own = { at: null, figures: [] };
    let measure = "cv2", log = true;
    const grid = perColumn((c) => {
      const here = visible(list).filter((r) => (courses[r].columns[c] || {}).var && courses[r].columns[c].mean);
      if (!here.length) return null;
      const value = (r, i) => {
        const one = courses[r].columns[c], m = one.mean[i], v = one.var[i];
        return defined(m) && defined(v) ? measures[measure].of(m, v, courses[r].n ? courses[r].n[i] : results[r].trajectories) : null;
      };
      const layers = here.map((r) => ({ type: "line", x: courses[r].time, y: courses[r].time.map((_, i) => value(r, i)), colour: r, dash: lineDash(r) }));
      const positive = layers.some((one) => one.y.some((v) => defined(v) && v > 0));
      return {
        title: heading(c), full: `${heading(c)}: ${measures[measure].short}`, id: idOf(c), says: `${measures[measure].name} over time`, file: `${columns[c].id}_${measure}`, layers, yLog: log && positive, rules: rulesOf(here),
        xLabel: timeLabel, yLabel: measures[measure].short, key: keyOf(here), tall: 240, cursor: cursorOf(here, (r, i) => format(value(r, i))),
        table: () => ({ columns: [...(many ? ["result"] : []), `time [${report.timeUnit}]`, measure], rows: here.flatMap((r, k) => courses[r].time.map((t, i) => [...(many ? [results[r].label] : []), t, layers[k].y[i]])) }),
      };
    }, own);
    const chooser = select("Measure", Object.entries(measures).map(([key, one]) => [key, one.name]), (v) => { measure = v; grid.refresh(); }, measure);
    return section("noise", "Noise", "How trajectories differ from each other. A Fano factor of 1 is that of a Poisson law.",
      el("div", { class: "controls" }, chooser.root, check("logarithmic", true, (on) => { log = on; grid.refresh(); })), grid.root);
  }

  // Single cells.
  function singleCells() {
    const cells = report.cells;
    if (!cells) return null;
    const names = cells.features;
    const score = (f) => new Set(cells.results.flatMap((part) => (part.values[f] || []).slice(0, 400))).size;
    const ranked = names.map((_, f) => f).sort((a, b) => (score(b) > 8) - (score(a) > 8) || a - b);
    let fx = ranked[0], fy = ranked[1] === undefined ? ranked[0] : ranked[1], log = false;
    const parts = () => cells.results.filter((part) => shown.has(part.result));
    const scatter = figure(() => {
      const here = parts().filter((part) => part.values[fx] && part.values[fy]);
      if (fx === fy || !here.length) return null;
      const less = here.some((part) => part.total > part.ids.length);
      return {
        title: `${names[fy]} against ${names[fx]}`, says: `a dot for each trajectory of ${here.map((p) => results[p.result].label).join(", ")}`, file: "single_cells", xLabel: names[fx], yLabel: names[fy], xLog: log, yLog: log, zero: false, tall: 420,
        layers: here.map((part) => ({ type: "dots", x: part.values[fx], y: part.values[fy], colour: part.result, shape: part.result, opacity: part.ids.length > 800 ? 0.32 : 0.5, size: part.ids.length > 800 ? 12 : 22 })),
        key: keyOf(here.map((p) => p.result)), note: less ? `The first ${here[0].ids.length} trajectories of ${here[0].total}; histograms are of all.` : null,
        table: () => ({ columns: [...(many ? ["result"] : []), "trajectory", names[fx], names[fy]], rows: here.flatMap((part) => part.ids.map((id, i) => [...(many ? [results[part.result].label] : []), String(id), part.values[fx][i], part.values[fy][i]])) }),
      };
    });
    const histogram = (f) => figure(() => {
      const { edges, counts } = cells.histograms[f()], here = parts().filter((part) => counts[part.result]);
      if (!edges.length || !here.length) return null;
      const wide = edges[1] - edges[0];
      const layers = here.map((part) => { const total = d3.sum(counts[part.result]) || 1; return { type: "bins", x: edges, y: counts[part.result].map((n) => n / total / wide), colour: part.result, dash: lineDash(part.result) }; });
      return {
        title: names[f()], says: "histogram over trajectories", file: `${names[f()]}_histogram`, xLabel: names[f()], yLabel: "density", yDomain: [0, 1.06 * (d3.max(layers, (l) => d3.max(l.y)) || 1)], layers, key: keyOf(here.map((p) => p.result)), tall: 220,
        table: () => ({ columns: [...(many ? ["result"] : []), "from", "below", "trajectories"], rows: here.flatMap((part) => counts[part.result].map((n, i) => [...(many ? [results[part.result].label] : []), edges[i], edges[i + 1], n])) }),
      };
    });
    const first = histogram(() => fx), second = histogram(() => fy);
    const refresh = () => { scatter.update(); first.update(); second.update(); second.root.hidden = second.root.hidden || fx === fy; };
    updates.push(refresh);
    const options = names.map((name, i) => [i, name]);
    const x = select("Across", options, (v) => { fx = Number(v); refresh(); }, fx), y = select("Up", options, (v) => { fy = Number(v); refresh(); }, fy);
    return section("cells", "Single cells", "Numbers kept of every trajectory; each is one simulated cell.",
      el("div", { class: "controls" }, x.root, y.root, check("logarithmic", false, (on) => { log = on; refresh(); })),
      el("div", { class: "figures wide" }, scatter.root), el("div", { class: "figures" }, first.root, second.root));
  }

  // First passage.
  function survival() {
    if (!report.survival.length) return null;
    const made = report.survival.map((entry) => figure(() => {
      const here = entry.curves.filter((curve) => shown.has(curve.result));
      if (!here.length) return null;
      const layers = here.flatMap((curve) => [
        { type: "band", step: true, x: curve.time, low: curve.low, high: curve.high, colour: curve.result, opacity: 0.15 },
        { type: "line", step: true, x: curve.time, y: curve.share, colour: curve.result, dash: lineDash(curve.result) }]);
      const all = [...new Set(here.flatMap((curve) => curve.time))].sort((a, b) => a - b);
      const value = (curve, t) => { const i = d3.bisectRight(curve.time, t) - 1; return i < 0 ? 1 : curve.share[i]; };
      const left = d3.sum(here, (curve) => curve.leftOut);
      return {
        title: `Not yet: ${entry.condition}`, says: "share of trajectories that have not reached it, over time", file: `first_passage_${entry.condition}`, xLabel: timeLabel, yLabel: "share that has not reached it", yDomain: [0, 1.02], layers, key: keyOf(here.map((c) => c.result)),
        cursor: { at: all, name: at, read: (t) => here.map((curve) => ({ colour: curve.result, text: `${prefix(curve.result)}${format(value(curve, t))}, reached by ${curve.reached} of ${curve.of}` })) },
        note: here.map((curve) => { const i = curve.share.findIndex((s) => defined(s) && s <= 0.5); return `${prefix(curve.result)}reached by ${curve.reached} of ${curve.of}, median ${i < 0 ? "later than the end" : at(curve.time[i])}`; }).join("; ") + (left ? `. ${left} that ended early are left out` : "") + ".",
        table: () => ({ columns: [...(many ? ["result"] : []), `time [${report.timeUnit}]`, "share", "low", "high"], rows: here.flatMap((curve) => curve.time.map((t, i) => [...(many ? [results[curve.result].label] : []), t, curve.share[i], curve.low[i], curve.high[i]])) }),
      };
    }));
    updates.push(() => made.forEach((one) => one.update()));
    return section("survival", "First passage", "Share of the trajectories that have not met a condition yet (Kaplan–Meier), with pointwise 95 % bounds; those that end without meeting it count up to their end.", el("div", { class: "figures" }, made.map((one) => one.root)));
  }

  // Where the noise comes from.
  function decomposition() {
    if (!report.decomposition.length) return null;
    const parts = [], made = [];
    for (const entry of report.decomposition) {
      if (entry.cells.length) {
        const three = (name) => [name, `${name}, 2.5 %`, `${name}, 97.5 %`];
        const data = {
          columns: ["feature", "cells", "trajectories", "mean", ...three("CV² within cells"), ...three("CV² between cells"), ...three("share between")],
          rows: entry.cells.map((row) => [row.name, row.cells, row.trajectories, row.mean, ...row.intrinsic, ...row.extrinsic, ...row.share]),
        };
        const one = figure(() => {
          if (!shown.has(entry.result)) return null;
          const most = entry.cells.filter((row) => row.intrinsic[0] + row.extrinsic[0] > 0).slice(0, 24);
          if (!most.length) return null;
          const y = most.map((_, i) => most.length - i), name = (v) => Plot.shorten(most[most.length - v].name, 20);
          const kinds = ["intrinsic", "extrinsic"], x = kinds.map((kind) => most.map((row) => row[kind][0]));
          const all = kinds.flatMap((kind) => most.flatMap((row) => row[kind])).filter(defined);
          const ranges = kinds.flatMap((kind, i) => most.map((row, j) => ({ type: "line", x: [row[kind][1], row[kind][2]], y: [y[j], y[j]], colour: i, width: 1.4 })));
          return {
            title: `${many ? prefix(entry.result) : ""}${many ? "within" : "Within"} and between cells`, says: "squared coefficients of variation of each feature", file: "noise_decomposition", xLabel: "CV²", yTicks: y, yTick: name, yDomain: [0.4, most.length + 0.6], xDomain: [1.04 * Math.min(0, d3.min(all)), 1.04 * d3.max(all)], height: 76 + 26 * most.length,
            layers: [...ranges, ...[0, 1].map((i) => ({ type: "dots", x: x[i], y, colour: i, shape: i, size: 70, opacity: 0.95 }))],
            key: [{ colour: 0, label: "within cells (intrinsic)" }, { colour: 1, label: "between cells (extrinsic)" }], note: "● within cells (intrinsic), ◆ between cells (extrinsic), with 95 % intervals", table: () => data,
          };
        });
        made.push(one);
        parts.push(one.root);
      }
      for (const pair of entry.twins) {
        const one = figure(() => !shown.has(entry.result) ? null : {
          title: `${prefix(entry.result)}${pair.name} and its twin`, says: "intrinsic and extrinsic noise over time", file: `${pair.name}_twin_noise`, xLabel: timeLabel, yLabel: "CV²", yLog: [...pair.intrinsic, ...pair.extrinsic].every((v) => !defined(v) || v > 0),
          layers: [{ type: "line", x: pair.time, y: pair.intrinsic, colour: 0 }, { type: "line", x: pair.time, y: pair.extrinsic, colour: 1, dash: "7 3" }],
          key: [{ colour: 0, label: "intrinsic" }, { colour: 1, label: "extrinsic", dash: "7 3" }],
          cursor: { at: pair.time, name: at, read: (t) => { const i = pair.time.indexOf(t); return [{ colour: 0, text: `intrinsic ${format(pair.intrinsic[i])}` }, { colour: 1, text: `extrinsic ${format(pair.extrinsic[i])}` }]; } },
          note: "solid: intrinsic, dashed: extrinsic",
          table: () => ({ columns: [`time [${report.timeUnit}]`, "intrinsic", "extrinsic"], rows: pair.time.map((t, i) => [t, pair.intrinsic[i], pair.extrinsic[i]]) }),
        });
        made.push(one);
        parts.push(one.root);
      }
    }
    updates.push(() => made.forEach((one) => one.update()));
    const hasCells = report.decomposition.some((entry) => entry.cells.length), hasTwins = report.decomposition.some((entry) => entry.twins.length);
    const lead = [
      hasCells ? "Intrinsic: between replicates of one cell. Extrinsic: between cells; the estimate can fall below 0 where there is little." : "",
      hasTwins ? "Of twins, what they do not share is called intrinsic, and what they share extrinsic. That is the noise without and with changing surroundings only under conditions (Hilfinger and Paulsson 2011, doi 10.1073/pnas.1018832108)." : "",
    ].filter(Boolean).join(" ");
    return section("decomposition", "Where the noise comes from", lead, el("div", { class: "figures" }, parts));
  }

  // Sweeps.
  function sweepPart(sweep) {
    const number = sweep.swept.length, conditions = [...new Set(sweep.conditions)];
    const sets = d3.range(sweep.conditions.length);
    const distinct = sweep.values.map((list) => [...new Set(list)].sort((a, b) => a - b));
    const order = d3.range(number).sort((a, b) => distinct[b].length - distinct[a].length);
    const state = { x: order[0], y: order[1], what: null, statistic: "level", time: sweep.time.length - 1, condition: conditions[0], fixed: distinct.map((list) => list[0]) };
    const whats = [...Object.keys(sweep.columns).map((c) => [`c${c}`, heading(c) === columns[c].id ? columns[c].id : `${heading(c)} (${columns[c].id})`]), ...sweep.features.map((one, f) => [`f${f}`, one.name])];
    if (!number || !whats.length) return null;
    state.what = ([...chosen].map((c) => `c${c}`).find((w) => whats.some(([v]) => v === w))) || whats[0][0];
    const series = () => (state.what[0] === "c" ? sweep.columns[state.what.slice(1)] : sweep.features[Number(state.what.slice(1))]);
    const moment = () => (state.what[0] === "c" ? state.time : 0);
    const get = (name, set) => { const all = series()[name]; return all && all[moment()] ? all[moment()][set] : null; };
    const statistics = {
      level: ["median and 5–95 %", (s) => get("q50", s) ?? get("mean", s)], mean: ["mean", (s) => get("mean", s)],
      cv2: ["CV²", (s) => measures.cv2.of(get("mean", s), get("var", s))], fano: ["Fano factor", (s) => measures.fano.of(get("mean", s), get("var", s))],
      sd: ["standard deviation", (s) => Math.sqrt(get("var", s))], share: ["share that has a value", (s) => (series().share ? series().share[s] : null)],
    };
    const value = (s) => { const v = statistics[state.statistic][1](s); return defined(v) ? v : null; };
    const called = () => (state.statistic === "level" && !sets.some((s) => defined(get("q50", s))) ? "mean (no quantiles at this time)" : statistics[state.statistic][0]);
    const title = () => whats.find(([v]) => v === state.what)[1];
    const when = () => (state.what[0] === "c" ? ` at ${at(sweep.time[state.time])}` : "");
    const isLog = (list) => list.length > 2 && list[0] > 0 && list[list.length - 1] / list[0] > 30;
    const label = (p) => { const network = report.networks.find((n) => n.results.includes(sweep.result)); const one = network && network.parameters.find((q) => q.id === sweep.swept[p]); return one && one.unit && one.unit !== "1" ? `${sweep.swept[p]} [${one.unit}]` : sweep.swept[p]; };
    const fixedBut = (...free) => d3.range(number).filter((p) => !free.includes(p));
    const data = () => ({ columns: ["parameter_set", ...sweep.swept, ...(conditions.length > 1 ? ["condition"] : []), statistics[state.statistic][0]], rows: sets.map((s) => [s, ...sweep.values.map((list) => list[s]), ...(conditions.length > 1 ? [sweep.conditions[s]] : []), value(s)]) });

    const dose = figure(() => {
      const fixed = fixedBut(state.x, number === 2 ? state.y : undefined);
      const keep = sets.filter((s) => fixed.every((p) => sweep.values[p][s] === state.fixed[p]));
      // A line for each condition, or for up to six values of the second parameter.
      const second = number === 2 && conditions.length === 1 ? state.y : null;
      let levels = second === null ? conditions : distinct[second];
      if (second !== null && levels.length > 6) levels = d3.range(6).map((i) => levels[Math.round((i * (levels.length - 1)) / 5)]);
      const lines = levels.map((level, i) => {
        let own = keep.filter((s) => (second === null ? sweep.conditions[s] === level : sweep.values[second][s] === level));
        if (second === null && number === 2) own = own.filter((s) => sweep.values[state.y][s] === state.fixed[state.y]);
        own.sort((a, b) => sweep.values[state.x][a] - sweep.values[state.x][b]);
        return { own, colour: i, name: second === null ? level : `${sweep.swept[second]} = ${format(level)}` };
      }).filter((one) => one.own.length);
      // Quantiles are kept at some of the times; where they are not, the mean stands in for them.
      const band = state.statistic === "level" && sets.some((s) => defined(get("q50", s))), layers = [];
      for (const one of lines) {
        const x = one.own.map((s) => sweep.values[state.x][s]);
        if (band && lines.length < 4) layers.push({ type: "band", x, low: one.own.map((s) => get("q05", s)), high: one.own.map((s) => get("q95", s)), colour: one.colour, opacity: 0.15 });
        layers.push({ type: "line", x, y: one.own.map(value), colour: one.colour, dash: Plot.dash(one.colour), marks: true });
      }
      const xs = [...new Set(lines.flatMap((one) => one.own.map((s) => sweep.values[state.x][s])))].sort((a, b) => a - b);
      return {
        title: `${title()}${when()}`, says: `${called()} against ${sweep.swept[state.x]}`, file: `dose_response_${title()}`, xLabel: label(state.x), yLabel: called(), xLog: isLog(xs), layers, tall: 360,
        key: lines.length > 1 ? lines.map((one) => ({ colour: one.colour, label: one.name, dash: Plot.dash(one.colour) })) : [],
        cursor: { at: xs, name: (v) => `${sweep.swept[state.x]} = ${format(v)}`, read: (v) => lines.map((one) => { const s = one.own.find((q) => sweep.values[state.x][q] === v); return { colour: one.colour, text: s === undefined ? "" : `${lines.length > 1 ? `${one.name}: ` : ""}${format(value(s))}${band && defined(get("q05", s)) ? `, ${format(get("q05", s))} to ${format(get("q95", s))}` : ""}` }; }).filter((one) => one.text) },
        table: data,
      };
    });
    const heat = number < 2 ? null : figure(() => {
      const fixed = fixedBut(state.x, state.y);
      const keep = sets.filter((s) => sweep.conditions[s] === state.condition && fixed.every((p) => sweep.values[p][s] === state.fixed[p]));
      const xs = distinct[state.x], ys = distinct[state.y];
      const cells = keep.map((s) => ({ x: xs.indexOf(sweep.values[state.x][s]), y: ys.indexOf(sweep.values[state.y][s]), value: value(s) }));
      return { title: `${title()}${when()}${conditions.length > 1 ? `, ${state.condition}` : ""}`, says: `heat map over ${sweep.swept[state.x]} and ${sweep.swept[state.y]}`, file: `heat_map_${title()}`, xLabel: label(state.x), yLabel: label(state.y), layers: [], heat: { xs, ys, cells, label: called() === statistics.level[0] ? "median" : called().split(" (")[0] }, table: data };
    });
    const refresh = () => { dose.update(); if (heat) heat.update(); };
    const controls = [select("Quantity", whats, (v) => { state.what = v; refresh(); }, state.what).root,
      select("Statistic", Object.entries(statistics).filter(([key]) => key !== "share" || sweep.features.length).map(([key, one]) => [key, one[0]]), (v) => { state.statistic = v; refresh(); }, state.statistic).root];
    if (number > 1) {
      const options = sweep.swept.map((name, p) => [p, name]);
      const x = select("Across", options, (v) => { if (Number(v) === state.y) { state.y = state.x; y.box.value = state.y; } state.x = Number(v); refresh(); }, state.x);
      const y = select("Up", options, (v) => { if (Number(v) === state.x) { state.x = state.y; x.box.value = state.x; } state.y = Number(v); refresh(); }, state.y);
      controls.push(x.root, y.root);
    }
    if (number > 2 || (number === 2 && conditions.length > 1)) sweep.swept.forEach((name, p) => controls.push(select(name, distinct[p].map((v) => [v, format(v)]), (v) => { state.fixed[p] = Number(v); refresh(); }, state.fixed[p]).root));
    if (number > 1 && conditions.length > 1) controls.push(select("Condition of the heat map", conditions.map((c) => [c, c || "none"]), (v) => { state.condition = v; refresh(); }, state.condition).root);
    if (sweep.time.length > 1) {
      const shownTime = el("b", {}, at(sweep.time[state.time]));
      const slider = el("input", { type: "range", min: 0, max: sweep.time.length - 1, step: 1, value: state.time, "aria-valuetext": at(sweep.time[state.time]) });
      slider.addEventListener("input", () => { state.time = Number(slider.value); shownTime.textContent = at(sweep.time[state.time]); slider.setAttribute("aria-valuetext", shownTime.textContent); refresh(); });
      controls.push(el("label", { class: "slider" }, el("span", {}, "At time ", shownTime), slider));
    }
    updates.push(refresh);
    const fewer = sweep.all > Object.keys(sweep.columns).length;
    return [many ? el("h3", {}, results[sweep.result].label) : null,
      fewer ? el("p", { class: "lead" }, `Of ${sweep.all} observables and species the first ${Object.keys(sweep.columns).length} are shown: there are ${sweep.conditions.length} parameter sets.`) : null,
      el("div", { class: "controls" }, controls), el("div", { class: "figures" }, dose.root, heat ? heat.root : null)];
  }
  function sweeps() {
    const parts = report.sweeps.map(sweepPart).filter(Boolean);
    if (!parts.length) return null;
    return section("sweep", "Sweep", "Trajectory i has the same random numbers in every parameter set, so neighbouring sets are compared in pairs and differ less than independent ones would.", parts);
  }

  // The network, its values, the certificate.
  function networks() {
    const list = report.networks.filter((one) => one.species.length);
    if (!list.length) return null;
    const maps = list.map((network) => NetworkMap.map(network));
    const root = section("network", "The network", "Drag to move; Ctrl and the wheel, or the buttons, zoom. Choose a species or a reaction to see what it touches.",
      list.map((network, i) => [list.length > 1 ? el("h3", {}, network.name) : null, maps[i].root]));
    return { root, show: () => maps.forEach((one) => one.show()) };
  }
  function filtered(label, headers, rows, render) {
    const body = el("tbody", {}), input = el("input", { type: "search", placeholder: "name, label or source" });
    const count = el("span", { class: "unseen", "aria-live": "polite" });
    const fill = () => {
      const wanted = input.value.trim().toLowerCase();
      const found = rows.filter((row) => !wanted || Object.values(row).some((v) => String(v).toLowerCase().includes(wanted)));
      body.replaceChildren(...found.map(render));
      count.textContent = `${found.length} of ${rows.length} rows`;
    };
    input.addEventListener("input", fill);
    fill();
    return [rows.length > 12 ? el("div", { class: "controls" }, el("label", {}, `Find in ${label}`, input), count) : null,
      el("div", { class: "scroll tall", tabindex: 0, role: "region", "aria-label": label }, el("table", {}, el("thead", {}, el("tr", {}, headers.map(([text, number]) => el("th", { scope: "col", class: number ? "number" : null }, text)))), body))];
  }
  const grade = (one) => (one.grade ? el("span", { class: `grade ${one.grade === "verified" ? "verified" : ""}` }, one.grade) : "");
  const about = (one) => [one.label, one.note].filter(Boolean).join("; ");
  function values() {
    const list = report.networks.filter((one) => one.parameters.length || one.species.length);
    if (!list.length) return null;
    return section("values", "Parameters and sources", "As the network file has them; conditions and --set change them for a result. Grades: verified, read in a public text or code; memory; derived from others; assumed, an order of magnitude.", list.map((network) => {
      const parts = [list.length > 1 ? el("h3", {}, network.name) : null];
      if (network.parameters.length) parts.push(el("h3", {}, `${network.parameters.length} parameters`), ...filtered("parameters", [["name"], ["value", true], ["unit"], ["meaning"], ["grade"], ["source"]], network.parameters, (one) =>
        el("tr", {}, el("td", { class: "name" }, one.id), el("td", { class: "number" }, one.value), el("td", {}, one.unit), el("td", { class: "wide" }, about(one)), el("td", {}, grade(one)), el("td", { class: "wide" }, one.source))));
      if (network.species.length) parts.push(el("h3", {}, `${network.species.length} species`), ...filtered("species", [["name"], ["at time 0", true], ["unit"], ["meaning"], ["grade"], ["source"]], network.species, (one) =>
        el("tr", {}, el("td", { class: "name" }, one.id), el("td", { class: "number" }, String(one.initial)), el("td", {}, one.unit), el("td", { class: "wide" }, about(one)), el("td", {}, grade(one)), el("td", { class: "wide" }, one.source))));
      return parts;
    }));
  }
  function certificates() {
    if (!report.certificates.length) return null;
    return section("certificate", "Certificate", "Firings of every reaction, counted along trajectories that were followed event by event, against the time integral of its propensity. z is their difference over the square root of the integral.", report.certificates.map((one) => [
      many ? el("h3", {}, results[one.result].label) : null,
      el("p", {}, el("b", {}, one.verdict), `: ${one.followed} ${one.followed === 1 ? "trajectory" : "trajectories"} followed, ${one.whole} to the end, ${one.events.toLocaleString("en")} events${defined(one.p) ? `; the chance of deviations so large is at most ${format(one.p)}` : ""}.`),
      ...filtered("reactions", [["reaction"], ["firings", true], ["integral", true], ["z", true]], one.rows, (row) =>
        el("tr", {}, el("td", { class: "name" }, row[0]), ...row.slice(1).map((v) => el("td", { class: "number" }, format(v))))),
    ]));
  }

  // The bar of results and columns.
  function bar() {
    const usesColumns = withCourse.length > 1, list = plainResults.length ? withCourse : every;
    if (!many && !usesColumns) return null;
    const chips = !many ? null : el("div", { class: "chips", role: "group", "aria-label": "results that are shown" }, results.map((r, i) => {
      const chip = el("button", { type: "button", class: "chip", "aria-pressed": "true", title: r.label, onclick: () => {
        if (shown.has(i)) shown.delete(i); else shown.add(i);
        chip.setAttribute("aria-pressed", String(shown.has(i)));
        update();
      } }, swatch(i), el("span", { class: "text" }, r.label));
      return chip;
    }));
    if (!usesColumns) return el("div", { class: "bar" }, chips);
    const count = el("span", {}), input = el("input", { type: "search", placeholder: "find", "aria-label": "find observables and species" });
    const boxes = new Map();
    const changed = () => { count.textContent = `Quantities: ${chosen.size} of ${list.length}`; update(); };
    const fields = ["observable", "species"].map((kind) => {
      const own = list.filter((c) => columns[c].kind === kind);
      if (!own.length) return null;
      return el("fieldset", { class: "picks" }, el("legend", {}, kind === "species" ? "Species" : "Observables"), own.map((c) => {
        const box = el("input", { type: "checkbox", onchange: () => { if (box.checked) chosen.add(c); else chosen.delete(c); changed(); } });
        box.checked = chosen.has(c);
        const row = el("label", {}, box, el("span", {}, columns[c].id, " ", columns[c].label ? el("small", {}, columns[c].label) : null));
        boxes.set(c, { box, row });
        return row;
      }));
    });
    const set = (test) => { for (const [c, one] of boxes) { if (one.row.hidden) continue; one.box.checked = test(c); if (test(c)) chosen.add(c); else chosen.delete(c); } changed(); };
    input.addEventListener("input", () => { const wanted = input.value.trim().toLowerCase(); for (const [c, one] of boxes) one.row.hidden = Boolean(wanted) && !`${columns[c].id} ${columns[c].label}`.toLowerCase().includes(wanted); });
    const details = el("details", {}, el("summary", {}, count), el("div", { class: "sheet" }, el("div", { class: "row" }, input,
      el("button", { type: "button", onclick: () => set((c) => columns[c].kind === "observable") }, "observables"), el("button", { type: "button", onclick: () => set(() => false) }, "none")), fields));
    details.addEventListener("keydown", (event) => { if (event.key === "Escape") { details.open = false; details.querySelector("summary").focus(); } });
    document.addEventListener("click", (event) => { if (details.open && !details.contains(event.target)) details.open = false; });
    count.textContent = `Quantities: ${chosen.size} of ${list.length}`;
    return el("div", { class: "bar", role: "region", "aria-label": "what the figures show" }, chips, details);
  }

  function themeButton() {
    const order = ["auto", "light", "dark"], button = el("button", { type: "button" });
    let now = "auto";
    try { now = order.includes(localStorage.getItem("cristae-theme")) ? localStorage.getItem("cristae-theme") : "auto"; } catch { /* files may have no storage */ }
    const apply = () => {
      if (now === "auto") delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = now;
      button.textContent = `Colours: ${now}`;
      Plot.redrawAll();
    };
    button.addEventListener("click", () => {
      now = order[(order.indexOf(now) + 1) % 3];
      try { localStorage.setItem("cristae-theme", now); } catch { /* as above */ }
      apply();
    });
    apply();
    return button;
  }

  function build() {
    const toggle = themeButton();
    const made = { provenance: provenance(), time: overTime(), distributions: distributions(), noise: noise(), cells: singleCells(), survival: survival(), decomposition: decomposition(), sweeps: sweeps(), network: networks(), values: values(), certificates: certificates() };
    const map = made.network;
    const parts = [bar(), made.time, made.sweeps, made.distributions, made.noise, made.cells, made.survival, made.decomposition, map && map.root, made.values, made.certificates, made.provenance].filter(Boolean);
    const order = sections.filter((one) => parts.includes(one.root)).sort((a, b) => parts.indexOf(a.root) - parts.indexOf(b.root));
    const links = new Map(order.map((one) => [one.id, el("a", { href: `#${one.id}` }, one.title)]));
    const main = el("main", { id: "main", tabindex: -1 }, report.remarks.length ? el("div", { class: "remarks", role: "note" }, report.remarks.map((text) => el("p", {}, text))) : null, parts,
      el("footer", {}, el("p", {}, `Made by Cristae from ${results.map((r) => r.source).filter(Boolean).join(", ") || "results in memory"}. Numbers here have 7 digits; the result files have all of them. Figures are drawn by D3 ${report.d3} (Copyright Mike Bostock, BSD-3-Clause), which is part of this file. Nothing is loaded from elsewhere.`)));
    document.getElementById("page").replaceChildren(
      el("a", { class: "skip", href: "#main" }, "Skip to the contents"),
      el("div", { class: "layout" }, el("div", { class: "mast" }, el("span", { class: "mark" }, "Cristae report"), toggle), head(),
        el("div", { class: "columns" }, el("nav", { class: "contents", "aria-label": "sections" }, el("ol", {}, [...links.values()].map((link) => el("li", {}, link)))), main)));
    update();
    if (map) map.show();
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) {
        links.forEach((link) => link.removeAttribute("aria-current"));
        links.get(entry.target.id).setAttribute("aria-current", "true");
      }
    }, { rootMargin: "-20% 0px -70% 0px" });
    order.forEach((one) => seen.observe(one.root));
    // What is jumped to must not hide behind the bar.
    const sticky = document.querySelector(".bar");
    if (sticky) document.documentElement.style.scrollPaddingTop = `${sticky.offsetHeight + 6}px`;
    document.documentElement.dataset.ready = "true";
  }
  build();
})();
