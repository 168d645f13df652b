// SPDX-License-Identifier: Apache-2.0
// bench.mjs - the two sample expressions in five JavaScript libraries: "name E1-rate E2-rate" lines.
import { plan, parse, celEnv } from "@bufbuild/cel";
import { parse as celJs } from "@marcbachmann/cel-js";
import jsonLogic from "json-logic-js";
import { LogicEngine } from "json-logic-engine";
import { Engine } from "json-rules-engine";

const E1 = `order.amount >= 5000 && "vip" in member.segments`;
const E2 = `order.items.exists(i, i.category == "smoothie" && i.quantity >= 2)`;
const L1 = { and: [{ ">=": [{ var: "order.amount" }, 5000] }, { in: ["vip", { var: "member.segments" }] }] };
const L2 = { some: [{ var: "order.items" },
  { and: [{ "==": [{ var: "category" }, "smoothie"] }, { ">=": [{ var: "quantity" }, 2] }] }] };

// int: what the library takes as an integer.
function data(int) {
  const item = (category, quantity) => ({ category, quantity: int(quantity) });
  return {
    order: { amount: int(6000), items: [item("coffee", 1), item("product", 2), item("smoothie", 1),
                                        item("smoothie", 2), item("coffee", 4)] },
    member: { segments: ["student", "vip"] },
  };
}

// Evaluations a second: the best of three runs of about 300 ms, after warming up.
async function rate(run) {
  const now = () => Number(process.hrtime.bigint()) / 1e9;
  if ((await run()) !== true) throw new Error("wrong answer");
  let n = 1, best = 0;
  for (;;) {
    const start = now();
    for (let i = 0; i < n; i++) { const r = run(); if (r !== true) await r; }
    const took = now() - start;
    if (took > 0.1) { n = Math.max(1, Math.round((n * 0.3) / took)); break; }
    n *= 2;
  }
  for (let k = 0; k < 3; k++) {
    const start = now();
    for (let i = 0; i < n; i++) { const r = run(); if (r !== true) await r; }
    best = Math.max(best, n / (now() - start));
  }
  return best;
}

async function show(name, one, two) {
  console.log(name, Math.round(await rate(one)), Math.round(await rate(two)));
}

const big = data(BigInt);
const plain = data(Number);

{
  const one = celJs(E1), two = celJs(E2);
  await show("@marcbachmann/cel-js", () => one(big), () => two(big));
}
{
  const env = celEnv();
  const one = plan(env, parse(E1)), two = plan(env, parse(E2));
  await show("@bufbuild/cel", () => one(big), () => two(big));
}
await show("json-logic-js", () => jsonLogic.apply(L1, plain), () => jsonLogic.apply(L2, plain));
{
  const engine = new LogicEngine();
  const one = engine.build(L1), two = engine.build(L2);
  await show("json-logic-engine", () => one(plain), () => two(plain));
}
{
  const engineOf = (condition) => {
    const engine = new Engine();
    engine.addOperator("someItem", (items, wanted) =>
      items.some((i) => i.category === wanted.category && i.quantity >= wanted.quantity));
    engine.addRule({ conditions: { all: condition }, event: { type: "match" } });
    return async () => (await engine.run(plain)).events.length === 1;
  };
  await show("json-rules-engine",
    engineOf([{ fact: "order", path: "$.amount", operator: "greaterThanInclusive", value: 5000 },
              { fact: "member", path: "$.segments", operator: "contains", value: "vip" }]),
    engineOf([{ fact: "order", path: "$.items", operator: "someItem", value: { category: "smoothie", quantity: 2 } }]));
}
