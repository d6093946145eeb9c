// The chart of the money page: columns from the page's own JSON, drawn by uPlot, as wide as its place.
(function () {
  "use strict";
  const place = document.getElementById("money-chart");
  const source = document.getElementById("money-history");
  if (!place || !source || !window.uPlot) return;
  const history = JSON.parse(source.textContent);
  const unit = Math.pow(10, Number(place.dataset.digits));
  const colours = ["#0f5c8a", "#7a3fb0", "#1d7a46", "#b25e00", "#a61e2b"];
  const series = history.series.map((one, place) => ({
    label: one.label,
    stroke: colours[place % colours.length],
    width: 2,
    points: { show: history.days.length < 3 },
    value: (_plot, value) => (value === null ? "" : value.toLocaleString()),
  }));
  const columns = [history.days, ...history.series.map((one) => one.values.map((value) => value / unit))];
  const size = () => ({ width: Math.max(place.clientWidth, 260), height: 300 });
  const axes = [{}, { size: 90, values: (_plot, values) => values.map((value) => value.toLocaleString()) }];
  const plot = new window.uPlot({ ...size(), series: [{}, ...series], axes }, columns, place);
  window.addEventListener("resize", () => plot.setSize(size()));
})();
