// SPDX-License-Identifier: Apache-2.0
// convert.mjs - the conformance cases of npm @bufbuild/cel-spec as lines that conformance_test
// reads, on standard output.
//
// Left out is what needs protocol buffer messages, enums, wrappers or Any, and the extensions that
// docs/cel.md says we do not have.
import { tests } from "@bufbuild/cel-spec/testdata/conformance.js";

const files = new Set(("basic bindings_ext comparisons conversions encoders_ext fields fp_math " +
  "integer_math lists logic macros macros2 math_ext namespace optionals parse plumbing string " +
  "string_ext timestamps type_deductions").split(" "));

class LeftOut extends Error {}
const leftOut = (why) => { throw new LeftOut(why); };

// Seconds and nanoseconds of "2009-02-13T23:31:30.5Z" and "-1.5s".
function timestamp(text) {
  const [, whole, fraction] = /^(.*?)(?:\.(\d+))?Z$/.exec(text);
  return [Date.parse(whole + "Z") / 1000, Number((fraction ?? "").padEnd(9, "0"))];
}
function duration(text) {
  const [, sign, whole, fraction] = /^(-?)(\d+)(?:\.(\d+))?s$/.exec(text);
  const factor = sign ? -1 : 1;
  return [factor * Number(whole) || 0, factor * Number((fraction ?? "").padEnd(9, "0")) || 0];
}

function number(value) {
  return Object.is(value, -0) ? "-0.0" : String(value);
}

function value(v) {
  const [key] = Object.keys(v);
  const inside = v[key];
  switch (key) {
    case "int64Value": return { int: String(inside) };
    case "uint64Value": return { uint: String(inside) };
    case "doubleValue": return { double: number(inside) };
    case "stringValue": return { string: inside };
    case "bytesValue": return { bytes: inside };
    case "boolValue": return { bool: inside };
    case "nullValue": return { null: null };
    case "typeValue": return { type: inside };
    case "listValue": return { list: (inside.values ?? []).map(value) };
    case "mapValue": return { map: (inside.entries ?? []).map((e) => [value(e.key), value(e.value)]) };
    case "objectValue":
      if (inside["@type"].endsWith("google.protobuf.Timestamp")) return { timestamp: timestamp(inside.value) };
      if (inside["@type"].endsWith("google.protobuf.Duration")) return { duration: duration(inside.value) };
  }
  return leftOut(key);
}

function type(t) {
  const [key] = Object.keys(t);
  const inside = t[key];
  switch (key) {
    case "primitive":
      return { BOOL: "bool", INT64: "int", UINT64: "uint", DOUBLE: "double", STRING: "string", BYTES: "bytes" }[inside];
    case "wellKnown":
      return { TIMESTAMP: "timestamp", DURATION: "duration" }[inside] ?? leftOut(inside);
    case "null": return "null";
    case "dyn": return "dyn";
    case "typeParam": return "~" + inside;
    case "listType": return `list(${type(inside.elemType)})`;
    case "mapType": return `map(${type(inside.keyType)}, ${type(inside.valueType)})`;
    case "abstractType":
      return `${inside.name}(${(inside.parameterTypes ?? []).map(type).join(", ")})`;
    case "type": return "type";
    case "messageType":
      if (inside === "google.protobuf.Timestamp") return "timestamp";
      if (inside === "google.protobuf.Duration") return "duration";
  }
  return leftOut(key);
}

function declaration(d) {
  if (d.ident) return { name: d.name, type: type(d.ident.type) };
  return {
    name: d.name,
    overloads: d.function.overloads.map((o) => ({
      id: o.overloadId, params: (o.params ?? []).map(type), result: type(o.resultType),
      member: Boolean(o.isInstanceFunction),
    })),
  };
}

// cel-go's names of types to ours.
function deduced(text) {
  return text.replaceAll("google.protobuf.Timestamp", "timestamp")
    .replaceAll("google.protobuf.Duration", "duration");
}

const proto = /TestAllTypes|NestedTestAllTypes|GlobalEnum|google\.protobuf\.(?!Timestamp\b|Duration\b)|NullValue|\b[A-Z]\w*\s*\{|proto\.(hasExt|getExt)|cel\.block/;

function convert(file, section, test) {
  const o = test.original;
  if (proto.test(o.expr) || /conformance\.proto/.test(o.container ?? "") || o.disableMacros) leftOut("proto");
  const line = { file, section, name: o.name, expr: o.expr };
  if (o.container) line.container = o.container;
  if (o.disableCheck) line.disable_check = true;
  if (o.checkOnly) line.check_only = true;
  if (o.typeEnv) line.type_env = o.typeEnv.map(declaration);
  if (o.bindings)
    line.bindings = Object.fromEntries(
      Object.entries(o.bindings).map(([name, b]) => [name, value(b.value ?? leftOut("unknown"))]));
  if (o.value) line.value = value(o.value);
  else if (o.typedResult) {
    if (o.typedResult.result) line.value = value(o.typedResult.result);
    line.deduced_type = deduced(type(o.typedResult.deducedType));
  } else if (o.evalError || o.anyEvalErrors) line.error = ["any"];
  else if (o.unknown || o.anyUnknowns) leftOut("unknown");
  else line.value = { bool: true };
  if (test.type) line.type = deduced(test.type);
  return line;
}

let kept = 0;
for (const file of tests.suites.filter((s) => files.has(s.name)))
  for (const section of file.suites)
    for (const test of section.tests ?? []) {
      try {
        console.log(JSON.stringify(convert(file.name.replace("deductions", "deduction"), section.name, test)));
        kept++;
      } catch (e) {
        if (!(e instanceof LeftOut)) throw e;
      }
    }
console.error(`${kept} cases`);
