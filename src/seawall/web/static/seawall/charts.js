// Draws each chart from the JSON beside it. Options are data written by the server; no code travels in them.
"use strict";

const FONT = getComputedStyle(document.body).fontFamily;

function number(value, unit, digits) {
  if (value === null || value === undefined) return "–";
  const text = new Intl.NumberFormat(document.documentElement.lang, {
    minimumFractionDigits: digits, maximumFractionDigits: digits,
  }).format(value);
  return unit === "%" ? `${text}%` : text;
}

function tooltip(spec) {
  return {
    trigger: "axis",
    renderMode: "richText", // on the canvas: no styles are written into the page
    confine: true,
    backgroundColor: "#fff",
    borderColor: "#c8d2d9",
    textStyle: { color: "#17242d", fontFamily: FONT, fontSize: 12 },
    axisPointer: { type: spec.pointer || "line", lineStyle: { color: "#c8d2d9" }, shadowStyle: { color: "rgba(13,85,117,0.05)" } },
    formatter: (points) => [points[0].axisValueLabel, ...points.map(
      (point) => `${point.seriesName}  ${number(point.value, spec.unit, spec.digits)}`,
    )].join("\n"),
  };
}

function option(spec) {
  const axis = { axisTick: { show: false }, axisLabel: { color: "#55656f", fontFamily: FONT, fontSize: 12 } };
  const category = { ...axis, type: "category", data: spec.labels, axisLine: { lineStyle: { color: "#c8d2d9" } }, boundaryGap: spec.bars !== false };
  const value = {
    ...axis, type: "value", splitNumber: 4, splitLine: { lineStyle: { color: "#eef2f4" } }, min: spec.min, max: spec.max, scale: spec.scale || false,
    axisLabel: { ...axis.axisLabel, formatter: (v) => number(v, spec.unit, spec.axis_digits ?? 0) },
  };
  if (spec.across) category.inverse = true;
  return {
    animation: false,
    aria: { enabled: false },
    textStyle: { fontFamily: FONT },
    grid: { left: 4, right: spec.right || 16, top: spec.top || 12, bottom: 4, containLabel: true },
    tooltip: tooltip(spec),
    xAxis: spec.across ? value : category,
    yAxis: spec.across ? category : value,
    series: spec.series.map((series) => drawn(series, spec)),
  };
}

function drawn(series, spec) {
  const label = { show: Boolean(series.end_label), formatter: series.end_label || "", color: series.color, fontFamily: FONT, fontSize: 12, distance: 6 };
  const common = { name: series.name, data: series.data, itemStyle: { color: series.color }, stack: series.stack };
  if (series.type === "bar") {
    return { ...common, type: "bar", barMaxWidth: 34, label: { show: Boolean(series.labels), position: spec.across ? "right" : "top", color: "#17242d", fontFamily: FONT, fontSize: 12,
      formatter: (p) => (series.labels ? series.labels[p.dataIndex] : "") } };
  }
  return { ...common, type: "line", showSymbol: false, smooth: false, connectNulls: false, lineStyle: { color: series.color, width: series.width || 2, type: series.dash ? "dashed" : "solid" },
    areaStyle: series.area ? { color: series.color, opacity: 0.9 } : undefined, endLabel: label };
}

function draw(holder) {
  const spec = JSON.parse(document.getElementById(holder.dataset.chart).textContent);
  const chart = window.echarts.init(holder, null, { renderer: "canvas" });
  chart.setOption(option(spec));
  new ResizeObserver(() => chart.resize()).observe(holder);
  window.addEventListener("beforeprint", () => chart.resize());
}

document.querySelectorAll("[data-chart]").forEach(draw);
