// Makes the page live. Without it the page is complete, only not live.
import { askOnChange } from "./ask.js";
import { followChart } from "./chart.js";
import { offerCopies } from "./copy.js";
import { onExchange } from "./exchange.js";
import { stayCurrent } from "./live.js";
import { tellRelativeTimes } from "./relative.js";

function prepare() {
  offerCopies();
  tellRelativeTimes();
  followChart();
  askOnChange();
}

onExchange(prepare);
prepare();
stayCurrent();
