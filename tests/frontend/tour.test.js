// The README's tour works as written: every operation, as the person it is written for.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ask, signInAs } from './settings.js';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const stops = [...readme.matchAll(/<!-- tour: as (\w+) -->\n```graphql\n([^]*?)```/g)].map(([, who, document]) => ({
  who,
  document,
  name: /(?:query|mutation) (\w+)/.exec(document)[1],
}));

const tokens = {};
const headersOf = async (who) => (who === 'nobody' ? {} : (tokens[who] ??= await signInAs(`${who}@demo.example.org`)));

// What each stop promises in words.
const promises = {
  PublicProjects({ projects }, { withheld }) {
    assert.ok(projects.totalCount.value > 3 && projects.nodes.length === 3);
    const amounts = projects.nodes.flatMap(({ needs }) => needs.nodes.map(({ amount }) => amount));
    assert.ok(amounts.every((amount) => amount === null), 'the public reads no amounts');
    assert.equal(amounts.length > 0, Boolean(withheld), 'and is told so where there is one');
  },
  SignIn: ({ sessionCreate }) => assert.ok(sessionCreate.tokens.accessToken),
  WhatToFund({ projects }) {
    assert.ok(projects.totalCount.value > 0);
    assert.ok(projects.nodes.every(({ fundingSought }) => fundingSought.length > 0), 'a funder reads amounts');
  },
  MySlice({ viewer, projects }) {
    assert.ok(viewer.memberships.nodes.some(({ role }) => role === 'OWNER'));
    assert.ok(projects.nodes.length > 0 && projects.nodes.every(({ status }) => status !== 'PUBLISHED'));
  },
  MyTerritory({ territory, projects, organizations }) {
    assert.equal(territory.name, 'Occitanie');
    assert.ok(projects.totalCount.value > 0 && organizations.totalCount.value > 0);
  },
  Partners({ organizations, projects }) {
    assert.ok(organizations.nodes.every(({ kinds }) => kinds.includes('EVALUATOR')));
    assert.ok(projects.nodes.some(({ coHolders }) => coHolders.length > 0));
  },
  Dashboard({ territory, territoryRanking }) {
    assert.ok(territory.policySeries.length > 0 && territory.policySeries.every(({ progress }) => progress !== null));
    assert.ok(territory.projects.nodes.length === 3 && territoryRanking.ranked.length > 0);
    assert.ok(territoryRanking.missing.length > 0, 'departments without figures are said');
  },
  WorkingGroup({ framework, measurementTotal }) {
    assert.equal(framework.items.length, 3);
    assert.ok(framework.viewerPermissions.revise.isAllowed && !framework.viewerPermissions.update.isAllowed);
    assert.equal(measurementTotal.refusal, 'PEOPLE_OVERLAP');
  },
  Holder({ projects }) {
    const [{ indicatorUses, frameworkAdoptions, theoryOfChange }] = projects.nodes;
    const cells = indicatorUses.nodes.flatMap(({ measurements }) => measurements.nodes.flatMap((one) => one.cells));
    assert.ok(cells.some(({ people }) => people < 11) && cells.every(({ isSuppressed }) => !isSuppressed));
    assert.ok(frameworkAdoptions[0].items.some(({ isApplicable, reason }) => !isApplicable && reason));
    assert.ok(theoryOfChange.mermaid.startsWith('flowchart'));
  },
  Findings({ evaluations, evidenceSynthesis }) {
    assert.ok(evaluations.nodes.some(({ findings }) => findings.some(({ direction }) => direction === 'NULL')));
    assert.equal(evidenceSynthesis.studies.length, 3);
    assert.ok(evidenceSynthesis.pooled.effect > 1 && evidenceSynthesis.costPerOutcome.studyCount === 3);
  },
  Queues({ organizations, projects, auditEvents }) {
    assert.ok(organizations.nodes.every(({ viewerPermissions }) => viewerPermissions.verify.isAllowed));
    assert.ok(organizations.nodes.length > 0 && projects.nodes.length > 0 && auditEvents.nodes.length > 0);
  },
  ContractForAll({ impactContract, impactContracts, contractStatistics }) {
    assert.equal(impactContract.status, 'ACTIVE');
    assert.deepEqual(impactContract.results.map(({ metric, accepted }) => [metric, accepted]), [['EMPLOI', '11'], ['PERMIS', '24']]);
    assert.equal(impactContract.cap.amount, '100000.00');
    assert.equal(impactContract.money.computed, null, 'what is withheld is null');
    const payments = impactContract.disclosures.find(({ block }) => block === 'PAYMENTS');
    assert.ok(payments.state === 'WITHHELD' && payments.reason && payments.until);
    assert.ok(impactContracts.totalCount.value > 0);
    assert.equal(contractStatistics.reduce((sum, { contractCount }) => sum + contractCount, 0), 26);
  },
  ContractForOperator({ impactContract }) {
    const [{ result }] = impactContract.computations.nodes;
    assert.equal(result.due.amount, '31000.00');
    assert.ok(result.steps.length > 2 && result.steps.every(({ explanation }) => explanation));
    assert.equal(impactContract.versions[0].signatures.length, 4);
    assert.equal(impactContract.claims.nodes[0].verifications[0].opinion, 'PARTIAL');
  },
  ContractForPayer({ impactContract }) {
    const [payment] = impactContract.payments.nodes;
    assert.deepEqual([payment.state, payment.amount.amount], ['CALLED', '31000.00']);
    assert.equal(impactContract.money.escrow.amount, '20000.00');
  },
  ContractForInvestor({ impactContract }) {
    assert.deepEqual(impactContract.investments.map(({ drawn }) => drawn.amount), ['60000.00']);
    assert.deepEqual(impactContract.ledger.map(({ kind }) => kind), ['DRAW_DOWN']);
    // For payers and payees: that it is withheld is said, whether there are any is not.
    assert.equal(impactContract.payments, null);
  },
  AsStranger({ viewer, projects, organizations }) {
    assert.equal(viewer.memberships.totalCount.value, 0);
    assert.equal(projects.totalCount.value, 0, 'not even a count');
    assert.equal(organizations.nodes[0].memberships, null);
  },
};

for (const { who, document, name } of stops) {
  test(`${who}: ${name}`, async () => {
    const { data, errors, extensions } = await ask(document, undefined, await headersOf(who));
    assert.equal(errors, undefined);
    promises[name](data, extensions);
  });
}

test('every promise was kept by a stop', () => {
  assert.deepEqual(stops.map(({ name }) => name).sort(), Object.keys(promises).sort());
});
