/** Step forward and back, and play: without play where the reader prefers reduced motion. */
import { h } from "./dom.js";
import { say } from "./words.js";

const PAUSE = 900;

/**
 * @param {(by: number) => void} step
 * @returns {HTMLElement}
 */
export function player(step) {
  let timer = 0;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = say("play");
  };
  const play = h(
    "button",
    {
      type: "button",
      class: "cnn-button",
      "data-do": "play",
      onclick: () => {
        if (timer) return stop();
        timer = setInterval(() => step(1), PAUSE);
        play.textContent = say("pause");
        step(1);
      },
    },
    say("play"),
  );
  /** @param {string} name @param {number} by */
  const button = (name, by) =>
    h(
      "button",
      { type: "button", class: "cnn-button", "data-do": name, onclick: () => (stop(), step(by)) },
      say(name),
    );
  return h("div", { class: "cnn-player" }, button("stepBack", -1), !calm && play, button("step", 1));
}
