// Sends files straight to the store: in parts, with progress, again after a failure, and on from where it broke off.
// Drives every [data-upload][data-folder] (templates/evidence/). The server remembers what arrived; nothing is kept here.
(() => {
  "use strict";

  const TRIES = 6;
  const FIRST_WAIT_MS = 500;
  const AT_ONCE = 2;
  const ASK_EVERY_MS = 2000;
  const ASK_TIMES = 15;

  class Cancelled extends Error {}

  class Refused extends Error {
    constructor(words) {
      super(words);
      this.words = words;
    }
  }

  const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

  class Server {
    constructor(root, words) {
      this.root = root;
      this.api = words.api;
    }

    token() {
      const form = this.root.closest("form");
      const input = form && form.querySelector("input[name=csrfmiddlewaretoken]");
      if (input) return input.value;
      const headers = document.body.getAttribute("hx-headers");
      return headers ? JSON.parse(headers)["X-CSRFToken"] : "";
    }

    // Answers of 5xx and a dead line are failures to be tried again; a refusal is final and has words.
    async ask(path, body) {
      const answer = await fetch(this.api + path, {
        method: body === undefined ? "GET" : "POST",
        credentials: "same-origin",
        headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": this.token() },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      if (answer.status >= 500 || answer.status === 429) throw new Error(`status ${answer.status}`);
      const said = await answer.json();
      if (!answer.ok) throw new Refused(Object.values(said.errors || {}).flat().join(" ") || said.title);
      return said;
    }

    begin(claim) { return this.ask("", claim); }
    parts(reference) { return this.ask(`${reference}/parts/`, {}); }
    complete(reference) { return this.ask(`${reference}/complete/`, {}); }
    cancel(reference) { return this.ask(`${reference}/cancel/`, {}); }
    read(reference) { return this.ask(`${reference}/`); }
  }

  class Upload {
    constructor(box, file) {
      this.box = box;
      this.words = box.words;
      this.file = file;
      this.kind = box.kind();
      this.sent = new Map();
      this.requests = new Set();
      this.row = box.addRow(this);
    }

    say(text, { aloud = false } = {}) {
      this.row.state.textContent = text;
      if (aloud) this.box.announce(`${this.file.name}: ${text}`);
    }

    show(done) {
      this.row.progress.value = this.file.size ? Math.floor((100 * done) / this.file.size) : 0;
    }

    async run() {
      this.cancelled = false;
      this.running = true;
      this.row.retry.hidden = true;
      this.row.cancel.hidden = false;
      this.row.progress.hidden = false;
      try {
        await this.go();
      } catch (error) {
        this.fail(error);
      } finally {
        this.running = false;
      }
    }

    async go() {
      this.refuseEarly();
      this.say(this.words.hashing, { aloud: true });
      this.sha256 = this.sha256 || await this.hash();
      this.say(this.words.sending, { aloud: true });
      let known = await this.again(() => this.box.server.begin(this.claim()));
      this.reference = known.reference;
      if (known.state === "UPLOADING") {
        await this.sendParts();
        this.row.cancel.hidden = true;
        this.say(this.words.checking, { aloud: true });
        known = await this.again(() => this.box.server.complete(this.reference));
      }
      await this.finish(known);
    }

    claim() {
      return {
        folder: this.box.folder,
        kind: this.kind,
        file_name: this.file.name,
        size_bytes: this.file.size,
        sha256: this.sha256,
        content_type: "",  // a browser's word for it is only its reading of the name
      };
    }

    // The server judges again; this spares people the wait.
    refuseEarly() {
      const extension = `.${this.file.name.split(".").pop().toLowerCase()}`;
      if (!this.words.accept.split(",").includes(extension)) throw new Refused(this.words.wrongType);
      if (this.file.size === 0) throw new Refused(this.words.empty);
      if (this.file.size > Number(this.words.maxBytes)) throw new Refused(this.words.tooLarge);
    }

    hash() {
      return new Promise((resolve, reject) => {
        const worker = new Worker(this.words.worker);
        this.stopHashing = () => { worker.terminate(); reject(new Cancelled()); };
        worker.onerror = () => { worker.terminate(); reject(new Refused(this.words.unreadable)); };
        worker.onmessage = ({ data }) => {
          if (data.read) this.show(data.read);
          if (!data.sha256 && !data.failed) return;
          worker.terminate();
          if (data.failed) reject(new Refused(this.words.unreadable));
          else resolve(data.sha256);
        };
        worker.postMessage({ file: this.file });
      });
    }

    // Back-off: 0.5, 1, 2, 4, 8 seconds. Fresh addresses each round: old ones may have run out.
    async again(act) {
      for (let attempt = 1; ; attempt += 1) {
        if (this.cancelled) throw new Cancelled();
        try {
          return await act();
        } catch (error) {
          if (error instanceof Refused || error instanceof Cancelled || this.cancelled || attempt === TRIES) throw error;
          this.say(this.words.retrying, { aloud: attempt === 1 });
          await pause(FIRST_WAIT_MS * 2 ** (attempt - 1));
          this.say(this.words.sending);
        }
      }
    }

    sendParts() {
      let arrived = -1;
      let left = TRIES;
      const round = async () => {
        const state = await this.again(() => this.box.server.parts(this.reference));
        if (state.arrived.length > arrived) left = TRIES;
        arrived = state.arrived.length;
        const bytesMissing = state.missing.reduce((sum, part) => sum + part.size_bytes, 0);
        this.sent.clear();
        this.sent.set("arrived", this.file.size - bytesMissing);
        this.showSent();
        if (!state.missing.length) return;
        const failed = await this.sendAll(state.missing);
        if (this.cancelled) throw new Cancelled();
        if (!failed) return;
        left -= 1;
        if (left === 0) throw failed;
        this.say(this.words.retrying, { aloud: left === TRIES - 1 });
        await pause(FIRST_WAIT_MS * 2 ** (TRIES - 1 - left));
        this.say(this.words.sending);
        await round();
      };
      return round();
    }

    async sendAll(missing) {
      const queue = [...missing];
      let failed = null;
      const lane = async () => {
        while (queue.length && !failed && !this.cancelled) {
          const part = queue.shift();
          try {
            await this.put(part);
          } catch (error) {
            failed = error;
          }
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
      return failed;
    }

    put(part) {
      return new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        const done = (act, value) => { this.requests.delete(request); act(value); };
        request.open("PUT", part.url);
        request.upload.onprogress = (event) => { this.sent.set(part.number, event.loaded); this.showSent(); };
        request.onload = () => {
          if (request.status !== 200) return done(reject, new Error(`status ${request.status}`));
          this.sent.set(part.number, part.size_bytes);
          this.showSent();
          return done(resolve);
        };
        request.onerror = () => done(reject, new Error("connection"));
        request.onabort = () => done(reject, new Cancelled());
        this.requests.add(request);
        request.send(this.file.slice(part.offset, part.offset + part.size_bytes));
      });
    }

    showSent() {
      this.show([...this.sent.values()].reduce((sum, bytes) => sum + bytes, 0));
    }

    async finish(known) {
      let document_ = known;
      for (let asked = 0; document_.state === "RECEIVED" && asked < ASK_TIMES; asked += 1) {
        this.say(this.words.checking);
        await pause(ASK_EVERY_MS);
        document_ = await this.again(() => this.box.server.read(this.reference));
      }
      if (document_.state === "REJECTED") {
        await this.box.refreshLists();
        throw new Refused(document_.reason_words);
      }
      this.row.cancel.hidden = true;
      this.row.progress.hidden = true;
      this.say(document_.state === "SEALED" ? this.words.sealed : this.words.later, { aloud: true });
      if (document_.state === "SEALED") this.box.addSealed(document_);
      await this.box.refreshLists();
    }

    fail(error) {
      const gaveUp = error instanceof Cancelled || this.cancelled;
      const refused = error instanceof Refused;
      this.row.progress.hidden = gaveUp || refused;
      this.row.cancel.hidden = true;
      this.row.retry.hidden = gaveUp || refused;
      this.say(gaveUp ? this.words.cancelled : refused ? error.words : this.words.failed, { aloud: true });
      this.row.again.hidden = !refused;
      this.row.item.classList.toggle("upload-failed", !gaveUp);
    }

    async cancel() {
      this.cancelled = true;
      if (this.stopHashing) this.stopHashing();
      this.requests.forEach((request) => request.abort());
      this.box.focusChoose();
      if (this.reference) await this.box.server.cancel(this.reference).catch(() => {});
    }
  }

  class Box {
    constructor(root) {
      this.root = root;
      this.folder = root.dataset.folder;
      this.words = this.part("words").dataset;
      this.server = new Server(root, this.words);
      this.uploads = [];
      this.queue = Promise.resolve();
      this.listen();
    }

    part(name) { return this.root.querySelector(`[data-upload-${name}]`); }

    kind() {
      const chosen = this.part("kind");
      return chosen ? chosen.value : this.root.dataset.kind;
    }

    listen() {
      const input = this.part("input");
      const camera = this.part("camera-input");
      const drop = this.part("drop");
      const form = this.root.closest("form");
      input.hidden = true;
      input.removeAttribute("name");
      const plain = this.part("plain");
      if (plain) plain.remove();
      this.part("buttons").hidden = false;
      this.part("camera").hidden = !window.matchMedia("(pointer: coarse)").matches;
      this.part("choose").addEventListener("click", () => input.click());
      this.part("camera").addEventListener("click", () => camera.click());
      [input, camera].forEach((each) => each.addEventListener("change", () => {
        this.add([...each.files]);
        each.value = "";
      }));
      ["dragover", "dragleave", "drop"].forEach((name) => drop.addEventListener(name, (event) => {
        event.preventDefault();
        drop.classList.toggle("is-over", name === "dragover");
        if (name === "drop") this.add([...event.dataTransfer.files]);
      }));
      form.addEventListener("submit", (event) => {
        if (form === this.root || this.uploads.some((upload) => upload.running)) {
          event.preventDefault();
          if (form !== this.root) this.announce(this.words.unfinished, { shown: true });
        }
      });
    }

    // One file after the other; its parts two at a time.
    add(files) {
      files.forEach((file) => {
        const upload = new Upload(this, file);
        upload.say(this.words.waiting);
        upload.running = true;
        this.uploads.push(upload);
        this.queue = this.queue.then(() => (upload.cancelled ? this.skip(upload) : upload.run()));
      });
    }

    skip(upload) {
      upload.running = false;
      upload.fail(new Cancelled());
    }

    addRow(upload) {
      const item = this.part("row").content.firstElementChild.cloneNode(true);
      const row = { item };
      ["name", "state", "again", "progress", "retry", "cancel"].forEach((name) => {
        row[name] = item.querySelector(`[data-upload-${name}]`);
      });
      row.name.textContent = upload.file.name;
      const label = (button) => button.setAttribute("aria-label", `${button.textContent.trim()}: ${upload.file.name}`);
      label(row.retry);
      label(row.cancel);
      row.retry.addEventListener("click", () => {
        upload.running = true;
        row.retry.hidden = true;
        this.focusChoose();
        this.queue = this.queue.then(() => upload.run());
      });
      row.cancel.addEventListener("click", () => upload.cancel());
      this.part("list").append(item);
      return row;
    }

    focusChoose() { this.part("choose").focus(); }

    announce(text, { shown = false } = {}) {
      const status = this.part("status");
      status.textContent = text;
      status.classList.toggle("visually-hidden", !shown);
    }

    // In a picker, what was sealed is ticked at once.
    addSealed(sealed) {
      const template = this.part("check");
      if (!template) return;
      const known = this.root.querySelector(`input[type=checkbox][value="${sealed.reference}"]`);
      if (known) {
        known.checked = true;
        return;
      }
      const check = template.content.firstElementChild.cloneNode(true);
      check.querySelector("input").value = sealed.reference;
      check.querySelector("span").textContent = sealed.file_name;
      this.part("picked").append(check);
    }

    async refreshLists() {
      const lists = document.querySelectorAll(`[data-documents="${this.folder}"]`);
      if (!lists.length) return;
      const answer = await fetch(`${this.words.list}?part&folder=${encodeURIComponent(this.folder)}`, { credentials: "same-origin" });
      if (!answer.ok) return;
      const fresh = document.createElement("template");
      fresh.innerHTML = await answer.text();
      const list = fresh.content.querySelector("[data-documents]");
      if (!list) return;
      lists.forEach((each) => {
        const renewed = list.cloneNode(true);
        each.replaceWith(renewed);
        if (window.htmx) window.htmx.process(renewed);  // it asks again by itself while something is being checked
      });
    }
  }

  const start = (root) => root.querySelectorAll("[data-upload][data-folder]:not([data-upload-live])").forEach((each) => {
    each.dataset.uploadLive = "yes";
    new Box(each);
  });
  start(document);
  document.addEventListener("htmx:load", (event) => start(event.detail.elt.parentElement || document));
})();
