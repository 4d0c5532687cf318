// node-postgres; statements with a name are prepared by the server.
'use strict';
const fs = require('fs');
const path = require('path');
const { Client } = require('pg');

const views = ['lead_scores', 'lead_engagement', 'account_engagement', 'contact_engagement'];
const times = 7;

function shown(value) {
  if (value === null) return 'NULL';
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (value instanceof Date) return String(BigInt(value.getTime()) * 1000n);
  return String(value);
}

// A number is a double precision or an integer: the type of the column says which.
function shownAs(type, value) {
  if (typeof value !== 'number' || type !== 701) return shown(value);
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString('hex');
}

const tell = (...fields) => process.stdout.write(fields.join('\t') + '\n');
const kind = (value) => (value instanceof Date ? 'Date' : typeof value);

async function main() {
  const client = new Client({
    host: '127.0.0.1',
    port: Number(process.env.DRIVERS_PORT),
    database: process.env.PGDATABASE,
    user: 'leadscore_bi',
    password: process.env.DRIVERS_PASSWORD,
  });
  await client.connect();
  for (const view of views) {
    const result = await client.query(`SELECT * FROM leadscore.${view}`);
    for (const field of result.fields) {
      const name = await client.query('SELECT format_type($1, NULL) AS type', [field.dataTypeID]);
      const values = result.rows.map((row) => row[field.name]).filter((value) => value !== null);
      tell('column', view, field.name, name.rows[0].type, values.length ? kind(values[0]) : 'null');
    }
  }
  for (const line of fs.readFileSync(path.join(__dirname, 'queries'), 'utf8').trim().split('\n')) {
    const [name, sql, ...parameters] = line.split('|');
    let place = 0;
    const query = {
      name,
      text: sql.replace(/\?/g, () => `$${++place}`),
      values: parameters.map((p) => (p.startsWith('int:') ? Number(p.slice(4)) : p.slice(5))),
      rowMode: 'array',
    };
    let first;
    for (let i = 0; i < times; i++) {
      const result = await client.query(query);
      const lines = result.rows.map((row) => ['row', name, ...row.map((v, j) => shownAs(result.fields[j].dataTypeID, v))].join('\t'));
      first = first ?? lines;
      if (lines.join('\n') !== first.join('\n')) tell('differs', name);
    }
    first.forEach((one) => tell(one));
  }
  await client.end();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
