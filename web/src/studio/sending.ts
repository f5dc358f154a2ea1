/** Sending a form of the studio. */

/** Runs `act` when the form is sent. Sent again before that is done, it stays at the one: a double click makes one thing. */
export function whenSent(form: HTMLFormElement, act: () => Promise<unknown>): void {
  let isUnderWay = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isUnderWay) return;
    isUnderWay = true;
    try {
      await act();
    } finally {
      isUnderWay = false;
    }
  });
}
