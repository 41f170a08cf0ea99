/**
 * Custom functions for Google Sheets: Banco de México's USD/MXN for a day and a purpose.
 *
 * A column of dates is asked for in as few requests as Google allows, answers are kept for six
 * hours, and whatever has no rate gets a sentence that begins with "USDMXN:", in its own cell.
 * Rates are text until the cell: amounts are computed with whole numbers (BigInt), never by
 * floating point.
 */

/** The address of the service, without a slash at its end. */
const BASE_URL = 'https://rates.example.mx';
/** Whether rates of a simulator are shown, to try things out. */
const ALLOW_SIMULATOR = false;

/** 150 dates make an address of some 1,750 characters: UrlFetchApp takes 2,048, not the API's 366 dates. */
const MAX_DATES = 150;
/** The longest that CacheService keeps anything. A corrected rate is shown after that at the latest. */
const CACHE_SECONDS = 21600;
/** CacheService holds 1,000 items, and drops down to 900 beyond. */
const MAX_CACHED = 900;
const BANXICO = 'Banco de México';
const MEXICO_CITY = 'America/Mexico_City';

/** The kind of rate for each purpose, in Spanish and as the API names it (`use` of /api/v1/days). */
const KINDS = new Map([
  ['factura', 'settlement'], ['cfdi_invoice', 'settlement'],
  ['pago', 'settlement'], ['cfdi_payment', 'settlement'],
  ['impuestos', 'settlement'], ['tax', 'settlement'],
  ['deuda', 'settlement'], ['obligation', 'settlement'],
  ['diferencia', 'settlement'], ['exchange_difference', 'settlement'],
  ['vigente', 'settlement'], ['settlement', 'settlement'], ['fix', 'fix'], ['dof', 'dof'],
]);
/** Purposes for which no law names a rate, and what decides instead. */
const UNDECIDED = new Map([
  ['cierre', 'su política contable'], ['closing', 'su política contable'],
  ['contrato', 'lo que diga el contrato'], ['contract', 'lo que diga el contrato'],
]);

/**
 * Pesos por dólar en una fecha, según para qué se usan.
 *
 * @param {A2:A100} dates Una fecha o un rango de fechas.
 * @param {"factura"} purpose factura, pago, impuestos, deuda, diferencia; o vigente, fix, dof.
 * @param {"numero"} form "numero" (si se omite) o "texto", tal como se publicó.
 * @param {Z1} refresh Cualquier celda: al cambiarla se vuelve a preguntar.
 * @return Pesos por dólar, o una frase que empieza con "USDMXN:".
 * @customfunction
 */
function USDMXN(dates, purpose, form, refresh) {
  return said_(() => {
    const kind = kindOf_(purpose);
    const show = shownAs_(form);
    const rates = ratesOf_([dates], kind);
    return each_(dates, cell => (isBlank_(cell) ? '' : said_(() => show(rateOn_(cell, rates)))));
  });
}

/**
 * Convierte un importe con el tipo de cambio de una fecha; redondea una vez, a centavos.
 *
 * @param {B2:B100} amounts Un importe o un rango de importes.
 * @param {A2:A100} dates Una fecha para todos, o un rango del mismo tamaño.
 * @param {"factura"} purpose factura, pago, impuestos, deuda, diferencia; o vigente, fix, dof.
 * @param {"USD"} from La moneda del importe: "USD" (si se omite) o "MXN".
 * @param {"numero"} form "numero" (si se omite) o "texto".
 * @param {Z1} refresh Cualquier celda: al cambiarla se vuelve a preguntar.
 * @return El importe en la otra moneda, o una frase que empieza con "USDMXN:".
 * @customfunction
 */
function USDMXN_CONVERT(amounts, dates, purpose, from, form, refresh) {
  return said_(() => {
    const kind = kindOf_(purpose);
    const show = shownAs_(form);
    const convert = conversionFrom_(from);
    const dateAt = alignedTo_(amounts, dates);
    const rates = ratesOf_([dates], kind);
    return each_(amounts, (amount, row, column) => {
      const date = dateAt(row, column);
      if (isBlank_(amount) || isBlank_(date)) return '';
      return said_(() => show(convert(decimal_(amount), decimalOf_(rateOn_(date, rates)))));
    });
  });
}

// --- arguments -------------------------------------------------------------------------------

