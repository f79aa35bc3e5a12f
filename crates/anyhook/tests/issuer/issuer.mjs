// An OpenID Connect issuer on this machine. Its first line says where it is; each further one is the answer to one line
// of standard input: how it is set up from now on, or who signs in next.

import { createHash, generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Provider } from "oidc-provider";

// Standard output is for answers; the library has notices, too.
console.info = console.error;
console.log = console.error;
const answer = (told) => process.stdout.write(`${JSON.stringify(told)}\n`);

let provider;
let account = {};
const keys = new Map();

/** A key of its own for each name. */
function key(name) {
  if (!keys.has(name)) {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const jwk = privateKey.export({ format: "jwk" });
    keys.set(name, { ...jwk, use: "sig", alg: "RS256", kid: createHash("sha256").update(jwk.n).digest("hex") });
  }
  return keys.get(name);
}

function set_up({ issuer, redirect, key: name, claims_in_token }) {
  provider = new Provider(issuer, {
    clients: [{ client_id: "anyhook", client_secret: "issuer-secret", redirect_uris: [redirect] }],
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    conformIdTokenClaims: !claims_in_token,
    cookies: { keys: ["a secret of the test's"] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    jwks: { keys: [key(name)] },
    pkce: { required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ ...account, sub: id }) }),
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope("openid email");
      await grant.save();
      return grant;
    },
  });
}

const server = createServer(async (request, response) => {
  if (request.url.startsWith("/interaction/")) {
    // Whoever comes is who the test says, and agrees; or does not.
    const result = account.denies ? { error: "access_denied" } : { login: { accountId: account.sub } };
    await provider.interactionFinished(request, response, result);
  } else {
    provider.callback()(request, response);
  }
});

server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
  answer({ url: `http://127.0.0.1:${server.address().port}` });
});

for await (const line of createInterface({ input: process.stdin })) {
  const told = JSON.parse(line);
  if (told.set_up) set_up(told.set_up);
  if (told.account) account = told.account;
  answer({});
}
process.exit();
