// Plays scenarios on bpmn-engine: reads a list of {source, play, variables} on standard input, writes a list of what was taken.
// The engine is taught FEEL, a clock of our own, and what the generic files say in the namespace of Baton.
import { readFileSync } from "node:fs";
import { installed, require } from "./installed.mjs";

const { Engine } = await installed("bpmn-engine");
const { SequenceFlow } = require("bpmn-elements");
const { evaluate } = await installed("feelin");

// The engine tells every way that is not taken of it, to its end: minutes, and of no use where no gateway waits for that.
SequenceFlow.prototype.discard = () => {};

const FEEL = "https://www.omg.org/spec/DMN/20191111/FEEL/";
const LONGEST = 10_000; // steps of one item

// What a generic file says of each of its nodes beside BPMN.
function said(behaviour) {
  const said = { property: {}, input: {}, result: null };
  for (const element of behaviour.extensionElements?.values ?? []) {
    if (element.$type === "baton:property") said.property[element.name] = element.value;
    if (element.$type === "baton:input") said.input[element.name] = element.value;
    if (element.$type === "baton:result") said.result = element.name;
  }
  return said;
}

// A clock that moves only when nothing else can happen.
class Clock {
  now = 0;
  timers = new Set();

  get executing() {
    return [...this.timers];
  }

  setTimeout = (callback, delay, ...args) => {
    const timer = { callback, args, due: this.now + delay };
    this.timers.add(timer);
    return timer;
  };

  clearTimeout = (timer) => this.timers.delete(timer);

  register() {
    return this;
  }

  advance() {
    const [first] = [...this.timers].sort((a, b) => a.due - b.due);
    if (!first) return false;
    this.timers.delete(first);
    this.now = first.due;
    first.callback(...first.args);
    return true;
  }
}

class Player {
  constructor({ source, play, variables }) {
    this.source = source;
    this.play = play;
    this.replies = new Map();
    for (const reply of play.replies) this.replies.set(reply.visit, reply);
    this.runs = new Map(play.runs.map(({ run, receipt }) => [run, receipt]));
    this.data = variables;
    this.clock = new Clock();
    this.todo = [];
    this.taken = { arrows: [], states: [], end: null, outcome: null, thrown: [] };
  }

  feel(expression) {
    return evaluate(expression, this.data).value ?? null;
  }

  async run() {
    const engine = new Engine({
      source: this.source,
      timers: this.clock,
      scripts: this.scripts(),
      extensions: { baton: (activity) => this.extend(activity) },
    });
    let over = false;
    engine.once("end", () => (over = true));
    engine.once("error", (error) => {
      this.taken.thrown.push(error.code ?? error.message);
      over = true;
    });
    await engine.execute();
    for (let step = 0; !over && step < LONGEST; step += 1) {
      const next = this.todo.shift();
      if (next) next();
      else if (!this.clock.advance()) break;
      await null;
    }
    this.taken.over = over;
    this.taken.outcome = this.data.outcome ?? null;
    engine.stop();
    return this.taken;
  }

  // Conditions and scripts.
  scripts() {
    const evaluated = (expression) => ({
      execute: (_, callback) => callback(null, this.feel(expression)),
    });
    const script = (behaviour) => ({
      execute: (_, callback) => {
        Object.assign(this.data, this.feel(behaviour.script));
        callback();
      },
    });
    return {
      register: () => {},
      getScript: (language, { id, behaviour }) => {
        if (language !== FEEL) throw new Error(`${id} speaks ${language}`);
        return behaviour.conditionExpression ? evaluated(behaviour.conditionExpression.body) : script(behaviour);
      },
    };
  }

  extend(activity) {
    const { property, input, result } = said(activity.behaviour);
    const type = activity.type;
    const state = property.state && !property.expects && !activity.id.includes(".");
    activity.on("enter", ({ id }) => {
      if (state && id === activity.id) this.taken.states.push(property.state); // else it is from within
    });
    activity.on("end", ({ id }) => {
      if (id !== activity.id) return;
      if (property.hop) this.taken.arrows.push(property.hop);
      if (property.end) this.ended(property);
    });
    if (type === "bpmn:ServiceTask") activity.behaviour.Service = this.service(property, input);
    if (type === "bpmn:UserTask") activity.on("wait", (api) => this.person(api, property, input));
    if (type === "bpmn:CallActivity") activity.on("call", (api) => this.call(api, property, input, result));
  }

  ended({ end, owner, reason }) {
    this.taken.states.push(end);
    this.taken.end = end;
    if (reason) this.data.outcome = { end, owner, reason };
  }

  // A job worker's part: it completes the job, throws the error once all attempts have failed, or says nothing.
  service(property, input) {
    const player = this;
    return function Service() {
      let over = false;
      this.execute = (message, done) => {
        const reply = player.replies.get(player.feel(input.visit));
        if (!reply) return;
        player.todo.push(() => {
          if (over) return;
          if (property.expects === "accept") return done(null);
          if (reply.accept) return;
          if (reply.fail !== undefined) return done(Object.assign(new Error(reply.fail), { code: "Baton.Failed" }));
          player.data.reply = { made: reply.made, decision: reply.decision ?? null };
          done(null);
        });
      };
      this.discard = this.stop = () => (over = true);
    };
  }

  person(api, property, input) {
    const reply = this.replies.get(this.feel(input.visit));
    if (!reply) return;
    this.todo.push(() => {
      if (property.expects === "accept") return api.signal();
      if (reply.accept) return;
      this.data.reply = { made: reply.made ?? {}, decision: reply.decision ?? null, fail: reply.fail ?? null };
      api.signal();
    });
  }

  // A run ends as the play says; one that the play does not name never does.
  call(api, property, input, result) {
    const item = this.feel(input.item);
    if (this.feel(input.record) === null) throw new Error(`${item} is given nothing`);
    if (!this.runs.has(item)) return;
    this.todo.push(() => {
      this.data[result] = { receipt: this.runs.get(item) };
      api.signal();
    });
  }
}

const jobs = JSON.parse(readFileSync(0, "utf8"));
const results = [];
for (const job of jobs) results.push(await new Player({ ...job, source: readFileSync(job.source, "utf8") }).run());
process.stdout.write(JSON.stringify(results));