/** What a person should read in the cell. Anything else that is thrown is a bug, and stays one. */
class Sentence_ extends Error {}

function said_(work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof Sentence_) return `USDMXN: ${error.message}`;
    throw error;
  }
}

/** What was written as an option: empty if it was left out. */
function word_(argument) {
  return isBlank_(argument) ? '' : String(argument).trim().toLowerCase();
}

function kindOf_(purpose) {
  const word = word_(purpose);
  if (UNDECIDED.has(word)) {
    throw new Sentence_(`para "${word}" decide ${UNDECIDED.get(word)}: escriba vigente, fix o dof`);
  }
  if (!KINDS.has(word)) {
    throw new Sentence_('diga para qué: "factura", "pago", "impuestos", "deuda", "diferencia"');
  }
  return KINDS.get(word);
}

function shownAs_(form) {
  const word = word_(form).replace('ú', 'u');
  if (word === '' || word === 'numero') return Number;
  if (word === 'texto') return String;
  throw new Sentence_('la forma es "numero" o "texto"');
}

function isBlank_(cell) {
  return cell === '' || cell === null || cell === undefined;
}

/** Applies `work` to a cell or to each cell of a range, and keeps the shape. */
function each_(cells, work) {
  if (!Array.isArray(cells)) return work(cells, 0, 0);
  return cells.map((line, row) => line.map((cell, column) => work(cell, row, column)));
}

/** Returns what gives the date beside an amount. */
function alignedTo_(amounts, dates) {
  if (!Array.isArray(dates)) return () => dates;
  if (dates.length === 1 && dates[0].length === 1) return () => dates[0][0];
  const same = Array.isArray(amounts)
    && amounts.length === dates.length && amounts[0].length === dates[0].length;
  if (!same) throw new Sentence_('importes y fechas deben ser rangos del mismo tamaño');
  return (row, column) => dates[row][column];
}

/** A cell's date is midnight in the spreadsheet's time zone, which need not be the script's. */
function dayOf_(cell) {
  if (Object.prototype.toString.call(cell) === '[object Date]') {
    const zone = SpreadsheetApp.getActive().getSpreadsheetTimeZone();
    return Utilities.formatDate(cell, zone, 'yyyy-MM-dd');
  }
  const text = String(cell).trim();
  if (isDay_(text)) return text;
  throw new Sentence_(`"${text}" no es una fecha: dé formato de fecha a la celda, o escriba 2026-08-14`);
}

/** No 30 February: the service refuses a whole request for one. */
function isDay_(text) {
  const midnight = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(midnight.getTime())
    && midnight.toISOString().slice(0, 10) === text;
}

// --- rates: from the cache, else from the service --------------------------------------------

/** An entry is {rate} or {sentence}. */
function rateOn_(cell, rates) {
  const entry = rates[dayOf_(cell)];
  if (entry.sentence) throw new Sentence_(entry.sentence);
  return entry.rate;
}

function ratesOf_(ranges, kind) {
  const cache = CacheService.getDocumentCache() || CacheService.getScriptCache();
  const days = daysIn_(ranges);
  const keys = Object.fromEntries(days.map(day => [day, `${BASE_URL} ${kind} ${day}`]));
  const kept = cache.getAll(Object.values(keys));
  const known = days.filter(day => kept[keys[day]]);
  const rates = Object.fromEntries(known.map(day => [day, { rate: kept[keys[day]] }]));
  const asked = asked_(days.filter(day => !kept[keys[day]]), kind);
  const fresh = Object.entries(asked).filter(([, entry]) => entry.rate).slice(0, MAX_CACHED);
  cache.putAll(
    Object.fromEntries(fresh.map(([day, entry]) => [keys[day], entry.rate])), CACHE_SECONDS);
  return { ...rates, ...asked };
}

/** Each day of the ranges once; what is no date gets its sentence later, in its cell. */
function daysIn_(ranges) {
  const days = new Set();
  for (const cell of ranges.flat(3)) {
    if (!isBlank_(cell)) said_(() => days.add(dayOf_(cell)));
  }
  return [...days];
}

