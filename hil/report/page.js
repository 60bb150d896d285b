"use strict";
(async () => {
  const root = document.documentElement;
  const places = [...document.querySelectorAll(".plot")];
  const fallback = new Map(places.map((place) => [place, place.innerHTML]));

  async function unpack(id) {
    const packed = Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  }

  function tell(place, text) {
    const told = document.createElement("p");
    told.textContent = text;
    place.querySelector(".missing")?.prepend(told);
  }

  let data;
  try {
    data = JSON.parse(await unpack("drawing"));
    const library = document.createElement("script");
    library.textContent = await unpack("plotly");
    document.head.append(library);
    if (!window.Plotly) throw new Error("plotly.js did not start");
  } catch (error) {
    console.error(error);
    for (const place of places) tell(place, `The plot could not be drawn: ${error.message}. Chrome 80, Firefox 113, Safari 16.4 or newer can.`);
    return;
  }

  // columns of times are drawn in the unit of the axis
  const inUnit = (times) => times.map((t) => t / data.unit_s);
  const times = new Map();
  function column(reference) {
    const [source, name] = reference.slice(1).split(".");
    const values = data[source][name];
    if (!(name.endsWith("_s") || source === "events")) return values;
    if (!times.has(reference)) times.set(reference, inUnit(values));
    return times.get(reference);
  }

  const colour = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
  function rgba(name, opacity) {
    const [r, g, b] = colour(name === "bad" ? "fail" : name).match(/[0-9a-f]{2}/gi)?.map((h) => parseInt(h, 16)) ?? [128, 128, 128];
    return `rgba(${r},${g},${b},${opacity})`;
  }

  function resolved(value) {
    if (Array.isArray(value)) return value.map(resolved);
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, resolved(v)]));
    if (typeof value === "string" && value.startsWith("#")) return column(value);
    if (typeof value === "string" && value.startsWith("@")) return rgba(value.slice(1), 1);
    return value;
  }

  // node codes: -2 off, -1 boots, 0 to 15 clock step, 16 hangs
  const nodeText = (code) => (code === -2 ? "off" : code === -1 ? "boots" : code === 16 ? "hangs" : `clock step ${code}`);
  function nodeColours() {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches && !printing;
    const shade = (step) => {
      const from = dark ? [38, 50, 66] : [222, 230, 241];
      const to = dark ? [196, 166, 247] : [70, 38, 130];
      return `rgb(${from.map((c, i) => Math.round(c + ((to[i] - c) * step) / 15)).join(",")})`;
    };
    const steps = [rgba("panel", 1), rgba("sun", 1), ...Array.from({ length: 16 }, (_, i) => shade(i)), rgba("bad", 1)];
    return steps.flatMap((c, i) => [[i / steps.length, c], [(i + 1) / steps.length, c]]);
  }

  // as wide as A4 and Letter are between their margins
  const PAPER_PX = 700;
  // the page is taken before plotly.js has made room for the legend
  const onPaper = (figure) => ({ width: PAPER_PX, margin: { l: 58, r: 10, t: figure.traces.length > 5 ? 96 : 50, b: 30 } });
  let printing = false;
  const wide = window.innerWidth >= 600;
  const texts = new Map();
  function traceOf(trace, key) {
    const drawn = resolved(trace);
    if (trace.names) {
      drawn.text = drawn.y.map((v) => trace.names[v] ?? "");
      delete drawn.names;
    }
    if (trace.type === "heatmap") {
      if (!texts.has(key)) texts.set(key, drawn.z.map((row) => row.map(nodeText)));
      Object.assign(drawn, {
        text: texts.get(key), zmin: -2.5, zmax: 16.5, colorscale: nodeColours(),
        colorbar: {
          orientation: "h", y: 1.0, yanchor: "bottom", x: 0, xanchor: "left", len: wide ? 0.48 : 1, thickness: 9, outlinewidth: 0,
          tickvals: [-2, -1, 5, 10, 16], ticktext: ["off", wide ? "boots" : "", "5", "10", "hangs"], tickfont: { size: 11 }, tickangle: 0,
        },
      });
    }
    return drawn;
  }

  function layoutOf(figure) {
    const axis = { gridcolor: rgba("rule", 0.8), zerolinecolor: rgba("rule", 1), linecolor: rgba("rule", 1), tickcolor: rgba("rule", 1), tickfont: { color: rgba("ink", 1) } };
    const span = (name, opacity) => ([from, to]) => ({
      type: "rect", xref: "x", yref: "paper", x0: from / data.unit_s, x1: to / data.unit_s, y0: 0, y1: 1,
      line: { width: 0 }, fillcolor: rgba(name, opacity), layer: "below",
    });
    const layout = {
      hovermode: "x unified", hoversubplots: "axis", paper_bgcolor: rgba("paper", 1), plot_bgcolor: rgba("paper", 1),
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: rgba("ink", 1) },
      margin: { l: 58, r: 10, t: 30, b: 30 }, showlegend: figure.key !== "map",
      modebar: { bgcolor: "rgba(0,0,0,0)", color: rgba("soft", 0.6), activecolor: rgba("ink", 1) },
      legend: { orientation: "h", x: 0, y: 1.0, yanchor: "bottom", bgcolor: "rgba(0,0,0,0)", font: { size: 12 } },
      hoverlabel: { bgcolor: rgba("panel", 1), bordercolor: rgba("rule", 1), font: { color: rgba("ink", 1), size: 12 }, namelength: -1, align: "left" },
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
      shapes: [...data.nights_s.map(span("muted", 0.2)), ...data.faults_s.map(span("sun", 0.24))],
      ...structuredClone(figure.layout), ...(printing ? onPaper(figure) : {}),
    };
    const ys = Object.keys(layout).filter((name) => name.startsWith("yaxis"));
    for (const name of ys) {
      const title = { text: layout[name].title?.text ?? "", font: { size: 12, color: rgba("soft", 1) } };
      layout[name] = { ...axis, zeroline: !layout[name].ticktext, ...layout[name], title };
    }
    layout.xaxis = {
      ...axis, zeroline: false, range: range ?? [0, data.end_s / data.unit_s], ticksuffix: ` ${data.unit}`, hoverformat: ".2f",
      anchor: ys.at(-1).replace("axis", ""), showspikes: true, spikemode: "across", spikethickness: 1, spikedash: "solid",
      spikecolor: rgba("soft", 0.7), spikesnap: "cursor",
    };
    return layout;
  }

  // the buttons are named one by one: by itself plotly.js offers one that sends the plot to its maker
  const config = { responsive: true, displaylogo: false, displayModeBar: wide ? "hover" : false, modeBarButtons: [["zoom2d", "pan2d", "resetScale2d", "toImage"]] };
  const drawn = new Map();
  let range = null;

  function draw(place, figure) {
    return Plotly.react(place, figure.traces.map((trace) => traceOf(trace, figure.key)), layoutOf(figure), config);
  }

  // what is under the cursor, in every plot and in words
  const readout = document.getElementById("readout");
  const two = (n) => String(Math.floor(n)).padStart(2, "0");
  function missionTime(s) {
    const days = Math.floor(s / 86400);
    const tenths = data.end_s < 900 ? `.${Math.floor((s * 10) % 10)}` : "";
    return `T+ ${days ? `${days} d ` : ""}${two((s % 86400) / 3600)}:${two((s % 3600) / 60)}:${two(s % 60)}${tenths}`;
  }
  function tellTime(s) {
    const parts = [missionTime(s), `${s.toLocaleString("en", { maximumFractionDigits: 1 })} s`];
    if (data.epoch_ms !== null) parts.push(`${new Date(data.epoch_ms + 1000 * s).toISOString().slice(0, 19).replace("T", " ")} UTC`);
    const within = ([from, to]) => from <= s && s < to;
    if (data.nights_s.some(within)) parts.push("eclipse");
    for (const [, , name] of data.faults_s.filter(within)) parts.push(name);
    readout.textContent = parts.join("  ·  ");
  }
  const inSight = (place) => {
    const box = place.getBoundingClientRect();
    return box.bottom > 0 && box.top < window.innerHeight;
  };
  let linking = false;
  function follow(place) {
    place.on("plotly_hover", (event) => {
      if (linking) return;
      const x = event.xvals?.[0] ?? event.points?.[0]?.x;
      if (typeof x !== "number") return;
      tellTime(Math.max(0, x * data.unit_s));
      linking = true;
      for (const [other, figure] of drawn) {
        if (other === place || figure.layout.hovermode || !inSight(other)) continue;
        Plotly.Fx.hover(other, { xpx: other._fullLayout.xaxis.d2p(x), ypx: 5 }, "xy");
      }
      linking = false;
    });
    place.on("plotly_unhover", () => {
      if (linking) return;
      linking = true;
      for (const [other] of drawn) if (other !== place) Plotly.Fx.unhover(other);
      linking = false;
    });
    place.on("plotly_relayout", (change) => {
      if (linking) return;
      if (change["xaxis.autorange"]) zoom(null);
      else if ("xaxis.range[0]" in change) zoom([change["xaxis.range[0]"], change["xaxis.range[1]"]]);
      else if (change["xaxis.range"]) zoom(change["xaxis.range"]);
    });
  }
  function zoom(wanted) {
    range = wanted;
    linking = true;
    const all = [0, data.end_s / data.unit_s];
    Promise.all([...drawn.keys()].map((place) => Plotly.relayout(place, { "xaxis.range": [...(wanted ?? all)] }))).finally(() => { linking = false; });
  }
  document.getElementById("whole").addEventListener("click", () => zoom(null));

  for (const place of places) {
    const figure = data.figures.find((f) => f.key === place.dataset.figure);
    try {
      place.replaceChildren();
      await draw(place, figure);
      drawn.set(place, figure);
      follow(place);
    } catch (error) {
      console.error(error);
      place.innerHTML = fallback.get(place);
      tell(place, `The plot could not be drawn: ${error.message}`);
    }
    await new Promise((done) => setTimeout(done));
  }
  const redraw = () => { for (const [place, figure] of drawn) draw(place, figure); };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  matchMedia("print").addEventListener("change", (media) => { printing = media.matches; redraw(); });
  root.classList.add("drawn");
  root.dataset.plots = drawn.size;
})();
