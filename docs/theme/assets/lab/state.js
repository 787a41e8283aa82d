/**
 * What a lab shows lives in the address, so that a view can be kept, sent and linked to.
 *
 * @typedef {number | boolean | string} Value
 * @typedef {Record<string, any>} State
 * @typedef {object} Field
 * @property {Value} value the default
 * @property {number} [min]
 * @property {number} [max]
 * @property {(number | string)[]} [choices]
 * @property {string} [label] a key of the table of words; the field's name unless given
 * @property {string} [group]
 * @property {boolean} [hidden] no control is made for it
 * @property {boolean} [below] its control stands below the stage
 * @property {(state: State) => boolean} [shown]
 * @property {(state: State) => boolean} [enabled]
 */

/**
 * A state from the query of an address; what is missing or out of range is the default.
 * @param {Record<string, Field>} fields
 * @param {string} search
 * @returns {State}
 */
export function read(fields, search) {
  const query = new URLSearchParams(search);
  const entries = Object.entries(fields).map(([name, field]) => [name, parse(field, query.get(name))]);
  return Object.fromEntries(entries);
}

/**
 * @param {Field} field
 * @param {string | null} text
 * @returns {Value}
 */
function parse(field, text) {
  if (text === null) return field.value;
  if (field.choices) return field.choices.find((choice) => String(choice) === text) ?? field.value;
  if (typeof field.value === "boolean") return text === "1";
  if (typeof field.value === "string") return text;
  const number = Number(text);
  if (!Number.isInteger(number)) return field.value;
  return Math.min(Math.max(number, field.min ?? number), field.max ?? number);
}

/**
 * The query of a state: only what differs from the defaults.
 * @param {Record<string, Field>} fields
 * @param {State} state
 */
export function write(fields, state) {
  const query = new URLSearchParams();
  for (const [name, field] of Object.entries(fields)) {
    if (state[name] !== field.value)
      query.set(name, typeof state[name] === "boolean" ? (state[name] ? "1" : "0") : String(state[name]));
  }
  // commas and full stops need no escape in a query, and read better
  const text = query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  return text && `?${text}`;
}

/** Put the state into the address bar, and into the link to the other language. @param {string} query */
export function publish(query) {
  carry(query);
  clearTimeout(late);
  try {
    history.replaceState(null, "", location.pathname + query + location.hash);
  } catch {
    late = setTimeout(() => publish(query), 3000); // some browsers refuse more than a hundred in half a minute
  }
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let late;

/** The other language shows the same. @param {string} query */
export function carry(query) {
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (
    document.querySelectorAll("a.cnn-language")
  )) {
    link.search = query;
  }
}
