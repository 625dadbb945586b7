'use strict';
// An authorization server of others' making (@node-oauth/oauth2-server) on a free loopback port, with a model in memory,
// and the one resource that its tokens open. POST /LABEL/MODE/token draws one; GET /LABEL/api/me takes one;
// GET /LABEL/asked tells what was asked under that label, POST /LABEL/spend uses up its last refresh token. MODE is
// rotating, kept (refreshing brings no other refresh token), or short (tokens that live a second).
const http = require('node:http');
const OAuth2Server = require('@node-oauth/oauth2-server');

const CLIENT = { id: 'mobproc', secret: 'sandbox-client-secret', grants: ['password', 'refresh_token'] };
const USERS = [['command://jdoe', 'open-sesame-1'], ['rivermine://jdoe', 'p&ss=w+rd %41 \u00e9']];

const [access, refresh, asked, last] = [new Map(), new Map(), new Map(), new Map()];
const model = {
  getClient: (id, secret) => (id === CLIENT.id && secret === CLIENT.secret ? CLIENT : null),
  getUser: (name, password) => (USERS.some(([n, p]) => n === name && p === password) ? { name } : null),
  validateScope: (user, client, scope) => (scope && scope.join(' ') === 'MOBPROC' ? scope : false),
  saveToken: (token, client, user) => {
    const whole = { ...token, client, user };
    access.set(whole.accessToken, whole);
    if (whole.refreshToken) refresh.set(whole.refreshToken, whole);
    return whole;
  },
  getAccessToken: (token) => access.get(token),
  getRefreshToken: (token) => refresh.get(token),
  revokeToken: (token) => refresh.delete(token.refreshToken),
};
const server = (accessTokenLifetime, alwaysIssueNewRefreshToken) =>
  new OAuth2Server({ model, accessTokenLifetime, refreshTokenLifetime: 3600, alwaysIssueNewRefreshToken });
const MODES = { rotating: server(7199, true), kept: server(7199, false), short: server(1, true) };

const FORM = 'application/x-www-form-urlencoded';

async function answer(incoming, body) {
  const url = new URL(incoming.url, 'http://127.0.0.1');
  const [label, mode, what] = url.pathname.split('/').slice(1);
  if (mode === 'asked') return { status: 200, body: { asked: asked.get(label) || [] } };
  if (mode === 'spend') {
    const by = { grant_type: 'refresh_token', client_id: CLIENT.id, client_secret: CLIENT.secret };
    const form = new URLSearchParams({ ...by, refresh_token: last.get(label) }).toString();
    const headers = { 'content-type': FORM, 'content-length': String(form.length) };
    return answer({ method: 'POST', url: '/elsewhere/rotating/token', headers }, form);
  }
  const request = new OAuth2Server.Request({
    method: incoming.method,
    headers: incoming.headers,
    query: Object.fromEntries(url.searchParams),
    body: Object.fromEntries(new URLSearchParams(body)),
  });
  const response = new OAuth2Server.Response();
  let reply;
  try {
    if (mode === 'api') {
      await MODES.rotating.authenticate(request, response);
      reply = { status: 200, body: {} };
    } else {
      await MODES[mode].token(request, response);
      reply = response;
      last.set(label, reply.body.refresh_token);
    }
  } catch (e) {
    const inApi = { errorCode: e.name, message: e.message, status: e.code };
    const error = mode === 'api' ? inApi : { error: e.name, error_description: e.message };
    reply = { status: e.code || 500, headers: response.headers, body: error };
  }
  const grant = mode === 'api' ? what : request.body.grant_type || 'nothing';
  asked.set(label, [...(asked.get(label) || []), `${grant} ${reply.status}`]);
  return reply;
}

const listener = http.createServer(async (incoming, outgoing) => {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const { status, headers, body } = await answer(incoming, Buffer.concat(chunks).toString());
  outgoing.writeHead(status, { ...headers, 'content-type': 'application/json' });
  outgoing.end(JSON.stringify(body));
});
listener.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${listener.address().port}`));
