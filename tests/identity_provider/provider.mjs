// An OpenID provider on the loopback: `node provider.mjs PORT BACK KEY`. Who signs in there is whoever they say; groups are what stands
// behind a "+" of the name ("ada+staff+heads"). KEY is the name of its key: another name, another key.
import { generateKeyPairSync } from "node:crypto";
import { Provider } from "oidc-provider";

const [port, back, kid] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "museum",
      client_secret: "a secret: with + and / in it",
      redirect_uris: [back],
      id_token_signed_response_alg: "ES256",
    },
  ],
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid, use: "sig", alg: "ES256" }] },
  cookies: { keys: ["only for tests"] },
  scopes: ["openid", "profile", "email"],
  claims: { openid: ["sub"], profile: ["preferred_username", "groups"], email: ["email"] },
  findAccount: async (_, id) => ({
    accountId: id,
    claims: async () => {
      const [name, ...groups] = id.split("+");
      return { sub: id, preferred_username: name, groups };
    },
  }),
  features: { devInteractions: { enabled: true } },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