function asked_(days, kind) {
  const chunks = [];
  for (let at = 0; at < days.length; at += MAX_DATES) chunks.push(days.slice(at, at + MAX_DATES));
  if (chunks.length === 0) return {};
  const requests = chunks.map(chunk => ({
    url: `${BASE_URL}/api/v1/rates?kind=${kind}&dates=${chunk.join(',')}`,
    muteHttpExceptions: true,
  }));
  let answers;
  try {
    answers = UrlFetchApp.fetchAll(requests);
  } catch (error) {
    return all_(days, `no se pudo preguntar a ${BASE_URL}; intente más tarde (${error.message})`);
  }
  return Object.assign({}, ...answers.map((answer, at) => entries_(chunks[at], answer)));
}

function all_(days, sentence) {
  return Object.fromEntries(days.map(day => [day, { sentence }]));
}

function entries_(days, answer) {
  const status = answer.getResponseCode();
  if (status === 429) return all_(days, 'demasiadas consultas; intente en unos minutos');
  if (status >= 500) return all_(days, 'el servicio no tiene datos ahora; intente más tarde');
  let body;
  try {
    body = JSON.parse(answer.getContentText());
  } catch (error) {
    return all_(days, `${BASE_URL} contestó algo que no son tipos de cambio`);
  }
  if (status !== 200) return all_(days, body.detail || `${BASE_URL} rechazó la consulta`);
  if (body.source !== BANXICO && !ALLOW_SIMULATOR) {
    return all_(days, 'los datos son de un simulador, no de Banco de México');
  }
  return Object.fromEntries(body.results.map(result => [result.requested, entry_(result)]));
}

function entry_(result) {
  return result.rate ? { rate: result.rate } : { sentence: sentenceOf_(result) };
}

/** Says a problem of one day; a code that is newer than this script is said in the API's words. */
function sentenceOf_({ requested, problem }) {
  const hour = problem.expected_at
    ? Utilities.formatDate(new Date(problem.expected_at), MEXICO_CITY, 'HH:mm') : '';
  const sentences = {
    'not-yet-published': `el de ${requested} aún no se publica; se espera a las ${hour} (México)`,
    'not-yet-known': `el de ${requested} aún no se conoce`,
    'before-first-observation': `no hay tipo de cambio de ${requested}: el primero es de 1991`,
    gap: `falta el de ${requested}: Banco de México no lo ha publicado`,
    'under-review': `el de ${requested} está en revisión; intente más tarde`,
    'not-verified': `el de ${requested} no se ha podido verificar; intente más tarde`,
    'history-loading': `el de ${requested} aún se está cargando; intente más tarde`,
  };
  return sentences[problem.code] || problem.detail;
}

// --- amounts: whole numbers and a count of decimal places ------------------------------------

const PLACES = 2;

/** A cell's number is what Sheets shows of it: fifteen digits. Text is taken to the letter. */
function decimal_(cell) {
  const text = typeof cell === 'number' ? plain_(cell) : String(cell).trim();
  if (!/^-?\d{1,15}(\.\d{1,6})?$/.test(text)) {
    throw new Sentence_(`"${text}" no es un importe: escriba 1234.56, sin separador de miles y `
      + 'con seis decimales a lo más');
  }
  return decimalOf_(text);
}

function plain_(number) {
  return String(Number(number.toPrecision(15)));
}

function decimalOf_(text) {
  const [whole, fraction = ''] = text.split('.');
  return { digits: BigInt(whole + fraction), places: fraction.length };
}

function conversionFrom_(from) {
  const currency = word_(from);
  if (currency === '' || currency === 'usd') return (amount, rate) => quotient_(
    amount.digits * rate.digits, 10n ** BigInt(amount.places + rate.places));
  if (currency === 'mxn') return (amount, rate) => quotient_(
    amount.digits * 10n ** BigInt(rate.places), rate.digits * 10n ** BigInt(amount.places));
  throw new Sentence_('la moneda es "USD" o "MXN"');
}

/** Divides once and rounds half away from zero, as /api/v1/convert does by default. */
function quotient_(numerator, denominator) {
  const magnitude = numerator < 0n ? -numerator : numerator;
  const scaled = magnitude * 10n ** BigInt(PLACES);
  const rounded = (2n * scaled + denominator) / (2n * denominator);
  const digits = rounded.toString().padStart(PLACES + 1, '0');
  const sign = numerator < 0n && rounded > 0n ? '-' : '';
  return `${sign}${digits.slice(0, -PLACES)}.${digits.slice(-PLACES)}`;
}
