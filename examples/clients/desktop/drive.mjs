// Presses the buttons of the page as a user does, in the order that a driver at the URL behind `#drive=` asks for.
const driver = location.hash.slice('#drive='.length);
const tell = (...words) => fetch(`${driver}/tell`, { method: 'POST', body: JSON.stringify(words) });

/** Waits until there is a result. The driver has the deadline. */
const until = (look) => new Promise((done) => {
  const check = () => {
    const found = look();
    if (!found) return;
    observer.disconnect();
    done(found);
  };
  const observer = new MutationObserver(check);
  observer.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  check();
});

const visible = (selector) => [...document.querySelectorAll(selector)].find((element) => element.checkVisibility());
const verbs = {
  fill: async (selector, value) => {
    const field = await until(() => visible(selector));
    if (field.tagName === 'SELECT') {
      const option = await until(() => [...field.options].find((option) => option.textContent === value));
      field.value = option.value;
    } else {
      field.value = value;
    }
    field.dispatchEvent(new Event('change', { bubbles: true }));
  },
  click: async (selector) => (await until(() => visible(selector))).click(),
  see: (selector, value) => until(() => visible(selector)?.textContent.includes(value)),
};

window.addEventListener('error', ({ message }) => tell('error', message));
window.addEventListener('unhandledrejection', ({ reason }) => tell('error', String(reason)));
new EventSource(`${driver}/orders`).onmessage = async ({ data }) => {
  const [verb, ...words] = JSON.parse(data);
  await verbs[verb](...words);
  tell('done', document.body.innerText);
};
